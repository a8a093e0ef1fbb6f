"""Clinics, as a platform administrator opens and changes them."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics import actions
from clinics.admin.base import PlatformAdmin
from clinics.models import Clinic, Role
from clinics.models.clinic import language_choices, zone_choices
from clinics.views.base import now


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
