"""What the rules are, and what they say of orders, as the API gives it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinics.serializers import Problem, StrictSerializer
from regimens import queries
from regimens.api.choices import LEVEL_CHOICES, level_word
from regimens.protocol.check import Checked
from regimens.queries.checks import Found, findings_in


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
