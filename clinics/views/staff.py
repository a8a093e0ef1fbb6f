"""Who works in the clinic: roles, flags, invitations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import model_to_dict
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics import actions, mail, queries
from clinics.access import Actor, May
from clinics.actions.staff import FLAGS
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.forms import InviteForm, MembershipForm
from clinics.http import Request
from clinics.models import Invitation, Membership, Role
from clinics.views.base import needs, now, put_errors


@require_GET
@needs(May.MANAGE_STAFF)
def staff_list(request: Request) -> HttpResponse:
    """Roles, open invitations and ended roles of the active clinic."""
    clinic, at = request.access.here, now()
    context = {
        "staff": queries.staff(clinic),
        "invitations": queries.pending_invitations(clinic, at),
        "ended": queries.ended_roles(clinic),
        "now": at,
        "nav": "staff",
    }
    return render(request, "clinics/staff_list.html", context)


@require_http_methods(["GET", "POST"])
@needs(May.MANAGE_STAFF)
def staff_invite(request: Request) -> HttpResponse:
    """Invite somebody; the mail leaves after the invitation is stored."""
    clinic = request.access.here
    form = InviteForm(form_data(request))
    if request.method == "POST" and form.is_valid():
        try:
            invitation, token = actions.invite_member(request.access.actor(clinic), clinic, **form.cleaned_data, at=now())
        except ValidationError as error:
            put_errors(form, error)
        else:
            return _send(request, invitation, token)
    context = {"form": form, "nav": "staff"}
    return render(request, "clinics/staff_invite.html", context, status=422 if form.errors else 200)


@require_POST
def invitation_resend(request: Request, public_id: UUID) -> HttpResponse:
    """The same offer with a new link; the link sent before no longer works."""
    invitation, by = _managed_invitation(request, public_id)
    try:
        fresh, token = actions.invite_again(by, invitation, at=now())
    except ValidationError as error:
        messages.error(request, f"{invitation.name}: {' '.join(error.messages)}")
        return redirect("staff_list")
    return _send(request, fresh, token)


@require_POST
def invitation_revoke(request: Request, public_id: UUID) -> HttpResponse:
    """Withdraw an offer; its link no longer works."""
    invitation, by = _managed_invitation(request, public_id)
    if actions.revoke_invitation(by, invitation, at=now()):
        messages.success(request, _("The invitation for %(name)s is revoked.") % {"name": _who(invitation)})
    else:
        messages.info(request, _("The invitation for %(name)s was used or revoked before.") % {"name": _who(invitation)})
    return redirect("staff_list")


@require_http_methods(["GET", "POST"])
def staff_change(request: Request, public_id: UUID) -> HttpResponse:
    """Change what a member of staff may do beyond the role."""
    membership, by = _managed_role(request, public_id)
    if membership.ended_at or membership.role == Role.CLINIC_ADMIN:
        return _nothing_to_change(request, membership)
    form = MembershipForm(form_data(request), initial=model_to_dict(membership, FLAGS) | {"version": membership.version})
    if request.method == "POST" and form.is_valid():
        flags = {flag: form.cleaned_data[flag] for flag in FLAGS}
        try:
            actions.change_membership(by, membership, flags, version=form.cleaned_data["version"], at=now())
        except Stale as stale:
            return _stale(request, form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Saved for %(name)s.") % {"name": membership.user.name})
            return redirect("staff_list")
    return _change_page(request, form, membership, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def staff_end(request: Request, public_id: UUID) -> HttpResponse:
    """Take a role away, after a look at what that means."""
    membership, by = _managed_role(request, public_id)
    if membership.ended_at:
        return _nothing_to_change(request, membership)
    refusal = ""
    if request.method == "POST":
        try:
            actions.end_membership(by, membership, at=now())
        except ValidationError as error:
            refusal = " ".join(error.messages)
        else:
            values = {"name": membership.user.name, "role": membership.get_role_display()}
            messages.success(request, _("%(name)s is no longer %(role)s here.") % values)
            return redirect("home" if membership.user_id == request.user.pk else "staff_list")
    context = {"membership": membership, "refusal": refusal, "nav": "staff"}
    return render(request, "clinics/staff_end.html", context, status=422 if refusal else 200)


def _managed_role(request: Request, public_id: UUID) -> tuple[Membership, Actor]:
    membership = queries.membership(request.access, public_id)
    by = request.access.actor(membership.clinic)
    by.must(May.MANAGE_STAFF, membership.clinic)
    return membership, by


def _managed_invitation(request: Request, public_id: UUID) -> tuple[Invitation, Actor]:
    invitation = queries.invitation(request.access, public_id)
    by = request.access.actor(invitation.clinic)
    by.must(May.MANAGE_STAFF, invitation.clinic)
    return invitation, by


def _send(request: Request, invitation: Invitation, token: str) -> HttpResponse:
    url = request.build_absolute_uri(reverse("invitation_accept", args=[token]))
    if mail.send_invitation(invitation, url):
        messages.success(request, _("The invitation for %(name)s is on its way.") % {"name": _who(invitation)})
    else:
        messages.error(
            request,
            _("The invitation for %(name)s is stored, but the message could not be sent. Try “Send again” below.")
            % {"name": _who(invitation)},
        )
    return HttpResponseRedirect(reverse("staff_list"))


def _who(invitation: Invitation) -> str:
    return f"{invitation.name} ({invitation.email})"


def _nothing_to_change(request: Request, membership: Membership) -> HttpResponse:
    if membership.ended_at:
        messages.info(request, _("The role of %(name)s has ended already.") % {"name": membership.user.name})
    else:
        messages.info(request, _("A clinic administrator has no clinical permission to change."))
    return redirect("staff_list")


def _change_page(request: Request, form: MembershipForm, membership: Membership, status: int, **more: Any) -> HttpResponse:
    context = {"form": form, "membership": membership, "nav": "staff", **more}
    return render(request, "clinics/staff_change.html", context, status=status)


def _stale(request: Request, form: MembershipForm, stored: Membership) -> HttpResponse:
    """Both values, the input kept; the next save is made in the knowledge of the stored ones."""
    if stored.ended_at:
        return _nothing_to_change(request, stored)
    data = request.POST.copy()
    data["version"] = str(stored.version)
    form.data = data
    yes_no = {True: _("yes"), False: _("no")}
    compare = [
        (form.fields[flag].label, yes_no[getattr(stored, flag)], yes_no[form.cleaned_data[flag]])
        for flag in FLAGS
        if getattr(stored, flag) != form.cleaned_data[flag]
    ]
    return _change_page(request, form, stored, status=409, compare=compare)
