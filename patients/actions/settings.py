"""What a clinic chooses about scores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from clinics import audit
from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.models import Clinic, Kind
from patients.models import ScoreSettings

CHOOSABLE = ("out_of_date_days", "hides_half_points")


@transaction.atomic
def change_score_settings(
    by: Actor, clinic: Clinic, values: dict[str, Any], *, version: int, at: datetime
) -> ScoreSettings:
    """Change out_of_date_days (7 to 365, None: the default) and hides_half_points. Stale when changed since `version`."""
    by.must(May.MANAGE_SETTINGS, clinic)
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    stored = ScoreSettings.objects.filter(clinic=clinic).first() or ScoreSettings(clinic=clinic)
    if stored.version != version:
        raise Stale(stored)
    changed = [name for name in CHOOSABLE if name in values and getattr(stored, name) != values[name]]
    if not changed:
        return stored
    for name in changed:
        setattr(stored, name, values[name])
    stored.version = version + 1
    stored.full_clean()
    stored.save()
    audit.record(by, "score settings changed", Kind.UPDATE, at=at, clinic=clinic.public_id, fields=changed)
    return stored
