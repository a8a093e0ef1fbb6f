"""The record at a glance: what is known about the patient, and what they use."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from clinics.access import May
from clinics.http import Request
from clinics.views.base import now
from patients import queries as patients
from patients.views.base import opened, page
from regimens import queries


@require_GET
def patient_page(request: Request, public_id: UUID) -> HttpResponse:
    """The first page of the record; nothing clinical for those who may not see it."""
    patient, by = opened(request, public_id)
    on = patient.clinic.today(now())
    found = patients.summary(patient, by.rights, on=on)
    if May.SEE_CLINICAL in by.rights:
        found["treatment"] = queries.used_now(patient, on=on)
        found["red_flags"] = queries.red_flags(patient)
    return page(request, "regimens/summary.html", patient, by, tab="summary", **found)
