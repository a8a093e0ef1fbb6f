"""What a rule is and what it answers. A rule is a small function with an id, a version, a level and its sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from regimens.protocol.facts import Case, Input, Jurisdiction, LabelFact, Line, Product


class Level(IntEnum):
    """What a finding asks for."""

    INFORM = 1  # shown beside the order
    WARN = 2  # saved only with a listed reason and a sentence of somebody who may prescribe
    STOP = 3  # not saved


@dataclass(frozen=True)
class Source:
    """Who says so."""

    name: str
    section: str = ""
    on: date | None = None
    speaks_for: str = ""  # the people it speaks for, where it is not everybody: "adults"


@dataclass(frozen=True)
class Finding:
    """What a rule has to say about a line. `text` is an English sentence with %(names)s, filled from `values`."""

    rule: Rule
    level: Level
    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    missing: tuple[str, ...] = ()  # what would have been looked at as well
    sources: tuple[Source, ...] = ()  # of this finding; else those of the rule
    others: tuple[str, ...] = ()  # keys of other lines it is about

    @property
    def cited(self) -> tuple[Source, ...]:
        """The sources to show."""
        return self.sources or self.rule.sources


@dataclass(frozen=True)
class Unchecked:
    """A rule that could not look: never the same as passed. `because` is an English sentence."""

    rule: Rule
    because: str
    missing: tuple[str, ...]


Outcome = Finding | Unchecked
Logic = Callable[["Rule", Case, Line], Iterable[Outcome]]


@dataclass(frozen=True)
class Rule:
    """A rule of the protocol. `params` are its numbers with their defaults, which a clinic may set otherwise."""

    id: str
    version: int
    level: Level
    title: str
    logic: str  # the rule in one sentence
    sources: tuple[Source, ...]
    is_lowerable: bool = False  # a stop the medical lead may lower to a warning
    params: Mapping[str, int] = field(default_factory=dict)
    topic: str = ""  # row of the table of contradictions: "C1"

    @property
    def levels(self) -> list[Level]:
        """The levels a clinic may choose: a stop stays one, or becomes a warning where it is lowerable."""
        if self.level == Level.STOP:
            return [Level.WARN, Level.STOP] if self.is_lowerable else [Level.STOP]
        return list(Level)

    def level_chosen(self, own: int | None) -> Level:
        """The level at work when a clinic chose this one; the default for none and for one it may not choose."""
        return Level(own) if own in self.levels else self.level

    def level_in(self, case: Case) -> Level:
        """The level the clinic chose, else the default."""
        choice = case.choices.get(self.id)
        return self.level_chosen(choice.level if choice else None)

    def param(self, case: Case, name: str) -> int:
        """One of its numbers: the clinic's, else the default."""
        choice = case.choices.get(self.id)
        return choice.params.get(name, self.params[name]) if choice else self.params[name]

    def finds(
        self,
        case: Case,
        text: str,
        *inputs: Input,
        level: Level | None = None,
        missing: Iterable[str] = (),
        sources: Iterable[Source] = (),
        others: Iterable[Line] = (),
        **values: str,
    ) -> Finding:
        """A finding of this rule, at the clinic's level unless one is named."""
        found = self.level_in(case) if level is None else level
        return Finding(
            self, found, text, values, inputs, tuple(missing), tuple(sources), tuple(other.key for other in others)
        )

    def cannot(self, because: str, *missing: str) -> Unchecked:
        """That this rule could not look, and what it would have needed."""
        return Unchecked(self, because, missing)


RULES: dict[str, Rule] = {}
_LOGIC: dict[str, Logic] = {}


def rule(
    id: str,
    *,
    level: Level,
    title: str,
    logic: str,
    sources: Iterable[Source],
    version: int = 1,
    is_lowerable: bool = False,
    topic: str = "",
    **params: int,
) -> Callable[[Logic], Logic]:
    """Register a function as a rule; an id that is taken is refused."""

    def register(function: Logic) -> Logic:
        if id in RULES:
            raise ValueError(f"two rules are called {id}")
        RULES[id] = Rule(id, version, level, title, logic, tuple(sources), is_lowerable, params, topic)
        _LOGIC[id] = function
        return function

    return register


def outcomes(case: Case, line: Line) -> Iterator[Outcome]:
    """What every rule has to say about one line, in the order of the rules."""
    for rule_id, function in _LOGIC.items():
        yield from function(RULES[rule_id], case, line)


# --- Labels -----------------------------------------------------------------------------------------------------------


def source_of(fact: LabelFact) -> Source:
    """A fact of the catalogue as a source."""
    return Source(fact.source, fact.section, fact.on)


def label_facts(product: Product, kind: str, jurisdiction: Jurisdiction) -> list[LabelFact]:
    """The verified facts of one kind that apply in a jurisdiction.

    Where none is known there (or the jurisdiction is OTHER): those of every jurisdiction, of which the caller takes the
    strictest. An unverified fact never decides.
    """
    known = [fact for fact in product.facts if fact.kind == kind and fact.is_verified and fact.jurisdiction != "JP"]
    own = [fact for fact in known if fact.jurisdiction == jurisdiction.value]
    return own or known


def strictest(facts: Iterable[LabelFact], *, is_lowest: bool = False) -> LabelFact | None:
    """The fact with the highest value (a minimum age), or the lowest (a maximum); None without any."""
    rated = [fact for fact in facts if fact.value is not None]
    pick = min if is_lowest else max
    return pick(rated, key=lambda fact: fact.value or 0, default=None)
