"""One order, one answer: every finding and everything that could not be checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from regimens.protocol import rules as _rules  # noqa: F401 - registers every rule
from regimens.protocol.base import Finding, Level, Outcome, Unchecked, outcomes
from regimens.protocol.facts import Case, Line


@dataclass(frozen=True)
class Checked:
    """The answer about one line."""

    line: Line
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]

    @property
    def stops(self) -> list[Finding]:
        """What keeps the line from being saved."""
        return [found for found in self.findings if found.level == Level.STOP]

    @property
    def warnings(self) -> list[Finding]:
        """What needs a reason."""
        return [found for found in self.findings if found.level == Level.WARN]

    @property
    def notes(self) -> list[Finding]:
        """What is shown beside the order."""
        return [found for found in self.findings if found.level == Level.INFORM]


def check(case: Case, lines: Iterable[Line]) -> list[Checked]:
    """Every line of an order against the person, the lines in use (`case.lines`) and each other.

    The gravest findings of a line come first, else the order of the rules.
    """
    ordered = list(lines)
    answers = []
    for number, line in enumerate(ordered):
        beside = replace(case, lines=(*case.lines, *ordered[:number], *ordered[number + 1 :]))
        found = [_as_fact(one) if line.is_elsewhere else one for one in outcomes(beside, line)]
        findings = sorted((one for one in found if isinstance(one, Finding)), key=lambda one: -one.level)
        answers.append(Checked(line, tuple(findings), tuple(one for one in found if isinstance(one, Unchecked))))
    return answers


def _as_fact(one: Outcome) -> Outcome:
    """What somebody else prescribed is a fact and can be recorded: a stop asks for a reason, as a caution does."""
    return replace(one, level=Level.WARN) if isinstance(one, Finding) and one.level == Level.STOP else one
