"""What the software remembers about its own use."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.utils.translation import gettext_lazy as _

from clinics import queries
from clinics.admin.base import FirstPages, PlatformAdmin
from clinics.models import AuditEvent, Clinic, Heartbeat
from clinics.models.base import day
from clinics.models.records import NOT_ABOUT_PATIENTS


class AuditChangeList(ChangeList):
    """Puts a name to the accounts and clinics of a page, in two queries."""

    def get_results(self, request):
        super().get_results(request)
        people = {row.actor for row in self.result_list} | {row.object_id for row in self.result_list}
        clinics = {row.clinic for row in self.result_list}
        emails = dict(queries.staff_accounts().filter(public_id__in=people - {None}).values_list("public_id", "email"))
        names = dict(Clinic.objects.filter(public_id__in=clinics - {None}).values_list("public_id", "name"))
        for row in self.result_list:
            row.actor_email = emails.get(row.actor, row.actor)
            row.object_email = emails.get(row.object_id, "")
            row.clinic_name = names.get(row.clinic, "")


@admin.register(AuditEvent)
class AuditEventAdmin(PlatformAdmin):
    """Security events, accounts, clinics. Rows about patients, and who read which list, are the clinics' own."""

    list_display = ("when", "verb", "outcome", "who", "clinic_in_words", "about", "address")
    list_display_links = ("when",)
    list_filter = ("outcome", "kind", "recorded_at")
    search_fields = ("actor",)
    search_help_text = _("The whole e-mail address of the account that acted")
    sortable_by = ()
    paginator = FirstPages

    def get_queryset(self, request):
        return super().get_queryset(request).filter(NOT_ABOUT_PATIENTS)

    def get_changelist(self, request, **kwargs):
        return AuditChangeList

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        account = queries.staff_accounts().filter(email=search_term.strip().lower()).first()
        return queryset.filter(actor=account.public_id) if account else queryset.none(), False

    @admin.display(description=_("when (UTC)"))
    def when(self, row):
        return f"{day(row.recorded_at)} {row.recorded_at:%H:%M:%S}".replace("-", "\u2011").replace(" ", "\u00a0")

    @admin.display(description=_("who"))
    def who(self, row):
        return row.actor_email

    @admin.display(description=_("clinic"))
    def clinic_in_words(self, row):
        return row.clinic_name

    @admin.display(description=_("about"))
    def about(self, row):
        return f"{row.object_type} {row.object_email}"


@admin.register(Heartbeat)
class HeartbeatAdmin(PlatformAdmin):
    """When scheduled things last ran to their end."""

    list_display = ("name", "beat_at")
