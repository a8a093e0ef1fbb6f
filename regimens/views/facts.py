"""Facts that treatment rules depend on: allergies, measurements, precautions, date of birth; taking back, opening again.

Each is saved by an action that asks the rules about every line again; what they newly say stands beside "saved".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import now, put_errors
from patients import queries
from patients.actions import right_to_withdraw
from patients.errors import ScoresAffected
from patients.forms import AllergyForm, EditForm, MeasurementForm, PrecautionForm, WithdrawForm
from patients.models import (
    Allergy,
    Consent,
    ContactPoint,
    GuardianLink,
    LabResult,
    Measurement,
    Patient,
    PatientLink,
    Precaution,
)
from patients.views.base import form_page, opened, page, saved, uuid_or_404
from regimens import actions
from regimens.models import PastTreatment, TubeReport
from regimens.views.looks import checked_save, say_what_was_raised

# What stands in the address of a withdrawal, what is withdrawn, and the page to come back to.
WITHDRAWABLE: dict[str, tuple[type[Any], str]] = {
    "allergies": (Allergy, "patient_page"),
    "measurements": (Measurement, "patient_page"),
    "precautions": (Precaution, "patient_page"),
    "labs": (LabResult, "patient_chart"),
    "accounts": (PatientLink, "patient_people"),
    "guardians": (GuardianLink, "patient_people"),
    "contacts": (ContactPoint, "patient_people"),
    "consents": (Consent, "patient_people"),
    "past-treatments": (PastTreatment, "regimen_history"),
    "tubes": (TubeReport, "patient_doses"),
}


@require_http_methods(["GET", "POST"])
def allergy_add(request: Request, public_id: UUID) -> HttpResponse:
    """Record an allergy."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    form = AllergyForm(form_data(request))
    return checked_save(
        request,
        patient,
        by,
        form,
        lambda at: actions.record_allergy(by, patient, **form.values(), at=at),
        title=_("Record an allergy"),
        done=_("Allergy recorded"),
    )


@require_POST
def allergies_none_known(request: Request, public_id: UUID) -> HttpResponse:
    """Record that somebody asked and there is none."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    at = now()
    try:
        actions.record_no_known_allergies(by, patient, at=at)
    except ValidationError as error:
        return saved(request, patient, _("Not saved: %(why)s") % {"why": " ".join(error.messages)})
    answer = saved(request, patient, _("No known allergies recorded"))
    say_what_was_raised(request, patient, by, at=at)
    return answer


@require_http_methods(["GET", "POST"])
def measurement_add(request: Request, public_id: UUID) -> HttpResponse:
    """Record a weight or a height."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    form = MeasurementForm(form_data(request), initial={"measured_on": patient.clinic.today(now())})
    return checked_save(
        request,
        patient,
        by,
        form,
        lambda at: actions.record_measurement(by, patient, **form.cleaned_data, at=at),
        title=_("Record weight or height"),
        done=_("Measurement recorded"),
    )


@require_http_methods(["GET", "POST"])
def precaution_add(request: Request, public_id: UUID) -> HttpResponse:
    """Record what was found about a precaution; the page names the kind, or the row that this is news of."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    wanted = request.POST.get("replaces") if request.method == "POST" else request.GET.get("replaces")
    old = queries.row_of(Precaution, request.user, patient, uuid_or_404(wanted)) if wanted else None
    known = model_to_dict(old) | {"replaces": old.public_id} if old else {"kind": request.GET.get("kind", "")}
    form = PrecautionForm(form_data(request), initial=known)
    return checked_save(
        request,
        patient,
        by,
        form,
        lambda at: actions.record_precaution(by, patient, {**form.cleaned_data, "replaces": old}, at=at),
        title=_("Record what is new") if old else _("Record a precaution"),
        done=_("Precaution recorded"),
    )


@require_http_methods(["GET", "POST"])
def patient_edit(request: Request, public_id: UUID) -> HttpResponse:
    """Correct who the patient is. A page that is out of date shows both values and keeps the input."""
    patient, by = opened(request, public_id)
    by.must(May.EDIT_PATIENTS, patient.clinic)
    form = EditForm(form_data(request), instance=patient, initial={"version": patient.version})
    changed_meanwhile: Patient | None = None
    affected: list[Any] = []
    at = now()
    if request.method == "POST" and form.is_valid():
        try:
            patient = _update(by, patient, form, at)
        except Stale as stale:
            changed_meanwhile = stale.current
        except ScoresAffected as question:
            affected = question.rows
            form.ask_about_scores()
        except ValidationError as error:
            put_errors(form, error)
        else:
            answer = saved(request, patient, _("Saved"))
            say_what_was_raised(request, patient, by, at=at)
            return answer
    if changed_meanwhile is not None:
        return _stale_page(request, changed_meanwhile, by, form)
    return form_page(
        request,
        patient,
        by,
        form,
        title=_("Details"),
        button=_("Save"),
        back="patient_page",
        tab="details",
        affected=queries.affected_lines(affected),
    )


def _update(by: Actor, patient: Patient, form: EditForm, at: datetime) -> Patient:
    values = form.cleaned_data
    decided = values.get("affected_scores") or ""
    return actions.update_patient(by, patient, values, version=values["version"], affected_scores=decided, at=at)


def _stale_page(request: Request, patient: Patient, by: Actor, form: EditForm) -> HttpResponse:
    typed = request.POST.copy()
    typed["version"] = str(patient.version)  # the next save is made in the knowledge of the stored values
    form.data = typed
    context: dict[str, Any] = {
        "form": form,
        "title": _("Details"),
        "button": _("Save my values"),
        "back": "patient_page",
        "compare": queries.differences(patient, form.cleaned_data),
        "tab": "details",
    }
    return page(request, "patients/form.html", patient, by, status=409, **context)


@require_http_methods(["GET", "POST"])
def patient_reopen(request: Request, public_id: UUID) -> HttpResponse:
    """Open a closed record again."""
    patient, by = opened(request, public_id)
    by.must(May.EDIT_PATIENTS, patient.clinic)
    if request.method != "POST":
        return page(request, "patients/reopen.html", patient, by)
    at = now()
    try:
        patient = actions.reopen_patient(by, patient, version=patient.version, at=at)
    except Stale:
        return saved(request, patient, _("The record is open already"))
    answer = saved(request, patient, _("Record opened again"))
    say_what_was_raised(request, patient, by, at=at)
    return answer


@require_http_methods(["GET", "POST"])
def row_withdraw(request: Request, public_id: UUID, what: str, row_id: UUID) -> HttpResponse:
    """Take back a row, with a reason; it stays in history."""
    model, back = WITHDRAWABLE[what]
    patient, by = opened(request, public_id)
    by.must(right_to_withdraw(model), patient.clinic)
    row = queries.row_of(model, request.user, patient, row_id)
    form = WithdrawForm(form_data(request))
    return checked_save(
        request,
        patient,
        by,
        form,
        lambda at: actions.withdraw(by, row, reason=form.cleaned_data["reason"], at=at),
        title=_("Take back: %(what)s") % {"what": row},
        done=_("Taken back"),
        button=_("Take it back"),
        back=back,
        intro=_("It stays in the history and counts nowhere any more."),
    )
