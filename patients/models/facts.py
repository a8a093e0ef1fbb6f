"""Facts that treatment rules depend on: allergies, measurements, precautions."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from patients import sites
from patients.models.base import ClinicalQuerySet, PatientRow


class AllergyKind(models.TextChoices):
    """Whether a substance or a whole class is meant."""

    SUBSTANCE = "substance", _("Substance")
    DRUG_CLASS = "class", _("Class of substances")


# Codes of substances and classes an eczema clinic meets; the text beside it holds the rest.
SUBSTANCES: list[tuple[str, Any]] = [
    ("tacrolimus", _("Tacrolimus")),
    ("pimecrolimus", _("Pimecrolimus")),
    ("crisaborole", _("Crisaborole")),
    ("ruxolitinib", _("Ruxolitinib")),
    ("dupilumab", _("Dupilumab")),
    ("hydrocortisone", _("Hydrocortisone")),
    ("budesonide", _("Budesonide")),
    ("chlorhexidine", _("Chlorhexidine")),
    ("fusidic_acid", _("Fusidic acid")),
    ("neomycin", _("Neomycin")),
    ("penicillin", _("Penicillin")),
    ("lanolin", _("Wool alcohols (lanolin)")),
    ("propylene_glycol", _("Propylene glycol")),
    ("benzyl_alcohol", _("Benzyl alcohol")),
    ("cetostearyl_alcohol", _("Cetostearyl alcohol")),
    ("parabens", _("Parabens")),
    ("isothiazolinones", _("Isothiazolinones (MI/MCI)")),
    ("fragrance", _("Fragrance mix")),
    ("nickel", _("Nickel")),
    ("latex", _("Latex")),
    ("adhesive", _("Adhesives (plaster, dressing)")),
    ("other", _("Other (write it in the text)")),
]
CLASSES: list[tuple[str, Any]] = [
    ("calcineurin_inhibitors", _("Calcineurin inhibitors")),
    ("macrolides", _("Macrolides")),
    ("corticosteroids", _("Corticosteroids")),
    ("penicillins", _("Penicillins")),
    ("cephalosporins", _("Cephalosporins")),
    ("sulfonamides", _("Sulfonamides")),
    ("jak_inhibitors", _("JAK inhibitors")),
    ("biologics", _("Biologics")),
    ("aminoglycosides", _("Aminoglycosides")),
    ("other", _("Other (write it in the text)")),
]
ALLERGENS: dict[str, list[tuple[str, Any]]] = {"substance": SUBSTANCES, "class": CLASSES}


class Allergy(PatientRow):
    """A recorded allergy. That nobody asked, and that there is none, are states of the patient, not rows."""

    kind = models.CharField(_("kind"), max_length=10, choices=AllergyKind)
    code = models.CharField(_("substance or class"), max_length=32)
    text = models.CharField(_("in words"), max_length=200, blank=True)
    reaction = models.CharField(_("reaction"), max_length=200, blank=True)

    objects = ClinicalQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        verbose_name_plural = "allergies"
        constraints = [
            *PatientRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["patient", "kind", "code", "text"],
                condition=Q(withdrawn_at__isnull=True),
                name="allergy_once_while_live",
            ),
            models.CheckConstraint(condition=~Q(code="other") | ~Q(text=""), name="allergy_other_has_text"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What the banner shows: the words of the code, with the text."""
        words = str(dict(ALLERGENS[self.kind]).get(self.code, self.code))
        if self.code == "other":
            return self.text
        return f"{words} ({self.text})" if self.text else words


class MeasurementKind(models.TextChoices):
    """What was measured, in which unit."""

    WEIGHT = "weight", _("Weight")
    HEIGHT = "height", _("Height")


UNITS = {MeasurementKind.WEIGHT: "kg", MeasurementKind.HEIGHT: "cm"}


class Measurement(PatientRow):
    """A weight in kg (0.3 to 400) or a height in cm (20 to 250), with its date."""

    kind = models.CharField(_("kind"), max_length=8, choices=MeasurementKind)
    value = models.DecimalField(_("value"), max_digits=5, decimal_places=2)
    measured_on = models.DateField(_("measured on"))

    objects = ClinicalQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        constraints = [
            *PatientRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind="weight", value__gte="0.3", value__lte=400)
                | Q(kind="height", value__gte=20, value__lte=250),
                name="measurement_in_range",
            ),
        ]
        indexes = [models.Index(fields=["patient", "kind", "-measured_on"], name="measurement_latest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.shown}"

    @property
    def shown(self) -> str:
        """The value with its unit and without trailing zeros: "24.5 kg", "100 kg"."""
        return f"{self.value.normalize():f}\u00a0{UNITS[MeasurementKind(self.kind)]}"


class PrecautionKind(models.TextChoices):
    """Conditions that change what may be prescribed."""

    IMMUNOCOMPROMISE = "immunocompromise", _("Immunocompromise")
    BARRIER_DEFECT = "barrier_defect", _("Netherton syndrome or other severe barrier defect")
    PREGNANCY = "pregnancy", _("Pregnancy")
    BREASTFEEDING = "breastfeeding", _("Breastfeeding")
    EPILEPSY = "epilepsy", _("Epilepsy")
    SKIN_INFECTION = "skin_infection", _("Skin infection")
    PHOTOTHERAPY = "phototherapy", _("Phototherapy course")
    SKIN_MALIGNANCY = "skin_malignancy", _("Skin malignancy")
    HELMINTH_INFECTION = "helminth_infection", _("Helminth infection")
    OTHER = "other", _("Other")


class PrecautionState(models.TextChoices):
    """What was found when asked. Nothing recorded means not asked."""

    PRESENT = "present", _("Present")
    ABSENT = "absent", _("Absent")
    NOT_ASKED = "not_asked", _("Not asked")


SITED_PRECAUTIONS = frozenset({PrecautionKind.SKIN_INFECTION})
# Several of these may be open at once (an infection on the face and one on the hand); of the others there is one live row.
REPEATABLE_PRECAUTIONS = frozenset({PrecautionKind.SKIN_INFECTION, PrecautionKind.PHOTOTHERAPY, PrecautionKind.OTHER})


class Precaution(PatientRow):
    """A precaution with its dates. A new finding replaces the live row, which stays in history."""

    kind = models.CharField(_("precaution"), max_length=24, choices=PrecautionKind)
    state = models.CharField(_("state"), max_length=10, choices=PrecautionState)
    site = models.CharField(
        _("site"), max_length=24, blank=True, choices=[(s.code, _(s.label)) for s in sites.SITES.values()]
    )
    side = models.CharField(
        _("side"), max_length=5, blank=True, choices=[("left", _("Left")), ("right", _("Right")), ("both", _("Both"))]
    )
    from_on = models.DateField(_("from"), null=True, blank=True)
    until_on = models.DateField(_("until"), null=True, blank=True)
    text = models.CharField(_("in words"), max_length=200, blank=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")

    objects = ClinicalQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        constraints = [
            *PatientRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["patient", "kind"],
                condition=Q(withdrawn_at__isnull=True) & ~Q(kind__in=sorted(REPEATABLE_PRECAUTIONS)),
                name="precaution_one_live_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(from_on__isnull=True) | Q(until_on__gte=models.F("from_on")),
                name="precaution_until_after_from",
            ),
            models.CheckConstraint(
                condition=Q(site="") | Q(kind__in=sorted(SITED_PRECAUTIONS)), name="precaution_site_only_where_meant"
            ),
            models.CheckConstraint(condition=~Q(kind="other") | ~Q(text=""), name="precaution_other_has_text"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_state_display()}"
