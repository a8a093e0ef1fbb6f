"""The work list: what stands on it, in which order; closing and putting off."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clinics import guard
from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, User
from patients import actions as patients
from patients.models import Patient
from regimens import actions, queries
from regimens.models import WorkItem, WorkReason
from tests.factories import NOW, actor_for, make_patient

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

# session, account with its roles, the items with their patients, the audit row
LIST_QUERIES = 4


def item_of(by: Actor, patient: Patient, text: str = "Tacrolimus: consider.", *, at: datetime = NOW) -> WorkItem:
    item = actions.raise_item(by, patient, WorkReason.FINDING, f"line:rule:{text}", text, at=at)
    assert item is not None
    return item


def texts(page: str) -> list[str]:
    return re.findall(r"A rule has something new to say</span><br>([^<]+)", page)


def boxes(name: str, value: datetime) -> dict[str, str]:
    return {f"{name}_day": str(value.day), f"{name}_month": str(value.month), f"{name}_year": str(value.year)}


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_the_same_queries_for_any_number_of_rows(
    signed_in: SignIn,
    nurse: User,
    by: Actor,
    clinic: Clinic,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        item_of(by, make_patient(clinic), f"Item {number}.")
    client = signed_in(nurse)
    client.get(reverse("work_list"))
    with django_assert_num_queries(LIST_QUERIES + 2):  # and a transaction around the last two: savepoint, release
        page = client.get(reverse("work_list")).content.decode()
    assert texts(page) == [f"Item {number}." for number in range(count)]


def test_a_row_says_who_what_and_when_and_leads_to_the_regimen(
    signed_in: SignIn, nurse: User, by: Actor, patient: Patient
) -> None:
    item = item_of(by, patient)
    page = signed_in(nurse).get(reverse("work_list")).content.decode()
    assert f'<a href="{reverse("patient_regimen", args=[patient.public_id])}"><bdi>EXAMPLE, Mia</bdi></a>' in page
    for words in ("04-May-2019", "H-1001", "Tacrolimus: consider.", "20-Nov-2026"):
        assert words in page
    for name in ("work_close", "work_snooze"):
        assert f'href="{reverse(name, args=[item.public_id])}"' in page
    assert AuditEvent.objects.filter(verb="work listed", actor=nurse.public_id).count() == 1


def test_the_oldest_stands_first_and_pages_follow_without_gaps(
    signed_in: SignIn, nurse: User, by: Actor, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries.open_work, "__kwdefaults__", {**queries.open_work.__kwdefaults__, "size": 2})
    # Two were raised at the same instant; the one entered last is the oldest.
    for number, hours in enumerate((3, 3, 5, 4, 1)):
        item_of(by, patient, f"Item {number}.", at=NOW + timedelta(hours=hours))
    client, url, seen = signed_in(nurse), reverse("work_list"), []
    while url:
        page = client.get(url).content.decode()
        seen.append(texts(page))
        link = re.search(r'rel="next" href="([^"]+)"', page)
        url = reverse("work_list") + link[1] if link else ""
    assert seen == [["Item 4.", "Item 0."], ["Item 1.", "Item 3."], ["Item 2."]]
    assert f'<a class="btn btn-quiet" href="{reverse("work_list")}">From the start</a>' in page


def test_red_flags_stand_first_with_sign_and_word(
    signed_in: SignIn, nurse: User, by: Actor, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries.open_work, "__kwdefaults__", {**queries.open_work.__kwdefaults__, "size": 1})
    item_of(by, patient, "Old.")
    item_of(by, patient, "Newer.", at=NOW + timedelta(hours=9))
    for number, hours in enumerate((6, 3)):
        subject, at = f"event:{number}:red", NOW + timedelta(hours=hours)
        actions.raise_item(by, patient, WorkReason.RED_FLAG, subject, f"Red {number}.", at=at)
    client, url, seen = signed_in(nurse), reverse("work_list"), []
    while url:
        page = client.get(url).content.decode()
        seen += re.findall(r"(⚑</span> Red flag: look at once|something new to say)</span>\s*<br>([^<]+)", page)
        link = re.search(r'rel="next" href="([^"]+)"', page)
        url = reverse("work_list") + link[1] if link else ""
    red, other = "⚑</span> Red flag: look at once", "something new to say"
    assert seen == [(red, "Red 1."), (red, "Red 0."), (other, "Old."), (other, "Newer.")]


def test_a_page_goes_on_from_an_item_that_was_closed_meanwhile(by: Actor, patient: Patient) -> None:
    items = [item_of(by, patient, f"Item {number}.", at=NOW + timedelta(hours=number)) for number in range(3)]
    actions.close_item(by, items[0], outcome="handled", note="called", version=1, at=NOW)
    rows, more = queries.open_work(by.user, patient.clinic, on=NOW.date(), after=items[0].public_id)
    assert ([row.text for row in rows], more) == (["Item 1.", "Item 2."], False)


def test_only_open_items_of_open_records_of_the_active_clinic(
    signed_in: SignIn, nurse: User, by: Actor, clinic: Clinic, patient: Patient, outsider: User, other_patient: Patient
) -> None:
    item_of(by, patient, "Ours.")
    closed = make_patient(clinic)
    item_of(by, closed, "Of a closed record.")
    patients.close_patient(by, closed, reason="moved", version=1, at=NOW)
    actions.close_item(by, item_of(by, patient, "Done."), outcome="handled", note="called", version=1, at=NOW)
    item_of(actor_for(outsider, other_patient.clinic), other_patient, "Theirs.")
    assert texts(signed_in(nurse).get(reverse("work_list")).content.decode()) == ["Ours."]
    assert texts(signed_in(outsider).get(reverse("work_list")).content.decode()) == ["Theirs."]


def test_an_empty_list_says_so(signed_in: SignIn, nurse: User) -> None:
    assert "Nothing waits" in signed_in(nurse).get(reverse("work_list")).content.decode()


def test_the_link_is_for_those_who_may_see_clinical_facts(
    signed_in: SignIn, nurse: User, clinic_admin: User, patient: Patient
) -> None:
    link = f'<a href="{reverse("work_list")}">Work</a>'
    assert link in signed_in(nurse).get(reverse("patient_list")).content.decode()
    assert link not in signed_in(clinic_admin).get(reverse("patient_list")).content.decode()


def test_an_item_is_closed_as_handled(signed_in: SignIn, nurse: User, by: Actor, patient: Patient) -> None:
    item, client = item_of(by, patient), signed_in(nurse)
    url = reverse("work_close", args=[item.public_id])
    page = client.get(url).content.decode()
    assert "Tacrolimus: consider." in page
    assert f'name="{guard.FIELD}"' in page
    assert "checked" not in page  # nothing is chosen beforehand
    assert client.post(url, {"version": "1"}).status_code == 422
    silent = client.post(url, {"outcome": "handled", "note": "", "version": "1"})
    assert silent.status_code == 422
    answer = client.post(url, {"outcome": "handled", "note": "called", "version": "1"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("work_list"))
    item.refresh_from_db()
    assert (item.outcome, item.closed_by, item.version) == ("handled", nurse, 2)
    page = client.get(reverse("work_list")).content.decode()
    assert texts(page) == []
    assert "Closed – <bdi>EXAMPLE, Mia</bdi>" in page


def test_what_is_not_needed_says_why(signed_in: SignIn, nurse: User, by: Actor, patient: Patient) -> None:
    item, client = item_of(by, patient), signed_in(nurse)
    url = reverse("work_close", args=[item.public_id])
    assert client.post(url, {"outcome": "not_needed", "note": " ", "version": "1"}).status_code == 422
    answer = client.post(url, {"outcome": "not_needed", "note": "no", "version": "1"})
    assert answer.status_code == 422
    assert "Say in a few words what was done, or why it is not needed." in answer.content.decode()
    assert client.post(url, {"outcome": "not_needed", "note": "healed", "version": "1"}).status_code == 302
    item.refresh_from_db()
    assert (item.outcome, item.note) == ("not_needed", "healed")


def test_nobody_closes_by_hand_as_gone(signed_in: SignIn, nurse: User, by: Actor, patient: Patient) -> None:
    url = reverse("work_close", args=[item_of(by, patient).public_id])
    assert signed_in(nurse).post(url, {"outcome": "gone", "note": "healed", "version": "1"}).status_code == 422


def test_what_is_put_off_comes_back_on_its_day(
    signed_in: SignIn, nurse: User, by: Actor, patient: Patient, clinic: Clinic
) -> None:
    item, client = item_of(by, patient), signed_in(nurse)
    until = timezone.now() + timedelta(days=10)
    url = reverse("work_snooze", args=[item.public_id])
    assert client.post(url, boxes("until_on", until) | {"why": "", "version": "1"}).status_code == 422
    assert client.post(url, boxes("until_on", until) | {"why": "seen in clinic", "version": "1"}).status_code == 302
    assert texts(client.get(reverse("work_list")).content.decode()) == []
    item.refresh_from_db()
    assert (item.snoozed_until_on, item.snooze_why) == (until.date(), "seen in clinic")
    day_before, _more = queries.open_work(nurse, clinic, on=until.date() - timedelta(days=1))
    on_the_day, _more = queries.open_work(nurse, clinic, on=until.date())
    assert (day_before, on_the_day) == ([], [item])
    (line,) = queries.work_lines(on_the_day, clinic.zone)
    assert line.put_off.endswith(": seen in clinic")


@pytest.mark.parametrize(("days", "status"), [(0, 422), (1, 302), (90, 302), (91, 422)])
def test_an_item_is_put_off_by_one_to_ninety_days(
    signed_in: SignIn, nurse: User, by: Actor, patient: Patient, clinic: Clinic, days: int, status: int
) -> None:
    until = clinic.today(timezone.now()) + timedelta(days=days)
    values = {"until_on_day": str(until.day), "until_on_month": str(until.month), "until_on_year": str(until.year)}
    url = reverse("work_snooze", args=[item_of(by, patient).public_id])
    assert signed_in(nurse).post(url, values | {"why": "later", "version": "1"}).status_code == status


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("work_close", {"outcome": "not_needed", "note": "my note"}),
        ("work_snooze", {**boxes("until_on", timezone.now() + timedelta(days=9)), "why": "my note"}),
    ],
)
def test_a_stale_page_saves_nothing_and_keeps_what_was_typed(
    signed_in: SignIn, nurse: User, by: Actor, patient: Patient, name: str, values: dict[str, str]
) -> None:
    item, client = item_of(by, patient), signed_in(nurse)
    url, at = reverse(name, args=[item.public_id]), timezone.now()
    actions.snooze_item(
        by, item, until_on=patient.clinic.today(at) + timedelta(days=5), why="a call first", version=1, at=at
    )
    answer = client.post(url, values | {"version": "1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "a call first" in page
    assert "my note" in page
    assert 'name="version" value="2"' in page
    assert client.post(url, values | {"version": "2"}).status_code == 302


def test_an_item_closed_by_somebody_else_is_shown_as_it_is(
    signed_in: SignIn, nurse: User, by: Actor, patient: Patient
) -> None:
    item, client = item_of(by, patient), signed_in(nurse)
    actions.close_item(by, item, outcome="handled", note="called", version=1, at=NOW)
    later = boxes("until_on", timezone.now() + timedelta(days=9)) | {"why": "later", "version": "1"}
    otherwise = {"outcome": "not_needed", "note": "healed", "version": "1"}
    for name, values in (("work_snooze", later), ("work_close", otherwise)):
        answer = client.post(reverse(name, args=[item.public_id]), values)
        assert answer.status_code == 409
        assert "This was closed on" in answer.content.decode()
    page = client.get(reverse("work_close", args=[item.public_id])).content.decode()
    assert "This was closed on" in page
    assert "data-keep" not in page


def test_an_item_that_closed_by_itself_says_so(signed_in: SignIn, nurse: User, by: Actor, patient: Patient) -> None:
    item, client = item_of(by, patient), signed_in(nurse)
    actions.check_again(by, patient, at=NOW)  # no rule finds such a thing
    url = reverse("work_close", args=[item.public_id])
    for version in ("1", "2"):
        answer = client.post(url, {"outcome": "handled", "note": "called", "version": version})
        assert answer.status_code == 409
        assert "This closed by itself on" in answer.content.decode()
        assert "what it says is no longer so" in answer.content.decode()
        assert "data-keep" not in answer.content.decode()
    item.refresh_from_db()
    assert (item.outcome, item.note) == ("gone", "")


def test_a_clinic_administrator_reads_no_clinical_word_in_the_audit(
    signed_in: SignIn, nurse: User, clinic_admin: User, by: Actor, patient: Patient
) -> None:
    item = item_of(by, patient)
    signed_in(nurse).get(reverse("work_close", args=[item.public_id]))
    page = signed_in(clinic_admin).get(reverse("clinic_audit")).content.decode()
    assert "Clinical facts" in page
    assert "raised" not in page
    assert "consider" not in page
