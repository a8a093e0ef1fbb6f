"""Accounts of staff, with the roles they hold."""

from __future__ import annotations

from django.contrib import admin

from clinics import actions, queries
from clinics.admin.base import PlatformAdmin
from clinics.models import Membership, User
from clinics.views.base import now


class MembershipInline(admin.TabularInline):
    """The roles of an account, for reading."""

    model = Membership
    fk_name = "user"
    fields = ("clinic", "role", "may_prescribe", "may_score", "is_medical_lead", "started_at", "ended_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("clinic")

    def has_view_permission(self, request, obj=None):
        return request.user.is_staff

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(User)
class UserAdmin(PlatformAdmin):
    """Accounts of staff. Those of patients and guardians are not shown: they tell who is treated."""

    fields = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login", "date_joined", "public_id")
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "last_login")
    search_fields = ("email", "name")
    inlines = (MembershipInline,)

    def has_change_permission(self, request, obj=None):
        return request.user.is_staff and (obj is None or request.user.is_superuser or not obj.is_superuser)

    def get_readonly_fields(self, request, obj=None):
        own = () if obj is None or obj.pk != request.user.pk else ("is_active", "is_staff")
        theirs = () if request.user.is_superuser else ("is_staff",)
        return ("email", "name", "is_superuser", "last_login", "date_joined", "public_id", *own, *theirs)

    def get_queryset(self, request):
        return queries.staff_accounts()

    def save_model(self, request, obj, form, change):
        by, at = self.by(request), now()
        if "is_active" in form.changed_data:
            actions.set_account_active(by, obj, obj.is_active, at=at)
        if "is_staff" in form.changed_data:
            actions.set_platform_admin(by, obj, obj.is_staff, at=at)
