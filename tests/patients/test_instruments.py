"""The official texts of the instruments: loaded by the platform, shown by the clinic that holds the licence."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from clinics.access import Actor
from clinics.errors import NotAllowed
from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions
from patients.models import InstrumentEdition, InstrumentText, Patient
from patients.queries.instruments import edition_for, text_name, texts
from patients.words import TEXT_KEYS
from tests.factories import NOW, actor_for, make_assessment, make_clinic, make_member
from tests.patients.test_races import at_once

pytestmark = pytest.mark.django_db
POEM_KEYS = [
    "introduction",
    "question_itch",
    "question_sleep",
    "question_bleeding",
    "question_weeping",
    "question_cracking",
    "question_flaking",
    "question_dryness",
    *(f"answer_{number}" for number in range(5)),
]
HEAD = {
    "instrument": "poem",
    "name": "Invented edition 1",
    "language": "en",
    "respondent": "self",
    "licence": "Licence 7 of an invented owner to Hillside",
    "credit": "© An invented owner",
}
LATER = NOW + timedelta(days=1)


@pytest.fixture
def platform(platform_admin: User, clinic: Clinic) -> Actor:
    """The platform administrator in the admin."""
    return actor_for(platform_admin, clinic, "admin")


@pytest.fixture
def browser(platform_admin: User, signed_in: Callable[[User], Client]) -> Client:
    """The platform administrator's browser."""
    return signed_in(platform_admin)


def opened(by: Actor, clinic: Clinic, **more: Any) -> InstrumentEdition:
    return actions.open_edition(by, HEAD | {"clinic": clinic} | more, at=NOW)


def words_of(edition: InstrumentEdition) -> dict[str, str]:
    """Invented words for every text."""
    return {key: f"{edition.name}: {key}" for key in TEXT_KEYS[edition.instrument]}


def in_use(by: Actor, clinic: Clinic, **more: Any) -> InstrumentEdition:
    edition = opened(by, clinic, **more)
    actions.write_texts(by, edition, words_of(edition), at=NOW)
    return actions.put_in_use(by, edition, at=NOW)


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(object_type="instrumentedition").order_by("id").values_list("verb", flat=True))


# --- Actions -----------------------------------------------------------------------------------------------------------


def test_edition_is_opened_written_and_put_in_use(platform: Actor, clinic: Clinic, platform_admin: User):
    edition = opened(platform, clinic)
    assert list(edition.texts.order_by("pk").values_list("key", "text")) == [(key, "") for key in POEM_KEYS]
    assert edition_for(clinic, "poem", "en", "self") is None
    actions.write_texts(platform, edition, {"question_itch": "  Invented question?\n "}, at=NOW)
    assert texts(edition)["question_itch"] == "Invented question?"
    actions.write_texts(platform, edition, words_of(edition), at=NOW)
    actions.put_in_use(platform, edition, at=LATER)
    edition.refresh_from_db()
    assert (edition.published_at, edition.retired_at) == (LATER, None)
    assert verbs() == [
        "instrument edition opened",
        "instrument texts written",
        "instrument texts written",
        "instrument edition put in use",
    ]
    row = AuditEvent.objects.filter(verb="instrument texts written").order_by("id").first()
    assert (row.actor, row.clinic, row.patient) == (platform_admin.public_id, clinic.public_id, None)
    assert (row.object_id, row.fields) == (edition.public_id, "question_itch")


def test_writing_the_same_again_leaves_no_row(platform: Actor, clinic: Clinic):
    edition = opened(platform, clinic)
    actions.write_texts(platform, edition, dict.fromkeys(POEM_KEYS, " "), at=NOW)
    actions.change_edition(platform, edition, {"name": edition.name, "language": "en"}, at=NOW)
    assert verbs() == ["instrument edition opened"]


@pytest.mark.parametrize("key", POEM_KEYS)
def test_edition_with_any_text_missing_is_not_put_in_use(platform: Actor, clinic: Clinic, key: str):
    edition = opened(platform, clinic)
    actions.write_texts(platform, edition, words_of(edition) | {key: " \n "}, at=NOW)
    with pytest.raises(ValidationError, match=re.escape(f"Not written yet: {text_name(key)}.")):
        actions.put_in_use(platform, edition, at=NOW)
    InstrumentText.objects.filter(edition=edition, key=key).delete()
    with pytest.raises(ValidationError, match=re.escape(text_name(key))):
        actions.put_in_use(platform, edition, at=NOW)
    edition.refresh_from_db()
    assert edition.published_at is None
    assert "instrument edition put in use" not in verbs()


