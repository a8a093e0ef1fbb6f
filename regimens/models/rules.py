"""Where a clinic deviates from the default of a rule. No row: the default in code."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic, User
from clinics.models.base import PublicIdModel, paired


class RuleChoice(PublicIdModel):
    """A clinic's level and numbers for one rule, from a day on, with its own source. A new choice replaces the live one."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="rule_choices")
    rule = models.CharField(_("rule"), max_length=60)
    level = models.PositiveSmallIntegerField(_("level"), null=True, blank=True)  # 1 inform, 2 warn, 3 stop; none: default
    params = models.JSONField(_("numbers"), default=dict, blank=True)
    source = models.CharField(_("source"), max_length=300)
    reason = models.CharField(_("why"), max_length=300)
    valid_from_on = models.DateField(_("from"))
    chosen_at = models.DateTimeField()
    chosen_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["rule", "-chosen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "rule"], condition=Q(replaced_at__isnull=True), name="rulechoice_one_live"
            ),
            models.CheckConstraint(condition=Q(level__isnull=True) | Q(level__in=[1, 2, 3]), name="rulechoice_level"),
            paired("rulechoice_replaced_at_and_by", "replaced_at", "replaced_by"),
        ]

    def __str__(self) -> str:
        return self.rule
