"""The API's rows about a patient: allergies, measurements, precautions, guardians, addresses, consents."""

from __future__ import annotations

from typing import Any

import pytest

from clinics.models import AuditEvent, Clinic, User
from patients import actions
from patients.models import Allergy, GuardianLink, Patient, Precaution
from tests.api import Api
from tests.factories import NOW, actor_for, make_patient

pytestmark = pytest.mark.django_db

# What is posted, and what of it comes back changed or added.
ROWS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "allergies": ({"kind": "substance", "code": "latex", "reaction": "wheals"}, {"text": ""}),
    "measurements": ({"kind": "weight", "value": "12.5", "measured_on": "2026-11-01"}, {"value": "12.50"}),
    "precautions": (
        {"kind": "skin_infection", "state": "present", "site": "hands", "side": "left", "from_on": "2026-11-01"},
        {"until_on": None, "text": "", "replaces": None},
    ),
    "guardians": (
        {"name": "Jo Sample", "relation": "father", "scope": "read", "evidence": "passport", "from_on": "2026-11-01"},
        {"until_on": None, "has_account": False},
    ),
    "contact-points": (
        {"kind": "email", "address": "Jo@Example.org"},
        {"address": "jo@example.org", "guardian": None, "is_preferred": False, "verified_at": None, "failed_at": None},
    ),
    "consents": ({"purpose": "reminders", "channel": "email", "given_on": "2026-11-01", "given_by": "Jo"}, {}),
}
CLINICAL = ("allergies", "measurements", "precautions")
VERBS = {
    "allergies": ("allergies opened", "allergy recorded", "allergy withdrawn"),
    "measurements": ("measurements opened", "measurement recorded", "measurement withdrawn"),
    "precautions": ("precautions opened", "precaution recorded", "precaution withdrawn"),
    "guardians": ("guardians opened", "guardian access granted", "guardian link withdrawn"),
    "contact-points": ("contacts opened", "contact added", "contact point withdrawn"),
    "consents": ("consents opened", "consent recorded", "consent withdrawn"),
}
nouns = pytest.mark.parametrize("noun", ROWS)


def where(patient: Patient, noun: str) -> str:
    """The address of the rows."""
    return f"patients/{patient.public_id}/{noun}/"


def fields_of(response: Any) -> list[str]:
    """The fields a 400 names."""
    assert response.status_code == 400, response.content
    return [error["field"] for error in response.json()["errors"]]


@nouns
def test_record_list_and_withdraw(noun: str, nurse: User, patient: Patient) -> None:
    api, (sent, added) = Api(nurse), ROWS[noun]
    before = AuditEvent.objects.count()
    made = api.post(where(patient, noun), sent)
    assert made.status_code == 201, made.content
    own = {"id", "recorded_at", "recorded_by", "withdrawn_at", "withdrawn_reason"}
    row = made.json()
    assert {name: row[name] for name in row if name not in own} == sent | added
    assert (row["recorded_by"], row["withdrawn_at"]) == ("Nico Nurse", None)

    assert api.get(where(patient, noun)).json() == {"results": [row], "next": None}

    address = f"{where(patient, noun)}{row['id']}/withdraw/"
    assert fields_of(api.post(address, {"reason": " "})) == ["reason"]
    gone = api.post(address, {"reason": "wrong patient"})
    assert (gone.status_code, gone.json()["withdrawn_reason"]) == (200, "wrong patient")
    assert gone.json()["withdrawn_at"] is not None
    assert api.post(address, {"reason": "again"}).json() == gone.json()
    assert api.get(where(patient, noun)).json()["results"] == []
    assert api.get(where(patient, noun) + "?with_withdrawn=true").json()["results"] == [gone.json()]

    opened, recorded, withdrawn = VERBS[noun]
    rows = AuditEvent.objects.order_by("id").values_list("verb", "channel", "patient")[before:]
    expected = [recorded, opened, withdrawn, opened, opened, opened]  # taken back already: the second call only shows it
    assert list(rows) == [(verb, "api", patient.public_id) for verb in expected]


