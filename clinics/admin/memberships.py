"""Roles in clinics."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics import actions, queries
from clinics.access import Actor
from clinics.actions.staff import check_has_no_such_role, check_is_not_oneself
from clinics.admin.base import PlatformAdmin
from clinics.models import Membership, Role
from clinics.views.base import now


class AppointForm(forms.ModelForm):
    """An account that becomes administrator of a clinic."""

    by: Actor

    class Meta:
        model = Membership
        fields = ("clinic", "user")

    def clean(self):
        values = super().clean() or {}
        if not self.errors:
            check_is_not_oneself(self.by, values["user"].email, field="user")
            check_has_no_such_role(values["clinic"], values["user"].email, Role.CLINIC_ADMIN)
        return values


@admin.register(Membership)
class MembershipAdmin(PlatformAdmin):
    """Roles in clinics. Added here: only the administrator of a clinic; the clinic itself invites the others."""

    form = AppointForm
    list_display = ("user", "clinic", "role", "may_prescribe", "may_score", "is_medical_lead", "started_at", "ended_at")
    list_filter = ("role", ("ended_at", admin.EmptyFieldListFilter), "started_at")
    list_select_related = ("user", "clinic")
    search_fields = ("user__email", "user__name", "clinic__name")
    autocomplete_fields = ("clinic", "user")
    ordering = ("-pk",)
    actions = ("end_roles",)

    def get_fields(self, request, obj=None):
        return ("clinic", "user") if obj is None else [*self.list_display, "started_by", "ended_by", "public_id"]

    def has_add_permission(self, request):
        return request.user.is_staff

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            kwargs["queryset"] = queries.staff_accounts()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        chosen = form.cleaned_data
        obj.pk = actions.appoint_administrator(self.by(request), chosen["clinic"], chosen["user"], at=now()).pk
        obj.role = Role.CLINIC_ADMIN

    @admin.action(description=_("End the selected roles"), permissions=["view"])
    def end_roles(self, request, queryset):
        rows = list(queryset.filter(ended_at=None).select_related("clinic", "user"))
        for row in rows:
            actions.end_membership(self.by(request), row, at=now())
        messages.success(request, gettext("Roles ended: %(number)d") % {"number": len(rows)})
