"""The catalogue, and what was used before adtrack, as the API takes and gives them."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinics.serializers import PageQuery, StrictSerializer
from patients.api.score_shapes import Exact, WholeNumber
from patients.api.shapes import RowOut
from regimens.api.choices import BLANK, FAMILY_CHOICES, JURISDICTIONS, OPEN, POTENCY_CHOICES, SITES
from regimens.models import PastResponse, PastTreatment, Product, ProductFact, Route, WhyStopped


class ProductsQuery(PageQuery):
    """Which products."""

    family = serializers.ChoiceField(FAMILY_CHOICES, required=False)
    text = serializers.CharField(max_length=60, required=False, help_text="In the name or substance, or the ATC code.")
    with_withdrawn = serializers.BooleanField(default=False, help_text="Also products no longer offered for new lines.")


class ProductFactOut(serializers.ModelSerializer):
    """One statement of a label or guideline. What is not verified decides nothing."""

    jurisdiction = serializers.ChoiceField(JURISDICTIONS)
    value = Exact(allow_null=True, help_text="Months, kg or days, as `kind` says; null for words only.")

    class Meta:
        model = ProductFact
        fields = ("jurisdiction", "kind", "value", "text", "source", "section", "source_on", "is_verified")
        read_only_fields = fields


class ProductShort(serializers.ModelSerializer):
    """A product in a line."""

    family = serializers.ChoiceField(FAMILY_CHOICES)

    class Meta:
        model = Product
        fields = ("key", "name", "strength", "family")
        read_only_fields = fields


class ProductOut(serializers.ModelSerializer):
    """A product of the catalogue with its facts. Orders name it by `key`."""

    id = serializers.UUIDField(source="public_id")
    family = serializers.ChoiceField(FAMILY_CHOICES)
    potency = serializers.ChoiceField(POTENCY_CHOICES, allow_blank=True, help_text="Of a topical corticosteroid.")
    route = serializers.ChoiceField(Route.choices)
    has_sites = serializers.BooleanField(help_text="Whether a line says where on the body.")
    facts = ProductFactOut(many=True)

    class Meta:
        model = Product
        fields = (
            "id",
            "key",
            "name",
            "drug",
            "strength",
            "form",
            "family",
            "potency",
            "route",
            "atc",
            "has_sites",
            "is_offered",
            "facts",
        )
        read_only_fields = fields


class ProductPage(serializers.Serializer):
    """A page of products by name."""

    results = ProductOut(many=True)
    next = serializers.URLField(allow_null=True)


class PastTreatmentIn(StrictSerializer):
    """A product, or at least a class, that was used before. What is not remembered stays out."""

    product = serializers.CharField(max_length=60, help_text="A key of the catalogue; without it the `family`.", **OPEN)
    family = serializers.ChoiceField(FAMILY_CHOICES, help_text="A product brings its own.", **BLANK)
    sites = serializers.ListField(child=serializers.ChoiceField(SITES), max_length=20, default=list)
    from_on = serializers.DateField(help_text="About: the first of the month.", **OPEN)
    until_on = serializers.DateField(**OPEN)
    days = WholeNumber(min_value=1, max_value=10_000, help_text="For how many days, of a course.", **OPEN)
    response = serializers.ChoiceField(PastResponse.choices)
    why_stopped = serializers.ChoiceField(WhyStopped.choices)
    text = serializers.CharField(max_length=300, help_text="Needed for `other`.", **BLANK)


class PastTreatmentOut(RowOut):
    """A treatment before adtrack."""

    product = ProductShort(allow_null=True)
    family = serializers.ChoiceField(FAMILY_CHOICES)
    sites = serializers.SerializerMethodField()
    response = serializers.ChoiceField(PastResponse.choices)
    why_stopped = serializers.ChoiceField(WhyStopped.choices)

    class Meta:
        model = PastTreatment
        fields = (
            *RowOut.ROW,
            "product",
            "family",
            "sites",
            "from_on",
            "until_on",
            "days",
            "response",
            "why_stopped",
            "text",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(SITES)))
    def get_sites(self, row: PastTreatment) -> list[str]:
        """Codes of sites."""
        return [code for code in row.sites.split(",") if code]


class PastTreatmentPage(serializers.Serializer):
    """A page of treatments before adtrack."""

    results = PastTreatmentOut(many=True)
    next = serializers.URLField(allow_null=True)
