"""Doses of a patient: what is due, what was applied, how it goes; recording, undoing, changing; times and tubes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import now, put_errors
from patients import queries as patients
from patients.models import Patient
from patients.views.base import kept_input, opened, page, saved, say_saved
from regimens import actions, queries
from regimens.errors import AlreadyRecorded
from regimens.forms.doses import DoseForm, ExtraForm, SaidForm, TimesForm, TubesForm, said_before
from regimens.models import Application, ApplicationKind, RegimenLine, SkipReason
from regimens.protocol.slots import Slot
from regimens.queries.dose_page import dose_page, doses_to_record, line_dose_page, line_times_of, record_now, zone_of
from regimens.queries.dose_words import RecordView, dose_words, recorded_dose
from regimens.words import WEEKDAYS

# Fields of the actions by other names here: a slot has one box, an instant two.
BOXES = {"slot_on": "slot", "applied_at": "applied_time"}
VERB = "treatment page opened"


@require_GET
def patient_doses(request: Request, public_id: UUID) -> HttpResponse:
    """The doses of every line in use."""
    patient, by = opened(request, public_id)
    by.must(May.SEE_CLINICAL, patient.clinic)
    return _doses_page(request, patient, by)


def _doses_page(
    request: Request, patient: Patient, by: Actor, status: int = 200, late: RecordView | None = None
) -> HttpResponse:
    shown = dose_page(patient, by.rights, at=now())
    context = {"tab": "doses", "shown": shown, "late": late, "red_flags": queries.red_flags(patient), **_words()}
    return page(request, "regimens/doses.html", patient, by, status, verb="treatment opened", **context)


@require_GET
def line_doses(request: Request, public_id: UUID, line_id: UUID) -> HttpResponse:
    """The doses of one line, ended or not: its calendar by pages of twelve weeks."""
    patient, by = opened(request, public_id)
    by.must(May.SEE_CLINICAL, patient.clinic)
    line = queries.line_of(request.user, patient, line_id)
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isdecimal() and len(asked) < 6 else 1
    shown = line_dose_page(line, by.rights, page=number, at=now())
    context = {"tab": "doses", "shown": shown, "line": shown.lines[0], **_words()}
    return page(request, "regimens/doses_line_page.html", patient, by, verb="treatment opened", **context)


def _words() -> dict[str, Any]:
    """Names of the days (with two letters for a narrow column), and why a dose may be skipped."""
    return {"weekdays": [(name, str(name)[:2]) for name in WEEKDAYS], "skip_reasons": SkipReason.choices}


# --- Recording ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def dose_record(request: Request, public_id: UUID, line_id: UUID) -> HttpResponse:
    """Record a dose of the last seven days of a line."""
    patient, by, line = _line_to_record(request, public_id, line_id)
    form = DoseForm(form_data(request), doses=doses_to_record(line, at=now()), **_zones(patient, line))

    def act() -> str:
        dose = form.chosen
        actions.record_dose(by, dose.plan, dose.slot, form.said(dose.slot.on), at=now())
        return _("Dose recorded")

    title = _("Record a dose: %(line)s") % {"line": line}
    return _save_or_show(request, patient, by, line, form, act, title=title, button=_("Record the dose"))


@require_http_methods(["GET", "POST"])
def dose_extra(request: Request, public_id: UUID, line_id: UUID) -> HttpResponse:
    """Record an application that no dose asked for."""
    patient, by, line = _line_to_record(request, public_id, line_id)
    form = ExtraForm(form_data(request), **_zones(patient, line))

    def act() -> str:
        typed, at = form.cleaned_data, form.applied_at()
        assert at is not None  # both boxes are required
        actions.record_application(by, line, kind=typed["kind"], applied_at=at, note=typed["note"], at=now())
        return _("Application recorded")

    title = _("Record an application: %(line)s") % {"line": line}
    return _save_or_show(request, patient, by, line, form, act, title=title, button=_("Record the application"))


@require_http_methods(["GET", "POST"])
def dose_change(request: Request, public_id: UUID, row_id: UUID) -> HttpResponse:
    """Say something else about a dose; what was said before stays in history."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    row = patients.row_of(Application, request.user, patient, row_id)
    if row.kind != ApplicationKind.SLOT or row.plan is None or row.slot_on is None:
        raise Http404
    slot = Slot(row.slot_on, row.slot)
    zones = {"zone": row.plan.zone, "clinic_zone": patient.clinic.zone}
    form = SaidForm(form_data(request), initial=said_before(row, row.plan.zone), **zones)

    def act() -> str:
        actions.change_dose(by, row, form.said(slot.on), at=now())
        return _("Dose changed")

    gone = row if row.withdrawn_at is not None and request.method == "GET" else None
    about, title = dose_words(slot.on, slot.name), _("Change what is recorded")
    return _save_or_show(
        request, patient, by, row.line, form, act, title=title, about=about, button=_("Save the change"), gone=gone
    )