@pytest.mark.parametrize(("instrument", "number"), [("viga_ad", 6), ("poem", 13), ("itch", 3)])
def test_every_text_has_a_name_of_its_own(instrument: str, number: int):
    assert len({text_name(key) for key in TEXT_KEYS[instrument]}) == number


def test_edition_takes_the_place_of_the_one_in_use_and_of_no_other(
    platform: Actor, clinic: Clinic, other_clinic: Clinic, platform_admin: User
):
    first = in_use(platform, clinic)
    elsewhere = [
        in_use(platform, clinic, language="de"),
        in_use(platform, clinic, respondent="proxy"),
        in_use(platform, clinic, instrument="itch"),
        in_use(platform, other_clinic),
    ]
    second = opened(platform, clinic, name="Invented edition 2")
    actions.write_texts(platform, second, words_of(second), at=LATER)
    actions.put_in_use(platform, second, at=LATER)
    first.refresh_from_db()
    assert (first.published_at, first.retired_at) == (NOW, LATER)
    assert edition_for(clinic, "poem", "en", "self") == second
    for edition in elsewhere:
        assert edition_for(edition.clinic, edition.instrument, edition.language, edition.respondent) == edition
    retired = AuditEvent.objects.get(verb="instrument edition retired")
    assert retired.object_id == first.public_id


def test_the_database_refuses_two_in_use(platform: Actor, clinic: Clinic):
    in_use(platform, clinic)
    second = opened(platform, clinic)
    with pytest.raises(IntegrityError), transaction.atomic():
        InstrumentEdition.objects.filter(pk=second.pk).update(published_at=NOW)


@pytest.mark.parametrize("retired", [False, True])
def test_edition_that_was_in_use_stays_as_it_is(platform: Actor, clinic: Clinic, retired: bool):
    edition = in_use(platform, clinic)
    stale = InstrumentEdition.objects.get(pk=edition.pk)
    stale.published_at = None  # what a page made before it was put in use believes
    if retired:
        actions.retire_edition(platform, edition, at=LATER)
    before = (InstrumentEdition.objects.values().get(), texts(edition))
    count = AuditEvent.objects.count()
    for change in (
        lambda: actions.write_texts(platform, stale, {"question_itch": "other"}, at=LATER),
        lambda: actions.change_edition(platform, stale, {"credit": "other"}, at=LATER),
        lambda: actions.put_in_use(platform, stale, at=LATER),
    ):
        with pytest.raises(ValidationError, match="stays as it is"):
            change()
    assert (InstrumentEdition.objects.values().get(), texts(edition)) == before
    assert AuditEvent.objects.count() == count


def test_edition_is_retired_once(platform: Actor, clinic: Clinic):
    edition, draft = in_use(platform, clinic), opened(platform, clinic, language="de")
    assert actions.retire_edition(platform, edition, at=LATER)
    assert not actions.retire_edition(platform, edition, at=LATER + timedelta(days=1))
    assert not actions.retire_edition(platform, draft, at=LATER)
    edition.refresh_from_db()
    draft.refresh_from_db()
    assert (edition.retired_at, draft.retired_at) == (LATER, None)
    assert verbs().count("instrument edition retired") == 1
    assert edition_for(clinic, "poem", "en", "self") is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"instrument": "easi", "respondent": "clinician"}, "instrument"),
        ({"instrument": "scorad"}, "instrument"),
        ({"respondent": "clinician"}, "respondent"),
        ({"respondent": "helped"}, "respondent"),
        ({"instrument": "viga_ad"}, "respondent"),
        ({"instrument": "viga_ad", "respondent": "proxy"}, "respondent"),
        ({"instrument": "itch", "respondent": "clinician"}, "respondent"),
        ({"language": "xx"}, "language"),
        ({"name": ""}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"licence": ""}, "licence"),
        ({"credit": ""}, "credit"),
    ],
)
def test_edition_that_cannot_be_is_refused_by_field(platform: Actor, clinic: Clinic, wrong: dict[str, str], field: str):
    with pytest.raises(ValidationError) as refused:
        opened(platform, clinic, **wrong)
    assert list(refused.value.error_dict) == [field]
    assert InstrumentEdition.objects.count() == AuditEvent.objects.count() == 0
    if "instrument" not in wrong:
        edition = opened(platform, clinic)
        with pytest.raises(ValidationError) as refused:
            actions.change_edition(platform, edition, wrong, at=NOW)
        assert list(refused.value.error_dict) == [field]


