"""What waits for somebody of the clinic."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic, User
from clinics.models.base import PublicIdModel, paired
from patients.models import Patient
from patients.models.base import ClinicalQuerySet


class WorkReason(models.TextChoices):
    """Why something waits."""

    FINDING = "finding", _("A rule has something new to say")
    LOOK_AGAIN = "look_again", _("A hold was to be looked at again")
    RED_FLAG = "red_flag", _("Red flag: look at once")
    ADVERSE_EVENT = "adverse_event", _("An unwanted event goes on")


class WorkOutcome(models.TextChoices):
    """How an item was closed."""

    HANDLED = "handled", _("Handled")
    NOT_NEEDED = "not_needed", _("Not needed")
    GONE = "gone", _("Its reason is gone")


class WorkItemQuerySet(ClinicalQuerySet):
    """Items of patients with clinical content."""

    def live(self) -> WorkItemQuerySet:
        """Those not closed."""
        return self.filter(closed_at__isnull=True)


class WorkItem(PublicIdModel):
    """One thing that waits: one open row per patient, reason and subject, however often it is found."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="work_items")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="work_items")
    reason = models.CharField(_("reason"), max_length=16, choices=WorkReason)
    subject = models.CharField(max_length=120)  # "line:<public id>:<rule>:<version>"
    text = models.CharField(_("what"), max_length=600)
    raised_at = models.DateTimeField()
    assigned_to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    snoozed_until_on = models.DateField(_("not before"), null=True, blank=True)
    snooze_why = models.CharField(_("why later"), max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=12, choices=WorkOutcome, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    ceased_at = models.DateTimeField(null=True, blank=True)  # not so any more since; if it comes again, it is new
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        ordering = ["raised_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "reason", "subject"], condition=Q(closed_at__isnull=True), name="workitem_one_open"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="workitem_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="gone") | Q(ceased_at__isnull=False), name="workitem_gone_has_ceased"
            ),
            models.CheckConstraint(
                condition=Q(snoozed_until_on__isnull=True) | ~Q(snooze_why=""), name="workitem_snoozed_with_why"
            ),
            paired("workitem_acknowledged_at_and_by", "acknowledged_at", "acknowledged_by"),
        ]
        indexes = [models.Index(fields=["clinic", "closed_at", "raised_at"], name="workitem_open_by_age")]

    def __str__(self) -> str:
        return self.text


class LastCheck(models.Model):
    """When, and by whose labels, the sweep last asked the rules about every line of a patient. No row: it is due."""

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="+")
    checked_on = models.DateField()  # a day of the clinic
    jurisdiction = models.CharField(max_length=8, blank=True)  # of the clinic then; another one now: it is due

    def __str__(self) -> str:
        return f"{self.checked_on}"
