"""The product catalogue: what can be prescribed, and what labels say about it, each fact with its source."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics.models.base import PublicIdModel, one_line
from regimens.protocol.facts import Family, Potency

FAMILIES: dict[str, Any] = {
    Family.TCI: _("Topical calcineurin inhibitor"),
    Family.TCS: _("Topical corticosteroid"),
    Family.PDE4: _("Topical PDE4 inhibitor"),
    Family.JAK_TOPICAL: _("Topical JAK inhibitor"),
    Family.AHR: _("Topical AhR agonist"),
    Family.EMOLLIENT: _("Emollient"),
    Family.CLEANSER: _("Cleansing and bathing"),
    Family.WET_WRAP: _("Wet wrap"),
    Family.BLEACH_BATH: _("Bleach bath"),
    Family.ANTIBIOTIC_TOPICAL: _("Topical antibiotic"),
    Family.ANTIBIOTIC_ORAL: _("Oral antibiotic"),
    Family.ANTISEPTIC: _("Antiseptic"),
    Family.ANTIHISTAMINE_TOPICAL: _("Topical antihistamine"),
    Family.ANTIHISTAMINE_ORAL: _("Oral antihistamine"),
    Family.BIOLOGIC: _("Biologic"),
    Family.JAK_ORAL: _("Oral JAK inhibitor"),
    Family.IMMUNOSUPPRESSANT: _("Immunosuppressant"),
    Family.PHOTOTHERAPY: _("Phototherapy"),
    Family.STEROID_ORAL: _("Oral corticosteroid"),
}
POTENCIES: dict[str, Any] = {
    Potency.WEAK: _("weak"),
    Potency.MODERATE: _("moderate"),
    Potency.POTENT: _("potent"),
    Potency.VERY_POTENT: _("very potent"),
}


def coded(words: dict[Any, Any]) -> list[tuple[str, Any]]:
    """Choices of a column: the plain code of each and its words."""
    return [(str(code), label) for code, label in words.items()]


class Route(models.TextChoices):
    """How it reaches the body; only topical products and light have sites."""

    TOPICAL = "topical", _("On the skin")
    BATH = "bath", _("In the bath")
    LIGHT = "light", _("Light")
    ORAL = "oral", _("By mouth")
    SUBCUTANEOUS = "subcutaneous", _("Under the skin")


SITED_ROUTES = frozenset({Route.TOPICAL, Route.LIGHT})


class Product(PublicIdModel):
    """A drug in one strength and form, or another treatment. Its key never changes: rules and history name it."""

    key = models.CharField(_("key"), max_length=60, unique=True, editable=False)
    drug = models.CharField(_("substance"), max_length=60, blank=True, validators=[one_line])
    name = models.CharField(_("name"), max_length=120, unique=True, validators=[one_line])
    strength = models.CharField(_("strength"), max_length=20, blank=True, validators=[one_line])
    form = models.CharField(_("form"), max_length=20)
    family = models.CharField(_("class"), max_length=24, choices=coded(FAMILIES))
    potency = models.CharField(_("potency"), max_length=12, choices=coded(POTENCIES), blank=True)
    route = models.CharField(_("route"), max_length=12, choices=Route)
    atc = models.CharField(_("ATC code"), max_length=7, blank=True)
    cross_groups = models.JSONField(_("groups whose allergy counts"), default=list, blank=True)
    is_offered = models.BooleanField(_("offered for new lines"), default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(potency="") | models.Q(family=Family.TCS.value), name="product_potency_only_of_steroids"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_sites(self) -> bool:
        """Whether a line of it says where on the body."""
        return self.route in SITED_ROUTES


class ProductFact(PublicIdModel):
    """One statement of a label or guideline about a product. What nobody verified is shown as such and decides nothing."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="facts")
    jurisdiction = models.CharField(
        _("jurisdiction"), max_length=4, choices=[(code, code) for code in ("EU", "UK", "US", "JP", "any")]
    )
    kind = models.CharField(_("kind"), max_length=24)
    value = models.DecimalField(_("value"), max_digits=8, decimal_places=2, null=True, blank=True)
    text = models.CharField(_("in words"), max_length=600)
    source = models.CharField(_("source"), max_length=300)
    section = models.CharField(_("section"), max_length=60, blank=True)
    source_on = models.DateField(_("date of the source"), null=True, blank=True)
    is_verified = models.BooleanField(_("verified"), default=False)

    class Meta:
        ordering = ["product", "kind", "jurisdiction", "id"]

    def __str__(self) -> str:
        return f"{self.product}: {self.kind} {self.jurisdiction}"
