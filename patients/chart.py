"""The geometry of the chart: where dates, values, severity bands and names come to lie. Pure.

Across, places are per cent of the plot's width; down, pixels. So one drawing fits a desk and a phone, and its letters keep
their size. Nothing here rounds a clinical value: only places are rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from math import dist
from typing import NamedTuple

LETTER = 13.0  # pixels from line to line of the names at the edge
NUMBER = 12.0  # per cent of the plot's width that a number takes on a phone
NEAR, FAR = 6.0, 12.0  # the least and the greatest radius in which a finger finds a point, in pixels
USUAL_WIDTH = 760  # pixels of the plot on a desk: only how far a point reaches is guessed from it
# Months from one tick of the time axis to the next, and how many labelled ticks have room on a desk and on a phone.
STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
DESK_TICKS, PHONE_TICKS = 13, 5
NICE = (Decimal(1), Decimal("1.5"), Decimal(2), Decimal(3), Decimal(4), Decimal(5), Decimal(6), Decimal(8), Decimal(10))


# --- Time -------------------------------------------------------------------------------------------------------------


def months_before(on: date, months: int) -> date:
    """The same day so many months earlier, or the last of that month where it is shorter."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    following = date(year + 1, 1, 1) if month == 11 else date(year, month + 2, 1)
    return date(year, month + 1, min(on.day, (following - timedelta(days=1)).day))


def birthday(born_on: date, years: int) -> date:
    """The day on which somebody turns so many years old; born on 29 February, on 1 March of a common year."""
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:
        return date(born_on.year + years, 3, 1)


