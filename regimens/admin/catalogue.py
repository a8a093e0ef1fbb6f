"""Products and what labels say about them. Changed through actions, so that it is checked and leaves its audit row.

What a product is (key, substance, strength, form, route) stays: lines and history name it. New products come with the file
of the catalogue and a migration, because the rules name their keys. Nothing is deleted: a statement that turned out wrong
is marked as not verified, and decides nothing from then on.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics.access import Actor
from clinics.admin import PlatformAdmin
from clinics.errors import Stale
from clinics.views.base import now
from patients.models.facts import CLASSES
from regimens.actions import catalogue as actions
from regimens.actions.catalogue import FACT_CHANGEABLE, MEASURED, PRODUCT_CHANGEABLE, WORDED
from regimens.models import Product, ProductFact

IDENTITY = ("key", "drug", "strength", "form", "route", "public_id")
TOLD = _("New orders are checked with it now; lines in use are checked again within the next hours.")


class SeenForm(forms.ModelForm):
    """A form that knows what the row said when its page was made, and asks the action before anything is saved."""

    by: Actor
    saved: Any
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen"].initial = actions.stamp(self.instance)

    def clean(self):
        """Saved by the action, here: what it refuses stands at its field. The admin's own save has nothing left to do."""
        values = super().clean() or {}
        if self.errors:
            return values
        try:
            self.saved = self.act(values)
        except Stale:
            raise ValidationError(gettext("Somebody else changed this. Open it again and repeat your change.")) from None
        return values

    def act(self, values: dict[str, Any]) -> Any:
        """The action of this form."""
        raise NotImplementedError

    def _post_clean(self):
        """The action has checked the row; checking it again would compare it with what it has become."""


class ProductForm(SeenForm):
    """What may be changed about a product."""

    cross_groups = forms.MultipleChoiceField(
        label=_("Groups whose allergy counts"),
        choices=[choice for choice in CLASSES if choice[0] != "other"],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Product
        fields = PRODUCT_CHANGEABLE

    def act(self, values):
        own = {name: values[name] for name in PRODUCT_CHANGEABLE}
        return actions.edit_product(self.by, self.instance, own, seen=values["seen"], at=now())


class FactForm(SeenForm):
    """A statement of a label or guideline."""

    kind = forms.ChoiceField(label=_("Kind"), choices=lambda: [("", ""), *((kind, kind) for kind in kinds())])

    class Meta:
        model = ProductFact
        fields = ("product", "kind", *FACT_CHANGEABLE)
        widgets = {
            "text": forms.Textarea(attrs={"rows": 3, "cols": 80}),
            "source": forms.TextInput(attrs={"class": "vLargeTextField"}),
        }
        help_texts = {
            "value": _("Months, days, kilograms: the kind says which."),
            "is_verified": _("Only when somebody read it in the source. What is not verified decides nothing."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("product", "kind"):
                self.fields.pop(name, None)

    def act(self, values):
        own = {name: values[name] for name in FACT_CHANGEABLE}
        if self.instance.pk:
            return actions.change_fact(self.by, self.instance, own, seen=values["seen"], at=now())
        return actions.add_fact(self.by, values["product"], own | {"kind": values["kind"]}, at=now())


def kinds():
    """The kinds there are."""
    stored = ProductFact.objects.order_by("kind").values_list("kind", flat=True).distinct()
    return sorted({*stored, *MEASURED, *WORDED})


class CatalogueAdmin(PlatformAdmin):
    """Saved by the action of the form."""

    def has_change_permission(self, request, obj=None):
        return request.user.is_staff

    def save_form(self, request, form, change):
        return form.saved

    def save_model(self, request, obj, form, change):
        """Nothing left to do."""

    def save_related(self, request, form, formsets, change):
        """Nothing is edited beside it."""

    def log_addition(self, request, obj, message):
        """The audit has it."""

    def log_change(self, request, obj, message):
        """The audit has it."""

    def response_change(self, request, obj):
        messages.info(request, TOLD)
        return super().response_change(request, obj)

    def response_add(self, request, obj, post_url_continue=None):
        messages.info(request, TOLD)
        return super().response_add(request, obj, post_url_continue)


@admin.register(Product)
class ProductAdmin(CatalogueAdmin):
    """Products, with their statements to read."""

    form = ProductForm
    fields = (*IDENTITY, *PRODUCT_CHANGEABLE, "seen")
    readonly_fields = IDENTITY
    list_display = ("name", "key", "family", "potency", "atc", "is_offered")
    list_filter = ("family", "is_offered")
    search_fields = ("name", "key", "drug")


@admin.register(ProductFact)
class ProductFactAdmin(CatalogueAdmin):
    """Statements of labels and guidelines about products."""

    form = FactForm
    list_display = ("product", "kind", "jurisdiction", "value", "text", "source", "source_on", "is_verified")
    list_filter = ("is_verified", "jurisdiction", "kind", "product")
    list_select_related = ("product",)
    search_fields = ("product__name", "text", "source")

    def has_add_permission(self, request):
        return request.user.is_staff

    def get_fields(self, request, obj=None):
        first = ("product", "kind") if obj is None else self.get_readonly_fields(request, obj)
        return (*first, *FACT_CHANGEABLE, "seen")

    def get_readonly_fields(self, request, obj=None):
        return () if obj is None else ("product", "kind", "public_id")
