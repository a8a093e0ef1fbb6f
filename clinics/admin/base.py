"""What every page of the Django admin has in common: its doors, its paginator, its rights."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import allauth.account.admin  # noqa: F401  (registers what is unregistered below)
import django.contrib.auth.admin  # noqa: F401  (likewise)
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property

from clinics.errors import NotAllowed
from clinics.views.session import sign_out

# Rights come from roles, not from groups; an address is proved by its invitation.
admin.site.unregister([Group, EmailAddress])


def change_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The one page for it, with its limits, its mail and its audit row."""
    return redirect("account_change_password")


admin.site.password_change = change_password  # type: ignore[method-assign,assignment]
admin.site.logout = sign_out  # type: ignore[method-assign,assignment]
plain_admin_view = admin.site.admin_view


def admin_view(view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
    """Whoever is refused here leaves a security row, which Django's own refusals do not (clinics/middleware.py)."""
    checked = plain_admin_view(view, cacheable)

    @wraps(checked)
    def noted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not admin.site.has_permission(request):
            raise NotAllowed("administer the platform")
        try:
            return checked(request, *args, **kwargs)
        except NotAllowed:
            raise
        except PermissionDenied as refusal:
            raise NotAllowed("administer the platform") from refusal

    return noted


admin.site.admin_view = admin_view  # type: ignore[method-assign,assignment]


FILTERED_DATE = re.compile(r"[12][0-9]{3}-")  # years every database and time zone can hold


class FirstPages(Paginator):
    """Counts no further than it shows: the cost does not grow with the table. Filters lead to the rest."""

    most = 1000

    @cached_property
    def count(self) -> int:
        """Rows, at the most `most`."""
        rows = cast("QuerySet[Any]", self.object_list)
        return len(rows.values_list("pk")[: self.most])


class PlatformAdmin(admin.ModelAdmin):
    """Seen by platform administrators; changed only where a class below says so; deleted never."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count for every filter, each over the whole table

    def lookup_allowed(self, lookup, value, request=None):
        """Only what the page's own filters ask: anything else could be used to guess at columns that are not shown."""
        if "\0" in value or (lookup.endswith(("__gte", "__lt")) and not FILTERED_DATE.match(value)):
            return False  # a database cannot take it
        return any(lookup in self._filter(item, request).expected_parameters() for item in self.get_list_filter(request))

    def _filter(self, item, request):
        """A filter as the list makes it from a name or a pair of `list_filter`."""
        path, make = item if isinstance(item, tuple) else (item, admin.FieldListFilter.create)
        return make(get_fields_from_path(self.model, path)[-1], request, {}, self.model, self, field_path=path)

    def has_module_permission(self, request):
        return request.user.is_staff

    def has_view_permission(self, request, obj=None):
        return request.user.is_staff

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_form(self, request, obj=None, change=False, **kwargs):
        """The form, which may ask who acts: its class is made for this request."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = self.by(request)  # type: ignore[attr-defined]
        return form

    @staticmethod
    def by(request):
        """The platform administrator as an actor."""
        return request.access.actor(None)
