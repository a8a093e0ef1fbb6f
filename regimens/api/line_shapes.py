"""Regimens, their lines and phases as the API gives them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinics.serializers import Problem
from patients.api.score_shapes import Exact
from regimens.api.catalogue_shapes import ProductShort
from regimens.api.check_shapes import InputOut
from regimens.api.choices import LEVEL_CHOICES, PHASE_CHOICES, SIDES, SITES, level_word
from regimens.models import AmountUnit, DosePlan, EndReason, Override, OverrideReason, PlanSite, Regimen, RegimenLine


class StartedOut(serializers.ModelSerializer):
    """What everything that begins and ends shows of itself."""

    id = serializers.UUIDField(source="public_id")
    started_by = serializers.CharField(source="started_by.name")

    STARTED = ("id", "started_at", "started_by")
    ENDED = ("ended_on", "ended_at", "ended_by", "end_reason", "end_text", "next_look_on", "no_look_reason")


class EndedOut(StartedOut):
    """Of a regimen and of a line."""

    ended_by = serializers.CharField(source="ended_by.name", allow_null=True, default=None)
    end_reason = serializers.ChoiceField(EndReason.choices, allow_blank=True)


class PlaceOut(serializers.ModelSerializer):
    """A site in a phase. `ended_on` is the first day without it."""

    site = serializers.ChoiceField(SITES, allow_blank=True, help_text="Empty for what is not applied to the skin.")
    side = serializers.ChoiceField(SIDES, allow_blank=True)

    class Meta:
        model = PlanSite
        fields = ("site", "side", "from_on", "ended_on")
        read_only_fields = fields


class DoseTimeOut(serializers.Serializer):
    """A dose of a day: its name, and its wall-clock time in the zone of the phase."""

    name = serializers.CharField()
    at = serializers.CharField(help_text='"08:00".')


class PlanOut(StartedOut):
    """A phase of a line on some of its sites. `ended_on` is the first day without it."""

    phase = serializers.ChoiceField(PHASE_CHOICES)
    weekdays = serializers.SerializerMethodField()
    times = serializers.SerializerMethodField(help_text="Empty where nothing is due at times.")
    zone = serializers.CharField(help_text="IANA, of `times`.")
    next_due_at = serializers.DateTimeField(allow_null=True, help_text="When the next dose is due; null: none is.")
    places = PlaceOut(many=True)

    class Meta:
        model = DosePlan
        fields = (
            *StartedOut.STARTED,
            "phase",
            "from_on",
            "until_on",
            "ended_on",
            "per_day",
            "weekdays",
            "every_days",
            "second_after_days",
            "loading_dose",
            "course_days",
            "condition",
            "most_per_day",
            "look_again_on",
            "reason",
            "times",
            "zone",
            "next_due_at",
            "places",
        )
        read_only_fields = fields

    def get_weekdays(self, plan: DosePlan) -> list[int]:
        """0 Monday to 6 Sunday."""
        return sorted(plan.days)

    @extend_schema_field(DoseTimeOut(many=True))
    def get_times(self, plan: DosePlan) -> list[dict[str, str]]:
        """The doses of a day, by name."""
        return [{"name": name, "at": f"{at:%H:%M}"} for name, at in plan.slot_times]


class KeptInputOut(InputOut):
    """Something a rule looked at when its warning was answered."""

    def to_representation(self, kept: Any) -> dict[str, Any]:
        """As it was kept, a date that was not known as null."""
        return dict(kept) | {"on": kept["on"] or None}


class OverrideOut(serializers.ModelSerializer):
    """A warning that was answered."""

    id = serializers.UUIDField(source="public_id")
    level = serializers.SerializerMethodField()
    inputs = KeptInputOut(many=True)
    reason = serializers.ChoiceField(OverrideReason.choices)
    by = serializers.CharField(source="by.name")

    class Meta:
        model = Override
        fields = ("id", "rule", "rule_version", "level", "text", "inputs", "reason", "sentence", "at", "by")
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(LEVEL_CHOICES))
    def get_level(self, row: Override) -> str:
        """In a word."""
        return level_word(row.level)


class LineOut(EndedOut):
    """A line: one product, its phases, and the warnings that were answered."""

    product = ProductShort()
    amount = Exact(allow_null=True)
    amount_unit = serializers.ChoiceField(AmountUnit.choices, allow_blank=True)
    replaces = serializers.UUIDField(source="replaces.public_id", allow_null=True, default=None)
    plans = PlanOut(many=True)
    overrides = OverrideOut(many=True)

    class Meta:
        model = RegimenLine
        fields = (
            *StartedOut.STARTED,
            "version",
            "product",
            "is_elsewhere",
            "amount",
            "amount_unit",
            "dose",
            "instructions",
            "starts_on",
            "until_on",
            "review_on",
            "flares_in_a_year",
            "replaces",
            *StartedOut.ENDED,
            "plans",
            "overrides",
        )
        read_only_fields = fields


class RegimenOut(EndedOut):
    """A regimen with its lines, those that ended too."""

    lines = LineOut(many=True)

    class Meta:
        model = Regimen
        fields = (*StartedOut.STARTED, "version", "started_on", *StartedOut.ENDED, "lines")
        read_only_fields = fields


class OpenRegimenOut(serializers.Serializer):
    """The regimen that is open; null when none is."""

    regimen = RegimenOut(allow_null=True)


class RegimenPage(serializers.Serializer):
    """A page of regimens, the last first."""

    results = RegimenOut(many=True)
    next = serializers.URLField(allow_null=True)


class ChangedLineProblem(Problem):
    """The change was refused; here is how the line stands now."""

    current = LineOut(required=False)


class ChangedRegimenProblem(Problem):
    """The change was refused; here is how the regimen stands now."""

    current = RegimenOut(required=False)
