"""What a clinic chooses about doses, and its own words to patients: the medical lead."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinics.access import May
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import needs, now, put_errors
from regimens.actions import change_dose_settings
from regimens.forms.dose_settings import DoseSettingsForm
from regimens.models import DoseSettings
from regimens.queries.dose_numbers import stored_settings
from regimens.queries.doses import Settings


@require_http_methods(["GET", "POST"])
@needs(May.CHOOSE_RULES)
def dose_settings(request: Request) -> HttpResponse:
    """Numbers and words about doses; a page that is out of date shows both and keeps the input."""
    clinic = request.access.here
    stored = stored_settings(clinic)
    form = DoseSettingsForm(form_data(request), initial=_values(stored) | {"version": stored.version})
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            change_dose_settings(request.access.actor(clinic), clinic, values, version=values.pop("version"), at=now())
        except Stale as stale:
            return _stale(request, form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Settings saved for %(clinic)s.") % {"clinic": clinic})
            return redirect("dose_settings")
    return _page(request, form, status=422 if form.errors else 200)


def _values(stored: DoseSettings) -> dict[str, Any]:
    return {name: getattr(stored, name) for name in Settings._fields}


def _page(request: Request, form: DoseSettingsForm, *, status: int, **more: Any) -> HttpResponse:
    context = {"form": form, "clinic": request.access.here, "nav": "guidance", **more}
    return render(request, "regimens/dose_settings.html", context, status=status)


def _stale(request: Request, form: DoseSettingsForm, stored: DoseSettings) -> HttpResponse:
    """Both values, the input kept; the next save is made in the knowledge of the stored ones."""
    data = request.POST.copy()
    data["version"] = str(stored.version)
    form.data = data
    typed = form.cleaned_data
    compare = [
        (form.fields[name].label, _shown(value), _shown(typed[name]))
        for name, value in _values(stored).items()
        if value != typed[name]
    ]
    return _page(request, form, status=409, compare=compare)


def _shown(value: Any) -> str:
    return "–" if value in (None, "") else str(value)