@pytest.mark.parametrize(("length", "fits"), [(1000, True), (1001, False)])
def test_text_is_at_most_a_thousand_characters(platform: Actor, clinic: Clinic, length: int, fits: bool):
    edition = opened(platform, clinic)
    if fits:
        actions.write_texts(platform, edition, {"introduction": "x" * length}, at=NOW)
    else:
        with pytest.raises(ValidationError, match="Longer than 1000 characters: Introduction"):
            actions.write_texts(platform, edition, {"introduction": "x" * length, "answer_0": "y"}, at=NOW)
    assert texts(edition)["introduction"] == ("x" * length if fits else "")
    assert texts(edition)["answer_0"] == ""


def test_text_of_another_instrument_is_refused(platform: Actor, clinic: Clinic):
    edition = opened(platform, clinic, instrument="itch")
    with pytest.raises(ValidationError, match="question_itch"):
        actions.write_texts(platform, edition, {"lowest": "none", "question_itch": "x"}, at=NOW)
    assert set(texts(edition).values()) == {""}


def test_only_platform_administrators_in_the_admin_load_texts(
    platform: Actor, platform_admin: User, clinic: Clinic, clinic_admin: User, clinician: User
):
    edition, shown = opened(platform, clinic), in_use(platform, clinic, language="de")
    before, count = list(InstrumentEdition.objects.order_by("pk").values()), AuditEvent.objects.count()
    people = [(clinic_admin, "web"), (clinician, "web"), (clinic_admin, "admin"), (platform_admin, "web")]
    for user, channel in [*people, (platform_admin, "api")]:
        by = actor_for(user, clinic, channel)
        for attempt in (
            lambda by: opened(by, clinic),
            lambda by: actions.write_texts(by, edition, words_of(edition), at=NOW),
            lambda by: actions.change_edition(by, edition, {"name": "X"}, at=NOW),
            lambda by: actions.put_in_use(by, edition, at=NOW),
            lambda by: actions.retire_edition(by, shown, at=NOW),
        ):
            with pytest.raises(NotAllowed):
                attempt(by)
    assert list(InstrumentEdition.objects.order_by("pk").values()) == before
    assert set(texts(edition).values()) == {""}
    assert AuditEvent.objects.count() == count


@pytest.mark.django_db(transaction=True)
def test_editions_put_in_use_at_once_leave_one_in_use(platform: Actor, clinic: Clinic, vendor: str):
    if vendor == "sqlite":
        pytest.skip("an SQLite database in memory has one writer and no waiting")
    editions = [opened(platform, clinic, name=f"Invented edition {number}") for number in range(3)]
    for edition in editions:
        actions.write_texts(platform, edition, words_of(edition), at=NOW)
    calls = [lambda each=each: actions.put_in_use(platform, each, at=NOW) for each in editions]
    assert at_once(*calls) == {"done": 3}
    assert InstrumentEdition.objects.filter(published_at__isnull=False, retired_at__isnull=True).count() == 1
    assert verbs().count("instrument edition retired") == 2


@pytest.mark.django_db(transaction=True)
def test_text_written_while_the_edition_is_put_in_use_is_before_it_or_refused(platform: Actor, clinic: Clinic, vendor: str):
    if vendor == "sqlite":
        pytest.skip("an SQLite database in memory has one writer and no waiting")
    edition = opened(platform, clinic)
    actions.write_texts(platform, edition, words_of(edition), at=NOW)
    put = lambda: actions.put_in_use(platform, edition, at=NOW)  # noqa: E731
    empty = lambda: actions.write_texts(platform, edition, {"introduction": ""}, at=NOW)  # noqa: E731
    assert at_once(put, empty) == {"done": 1, "whole": 1}
    edition.refresh_from_db()
    assert bool(texts(edition)["introduction"]) == bool(edition.published_at)


# --- What forms ask ----------------------------------------------------------------------------------------------------


def test_edition_and_its_texts_are_one_query(platform: Actor, clinic: Clinic, django_assert_num_queries):
    written = in_use(platform, clinic)
    opened(platform, clinic)
    with django_assert_num_queries(1):
        edition = edition_for(clinic, "poem", "en", "self")
        read = texts(edition)
    assert (edition, edition.credit) == (written, "© An invented owner")
    assert read == {key: f"Invented edition 1: {key}" for key in POEM_KEYS}


def test_neutral_labels_are_no_edition(platform: Actor, clinic: Clinic, other_clinic: Clinic, django_assert_num_queries):
    in_use(platform, clinic)
    in_use(platform, clinic, instrument="viga_ad", respondent="clinician")
    for asked in (
        (other_clinic, "poem", "en", "self"),
        (clinic, "poem", "de", "self"),
        (clinic, "poem", "", "self"),
        (clinic, "poem", "en", "proxy"),
        (clinic, "itch", "en", "self"),
    ):
        with django_assert_num_queries(1):
            assert edition_for(*asked) is None
    with django_assert_num_queries(0):
        assert edition_for(clinic, "easi", "en", "clinician") is None
        assert texts(None) == {}


