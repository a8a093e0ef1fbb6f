"""The API's patients: list, search, register, read, correct, close, reopen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db.models.signals import pre_save

from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions
from patients.models import Patient
from tests.api import Api
from tests.factories import NOW, actor_for, make_member, make_patient

pytestmark = pytest.mark.django_db

NEW = {
    "record_number": "N-1",
    "family_name": "Sample",
    "given_name": "Alex",
    "birth_date": "2015-02-03",
    "sex": "unknown",
    "no_guardian_reason": "later",
}
RECORD = {
    "id", "clinic", "record_number", "family_name", "given_name", "preferred_name", "birth_date", "sex", "language",
    "needs_interpreter", "zone", "no_guardian_reason", "deceased_on", "closed_at", "close_reason", "registered_at",
    "version",
}  # fmt: skip


def last_audit() -> tuple[str, str, str]:
    """Verb, outcome and channel of the latest audit row."""
    row = AuditEvent.objects.latest("id")
    return row.verb, row.outcome, row.channel


def errors_of(response: Any) -> list[str]:
    """The fields a 400 names."""
    assert response.status_code == 400, response.content
    return [error["field"] for error in response.json()["errors"]]


# --- List -------------------------------------------------------------------------------------------------------------


def test_list_shows_the_own_clinic_in_name_order_and_leaves_one_audit_row(
    nurse: User, clinic: Clinic, patient: Patient, other_patient: Patient
) -> None:
    make_patient(clinic, family_name="Adams", given_name="Bo", record_number="H-1000")
    before = AuditEvent.objects.count()
    response = Api(nurse).get("patients/")
    assert response.status_code == 200
    assert [row["record_number"] for row in response.json()["results"]] == ["H-1000", "H-1001"]
    assert set(response.json()["results"][0]) == {
        "id", "record_number", "family_name", "given_name", "preferred_name", "birth_date", "sex", "deceased_on",
        "closed_at", "is_alike",
    }  # fmt: skip
    assert AuditEvent.objects.count() - before == 2  # the token that was issued, and the list
    assert last_audit() == ("patients listed", "done", "api")


def test_list_costs_the_same_for_one_and_three_rows(
    nurse: User, clinic: Clinic, patient: Patient, django_assert_num_queries: Any
) -> None:
    api = Api(nurse)
    api.get("patients/")  # notes the token's use and makes its counter
    with django_assert_num_queries(LIST_QUERIES):
        assert len(api.get("patients/").json()["results"]) == 1
    make_patient(clinic)
    make_patient(clinic)
    with django_assert_num_queries(LIST_QUERIES):
        assert len(api.get("patients/").json()["results"]) == 3


LIST_QUERIES = 13


def test_list_pages_forth_and_back_without_a_name_in_the_address(nurse: User, clinic: Clinic) -> None:
    for name in ("Ash", "Beech", "Cedar", "Elm", "Fir"):
        make_patient(clinic, family_name=name)
    api = Api(nurse)

    def names(page: Any) -> list[str]:
        return [row["family_name"] for row in page["results"]]

    first = api.get("patients/?limit=2").json()
    assert (names(first), first["previous"]) == (["Ash", "Beech"], None)
    second = api.get(first["next"].removeprefix("http://testserver")).json()
    assert names(second) == ["Cedar", "Elm"]
    third = api.get(second["next"].removeprefix("http://testserver")).json()
    assert (names(third), third["next"]) == (["Fir"], None)
    back = api.get(third["previous"].removeprefix("http://testserver")).json()
    assert names(back) == ["Cedar", "Elm"]
    assert "Beech" not in first["next"]
    assert str(clinic.public_id) in first["next"]


def test_list_of_a_named_clinic_and_of_one_that_is_not_yours(
    nurse: User, clinic: Clinic, other_clinic: Clinic, other_patient: Patient
) -> None:
    make_member(other_clinic, Role.NURSE, user=nurse)
    mine = Api(nurse).get(f"patients/?clinic={other_clinic.public_id}")
    assert [row["id"] for row in mine.json()["results"]] == [str(other_patient.public_id)]
    colleague = make_member(clinic, Role.NURSE)
    foreign = Api(colleague).get(f"patients/?clinic={other_clinic.public_id}")
    missing = Api(colleague).get("patients/?clinic=6f1b7b1e-5f5c-4d8b-9a37-000000000000")
    assert errors_of(foreign) == errors_of(missing) == ["clinic"]
    assert foreign.json()["errors"] == missing.json()["errors"]


def test_list_leaves_closed_records_out_unless_asked(nurse: User, clinic: Clinic, patient: Patient) -> None:
    actions.close_patient(actor_for(nurse, clinic), patient, reason="moved", version=1, at=NOW)
    api = Api(nurse)
    assert api.get("patients/").json()["results"] == []
    assert [row["id"] for row in api.get("patients/?with_closed=true").json()["results"]] == [str(patient.public_id)]


@pytest.mark.parametrize("who", ["platform_admin", "portal_user", "guardian"])
@pytest.mark.parametrize(("method", "path"), [("get", "patients/"), ("post", "patients/"), ("post", "patients/search/")])
def test_without_a_clinic_there_is_no_list(
    who: str, method: str, path: str, patient: Patient, request: pytest.FixtureRequest
) -> None:
    api = Api(request.getfixturevalue(who))
    assert getattr(api, method)(path).status_code == 403
    assert last_audit() == ("access refused", "refused", "api")


@pytest.mark.parametrize("who", ["platform_admin", "portal_user", "guardian", "outsider"])
def test_from_outside_a_record_is_as_if_it_did_not_exist(
    who: str, patient: Patient, request: pytest.FixtureRequest
) -> None:
    api = Api(request.getfixturevalue(who))
    foreign = api.get(f"patients/{patient.public_id}/")
    assert last_audit() == ("access refused", "refused", "api")
    missing = api.get("patients/6f1b7b1e-5f5c-4d8b-9a37-000000000000/")
    assert foreign.status_code == missing.status_code == 404
    assert {**foreign.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
    kept = {"Content-Type", "Allow", "Cache-Control"}
    assert {name: foreign[name] for name in kept} == {name: missing[name] for name in kept}


# --- Search -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"text": "mue"}, ["A", "B"]),
        ({"text": "Müller, A"}, ["A"]),
        ({"text": "Anna Müller"}, ["A"]),
        ({"text": "C"}, ["C"]),
        ({"born_on": "2011-01-01"}, ["A", "C"]),
        ({"text": "müller", "born_on": "2011-01-01"}, ["A"]),
        ({"text": "nobody"}, []),
        ({}, ["A", "B", "C"]),
    ],
)
def test_search(nurse: User, clinic: Clinic, other_patient: Patient, asked: dict[str, str], found: list[str]) -> None:
    make_patient(clinic, record_number="A", family_name="Müller", given_name="Anna", birth_date=date(2011, 1, 1))
    make_patient(clinic, record_number="B", family_name="Mueller", given_name="Bea", birth_date=date(2012, 2, 2))
    make_patient(clinic, record_number="C", family_name="Zorn", given_name="Zoe", birth_date=date(2011, 1, 1))
    response = Api(nurse).post("patients/search/", asked)
    assert response.status_code == 200
    assert sorted(row["record_number"] for row in response.json()["results"]) == found
    assert last_audit() == ("patients searched", "done", "api")


def test_search_pages_by_sending_the_same_again(nurse: User, clinic: Clinic) -> None:
    for name in ("Oak", "Oakes", "Oakley"):
        make_patient(clinic, family_name=name)
    api = Api(nurse)
    first = api.post("patients/search/", {"text": "oak", "limit": 2}).json()
    assert [row["family_name"] for row in first["results"]] == ["Oak", "Oakes"]
    second = api.post("patients/search/", {"text": "oak", "limit": 2, "after": first["after"]}).json()
    assert [row["family_name"] for row in second["results"]] == ["Oakley"]
    assert second["after"] is None
    assert second["before"] == second["results"][0]["id"]
    both = {"after": first["after"], "before": first["after"]}
    assert errors_of(api.post("patients/search/", both)) == ["before"]


# --- Register ---------------------------------------------------------------------------------------------------------


def test_register(nurse: User, clinic: Clinic) -> None:
    api = Api(nurse)
    response = api.post("patients/", {**NEW, "clinic": str(clinic.public_id)})
    assert response.status_code == 201
    row = Patient.objects.get(record_number="N-1")
    assert (row.clinic, row.family_name, row.registered_by) == (clinic, "Sample", nurse)
    assert response.json()["id"] == str(row.public_id)
    assert (response["ETag"], response["Location"]) == ('"1"', f"/api/v1/patients/{row.public_id}/")
    assert last_audit() == ("patient registered", "done", "api")
    assert api.get(response["Location"]).json() == response.json()


def test_register_a_child_with_somebody_who_may_act(nurse: User, clinic: Clinic) -> None:
    api = Api(nurse)
    body = {**NEW, "clinic": str(clinic.public_id), "no_guardian_reason": ""}
    assert errors_of(api.post("patients/", body)) == ["no_guardian_reason"]
    assert errors_of(api.post("patients/", {**body, "birth_date": "1980-01-01", "guardian": []})) == ["guardian"]
    mother = {"name": "Jo", "relation": "mother", "scope": "manage", "evidence": "passport", "from_on": "2026-11-01"}
    for change, field in (
        ({"user": 1}, "guardian.user"),
        ({"scope": "all"}, "guardian.scope"),
        ({"until_on": "2026-10-01"}, "guardian.until_on"),
    ):
        assert errors_of(api.post("patients/", {**body, "guardian": mother | change})) == [field]
    assert not Patient.objects.exists()
    made = api.post("patients/", {**body, "guardian": mother})
    assert made.status_code == 201
    links = api.get(f"patients/{made.json()['id']}/guardians/").json()["results"]
    assert [(link["name"], link["scope"], link["has_account"]) for link in links] == [("Jo", "manage", False)]


def test_register_needs_a_clinic_of_yours(nurse: User, clinic: Clinic, other_clinic: Clinic) -> None:
    api = Api(nurse)
    foreign = api.post("patients/", {**NEW, "clinic": str(other_clinic.public_id)})
    missing = api.post("patients/", {**NEW, "clinic": "6f1b7b1e-5f5c-4d8b-9a37-000000000000"})
    assert errors_of(foreign) == errors_of(missing) == errors_of(api.post("patients/", NEW)) == ["clinic"]
    assert foreign.json()["errors"] == missing.json()["errors"]
    assert not Patient.objects.exists()


def test_register_asks_about_possible_duplicates(nurse: User, clinic: Clinic, other_clinic: Clinic) -> None:
    known = make_patient(clinic, family_name="Sampel", given_name="Alex", birth_date=date(2015, 2, 3))
    make_patient(other_clinic, family_name="Sample", given_name="Alex", birth_date=date(2015, 2, 3))
    api = Api(nurse)
    body = {**NEW, "clinic": str(clinic.public_id)}
    response = api.post("patients/", body)
    assert response.status_code == 409
    assert response.json()["possible_duplicates"] == [
        {"id": str(known.public_id), "record_number": known.record_number},
    ]
    assert not Patient.objects.filter(record_number="N-1").exists()
    assert api.post("patients/", {**body, "confirm_not_duplicate": True}).status_code == 201


def test_a_record_number_is_used_once_in_a_clinic(nurse: User, clinic: Clinic, patient: Patient) -> None:
    body = {**NEW, "clinic": str(clinic.public_id), "record_number": patient.record_number}
    assert errors_of(Api(nurse).post("patients/", body)) == ["record_number"]


def test_register_says_what_is_wrong_with_each_value(nurse: User, clinic: Clinic) -> None:
    body = {"clinic": str(clinic.public_id), "record_number": " ", "family_name": "x" * 121, "birth_date": "2015-02-30"}
    response = Api(nurse).post("patients/", body)
    assert sorted(errors_of(response)) == ["birth_date", "family_name", "given_name", "record_number", "sex"]
    late = {**NEW, "clinic": str(clinic.public_id), "birth_date": "2999-01-01", "zone": "Mars/Base"}
    assert errors_of(Api(nurse).post("patients/", late)) == ["birth_date"]
    assert errors_of(Api(nurse).post("patients/", {**late, "birth_date": "2015-01-01"})) == ["zone"]


# --- Read -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["clinician", "nurse"])
def test_clinical_staff_read_a_record_with_its_allergies(
    who: str, patient: Patient, clinic: Clinic, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    api = Api(user)
    address = f"patients/{patient.public_id}/"
    response = api.get(address)
    assert set(response.json()) == RECORD | {"allergies"}
    assert response.json()["allergies"] == {"state": "not_asked", "none_known_on": None, "recorded": []}
    assert response["ETag"] == '"1"'
    assert last_audit() == ("patient opened", "done", "api")
    by = actor_for(user, clinic)
    actions.record_no_known_allergies(by, patient, at=NOW)
    assert api.get(address).json()["allergies"]["state"] == "none_known"
    actions.record_allergy(by, patient, kind="substance", code="latex", at=NOW)
    state = api.get(address).json()["allergies"]
    assert (state["state"], [row["code"] for row in state["recorded"]]) == ("recorded", ["latex"])


def test_a_clinic_administrator_sees_no_clinical_field(
    clinic_admin: User, clinician: User, clinic: Clinic, patient: Patient
) -> None:
    actions.record_allergy(actor_for(clinician, clinic), patient, kind="substance", code="latex", at=NOW)
    api = Api(clinic_admin)
    address = f"patients/{patient.public_id}/"
    read = api.get(address)
    assert set(read.json()) == RECORD
    saved = api.patch(address, {"preferred_name": "Mimi"}, If_Match='"1"')
    assert (saved.status_code, set(saved.json())) == (200, RECORD)
    stale = api.patch(address, {"preferred_name": "Mia"}, If_Match='"1"')
    assert (stale.status_code, set(stale.json()["current"])) == (412, RECORD)
    assert b"latex" not in read.content + saved.content + stale.content


# --- Correct ----------------------------------------------------------------------------------------------------------


def test_patch_changes_what_is_sent(nurse: User, patient: Patient) -> None:
    response = Api(nurse).patch(f"patients/{patient.public_id}/", {"preferred_name": "Mimi"}, If_Match='"1"')
    assert (response.status_code, response["ETag"]) == (200, '"2"')
    patient.refresh_from_db()
    assert (patient.preferred_name, patient.family_name, patient.version) == ("Mimi", "Example", 2)
    assert last_audit() == ("patient changed", "done", "api")


def test_put_sets_what_is_left_out_to_its_default(nurse: User, clinic: Clinic) -> None:
    patient = make_patient(clinic, preferred_name="Bo", language="de", needs_interpreter=True, zone="Europe/Paris")
    response = Api(nurse).put(f"patients/{patient.public_id}/", NEW, If_Match='"1"')
    assert response.status_code == 200
    patient.refresh_from_db()
    assert (patient.record_number, patient.preferred_name, patient.language) == ("N-1", "", "")
    assert (patient.needs_interpreter, patient.zone) == (False, "")


def test_a_save_needs_the_version_that_was_read(nurse: User, patient: Patient) -> None:
    api = Api(nurse)
    address = f"patients/{patient.public_id}/"
    for sent in ({}, {"If_Match": "*"}):
        assert api.patch(address, {"given_name": "Mina"}, **sent).status_code == 428
    assert api.patch(address, {"given_name": "Mina"}, If_Match='W/"1"').status_code == 200
    for tag in ('"1"', '"99999999999999999999"', "1", '"1", "2"', '"²"'):
        stale = api.patch(address, {"given_name": "Nina"}, If_Match=tag)
        assert (stale.status_code, stale.json()["current"]["given_name"]) == (412, "Mina")
    patient.refresh_from_db()
    assert (patient.given_name, patient.version) == ("Mina", 2)


def test_close_and_reopen(nurse: User, patient: Patient) -> None:
    api = Api(nurse)
    address = f"patients/{patient.public_id}/"
    assert api.post(f"{address}close/", {"reason": "moved"}).status_code == 428
    assert errors_of(api.post(f"{address}close/", {"reason": "died"}, If_Match='"1"')) == ["deceased_on"]
    closed = api.post(f"{address}close/", {"reason": "died", "deceased_on": "2026-01-02"}, If_Match='"1"')
    assert (closed.status_code, closed["ETag"], closed.json()["close_reason"]) == (200, '"2"', "died")
    again = api.post(f"{address}close/", {"reason": "moved"}, If_Match='"2"')
    assert (again.status_code, again.json()["current"]["deceased_on"]) == (409, "2026-01-02")
    assert api.post(f"{address}reopen/", If_Match='"1"').status_code == 412
    opened = api.post(f"{address}reopen/", If_Match='"2"')
    assert (opened.status_code, opened.json()["closed_at"], opened.json()["deceased_on"]) == (200, None, None)
    assert last_audit() == ("patient reopened", "done", "api")
    assert api.post(f"{address}reopen/", If_Match='"3"').status_code == 409
    assert last_audit() == ("patient opened", "done", "api")  # the refusal shows the record


def test_the_same_number_saved_by_somebody_else_in_between_is_a_conflict(nurse: User, clinic: Clinic) -> None:
    def somebody_is_faster(sender: type[Patient], instance: Patient, **_: Any) -> None:
        rival = Patient(
            clinic=clinic, record_number=instance.record_number, birth_date=date(2001, 1, 1), sex="male", registered_at=NOW
        )
        Patient.objects.bulk_create([rival])

    pre_save.connect(somebody_is_faster, sender=Patient)
    try:
        response = Api(nurse).post("patients/", {**NEW, "clinic": str(clinic.public_id)})
    finally:
        pre_save.disconnect(somebody_is_faster, sender=Patient)
    assert response.status_code == 409
    assert "N-1" not in response.json()["detail"]
    assert not AuditEvent.objects.filter(verb="patient registered").exists()


def test_times_are_given_with_their_offset(nurse: User, patient: Patient) -> None:
    shown = Api(nurse).get(f"patients/{patient.public_id}/").json()["registered_at"]
    assert datetime.fromisoformat(shown) == NOW.astimezone(UTC)
    assert shown.endswith("Z")
