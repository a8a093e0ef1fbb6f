"""Error pages: what happened in plain words, the request id, and a way back. The API gets problem JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from clinics import audit, guard
from clinics.http import Request
from clinics.models import Kind, Outcome
from clinics.problems import problem


def _page(request: Request, status: int, title: str, text: str, back: str = "", back_label: str = "") -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem(request, status, text)
    context = {"title": title, "text": text, "status": status, "back": back, "back_label": back_label}
    return render(request, "error.html", context, status=status)


def bad_request(request: Request, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _page(request, 400, _("This request could not be read"), _("Go back and try again."))


def forbidden(request: Request, exception: Exception | None = None) -> HttpResponse:
    """403: in the clinic, but not with this role."""
    return _page(
        request,
        403,
        _("Your role does not allow this"),
        _("Ask a colleague who may do it, or the administrator of your clinic."),
    )


def not_found(request: Request, exception: Exception | None = None) -> HttpResponse:
    """404, the same for what does not exist and for what belongs to another clinic."""
    return _page(
        request, 404, _("There is nothing here"), _("The address may be wrong, or the record is not one of your clinic.")
    )


def too_large(request: Request) -> HttpResponse:
    """413."""
    return _page(request, 413, _("That was too much at once"), _("The request is larger than this page accepts."))


def too_many(request: Request, exception: Exception | None = None) -> HttpResponse:
    """429, with how long to wait."""
    response = _page(
        request, 429, _("Too many tries"), _("Wait a few minutes and try again. Nobody is locked out for longer than that.")
    )
    response["Retry-After"] = "300"
    return response


def server_error(request: Request) -> HttpResponse:
    """500: our fault; no detail, and nothing on the page that needs the database, the session or the person."""
    title = _("Something went wrong on our side")
    text = _("It was noted. Try again; if it happens again, give this number to your administrator.")
    if request.path.startswith("/api/"):
        return problem(request, 500, text)
    context = {"title": title, "text": text, "number": getattr(request, "request_id", "")}
    return HttpResponse(render_to_string("server_error.html", context), status=500)


def csrf_failure(request: Request, reason: str = "") -> HttpResponse:
    """403 for a form whose key is no longer valid. A form we made for this person goes back to them with its input."""
    from clinics.actions import keep_form

    made = guard.read(request.POST.get(guard.FIELD, ""))
    if made is not None and guard.fits(made, request):
        kept = keep_form(made.user, made.path, guard.input_of(request.POST), at=datetime.now(UTC))
        if kept is not None:
            return HttpResponseRedirect(f"{made.path}?{urlencode({'kept': kept.public_id})}")
    by = request.access.actor(request.access.clinic)
    audit.record(by, "form without its key", Kind.EXECUTE, at=datetime.now(UTC), outcome=Outcome.REFUSED)
    return _page(
        request,
        403,
        _("This form is no longer valid"),
        _("You signed in again since it was opened, or cookies are blocked. Nothing was saved; open the page again."),
    )


def not_this_form(request: Request, made: guard.MadeFor, back: str) -> HttpResponse:
    """409: the form was made for another person or another page; nothing was saved, the input is kept for its owner."""
    if str(request.user.public_id) == made.user:
        return _page(
            request,
            409,
            _("This form belongs to another page"),
            _("Nothing was saved. What was typed is kept on the page it was made for."),
            back=back,
            back_label=_("Open that page with the input"),
        )
    return _page(
        request,
        409,
        _("This form was opened by someone else"),
        _("Nothing was saved. What was typed is kept for the person who opened it, once they sign in again."),
    )
