"""Treatment as the API takes and gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinics.serializers import PageQuery, Problem, StrictSerializer
from patients import sites
from patients.api.score_shapes import DecimalText, Exact, WholeNumber
from patients.api.shapes import RowOut
from patients.sites import Side
from regimens import queries
from regimens.actions import Order, Reply
from regimens.models import (
    FAMILIES,
    PHASES,
    POTENCIES,
    AmountUnit,
    DosePlan,
    EndReason,
    Override,
    OverrideReason,
    PastResponse,
    PastTreatment,
    PlanSite,
    Product,
    ProductFact,
    Regimen,
    RegimenLine,
    Route,
    WhyStopped,
)
from regimens.protocol.base import Level
from regimens.protocol.check import Checked
from regimens.protocol.facts import Phase, Place
from regimens.queries.checks import Found, findings_in
from regimens.queries.panel import LEVELS

LINES_AT_ONCE = 20
SITES = [(site.code, site.label) for site in sites.SITES.values()]
SIDES = [(side.value, side.value) for side in Side if side]
FAMILY_CHOICES = [(str(family), str(family)) for family in FAMILIES]
POTENCY_CHOICES = [(str(potency), str(potency)) for potency in POTENCIES]
PHASE_CHOICES = [(phase.value, phase.value) for phase in PHASES]
ORDER_PHASES = [choice for choice in PHASE_CHOICES if choice[0] != Phase.HOLD]
LEVEL_CHOICES = [(word, word) for word, _label in LEVELS.values()]
JURISDICTIONS = [(code, code) for code in ("EU", "UK", "US", "JP", "any")]

OPEN: dict[str, Any] = {"allow_null": True, "default": None}
BLANK: dict[str, Any] = {"allow_blank": True, "default": ""}


def level_word(level: int) -> str:
    """`inform`, `warn` or `stop`."""
    return LEVELS[Level(level)][0]


# --- Catalogue --------------------------------------------------------------------------------------------------------


class ProductsQuery(PageQuery):
    """Which products."""

    family = serializers.ChoiceField(FAMILY_CHOICES, required=False)
    text = serializers.CharField(max_length=60, required=False, help_text="In the name or substance, or the ATC code.")
    with_withdrawn = serializers.BooleanField(default=False, help_text="Also products no longer offered for new lines.")


class ProductFactOut(serializers.ModelSerializer):
    """One statement of a label or guideline. What is not verified decides nothing."""

    jurisdiction = serializers.ChoiceField(JURISDICTIONS)
    value = Exact(allow_null=True, help_text="Months, kg or days, as `kind` says; null for words only.")

    class Meta:
        model = ProductFact
        fields = ("jurisdiction", "kind", "value", "text", "source", "section", "source_on", "is_verified")
        read_only_fields = fields


class ProductShort(serializers.ModelSerializer):
    """A product in a line."""

    family = serializers.ChoiceField(FAMILY_CHOICES)

    class Meta:
        model = Product
        fields = ("key", "name", "strength", "family")
        read_only_fields = fields


class ProductOut(serializers.ModelSerializer):
    """A product of the catalogue with its facts. Orders name it by `key`."""

    id = serializers.UUIDField(source="public_id")
    family = serializers.ChoiceField(FAMILY_CHOICES)
    potency = serializers.ChoiceField(POTENCY_CHOICES, allow_blank=True, help_text="Of a topical corticosteroid.")
    route = serializers.ChoiceField(Route.choices)
    has_sites = serializers.BooleanField(help_text="Whether a line says where on the body.")
    facts = ProductFactOut(many=True)

    class Meta:
        model = Product
        fields = (
            "id",
            "key",
            "name",
            "drug",
            "strength",
            "form",
            "family",
            "potency",
            "route",
            "atc",
            "has_sites",
            "is_offered",
            "facts",
        )
        read_only_fields = fields


class ProductPage(serializers.Serializer):
    """A page of products by name."""

    results = ProductOut(many=True)
    next = serializers.URLField(allow_null=True)


# --- Orders -----------------------------------------------------------------------------------------------------------


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


# --- What the rules say -----------------------------------------------------------------------------------------------


class InputOut(serializers.Serializer):
    """Something a rule looked at."""

    what = serializers.CharField()
    value = serializers.CharField(allow_blank=True)
    on = serializers.DateField(allow_null=True, help_text="Since when it is known.")
    by = serializers.CharField(allow_blank=True, help_text="Who recorded it.")


class SourceOut(serializers.Serializer):
    """Who says so."""

    name = serializers.CharField()
    section = serializers.CharField(allow_blank=True)
    on = serializers.DateField(allow_null=True)
    speaks_for = serializers.CharField(allow_blank=True, help_text="The people it speaks for; empty: everybody.")


class FindingOut(serializers.Serializer):
    """What a rule has to say about an order."""

    key = serializers.CharField(
        help_text="By which `replies` name it: of this line of the order, product, rule, version and facts; "
        "another fact gives another key."
    )
    order = serializers.IntegerField(min_value=0, help_text="Which of the orders, counted from 0.")
    rule = serializers.CharField()
    version = serializers.IntegerField()
    level = serializers.ChoiceField(LEVEL_CHOICES)
    level_text = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    logic = serializers.CharField(help_text="The rule in one sentence.")
    product = serializers.CharField()
    inputs = InputOut(many=True)
    missing = serializers.ListField(child=serializers.CharField())
    sources = SourceOut(many=True)
    is_unanswered = serializers.BooleanField(help_text="It needs a listed reason and a sentence, and has none.")


class UncheckedOut(serializers.Serializer):
    """A rule that could not look: never the same as passed."""

    order = serializers.IntegerField(min_value=0)
    rule = serializers.CharField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    because = serializers.CharField()
    missing = serializers.ListField(child=serializers.CharField())
    product = serializers.CharField()


class OrderCheckOut(serializers.Serializer):
    """What the rules say, the gravest first. A correct order has no finding that stops or needs an answer."""

    is_stopped = serializers.BooleanField(help_text="It could not be saved as it is.")
    unanswered = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of the warnings that would need a reason."
    )
    findings = FindingOut(many=True)
    unchecked = UncheckedOut(many=True)


class OrderProblem(Problem):
    """Nothing was saved: `errors` where values cannot be, `findings` where rules stop or a warning has no answer.

    Both where a warning has no reply, or a reply has no warning: `errors` name `replies.KEY`.
    """

    findings = FindingOut(many=True, required=False)
    unchecked = UncheckedOut(many=True, required=False)
    unanswered = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Keys of the warnings without a reason and a sentence."
    )


def findings_of(checked: Sequence[Checked], unanswered: Iterable[str] = ()) -> dict[str, Any]:
    """Everything the rules said in the words of the panel, dates as dates, the gravest first."""
    open_ones, unchecked = set(unanswered), []
    findings = sorted(findings_in(checked), key=lambda one: -one.finding.level)
    for number, one in enumerate(checked):
        unchecked += [vars(view) | {"order": number} for view in queries.panel([one]).unchecked]
    return {
        "findings": FindingOut([_finding(one, one.key in open_ones) for one in findings], many=True).data,
        "unchecked": UncheckedOut(unchecked, many=True).data,
        "unanswered": sorted(open_ones),
    }


def _finding(found: Found, is_unanswered: bool) -> dict[str, Any]:
    shown, finding = queries.finding_view(found, is_unanswered), found.finding
    inputs = [view._asdict() | {"on": it.on} for view, it in zip(shown.inputs, finding.inputs, strict=True)]
    sources = [view._asdict() | {"on": it.on} for view, it in zip(shown.sources, finding.cited, strict=True)]
    return vars(shown) | {"order": found.number, "inputs": inputs, "sources": sources}


# --- Regimens ---------------------------------------------------------------------------------------------------------


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


# --- Rules ------------------------------------------------------------------------------------------------------------


class RuleChoiceOut(serializers.Serializer):
    """What the clinic chose instead of the default."""

    level = serializers.SerializerMethodField()
    params = serializers.DictField(child=serializers.IntegerField())
    source = serializers.CharField()  # type: ignore[assignment]  # the name it has everywhere
    reason = serializers.CharField()
    valid_from_on = serializers.DateField()
    chosen_at = serializers.DateTimeField()
    chosen_by = serializers.CharField(source="chosen_by.name")

    @extend_schema_field(serializers.ChoiceField(LEVEL_CHOICES, allow_null=True))
    def get_level(self, row: Any) -> str | None:
        """In a word; null where only numbers were chosen."""
        return None if row.level is None else level_word(row.level)


class RuleOut(serializers.Serializer):
    """A rule of the protocol: `level` and `params` as they work in the clinic, and what they are without its choice."""

    id = serializers.CharField(source="rule.id")
    version = serializers.IntegerField(source="rule.version")
    title = serializers.CharField(source="rule.title")
    logic = serializers.CharField(source="rule.logic")
    topic = serializers.CharField(source="rule.topic", allow_blank=True, help_text="Row of the table of disagreements.")
    is_lowerable = serializers.BooleanField(source="rule.is_lowerable", help_text="A stop that may become a warning.")
    sources = SourceOut(source="rule.sources", many=True)
    level = serializers.SerializerMethodField()
    default_level = serializers.SerializerMethodField()
    params = serializers.DictField(child=serializers.IntegerField())
    default_params = serializers.DictField(source="rule.params", child=serializers.IntegerField())
    choice = RuleChoiceOut(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(LEVEL_CHOICES))
    def get_level(self, row: Any) -> str:
        """At work in the clinic."""
        return level_word(row.level)

    @extend_schema_field(serializers.ChoiceField(LEVEL_CHOICES))
    def get_default_level(self, row: Any) -> str:
        """Without a choice."""
        return level_word(row.rule.level)


class RulesQuery(StrictSerializer):
    """Whose choices."""

    clinic = serializers.UUIDField(required=False, help_text="One of your clinics; without it, your active clinic.")


class RuleList(serializers.Serializer):
    """Every rule, in the order of the screen."""

    results = RuleOut(many=True)


# --- Before adtrack ---------------------------------------------------------------------------------------------------


class PastTreatmentIn(StrictSerializer):
    """A product, or at least a class, that was used before. What is not remembered stays out."""

    product = serializers.CharField(max_length=60, help_text="A key of the catalogue; without it the `family`.", **OPEN)
    family = serializers.ChoiceField(FAMILY_CHOICES, help_text="A product brings its own.", **BLANK)
    sites = serializers.ListField(child=serializers.ChoiceField(SITES), max_length=20, default=list)
    from_on = serializers.DateField(help_text="About: the first of the month.", **OPEN)
    until_on = serializers.DateField(**OPEN)
    days = WholeNumber(min_value=1, max_value=10_000, help_text="For how many days, of a course.", **OPEN)
    response = serializers.ChoiceField(PastResponse.choices)
    why_stopped = serializers.ChoiceField(WhyStopped.choices)
    text = serializers.CharField(max_length=300, help_text="Needed for `other`.", **BLANK)


class PastTreatmentOut(RowOut):
    """A treatment before adtrack."""

    product = ProductShort(allow_null=True)
    family = serializers.ChoiceField(FAMILY_CHOICES)
    sites = serializers.SerializerMethodField()
    response = serializers.ChoiceField(PastResponse.choices)
    why_stopped = serializers.ChoiceField(WhyStopped.choices)

    class Meta:
        model = PastTreatment
        fields = (
            *RowOut.ROW,
            "product",
            "family",
            "sites",
            "from_on",
            "until_on",
            "days",
            "response",
            "why_stopped",
            "text",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(SITES)))
    def get_sites(self, row: PastTreatment) -> list[str]:
        """Codes of sites."""
        return [code for code in row.sites.split(",") if code]


class PastTreatmentPage(serializers.Serializer):
    """A page of treatments before adtrack."""

    results = PastTreatmentOut(many=True)
    next = serializers.URLField(allow_null=True)