def test_patient_who_is_helped_reads_the_patients_edition(platform: Actor, clinic: Clinic):
    own, carers = in_use(platform, clinic), in_use(platform, clinic, respondent="proxy")
    assert edition_for(clinic, "poem", "en", "helped") == own
    assert edition_for(clinic, "poem", "en", "proxy") == carers


def test_texts_of_a_retired_edition_stay_readable(platform: Actor, clinic: Clinic, patient: Patient):
    edition = in_use(platform, clinic)
    row = make_assessment(patient, "poem", edition=edition, language="en")
    actions.retire_edition(platform, edition, at=LATER)
    row.refresh_from_db()
    assert texts(row.edition)["answer_4"] == "Invented edition 1: answer_4"


# --- The admin ---------------------------------------------------------------------------------------------------------

LIST = "admin:patients_instrumentedition_changelist"
ADD = "admin:patients_instrumentedition_add"


def page_of(edition: InstrumentEdition) -> str:
    return reverse("admin:patients_instrumentedition_change", args=[edition.pk])


def form_of(edition: InstrumentEdition, written: dict[str, str], **head: str) -> dict[str, Any]:
    """What the page of an edition sends back."""
    rows = list(edition.texts.order_by("pk"))
    form: dict[str, Any] = {
        name: getattr(edition, name) for name in ("name", "language", "respondent", "licence", "credit")
    }
    form |= {"texts-TOTAL_FORMS": len(rows), "texts-INITIAL_FORMS": len(rows)} | head
    for number, row in enumerate(rows):
        form |= {f"texts-{number}-id": row.pk, f"texts-{number}-edition": edition.pk}
        form[f"texts-{number}-text"] = written.get(row.key, "")
    return form


def act(browser: Client, action: str, *editions: InstrumentEdition) -> str:
    data = {"action": action, "_selected_action": [edition.pk for edition in editions]}
    return browser.post(reverse(LIST), data, follow=True).content.decode()


def test_texts_are_loaded_in_the_admin(browser: Client, clinic: Clinic):
    assert browser.get(reverse(ADD)).status_code == 200
    answer = browser.post(reverse(ADD), HEAD | {"clinic": clinic.pk})
    edition = InstrumentEdition.objects.get()
    assert answer.headers["Location"] == page_of(edition)

    page = browser.get(page_of(edition)).content.decode()
    assert re.findall(r'<textarea[^>]* aria-label="([^"]*)"', page)[:13] == [text_name(key) for key in POEM_KEYS]
    assert 'name="instrument"' not in page
    assert 'name="clinic"' not in page
    half = words_of(edition) | {"answer_3": ""}
    assert browser.post(page_of(edition), form_of(edition, half, name="Invented edition 1b")).status_code == 302
    edition.refresh_from_db()
    assert (edition.name, texts(edition)) == ("Invented edition 1b", half)
    assert "Not written yet: Answer: 5–6 days." in act(browser, "put_in_use", edition)
    assert edition_for(clinic, "poem", "en", "self") is None

    browser.post(page_of(edition), form_of(edition, words_of(edition)))
    assert "In use: Invented edition 1b (en)" in act(browser, "put_in_use", edition)
    assert texts(edition_for(clinic, "poem", "en", "self"))["answer_3"] == "Invented edition 1b: answer_3"
    page = browser.get(page_of(edition)).content.decode()
    assert "Invented edition 1b: answer_3" in page
    assert "<textarea" not in page
    assert 'name="_save"' not in page

    assert "Editions retired: 1" in act(browser, "retire", edition)
    assert "Editions retired: 0" in act(browser, "retire", edition)
    assert edition_for(clinic, "poem", "en", "self") is None
    assert set(AuditEvent.objects.filter(object_type="instrumentedition").values_list("channel", flat=True)) == {"admin"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"instrument": "easi", "respondent": "clinician"}, "Select a valid choice"),
        ({"respondent": "clinician"}, "not answered by them"),
        ({"respondent": "helped"}, "Select a valid choice"),
        ({"language": "xx"}, "Select a valid choice"),
        ({"licence": " "}, "This field is required"),
        ({"name": "a\u202eb"}, "invisible control characters"),
    ],
)
def test_edition_that_cannot_be_is_refused_in_the_form(browser: Client, clinic: Clinic, wrong: dict[str, str], says: str):
    answer = browser.post(reverse(ADD), HEAD | {"clinic": clinic.pk} | wrong)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not InstrumentEdition.objects.exists()


