"""Laboratory values: range, limit by age, double sending, taking back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from clinics.access import Actor
from clinics.errors import NotAllowed
from clinics.models import AuditEvent, Clinic, User
from patients import actions
from patients.models import CurrentScores, LabResult, Patient
from tests.factories import NOW, actor_for, make_clinic, make_lab, make_patient

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
SENT = UUID("00000000-0000-4000-8000-000000000001")


def values(**more: Any) -> dict[str, Any]:
    return {"value": Decimal(5000), "collected_on": TODAY, "assay": "HISCL, central laboratory"} | more


def record(by: Actor, patient: Patient, **more: Any) -> LabResult:
    return actions.record_lab_result(by, patient, values(**more), submission=uuid4(), at=NOW)


def current(patient: Patient) -> tuple[Decimal | None, date | None]:
    row = CurrentScores.objects.get(patient=patient)
    return row.tarc, row.tarc_on


def everything() -> list[Any]:
    models: tuple[Any, ...] = (LabResult, CurrentScores, AuditEvent)
    return [list(model.objects.order_by("pk").values()) for model in models]


def cases(patient: Patient) -> dict[str, Callable[[Actor], Any]]:
    """Each action by the words of its audit row."""
    row = make_lab(patient)
    return {
        "laboratory result recorded": lambda by: record(by, patient, value=Decimal(320)),
        "laboratory result withdrawn": lambda by: actions.withdraw(by, row, reason="other tube", at=NOW),
    }


VERBS = ["laboratory result recorded", "laboratory result withdrawn"]


@pytest.mark.parametrize("verb", VERBS)
def test_change_and_audit_row_come_together(by: Actor, patient: Patient, verb: str) -> None:
    act = cases(patient)[verb]
    before, events = everything(), AuditEvent.objects.count()
    act(by)
    assert everything()[:-1] != before[:-1]
    assert AuditEvent.objects.count() == events + 1
    event = AuditEvent.objects.order_by("-id")[0]
    assert (event.verb, event.object_type, event.patient) == (verb, "labresult", patient.public_id)
    assert (event.actor, event.clinic) == (by.account.public_id, patient.clinic.public_id)


@pytest.mark.parametrize("verb", VERBS)
def test_without_the_audit_row_there_is_no_change(by: Actor, patient: Patient, verb: str) -> None:
    act = cases(patient)[verb]
    before = everything()
    with pytest.raises(DatabaseError), transaction.atomic():
        act(replace(by, address=None))  # type: ignore[arg-type]  # no audit row can be written with it
    assert everything() == before


@pytest.mark.parametrize("verb", VERBS)
def test_the_office_and_other_clinics_are_refused(
    clinic_admin: User, outsider: User, clinic: Clinic, other_clinic: Clinic, patient: Patient, verb: str
) -> None:
    act = cases(patient)[verb]
    before = everything()
    for stranger in (actor_for(clinic_admin, clinic), actor_for(outsider, other_clinic), actor_for(outsider, clinic)):
        with pytest.raises(NotAllowed):
            act(stranger)
    assert everything() == before


@pytest.mark.parametrize("verb", VERBS)
def test_every_nurse_may(nurse: User, clinic: Clinic, patient: Patient, verb: str) -> None:
    cases(patient)[verb](actor_for(nurse, clinic))
    assert AuditEvent.objects.filter(verb=verb, actor=nurse.public_id).count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"value": Decimal(0)}, {"value": ["Above 0 and up to 500,000 pg/mL."]}),
        ({"value": Decimal("-0.1")}, {"value": ["Above 0 and up to 500,000 pg/mL."]}),
        ({"value": Decimal("500000.1")}, {"value": ["Above 0 and up to 500,000 pg/mL."]}),
        ({"value": Decimal("320.55")}, {"value": ["Ensure that there are no more than 1 decimal place."]}),
        ({"laboratory_limit": Decimal(0)}, {"laboratory_limit": ["Above 0, or empty."]}),
        ({"laboratory_limit": Decimal(-1)}, {"laboratory_limit": ["Above 0, or empty."]}),
        ({"collected_on": date(2026, 11, 21)}, {"collected_on": ["This date is in the future."]}),
        ({"collected_on": date(2019, 5, 3)}, {"collected_on": ["This date is before the birth."]}),
        ({"assay": ""}, {"assay": ["This field cannot be blank."]}),
    ],
)
def test_what_is_refused(by: Actor, patient: Patient, wrong: dict[str, Any], said: dict[str, list[str]]) -> None:
    before = everything()
    with pytest.raises(ValidationError) as error:
        record(by, patient, **wrong)
    assert error.value.message_dict == said
    assert everything() == before


@pytest.mark.parametrize("value", ["0.1", "320", "5000", "50000", "500000"])
def test_what_is_taken(patient: Patient, value: str) -> None:
    lab = LabResult.objects.get(pk=make_lab(patient, value).pk)
    assert (lab.value, lab.scoring_version, lab.recorded_at, lab.withdrawn_at) == (Decimal(value), "tarc-1", NOW, None)
    assert current(patient) == (Decimal(value), TODAY)


@pytest.mark.parametrize(
    ("on", "shown"), [("2026-11-20T10:59+00:00", "2026-11-20"), ("2026-11-20T11:00+00:00", "2026-11-21")]
)
def test_today_is_the_clinics(on: str, shown: str) -> None:
    patient = make_patient(make_clinic(zone="Pacific/Auckland"))
    at = datetime.fromisoformat(on)
    assert make_lab(patient, at=at).collected_on == date.fromisoformat(shown)
    with pytest.raises(ValidationError):
        make_lab(patient, at=at, on=date.fromisoformat(shown) + timedelta(days=1))


@pytest.mark.parametrize(
    ("born", "collected", "limit"),
    [
        ("2026-05-21", "2026-11-20", None),  # five completed months: no limit is published
        ("2026-05-20", "2026-11-20", "1367"),
        ("2025-11-21", "2026-11-20", "1367"),
        ("2025-11-20", "2026-11-20", "998"),
        ("2024-11-21", "2026-11-20", "998"),
        ("2024-11-20", "2026-11-20", "743"),
        ("2010-11-21", "2026-11-20", "743"),
        ("2010-11-20", "2026-11-20", "450"),
        ("1950-01-01", "2026-11-20", "450"),
        ("2012-02-29", "2024-02-28", "743"),
        ("2008-02-29", "2024-02-28", "743"),
        ("2008-02-29", "2024-02-29", "450"),
        ("2024-02-29", "2026-02-28", "998"),  # two years old on 1 March
        ("2024-02-29", "2026-03-01", "743"),
    ],
)
def test_the_limit_is_that_of_the_age_on_the_day_of_collection(
    clinic: Clinic, born: str, collected: str, limit: str | None
) -> None:
    patient = make_patient(clinic, birth_date=date.fromisoformat(born))
    lab = LabResult.objects.get(pk=make_lab(patient, on=date.fromisoformat(collected)).pk)
    assert lab.reference_limit == (Decimal(limit) if limit else None)
    assert lab.limit == lab.reference_limit


def test_the_laboratorys_own_limit_comes_first(patient: Patient) -> None:
    lab = make_lab(patient, laboratory_limit=Decimal(700))
    assert (lab.limit, lab.reference_limit) == (Decimal(700), Decimal(743))


def test_the_limit_stays_as_it_was_stored(clinic: Clinic) -> None:
    patient = make_patient(clinic, birth_date=date(2010, 11, 21))
    eve = make_lab(patient)
    make_lab(patient, at=NOW + timedelta(days=400))
    clinic.zone = "Pacific/Kiritimati"
    clinic.save()
    assert LabResult.objects.get(pk=eve.pk).reference_limit == Decimal(743)


def test_the_same_form_twice_is_one_value(by: Actor, patient: Patient) -> None:
    first = actions.record_lab_result(by, patient, values(), submission=SENT, at=NOW)
    before = everything()
    assert actions.record_lab_result(by, patient, values(), submission=SENT, at=NOW) == first
    assert everything() == before


def test_the_latest_collected_counts_and_withdrawing_renews(by: Actor, patient: Patient) -> None:
    make_lab(patient, "5000", on=date(2026, 7, 31))
    new = make_lab(patient, "320", on=date(2026, 11, 20))
    make_lab(patient, "900", on=date(2026, 9, 1))  # a report that came late
    assert current(patient) == (Decimal(320), date(2026, 11, 20))
    same_day = make_lab(patient, "330", on=date(2026, 11, 20), at=datetime(2026, 11, 20, 18, tzinfo=UTC))
    assert current(patient) == (Decimal(330), date(2026, 11, 20))
    actions.withdraw(by, same_day, reason="other tube", at=NOW)
    assert current(patient) == (Decimal(320), date(2026, 11, 20))
    actions.withdraw(by, new, reason="haemolysed", at=NOW)
    assert current(patient) == (Decimal(900), date(2026, 9, 1))
    for lab in LabResult.objects.live():
        actions.withdraw(by, lab, reason="other patient", at=NOW)
    assert current(patient) == (None, None)
    assert LabResult.objects.count() == 4


def test_the_withdrawal_of_any_row_renews_too(by: Actor, patient: Patient) -> None:
    make_lab(patient, "900", on=date(2026, 9, 1))
    actions.withdraw(by, make_lab(patient, "320"), reason="other tube", at=NOW)
    assert current(patient) == (Decimal(900), date(2026, 9, 1))


def test_withdrawing_twice_keeps_the_first_reason_and_needs_one(by: Actor, patient: Patient) -> None:
    lab = make_lab(patient)
    with pytest.raises(ValidationError) as error:
        actions.withdraw(by, lab, reason="  ", at=NOW)
    assert list(error.value.message_dict) == ["reason"]
    actions.withdraw(by, lab, reason="other tube", at=NOW)
    before = everything()
    actions.withdraw(by, lab, reason="again", at=NOW)
    assert everything() == before
    assert LabResult.objects.get().withdrawn_reason == "other tube"