@nouns
def test_pages_of_rows_cost_the_same_for_one_and_three(
    noun: str, nurse: User, clinic: Clinic, patient: Patient, django_assert_num_queries: Any
) -> None:
    api, by = Api(nurse), actor_for(nurse, clinic)
    different: dict[str, list[dict[str, Any]]] = {
        "allergies": [{"code": code} for code in ("latex", "nickel", "parabens")],
        "measurements": [{"measured_on": f"2026-11-0{day}"} for day in (1, 2, 3)],
        "precautions": [{"site": site, "side": ""} for site in ("face", "hands", "trunk")],
        "guardians": [{"name": name} for name in ("Jo", "Bo", "Mo")],
        "contact-points": [{"address": f"{name}@example.org"} for name in ("jo", "bo", "mo")],
        "consents": [{"channel": channel} for channel in ("email", "sms", "push")],
    }
    bodies = [ROWS[noun][0] | more for more in different[noun]]
    if noun == "contact-points":
        guardian = actions.grant_guardian(by, patient, {**ROWS["guardians"][0], "from_on": NOW.date()}, at=NOW)
        bodies = [body | {"guardian": str(guardian.public_id)} for body in bodies]
    assert api.post(where(patient, noun), bodies[0]).status_code == 201
    with django_assert_num_queries(13):
        assert len(api.get(where(patient, noun)).json()["results"]) == 1
    for body in bodies[1:]:
        assert api.post(where(patient, noun), body).status_code == 201
    with django_assert_num_queries(13):
        everything = api.get(where(patient, noun)).json()["results"]
    assert len(everything) == 3
    first = api.get(where(patient, noun) + "?limit=2").json()
    second = api.get(first["next"].removeprefix("http://testserver")).json()
    assert first["results"] + second["results"] == everything
    assert second["next"] is None


@nouns
def test_a_clinic_administrator_reaches_people_and_no_clinical_fact(
    noun: str, clinic_admin: User, nurse: User, patient: Patient
) -> None:
    row = Api(nurse).post(where(patient, noun), ROWS[noun][0]).json()
    api = Api(clinic_admin)
    refused = noun in CLINICAL
    answers = [
        api.get(where(patient, noun)),
        api.post(f"{where(patient, noun)}{row['id']}/withdraw/", {"reason": "mistake"}),
        api.post(where(patient, noun), ROWS[noun][0]),
    ]
    assert [answer.status_code for answer in answers] == ([403] * 3 if refused else [200, 200, 201])
    if refused:
        assert api.post(f"patients/{patient.public_id}/allergies/none-known/").status_code == 403


@nouns
@pytest.mark.parametrize("who", ["outsider", "platform_admin", "portal_user", "guardian"])
def test_from_outside_there_is_no_such_patient(
    noun: str, who: str, nurse: User, patient: Patient, request: pytest.FixtureRequest
) -> None:
    row = Api(nurse).post(where(patient, noun), ROWS[noun][0]).json()
    api = Api(request.getfixturevalue(who))
    assert api.get(where(patient, noun)).status_code == 404
    assert api.post(where(patient, noun), ROWS[noun][0]).status_code == 404
    assert api.post(f"{where(patient, noun)}{row['id']}/withdraw/", {"reason": "mine"}).status_code == 404
    refusals = AuditEvent.objects.filter(verb="access refused", patient=patient.public_id)
    assert refusals.count() == 3


@nouns
def test_a_row_of_another_patient_is_not_found_here(
    noun: str, nurse: User, outsider: User, clinic: Clinic, patient: Patient, other_patient: Patient
) -> None:
    sibling = make_patient(clinic)
    theirs = Api(nurse).post(where(sibling, noun), ROWS[noun][0]).json()
    foreign = Api(outsider).post(where(other_patient, noun), ROWS[noun][0]).json()
    for row in (theirs, foreign):
        response = Api(nurse).post(f"{where(patient, noun)}{row['id']}/withdraw/", {"reason": "slip"})
        assert response.status_code == 404
    assert Api(nurse).get(where(sibling, noun)).json()["results"] == [theirs]
    assert Api(outsider).get(where(other_patient, noun)).json()["results"] == [foreign]


def test_no_known_allergies(nurse: User, patient: Patient) -> None:
    api = Api(nurse)
    asked = api.post(f"patients/{patient.public_id}/allergies/none-known/")
    assert (asked.status_code, asked.json()["allergies"]["state"]) == (200, "none_known")
    row = api.post(where(patient, "allergies"), ROWS["allergies"][0]).json()
    refused = api.post(f"patients/{patient.public_id}/allergies/none-known/")
    assert fields_of(refused) == [""]
    assert "Withdraw it first" in refused.json()["errors"][0]["message"]
    api.post(f"{where(patient, 'allergies')}{row['id']}/withdraw/", {"reason": "mistake"})
    assert api.get(f"patients/{patient.public_id}/").json()["allergies"]["state"] == "not_asked"


