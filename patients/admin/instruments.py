"""The official texts of the instruments, which a platform administrator loads for a clinic that holds a licence.

First the edition, then its texts, then it is put in use; from then on it stays as it is. Nothing here is about a patient.
"""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics.admin import PlatformAdmin
from clinics.models.clinic import language_choices
from clinics.views.base import now
from patients import actions
from patients.actions.instruments import CHANGEABLE, check_texts_exist, check_unused
from patients.models import Instrument, InstrumentEdition, InstrumentText, Respondent
from patients.queries.instruments import text_name
from patients.words import TEXT_KEYS

CHOICES = {
    "instrument": [(each.value, each.label) for each in Instrument if TEXT_KEYS[each]],
    "respondent": [(each.value, each.label) for each in Respondent if each != Respondent.HELPED],
}


class EditionForm(forms.ModelForm):
    """What is said about an edition. Its instrument is chosen once: its texts follow from it."""

    instrument = forms.ChoiceField(label=_("Instrument"), choices=[("", ""), *CHOICES["instrument"]])
    language = forms.ChoiceField(label=_("Language"), choices=lambda: [("", ""), *language_choices()])
    respondent = forms.ChoiceField(label=_("Answered by"), choices=[("", ""), *CHOICES["respondent"]])

    class Meta:
        model = InstrumentEdition
        fields = ("clinic", "instrument", *CHANGEABLE)
        widgets = {name: forms.TextInput(attrs={"class": "vLargeTextField"}) for name in ("licence", "credit")}
        help_texts = {
            "name": _("As its owner calls it, with the year or number."),
            "licence": _("Who allowed it to whom, when, under which number."),
            "credit": _("Shown with the instrument, as its owner asks for."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("clinic", "instrument"):
                self.fields.pop(name, None)

    def clean(self):
        values = super().clean() or {}
        if not self.errors:
            instrument = values.get("instrument", self.instance.instrument)
            check_texts_exist(instrument, values["respondent"], values["language"])
        return values


class TextForm(forms.ModelForm):
    """One text. It may stay empty until the edition is put in use."""

    class Meta:
        model = InstrumentText
        fields = ("text",)
        widgets = {"text": forms.Textarea(attrs={"rows": 2, "cols": 80})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "text" in self.fields and self.instance.key:
            self.fields["text"].required = False
            self.fields["text"].widget.attrs["aria-label"] = text_name(self.instance.key)


class TextInline(admin.TabularInline):
    """Every text of the instrument, in the order of its form."""

    model = InstrumentText
    form = TextForm
    fields = ("what", "text")
    readonly_fields = ("what",)
    ordering = ("pk",)
    extra = 0
    can_delete = False
    verbose_name_plural = _("texts")

    def has_view_permission(self, request, obj=None):
        return request.user.is_staff

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return _is_open(request, obj)

    @admin.display(description=_("what"))
    def what(self, row):
        return text_name(row.key)


@admin.register(InstrumentEdition)
class InstrumentEditionAdmin(PlatformAdmin):
    """Editions of the instruments: opened, written, put in use, retired; never changed once they were in use."""

    form = EditionForm
    list_display = ("__str__", "clinic", "instrument_in_words", "respondent_in_words", "published_at", "retired_at")
    list_filter = (
        "clinic",
        "instrument",
        ("published_at", admin.EmptyFieldListFilter),
        ("retired_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("clinic",)
    autocomplete_fields = ("clinic",)
    ordering = ("-pk",)
    sortable_by = ()
    actions = ("put_in_use", "retire")

    def get_fields(self, request, obj=None):
        if obj is None:
            return ("clinic", "instrument", *CHANGEABLE)
        return (*self.get_readonly_fields(request, obj), *CHANGEABLE)

    def get_readonly_fields(self, request, obj=None):
        return () if obj is None else ("clinic", "instrument_in_words", "published_at", "retired_at", "public_id")

    def get_inlines(self, request, obj):
        return () if obj is None else (TextInline,)

    def has_add_permission(self, request):
        return request.user.is_staff

    def has_change_permission(self, request, obj=None):
        return _is_open(request, obj)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Nothing is saved, and the page says so, when somebody put the edition in use while it was written."""
        edition = self.get_object(request, object_id) if object_id else None
        try:
            with transaction.atomic():
                if request.method == "POST" and edition is not None:
                    check_unused(edition)
                return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(request.get_full_path())

    def save_model(self, request, obj, form, change):
        if change:
            values = {name: form.cleaned_data[name] for name in CHANGEABLE}
            actions.change_edition(self.by(request), obj, values, at=now())
        else:
            obj.pk = actions.open_edition(self.by(request), form.cleaned_data, at=now()).pk

    def save_formset(self, request, form, formset, change):
        written = {each.instance.key: each.cleaned_data["text"] for each in formset.initial_forms}
        actions.write_texts(self.by(request), form.instance, written, at=now())
        formset.new_objects = formset.changed_objects = formset.deleted_objects = []  # what the admin's own log would list

    def response_add(self, request, obj, post_url_continue=None):
        """Goes on with the texts."""
        messages.success(request, gettext("Opened. Now write its texts, then put it in use in the list."))
        return redirect("admin:patients_instrumentedition_change", obj.pk)

    @admin.action(description=_("Put in use, in place of the edition in use"), permissions=["view"])
    def put_in_use(self, request, queryset):
        for edition in queryset.order_by("pk"):
            try:
                actions.put_in_use(self.by(request), edition, at=now())
                messages.success(request, gettext("In use: %(edition)s") % {"edition": edition})
            except ValidationError as error:
                messages.error(request, f"{edition}: {' '.join(error.messages)}")

    @admin.action(description=_("Retire: show the neutral labels again"), permissions=["view"])
    def retire(self, request, queryset):
        retired = [actions.retire_edition(self.by(request), each, at=now()) for each in queryset.select_related("clinic")]
        messages.success(request, gettext("Editions retired: %(number)d") % {"number": sum(retired)})

    @admin.display(description=_("instrument"))
    def instrument_in_words(self, edition):
        return Instrument(edition.instrument).label

    @admin.display(description=_("answered by"))
    def respondent_in_words(self, edition):
        return Respondent(edition.respondent).label


def _is_open(request, edition):
    """Platform administrators write editions that were never in use."""
    return request.user.is_staff and (edition is None or edition.published_at is None)
