"""Recording scores: a form per instrument, drafts, corrections; one assessment with its history; laboratory values."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import needs, now, put_errors
from patients import actions, queries, words
from patients.forms import FORMS, AssessmentForm, EasiForm, LabForm, ScoreSettingsForm, WithdrawAssessmentForm
from patients.forms.scores import PoemForm
from patients.models import (
    CLINICIAN_INSTRUMENTS,
    Assessment,
    AssessmentState,
    Instrument,
    InstrumentEdition,
    Patient,
    Respondent,
)
from patients.views.base import form_page, kept_input, opened, page, save_or_show, saved, uuid_or_404


def _opened(request: Request, public_id: UUID, row_id: UUID) -> tuple[Patient, Actor, Assessment]:
    patient, by = opened(request, public_id)
    by.must(May.SEE_CLINICAL, patient.clinic)
    return patient, by, queries.row_of(Assessment, request.user, patient, row_id)


@require_http_methods(["GET", "POST"])
def assessment_add(request: Request, public_id: UUID, instrument: str) -> HttpResponse:
    """Record an assessment: signed, or a draft to go on with."""
    if instrument not in FORMS:
        raise Http404
    patient, by = opened(request, public_id)
    by.must(actions.right_to_record(instrument), patient.clinic)
    form = _form(request, patient, by, instrument)

    def act(sign: bool) -> Assessment:
        key = form.cleaned_data["submission"]
        return actions.record_assessment(by, patient, instrument, form.values(), submission=key, sign=sign, at=now())

    return _save_or_show(request, patient, by, form, act)


@require_http_methods(["GET", "POST"])
def assessment_edit(request: Request, public_id: UUID, row_id: UUID) -> HttpResponse:
    """Go on with a draft."""
    patient, by, row = _opened(request, public_id, row_id)
    by.must(actions.right_to_record(row.instrument), patient.clinic)
    if row.state != AssessmentState.DRAFT and request.method == "GET":
        return redirect("assessment_page", patient.public_id, row.public_id)
    form = _form(request, patient, by, row.instrument, row)

    def act(sign: bool) -> Assessment:
        version = form.cleaned_data["version"] or 0
        return actions.save_draft(by, row, form.values(), version=version, sign=sign, at=now())

    return _save_or_show(request, patient, by, form, act)


@require_http_methods(["GET", "POST"])
def assessment_amend(request: Request, public_id: UUID, row_id: UUID) -> HttpResponse:
    """Correct a signed assessment with a reason; the old version stays readable."""
    patient, by, row = _opened(request, public_id, row_id)
    by.must(actions.right_to_record(row.instrument), patient.clinic)
    if row.state != AssessmentState.SIGNED and request.method == "GET":
        return redirect("assessment_page", patient.public_id, row.public_id)
    form = _form(request, patient, by, row.instrument, row)

    def act(sign: bool) -> Assessment:
        reason, key = form.cleaned_data["reason"], form.cleaned_data["submission"]
        return actions.amend_assessment(by, row, form.values(), reason=reason, submission=key, at=now())

    return _save_or_show(request, patient, by, form, act)


def _form(request: Request, patient: Patient, by: Actor, instrument: str, row: Assessment | None = None) -> AssessmentForm:
    more: dict[str, Any] = {}
    if instrument in CLINICIAN_INSTRUMENTS:
        more |= {"raters": queries.raters(patient.clinic), "me": by.account}
    if instrument == Instrument.EASI:
        more["hides_half_points"] = queries.score_settings(patient.clinic).hides_half_points
    edition = _edition(request, patient, instrument, row)
    more |= {"edition": edition, "texts": queries.texts(edition)}
    return FORMS[instrument](form_data(request), patient=patient, today=patient.clinic.today(now()), row=row, **more)


def _edition(request: Request, patient: Patient, instrument: str, row: Assessment | None) -> InstrumentEdition | None:
    """The words to show: those the form was opened with, the chosen ones, or the clinic's in the language of the page."""
    wanted = (form_data(request) or request.GET).get("edition")
    if wanted is not None:
        edition = queries.shown_edition(patient.clinic, instrument, uuid_or_404(wanted)) if wanted else None
        is_new = request.method == "GET" and request.kept is None
        if wanted and (edition is None or (is_new and edition.retired_at is not None)):
            raise Http404
        return edition
    if row is not None:
        return row.edition
    respondent = Respondent.CLINICIAN if instrument in CLINICIAN_INSTRUMENTS else Respondent.SELF
    return queries.edition_for(patient.clinic, instrument, get_language() or "", respondent)