@dataclass(frozen=True)
class Span:
    """The days a chart shows, both ends included; the first lies before the last."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise ValueError("the first day lies before the last")

    def holds(self, on: date) -> bool:
        """Whether a day is shown."""
        return self.since <= on <= self.until

    def x(self, on: date) -> float:
        """The place of a day: 0 to 100 per cent from left to right. ValueError outside."""
        if not self.holds(on):
            raise ValueError(f"{on} lies outside")
        return 100 * (on - self.since).days / (self.until - self.since).days


class TimeTick(NamedTuple):
    """The first of a month. On a phone only those that are `is_sparse` have room for their name."""

    on: date
    x: float
    has_year: bool
    is_sparse: bool


def time_ticks(span: Span) -> list[TimeTick]:
    """Firsts of months, far enough from each other for their names. Where a year begins it is named; the first tick names
    its own unless the next one begins another: two names with years do not fit beside each other.
    """
    firsts = list(_firsts(span, _every(span, DESK_TICKS)))
    years = [before.year != on.year for before, on in pairwise(firsts)]
    named = [not any(years[:1]), *years] if firsts else []
    few = 1 + (len(firsts) - 1) // PHONE_TICKS
    start = named.index(True) % few if firsts else 0  # a phone shows a year, too
    return [
        TimeTick(on, span.x(on), has_year, number % few == start)
        for number, (on, has_year) in enumerate(zip(firsts, named, strict=True))
    ]


def _every(span: Span, room: int) -> int:
    return next((step for step in STEPS if len(list(_firsts(span, step))) <= room), STEPS[-1])


def _firsts(span: Span, step: int) -> Iterable[date]:
    """Every `step`-th first of a month in the span, counted from January of the year 0."""
    months = span.since.year * 12 + span.since.month - 1
    months += (-months) % step
    while (on := date(months // 12, months % 12 + 1, 1)) <= span.until:
        if on >= span.since:
            yield on
        months += step


# --- Values -----------------------------------------------------------------------------------------------------------


class Band(NamedTuple):
    """A severity band of a scale: its name and the highest value that still belongs to it."""

    name: str
    upto: Decimal


@dataclass(frozen=True)
class Scale:
    """The axis of one instrument: what is drawn from bottom to top, the labelled values, and the bands.

    A whole-number scale is drawn from half a step below to half a step above, and its bands meet half-way between the last
    value of one and the first of the next; otherwise a band ends on its upper limit.
    """

    lowest: Decimal
    highest: Decimal
    ticks: tuple[Decimal, ...]
    bands: tuple[Band, ...] = ()
    is_whole: bool = False
    under: Decimal = Decimal(0)  # room below the lowest value, so that a clear skin is not drawn on the frame

    @cached_property
    def bottom(self) -> Decimal:
        """The value at the lower edge of the plot."""
        return self.lowest - (Decimal("0.5") if self.is_whole else self.under)

    @cached_property
    def top(self) -> Decimal:
        """The value at the upper edge of the plot."""
        return self.highest + (Decimal("0.5") if self.is_whole else Decimal(0))

    def y(self, value: Decimal, height: int) -> float:
        """Pixels from the upper edge. ValueError for a value that is not on the scale."""
        if not self.bottom <= value <= self.top:
            raise ValueError(f"{value} is not on the scale")
        return float((self.top - value) / (self.top - self.bottom)) * height


def nice_top(values: Iterable[Decimal]) -> Decimal:
    """A round number at or above every one of these positive values: one figure, or 1.5, with noughts."""
    highest = max(values)
    if highest <= 0:
        raise ValueError("only of positive values")
    ten = Decimal(1).scaleb(highest.adjusted())
    return next(step * ten for step in NICE if step * ten >= highest)


class Shade(NamedTuple):
    """The ground of one band: where it begins from above and how high it is, the mildest band being 0."""

    y: float
    height: float
    level: int


def shades(scale: Scale, height: int) -> list[Shade]:
    """The bands as areas, the mildest first; together they fill the plot."""
    found, below = [], scale.bottom
    for level, band in enumerate(scale.bands):
        upper = min(scale.top, band.upto + (Decimal("0.5") if scale.is_whole else 0))
        y = scale.y(upper, height)
        found.append(Shade(y, scale.y(below, height) - y, level))
        below = upper
    return found


class EdgeName(NamedTuple):
    """The name of a band at the edge: the middle of the band, and where the name stands."""

    name: str
    middle: float
    y: float


def edge_names(scale: Scale, height: int) -> list[EdgeName]:
    """The names of the bands beside them, the mildest first, moved apart where the bands are lower than a letter."""
    middles = [shade.y + shade.height / 2 for shade in shades(scale, height)]
    places = spread(middles[::-1], LETTER, LETTER / 2, height)[::-1]
    return [EdgeName(band.name, *where) for band, *where in zip(scale.bands, middles, places, strict=True)]


def spread(places: Sequence[float], gap: float, first: float, last: float) -> list[float]:
    """Rising places moved apart, so that neighbours have at least `gap` between them and none passes the ends.

    Where there is not enough room between the ends, the last stays in place and the others move out over the first.
    """
    moved: list[float] = []
    for place in places:
        moved.append(max(place, first, moved[-1] + gap if moved else first))
    limit = last
    for number in reversed(range(len(moved))):
        moved[number] = min(moved[number], limit)
        limit = moved[number] - gap
    return moved


# --- Points and lines -------------------------------------------------------------------------------------------------


class Spot(NamedTuple):
    """A value to draw. Lines run only between spots of one series that count."""

    on: date
    value: Decimal
    series: str = ""
    counts: bool = True


class Mark(NamedTuple):
    """Where a spot is drawn, and the radius in which a finger or pointer finds it."""

    x: float
    y: float
    reach: float


class Stroke(NamedTuple):
    """A piece of a line between two spots of one series."""

    x1: float
    y1: float
    x2: float
    y2: float
    series: str


def marks(spots: Sequence[Spot], scale: Scale, span: Span, height: int) -> list[Mark]:
    """The place of each spot, in their order (rising by day)."""
    places = [(span.x(spot.on), scale.y(spot.value, height)) for spot in spots]
    wide = [(x * USUAL_WIDTH / 100, y) for x, y in places]
    nearest = [2 * FAR] * len(wide)
    for step in (1, 2):
        for number, apart in enumerate(map(dist, wide, wide[step:])):
            nearest[number] = min(nearest[number], apart)
            nearest[number + step] = min(nearest[number + step], apart)
    return [Mark(x, y, min(FAR, max(NEAR, near / 2))) for (x, y), near in zip(places, nearest, strict=True)]


def strokes(spots: Sequence[Spot], places: Sequence[Mark]) -> list[Stroke]:
    """Lines between neighbours of the same series; one series is never joined to another."""
    latest: dict[str, Mark] = {}
    found = []
    for spot, mark in zip(spots, places, strict=True):
        if not spot.counts:
            continue
        before = latest.get(spot.series)
        if before is not None:
            found.append(Stroke(before.x, before.y, mark.x, mark.y, spot.series))
        latest[spot.series] = mark
    return found


class Level(NamedTuple):
    """A limit that holds from one place to another."""

    x1: float
    x2: float
    y: float
    value: Decimal


def levels(limits: Sequence[tuple[date, Decimal | None]], scale: Scale, span: Span, height: int) -> list[Level]:
    """A limit as steps: each holds from its own day (the first from the left edge) until the next; None leaves a gap."""
    if not limits:
        return []
    starts = [0.0, *(span.x(on) for on, _limit in limits[1:]), 100.0]
    found: list[Level] = []
    for (x1, x2), (_on, limit) in zip(pairwise(starts), limits, strict=True):
        if limit is None:
            continue
        if found and found[-1].x2 == x1 and found[-1].value == limit:
            found[-1] = found[-1]._replace(x2=x2)
        else:
            found.append(Level(x1, x2, scale.y(limit, height), limit))
    return found


def named_levels(limits: Sequence[Level]) -> list[tuple[Level, float]]:
    """Each limit with the height of its number, which ends where the limit does: above its line, or below where the top or
    the number before it is too near.
    """
    found: list[tuple[Level, float]] = []
    for one in limits:
        before = found[-1] if found else None
        above = one.y - 4
        is_taken = before is not None and one.x2 - before[0].x2 < NUMBER and abs(above - before[1]) < LETTER
        found.append((one, one.y + LETTER if above < LETTER or is_taken else above))
    return found
