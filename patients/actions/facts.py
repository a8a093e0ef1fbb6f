"""Recording facts that treatment rules depend on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Kind
from patients import sites
from patients.actions.locks import locked
from patients.models import Allergy, Measurement, Patient, Precaution, PrecautionKind, PrecautionState
from patients.models.facts import ALLERGENS, REPEATABLE_PRECAUTIONS, SITED_PRECAUTIONS


def not_future(patient: Patient, at: datetime, **dates: date | None) -> None:
    """Refuse dates before birth or after the clinic's today; the error names the field."""
    today = patient.clinic.today(at)
    for field, value in dates.items():
        if value is not None and value > today:
            raise ValidationError({field: _("This date is in the future.")})
        if value is not None and value < patient.birth_date:
            raise ValidationError({field: _("This date is before the birth.")})


@transaction.atomic
def record_allergy(
    by: Actor, patient: Patient, *, kind: str, code: str, text: str = "", reaction: str = "", at: datetime
) -> Allergy:
    """Record an allergy to a coded substance or class; "no known allergies" ends with it."""
    by.must(May.RECORD_FACTS, patient.clinic)
    patient = locked(patient)
    if code not in dict(ALLERGENS.get(kind, [])):
        raise ValidationError({"code": _("Choose a substance or class from the list.")})
    if code == "other" and not text.strip():
        raise ValidationError({"text": _("Write what the allergy is to.")})
    if Allergy.objects.live().filter(patient=patient, kind=kind, code=code, text=text.strip()).exists():
        raise ValidationError({"code": _("This allergy is recorded already.")})
    allergy = Allergy(
        patient=patient,
        kind=kind,
        code=code,
        text=text.strip(),
        reaction=reaction.strip(),
        recorded_at=at,
        recorded_by=by.user,
    )
    allergy.full_clean()
    allergy.save()
    Patient.objects.filter(pk=patient.pk).update(no_known_allergies_on=None, no_known_allergies_by=None)
    audit.record(by, "allergy recorded", Kind.CREATE, at=at, obj=allergy, patient=patient.public_id)
    return allergy


@transaction.atomic
def record_no_known_allergies(by: Actor, patient: Patient, *, at: datetime) -> None:
    """Record that somebody asked and there is none. Refused while an allergy is recorded."""
    by.must(May.RECORD_FACTS, patient.clinic)
    patient = locked(patient)
    if Allergy.objects.live().filter(patient=patient).exists():
        raise ValidationError(_("An allergy is recorded. Withdraw it first, with the reason."))
    Patient.objects.filter(pk=patient.pk).update(
        no_known_allergies_on=patient.clinic.today(at), no_known_allergies_by=by.account
    )
    audit.record(by, "allergy state recorded", Kind.UPDATE, at=at, obj=patient, patient=patient.public_id)


@transaction.atomic
def record_measurement(
    by: Actor, patient: Patient, *, kind: str, value: Decimal, measured_on: date, at: datetime
) -> Measurement:
    """Record a weight (kg, 0.3 to 400) or height (cm, 20 to 250) on a date not in the future nor before birth."""
    by.must(May.RECORD_FACTS, patient.clinic)
    patient = locked(patient)
    not_future(patient, at, measured_on=measured_on)
    low, high = (Decimal("0.3"), Decimal(400)) if kind == "weight" else (Decimal(20), Decimal(250))
    if not low <= value <= high:
        raise ValidationError({"value": _("Between %(low)s and %(high)s.") % {"low": low, "high": high}})
    row = Measurement(patient=patient, kind=kind, value=value, measured_on=measured_on, recorded_at=at, recorded_by=by.user)
    row.full_clean()
    row.save()
    audit.record(by, "measurement recorded", Kind.CREATE, at=at, obj=row, patient=patient.public_id)
    return row


@transaction.atomic
def record_precaution(by: Actor, patient: Patient, values: dict[str, Any], *, at: datetime) -> Precaution:
    """Record a precaution (kind, state, site, side, from_on, until_on, text).

    Of kinds that are one state of the person the new row replaces the live one. An infection present needs a site; a row
    named in `replaces` (of the same patient and kind) is replaced whatever the kind.
    """
    by.must(May.RECORD_FACTS, patient.clinic)
    patient = locked(patient)
    row = Precaution(patient=patient, recorded_at=at, recorded_by=by.user, **values)
    _check_precaution(row, at)
    if row.kind not in REPEATABLE_PRECAUTIONS:
        row.replaces = Precaution.objects.live().filter(patient=patient, kind=row.kind).first()
    if row.replaces is not None:
        if row.replaces.patient_id != patient.pk or row.replaces.kind != row.kind:
            raise ValidationError({"replaces": _("This is another patient's or another kind of precaution.")})
        replaced = Precaution.objects.filter(pk=row.replaces.pk, withdrawn_at__isnull=True)
        if not replaced.update(withdrawn_at=at, withdrawn_by=by.account, withdrawn_reason="replaced by a newer finding"):
            raise ValidationError({"replaces": _("Somebody else has already changed this precaution.")})
    row.full_clean()
    row.save()
    audit.record(by, "precaution recorded", Kind.CREATE, at=at, obj=row, patient=patient.public_id)
    return row


def _check_precaution(row: Precaution, at: datetime) -> None:
    """Shape and dates of a precaution; the error names the field."""
    if row.kind not in PrecautionKind.values:
        raise ValidationError({"kind": _("Choose a precaution from the list.")})
    if row.state not in PrecautionState.values:
        raise ValidationError({"state": _("Choose present, absent or not asked.")})
    if row.kind in SITED_PRECAUTIONS and row.state == PrecautionState.PRESENT and not row.site:
        raise ValidationError({"site": _("Say where.")})
    if row.site and row.kind not in SITED_PRECAUTIONS:
        raise ValidationError({"site": _("A site belongs only to a skin infection.")})
    if row.site and (problem := sites.problem_with(row.site, sites.Side(row.side))):
        raise ValidationError({"side": _(problem)})
    if row.kind == PrecautionKind.OTHER and not row.text.strip():
        raise ValidationError({"text": _("Write what it is.")})
    if row.from_on is not None:
        future_allowed = row.kind == PrecautionKind.PHOTOTHERAPY  # a booked course counts before it begins
        not_future(row.patient, at, from_on=None if future_allowed else row.from_on)
    if row.until_on is not None and row.until_on < (row.from_on or row.patient.birth_date):
        raise ValidationError({"until_on": _("The end is before the start.")})
