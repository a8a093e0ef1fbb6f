"""Days in a row: a line together with the lines and earlier courses that meet it or adjoin it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from regimens.protocol.facts import Case, Course, Family, Input, Line, Phase
from regimens.protocol.told import is_sited

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Run:
    """Days without a day off between them; `last_on` is None where something in it has no end."""

    first_on: date
    last_on: date | None
    lines: tuple[Line, ...] = ()  # beside the line itself
    courses: tuple[Course, ...] = ()

    @property
    def days(self) -> int | None:
        """How many days, a day on which two meet counted once; None without an end."""
        return None if self.last_on is None else (self.last_on - self.first_on).days + 1

    def seen(self, what: str) -> list[Input]:
        """What belongs to it, as inputs: the same for a line and for the course it becomes when it is over."""
        parts = [(one.starts_on, _days_in_words(one.starts_on, one.last_on)) for one in self.lines]
        parts += [(one.starts_on, _days_in_words(one.starts_on, last_of(one))) for one in self.courses]
        return [Input(what, value, on) for on, value in sorted(parts)]


def last_of(course: Course) -> date:
    """The last day of an earlier course."""
    return course.starts_on + timedelta(days=course.days - 1)


def run_of(case: Case, line: Line, wanted: Callable[[Line], bool], courses: Iterable[Course] = ()) -> Run:
    """The days in a row of a line with these lines (not those on hold) and courses, whichever comes first."""
    lines = [other for other in case.lines if other.phase != Phase.HOLD and wanted(other)]
    left: list[Line | Course] = [*lines, *(course for course in courses if course.days > 0)]
    first, last = line.starts_on, line.last_on or date.max
    met: list[Line | Course] = []
    while joining := [one for one in left if one.starts_on - DAY <= last and first - DAY <= _end(one)]:
        met += joining
        left = [one for one in left if one not in joining]
        first = min(first, *(one.starts_on for one in joining))
        last = max(last, *(_end(one) for one in joining))
    return Run(
        first,
        None if last == date.max else last,
        tuple(one for one in met if isinstance(one, Line)),
        tuple(one for one in met if isinstance(one, Course)),
    )


def family_run(case: Case, line: Line) -> Run:
    """The days in a row of everything of the line's family; of what goes on the skin, on skin it may share."""
    family = line.product.family

    def is_same(other: Line | Course) -> bool:
        return family == Family.STEROID_ORAL or not (is_sited(line) and other.places) or line.touches(other)

    return run_of(
        case,
        line,
        lambda other: other.product.family == family and is_same(other),
        [course for course in case.person.courses if course.family == family and is_same(course)],
    )


def _end(one: Line | Course) -> date:
    return last_of(one) if isinstance(one, Course) else one.last_on or date.max


def _days_in_words(first: date, last: date | None) -> str:
    return "days not known" if last is None else f"{(last - first).days + 1} days"
