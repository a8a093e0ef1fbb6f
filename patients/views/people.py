"""People around a patient: who has access, how they are reached, what they agreed to."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics.access import May
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import now
from patients import actions, queries
from patients.forms import ConsentForm, ContactForm, GuardianForm
from patients.views.base import opened, page, save_or_show


@require_GET
def patient_people(request: Request, public_id: UUID) -> HttpResponse:
    """Accounts, guardians, addresses and consents."""
    patient, by = opened(request, public_id)
    people, today = queries.people(patient), patient.clinic.today(now())
    return page(
        request,
        "patients/people.html",
        patient,
        by,
        people=people,
        tab="people",
        today=today,
        verb="people and access opened",
    )


@require_http_methods(["GET", "POST"])
def guardian_add(request: Request, public_id: UUID) -> HttpResponse:
    """Let somebody act for the patient."""
    patient, by = opened(request, public_id)
    by.must(May.GRANT_ACCESS, patient.clinic)
    form = GuardianForm(form_data(request), initial={"from_on": patient.clinic.today(now())})
    return save_or_show(
        request,
        patient,
        by,
        form,
        lambda: actions.grant_guardian(by, patient, form.cleaned_data, at=now()),
        title=_("Add a guardian"),
        done=_("Guardian added"),
        back="patient_people",
        intro=_("Check who the person is before you save: your name is kept as the one who saw the evidence."),
    )


@require_http_methods(["GET", "POST"])
def contact_add(request: Request, public_id: UUID) -> HttpResponse:
    """Add an address of the patient or of a guardian."""
    patient, by = opened(request, public_id)
    by.must(May.EDIT_PATIENTS, patient.clinic)
    form = ContactForm(patient, form_data(request))
    return save_or_show(
        request,
        patient,
        by,
        form,
        lambda: actions.add_contact_point(by, patient, **form.cleaned_data, at=now()),
        title=_("Add an e-mail or phone"),
        done=_("Contact added"),
        back="patient_people",
        intro=_("Messages go to an address only once its owner has confirmed it."),
    )


@require_http_methods(["GET", "POST"])
def consent_add(request: Request, public_id: UUID) -> HttpResponse:
    """Record a consent."""
    patient, by = opened(request, public_id)
    by.must(May.GRANT_ACCESS, patient.clinic)
    form = ConsentForm(form_data(request), initial={"given_on": patient.clinic.today(now())})
    return save_or_show(
        request,
        patient,
        by,
        form,
        lambda: actions.record_consent(by, patient, **form.cleaned_data, at=now()),
        title=_("Record a consent"),
        done=_("Consent recorded"),
        back="patient_people",
    )
