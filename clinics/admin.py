"""Django admin for platform administrators: clinics, accounts, roles, security events. Nothing clinical.

Every change goes through an action, so that it is checked and leaves its audit row as anywhere else. Nothing is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, cast

import allauth.account.admin  # noqa: F401  (registers what is unregistered below)
import django.contrib.auth.admin  # noqa: F401  (likewise)
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics import actions, mail, queries
from clinics.access import Actor
from clinics.actions.staff import check_has_no_such_role, check_is_not_oneself
from clinics.errors import NotAllowed
from clinics.models import ApiToken, AuditEvent, Clinic, Heartbeat, Invitation, Membership, Role, User
from clinics.models.base import day
from clinics.models.clinic import language_choices, zone_choices
from clinics.models.records import NOT_ABOUT_PATIENTS
from clinics.views.base import now
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


class ClinicAdminForm(forms.ModelForm):
    """A clinic as a platform administrator opens it; what it chooses later is on its own settings page."""

    zone = forms.ChoiceField(label=_("Time zone"), choices=[("", ""), *zone_choices()])
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=language_choices, widget=forms.SelectMultiple(attrs={"size": 8})
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Clinic
        fields = ("name", "zone", "jurisdiction", "languages")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["seen_version"].initial = self.instance.version

    def clean(self):
        """Refuse a page that is older than the clinic."""
        values = super().clean()
        if self.instance.pk and self.cleaned_data.get("seen_version") != self.instance.version:
            raise ValidationError(gettext("Somebody else changed this clinic. Open it again and repeat your change."))
        return values


@admin.register(Clinic)
class ClinicAdmin(PlatformAdmin):
    form = ClinicAdminForm
    readonly_fields = ("public_id", "opened_at", "closed_at")
    list_display = ("name", "jurisdiction", "zone", "opened_at", "closed_at", "administrators")
    list_filter = ("jurisdiction", "opened_at", ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("name",)

    def get_fields(self, request, obj=None):
        known = () if obj is None else self.readonly_fields
        return ("name", "zone", "jurisdiction", "languages", "seen_version", *known)

    def has_add_permission(self, request):
        return request.user.is_staff

    def has_change_permission(self, request, obj=None):
        return request.user.is_staff

    def get_queryset(self, request):
        held = Q(memberships__role=Role.CLINIC_ADMIN, memberships__ended_at=None, memberships__user__is_active=True)
        return super().get_queryset(request).annotate(administrator_count=Count("memberships", filter=held))

    @admin.display(description=_("administrators"), ordering="administrator_count")
    def administrators(self, clinic):
        return clinic.administrator_count

    def save_model(self, request, obj, form, change):
        names = ("name", "zone", "jurisdiction", "languages")
        values = {name: form.cleaned_data[name] for name in names}
        if change:
            actions.change_clinic(self.by(request), obj, values, version=form.cleaned_data["seen_version"], at=now())
        else:
            obj.pk = actions.open_clinic(self.by(request), **values, at=now()).pk


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
