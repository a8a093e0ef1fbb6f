"""What the rules said, in words: one panel for page, API and history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.models.base import day
from regimens.protocol.base import Level, Unchecked
from regimens.protocol.check import Checked
from regimens.queries.checks import Found, findings_in, sentence

LEVELS: dict[Level, tuple[str, Any]] = {
    Level.INFORM: ("inform", gettext_lazy("For information")),
    Level.WARN: ("warn", gettext_lazy("Caution: needs a reason")),
    Level.STOP: ("stop", gettext_lazy("Cannot be saved")),
}


class InputView(NamedTuple):
    """One thing a rule looked at."""

    what: str
    value: str
    on: str
    by: str


class SourceView(NamedTuple):
    """Who says so."""

    name: str
    section: str
    on: str
    speaks_for: str


@dataclass(frozen=True)
class FindingView:
    """One finding, every value in words."""

    key: str  # by which a reply names it
    rule: str
    version: int
    level: str  # inform, warn, stop
    level_text: str
    title: str
    text: str
    logic: str
    product: str
    inputs: list[InputView]
    missing: list[str]
    sources: list[SourceView]
    is_unanswered: bool


@dataclass(frozen=True)
class NotChecked:
    """A rule that could not look."""

    rule: str
    version: int
    title: str
    because: str
    missing: list[str]
    product: str


@dataclass(frozen=True)
class Panel:
    """Everything the rules said about an order, the gravest first."""

    findings: list[FindingView]
    unchecked: list[NotChecked]

    @property
    def stops(self) -> list[FindingView]:
        """What keeps the order from being saved."""
        return [one for one in self.findings if one.level == "stop"]

    @property
    def warnings(self) -> list[FindingView]:
        """What needs a reason."""
        return [one for one in self.findings if one.level == "warn"]

    @property
    def notes(self) -> list[FindingView]:
        """What is shown beside the order."""
        return [one for one in self.findings if one.level == "inform"]


def panel(checked: Iterable[Checked], unanswered: Iterable[str] = ()) -> Panel:
    """The answers of the rules in words; `unanswered` are keys of warnings that were sent without a reason."""
    open_ones = set(unanswered)
    answers = list(checked)
    found = sorted(findings_in(answers), key=lambda one: -one.finding.level)
    unchecked: list[NotChecked] = []
    for answer in answers:
        views = [not_checked_view(one, answer.line.product.name) for one in answer.unchecked]
        unchecked += [view for view in views if view not in unchecked]
    return Panel([finding_view(one, one.key in open_ones) for one in found], unchecked)


def not_checked_view(one: Unchecked, product: str) -> NotChecked:
    """A rule that could not look, in words."""
    missing = [_(what) for what in one.missing]
    return NotChecked(one.rule.id, one.rule.version, _(one.rule.title), _(one.because), missing, product)


def finding_view(found: Found, is_unanswered: bool = False) -> FindingView:
    """One finding in words."""
    finding = found.finding
    level, text = LEVELS[finding.level]
    return FindingView(
        key=found.key,
        rule=finding.rule.id,
        version=finding.rule.version,
        level=level,
        level_text=str(text),
        title=_(finding.rule.title),
        text=sentence(finding),
        logic=_(finding.rule.logic),
        product=found.answer.line.product.name,
        inputs=[InputView(_(one.what), one.value, day(one.on), one.by) for one in finding.inputs],
        missing=[_(what) for what in finding.missing],
        sources=[SourceView(one.name, one.section, day(one.on), _(one.speaks_for)) for one in finding.cited],
        is_unanswered=is_unanswered,
    )
