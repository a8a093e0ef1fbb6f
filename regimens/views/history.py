"""What was used before: in adtrack and before it."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics.access import May
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import now, put_errors
from patients.views.base import kept_input, opened, page, saved
from regimens import actions, queries
from regimens.forms.history import PastTreatmentForm


@require_GET
def regimen_history(request: Request, public_id: UUID) -> HttpResponse:
    """Lines that have ended, and treatment before adtrack."""
    patient, by = opened(request, public_id)
    by.must(May.SEE_CLINICAL, patient.clinic)
    return page(
        request,
        "regimens/history.html",
        patient,
        by,
        verb="treatment history opened",
        tab="regimen",
        lines=queries.ended_lines(patient, by.rights, on=patient.clinic.today(now())),
        past=queries.past_treatments(patient),
        may_record=May.RECORD_FACTS in by.rights,
    )


@require_http_methods(["GET", "POST"])
def past_treatment_add(request: Request, public_id: UUID) -> HttpResponse:
    """Record what was used before adtrack."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    form = PastTreatmentForm(form_data(request))
    if request.method == "POST" and form.is_valid():
        try:
            actions.record_past_treatment(by, patient, form.values(), at=now())
        except ValidationError as error:
            put_errors(form, error)
        else:
            return saved(request, patient, _("Treatment before adtrack recorded"), "regimen_history")
    return page(
        request,
        "regimens/past.html",
        patient,
        by,
        422 if form.errors else 200,
        verb="treatment page opened",
        tab="regimen",
        form=form,
        kept=kept_input(request),
    )
