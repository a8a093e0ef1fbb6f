"""Taking back any row about a patient."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Kind
from patients.actions.current import TARC, renew_current
from patients.actions.locks import locked
from patients.models import LabResult
from patients.models.base import PatientRow


def right_to_withdraw(model: type[PatientRow]) -> May:
    """What somebody must be allowed in order to take back a row of this kind."""
    return May.RECORD_FACTS if model.objects.all().needs == May.SEE_CLINICAL else May.GRANT_ACCESS


@transaction.atomic
def withdraw(by: Actor, row: PatientRow, *, reason: str, at: datetime) -> None:
    """Take back a row about a patient: it stays in history and counts nowhere. A second call changes nothing."""
    model = type(row)
    by.must(right_to_withdraw(model), row.patient.clinic)
    locked(row.patient)
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Say why.")})
    live = model.objects.filter(pk=row.pk, withdrawn_at__isnull=True)
    if live.update(withdrawn_at=at, withdrawn_by=by.account, withdrawn_reason=reason[:200]):
        verb = f"{model._meta.verbose_name} withdrawn"
        audit.record(by, verb, Kind.DELETE, at=at, obj=row, patient=row.patient.public_id)
        if model is LabResult:
            renew_current(row.patient, TARC)