@pytest.mark.parametrize(
    ("noun", "change", "field"),
    [
        ("allergies", {"code": "snow"}, "code"),
        ("allergies", {"kind": "class"}, "code"),
        ("allergies", {"code": "other"}, "text"),
        ("measurements", {"value": "0.2"}, "value"),
        ("measurements", {"value": "400.01"}, "value"),
        ("measurements", {"value": "1e400"}, "value"),
        ("measurements", {"value": "NaN"}, "value"),
        ("measurements", {"value": "12.345"}, "value"),
        ("measurements", {"measured_on": "2999-01-01"}, "measured_on"),
        ("measurements", {"measured_on": "2001-01-01"}, "measured_on"),
        ("precautions", {"site": ""}, "site"),
        ("precautions", {"site": "face"}, "side"),
        ("precautions", {"site": "tail"}, "site"),
        ("precautions", {"until_on": "2026-10-01"}, "until_on"),
        ("precautions", {"kind": "epilepsy"}, "site"),
        ("guardians", {"until_on": "2026-10-01"}, "until_on"),
        ("guardians", {"scope": "everything"}, "scope"),
        ("contact-points", {"address": "nobody"}, "address"),
        ("contact-points", {"kind": "mobile"}, "address"),
        ("consents", {"given_on": "2999-01-01"}, "given_on"),
        ("consents", {"purpose": "sale"}, "purpose"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    noun: str, change: dict[str, str], field: str, nurse: User, patient: Patient
) -> None:
    assert fields_of(Api(nurse).post(where(patient, noun), ROWS[noun][0] | change)) == [field]


def test_a_precaution_that_is_a_state_replaces_the_one_before(nurse: User, patient: Patient) -> None:
    api = Api(nurse)
    first = api.post(where(patient, "precautions"), {"kind": "pregnancy", "state": "absent"}).json()
    second = api.post(where(patient, "precautions"), {"kind": "pregnancy", "state": "present"}).json()
    assert second["replaces"] == first["id"]
    assert api.get(where(patient, "precautions")).json()["results"] == [second]


def test_a_precaution_replaces_only_one_of_the_same_patient(
    nurse: User, outsider: User, clinic: Clinic, patient: Patient, other_patient: Patient
) -> None:
    api, body = Api(nurse), ROWS["precautions"][0]
    mine = api.post(where(patient, "precautions"), body).json()
    sibling = api.post(where(make_patient(clinic), "precautions"), body).json()
    foreign = Api(outsider).post(where(other_patient, "precautions"), body).json()
    unknown = "6f1b7b1e-5f5c-4d8b-9a37-000000000000"
    refused = [
        api.post(where(patient, "precautions"), {**body, "replaces": one})
        for one in (sibling["id"], foreign["id"], unknown)
    ]
    assert [fields_of(answer) for answer in refused] == [["replaces"]] * 3
    assert len({answer.json()["errors"][0]["message"] for answer in refused}) == 1
    healed = api.post(where(patient, "precautions"), {**body, "state": "absent", "replaces": mine["id"]})
    assert (healed.status_code, healed.json()["replaces"]) == (201, mine["id"])
    assert Precaution.objects.live().count() == 3


def test_an_address_belongs_to_a_guardian_of_the_same_patient(
    nurse: User, clinic: Clinic, patient: Patient, other_patient: Patient, guardian: User
) -> None:
    api, body = Api(nurse), ROWS["contact-points"][0]
    mother = GuardianLink.objects.get(user=guardian)
    made = api.post(where(patient, "contact-points"), {**body, "guardian": str(mother.public_id)})
    assert (made.status_code, made.json()["guardian"]) == (201, str(mother.public_id))
    elsewhere = api.post(where(make_patient(clinic), "contact-points"), {**body, "guardian": str(mother.public_id)})
    assert fields_of(elsewhere) == ["guardian"]


def test_the_account_of_a_guardian_is_never_set_here(nurse: User, outsider: User, patient: Patient) -> None:
    body = ROWS["guardians"][0]
    for name, value in (("user", str(outsider.public_id)), ("user_id", outsider.pk), ("evidence_checked_by", 1)):
        assert fields_of(Api(nurse).post(where(patient, "guardians"), {**body, name: value})) == [name]
    assert not GuardianLink.objects.filter(patient=patient).exists()


def test_ids_in_the_body_change_nobody_elses_row(
    nurse: User, outsider: User, patient: Patient, other_patient: Patient
) -> None:
    victim = actions.record_allergy(
        actor_for(outsider, other_patient.clinic), other_patient, kind="substance", code="nickel", at=NOW
    )
    was = Allergy.objects.filter(pk=victim.pk).values().get()
    for name, value in (
        ("id", str(victim.public_id)),
        ("pk", victim.pk),
        ("patient", str(other_patient.public_id)),
        ("patient_id", other_patient.pk),
        ("clinic", str(other_patient.clinic.public_id)),
        ("recorded_by", str(outsider.public_id)),
        ("withdrawn_at", "2026-01-01T00:00:00Z"),
    ):
        assert fields_of(Api(nurse).post(where(patient, "allergies"), ROWS["allergies"][0] | {name: value})) == [name]
    assert Allergy.objects.filter(pk=victim.pk).values().get() == was
    assert Allergy.objects.count() == 1
