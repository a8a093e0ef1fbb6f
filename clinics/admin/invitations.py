"""Invitations, and the first one of a clinic."""

from __future__ import annotations

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics import actions, mail
from clinics.access import Actor
from clinics.actions.staff import check_has_no_such_role, check_is_not_oneself
from clinics.admin.base import PlatformAdmin
from clinics.models import Invitation, Role
from clinics.views.base import now


class FirstInvitationForm(forms.ModelForm):
    """An invitation for an administrator of a clinic."""

    by: Actor

    class Meta:
        model = Invitation
        fields = ("clinic", "email", "name")

    def clean(self):
        values = super().clean() or {}
        if not self.errors:
            check_is_not_oneself(self.by, values["email"], field="email")
            check_has_no_such_role(values["clinic"], values["email"], Role.CLINIC_ADMIN)
        return values


@admin.register(Invitation)
class InvitationAdmin(PlatformAdmin):
    """Invitations. Made here: only for administrators of a clinic; the mail leaves with it."""

    form = FirstInvitationForm
    list_display = (
        "email",
        "name",
        "clinic",
        "role",
        "created_at",
        "expires_at",
        "accepted_at",
        "revoked_at",
    )
    list_filter = ("role", "created_at", ("accepted_at", admin.EmptyFieldListFilter))
    list_select_related = ("clinic",)
    search_fields = ("email", "name", "clinic__name")
    autocomplete_fields = ("clinic",)
    actions = ("send_again", "revoke")

    def get_fields(self, request, obj=None):
        return (
            ("clinic", "email", "name")
            if obj is None
            else [*self.list_display, "created_by", "accepted_by", "revoked_by", "public_id"]
        )

    def has_add_permission(self, request):
        return request.user.is_staff

    def save_model(self, request, obj, form, change):
        invitation, token = actions.invite_member(
            self.by(request), **form.cleaned_data, role=Role.CLINIC_ADMIN.value, at=now()
        )
        obj.pk, obj.role = invitation.pk, invitation.role
        transaction.on_commit(partial(self._send, request, invitation, token))

    @admin.action(description=_("Send again, with a new link"), permissions=["view"])
    def send_again(self, request, queryset):
        for row in queryset.filter(accepted_at=None, revoked_at=None).select_related("clinic"):
            try:
                self._send(request, *actions.invite_again(self.by(request), row, at=now()))
            except ValidationError as error:
                messages.error(request, f"{row.email}: {' '.join(error.messages)}")

    @admin.action(description=_("Revoke the selected invitations"), permissions=["view"])
    def revoke(self, request, queryset):
        revoked = [actions.revoke_invitation(self.by(request), row, at=now()) for row in queryset.select_related("clinic")]
        messages.success(request, gettext("Invitations revoked: %(number)d") % {"number": sum(revoked)})

    @staticmethod
    def _send(request, invitation, token):
        """After the invitation is stored."""
        url = request.build_absolute_uri(reverse("invitation_accept", args=[token]))
        if mail.send_invitation(invitation, url):
            messages.success(request, gettext("The message to %(to)s is on its way.") % {"to": invitation.email})
        else:
            text = gettext("The message to %(to)s could not be sent. Choose “Send again” in the list of invitations.")
            messages.error(request, text % {"to": invitation.email})
