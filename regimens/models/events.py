"""What a treatment did that it should not."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from patients.models import Precaution
from patients.models.base import ClinicalQuerySet, PatientRow
from regimens.models.regimen import SIDE_CHOICES, SITE_CHOICES, RegimenLine


class EventKind(models.TextChoices):
    """What happened. Names as in the product information of the calcineurin inhibitors."""

    BURNING = "burning", _("Burning or stinging")
    ITCHING = "itching", _("Itching")
    INFECTION = "infection", _("Skin infection")
    HERPES_SIMPLEX = "herpes_simplex", _("Herpes simplex (cold sores)")
    ECZEMA_HERPETICUM = "eczema_herpeticum", _("Eczema herpeticum")
    FOLLICULITIS = "folliculitis", _("Folliculitis")
    CONJUNCTIVITIS = "conjunctivitis", _("Conjunctivitis")
    ROSACEA_LIKE = "rosacea_like", _("Rosacea-like dermatitis")
    ALCOHOL_FLUSH = "alcohol_flush", _("Flushing with alcohol")
    OTHER = "other", _("Other (write it)")


class Severity(models.TextChoices):
    """How bad it was."""

    MILD = "mild", _("Mild")
    MODERATE = "moderate", _("Moderate")
    SEVERE = "severe", _("Severe")


class ActionTaken(models.TextChoices):
    """What was done about it."""

    NONE = "none", _("Nothing")
    ADVICE = "advice", _("Advice")
    LESS = "less", _("Used less")
    HELD = "held", _("Put on hold")
    STOPPED = "stopped", _("Stopped")
    TREATED = "treated", _("Treated")
    REFERRED = "referred", _("Referred")
    OTHER = "other", _("Other")


# These are infections of the skin: they open the patient's infection episode, or cite the one that is open.
INFECTIONS = frozenset({EventKind.INFECTION, EventKind.HERPES_SIMPLEX, EventKind.ECZEMA_HERPETICUM})
# Somebody has to look at once: however mild it seems, or when it is severe.
RED_FLAGS = frozenset({EventKind.ECZEMA_HERPETICUM})
RED_IF_SEVERE = frozenset({EventKind.INFECTION, EventKind.HERPES_SIMPLEX, EventKind.CONJUNCTIVITIS})


class AdverseEvent(PatientRow):
    """An unwanted event. What is learned later (its end) is a new row of the same episode that names the one before."""

    episode = models.UUIDField(default=uuid.uuid4, editable=False)  # the same in every row about one event
    kind = models.CharField(_("what happened"), max_length=20, choices=EventKind)
    site = models.CharField(_("site"), max_length=24, choices=SITE_CHOICES, blank=True)
    side = models.CharField(_("side"), max_length=5, choices=SIDE_CHOICES, blank=True)
    line = models.ForeignKey(
        RegimenLine, on_delete=models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("suspected")
    )
    severity = models.CharField(_("severity"), max_length=8, choices=Severity)
    onset_on = models.DateField(_("since"))
    ended_on = models.DateField(_("until (last day)"), null=True, blank=True)
    action_taken = models.CharField(_("what was done"), max_length=10, choices=ActionTaken)
    text = models.CharField(_("in words"), max_length=500, blank=True)
    infection = models.ForeignKey(Precaution, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")

    objects = ClinicalQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        ordering = ["-onset_on", "-id"]
        constraints = [
            *PatientRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["episode"], condition=Q(withdrawn_at__isnull=True), name="adverseevent_one_live_per_episode"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("onset_on")), name="adverseevent_ends_after_onset"
            ),
            models.CheckConstraint(condition=~Q(kind="other") | ~Q(text=""), name="adverseevent_other_has_text"),
        ]
        indexes = [models.Index(fields=["patient", "onset_on"], name="event_of_patient")]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    @property
    def is_red_flag(self) -> bool:
        """Whether somebody has to look at once."""
        return self.kind in RED_FLAGS or (self.severity == Severity.SEVERE and self.kind in RED_IF_SEVERE)
