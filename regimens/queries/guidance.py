"""The rules as a clinic uses them, beside what the sources say; and which rules there are."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.models import Clinic
from clinics.models.base import day
from regimens.guidance import TOPICS, Said
from regimens.models import RuleChoice
from regimens.protocol.base import RULES, Level, Rule, Source
from regimens.protocol.check import check as _check  # noqa: F401 - registers every rule
from regimens.queries.panel import LEVELS

# The numbers of rules, as people read them.
NUMBERS: dict[str, Any] = {
    "asked_from_years": gettext_lazy("Asked from (years)"),
    "asked_until_years": gettext_lazy("Asked until (years)"),
    "block_from": gettext_lazy("Cannot be saved from (days)"),
    "free_days": gettext_lazy("Free days in between"),
    "from_days": gettext_lazy("From so many days a week"),
    "inform_from": gettext_lazy("For information from (days)"),
    "max_days": gettext_lazy("Old after (days)"),
    "min_age_months": gettext_lazy("Minimum age (months)"),
    "min_age_years": gettext_lazy("Minimum age (years)"),
    "months": gettext_lazy("Months"),
    "per_week": gettext_lazy("Days a week"),
    "warn_from": gettext_lazy("Caution from (days)"),
}


@dataclass(frozen=True)
class RuleInUse:
    """A rule, and what a clinic chose instead of its defaults."""

    rule: Rule
    choice: RuleChoice | None = None

    @property
    def level(self) -> Level:
        """The level at work."""
        return self.rule.level_chosen(self.choice.level if self.choice is not None else None)

    @property
    def params(self) -> dict[str, int]:
        """The numbers at work."""
        return {**self.rule.params, **(self.choice.params if self.choice is not None else {})}


class LevelView(NamedTuple):
    """A level: its number, its code for the look, and its words."""

    value: int
    code: str
    text: str


class NumberView(NamedTuple):
    """A number of a rule."""

    name: str
    label: str
    value: int
    default: int

    @property
    def is_chosen(self) -> bool:
        """Whether the clinic set it otherwise."""
        return self.value != self.default


class CitedView(NamedTuple):
    """Who says so, with the day of what was read."""

    name: str
    on: str
    speaks_for: str
    is_dated: bool  # also by its name: "8 September 2025"


class SaidView(NamedTuple):
    """A statement with those who make it."""

    text: str
    by: list[CitedView]


@dataclass(frozen=True)
class RuleView:
    """A rule with its defaults, and how this clinic uses it."""

    id: str
    version: int
    title: str
    logic: str
    level: LevelView
    default: LevelView
    numbers: list[NumberView]
    sources: list[CitedView]
    can_be_lowered: bool
    is_fixed: bool  # a stop that stays a stop
    choice: RuleChoice | None  # the live one: source, reason, who, since when

    @property
    def deviates(self) -> bool:
        """Whether the clinic uses it otherwise than by default."""
        return self.level != self.default or any(number.is_chosen for number in self.numbers)


@dataclass(frozen=True)
class TopicView:
    """A row of the table of contradictions."""

    id: str
    title: str
    one: list[SaidView]
    other: list[SaidView]
    default: str
    rules: list[RuleView]


@dataclass(frozen=True)
class Guidance:
    """Everything the page shows."""

    topics: list[TopicView]
    rules: list[RuleView]  # those about nothing on which sources disagree
    rule_set: str


@dataclass(frozen=True)
class RuleChoices:
    """A rule with every choice the clinic ever made about it, the newest first."""

    rule: RuleView
    earlier: list[EarlierView]
    version: int  # how many choices: a page that knows fewer is stale


class EarlierView(NamedTuple):
    """A choice as it was made; the live one too."""

    row: RuleChoice
    level: LevelView
    numbers: list[NumberView]


def rules_in_use(clinic: Clinic) -> list[RuleInUse]:
    """Every rule in the order of the screen, with the clinic's choice where there is one. One query."""
    rows = RuleChoice.objects.filter(clinic=clinic, replaced_at__isnull=True).select_related("chosen_by")
    chosen = {row.rule: row for row in rows}
    return [RuleInUse(rule, chosen.get(rule.id)) for rule in RULES.values()]


