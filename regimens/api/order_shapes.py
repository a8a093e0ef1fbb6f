"""Orders and steps of lines as the API takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinics.serializers import StrictSerializer
from patients import sites
from patients.api.score_shapes import DecimalText, WholeNumber
from patients.sites import Side
from regimens.actions import Order, Reply
from regimens.api.choices import BLANK, OPEN, ORDER_PHASES, SIDES, SITES
from regimens.models import AmountUnit, EndReason, OverrideReason, Product
from regimens.protocol.facts import Phase, Place

LINES_AT_ONCE = 20


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 6})
class Weekday(WholeNumber):
    """0 Monday to 6 Sunday."""


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$"})
class Amount(DecimalText):
    """More than 0, at the most 500, with at most two decimals."""


def _count(most: int, **more: Any) -> serializers.IntegerField:
    """A whole number from 1."""
    return _Count(min_value=1, max_value=most, **OPEN, **more)


class _Count(WholeNumber):
    """A whole number; none is not 0."""


class PlaceIn(StrictSerializer):
    """Where on the body."""

    site = serializers.ChoiceField(SITES)
    side = serializers.ChoiceField(SIDES, **BLANK)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """A side only where there is one."""
        problem = sites.problem_with(values["site"], Side(values["side"]))
        if problem:
            raise serializers.ValidationError({"side": problem})
        return values


def _places(**more: Any) -> PlaceIn:
    limits: dict[str, Any] = {"max_length": len(SITES) * 2, **more}
    return PlaceIn(many=True, **limits)


def _orders() -> OrderIn:
    limits: dict[str, Any] = {"min_length": 1, "max_length": LINES_AT_ONCE}
    return OrderIn(many=True, **limits)


class OrderIn(StrictSerializer):
    """One line as somebody wants it. Strength (in `product`), phase and frequency have no default."""

    product = serializers.CharField(max_length=60, help_text="The key of a product: `tacrolimus-0.03`.")
    phase = serializers.ChoiceField(ORDER_PHASES)
    places = _places(default=list, help_text="For what is applied to the skin.")
    starts_on = serializers.DateField()
    until_on = serializers.DateField(help_text="The last day.", **OPEN)
    review_on = serializers.DateField(help_text="When somebody looks at it again.", **OPEN)
    per_day = _count(12)
    weekdays = serializers.ListField(
        child=Weekday(), max_length=7, default=list, help_text="Of maintenance: 0 Monday to 6 Sunday."
    )
    every_days = _count(366)
    second_after_days = _count(366, help_text="Of an interval: from the first dose to the second, where that is another.")
    loading_dose = serializers.CharField(max_length=120, **BLANK)
    course_days = _count(366)
    condition = serializers.CharField(max_length=200, help_text="When, of what is used as needed.", **BLANK)
    most_per_day = _count(12)
    amount = Amount(max_digits=5, decimal_places=2, **OPEN)
    amount_unit = serializers.ChoiceField(AmountUnit.choices, **BLANK)
    dose = serializers.CharField(max_length=120, help_text="Of what is swallowed or injected.", **BLANK)
    instructions = serializers.CharField(max_length=1000, help_text="What the patient will read.", **BLANK)
    is_elsewhere = serializers.BooleanField(
        default=False, help_text="Prescribed by somebody else: counts for the rules, is not ours to time."
    )


class ReplyIn(StrictSerializer):
    """Why an order is right in spite of a warning."""

    reason = serializers.ChoiceField(OverrideReason.choices)
    sentence = serializers.CharField(max_length=300, help_text="At least two words and eight letters.")


class RepliesPart(StrictSerializer):
    """Answers to warnings."""

    replies = serializers.DictField(
        child=ReplyIn(),
        default=dict,
        help_text="By `key` of the finding, as a refusal or a check shows it; every warning needs one. "
        "A stop cannot be answered, and a key that no warning of the order has is refused.",
    )

    def validate_replies(self, replies: dict[str, Any]) -> dict[str, Reply]:
        """As the actions take them."""
        return {key: Reply(**reply) for key, reply in replies.items()}


class OrdersIn(RepliesPart):
    """Lines to be saved together: all of them or none."""

    orders = _orders()


class CheckIn(StrictSerializer):
    """Lines to be checked against the record, and each other."""

    orders = _orders()
    replaces = serializers.UUIDField(help_text="A line the orders would replace: it is left out of the check.", **OPEN)


class ChangeProductIn(RepliesPart):
    """What comes in the place of a line."""

    order = OrderIn()
    text = serializers.CharField(max_length=300, help_text="Why it is replaced.", **BLANK)


class StartAgainIn(RepliesPart):
    """How a line that ended is used again; the product stays."""

    order = OrderIn()


class MaintenanceIn(RepliesPart):
    """Which sites go on proactively, and on which weekdays."""

    places = _places(min_length=1)
    weekdays = serializers.ListField(child=Weekday(), min_length=1, max_length=7)
    flares_in_a_year = WholeNumber(min_value=0, max_value=365, help_text="The EU label asks for four or more.", **OPEN)
    review_on = serializers.DateField(**OPEN)


class InductionIn(RepliesPart):
    """Which sites go back to daily use."""

    places = _places(min_length=1)
    per_day = WholeNumber(min_value=1, max_value=12)
    until_on = serializers.DateField(**OPEN)
    review_on = serializers.DateField(**OPEN)
    reason = serializers.CharField(max_length=300, **BLANK)


class StepDownIn(RepliesPart):
    """Which sites go from twice to once daily."""

    places = _places(min_length=1)
    review_on = serializers.DateField(**OPEN)


class HoldIn(StrictSerializer):
    """Why a line pauses, and when somebody looks again."""

    look_again_on = serializers.DateField()
    reason = serializers.CharField(max_length=300)


class ResumeIn(RepliesPart):
    """Going on as before."""

    review_on = serializers.DateField(
        help_text="The next day to look again: daily use and maintenance without an end need it when the last has passed.",
        **OPEN,
    )


class StopIn(StrictSerializer):
    """Why it ends; and either a day to look next, or why none is needed."""

    reason = serializers.ChoiceField(EndReason.choices)
    text = serializers.CharField(max_length=300, help_text="Needed for `other`.", **BLANK)
    next_look_on = serializers.DateField(**OPEN)
    no_look_reason = serializers.CharField(max_length=200, **BLANK)


def order_of(sent: Mapping[str, Any], product: Product) -> Order:
    """A validated order as the actions take it."""
    values = {**sent, "product": product, "phase": Phase(sent["phase"])}
    return Order(**(values | {"places": tuple(places_of(sent["places"])), "weekdays": tuple(sent["weekdays"])}))


def places_of(sent: Iterable[Mapping[str, Any]]) -> list[Place]:
    """Validated places as the actions take them."""
    return [Place(place["site"], Side(place["side"])) for place in sent]
