"""One patient: register, close. The record at a glance, correcting it and opening it again are in regimens.views."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinics.access import May
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import needs, now, put_errors
from patients import actions, queries
from patients.forms import CloseForm, RegisterForm
from patients.models import Patient
from patients.views.base import form_page, opened, saved


@require_http_methods(["GET", "POST"])
@needs(May.EDIT_PATIENTS)
def patient_register(request: Request) -> HttpResponse:
    """Register a patient of the active clinic, after a look at possible duplicates."""
    clinic = request.access.here
    form = RegisterForm(form_data(request))
    duplicates: list[Patient] = []
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        duplicates = queries.possible_duplicates(
            clinic, family=values["family_name"], given=values["given_name"], born_on=values["birth_date"]
        )
        if not duplicates or values["confirm_not_duplicate"]:
            try:
                patient = _register(request, form)
            except ValidationError as error:
                put_errors(form, error)
            else:
                return saved(request, patient, _("Registered"))
        actions.show_duplicates(request.access.actor(clinic), duplicates, at=now())
    context = {"form": form, "duplicates": duplicates, "nav": "patients"}
    return render(request, "patients/register.html", context, status=422 if form.errors or duplicates else 200)


def _register(request: Request, form: RegisterForm) -> Patient:
    clinic, at = request.access.here, now()
    guardian, contacts = form.guardian(clinic.today(at)), form.contacts()
    by = request.access.actor(clinic)
    return actions.register_patient(by, clinic, form.cleaned_data, guardian=guardian, contacts=contacts, at=at)


@require_http_methods(["GET", "POST"])
def patient_close(request: Request, public_id: UUID) -> HttpResponse:
    """Close the record with a reason; it leaves the lists and stays readable."""
    patient, by = opened(request, public_id)
    by.must(May.EDIT_PATIENTS, patient.clinic)
    form = CloseForm(form_data(request), initial={"version": patient.version})
    if request.method == "POST" and form.is_valid():
        try:
            patient = actions.close_patient(by, patient, **form.cleaned_data, at=now())
        except Stale:
            form.add_error(None, _("The record was changed meanwhile. Open it again before you close it."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            return saved(request, patient, _("Record closed"))
    return form_page(
        request,
        patient,
        by,
        form,
        title=_("Close the record"),
        button=_("Close the record"),
        back="patient_page",
        intro=_("A closed record leaves the lists and stays readable. It can be opened again."),
    )