def _save_or_show(request: Request, patient: Patient, by: Actor, form: AssessmentForm, act: Any) -> HttpResponse:
    """Sign or keep as a draft, and go to the chart; or show the form with what is wrong, nothing lost."""
    sign = request.POST.get("save") == "sign"
    if sign and (isinstance(form, PoemForm) or not form.is_valid()):
        form.mark_missing()
    if request.method == "POST" and form.is_valid():
        try:
            row = act(sign)
        except ValidationError as error:
            put_errors(form, error)
        except Stale as stale:
            form.add_error(None, _stale_text(stale.current))
        else:
            return _saved(request, patient, row)
    return _form_page(request, patient, by, form)


def _stale_text(row: Assessment) -> str:
    if row.state == AssessmentState.DRAFT:
        return _("Somebody else changed this draft meanwhile. Open it again; what you typed is still here to copy.")
    return _("Somebody else signed, corrected or withdrew this meanwhile (now: %(state)s). Nothing of yours was saved.") % {
        "state": row.get_state_display()
    }


def _form_page(request: Request, patient: Patient, by: Actor, form: AssessmentForm) -> HttpResponse:
    """The form with the age and weights it works with, and the previous values for whoever wants to see them."""
    instrument = form.instrument
    previous = queries.previous_assessment(patient, instrument, but=form.row)
    context: dict[str, Any] = {
        "form": form,
        "instrument": instrument,
        "name": Instrument(instrument).label,
        "is_amendment": form.row is not None and form.row.signed_at is not None,
        "previous": queries.previous_view(previous) if previous else None,
        "tab": "scores",
        "kept": kept_input(request),
        "open_drafts": [row for row in queries.drafts(patient) if row.instrument == instrument] if form.row is None else [],
        "editions": queries.editions_in_use(patient.clinic, instrument) if instrument != Instrument.EASI else [],
        "scale": f"patients/instruments/{instrument}.html",
    }
    if isinstance(form, EasiForm):
        context["signs"] = [words.AREA, *words.SIGNS.values()]
        context["rows"] = form.rows(context["previous"]["items"] if previous else {})
    status = 409 if form.non_field_errors() else 422 if form.errors else 200
    return page(request, "patients/assessment_form.html", patient, by, status=status, verb="score form opened", **context)


def _saved(request: Request, patient: Patient, row: Assessment) -> HttpResponse:
    name = row.get_instrument_display()
    if row.state == AssessmentState.DRAFT:
        return saved(request, patient, _("%(name)s kept as a draft, not signed") % {"name": name}, "patient_chart")
    total = queries.score_text(row.instrument, row.total)
    word = words.band_word(row.instrument, row.band)
    sentence = _("%(name)s corrected: %(total)s") if row.replaces_id else _("%(name)s signed: %(total)s")
    text = sentence % {"name": name, "total": f"{total} ({word})" if word else total}
    return saved(request, patient, text, "patient_chart")


@require_GET
def assessment_page(request: Request, public_id: UUID, row_id: UUID) -> HttpResponse:
    """One assessment: items, total, who and when, and every version of it."""
    patient, by, row = _opened(request, public_id, row_id)
    if row.state == AssessmentState.DRAFT and actions.right_to_record(row.instrument) in by.rights:
        return redirect("assessment_edit", patient.public_id, row.public_id)
    may = actions.right_to_record(row.instrument) in by.rights
    view = queries.assessment_view(row, on=patient.clinic.today(now()))
    return page(
        request,
        "patients/assessment.html",
        patient,
        by,
        verb="score opened",
        tab="scores",
        row=row,
        view=view,
        versions=queries.versions(row),
        may_change=may and row.state == AssessmentState.SIGNED,
    )


