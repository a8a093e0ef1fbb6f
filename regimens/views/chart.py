"""The chart: every score of a patient over time with the treatment of that time, and the same as tables."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from clinics.access import May
from clinics.http import Request
from clinics.views.base import now
from patients.views.base import opened, page
from regimens import queries


@require_GET
def patient_chart(request: Request, public_id: UUID) -> HttpResponse:
    """Scores and treatment in the range asked for; an unknown range or start of comparison gives the usual one."""
    patient, by = opened(request, public_id)
    by.must(May.SEE_CLINICAL, patient.clinic)
    found = queries.timeline(
        patient,
        by.rights,
        wanted=request.GET.get("range", ""),
        baseline=_uuid(request.GET.get("baseline", "")),
        base="../",  # the record, seen from here
        at=now(),
    )
    return page(
        request,
        "regimens/chart.html",
        patient,
        by,
        verb="chart opened",
        tab="scores",
        chart=found.chart,
        bars=found.bars,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
