"""The current-scores row of a patient: written with the score, provable from history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from clinics import audit
from clinics.access import Actor
from clinics.models import Kind
from patients.actions.locks import locked
from patients.models import Assessment, CurrentScores, Instrument, LabResult, Patient

TARC = "tarc"


def current_values(patient: Patient, what: str) -> dict[str, Any]:
    """The columns of one instrument (or of TARC) as history says: the latest that counts, or nothing."""
    if what == TARC:
        lab = LabResult.objects.live().filter(patient=patient).order_by("-collected_on", "-recorded_at", "-id").first()
        return {"tarc": lab.value if lab else None, "tarc_on": lab.collected_on if lab else None}
    row = Assessment.objects.counting().filter(patient=patient, instrument=what).in_trend_order().first()
    values: dict[str, Any] = {what: row.total if row else None, f"{what}_on": row.assessed_on if row else None}
    if what == Instrument.EASI:
        values |= {"easi_band": row.band if row else "", "easi_head_neck": row.head_neck if row else None}
    elif what == Instrument.POEM:
        values |= {"poem_band": row.band if row else "", "poem_respondent": row.respondent if row else ""}
    return values


def renew_current(patient: Patient, what: str) -> None:
    """Write the columns of one instrument anew. Call it in the transaction that changed history, the patient locked."""
    CurrentScores.objects.update_or_create(patient=patient, defaults=current_values(patient, what))


@transaction.atomic
def renew_scores(by: Actor, patient: Patient, *, at: datetime) -> None:
    """Write the whole row anew from history: the repair of check_current_scores, which acts for the software itself."""
    patient = locked(patient)
    values: dict[str, Any] = {}
    for what in (*Instrument.values, TARC):
        values |= current_values(patient, what)
    CurrentScores.objects.update_or_create(patient=patient, defaults=values)
    clinic = patient.clinic.public_id
    audit.record(by, "current scores renewed", Kind.UPDATE, at=at, obj=patient, clinic=clinic, patient=patient.public_id)
