"""What the pages of one patient share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from clinics import queries as clinic_queries
from clinics.access import Actor
from clinics.actions import forget_kept_forms
from clinics.http import Request
from clinics.models import KeptForm
from clinics.models.base import day
from clinics.views.base import now, put_errors
from patients import actions, queries
from patients.models import Patient


def opened(request: Request, public_id: UUID) -> tuple[Patient, Actor]:
    """The patient of this address and the person of this request as an actor in the patient's clinic."""
    patient = queries.patient(request.user, public_id)
    return patient, request.access.actor(patient.clinic)


@transaction.atomic
def page(
    request: Request,
    template: str,
    patient: Patient,
    by: Actor,
    status: int = 200,
    *,
    verb: str = "patient opened",
    **context: Any,
) -> HttpResponse:
    """A page of the record: with the banner on top, nothing clinical for those who may not see it, and its audit row."""
    actions.open_patient(by, patient, at=now(), page=verb)
    banner = queries.banner(patient, by.rights, on=patient.clinic.today(now()))
    return render(request, template, {"patient": patient, "banner": banner, "nav": "patients", **context}, status=status)


def form_page(
    request: Request,
    patient: Patient,
    by: Actor,
    form: forms.BaseForm,
    *,
    title: str,
    button: str,
    back: str,
    **more: Any,
) -> HttpResponse:
    """A page that is one form about the patient."""
    context = {"form": form, "title": title, "button": button, "back": back, "kept": kept_input(request), **more}
    return page(request, "patients/form.html", patient, by, status=422 if form.errors else 200, **context)


def kept_input(request: Request) -> KeptForm | None:
    """What this person typed on this page and could not save: offered when the empty form is opened."""
    if request.method != "GET" or request.kept is not None:
        return None
    return clinic_queries.kept_for(request.user, request.path, at=now())


def uuid_or_404(text: str) -> UUID:
    """A public id from a query or a form."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


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


def say_saved(request: Request, patient: Patient, what: str) -> None:
    """A sentence for the next page that says whose record was changed; nothing typed on this page is kept any more."""
    forget_kept_forms(request.user, request.path)
    # Isolated, so that an Arabic or Hebrew name does not turn the date and the number beside it around.
    whose = '<bdi>{}</bdi>, <bdi class="nowrap">{}</bdi>, <bdi>{}</bdi>'
    text = format_html("{} – " + whose, what, patient, day(patient.birth_date), patient.record_number)
    messages.success(request, text)


def saved(request: Request, patient: Patient, what: str, to: str = "patient_page") -> HttpResponse:
    """Back to the record, with a sentence that says whose record was changed."""
    say_saved(request, patient, what)
    return HttpResponseRedirect(reverse(to, args=[patient.public_id]))
