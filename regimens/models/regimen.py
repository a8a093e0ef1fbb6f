"""A regimen, its lines, and the phases each site of a line goes through."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinics.models import User
from clinics.models.base import PublicIdModel, paired
from clinics.models.clinic import validate_zone
from patients import sites
from patients.models import Patient
from patients.models.base import ClinicalQuerySet
from regimens.models.catalogue import Product, coded
from regimens.protocol.facts import Phase
from regimens.protocol.slots import Schedule

SITE_CHOICES = [(site.code, _(site.label)) for site in sites.SITES.values()]
SIDE_CHOICES = [("left", _("Left")), ("right", _("Right")), ("both", _("Both"))]


class EndReason(models.TextChoices):
    """Why a line, or a whole regimen, came to its end."""

    CLEARED = "cleared", _("Cleared")
    NO_EFFECT = "no_effect", _("Not enough effect")
    SIDE_EFFECT = "side_effect", _("Side effect")
    INFECTION = "infection", _("Infection")
    CHANGED = "changed", _("Replaced by another product")
    WISH = "wish", _("Wish of the patient or family")
    COURSE_OVER = "course_over", _("The course is over")
    RECORD_CLOSED = "record_closed", _("The record was closed")
    ERROR = "error", _("Entered in error")
    OTHER = "other", _("Other (write it)")


class OpenQuerySet(ClinicalQuerySet):
    """Rows of clinical content that begin and end."""

    def live(self) -> OpenQuerySet:
        """Those without an end, come or planned."""
        return self.filter(ended_on__isnull=True)

    def in_use(self, on: date) -> OpenQuerySet:
        """Those whose end has not come by a day: none is known, or it lies ahead. What ended before it began never was."""
        begins: str = getattr(self.model, "BEGINS")  # noqa: B009 - the model of a queryset is any model to the types
        ahead = Q(ended_on__gt=on) & Q(ended_on__gt=F(begins))
        return self.filter(Q(ended_on__isnull=True) | ahead)


class Opened(PublicIdModel):
    """Something about a patient that begins, with who and when, and ends, with who, when and why."""

    BEGINS: ClassVar[str]  # the column of its first day

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="%(class)ss")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True, blank=True)  # the first day without it
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OpenQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [paired("%(class)s_ended_on_at_and_by", "ended_on", "ended_at", "ended_by")]


class Regimen(Opened):
    """Everything a patient uses, from a day on. One is open at a time; changes are lines."""

    BEGINS = "started_on"

    started_on = models.DateField(_("from"))
    end_reason = models.CharField(_("why it ended"), max_length=16, choices=EndReason, blank=True)
    end_text = models.CharField(_("in words"), max_length=300, blank=True)
    next_look_on = models.DateField(_("next look on"), null=True, blank=True)  # after it ended
    no_look_reason = models.CharField(_("why no next look"), max_length=200, blank=True)

    class Meta(Opened.Meta):
        ordering = ["-started_on", "-id"]
        constraints = [
            *Opened.Meta.constraints,
            models.UniqueConstraint(fields=["patient"], condition=Q(ended_on__isnull=True), name="regimen_one_open"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")), name="regimen_ends_after_its_start"
            ),
        ]

    def __str__(self) -> str:
        return f"regimen {self.public_id}"


class AmountUnit(models.TextChoices):
    """How much of a topical is applied at a time."""

    FTU = "ftu", _("fingertip units")
    GRAMS = "g", _("g")


class RegimenLine(Opened):
    """One product of a regimen. Its sites may be in different phases: those are its plans."""

    BEGINS = "starts_on"

    regimen = models.ForeignKey(Regimen, on_delete=models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lines")
    is_elsewhere = models.BooleanField(_("prescribed elsewhere"), default=False)
    amount = models.DecimalField(_("amount at a time"), max_digits=6, decimal_places=2, null=True, blank=True)
    amount_unit = models.CharField(_("unit"), max_length=4, choices=AmountUnit, blank=True)
    dose = models.CharField(_("dose"), max_length=120, blank=True)  # of what is swallowed or injected: "300 mg"
    instructions = models.TextField(_("what the patient will read"), max_length=1000, blank=True)
    starts_on = models.DateField(_("from"))
    until_on = models.DateField(_("until (last day)"), null=True, blank=True)
    review_on = models.DateField(_("look at it again on"), null=True, blank=True)
    flares_in_a_year = models.PositiveSmallIntegerField(_("flares in the last year"), null=True, blank=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    end_reason = models.CharField(_("why it ended"), max_length=16, choices=EndReason, blank=True)
    end_text = models.CharField(_("in words"), max_length=300, blank=True)
    next_look_on = models.DateField(_("next look on"), null=True, blank=True)
    no_look_reason = models.CharField(_("why no next look"), max_length=200, blank=True)

    class Meta(Opened.Meta):
        ordering = ["starts_on", "id"]
        constraints = [
            *Opened.Meta.constraints,
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("starts_on")), name="line_until_after_start"
            ),
            models.CheckConstraint(condition=Q(ended_on__isnull=True) | ~Q(end_reason=""), name="line_ended_with_a_reason"),
            models.CheckConstraint(
                condition=Q(amount__isnull=True, amount_unit="")
                | (Q(amount__isnull=False, amount__gt=0) & ~Q(amount_unit="")),
                name="line_amount_with_unit",
            ),
        ]
        indexes = [models.Index(fields=["patient", "ended_on"], name="line_of_patient")]

    def __str__(self) -> str:
        return str(self.product)

    def has_ended(self, on: date) -> bool:
        """Whether its end has come by a day; an end may be planned ahead, and until then the line is in use."""
        return self.ended_on is not None and self.ended_on <= max(on, self.starts_on)


PHASES = {
    Phase.INDUCTION: _("Induction (once or twice daily)"),
    Phase.MAINTENANCE: _("Maintenance (proactive, chosen weekdays)"),
    Phase.INTERVAL: _("At an interval"),
    Phase.COURSE: _("Course of fixed days"),
    Phase.AS_NEEDED: _("As needed"),
    Phase.HOLD: _("On hold"),
}


class DosePlan(Opened):
    """How a line is used from a day on, on the sites that are in this phase. Ended on a day: that day is the next one's."""

    BEGINS = "from_on"

    line = models.ForeignKey(RegimenLine, on_delete=models.PROTECT, related_name="plans")
    phase = models.CharField(_("phase"), max_length=12, choices=coded(PHASES))
    from_on = models.DateField(_("from"))
    per_day = models.PositiveSmallIntegerField(_("times a day"), null=True, blank=True)
    weekdays = models.CharField(_("weekdays"), max_length=13, blank=True)  # "0,3": Monday and Thursday
    every_days = models.PositiveSmallIntegerField(_("every so many days"), null=True, blank=True)
    loading_dose = models.CharField(_("loading dose"), max_length=120, blank=True)
    second_after_days = models.PositiveSmallIntegerField(_("second dose after (days)"), null=True, blank=True)
    course_days = models.PositiveSmallIntegerField(_("days"), null=True, blank=True)
    until_on = models.DateField(_("until (last day)"), null=True, blank=True)  # where only some places of the line end
    condition = models.CharField(_("when"), max_length=200, blank=True)
    most_per_day = models.PositiveSmallIntegerField(_("at the most, times a day"), null=True, blank=True)
    look_again_on = models.DateField(_("look again on"), null=True, blank=True)
    resumes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(_("why"), max_length=300, blank=True)
    times = models.CharField(_("times of the day"), max_length=300, blank=True)  # "morning 08:00,evening 20:00"
    zone = models.CharField(_("time zone"), max_length=64, validators=[validate_zone])  # of these times: the patient's
    next_due_at = models.DateTimeField(null=True, blank=True)  # the first slot that is not over; from protocol.slots

    class Meta(Opened.Meta):
        ordering = ["from_on", "id"]
        indexes = [models.Index(fields=["next_due_at"], condition=Q(next_due_at__isnull=False), name="plan_next_due")]
        constraints = [
            *Opened.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("from_on")), name="plan_ends_after_its_start"
            ),
            models.CheckConstraint(
                # A comparison with nothing is neither true nor false, and a constraint lets that pass: hence "is not null".
                condition=Q(
                    phase="induction",
                    per_day__isnull=False,
                    per_day__range=(1, 12),
                    weekdays="",
                    every_days=None,
                    course_days=None,
                )
                | (Q(phase="maintenance", per_day=None, every_days=None, course_days=None) & ~Q(weekdays=""))
                | Q(
                    phase="interval",
                    per_day=None,
                    weekdays="",
                    every_days__isnull=False,
                    every_days__gte=1,
                    course_days=None,
                )
                | Q(
                    phase="course",
                    per_day__isnull=False,
                    per_day__gte=1,
                    weekdays="",
                    every_days=None,
                    course_days__isnull=False,
                    course_days__gte=1,
                )
                | (Q(phase="as_needed", per_day=None, weekdays="", every_days=None) & ~Q(condition=""))
                | Q(
                    phase="hold", per_day=None, weekdays="", every_days=None, course_days=None, look_again_on__isnull=False
                ),
                name="plan_says_what_its_phase_needs",
            ),
            models.CheckConstraint(
                condition=~Q(phase="as_needed") | Q(most_per_day__isnull=False, most_per_day__gte=1),
                name="plan_as_needed_has_a_maximum",
            ),
            models.CheckConstraint(
                condition=Q(second_after_days__isnull=True) | Q(phase="interval", second_after_days__gte=1),
                name="plan_second_dose_of_an_interval",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.get_phase_display()}"

    @property
    def planned_last_on(self) -> date | None:
        """The last day as it was planned: the earliest of the plan, its course and the line."""
        course = self.from_on + timedelta(days=self.course_days - 1) if self.course_days else None
        return min((day for day in (self.until_on, self.line.until_on, course) if day), default=None)

    @property
    def last_on(self) -> date | None:
        """The last day on which it is used, as far as one is known: as planned, or the one before it ended."""
        ended = self.ended_on - timedelta(days=1) if self.ended_on else None
        return min((day for day in (self.planned_last_on, ended) if day), default=None)

    @property
    def days(self) -> frozenset[int]:
        """The weekdays of a maintenance, 0 Monday to 6 Sunday."""
        return frozenset(int(number) for number in self.weekdays.split(",") if number)

    @property
    def slot_times(self) -> tuple[tuple[str, time], ...]:
        """Name and wall-clock time of each dose of a day, as the day goes."""
        pairs = (pair.split(" ") for pair in self.times.split(",") if pair)
        return tuple((name, time.fromisoformat(at)) for name, at in pairs)

    @property
    def schedule(self) -> Schedule:
        """What its slots follow from."""
        return Schedule(
            phase=Phase(self.phase),
            from_on=self.from_on,
            times=self.slot_times,
            zone=self.zone,
            last_on=self.last_on,
            weekdays=self.days,
            every_days=self.every_days,
            second_after_days=self.second_after_days,
        )


