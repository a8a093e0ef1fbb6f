"""Doses, adherence, tubes, times of the day and the clinic's settings of them, as the API takes and gives them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinics.models.base import one_line
from clinics.serializers import Problem, StrictSerializer
from patients.api.score_shapes import DecimalText, Exact, WholeNumber
from patients.api.shapes import RowOut
from regimens.actions import Said
from regimens.api.catalogue_shapes import ProductShort
from regimens.api.choices import BLANK, OPEN
from regimens.models import Application, ApplicationKind, DoseOutcome, DoseSettings, RecordedAs, SkipReason, TubeReport
from regimens.protocol.adherence import DayState
from regimens.protocol.slots import MOST
from regimens.queries.dose_numbers import NUMBERS, Verdict, numbers
from regimens.queries.dose_slots import SlotState
from regimens.queries.doses import RANGES

DOSE_KINDS = [(kind.value, kind.value) for kind in ApplicationKind]
BESIDE_KINDS = [choice for choice in DOSE_KINDS if choice[0] != ApplicationKind.SLOT]
SLOT_STATES = [(state.value, state.value) for state in SlotState]
DAY_STATES = [(state.value, state.value) for state in DayState]
VERDICTS = [(verdict.value, verdict.value) for verdict in Verdict]
NUMBER_NAMES = [(name, name) for name in NUMBERS]
FIRST, LAST = date(1900, 1, 1), date(2100, 1, 1)  # of the days anybody may ask for
MOST_SLOT_DAYS, MOST_DAYS = 92, 366  # between two days, both counted


@extend_schema_field({"type": "string", "format": "date-time"})
class Instant(serializers.DateTimeField):
    """A moment with its offset: "2026-11-20T19:55:00Z"."""

    def to_internal_value(self, data: Any) -> datetime:
        """The moment in UTC; without an offset nobody knows which it is."""
        form = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
        if not isinstance(data, str) or not re.fullmatch(form, data):
            raise serializers.ValidationError("Write a moment with its offset, such as 2026-11-20T19:55:00Z.")
        found: datetime = super().to_internal_value(data)
        if not FIRST <= found.astimezone(UTC).date() <= LAST:
            raise serializers.ValidationError("Between 1900 and 2100.")
        return found


@extend_schema_field({"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9]$"})
class Clock(serializers.Field):
    """A wall-clock time: "08:00"."""

    def to_internal_value(self, data: Any) -> time:
        """Hours and minutes."""
        if not isinstance(data, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", data):
            raise serializers.ValidationError("Write hours and minutes, such as 08:00.")
        return time.fromisoformat(data)

    def to_representation(self, value: time) -> str:
        """The same."""
        return f"{value:%H:%M}"


# --- Doses ------------------------------------------------------------------------------------------------------------


class DaysQuery(StrictSerializer):
    """Between which days (both included), and of which line."""

    from_on = serializers.DateField(required=False)
    until_on = serializers.DateField(required=False, help_text="Today, if left out.")
    line = serializers.UUIDField(required=False, help_text="Of this line alone.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Days that somebody can mean."""
        wrong = [name for name in ("from_on", "until_on") if name in values and not FIRST <= values[name] <= LAST]
        if wrong:
            raise serializers.ValidationError({name: ["Between 1900 and 2100."] for name in wrong})
        return values


class SlotsQuery(DaysQuery):
    """Between which days: at the most 92."""

    from_on = serializers.DateField(required=False, help_text="Seven days before `until_on`, if left out.")


class AdherenceQuery(DaysQuery):
    """Between which days: at the most 366."""

    from_on = serializers.DateField(
        required=False, help_text="If left out, the first day of the clinic's window (`window_days`) up to `until_on`."
    )


class SaidIn(StrictSerializer):
    """What somebody says about a dose."""

    outcome = serializers.ChoiceField(DoseOutcome.choices)
    applied_at = Instant(help_text="Of a done dose; without it now, or on a later day when it was due.", **OPEN)
    skip_reason = serializers.ChoiceField(SkipReason.choices, help_text="Of a skipped dose, which needs it.", **BLANK)
    note = serializers.CharField(max_length=300, validators=[one_line], **BLANK)


