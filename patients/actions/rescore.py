"""A corrected date of birth: which stored scores rest on the old one, and what somebody decided about them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Kind
from clinics.models.base import day
from patients.actions.current import TARC, renew_current
from patients.actions.scores import HEAD, retire, scored, successor
from patients.actions.withdrawals import take_back
from patients.errors import ScoresAffected
from patients.models import Assessment, AssessmentState, Instrument, LabResult, Patient
from patients.models.assessments import ITEMS_OF
from patients.scoring import tarc
from patients.scoring.easi import weight_set


class AffectedScores(models.TextChoices):
    """What to do with scores that rest on the date of birth that is being corrected."""

    RECOMPUTE = "recompute", gettext_lazy("Compute them again; the old values stay readable")
    KEEP = "keep", gettext_lazy("Leave them as they were stored")


@dataclass(frozen=True)
class Affected:
    """A stored score and what it would be with the corrected date of birth."""

    row: Assessment | LabResult
    on: date
    stored: Decimal | None
    corrected: Decimal | None


def affected_by(patient: Patient, born_on: date) -> list[Affected]:
    """Live scores that another date of birth changes: EASI with other weights, TARC with another limit by age.

    ValidationError when one of them would lie before the birth.
    """
    assessments = Assessment.objects.filter(patient=patient, state__in=[AssessmentState.SIGNED, AssessmentState.DRAFT])
    labs = LabResult.objects.live().filter(patient=patient)
    first = min(
        (
            found
            for found in (
                assessments.order_by("assessed_on").values_list("assessed_on", flat=True).first(),
                labs.order_by("collected_on").values_list("collected_on", flat=True).first(),
            )
            if found
        ),
        default=None,
    )
    if first is not None and first < born_on:
        text = _("A score of %(on)s would lie before the birth. Take it back first if it was entered in error.")
        raise ValidationError({"birth_date": text % {"on": day(first)}})
    rows: list[Affected] = []
    for row in assessments.filter(state=AssessmentState.SIGNED, instrument=Instrument.EASI).order_by("assessed_on", "id"):
        if weight_set(born_on, row.assessed_on) != row.weight_set:
            corrected = scored(row, born_on).total
            rows.append(Affected(row, row.assessed_on, row.total, Decimal(corrected or 0)))
    for lab in labs.order_by("collected_on", "id"):
        limit = tarc.reference_limit(born_on, lab.collected_on)
        if limit != lab.reference_limit:
            rows.append(Affected(lab, lab.collected_on, lab.reference_limit, limit))
    return rows


def last_score_on(patient: Patient) -> date | None:
    """The last day any live score or laboratory value is about."""
    live = [AssessmentState.SIGNED, AssessmentState.DRAFT]
    scored_on = Assessment.objects.filter(patient=patient, state__in=live).aggregate(last=Max("assessed_on"))["last"]
    collected_on = LabResult.objects.live().filter(patient=patient).aggregate(last=Max("collected_on"))["last"]
    return max((on for on in (scored_on, collected_on) if on is not None), default=None)


def settle_affected(by: Actor, patient: Patient, choice: str, *, at: datetime) -> None:
    """Carry out what was decided about the scores that the patient's new date of birth changes.

    ScoresAffected when there are some and nothing was decided. Call it after the date was saved, the patient locked.
    """
    text = _("Scores rest on the date of birth. Ask a dermatologist or a nurse of the clinic to correct it.")
    not_told = ValidationError({"birth_date": text})  # somebody without clinical rights learns no date of a score
    try:
        rows = affected_by(patient, patient.birth_date)
    except ValidationError as error:
        raise error if May.SEE_CLINICAL in by.rights else not_told from None
    if not rows:
        return
    if May.SEE_CLINICAL not in by.rights:
        raise not_told
    if choice not in AffectedScores.values:
        raise ScoresAffected(rows)
    if choice == AffectedScores.RECOMPUTE:
        by.must(May.RECORD_FACTS, patient.clinic)
        for affected in rows:
            _recompute(by, patient, affected.row, at)
        for what in sorted({_instrument_of(affected.row) for affected in rows}):
            renew_current(patient, what)
    verb = "scores recomputed" if choice == AffectedScores.RECOMPUTE else "scores kept as stored"
    audit.record(by, verb, Kind.UPDATE, at=at, obj=patient, patient=patient.public_id, reason="birth date corrected")


def _instrument_of(row: Assessment | LabResult) -> str:
    return row.instrument if isinstance(row, Assessment) else TARC


def _recompute(by: Actor, patient: Patient, row: Assessment | LabResult, at: datetime) -> None:
    """A new version in the place of the old one; the caller renews the current scores, once for all rows."""
    reason = _("Date of birth corrected")
    if isinstance(row, Assessment):
        retire(by, row, AssessmentState.AMENDED, reason, at)
        values = {name: getattr(row, name) for name in (*HEAD, *ITEMS_OF[row.instrument])}
        successor(by, patient, row, values, reason=reason, submission=uuid.uuid4(), at=at)
        return
    take_back(by, row, reason=reason, at=at)
    again = LabResult.objects.get(pk=row.pk)
    again.pk, again.public_id, again.submission = None, uuid.uuid4(), uuid.uuid4()
    again.withdrawn_at = again.withdrawn_by = None
    again.withdrawn_reason = ""
    again.reference_limit = tarc.reference_limit(patient.birth_date, again.collected_on)
    again.scoring_version = tarc.VERSION
    again._state.adding = True
    again.save()
    audit.record(by, "laboratory result recorded", Kind.CREATE, at=at, obj=again, patient=patient.public_id)
