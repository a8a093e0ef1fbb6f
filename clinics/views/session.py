"""Coming in, staying in, choosing the clinic, going out."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from allauth.account.views import LogoutView
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics import audit, queries
from clinics.errors import NotYours
from clinics.http import Request
from clinics.models.base import day
from clinics.views.base import background, now

sign_out_view = LogoutView.as_view()


@require_GET
def home(request: Request) -> HttpResponse:
    """The first page after sign-in: where this person's work is."""
    before = request.session.pop("previous_sign_in", "")
    if before:
        zone = request.access.clinic.zone if request.access.clinic else "UTC"
        local = datetime.fromisoformat(before).astimezone(ZoneInfo(zone))
        text = f"{day(local)} {local:%H:%M}"
        messages.info(request, _("Your last sign-in before this one: %(when)s.") % {"when": text})
    if request.access.clinic is not None:
        return redirect("patient_list")
    if request.user.is_staff:
        return redirect("admin:index")
    return render(request, "clinics/no_clinic.html")


@require_http_methods(["GET", "POST"])
def clinic_switch(request: Request) -> HttpResponse:
    """Choose the active clinic; it filters lists and changes no open record."""
    if request.method == "POST":
        chosen = request.POST.get("clinic", "")
        if chosen not in {str(clinic.public_id) for clinic in request.access.clinics}:
            foreign = queries.foreign_clinic(chosen)
            if isinstance(foreign, NotYours):
                audit.record_refusal(request.access.actor(request.access.clinic), foreign, at=now())
            messages.error(request, _("Choose one of your clinics."))
            return redirect("clinic_switch")
        request.session["clinic"] = chosen
        request.session.pop("searches", None)
        request.session.cycle_key()
        return redirect("home")
    return render(request, "clinics/switch.html")


@background
@require_GET
def session_status(request: Request) -> JsonResponse:
    """Seconds left of this session; asking does not extend it."""
    return JsonResponse({"seconds_left": request.session_ends_in})


@require_POST
def session_extend(request: Request) -> HttpResponse:
    """A person says they are still there; the middleware extends the session for every page a person asks for."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"seconds_left": request.session_ends_in})
    return HttpResponseRedirect(reverse("home"))


def sign_out(request: Request) -> HttpResponse:
    """End the session here and forget everything the browser stored of this site."""
    response = sign_out_view(request)
    if request.method == "POST":
        response["Clear-Site-Data"] = '"cache", "storage"'
    return response