class PlanSite(models.Model):
    """A site in a plan. On one day a site of a line is in one phase: the days of its rows never overlap."""

    plan = models.ForeignKey(DosePlan, on_delete=models.PROTECT, related_name="places")
    line = models.ForeignKey(RegimenLine, on_delete=models.PROTECT, related_name="places")
    site = models.CharField(_("site"), max_length=24, choices=SITE_CHOICES, blank=True)  # empty: not on the skin
    side = models.CharField(_("side"), max_length=5, choices=SIDE_CHOICES, blank=True)
    from_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "site", "side"], condition=Q(ended_on__isnull=True), name="plansite_in_one_phase"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("from_on")), name="plansite_ends_after_its_start"
            ),
        ]

    def __str__(self) -> str:
        side = f" ({self.get_side_display()})" if self.side else ""
        return f"{self.get_site_display()}{side}"


class OverrideReason(models.TextChoices):
    """Why an order is right in spite of a warning."""

    SPECIALIST = "specialist", _("Specialist decision for this patient")
    TRIED = "tried", _("Other options were tried or are not possible")
    KNOWN = "known", _("Known and watched")
    SHORT = "short", _("For a short time only")
    FACT_OUTDATED = "fact_outdated", _("The recorded fact is out of date")
    OTHER = "other", _("Other")


class Override(PublicIdModel):
    """A warning that was seen and answered: with the version of the rule, what it saw, the reason, and by whom."""

    line = models.ForeignKey(RegimenLine, on_delete=models.PROTECT, related_name="overrides")
    rule = models.CharField(max_length=60)
    rule_version = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=600)
    inputs = models.JSONField(default=list)  # as they were shown: a copy for the record, never asked
    fingerprint = models.CharField(max_length=24)  # regimens.queries.checks: the same for the same facts
    reason = models.CharField(_("reason"), max_length=16, choices=OverrideReason)
    sentence = models.CharField(_("in a sentence"), max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.rule} v{self.rule_version}"
