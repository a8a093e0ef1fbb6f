"""What views share: the gate, the instant, the instance of an action's error in a form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponse, HttpResponseRedirect, QueryDict

from clinics import guard, queries
from clinics.access import May
from clinics.errors import NotAllowed
from clinics.http import Request

View = Callable[..., HttpResponse]


def now() -> datetime:
    """The instant of this request; the edge reads the clock, everything below is told."""
    return datetime.now(UTC)


def needs(what: May) -> Callable[[View], View]:
    """A page of the active clinic, for those who may do `what` there; somebody without a clinic goes to the start page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            _stay_in_clinic_of_form(request)
            if request.access.clinic is None:
                return HttpResponseRedirect("/")
            if not request.access.may(what):
                raise NotAllowed(what.value, clinic=request.access.clinic.public_id)
            return view(request, *args, **kwargs)

        return gated

    return decorate


def _stay_in_clinic_of_form(request: Request) -> None:
    """A form saves in the clinic it was made in, also when another one was chosen meanwhile in another tab."""
    typed = request.POST if request.method == "POST" else request.kept or QueryDict()
    made_in = typed.get(guard.CLINIC)
    if not made_in:
        return
    own = {str(clinic.public_id): clinic for clinic in request.access.clinics}
    if made_in not in own:
        raise queries.foreign_clinic(made_in)
    request.access.clinic = own[made_in]


def background(view: View) -> View:
    """A page the browser asks for by itself: it never extends the session (clinics/middleware.py)."""
    view.is_background = True  # type: ignore[attr-defined]
    return view


def put_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Show an action's refusal in the form, at its field where the form has it."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        known = name if name in form.fields and name != NON_FIELD_ERRORS else None
        form.add_error(known, ValidationError(errors))