def guidance(clinic: Clinic) -> Guidance:
    """Every topic and every rule as the clinic uses it now; one query."""
    in_use = rules_in_use(clinic)
    topics = [
        TopicView(
            topic.id,
            str(topic.title),
            [_said(each) for each in topic.one],
            [_said(each) for each in topic.other],
            str(topic.default),
            [rule_view(one) for one in in_use if one.rule.topic == topic.id],
        )
        for topic in TOPICS
    ]
    told = {topic.id for topic in TOPICS}
    return Guidance(topics, [rule_view(one) for one in in_use if one.rule.topic not in told], rule_set())


def said_about(topic_id: str) -> tuple[str, list[SaidView]]:
    """The title of a topic, and what every side says about it."""
    topic = next(topic for topic in TOPICS if topic.id == topic_id)
    return str(topic.title), [_said(each) for each in (*topic.one, *topic.other)]


def rule_choices(clinic: Clinic, rule_id: str) -> RuleChoices | None:
    """One rule with the clinic's choices; None when there is no such rule. One query."""
    rule = RULES.get(rule_id)
    if rule is None:
        return None
    rows = list(
        RuleChoice.objects.filter(clinic=clinic, rule=rule_id)
        .select_related("chosen_by", "replaced_by")
        .order_by("-chosen_at", "-pk")
    )
    live = next((row for row in rows if row.replaced_at is None), None)
    chosen = [RuleInUse(rule, row) for row in rows]
    earlier = [EarlierView(row, _level(one.level), numbers_of(one)) for row, one in zip(rows, chosen, strict=True)]
    return RuleChoices(rule_view(RuleInUse(rule, live)), earlier, len(rows))


def rule_view(one: RuleInUse) -> RuleView:
    """A rule as a clinic uses it, in words."""
    rule = one.rule
    is_stop = rule.level == Level.STOP
    return RuleView(
        id=rule.id,
        version=rule.version,
        title=_(rule.title),
        logic=_(rule.logic),
        level=_level(one.level),
        default=_level(rule.level),
        numbers=numbers_of(one),
        sources=[_cited(source) for source in rule.sources],
        can_be_lowered=is_stop and rule.is_lowerable,
        is_fixed=is_stop and not rule.is_lowerable,
        choice=one.choice,
    )


def numbers_of(one: RuleInUse) -> list[NumberView]:
    """The numbers of a rule with what the clinic chose."""
    return [
        NumberView(name, str(NUMBERS.get(name, name.replace("_", " "))), one.params[name], default)
        for name, default in one.rule.params.items()
    ]


def rule_set() -> str:
    """A short name of the rules with their versions: another rule or another version gives another name."""
    said = " ".join(f"{rule.id}:{rule.version}" for rule in sorted(RULES.values(), key=lambda rule: rule.id))
    return sha256(said.encode()).hexdigest()[:8]


def rules_by_id() -> list[RuleView]:
    """Every rule with its defaults, by id."""
    return [rule_view(RuleInUse(RULES[rule_id])) for rule_id in sorted(RULES)]


def level_word(value: int) -> str:
    """A level in words."""
    return _level(Level(value)).text


def _level(level: Level) -> LevelView:
    code, text = LEVELS[level]
    return LevelView(int(level), code, str(text))


def _said(said: Said) -> SaidView:
    return SaidView(str(said.text), [_cited(source) for source in said.by])


def _cited(source: Source) -> CitedView:
    name = f"{source.name}, {source.section}" if source.section else source.name
    speaks_for = _(source.speaks_for) if source.speaks_for else ""
    says_day = source.on is not None and f"{source.on.day} {source.on:%B %Y}" in source.name
    return CitedView(name, "" if says_day else day(source.on), speaks_for, source.on is not None)
