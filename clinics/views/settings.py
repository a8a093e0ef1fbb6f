"""What the clinic chooses for itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinics import actions, queries
from clinics.access import May
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.forms import ClinicForm
from clinics.http import Request
from clinics.models import Clinic
from clinics.views.base import needs, now, put_errors


@require_http_methods(["GET", "POST"])
@needs(May.MANAGE_SETTINGS)
def clinic_settings(request: Request) -> HttpResponse:
    """Name, zone, jurisdiction, languages, sender and idle time of a clinic."""
    clinic = request.access.here
    form = ClinicForm(form_data(request), initial=queries.clinic_values(clinic) | {"version": clinic.version})
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            actions.change_clinic(request.access.actor(clinic), clinic, values, version=values.pop("version"), at=now())
        except Stale as stale:
            return _stale(request, form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Settings saved for %(clinic)s.") % {"clinic": values["name"]})
            return redirect("clinic_settings")
    return _page(request, form, clinic, status=422 if form.errors else 200)


def _page(request: Request, form: ClinicForm, clinic: Clinic, status: int, **more: Any) -> HttpResponse:
    context = {"form": form, "clinic": clinic, "nav": "settings", **more}
    return render(request, "clinics/settings.html", context, status=status)


def _stale(request: Request, form: ClinicForm, stored: Clinic) -> HttpResponse:
    """Both values, the input kept; the next save is made in the knowledge of the stored ones."""
    data = request.POST.copy()
    data["version"] = str(stored.version)
    form.data = data
    typed = form.cleaned_data
    compare = [
        (form.fields[name].label, _shown(form, name, value), _shown(form, name, typed[name]))
        for name, value in queries.clinic_values(stored).items()
        if value != typed[name]
    ]
    return _page(request, form, stored, status=409, compare=compare)


def _shown(form: ClinicForm, name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(form, name, one) for one in value)
    choices = dict(getattr(form.fields[name], "choices", []))
    return str(choices.get(value, value)) if value not in (None, "") else "–"