@require_http_methods(["GET", "POST"])
def assessment_withdraw(request: Request, public_id: UUID, row_id: UUID) -> HttpResponse:
    """Take back an assessment that was entered in error, or drop a draft."""
    patient, by, row = _opened(request, public_id, row_id)
    by.must(actions.right_to_record(row.instrument), patient.clinic)
    form = WithdrawAssessmentForm(form_data(request), initial={"version": row.version})
    if request.method == "POST" and form.is_valid():
        try:
            actions.withdraw_assessment(by, row, **form.cleaned_data, at=now())
        except Stale as stale:
            form.add_error(None, _stale_text(stale.current))
        except ValidationError as error:
            put_errors(form, error)
        else:
            return saved(request, patient, _("Taken back as entered in error"), "patient_chart")
    return form_page(
        request,
        patient,
        by,
        form,
        title=_("Entered in error: %(what)s") % {"what": queries.assessment_title(row)},
        button=_("Take it back"),
        back="patient_chart",
        intro=_("It stays in the history with your reason, is marked on no chart and counts nowhere."),
        tab="scores",
    )


@require_POST
def assessment_release(request: Request, public_id: UUID, row_id: UUID) -> HttpResponse:
    """Show an assessment to the patient, with or without guardians, or stop showing it."""
    patient, by, row = _opened(request, public_id, row_id)
    by.must(actions.right_to_record(row.instrument), patient.clinic)
    wanted = request.POST.get("to", "")
    if wanted not in ("all", "patient", "nobody"):
        messages.error(request, _("Choose who may see it."))
        return HttpResponseRedirect(reverse("assessment_page", args=[patient.public_id, row.public_id]))
    try:
        actions.release_assessment(by, row, release=wanted != "nobody", visible_to_guardians=wanted == "all", at=now())
    except Stale as stale:
        messages.error(request, _stale_text(stale.current))
        return HttpResponseRedirect(reverse("assessment_page", args=[patient.public_id, row.public_id]))
    return saved(request, patient, _("Saved who may see it"), "patient_chart")


@require_http_methods(["GET", "POST"])
def lab_add(request: Request, public_id: UUID) -> HttpResponse:
    """Record a TARC."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    form = LabForm(form_data(request), assays=queries.assays(patient))

    def act() -> object:
        key = form.cleaned_data["submission"]
        return actions.record_lab_result(by, patient, form.values(), submission=key, at=now())

    done = _("TARC recorded: %(value)s pg/mL") % {"value": form.data.get("value", "")}
    return save_or_show(request, patient, by, form, act, title=_("Record a TARC"), done=done, back="patient_chart")


@require_http_methods(["GET", "POST"])
@needs(May.MANAGE_SETTINGS)
def score_settings(request: Request) -> HttpResponse:
    """What the clinic chooses about scores."""
    clinic = request.access.here
    stored = queries.score_settings(clinic)
    names = ("out_of_date_days", "hides_half_points", "version")
    form = ScoreSettingsForm(form_data(request), initial={name: getattr(stored, name) for name in names})
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            actions.change_score_settings(
                request.access.actor(clinic), clinic, values, version=values.pop("version"), at=now()
            )
        except Stale:
            form.add_error(None, _("Somebody else changed these settings meanwhile. Open the page again."))
        else:
            messages.success(request, _("Settings saved for %(clinic)s.") % {"clinic": clinic})
            return redirect("score_settings")
    status = 409 if NON_FIELD_ERRORS in form.errors else 422 if form.errors else 200
    return render(
        request, "patients/score_settings.html", {"form": form, "clinic": clinic, "nav": "settings"}, status=status
    )
