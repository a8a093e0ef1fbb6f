"""The geometry of treatment under the chart: which days become which part of the plot's width. Pure.

Across, places are per cent as in patients/chart.py, on the same time axis; down, pixels. A day stands where a score of that
day stands, so a bar runs from its first day to the day after its last one, and the next phase begins where it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from patients.chart import Span
from regimens.protocol.schedule import months_later

DAY = timedelta(days=1)
LANE = 24  # pixels from the middle of one bar to that of the one below: as high as a finger needs
THICK, THIN = 12, 4  # of a bar, in pixels
LEAST = 0.6  # per cent of the plot's width: what is used for a day is seen in a chart of years
STRIP = 16  # pixels of the row of doses under the bars of a line
MOST_DAYS, MOST_WEEKS = 100, 740  # days of a span that are looked at one by one, and by the week; else by the month


class Days(NamedTuple):
    """From a first to a last day, both included; without a last one it goes on. A last before the first: no day at all."""

    first: date
    last: date | None = None

    @property
    def is_none(self) -> bool:
        """Whether it holds no day: what began was ended on the same day."""
        return self.last is not None and self.last < self.first


class Lies(StrEnum):
    """Where days lie, seen from the time that is shown."""

    BEFORE = "before"
    WITHIN = "within"
    AFTER = "after"


def lies(days: Days, span: Span) -> Lies:
    """Whether any of these days is shown, or all lie before or after; days without a day are asked for their first."""
    if days.first > span.until:
        return Lies.AFTER
    last = days.first if days.is_none else days.last
    return Lies.BEFORE if last is not None and last < span.since else Lies.WITHIN


class Bar(NamedTuple):
    """A bar in per cent of the plot's width, and whether its true beginning and end are in the picture."""

    x: float
    width: float
    is_begun_here: bool
    is_over_here: bool


def bar(days: Days, span: Span) -> Bar | None:
    """The part of these days that is shown; None where there is none."""
    if days.is_none or lies(days, span) != Lies.WITHIN:
        return None
    start = span.x(max(days.first, span.since))
    end = 100.0 if days.last is None or days.last >= span.until else span.x(days.last + DAY)
    width = max(end - start, LEAST)
    return Bar(min(start, 100 - width), width, days.first >= span.since, days.last is not None and days.last <= span.until)


def step_of(span: Span) -> str:
    """What a step of a strip of doses is: "day", "week" or "month"."""
    days = (span.until - span.since).days + 1
    return "day" if days <= MOST_DAYS else "week" if days <= MOST_WEEKS else "month"


def steps(span: Span) -> list[Days]:
    """The days, the weeks (from Monday) or the calendar months of a span, cut to it: so many that each can be seen."""
    found, first, step = [], span.since, step_of(span)
    while first <= span.until:
        last = first
        if step == "week":
            last = first + (6 - first.weekday()) * DAY
        elif step == "month":
            last = months_later(first.replace(day=1), 1) - DAY
        found.append(Days(first, min(last, span.until)))
        first = last + DAY
    return found


def cap(ended_on: date | None, span: Span) -> float | None:
    """Where something ended (the first day without it); None where that is not in the picture."""
    return span.x(ended_on) if ended_on is not None and span.holds(ended_on) else None


def lanes(spells: Sequence[Days]) -> list[int]:
    """Which lane each gets, in their order (rising by first day): the uppermost in which nothing is in its way."""
    taken: list[date | None] = []  # the last day in each lane; None: for good
    found = []
    for days in spells:
        free = (number for number, last in enumerate(taken) if last is not None and last < days.first)
        lane = next(free, len(taken))
        taken[lane : lane + 1] = [days.last]
        found.append(lane)
    return found


def middle(lane: int) -> int:
    """Pixels from the upper edge to the middle of a lane."""
    return lane * LANE + LANE // 2


def is_flare(from_on: date, maintained: Iterable[Days]) -> bool:
    """Whether daily use from a day on follows maintenance at once, which had lasted a day at least, on the same place."""
    return any(not days.is_none and days.last == from_on - DAY for days in maintained)
