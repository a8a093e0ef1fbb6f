"""The action plan of a patient, to read, to print and to take home."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from clinics.access import May
from clinics.http import Request
from clinics.views.base import now
from patients.views.base import opened, page
from regimens.queries import action_plan as queries


@require_GET
def action_plan(request: Request, public_id: UUID) -> HttpResponse:
    """Green, yellow, red: made from what is in use today."""
    patient, by = opened(request, public_id)
    by.must(May.SEE_CLINICAL, patient.clinic)
    plan = queries.action_plan(patient, on=patient.clinic.today(now()))
    verb = "action plan opened"
    return page(request, "regimens/action_plan.html", patient, by, verb=verb, tab="regimen", plan=plan)
