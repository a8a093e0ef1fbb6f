"""What the clinical pages of the admin have in common."""

from __future__ import annotations

from django.http import Http404
from django.utils.html import format_html_join

from clinics.access import CLINICAL, May
from clinics.admin import FirstPages, PlatformAdmin
from clinics.views.base import now
from patients import actions


class ForClinicians(PlatformAdmin):
    """For reading, and only for platform administrators who are dermatologists or nurses themselves."""

    listed = "patients listed"  # what the audit says of the list
    ordering = ("-pk",)  # in any other order the database would sort all of them for every page
    sortable_by = ()
    paginator = FirstPages

    def has_module_permission(self, request):
        return self._is_clinician(request)

    def has_view_permission(self, request, obj=None):
        return self._is_clinician(request)

    @staticmethod
    def _is_clinician(request):
        return request.user.is_staff and any(row.role in CLINICAL for row in request.access.memberships)

    def changelist_view(self, request, extra_context=None):
        for clinic in request.access.clinics:
            if request.access.may(May.SEE_CLINICAL, clinic):
                actions.open_list(request.access.actor(clinic), clinic, searched=False, at=now(), page=self.listed)
        return super().changelist_view(request, extra_context)

    def history_view(self, request, object_id, extra_context=None):
        raise Http404  # what happened to a record is in the audit, not in the admin's own log


def lines(texts):
    """One below the other."""
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts))
