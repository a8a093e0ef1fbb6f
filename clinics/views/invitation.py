"""Taking up an invitation. The link's token is exchanged for a note in the session, so that no further address holds it."""

from __future__ import annotations

from allauth.account.utils import perform_login

# The public wrapper does not count GET, and this link is a GET.
from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from clinics import actions, queries
from clinics.actions.tokens import hash_token
from clinics.forms import AcceptForm
from clinics.http import Request
from clinics.models import Invitation
from clinics.views import errors
from clinics.views.base import now

SESSION_KEY = "invitation"


@login_not_required
@require_GET
def invitation_accept(request: Request, token: str) -> HttpResponse:
    """The link of the mail. Opening it uses nothing up; wrong, used, revoked and expired links are answered alike."""
    at = now()
    invitation = queries.open_invitation(at, token_hash=hash_token(token))
    if invitation is not None:
        request.session[SESSION_KEY] = str(invitation.public_id)
        response: HttpResponse = redirect("invitation_form")
    elif ratelimit.consume(request, app="allauth.account", action="token", limit_get=True):
        actions.note_wrong_link(request.access.actor(None), at=at)
        response = _gone(request)
    else:
        response = errors.too_many(request)
    response["Referrer-Policy"] = "no-referrer"
    return response


@login_not_required
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def invitation_form(request: Request) -> HttpResponse:
    """Accept: with a new account, or with the account this address has."""
    wanted = request.session.get(SESSION_KEY, "")
    invitation = queries.open_invitation(now(), public_id=wanted) if wanted else None
    if invitation is None:
        return _gone(request)
    if request.user.is_authenticated:
        return _with_own_account(request, invitation)
    if queries.has_account(invitation.email):
        return render(request, "clinics/invitation_sign_in.html", {"invitation": invitation})
    return _with_new_account(request, invitation)


def _with_new_account(request: Request, invitation: Invitation) -> HttpResponse:
    form = AcceptForm(request.POST or None, email=invitation.email, initial={"name": invitation.name})
    if request.method == "POST" and form.is_valid():
        name, password = form.cleaned_data["name"], form.cleaned_data["password1"]
        try:
            membership = actions.accept_invitation(
                request.access.actor(None), invitation, name=name, password=password, at=now()
            )
        except ValidationError:
            return redirect("invitation_form")  # taken in this very moment: the page says what is possible now
        del request.session[SESSION_KEY]
        return perform_login(request, membership.user, email=invitation.email)
    context = {"form": form, "invitation": invitation}
    return render(request, "clinics/invitation.html", context, status=422 if form.errors else 200)


def _with_own_account(request: Request, invitation: Invitation) -> HttpResponse:
    fits = request.user.email == invitation.email
    if request.method == "POST" and fits:
        try:
            actions.accept_invitation(request.access.actor(None), invitation, user=request.user, at=now())
        except ValidationError:
            return redirect("invitation_form")
        del request.session[SESSION_KEY]
        request.session["clinic"] = str(invitation.clinic.public_id)
        request.session.cycle_key()
        messages.success(request, _("You now work in %(clinic)s.") % {"clinic": invitation.clinic.name})
        return redirect("home")
    return render(request, "clinics/invitation_own_account.html", {"invitation": invitation, "fits": fits})


def _gone(request: Request) -> HttpResponse:
    return render(request, "clinics/invitation_gone.html", status=404)
