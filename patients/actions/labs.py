"""Recording laboratory values."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Kind
from patients.actions.current import TARC, renew_current
from patients.actions.facts import not_future
from patients.actions.locks import locked
from patients.actions.texts import line_of
from patients.models import LabResult, Patient
from patients.scoring import tarc

HIGHEST = Decimal(500_000)


@transaction.atomic
def record_lab_result(by: Actor, patient: Patient, values: dict[str, Any], *, submission: UUID, at: datetime) -> LabResult:
    """A serum TARC in pg/mL (above 0, up to 500,000) with collected_on, assay, laboratory_limit, is_haemolysed, comment.

    The published limit for the age on the day of collection is kept with it. The same submission twice gives the first row,
    if it says the same and still counts.
    """
    by.must(May.RECORD_FACTS, patient.clinic)
    patient = locked(patient)
    values = values | {name: line_of(name, values[name]) for name in ("assay", "comment") if name in values}
    known = LabResult.objects.filter(patient=patient, submission=submission).first()
    if known is not None:
        if known.withdrawn_at is not None or any(getattr(known, name) != value for name, value in values.items()):
            raise ValidationError(
                _("This form was sent before, and says something else now or was taken back. Open it again.")
            )
        return known
    not_future(patient, at, collected_on=values["collected_on"])
    if patient.deceased_on and values["collected_on"] > patient.deceased_on:
        raise ValidationError({"collected_on": _("This date is after the death.")})
    if not 0 < values["value"] <= HIGHEST:
        raise ValidationError({"value": _("Above 0 and up to 500,000 pg/mL.")})
    limit = values.get("laboratory_limit")
    if limit is not None and limit <= 0:
        raise ValidationError({"laboratory_limit": _("Above 0, or empty.")})
    row = LabResult(patient=patient, submission=submission, recorded_at=at, recorded_by=by.account, **values)
    row.reference_limit = tarc.reference_limit(patient.birth_date, row.collected_on)
    row.scoring_version = tarc.VERSION
    row.full_clean(exclude=["patient"])
    row.save()
    renew_current(patient, TARC)
    audit.record(by, "laboratory result recorded", Kind.CREATE, at=at, obj=row, patient=patient.public_id)
    return row
