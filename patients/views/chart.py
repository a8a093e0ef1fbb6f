"""The chart: every score of a patient over time, and the same as a table."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from clinics.access import May
from clinics.http import Request
from clinics.views.base import now
from patients import queries
from patients.views.base import opened, page


@require_GET
def patient_chart(request: Request, public_id: UUID) -> HttpResponse:
    """The scores in the range that was asked for; an unknown range or start of comparison gives the usual one."""
    patient, by = opened(request, public_id)
    by.must(May.SEE_CLINICAL, patient.clinic)
    chart = queries.chart_of(
        patient,
        by.rights,
        wanted=request.GET.get("range", ""),
        baseline=_uuid(request.GET.get("baseline", "")),
        base="../",  # the record, seen from here
        on=patient.clinic.today(now()),
    )
    return page(request, "patients/chart.html", patient, by, verb="chart opened", tab="scores", chart=chart)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
