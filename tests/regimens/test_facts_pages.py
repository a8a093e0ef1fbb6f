"""Facts recorded on the patient's pages and through the API: every line in use is checked again in the same transaction."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from clinics.access import Actor, system_actor
from clinics.models import AuditEvent, Clinic, User
from patients import actions as patients
from patients.models import Allergy, Patient, Precaution
from patients.sites import Side
from regimens import actions
from regimens.models import LastCheck, PastTreatment, RegimenLine, WorkItem, WorkOutcome, WorkReason
from regimens.protocol.facts import Place
from tests.api import Api
from tests.factories import actor_for, make_line, make_patient

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
INFECTION = {"kind": "skin_infection", "state": "present", "site": "face"}


def tacrolimus(patient: Patient, *sites: str, key: str = "tacrolimus-0.1") -> RegimenLine:
    """A line that needs no answer: twice daily from today, looked at in six weeks."""
    at = timezone.now()
    places = tuple(Place(code, Side(side)) for code, _colon, side in (site.partition(":") for site in sites))
    return make_line(patient, key=key, places=places, review_on=patient.clinic.today(at) + timedelta(days=42), at=at)


@pytest.fixture
def adult(clinic: Clinic, clinician: User) -> Patient:
    return make_patient(clinic, birth_date=date(1980, 5, 4), family_name="Grown", given_name="Ada")


@pytest.fixture
def face(adult: Patient) -> RegimenLine:
    return tacrolimus(adult, "face")


@pytest.fixture
def trunk(adult: Patient, face: RegimenLine) -> RegimenLine:
    return tacrolimus(adult, "trunk")


def subjects() -> list[str]:
    """What every open item is about: the line and the rule."""
    return [":".join(item.subject.split(":")[:2]) for item in WorkItem.objects.live()]


def messages(page: str) -> list[str]:
    return re.findall(r'<p class="message message-(?:success|warning)">(.*?)</p>', page)


def test_an_infection_on_the_face_raises_one_item_for_the_face_line_and_none_for_the_trunk(
    signed_in: SignIn, nurse: User, adult: Patient, face: RegimenLine, trunk: RegimenLine
) -> None:
    assert subjects() == []
    client, url = signed_in(nurse), reverse("precaution_add", args=[adult.public_id])
    answer = client.post(url, INFECTION)
    assert answer.status_code == 302
    assert subjects() == [f"{face.public_id}:infection-tci"]
    item = WorkItem.objects.get()
    assert (item.clinic, item.patient, item.reason) == (adult.clinic, adult, WorkReason.FINDING)
    saved, look = messages(client.get(answer["Location"]).content.decode())
    assert saved.startswith("Precaution recorded – ")
    assert look.startswith("1 line needs a look: Tacrolimus 0.1")
    assert f'<a href="{reverse("work_list")}">' in look
    # A second weight changes nothing of it, and says nothing.
    weight = {"kind": "weight", "value": "70", "measured_on_day": "1", "measured_on_month": "5", "measured_on_year": "2020"}
    answer = client.post(reverse("measurement_add", args=[adult.public_id]), weight)
    assert len(messages(client.get(answer["Location"]).content.decode())) == 1
    assert subjects() == [f"{face.public_id}:infection-tci"]


def test_an_infection_recorded_through_the_api_raises_the_same_item(
    nurse: User, adult: Patient, face: RegimenLine, trunk: RegimenLine
) -> None:
    answer = Api(nurse).post(f"patients/{adult.public_id}/precautions/", INFECTION)
    assert answer.status_code == 201, answer.content
    assert subjects() == [f"{face.public_id}:infection-tci"]
    row = answer.json()["id"]
    taken_back = Api(nurse).post(f"patients/{adult.public_id}/precautions/{row}/withdraw/", {"reason": "wrong patient"})
    assert taken_back.status_code == 200
    assert subjects() == []
    assert WorkItem.objects.get().outcome == WorkOutcome.GONE


def test_a_fact_taken_back_closes_its_item_and_recorded_again_raises_a_new_one(
    signed_in: SignIn, nurse: User, adult: Patient, face: RegimenLine
) -> None:
    client, url = signed_in(nurse), reverse("precaution_add", args=[adult.public_id])
    for again in (1, 2):
        client.post(url, INFECTION)
        row = Precaution.objects.live().get()
        assert subjects() == [f"{face.public_id}:infection-tci"]
        withdraw = reverse("row_withdraw", args=[adult.public_id, "precautions", row.public_id])
        assert client.post(withdraw, {"reason": "healed"}).status_code == 302
        assert subjects() == []
        assert WorkItem.objects.count() == again


def test_an_allergy_names_every_line_of_the_substance(
    signed_in: SignIn, nurse: User, adult: Patient, face: RegimenLine, trunk: RegimenLine
) -> None:
    client = signed_in(nurse)
    answer = client.post(reverse("allergy_add", args=[adult.public_id]), {"code": "substance:tacrolimus"})
    assert answer.status_code == 302
    lines = {subject.partition(":")[0] for subject in subjects()}
    assert lines == {str(face.public_id), str(trunk.public_id)}
    _saved, look = messages(client.get(answer["Location"]).content.decode())
    assert look.startswith("2 lines need a look: ")
    assert Allergy.objects.get().recorded_by == nurse


def test_no_known_allergies_are_asked_about_too(signed_in: SignIn, nurse: User, adult: Patient, face: RegimenLine) -> None:
    client = signed_in(nurse)
    client.post(reverse("allergy_add", args=[adult.public_id]), {"code": "substance:tacrolimus"})
    allergy = Allergy.objects.get()
    assert len(subjects()) == 1
    client.post(reverse("row_withdraw", args=[adult.public_id, "allergies", allergy.public_id]), {"reason": "misheard"})
    assert subjects() == []
    assert client.post(reverse("allergies_none_known", args=[adult.public_id])).status_code == 302
    assert subjects() == []


def details(patient: Patient, year: int) -> dict[str, str]:
    return {
        "family_name": patient.family_name,
        "given_name": patient.given_name,
        "birth_date_day": "4",
        "birth_date_month": "5",
        "birth_date_year": str(year),
        "sex": patient.sex,
        "record_number": patient.record_number,
        "no_guardian_reason": "later",
        "version": "1",
    }


def test_a_corrected_birth_date_checks_again(signed_in: SignIn, nurse: User, adult: Patient, face: RegimenLine) -> None:
    """Tacrolimus 0.1 % is labelled from 16 years on; born in 2019 the patient is 7."""
    client = signed_in(nurse)
    answer = client.post(reverse("patient_edit", args=[adult.public_id]), details(adult, 2019))
    assert answer.status_code == 302
    assert f"{face.public_id}:tacrolimus-0.1-age" in subjects()
    _saved, look = messages(client.get(answer["Location"]).content.decode())
    assert look.startswith("1 line needs a look: ")


def test_a_clinic_administrator_corrects_it_and_reads_nothing_of_what_follows(
    signed_in: SignIn, clinic_admin: User, adult: Patient, face: RegimenLine
) -> None:
    client = signed_in(clinic_admin)
    answer = client.post(reverse("patient_edit", args=[adult.public_id]), details(adult, 2019))
    page = client.get(answer["Location"]).content.decode()
    assert subjects() != []
    assert len(messages(page)) == 1
    assert "tacrolimus" not in page.lower()
    assert reverse("work_list") not in page


def test_a_birth_date_corrected_through_the_api_checks_again(nurse: User, adult: Patient, face: RegimenLine) -> None:
    body = {"birth_date": "2019-05-04", "no_guardian_reason": "later"}
    answer = Api(nurse).patch(f"patients/{adult.public_id}/", body, If_Match='"1"')
    assert answer.status_code == 200, answer.content
    assert f"{face.public_id}:tacrolimus-0.1-age" in subjects()


def test_another_correction_asks_no_rule(signed_in: SignIn, nurse: User, adult: Patient, face: RegimenLine) -> None:
    actions.record_precaution(actor_for(nurse, adult.clinic), adult, INFECTION, at=timezone.now())
    WorkItem.objects.update(subject="as if it were not found any more")
    client = signed_in(nurse)
    client.post(reverse("patient_edit", args=[adult.public_id]), details(adult, 1980) | {"given_name": "Eda"})
    assert Patient.objects.get(pk=adult.pk).given_name == "Eda"
    assert subjects() == ["as if it were not found any more"]


def test_fact_and_item_are_saved_together_or_not_at_all(
    signed_in: SignIn, nurse: User, adult: Patient, face: RegimenLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a rule failed")

    monkeypatch.setattr("regimens.actions.facts.check_again", fails)
    client = signed_in(nurse)
    client.raise_request_exception = False
    before = AuditEvent.objects.filter(verb="precaution recorded").count()
    assert client.post(reverse("precaution_add", args=[adult.public_id]), INFECTION).status_code == 500
    assert not Precaution.objects.exists()
    assert AuditEvent.objects.filter(verb="precaution recorded").count() == before


def test_a_treatment_before_is_taken_back_to_its_page(signed_in: SignIn, nurse: User, adult: Patient, by: Actor) -> None:
    values = {"family": "tcs", "response": "partial", "why_stopped": "no_effect", "sites": "", "text": ""}
    row = actions.record_past_treatment(by, adult, values, at=timezone.now())
    url = reverse("row_withdraw", args=[adult.public_id, "past-treatments", row.public_id])
    client = signed_in(nurse)
    history = reverse("regimen_history", args=[adult.public_id])
    assert f'href="{history}"' in client.get(url).content.decode()
    assert client.post(url, {"reason": ""}).status_code == 422
    answer = client.post(url, {"reason": "another patient's"})
    assert (answer.status_code, answer["Location"]) == (302, history)
    row = PastTreatment.objects.get()
    assert (row.withdrawn_by, row.withdrawn_reason) == (nurse, "another patient's")


def test_addresses_of_withdrawals_do_not_hide_those_of_others(adult: Patient) -> None:
    """Whichever app stands first in adtrack/urls.py."""
    base = f"/patients/{adult.public_id}"
    wanted = {"assessments": "assessment_withdraw", "allergies": "row_withdraw", "past-treatments": "row_withdraw"}
    for what, name in wanted.items():
        assert resolve(f"{base}/{what}/{adult.public_id}/withdraw/").url_name == name


def test_a_record_that_is_opened_again_is_checked_at_once(
    signed_in: SignIn, nurse: User, adult: Patient, face: RegimenLine
) -> None:
    """Closed, an infection recorded, and opened again on one day on which the sweep was there before."""
    by, at = actor_for(nurse, adult.clinic), timezone.now()
    actions.sweep(system_actor("task"), at=at)
    patients.close_patient(by, adult, reason="moved", version=adult.version, at=at)
    actions.record_precaution(by, adult, {"kind": "skin_infection", "state": "present", "site": "face"}, at=at)
    assert not WorkItem.objects.exists()
    answer = signed_in(nurse).post(reverse("patient_reopen", args=[adult.public_id]), follow=True)
    assert "Record opened again" in answer.content.decode()
    item = WorkItem.objects.live().get()
    assert item.subject.startswith(f"{face.public_id}:infection-tci:")
    assert item.closed_at is None


def test_a_chosen_rule_makes_every_line_of_the_clinic_due(clinic: Clinic, adult: Patient, face: RegimenLine) -> None:
    lead = adult.clinic.memberships.get(role="dermatologist")
    lead.is_medical_lead = True
    lead.save()
    at = timezone.now()
    LastCheck.objects.create(patient=adult, checked_on=clinic.today(at))
    by = actor_for(User.objects.get(pk=lead.user_id), clinic)
    actions.choose_rule(by, clinic, "infection-tci", level=1, params={}, source="own", reason="treated first", at=at)
    assert not LastCheck.objects.exists()
