"""What a clinic chooses about doses, and its own words to patients."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.models import Clinic, Kind
from patients.actions.texts import lines_of
from regimens.actions.orders import too_long
from regimens.actions.sweeps import check_clinic_anew
from regimens.models import DoseSettings
from regimens.queries.doses import RANGES, Settings

WORDS = [name for name in Settings._fields if name.endswith("_words")]


@transaction.atomic
def change_dose_settings(by: Actor, clinic: Clinic, values: dict[str, Any], *, version: int, at: datetime) -> DoseSettings:
    """Change numbers (None: the default) and words (empty: none) of queries.Settings: the medical lead.

    Stale when changed since `version`; ValidationError names the field.
    """
    by.must(May.CHOOSE_RULES, clinic)
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    values = values | {name: lines_of(values[name] or "") for name in WORDS if name in values}
    stored = DoseSettings.objects.filter(clinic=clinic).first() or DoseSettings(clinic=clinic)
    if stored.version != version:
        raise Stale(stored)
    changed = [name for name in Settings._fields if name in values and getattr(stored, name) != values[name]]
    if not changed:
        return stored
    for name in changed:
        setattr(stored, name, values[name])
    stored.version = version + 1
    if wrong := _problems(stored):
        raise ValidationError(wrong)
    stored.full_clean()
    stored.save()
    audit.record(by, "dose settings changed", Kind.UPDATE, at=at, clinic=clinic.public_id, fields=changed)
    if "open_event_days" in changed:
        check_clinic_anew(clinic)
    return stored


def _problems(row: DoseSettings) -> dict[str, str]:
    """What is wrong, by field: numbers out of their range, words that are too long."""
    found = {
        name: _("Between %(low)s and %(high)s.") % {"low": low, "high": high}
        for name, (low, high) in RANGES.items()
        if (value := getattr(row, name)) is not None and not low <= value <= high
    }
    return found | too_long(DoseSettings, **{name: getattr(row, name) or "" for name in WORDS})
