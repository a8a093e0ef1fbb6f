"""What a patient used before adtrack knew them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from patients.models.base import ClinicalQuerySet, PatientRow
from regimens.models.catalogue import FAMILIES, Product, coded


class PastResponse(models.TextChoices):
    """What came of it, as far as anybody remembers."""

    NONE = "none", _("None")
    PARTIAL = "partial", _("Some")
    GOOD = "good", _("Good")
    WORSE = "worse", _("Worse")
    UNKNOWN = "unknown", _("Not known")


class WhyStopped(models.TextChoices):
    """Why it was stopped before adtrack."""

    NO_EFFECT = "no_effect", _("Not enough effect")
    SIDE_EFFECT = "side_effect", _("Side effect")
    CLEARED = "cleared", _("Cleared")
    WISH = "wish", _("Wish of the patient or family")
    RUNNING = "running", _("It was not stopped")
    UNKNOWN = "unknown", _("Not known")
    OTHER = "other", _("Other (write it)")


class PastTreatment(PatientRow):
    """A product, or at least a class, that was used before; months are enough and may be missing."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    family = models.CharField(_("class"), max_length=24, choices=coded(FAMILIES))
    sites = models.CharField(_("where"), max_length=400, blank=True)  # codes of patients.sites, with commas
    from_on = models.DateField(_("about from"), null=True, blank=True)  # the first of the month
    until_on = models.DateField(_("about until"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(_("for how many days"), null=True, blank=True)
    response = models.CharField(_("response"), max_length=8, choices=PastResponse)
    why_stopped = models.CharField(_("why it was stopped"), max_length=12, choices=WhyStopped)
    text = models.CharField(_("in words"), max_length=300, blank=True)

    objects = ClinicalQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        ordering = ["-from_on", "-id"]
        constraints = [
            *PatientRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(from_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="pasttreatment_until_after_from",
            ),
            models.CheckConstraint(condition=~Q(why_stopped="other") | ~Q(text=""), name="pasttreatment_other_has_text"),
        ]

    def __str__(self) -> str:
        return str(self.product) if self.product_id else str(self.get_family_display())