def test_wrong_change_and_too_long_text_are_refused_in_the_form(browser: Client, platform: Actor, clinic: Clinic):
    edition = opened(platform, clinic)
    answer = browser.post(page_of(edition), form_of(edition, {"introduction": "kept"}, respondent="clinician"))
    assert "not answered by them" in answer.content.decode()
    assert "kept" in answer.content.decode()
    answer = browser.post(page_of(edition), form_of(edition, {"introduction": "x" * 1001}))
    assert "at most 1000 characters" in answer.content.decode()
    assert texts(edition)["introduction"] == ""


def test_page_older_than_the_use_saves_nothing_and_says_so(browser: Client, platform: Actor, clinic: Clinic):
    edition = opened(platform, clinic)
    actions.write_texts(platform, edition, words_of(edition), at=NOW)
    late = form_of(edition, words_of(edition) | {"introduction": "other"}, name="Other")
    actions.put_in_use(platform, edition, at=NOW)
    page = browser.post(page_of(edition), late, follow=True)
    assert page.status_code == 200
    assert "stays as it is" in page.content.decode()
    edition.refresh_from_db()
    assert edition.name == "Invented edition 1"
    assert texts(edition) == words_of(edition)
    assert "stays as it is" in act(browser, "put_in_use", edition)


def test_clinic_and_instrument_of_an_edition_stay_and_no_text_is_added(
    browser: Client, platform: Actor, clinic: Clinic, other_clinic: Clinic
):
    edition = opened(platform, clinic)
    form = form_of(edition, {}, clinic=str(other_clinic.pk), instrument="itch")
    number = len(POEM_KEYS)
    form |= {"texts-TOTAL_FORMS": number + 1, f"texts-{number}-text": "more", f"texts-{number}-edition": edition.pk}
    form |= {"texts-0-DELETE": "on", "texts-0-key": "lowest", "published_at_0": "2026-11-20", "published_at_1": "10:00"}
    browser.post(page_of(edition), form)
    edition.refresh_from_db()
    assert (edition.clinic, edition.instrument, edition.published_at) == (clinic, "poem", None)
    assert list(edition.texts.order_by("pk").values_list("key", flat=True)) == POEM_KEYS


def test_another_editions_text_is_not_written_through_a_page(browser: Client, platform: Actor, clinic: Clinic):
    shown, draft = in_use(platform, clinic, instrument="itch"), opened(platform, clinic, instrument="itch")
    form = form_of(draft, {"introduction": "changed"})
    form["texts-0-id"] = shown.texts.order_by("pk").first().pk
    browser.post(page_of(draft), form)
    assert texts(InstrumentEdition.objects.get(pk=shown.pk)) == words_of(shown)


def test_nothing_is_deleted(browser: Client, platform: Actor, clinic: Clinic):
    for edition in (opened(platform, clinic), in_use(platform, clinic)):
        assert browser.post(reverse("admin:patients_instrumentedition_delete", args=[edition.pk])).status_code == 403
        act(browser, "delete_selected", edition)
    assert InstrumentEdition.objects.count() == 2


@pytest.mark.parametrize("is_superuser", [False, True])
def test_administrators_of_clinics_and_clinicians_see_no_editions(
    platform: Actor, clinic: Clinic, platform_admin: User, signed_in: Callable[[User], Client], is_superuser: bool
):
    edition = opened(platform, clinic)
    plain = User.objects.create_user("plain@example.org", "Plain", is_staff=True, is_superuser=is_superuser)
    assert signed_in(plain).get(page_of(edition)).status_code == 200
    for role in Role:
        client = signed_in(make_member(clinic, role))
        for url in (reverse(LIST), reverse(ADD), page_of(edition)):
            assert client.get(url, follow=True).status_code == 403
            assert client.post(url, HEAD | {"clinic": clinic.pk}, follow=True).status_code == 403
    assert InstrumentEdition.objects.count() == 1


def test_list_asks_the_same_for_one_and_three_rows(browser: Client, platform: Actor, django_assert_num_queries):
    browser.get(reverse(LIST))
    opened(platform, make_clinic())
    with django_assert_num_queries(7):
        assert browser.get(reverse(LIST)).content.decode().count("field-instrument_in_words") == 1
    opened(platform, make_clinic())
    opened(platform, make_clinic())
    with django_assert_num_queries(7):
        assert browser.get(reverse(LIST)).content.decode().count("field-instrument_in_words") == 3
