"""Recording scores on pages: one happy path and the refusals per view, and what stands on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor
from clinics.actions import keep_form
from clinics.models import AuditEvent, Clinic, Membership, User
from patients import actions
from patients.models import Assessment, CurrentScores, InstrumentEdition, LabResult, Patient, ScoreSettings
from patients.models.assessments import EASI_COLUMNS, POEM_COLUMNS
from tests.factories import NOW, actor_for, easi_values, make_assessment, make_lab

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def today(patient: Patient) -> dict[str, str]:
    on = patient.clinic.today(timezone.now())
    return {"assessed_on_day": str(on.day), "assessed_on_month": str(on.month), "assessed_on_year": str(on.year)}


def typed(patient: Patient, user: User, **more: Any) -> dict[str, str]:
    """A filled EASI form, as a browser sends it: E5 of the clinical reference."""
    items = {name: f"{value:f}" if isinstance(value, Decimal) else str(value) for name, value in easi_values().items()}
    items.pop("assessed_on")
    return today(patient) | items | {"rater": str(user.public_id), "submission": str(uuid4()), "save": "sign"} | more


def answered(patient: Patient, answers: str = "2111111", **more: Any) -> dict[str, str]:
    """A filled POEM form; "o" for left open, "-" for skipped."""
    words = {"o": "open", "-": ""}
    given = {name: words.get(answer, answer) for name, answer in zip(POEM_COLUMNS, answers, strict=True)}
    return today(patient) | given | {"respondent": "proxy", "submission": str(uuid4()), "save": "sign"} | more


def url(name: str, patient: Patient, *more: Any) -> str:
    return reverse(name, args=[patient.public_id, *more])


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- EASI ---------------------------------------------------------------------------------------------------------------


def test_easi_is_signed_with_the_servers_total(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    sent = typed(patient, clinician, total="1.0", band="clear")
    answer = signed_in(clinician).post(url("assessment_add", patient, "easi"), sent, follow=True)
    assert answer.redirect_chain == [(url("patient_chart", patient), 302)]
    row = Assessment.objects.get()
    assert (row.total, row.band, row.weight_set, row.rater, row.state) == (
        Decimal("12.7"),
        "moderate",
        "under_8",
        clinician,
        "signed",
    )
    assert "EASI signed: 12.7 (moderate)" in text_of(answer.content.decode())


def test_incomplete_easi_is_refused_by_region_and_sign_with_everything_kept(
    signed_in: SignIn, clinician: User, patient: Patient
) -> None:
    sent = typed(patient, clinician, hn_redness="", tr_area="", comment="kept words")
    answer = signed_in(clinician).post(url("assessment_add", patient, "easi"), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert not Assessment.objects.exists()
    assert "Head and neck: redness not answered" in page
    assert "Trunk: area not answered" in page
    assert "kept words" in page
    kept = set(re.findall(r'<input[^>]*name="(\w+)"[^>]*checked', page))
    assert kept == set(EASI_COLUMNS) - {"hn_redness", "tr_area"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hn_area": "0"}, "Head and neck, redness: above 0, but the area is 0."),
        (
            {"hn_redness": "0", "hn_thickness": "0", "hn_scratching": "0"},
            "Head and neck, area: an area is affected, but every sign is 0.",
        ),
        ({"hn_percent": "35"}, "35 % is area score 3, and 2 was chosen"),
        ({"hn_percent": "101"}, "Head and neck, area: from 0 to 100 per cent"),
        ({"hn_percent": "1e0"}, "Head and neck, area: from 0 to 100 per cent"),
        ({"hn_percent": "9.55"}, "Head and neck, area: from 0 to 100 per cent"),
        ({"hn_redness": "0.5"}, "Select a valid choice"),
        ({"assessed_on_year": "2099"}, "This date is in the future."),
        ({"assessed_on_year": "2018"}, "This date is before the birth."),
        ({"assessed_on_day": "31", "assessed_on_month": "2"}, "This day does not exist in that month."),
    ],
)
def test_wrong_easi_is_refused_in_words(
    signed_in: SignIn, clinician: User, patient: Patient, wrong: dict[str, str], said: str
) -> None:
    answer = signed_in(clinician).post(url("assessment_add", patient, "easi"), typed(patient, clinician, **wrong))
    assert answer.status_code == 422
    assert said in text_of(answer.content.decode())
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(("share", "kept"), [("10", "10"), ("10,5", "10.5"), ("29.9", "29.9")])
def test_typed_share_gives_the_area_score(
    signed_in: SignIn, clinician: User, patient: Patient, share: str, kept: str
) -> None:
    sent = typed(patient, clinician, hn_area="", hn_percent=share)
    signed_in(clinician).post(url("assessment_add", patient, "easi"), sent)
    row = Assessment.objects.get()
    assert (row.hn_area, row.hn_percent, row.total) == (2, Decimal(kept), Decimal("12.7"))


def test_what_is_sent_without_a_button_is_at_most_a_draft(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    sent = typed(patient, clinician)
    del sent["save"]
    signed_in(clinician).post(url("assessment_add", patient, "easi"), sent)
    assert Assessment.objects.get().state == "draft"


def test_everything_wrong_is_said_in_one_round(signed_in: SignIn, nurse: User, clinician: User, patient: Patient) -> None:
    sent = typed(patient, clinician, hn_redness="", tr_area="", assessed_on_year="2099x", ul_percent="400", ul_area="")
    page = text_of(signed_in(clinician).post(url("assessment_add", patient, "easi"), sent).content.decode())
    for said in ("Head and neck: redness not answered", "Trunk: area not answered", "Upper limbs, area: from 0 to 100"):
        assert said in page
    assert "Enter the year with four digits" in page
    poem = signed_in(nurse).post(url("assessment_add", patient, "poem"), answered(patient, "-11111-", respondent=""))
    page = text_of(poem.content.decode())
    assert "Answered by: This field is required." in page
    assert "Itch: Not answered." in page
    assert "Dryness or roughness: Not answered." in page


def test_somebody_elses_draft_asks_whose_judgement_it_is(
    signed_in: SignIn, clinician: User, nurse: User, patient: Patient
) -> None:
    draft = make_assessment(patient, sign=False)
    Membership.objects.filter(user=nurse).update(may_score=True)
    client = signed_in(nurse)
    page = client.get(url("assessment_edit", patient, draft.public_id)).content.decode()
    assert "Begun by" in page
    select = re.search(r'<select name="rater".*?</select>', page, re.S)
    assert select is not None
    assert "selected" not in select[0].replace('value="" selected', "")
    sent = typed(patient, nurse, version="1", rater="")
    assert client.post(url("assessment_edit", patient, draft.public_id), sent).status_code == 422


def test_draft_taken_up_by_somebody_else_is_not_signed_over(
    signed_in: SignIn, clinician: User, by: Actor, patient: Patient
) -> None:
    client = signed_in(clinician)
    sent = typed(patient, clinician, comment="mine")
    client.post(url("assessment_add", patient, "easi"), sent | {"save": "draft"})
    draft = Assessment.objects.get()
    actions.save_draft(by, draft, easi_values(hn_area=6, comment="second opinion"), version=1, at=NOW)
    answer = client.post(url("assessment_add", patient, "easi"), sent)
    assert answer.status_code == 409
    draft.refresh_from_db()
    assert (draft.state, draft.comment, draft.hn_area) == ("draft", "second opinion", 6)


def test_form_of_what_was_taken_back_is_no_silent_success(
    signed_in: SignIn, clinician: User, by: Actor, patient: Patient
) -> None:
    client, sent = signed_in(clinician), typed(patient, clinician)
    client.post(url("assessment_add", patient, "easi"), sent)
    actions.withdraw_assessment(by, Assessment.objects.get(), reason="error", at=NOW)
    answer = client.post(url("assessment_add", patient, "easi"), sent)
    assert answer.status_code == 409
    assert "corrected or taken back since" in answer.content.decode()


def test_same_form_sent_twice_is_one_record(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    sent, client = typed(patient, clinician), signed_in(clinician)
    for _number in range(2):
        answer = client.post(url("assessment_add", patient, "easi"), sent)
        assert answer.status_code == 302
    assert Assessment.objects.count() == 1


def test_half_points_can_be_hidden_and_a_stored_one_stays_choosable(
    signed_in: SignIn, clinician: User, clinic: Clinic, patient: Patient
) -> None:
    client = signed_in(clinician)
    form = url("assessment_add", patient, "easi")
    assert client.get(form).content.count(b'value="1.5"') == 16
    ScoreSettings.objects.create(clinic=clinic, hides_half_points=True)
    assert client.get(form).content.count(b'value="1.5"') == 0
    row = make_assessment(patient, hn_redness=Decimal("1.5"))
    assert client.get(url("assessment_amend", patient, row.public_id)).content.count(b'value="1.5"') == 16


def test_previous_values_are_shown_beside_and_never_filled_in(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    make_assessment(patient)
    page = signed_in(clinician).get(url("assessment_add", patient, "easi")).content.decode()
    assert page.count('<p class="previous') == 20
    assert not re.findall(r"<input[^>]*type=\"radio\"[^>]*checked", page)


def test_untrained_nurse_may_not_score_and_is_not_offered_it(signed_in: SignIn, nurse: User, patient: Patient) -> None:
    client = signed_in(nurse)
    assert client.post(url("assessment_add", patient, "easi"), typed(patient, nurse)).status_code == 403
    page = client.get(url("patient_page", patient)).content.decode()
    assert url("assessment_add", patient, "easi") not in page
    assert url("assessment_add", patient, "poem") in page


def test_trained_nurse_may_score(signed_in: SignIn, nurse: User, patient: Patient) -> None:
    Membership.objects.filter(user=nurse).update(may_score=True)
    signed_in(nurse).post(url("assessment_add", patient, "easi"), typed(patient, nurse))
    assert Assessment.objects.get().rater == nurse


def test_raters_offered_are_those_who_may_score_in_this_clinic(
    signed_in: SignIn, clinician: User, nurse: User, outsider: User, patient: Patient
) -> None:
    page = signed_in(clinician).get(url("assessment_add", patient, "easi")).content.decode()
    select = re.search(r'<select name="rater".*?</select>', page, re.S)
    assert select is not None
    assert re.findall(r">([^<]+)</option>", select[0]) == ["Dana Derm"]


def test_form_sent_again_with_other_values_is_no_silent_success(
    signed_in: SignIn, clinician: User, patient: Patient
) -> None:
    sent, client = typed(patient, clinician), signed_in(clinician)
    address = url("assessment_add", patient, "easi")
    client.post(address, sent)
    answer = client.post(address, sent | {"hn_redness": "3"})
    assert answer.status_code == 409
    assert "Correct the signed one instead." in answer.content.decode()
    assert Assessment.objects.get().total == Decimal("12.7")


def test_draft_signed_from_the_page_it_was_kept_on_is_signed(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    sent, client = typed(patient, clinician), signed_in(clinician)
    address = url("assessment_add", patient, "easi")
    client.post(address, sent | {"ll_area": "", "save": "draft"})
    client.post(address, sent)
    assert [(row.state, row.total) for row in Assessment.objects.all()] == [("signed", Decimal("12.7"))]


def test_kept_input_is_offered_on_its_page_until_something_is_saved_there(
    signed_in: SignIn, clinician: User, nurse: User, patient: Patient
) -> None:
    address = url("assessment_add", patient, "poem")
    keep_form(str(nurse.public_id), address, urlencode(answered(patient, comment="kept words")), at=timezone.now())
    assert "Bring it back" not in signed_in(clinician).get(address).content.decode()
    client = signed_in(nurse)
    link = re.search(r'href="(\?kept=[^"]+)"', client.get(address).content.decode())
    assert link is not None
    page = client.get(address + link[1]).content.decode()
    assert "kept words" in page
    assert "Bring it back" not in page
    client.post(address, answered(patient))
    assert "Bring it back" not in client.get(address).content.decode()


# --- Drafts, corrections, withdrawal --------------------------------------------------------------------------------------


def test_draft_is_kept_and_goes_on(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    client = signed_in(clinician)
    client.post(url("assessment_add", patient, "easi"), typed(patient, clinician, ll_area="", save="draft"))
    draft = Assessment.objects.get()
    assert (draft.state, draft.total) == ("draft", None)
    assert client.get(url("assessment_page", patient, draft.public_id)).status_code == 302
    page = client.get(url("assessment_edit", patient, draft.public_id)).content.decode()
    assert len(re.findall(r"<input[^>]*type=\"radio\"[^>]*checked", page)) == 19
    sent = typed(patient, clinician, version="1")
    client.post(url("assessment_edit", patient, draft.public_id), sent)
    draft.refresh_from_db()
    assert (draft.state, draft.total, draft.version) == ("signed", Decimal("12.7"), 2)


def test_draft_changed_meanwhile_is_not_overwritten_and_the_input_kept(
    signed_in: SignIn, clinician: User, by: Actor, patient: Patient
) -> None:
    draft = make_assessment(patient, sign=False)
    actions.save_draft(by, draft, easi_values(comment="first"), version=1, at=NOW)
    sent = typed(patient, clinician, version="1", comment="second")
    answer = signed_in(clinician).post(url("assessment_edit", patient, draft.public_id), sent)
    assert answer.status_code == 409
    assert "second" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.comment == "first"


def test_correction_makes_a_version_and_the_old_one_says_so(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    row = make_assessment(patient)
    client = signed_in(clinician)
    sent = typed(patient, clinician, hn_redness="3", reason="misread")
    client.post(url("assessment_amend", patient, row.public_id), sent)
    new = Assessment.objects.get(state="signed")
    assert (new.replaces, new.total, new.amend_reason) == (row, Decimal("13.1"), "misread")
    old_page = text_of(client.get(url("assessment_page", patient, row.public_id)).content.decode())
    assert "This version was corrected." in old_page
    assert "12.7" in old_page
    new_page = text_of(client.get(url("assessment_page", patient, new.public_id)).content.decode())
    assert "misread" in new_page
    assert "13.1" in new_page


def test_correction_needs_a_reason_and_the_live_version(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    row = make_assessment(patient, at=timezone.now())  # of the day that is typed
    client = signed_in(clinician)
    address = url("assessment_amend", patient, row.public_id)
    assert client.post(address, typed(patient, clinician)).status_code == 422
    assert client.post(address, typed(patient, clinician, reason="a")).status_code == 409  # nothing is changed
    assert client.post(address, typed(patient, clinician, hn_area="3", reason="a")).status_code == 302
    assert client.post(address, typed(patient, clinician, hn_area="4", reason="b")).status_code == 409
    assert client.get(address)["Location"] == url("assessment_page", patient, row.public_id)
    assert Assessment.objects.count() == 2


def test_withdrawal_needs_a_reason_and_ends_the_score(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    row = make_assessment(patient)
    client = signed_in(clinician)
    address = url("assessment_withdraw", patient, row.public_id)
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "wrong patient", "version": "1"}).status_code == 302
    assert client.post(address, {"reason": "again", "version": "1"}).status_code == 422
    row.refresh_from_db()
    assert (row.state, row.withdrawn_reason) == ("withdrawn", "wrong patient")
    assert CurrentScores.objects.get(patient=patient).easi is None
    page = text_of(client.get(url("assessment_page", patient, row.public_id)).content.decode())
    assert "wrong patient. It counts nowhere." in page


def test_release_to_all_to_the_patient_and_to_nobody(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    row = make_assessment(patient)
    client = signed_in(clinician)
    seen = []
    for to in ("all", "patient", "nobody"):
        client.post(url("assessment_release", patient, row.public_id), {"to": to})
        row.refresh_from_db()
        seen.append((row.released_at is not None, row.visible_to_guardians))
    assert seen == [(True, True), (True, False), (False, False)]
    client.post(url("assessment_release", patient, row.public_id), {"to": "everybody"})
    row.refresh_from_db()
    assert row.released_at is None


# --- The other instruments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "total", "is_imputed", "said"),
    [
        ("2111111", 8, False, "POEM signed: 8 (moderate)"),
        ("o444444", 24, True, "POEM signed: 24 (severe)"),
        ("oo44444", None, False, "POEM signed: not scored"),
        ("1100000", 2, False, "POEM signed: 2 (clear or almost clear)"),
    ],
)
def test_poem_on_behalf(
    signed_in: SignIn, nurse: User, patient: Patient, answers: str, total: int | None, is_imputed: bool, said: str
) -> None:
    answer = signed_in(nurse).post(url("assessment_add", patient, "poem"), answered(patient, answers), follow=True)
    row = Assessment.objects.get()
    assert (row.total, row.is_imputed, row.respondent, row.rater) == (total, is_imputed, "proxy", None)
    assert said in text_of(answer.content.decode())


def test_poem_question_skipped_by_mistake_is_asked_for(signed_in: SignIn, nurse: User, patient: Patient) -> None:
    answer = signed_in(nurse).post(url("assessment_add", patient, "poem"), answered(patient, "-111111"))
    assert answer.status_code == 422
    assert "Itch: Not answered. If the person could not answer it" in text_of(answer.content.decode())
    assert not Assessment.objects.exists()


def test_poem_needs_to_know_who_answered(signed_in: SignIn, nurse: User, patient: Patient) -> None:
    answer = signed_in(nurse).post(url("assessment_add", patient, "poem"), answered(patient, respondent=""))
    assert answer.status_code == 422
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("instrument", "level", "said"),
    [("viga_ad", "0", "vIGA-AD signed: 0 (clear)"), ("viga_ad", "4", "vIGA-AD signed: 4 (severe)")],
)
def test_viga(signed_in: SignIn, clinician: User, patient: Patient, instrument: str, level: str, said: str) -> None:
    sent = today(patient) | {"level": level, "rater": str(clinician.public_id), "submission": str(uuid4())}
    sent["save"] = "sign"
    answer = signed_in(clinician).post(url("assessment_add", patient, instrument), sent, follow=True)
    assert said in text_of(answer.content.decode())


@pytest.mark.parametrize(("level", "said"), [("3", "3 (none or mild)"), ("4", "4 (moderate)"), ("7", "7 (severe)")])
def test_itch(signed_in: SignIn, nurse: User, patient: Patient, level: str, said: str) -> None:
    sent = today(patient) | {"level": level, "respondent": "self", "submission": str(uuid4()), "save": "sign"}
    answer = signed_in(nurse).post(url("assessment_add", patient, "itch"), sent, follow=True)
    assert f"Worst itch, 24 h signed: {said}" in text_of(answer.content.decode())


@pytest.mark.parametrize("instrument", ["viga_ad", "itch"])
def test_no_level_is_never_zero(signed_in: SignIn, clinician: User, patient: Patient, instrument: str) -> None:
    sent = today(patient) | {"respondent": "self", "rater": str(clinician.public_id), "submission": str(uuid4())}
    sent["save"] = "sign"
    answer = signed_in(clinician).post(url("assessment_add", patient, instrument), sent)
    assert answer.status_code == 422
    assert not Assessment.objects.exists()


def test_unknown_instrument_is_not_found(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    assert signed_in(clinician).get(url("assessment_add", patient, "scorad")).status_code == 404


def test_tarc_is_recorded_once_and_taken_back(signed_in: SignIn, nurse: User, patient: Patient) -> None:
    on = {name.replace("assessed", "collected"): value for name, value in today(patient).items()}
    sent = on | {"value": "1234.5", "assay": "CLEIA, city laboratory", "submission": str(uuid4())}
    client = signed_in(nurse)
    for _number in range(2):
        assert client.post(url("lab_add", patient), sent).status_code == 302
    assert client.post(url("lab_add", patient), sent | {"value": "500"}).status_code == 422
    row = LabResult.objects.get()
    assert (row.value, row.limit, CurrentScores.objects.get(patient=patient).tarc) == (
        Decimal("1234.5"),
        Decimal(743),
        Decimal("1234.5"),
    )
    client.post(url("row_withdraw", patient, "labs", row.public_id), {"reason": "wrong tube"})
    assert CurrentScores.objects.get(patient=patient).tarc is None


@pytest.mark.parametrize("value", ["0", "-1", "500000.1", "1,234", "1e5", "4_50", "٣٤", "high", ""])
def test_wrong_tarc_is_refused(signed_in: SignIn, nurse: User, patient: Patient, value: str) -> None:
    on = {name.replace("assessed", "collected"): text for name, text in today(patient).items()}
    sent = on | {"value": value, "assay": "CLEIA", "submission": str(uuid4())}
    assert signed_in(nurse).post(url("lab_add", patient), sent).status_code == 422
    assert not LabResult.objects.exists()


# --- Words of the owners --------------------------------------------------------------------------------------------------


@pytest.fixture
def edition(clinic: Clinic) -> InstrumentEdition:
    """A POEM edition for patients, as a clinic with a licence loads it."""
    row = InstrumentEdition.objects.create(
        clinic=clinic,
        instrument="poem",
        name="Edition 7",
        language="en",
        respondent="self",
        licence="licence 1",
        credit="© the owner",
        published_at=NOW,
    )
    keys = ["introduction", *(f"question_{name.removeprefix('poem_')}" for name in POEM_COLUMNS)]
    for key in [*keys, *(f"answer_{n}" for n in range(5))]:
        row.texts.create(key=key, text=f"official {key}")
    return row


def test_licensed_words_are_shown_and_stored_with_the_answers(
    signed_in: SignIn, nurse: User, patient: Patient, edition: InstrumentEdition
) -> None:
    client = signed_in(nurse)
    page = client.get(url("assessment_add", patient, "poem")).content.decode()
    assert "official question_itch" in page
    assert "© the owner" in page
    sent = answered(patient, respondent="self", edition=str(edition.public_id))
    client.post(url("assessment_add", patient, "poem"), sent)
    assert (Assessment.objects.get().edition, Assessment.objects.get().language) == (edition, "en")


def test_words_for_somebody_else_are_refused(
    signed_in: SignIn, nurse: User, patient: Patient, edition: InstrumentEdition
) -> None:
    sent = answered(patient, respondent="proxy", edition=str(edition.public_id))
    answer = signed_in(nurse).post(url("assessment_add", patient, "poem"), sent)
    assert answer.status_code == 422
    assert "worded for somebody else" in answer.content.decode()


def test_another_clinics_words_are_not_found(
    signed_in: SignIn, nurse: User, patient: Patient, other_clinic: Clinic, edition: InstrumentEdition
) -> None:
    InstrumentEdition.objects.filter(pk=edition.pk).update(clinic=other_clinic)
    client = signed_in(nurse)
    assert client.get(f"{url('assessment_add', patient, 'poem')}?edition={edition.public_id}").status_code == 404
    assert "official" not in client.get(url("assessment_add", patient, "poem")).content.decode()


# --- Lists, summary, settings ---------------------------------------------------------------------------------------------


def test_list_shows_scores_with_their_age_to_clinicians_only(
    signed_in: SignIn, clinician: User, clinic_admin: User, patient: Patient
) -> None:
    on = patient.clinic.today(timezone.now())
    make_assessment(patient, on=on - timedelta(days=85), at=timezone.now())
    make_assessment(patient, "poem", on=on - timedelta(days=84), at=timezone.now())
    row = text_of(signed_in(clinician).get(reverse("patient_list")).content.decode())
    assert "12.7 moderate 12 weeks ago, out of date" in row
    assert re.search(r" 8 moderate 12 weeks ago (?!, out)", row)
    office = text_of(signed_in(clinic_admin).get(reverse("patient_list")).content.decode())
    assert "EASI" not in office
    assert "12.7" not in office


def test_summary_shows_latest_scores_and_drafts(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    on = patient.clinic.today(timezone.now())
    make_assessment(patient, on=on - timedelta(days=13), at=timezone.now())
    make_assessment(patient, "itch", sign=False)
    make_lab(patient)
    page = text_of(signed_in(clinician).get(url("patient_page", patient)).content.decode())
    assert "13 days ago" in page
    assert "Worst itch, 24 h: a draft, not signed" in page
    assert "5000 pg/mL" in page.replace("\xa0", " ")


def test_pages_leave_a_row_and_ask_a_literal_number_of_queries(
    signed_in: SignIn, clinician: User, patient: Patient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row = make_assessment(patient)
    client = signed_in(clinician)
    client.get(url("patient_page", patient))
    with django_assert_num_queries(13):
        client.get(url("assessment_page", patient, row.public_id))
    with django_assert_num_queries(13):
        client.get(url("assessment_add", patient, "easi"))
    assert list(AuditEvent.objects.filter(kind="R").order_by("-id").values_list("verb", flat=True)[:2]) == [
        "score form opened",
        "score opened",
    ]


def test_settings_of_the_scores(signed_in: SignIn, clinic_admin: User, clinic: Clinic) -> None:
    client = signed_in(clinic_admin)
    address = reverse("score_settings")
    assert client.post(address, {"out_of_date_days": "6", "version": "1"}).status_code == 422
    assert client.post(address, {"out_of_date_days": "366", "version": "1"}).status_code == 422
    assert client.post(address, {"out_of_date_days": "7", "hides_half_points": "on", "version": "1"}).status_code == 302
    stored = ScoreSettings.objects.get(clinic=clinic)
    assert (stored.out_of_date_days, stored.hides_half_points, stored.version) == (7, True, 2)
    assert client.post(address, {"out_of_date_days": "365", "version": "1"}).status_code == 409
    assert AuditEvent.objects.filter(verb="score settings changed").count() == 1


def test_corrected_birth_date_lists_the_scores_and_asks(
    signed_in: SignIn, clinician: User, clinic: Clinic, patient: Patient
) -> None:
    make_assessment(patient)
    client = signed_in(clinician)
    sent = {
        "record_number": patient.record_number,
        "family_name": patient.family_name,
        "given_name": patient.given_name,
        "birth_date_day": "4",
        "birth_date_month": "5",
        "birth_date_year": "2015",
        "sex": patient.sex,
        "no_guardian_reason": "later",
        "version": "1",
    }
    asked = client.post(url("patient_edit", patient), sent)
    assert asked.status_code == 422
    assert re.search(r"EASI of 20-Nov-2026: 12.7 becomes 14.0", text_of(asked.content.decode()))
    patient.refresh_from_db()
    assert patient.birth_date.year == 2019
    client.post(url("patient_edit", patient), sent | {"affected_scores": "keep"})
    patient.refresh_from_db()
    assert patient.birth_date.year == 2015
    assert Assessment.objects.get(state="signed").total == Decimal("12.7")


def test_office_cannot_move_a_birth_date_that_scores_rest_on(
    signed_in: SignIn, clinic_admin: User, clinic: Clinic, patient: Patient
) -> None:
    make_assessment(patient)
    by = actor_for(clinic_admin, clinic)
    with pytest.raises(ValidationError, match="Ask a dermatologist or a nurse"):
        actions.update_patient(by, patient, {"birth_date": patient.birth_date.replace(year=2015)}, version=1, at=NOW)