@require_POST
def dose_undo(request: Request, public_id: UUID, row_id: UUID) -> HttpResponse:
    """Take a record back; its dose has no record then."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    row = patients.row_of(Application, request.user, patient, row_id)
    try:
        actions.undo_dose(by, row, at=now())
    except Stale as stale:
        return _doses_page(request, patient, by, 409, late=recorded_dose(stale.current))
    except ValidationError as error:
        return saved(request, patient, _("Not saved: %(why)s") % {"why": " ".join(error.messages)}, "patient_doses")
    return _back(request, patient, row.line, _("Record undone"))


def _line_to_record(request: Request, public_id: UUID, line_id: UUID) -> tuple[Patient, Actor, RegimenLine]:
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    return patient, by, queries.line_of(request.user, patient, line_id)


def _zones(patient: Patient, line: RegimenLine) -> dict[str, str]:
    return {"zone": zone_of(line), "clinic_zone": patient.clinic.zone}


def _save_or_show(
    request: Request,
    patient: Patient,
    by: Actor,
    line: RegimenLine,
    form: forms.Form,
    act: Callable[[], str],
    *,
    title: str,
    button: str,
    about: str = "",
    gone: Application | None = None,
) -> HttpResponse:
    """One form, one action; who comes second is told who was first, when, and how to undo it, and keeps what was typed."""
    first: Application | None = None
    if request.method == "POST" and form.is_valid():
        try:
            done = act()
        except ValidationError as error:
            put_errors(form, _in_boxes(error))
        except AlreadyRecorded as known:
            first = known.row
        except Stale as stale:
            gone = stale.current
        else:
            return _back(request, patient, line, done)
    is_late = request.method == "POST" and (first or gone)
    return page(
        request,
        "regimens/doses_form.html",
        patient,
        by,
        409 if is_late else 422 if form.errors else 200,
        verb=VERB,
        tab="doses",
        form=form,
        title=title,
        about=about,
        button=button,
        first=recorded_dose(first) if first else None,
        gone=recorded_dose(gone) if gone else None,
        now_recorded=record_now(gone) if gone else None,
        kept=kept_input(request),
    )


def _in_boxes(error: ValidationError) -> ValidationError:
    """A refusal with the names of the boxes of these forms."""
    if not hasattr(error, "error_dict"):
        return error
    return ValidationError({BOXES.get(name, name): errors for name, errors in error.error_dict.items()})


def _back(request: Request, patient: Patient, line: RegimenLine, what: str) -> HttpResponse:
    """Back to the line on the page of doses, or to its own page where it is not on that one any more."""
    say_saved(request, patient, what)
    if line.has_ended(patient.clinic.today(now())):
        return HttpResponseRedirect(reverse("line_doses", args=[patient.public_id, line.public_id]))
    return HttpResponseRedirect(f"{reverse('patient_doses', args=[patient.public_id])}#line-{line.public_id}")


# --- Times and tubes ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def line_times(request: Request, public_id: UUID, line_id: UUID) -> HttpResponse:
    """Move the times of the doses of a day; where phases differ in doses a day, of one of them at a time."""
    patient, by, line = _line_to_record(request, public_id, line_id)
    known = line_times_of(line)
    if not known:
        return saved(request, patient, _("No doses at times of the day are planned for this line."), "patient_doses")
    chosen = next((one for one in known if str(one.a_day) == request.GET.get("a_day", "")), known[0])
    form = TimesForm(form_data(request), times=chosen.times, zone=chosen.zone, version=line.version)
    status, stands = 422 if form.errors else 200, ""
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            actions.set_times(by, line, form.times(), zone=typed["zone"], version=typed["version"], at=now())
        except ValidationError as error:
            put_errors(form, error)
            status = 422
        except Stale as stale:
            form.see(stale.current.version)
            status, stands = 409, chosen.words
        else:
            return _back(request, patient, line, _("Times changed"))
    return page(
        request,
        "regimens/doses_times.html",
        patient,
        by,
        status,
        verb=VERB,
        tab="doses",
        form=form,
        line=line,
        known=known,
        chosen=chosen,
        stands=stands,
        kept=kept_input(request),
    )


@require_http_methods(["GET", "POST"])
def tubes_add(request: Request, public_id: UUID, line_id: UUID) -> HttpResponse:
    """Record how many tubes of a line were used up."""
    patient, by, line = _line_to_record(request, public_id, line_id)
    form = TubesForm(form_data(request))

    def act() -> str:
        actions.report_tubes(by, line, **form.cleaned_data, at=now())
        return _("Tubes recorded")

    title = _("Tubes used up: %(line)s") % {"line": line}
    return _save_or_show(request, patient, by, line, form, act, title=title, button=_("Record the tubes"))
