"""Taking back any row about a patient."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Kind
from patients.actions.current import TARC, renew_current
from patients.actions.locks import locked
from patients.actions.texts import reason_of
from patients.models import LabResult
from patients.models.base import PatientRow


def right_to_withdraw(model: type[PatientRow]) -> May:
    """What somebody must be allowed in order to take back a row of this kind."""
    return May.RECORD_FACTS if model.objects.all().needs == May.SEE_CLINICAL else May.GRANT_ACCESS


@transaction.atomic
def withdraw(by: Actor, row: PatientRow, *, reason: str, at: datetime) -> None:
    """Take back a row about a patient: it stays in history and counts nowhere. A second call changes nothing."""
    by.must(right_to_withdraw(type(row)), row.patient.clinic)
    locked(row.patient)
    if take_back(by, row, reason=reason_of(reason), at=at) and isinstance(row, LabResult):
        renew_current(row.patient, TARC)


def take_back(by: Actor, row: PatientRow, *, reason: str, at: datetime) -> bool:
    """Whether the row counted until now. Inside an action that locked the patient and renews the scores."""
    model = type(row)
    live = model.objects.filter(pk=row.pk, withdrawn_at__isnull=True)
    taken = live.update(withdrawn_at=at, withdrawn_by=by.account, withdrawn_reason=reason)
    if taken:
        verb = f"{model._meta.verbose_name} withdrawn"
        audit.record(by, verb, Kind.DELETE, at=at, obj=row, patient=row.patient.public_id)
    return bool(taken)
