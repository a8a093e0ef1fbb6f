"""Unwanted events of a patient: the list, recording one, writing on what is learned, taking one back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics.access import Actor, May
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import now, put_errors
from patients.forms import WithdrawForm
from patients.models import Patient
from patients.queries import row_of
from patients.views.base import kept_input, opened, page, saved
from regimens import actions
from regimens.forms.events import EventForm, known_of
from regimens.models import AdverseEvent
from regimens.queries.event_page import event_now, event_page, event_view, suspects
from regimens.queries.guidance import said_about
from regimens.views.looks import say_what_was_raised

LIST = "patient_events"


@require_GET
def patient_events(request: Request, public_id: UUID) -> HttpResponse:
    """What treatment did that it should not: what goes on first."""
    patient, by = opened(request, public_id)
    by.must(May.SEE_CLINICAL, patient.clinic)
    shown = event_page(patient, on=patient.clinic.today(now()))
    may_record = May.RECORD_FACTS in by.rights
    verb = "adverse events opened"
    return page(request, "regimens/events.html", patient, by, verb=verb, tab="regimen", shown=shown, may_record=may_record)


@require_http_methods(["GET", "POST"])
def event_add(request: Request, public_id: UUID) -> HttpResponse:
    """Record an unwanted event; an infection becomes one of the record, too."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    form = _form(request, patient)

    def act(at: datetime) -> AdverseEvent:
        return actions.record_adverse_event(by, patient, form.values(), at=at)

    return _save_or_show(request, patient, by, form, act, title=_("Record an unwanted event"))


@require_http_methods(["GET", "POST"])
def event_amend(request: Request, public_id: UUID, row_id: UUID) -> HttpResponse:
    """Write on what has been learned: the end, what was done. The rows before stay."""
    patient, by, row = _opened(request, public_id, row_id)
    current = event_now(row)
    form = _form(request, patient, current or row)

    def act(at: datetime) -> AdverseEvent:
        return actions.amend_adverse_event(by, row, form.values(), at=at)

    title = _("Unwanted event: %(what)s") % {"what": current or row}
    return _save_or_show(request, patient, by, form, act, row=row, current=current, title=title)


@require_http_methods(["GET", "POST"])
def event_withdraw(request: Request, public_id: UUID, row_id: UUID) -> HttpResponse:
    """Take an event back that was recorded in error."""
    patient, by, row = _opened(request, public_id, row_id)
    current = event_now(row)
    form = WithdrawForm(form_data(request))

    def act(at: datetime) -> None:
        actions.withdraw_adverse_event(by, row, reason=form.cleaned_data["reason"], at=at)

    title = _("Take back: %(what)s") % {"what": current or row}
    return _save_or_show(request, patient, by, form, act, row=row, current=current, title=title, is_withdrawal=True)


def _opened(request: Request, public_id: UUID, row_id: UUID) -> tuple[Patient, Actor, AdverseEvent]:
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    return patient, by, row_of(AdverseEvent, request.user, patient, row_id)


def _form(request: Request, patient: Patient, row: AdverseEvent | None = None) -> EventForm:
    found = suspects(patient, on=patient.clinic.today(now()), but_also=row.line_id if row else None)
    return EventForm(form_data(request), suspects=found, initial=known_of(row) if row else None)


def _save_or_show(
    request: Request,
    patient: Patient,
    by: Actor,
    form: forms.Form,
    act: Callable[[datetime], AdverseEvent | None],
    *,
    title: str,
    row: AdverseEvent | None = None,
    current: AdverseEvent | None = None,
    is_withdrawal: bool = False,
) -> HttpResponse:
    """Save and go back to the list, or show the form with the rows before; 409 where `row` is not the current one."""
    at = now()
    is_stale = row is not None and (current is None or current.pk != row.pk)
    if request.method == "POST" and not is_stale and form.is_valid():
        try:
            saved_row = act(at)
        except ValidationError as error:
            put_errors(form, error)
        else:
            done = _("Taken back") if is_withdrawal else _("Saved: %(what)s") % {"what": saved_row}
            answer = saved(request, patient, done, LIST)
            _say_infection(request, patient, saved_row, row)
            say_what_was_raised(request, patient, by, at=saved_row.recorded_at if saved_row else at)
            return answer
    is_late = is_stale and request.method == "POST"
    shown = current or row
    context = {
        "title": title,
        "form": form,
        "kept": kept_input(request),
        "event": event_view(shown, on=patient.clinic.today(at)) if shown is not None else None,
        "current": current,
        "is_stale": is_late,
        "is_withdrawal": is_withdrawal,
        "usual": [said_about(topic) for topic in ("C14", "C15")] if shown is None else [],
        "tab": "regimen",
    }
    status = 409 if is_late else 422 if form.errors else 200
    return page(request, "regimens/event_form.html", patient, by, status, verb="adverse events opened", **context)


def _say_infection(request: Request, patient: Patient, row: AdverseEvent | None, before: AdverseEvent | None) -> None:
    """That it stands on the record as an infection, where it did not before: the rules look at it."""
    if row is None or row.infection_id is None or (before is not None and before.infection_id == row.infection_id):
        return
    text = _("It stands on the record as an infection of the skin, too, and every line was checked with it.")
    link = reverse("patient_page", args=[patient.public_id])
    messages.info(request, format_html('{} <a href="{}">{}</a>', text, link, _("Show the record")))
