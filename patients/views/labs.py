"""One laboratory value."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from clinics.access import May
from clinics.http import Request
from clinics.views.base import now
from patients import actions, queries
from patients.models import LabResult
from patients.views.base import opened, page


@require_GET
def lab_page(request: Request, public_id: UUID, row_id: UUID) -> HttpResponse:
    """A TARC with the limit it is read against, who entered it, and the way to take it back."""
    patient, by = opened(request, public_id)
    by.must(May.SEE_CLINICAL, patient.clinic)
    row = queries.row_of(LabResult, request.user, patient, row_id)
    return page(
        request,
        "patients/lab.html",
        patient,
        by,
        verb="laboratory results opened",
        tab="scores",
        row=row,
        view=queries.lab_view(row, on=patient.clinic.today(now())),
        may_withdraw=row.withdrawn_at is None and actions.right_to_withdraw(LabResult) in by.rights,
    )