class DoseIn(SaidIn):
    """A planned dose: `plan`, or `line` where only one of its phases has this dose; the day, and the name of the dose."""

    plan = serializers.UUIDField(help_text="A phase of a line.", **OPEN)
    line = serializers.UUIDField(**OPEN)
    slot_on = serializers.DateField(help_text="The patient's day: today or one of the last seven.")
    slot = serializers.CharField(max_length=12, help_text="Such as `morning`, as the slots of the line name it.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """One of the two ways to say which."""
        if (values["plan"] is None) == (values["line"] is None):
            raise serializers.ValidationError({"plan": ["Give either the plan or the line."]})
        return values


class BesideIn(StrictSerializer):
    """An application that was not planned for then."""

    line = serializers.UUIDField()
    kind = serializers.ChoiceField(BESIDE_KINDS)
    applied_at = Instant(help_text="Not ahead, and on one of the last seven days.")
    note = serializers.CharField(max_length=300, validators=[one_line], **BLANK)


def said_of(values: dict[str, Any]) -> Said:
    """Validated values as the actions take them."""
    return Said(**{name: values[name] for name in Said.__dataclass_fields__})


class DoseOut(RowOut):
    """What was said about a dose. Undone or changed it has `withdrawn_at`; a change names what it `replaces`."""

    line = serializers.UUIDField(source="line.public_id")
    plan = serializers.UUIDField(source="plan.public_id", allow_null=True, default=None)
    kind = serializers.ChoiceField(DOSE_KINDS)
    slot = serializers.CharField(allow_blank=True, help_text="Empty for what was not planned.")
    outcome = serializers.ChoiceField(DoseOutcome.choices)
    skip_reason = serializers.ChoiceField(SkipReason.choices, allow_blank=True)
    on = serializers.DateField(help_text="The patient's day on which it was applied, or was to be.")
    is_late = serializers.BooleanField(help_text="Entered on a later day.")
    recorded_as = serializers.ChoiceField(RecordedAs.choices)
    replaces = serializers.UUIDField(source="replaces.public_id", allow_null=True, default=None)

    class Meta:
        model = Application
        fields = (
            *RowOut.ROW,
            "line",
            "plan",
            "kind",
            "slot_on",
            "slot",
            "outcome",
            "skip_reason",
            "applied_at",
            "on",
            "is_late",
            "recorded_as",
            "note",
            "replaces",
        )
        read_only_fields = fields


class DosePage(serializers.Serializer):
    """A page of records."""

    results = DoseOut(many=True)
    next = serializers.URLField(allow_null=True)


class RecordedDoseProblem(Problem):
    """Somebody said something about this dose before, or the record was undone or changed: here is what counts now."""

    recorded_by = serializers.CharField(required=False, allow_null=True)
    recorded_at = serializers.DateTimeField(required=False)
    current = DoseOut(required=False)


class SlotOut(serializers.Serializer):
    """A planned dose. `no_record` is neither done nor skipped: nobody has said anything."""

    plan = serializers.UUIDField(source="plan.public_id")
    slot_on = serializers.DateField(source="slot.on", help_text="The patient's day.")
    slot = serializers.CharField(source="slot.name")
    due_at = serializers.DateTimeField()
    state = serializers.ChoiceField(SLOT_STATES)
    record = DoseOut(allow_null=True)


class LineSlotsOut(serializers.Serializer):
    """The planned doses of a line as they come due, and what was applied beside them, the latest first."""

    line = serializers.UUIDField(source="doses.line.public_id")
    product = ProductShort(source="doses.line.product")
    slots = SlotOut(many=True)
    extra = DoseOut(source="doses.extra", many=True)


class SlotsOut(serializers.Serializer):
    """The planned doses of each line that has any of these days; none of what is prescribed elsewhere."""

    from_on = serializers.DateField()
    until_on = serializers.DateField()
    lines = LineSlotsOut(many=True)


# --- Adherence --------------------------------------------------------------------------------------------------------


class NumberOut(serializers.Serializer):
    """A number of the clinic about doses, and whether anybody stands behind it."""

    name = serializers.ChoiceField(NUMBER_NAMES)
    value = serializers.IntegerField()
    default = serializers.IntegerField()
    is_chosen = serializers.BooleanField(help_text="By the clinic, instead of the default.")
    is_ours = serializers.BooleanField(help_text="A number of adtrack, or of the clinic: no source stands behind it.")
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]


class CountedOut(serializers.Serializer):
    """Doses counted: expected = done + skipped + no_record."""

    expected = serializers.IntegerField(min_value=0)
    done = serializers.IntegerField(min_value=0)
    skipped = serializers.IntegerField(min_value=0)
    no_record = serializers.IntegerField(min_value=0)


class DayOut(CountedOut):
    """A day of the calendar. Doses of today that are not due yet are not counted."""

    on = serializers.DateField()
    state = serializers.ChoiceField(DAY_STATES)


class LineAdherenceOut(CountedOut):
    """What was done of what was due."""

    line = serializers.UUIDField()
    product = ProductShort()
    percent = serializers.IntegerField(
        min_value=0,
        max_value=100,
        allow_null=True,
        help_text="Done of the recorded ones; null with fewer records than `least_records`: too few to judge.",
    )
    verdict = serializers.ChoiceField(VERDICTS, help_text="`low` is below `low_percent`.")
    extra = serializers.IntegerField(min_value=0, help_text="Applications beside the planned ones; they count nowhere.")
    days = DayOut(many=True)


class AdherenceOut(serializers.Serializer):
    """Adherence of each line, with the numbers it was judged by."""

    from_on = serializers.DateField()
    until_on = serializers.DateField()
    thresholds = NumberOut(many=True)
    lines = LineAdherenceOut(many=True)


# --- Tubes and times --------------------------------------------------------------------------------------------------


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$"})
class Tubes(DecimalText):
    """0 to 100; a half tube is "0.5"."""


class TubesIn(StrictSerializer):
    """How many tubes of a line were used up in a time."""

    line = serializers.UUIDField()
    since_on = serializers.DateField()
    until_on = serializers.DateField(help_text="Not ahead.")
    tubes = Tubes(max_digits=5, decimal_places=2, min_value=0, max_value=100, help_text='"0.5" is a half one.')
    grams_each = WholeNumber(min_value=1, max_value=1000)


class TubesOut(RowOut):
    """How many tubes were used up."""

    line = serializers.UUIDField(source="line.public_id")
    tubes = Exact()

    class Meta:
        model = TubeReport
        fields = (*RowOut.ROW, "line", "since_on", "until_on", "tubes", "grams_each")
        read_only_fields = fields


class TubesPage(serializers.Serializer):
    """A page of reports of tubes."""

    results = TubesOut(many=True)
    next = serializers.URLField(allow_null=True)


class TimeIn(StrictSerializer):
    """When a dose of a day is due."""

    name = serializers.CharField(max_length=12)
    at = Clock()


def _times() -> TimeIn:
    limits: dict[str, Any] = {"min_length": 1, "max_length": MOST}
    return TimeIn(many=True, **limits)


class TimesIn(StrictSerializer):
    """The wall-clock times of the doses of a day, each later than the one before, under the names they have."""

    times = _times()
    zone = serializers.CharField(max_length=64, help_text="IANA, of these times; empty: it stays.", **BLANK)


# --- Settings of a clinic ---------------------------------------------------------------------------------------------


def _number(name: str) -> WholeNumber:
    low, high = RANGES[name]
    return WholeNumber(min_value=low, max_value=high, help_text="Null: the default.", **OPEN)


class DoseSettingsIn(StrictSerializer):
    """What a clinic chooses about doses; what is left out goes back to the default, or to no words."""

    clinic = serializers.UUIDField(required=False, help_text="One of your clinics; without it, your active clinic.")
    window_days = _number("window_days")
    least_records = _number("least_records")
    low_percent = _number("low_percent")
    open_event_days = _number("open_event_days")
    late_words = serializers.CharField(max_length=600, **BLANK)
    green_words = serializers.CharField(max_length=600, **BLANK)
    yellow_words = serializers.CharField(max_length=600, **BLANK)
    red_words = serializers.CharField(max_length=600, **BLANK)
    call_words = serializers.CharField(max_length=200, **BLANK)


class DoseSettingsOut(serializers.ModelSerializer):
    """What a clinic chose about doses (null: the default), and every number as it works."""

    clinic = serializers.UUIDField(source="clinic.public_id")
    numbers = serializers.SerializerMethodField()

    class Meta:
        model = DoseSettings
        fields = (
            "clinic",
            "version",
            *NUMBERS,
            "late_words",
            "green_words",
            "yellow_words",
            "red_words",
            "call_words",
            "numbers",
        )
        read_only_fields = fields

    @extend_schema_field(NumberOut(many=True))
    def get_numbers(self, row: DoseSettings) -> Any:
        """In the order of the screen."""
        return NumberOut(numbers(row), many=True).data


class DoseSettingsQuery(StrictSerializer):
    """Whose settings."""

    clinic = serializers.UUIDField(required=False, help_text="One of your clinics; without it, your active clinic.")


class ChangedSettingsProblem(Problem):
    """The settings were changed meanwhile; here is how they stand now."""

    current = DoseSettingsOut(required=False)
