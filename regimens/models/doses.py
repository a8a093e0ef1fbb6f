"""What was applied, what was used up, and what the clinic says about doses."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic
from patients.models.base import ClinicalQuerySet, PatientRow
from regimens.models.regimen import DosePlan, RegimenLine
from regimens.protocol import adherence


class ApplicationKind(models.TextChoices):
    """What an application was."""

    SLOT = "slot", _("Planned")
    EXTRA = "extra", _("Extra")
    AS_NEEDED = "as_needed", _("As needed")


class DoseOutcome(models.TextChoices):
    """What somebody said about a dose. Nothing said is no row: no record."""

    DONE = adherence.Outcome.DONE.value, _("Done")
    SKIPPED = adherence.Outcome.SKIPPED.value, _("Skipped")


class SkipReason(models.TextChoices):
    """Why a dose was skipped."""

    FORGOT = "forgot", _("Forgot")
    SIDE_EFFECTS = "side_effects", _("Side effects")
    RAN_OUT = "ran_out", _("Ran out")
    FELT_WELL = "felt_well", _("Skin was well")
    OTHER = "other", _("Other")


class RecordedAs(models.TextChoices):
    """In which place somebody recorded it."""

    PATIENT = "patient", _("the patient")
    GUARDIAN = "guardian", _("a guardian")
    STAFF = "staff", _("the clinic, on behalf")


class Application(PatientRow):
    """A dose that was applied (taken, injected) or skipped. Undone or changed it is withdrawn; a change names it."""

    line = models.ForeignKey(RegimenLine, on_delete=models.PROTECT, related_name="applications")
    plan = models.ForeignKey(DosePlan, on_delete=models.PROTECT, null=True, blank=True, related_name="applications")
    kind = models.CharField(_("kind"), max_length=10, choices=ApplicationKind)
    slot_on = models.DateField(_("of the day"), null=True, blank=True)  # the slot: the patient's day ...
    slot = models.CharField(_("dose of the day"), max_length=12, blank=True)  # ... and the name of the dose
    outcome = models.CharField(_("outcome"), max_length=8, choices=DoseOutcome)
    skip_reason = models.CharField(_("why it was skipped"), max_length=12, choices=SkipReason, blank=True)
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)
    on = models.DateField(_("day"))  # the patient's day on which it was applied, or was to be
    is_late = models.BooleanField(_("entered late"), default=False)  # on a later day than that of its slot
    recorded_as = models.CharField(_("recorded by"), max_length=8, choices=RecordedAs)
    note = models.CharField(_("in words"), max_length=300, blank=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")

    objects = ClinicalQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        ordering = ["-on", "-id"]
        constraints = [
            *PatientRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["plan", "slot_on", "slot"],
                condition=Q(kind="slot", withdrawn_at__isnull=True),
                name="application_one_per_slot",
            ),
            models.UniqueConstraint(
                fields=["line", "kind", "applied_at"],
                condition=~Q(kind="slot") & Q(withdrawn_at__isnull=True),
                name="application_one_per_moment",
            ),
            models.CheckConstraint(
                condition=(Q(kind="slot", plan__isnull=False, slot_on__isnull=False) & ~Q(slot=""))
                | (~Q(kind="slot") & Q(slot_on__isnull=True, slot="", outcome="done")),
                name="application_is_of_a_slot_or_has_none",
            ),
            models.CheckConstraint(
                condition=Q(outcome="done", applied_at__isnull=False, skip_reason="")
                | (Q(outcome="skipped", applied_at__isnull=True) & ~Q(skip_reason="")),
                name="application_done_at_or_skipped_why",
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True) | Q(applied_at__lte=F("recorded_at")), name="application_not_ahead"
            ),
        ]
        indexes = [
            models.Index(fields=["line", "on"], name="application_of_line"),
            models.Index(fields=["patient", "on"], name="application_of_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.on}"


class TubeReport(PatientRow):
    """How many tubes of a line were used up in a time, as somebody counted them."""

    line = models.ForeignKey(RegimenLine, on_delete=models.PROTECT, related_name="tubes")
    since_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"))
    tubes = models.DecimalField(_("tubes"), max_digits=5, decimal_places=2)  # a half tube is 0.5
    grams_each = models.PositiveSmallIntegerField(_("grams in a tube"))

    objects = ClinicalQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        ordering = ["-until_on", "-id"]
        constraints = [
            *PatientRow.Meta.constraints,
            models.CheckConstraint(condition=Q(until_on__gte=F("since_on")), name="tubereport_until_after_since"),
            models.CheckConstraint(condition=Q(tubes__gte=0, tubes__lte=100), name="tubereport_tubes_0_to_100"),
            models.CheckConstraint(condition=Q(grams_each__gte=1, grams_each__lte=1000), name="tubereport_grams_1_to_1000"),
        ]

    def __str__(self) -> str:
        return f"{self.tubes} x {self.grams_each} g"


class DoseSettings(models.Model):
    """Where a clinic deviates from the defaults about doses, and its own words. Empty: the default, or no words."""

    clinic = models.OneToOneField(Clinic, on_delete=models.PROTECT, related_name="dose_settings")
    window_days = models.PositiveSmallIntegerField(_("adherence is looked at over (days)"), null=True, blank=True)
    least_records = models.PositiveSmallIntegerField(_("no percentage below so many records"), null=True, blank=True)
    low_percent = models.PositiveSmallIntegerField(_("adherence is low below (per cent)"), null=True, blank=True)
    open_event_days = models.PositiveSmallIntegerField(
        _("burning is looked at when it lasts longer than (days)"), null=True, blank=True
    )
    late_words = models.TextField(_("after a late or extra application"), max_length=600, blank=True)
    green_words = models.TextField(_("while the skin is well"), max_length=600, blank=True)
    yellow_words = models.TextField(_("in a flare"), max_length=600, blank=True)
    red_words = models.TextField(_("when to stop and call"), max_length=600, blank=True)
    call_words = models.CharField(_("whom to call"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name_plural = "dose settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(window_days__isnull=True) | Q(window_days__range=(7, 182)), name="dosesettings_window_7_to_182"
            ),
            models.CheckConstraint(
                condition=Q(least_records__isnull=True) | Q(least_records__range=(1, 60)), name="dosesettings_least_1_to_60"
            ),
            models.CheckConstraint(
                condition=Q(low_percent__isnull=True) | Q(low_percent__range=(1, 100)), name="dosesettings_low_1_to_100"
            ),
            models.CheckConstraint(
                condition=Q(open_event_days__isnull=True) | Q(open_event_days__range=(1, 60)),
                name="dosesettings_event_1_to_60",
            ),
        ]

    def __str__(self) -> str:
        return f"dose settings of {self.clinic_id}"
