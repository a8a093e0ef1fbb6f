"""Keys to the API."""

from __future__ import annotations

from django.contrib import admin, messages
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics import actions
from clinics.admin.base import PlatformAdmin
from clinics.models import ApiToken
from clinics.views.base import now


@admin.register(ApiToken)
class ApiTokenAdmin(PlatformAdmin):
    """Keys to the API: never their text."""

    list_display = ("user", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "expires_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "name")
    exclude = ("token_hash",)
    actions = ("revoke",)

    @admin.action(description=_("Revoke the selected tokens"), permissions=["view"])
    def revoke(self, request, queryset):
        for row in queryset.filter(revoked_at=None):
            actions.revoke_token(self.by(request), row, at=now())
        messages.success(request, gettext("The selected tokens no longer work."))
