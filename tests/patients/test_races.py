"""Several people saving at once: one wins, the others are told why, nobody sees an error of the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier, Event
from time import sleep
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, User
from patients import actions
from patients.models import Allergy, Consent, ContactPoint, GuardianLink, Patient, PatientLink, Precaution
from tests.factories import NOW, make_patient, make_user, patient_values

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 11, 20)
PRECAUTION = {"kind": "epilepsy", "state": "present"}
GUARDIAN = {"name": "Maria", "relation": "mother", "scope": "read", "evidence": "letter", "from_on": ON}


@pytest.fixture(autouse=True)
def _postgresql(vendor: str) -> None:
    if vendor == "sqlite":
        pytest.skip("an SQLite database in memory has one writer and no waiting")


def at_once(*calls: Callable[[], Any]) -> Counter[str]:
    """Run the calls in threads that begin together; how often each answer came: "done" or the fields refused."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> str:
        try:
            connection.ensure_connection()
            start.wait(10)
            call()
        except ValidationError as error:
            return ",".join(getattr(error, "error_dict", {"whole": error}))
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def test_one_record_number_is_given_once(by: Actor, clinic: Clinic) -> None:
    one = make_patient(clinic)
    other = make_patient(clinic)
    calls = [lambda: actions.register_patient(by, clinic, patient_values(record_number="H-7"), at=NOW)] * 3
    calls += [
        lambda row=row: actions.update_patient(by, row, {"record_number": "H-7"}, version=1, at=NOW) for row in (one, other)
    ]
    assert at_once(*calls) == {"done": 1, "record_number": 4}
    assert Patient.objects.filter(record_number="H-7").count() == 1


@pytest.mark.parametrize(
    ("call", "model", "field"),
    [
        (lambda by, row: actions.record_allergy(by, row, kind="substance", code="latex", at=NOW), Allergy, "code"),
        (
            lambda by, row: actions.add_contact_point(by, row, kind="email", address="mia@example.org", at=NOW),
            ContactPoint,
            "address",
        ),
        (
            lambda by, row: actions.record_consent(by, row, purpose="photos", given_on=ON, given_by="Maria", at=NOW),
            Consent,
            "purpose",
        ),
        (lambda by, row: actions.link_account(by, row, User.objects.get(name="Fay Family"), at=NOW), PatientLink, "user"),
        (
            lambda by, row: actions.grant_guardian(
                by, row, GUARDIAN | {"user": User.objects.get(name="Fay Family")}, at=NOW
            ),
            GuardianLink,
            "user",
        ),
    ],
)
def test_the_same_row_is_recorded_once(
    by: Actor, patient: Patient, call: Callable[[Actor, Patient], Any], model: Any, field: str
) -> None:
    make_user("family@example.org", "Fay Family")
    before = AuditEvent.objects.count()
    assert at_once(*[lambda: call(by, patient)] * 3) == {"done": 1, field: 2}
    assert model.objects.live().count() == 1
    assert AuditEvent.objects.count() == before + 1


def test_first_findings_replace_each_other(by: Actor, patient: Patient) -> None:
    assert at_once(*[lambda: actions.record_precaution(by, patient, PRECAUTION, at=NOW)] * 3) == {"done": 3}
    assert Precaution.objects.live().count() == 1
    assert Precaution.objects.filter(replaces=None).count() == 1


def test_a_finding_is_replaced_once(by: Actor, patient: Patient) -> None:
    infection = {"kind": "skin_infection", "state": "present", "site": "face"}
    first = actions.record_precaution(by, patient, infection, at=NOW)
    calls = [lambda: actions.record_precaution(by, patient, infection | {"replaces": first}, at=NOW)] * 3
    assert at_once(*calls) == {"done": 1, "replaces": 2}


def test_no_known_allergies_waits_for_an_allergy_not_yet_committed(by: Actor, patient: Patient) -> None:
    recorded = Event()

    def record_slowly() -> None:
        with transaction.atomic():
            actions.record_allergy(by, patient, kind="substance", code="latex", at=NOW)
            recorded.set()
            sleep(0.5)  # long enough for the other to look, were it not held

    def record_none() -> None:
        recorded.wait(10)
        actions.record_no_known_allergies(by, patient, at=NOW)

    assert at_once(record_slowly, record_none) == {"done": 1, "whole": 1}
    assert Allergy.objects.live().exists()
    patient.refresh_from_db()
    assert patient.no_known_allergies_on is None
