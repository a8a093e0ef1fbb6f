"""What a clinic chooses about doses, and its own words to patients."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from clinics import audit
from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.models import Clinic, Kind
from regimens.models import DoseSettings
from regimens.queries.doses import Settings


@transaction.atomic
def change_dose_settings(by: Actor, clinic: Clinic, values: dict[str, Any], *, version: int, at: datetime) -> DoseSettings:
    """Change numbers (None: the default) and words (empty: none) of queries.Settings: the medical lead.

    Stale when changed since `version`; ValidationError names the field.
    """
    by.must(May.CHOOSE_RULES, clinic)
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    stored = DoseSettings.objects.filter(clinic=clinic).first() or DoseSettings(clinic=clinic)
    if stored.version != version:
        raise Stale(stored)
    changed = [name for name in Settings._fields if name in values and getattr(stored, name) != values[name]]
    if not changed:
        return stored
    for name in changed:
        setattr(stored, name, values[name])
    stored.version = version + 1
    stored.full_clean()
    stored.save()
    audit.record(by, "dose settings changed", Kind.UPDATE, at=at, clinic=clinic.public_id, fields=changed)
    return stored
