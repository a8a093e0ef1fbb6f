"""Around every request: its id, its size, its headers, who is asking, for how long, and for whom a form was made."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from clinics import audit, guard, logs, queries
from clinics.access import Access, session_limits
from clinics.actions import keep_form
from clinics.errors import NotAllowed, NotYours
from clinics.http import Request
from clinics.models import Kind, Outcome
from clinics.views import errors

GetResponse = Callable[[Request], HttpResponse]

MINUTE = 60


class RequestIdMiddleware:
    """A random id for the request: on the answer, on every log line and audit row, on every error page."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.request_id = secrets.token_hex(8)
        token = logs.request_id.set(request.request_id)
        try:
            response = self.get_response(request)
        finally:
            logs.request_id.reset(token)
        response["X-Request-ID"] = request.request_id
        return response


class AnswerHeadersMiddleware:
    """Headers of every answer that is not a static file; a signed-in answer is never stored by a browser."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response


class BodyLimitMiddleware:
    """Answer 413 before reading a body that is too large."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return errors.too_large(request)
        return self.get_response(request)


class AccessMiddleware:
    """`request.access`: the person's live memberships, read at most once, so a removed role stops on the next request."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.access = Access(
            user=request.user,
            channel="admin" if request.path.startswith("/admin/") else "web",
            request_id=request.request_id,
            address=get_adapter().get_client_ip(request),
            wanted_clinic=request.session.get("clinic", ""),
        )
        return self.get_response(request)


class SessionLimitMiddleware:
    """Idle and absolute limits by role. Checked on every request; extended only by what a person does."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.session_ends_in = None
        if request.user.is_authenticated:
            now = int(datetime.now(UTC).timestamp())
            limits = session_limits(request.access)
            began = request.session.setdefault("signed_in_at", now)
            seen = request.session.setdefault("seen_at", now)
            idle_left = int(seen + limits.idle.total_seconds()) - now
            left = min(idle_left, int(began + limits.absolute.total_seconds()) - now)
            if left > 0:
                request.session_ends_in = left
            else:
                self._end(request, "idle" if idle_left <= 0 else "absolute limit")
        response = self.get_response(request)
        return self._for_htmx(request, response)

    @staticmethod
    def _end(request: Request, reason: str) -> None:
        """Sign out, note why, and say so on the next page."""
        by = request.access.actor(request.access.clinic)
        audit.record(by, "session ended", Kind.EXECUTE, at=datetime.now(UTC), obj=by.user, reason=reason)
        logout(request)
        request.access = Access(user=request.user, request_id=request.request_id, address=by.address)
        if reason == "idle":
            text = _("You were signed out because nothing happened here for a while. Please sign in again.")
        else:
            text = _("You were signed out because you had been signed in for long. Please sign in again.")
        messages.info(request, text)

    def process_view(self, request: Request, view: Callable, args: tuple, kwargs: dict) -> None:
        """A page a person asked for extends the session (written at most once a minute); a background one never."""
        is_persons = request.method in ("GET", "POST") and not getattr(view, "is_background", False)
        if request.user.is_authenticated and is_persons:
            now = int(datetime.now(UTC).timestamp())
            if now - request.session["seen_at"] >= MINUTE:
                request.session["seen_at"] = now
            limits = session_limits(request.access)
            ends = request.session["signed_in_at"] + limits.absolute.total_seconds() - now
            request.session_ends_in = int(min(limits.idle.total_seconds(), ends))

    @staticmethod
    def _for_htmx(request: Request, response: HttpResponse) -> HttpResponse:
        """A part of a page cannot show the sign-in page: send the whole browser there."""
        is_part = request.headers.get("HX-Request") == "true"
        if is_part and response.status_code == 302 and response["Location"].startswith(resolve_url(settings.LOGIN_URL)):
            whole = HttpResponse(status=204)
            whole["HX-Redirect"] = response["Location"]
            patch_vary_headers(whole, ["HX-Request"])
            return whole
        return response


class FormGuardMiddleware:
    """A form saves only for the person and the page it was made for; otherwise its input is kept and nothing is saved."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.kept = None
        is_form = request.content_type in guard.FORM_TYPES and not request.path.startswith("/api/")  # the API reads its own
        if request.method == "POST" and is_form:
            made_for = guard.read(request.POST.get(guard.FIELD, ""))
            lost = request.user.is_authenticated or (made_for is not None and made_for.path == request.path)
            if made_for is not None and lost and not guard.fits(made_for, request):
                return self._keep(request, made_for)
        elif request.method == "GET" and "kept" in request.GET and request.user.is_authenticated:
            body = queries.kept_form(request.user, request.path, request.GET["kept"], at=datetime.now(UTC))
            request.kept = QueryDict(body) if body is not None else None
        return self.get_response(request)

    @staticmethod
    def _keep(request: Request, made_for: guard.MadeFor) -> HttpResponse:
        kept = keep_form(made_for.user, made_for.path, guard.input_of(request.POST), at=datetime.now(UTC))
        back = f"{made_for.path}?{urlencode({'kept': kept.public_id})}" if kept else made_for.path
        if request.user.is_authenticated:
            by = request.access.actor(request.access.clinic)
            audit.record(by, "form of another page", Kind.EXECUTE, at=datetime.now(UTC), outcome=Outcome.REFUSED)
            return errors.not_this_form(request, made_for, back)
        messages.info(request, _("What you typed was kept. Sign in as the same person to go on with it."))
        return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}")


class RefusalMiddleware:
    """A try at what is not theirs leaves a security row, outside the transaction that was rolled back."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Record it and let Django answer 404 or 403 as for anybody."""
        if isinstance(exception, (NotYours, NotAllowed)):
            audit.record_refusal(request.access.actor(request.access.clinic), exception, at=datetime.now(UTC))
