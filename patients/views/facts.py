"""Allergies, measurements, precautions; and taking back any row about a patient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinics.access import Actor, May
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import now, put_errors
from patients import actions, queries
from patients.forms import AllergyForm, MeasurementForm, PrecautionForm, WithdrawForm
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
from patients.views.base import form_page, opened, saved

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
}


def save_or_show(
    request: Request,
    patient: Patient,
    by: Actor,
    form: forms.BaseForm,
    act: Callable[[], object],
    *,
    title: str,
    done: str,
    button: str = "",
    back: str = "patient_page",
    intro: str = "",
) -> HttpResponse:
    """One form, one action: save and go back to the record, or show the form with what is wrong."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except ValidationError as error:
            put_errors(form, error)
        else:
            return saved(request, patient, done, back)
    return form_page(request, patient, by, form, title=title, button=button or _("Save"), back=back, intro=intro)


@require_http_methods(["GET", "POST"])
def allergy_add(request: Request, public_id: UUID) -> HttpResponse:
    """Record an allergy."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    form = AllergyForm(form_data(request))
    return save_or_show(
        request,
        patient,
        by,
        form,
        lambda: actions.record_allergy(by, patient, **form.values(), at=now()),
        title=_("Record an allergy"),
        done=_("Allergy recorded"),
    )


@require_POST
def allergies_none_known(request: Request, public_id: UUID) -> HttpResponse:
    """Record that somebody asked and there is none."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    try:
        actions.record_no_known_allergies(by, patient, at=now())
    except ValidationError as error:
        return saved(request, patient, _("Not saved: %(why)s") % {"why": " ".join(error.messages)})
    return saved(request, patient, _("No known allergies recorded"))


@require_http_methods(["GET", "POST"])
def measurement_add(request: Request, public_id: UUID) -> HttpResponse:
    """Record a weight or a height."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    form = MeasurementForm(form_data(request), initial={"measured_on": patient.clinic.today(now())})
    return save_or_show(
        request,
        patient,
        by,
        form,
        lambda: actions.record_measurement(by, patient, **form.cleaned_data, at=now()),
        title=_("Record weight or height"),
        done=_("Measurement recorded"),
    )


def uuid_or_404(text: str) -> UUID:
    """A public id from a query or a form."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


@require_http_methods(["GET", "POST"])
def precaution_add(request: Request, public_id: UUID) -> HttpResponse:
    """Record what was found about a precaution; the page names the kind, or the row that this is news of."""
    patient, by = opened(request, public_id)
    by.must(May.RECORD_FACTS, patient.clinic)
    wanted = request.POST.get("replaces") if request.method == "POST" else request.GET.get("replaces")
    old = queries.row_of(Precaution, request.user, patient, uuid_or_404(wanted)) if wanted else None
    known = model_to_dict(old) | {"replaces": old.public_id} if old else {"kind": request.GET.get("kind", "")}
    form = PrecautionForm(form_data(request), initial=known)
    return save_or_show(
        request,
        patient,
        by,
        form,
        lambda: actions.record_precaution(by, patient, {**form.cleaned_data, "replaces": old}, at=now()),
        title=_("Record what is new") if old else _("Record a precaution"),
        done=_("Precaution recorded"),
    )


@require_http_methods(["GET", "POST"])
def row_withdraw(request: Request, public_id: UUID, what: str, row_id: UUID) -> HttpResponse:
    """Take back a row, with a reason; it stays in history."""
    if what not in WITHDRAWABLE:
        raise Http404
    model, back = WITHDRAWABLE[what]
    patient, by = opened(request, public_id)
    by.must(actions.right_to_withdraw(model), patient.clinic)
    row = queries.row_of(model, request.user, patient, row_id)
    form = WithdrawForm(form_data(request))
    return save_or_show(
        request,
        patient,
        by,
        form,
        lambda: actions.withdraw(by, row, reason=form.cleaned_data["reason"], at=now()),
        title=_("Take back: %(what)s") % {"what": row},
        done=_("Taken back"),
        button=_("Take it back"),
        back=back,
        intro=_("It stays in the history and counts nowhere any more."),
    )
