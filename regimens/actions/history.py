"""What was used before adtrack."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Kind
from patients import sites
from patients.actions.locks import locked
from patients.models import Patient
from regimens.actions.work import check_again
from regimens.models import PastTreatment


@transaction.atomic
def record_past_treatment(by: Actor, patient: Patient, values: dict[str, Any], *, at: datetime) -> PastTreatment:
    """Record what was used before: product or family, sites, from_on, until_on, days, response, why_stopped, text."""
    by.must(May.RECORD_FACTS, patient.clinic)
    patient = locked(patient)
    row = PastTreatment(patient=patient, recorded_at=at, recorded_by=by.user, **values)
    if row.product is not None:
        row.family = row.product.family
    found: dict[str, str] = {}
    if not row.family:
        found["product"] = _("Choose a product, or at least a class.")
    if any(code not in sites.SITES for code in row.sites.split(",") if code):
        found["sites"] = _("Choose sites from the list.")
    today = patient.clinic.today(at)
    for name in ("from_on", "until_on"):
        value = getattr(row, name)
        if value is not None and not patient.birth_date.replace(day=1) <= value <= today:
            found[name] = _("Between birth and today.")
    if row.from_on and row.until_on and row.until_on < row.from_on:
        found["until_on"] = _("The end is before the start.")
    if row.why_stopped == "other" and not row.text.strip():
        found["text"] = _("Write why.")
    if found:
        raise ValidationError(found)
    row.full_clean()
    row.save()
    audit.record(by, "past treatment recorded", Kind.CREATE, at=at, obj=row, patient=patient.public_id)
    check_again(by, patient, at=at)
    return row
