"""The geometry of the chart, without a database: places against numbers worked out by hand, and what holds for all."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients import chart
from patients.chart import Band, Scale, Span, Spot

EASI = Scale(
    Decimal(0),
    Decimal(72),
    (Decimal(0), Decimal(72)),
    tuple(
        Band(name, Decimal(upto))
        for name, upto in (("clear", 0), ("almost", 1), ("mild", 7), ("moderate", 21), ("severe", 50), ("very", 72))
    ),
    under=Decimal("1.5"),
)
POEM = Scale(
    Decimal(0),
    Decimal(28),
    (Decimal(0), Decimal(28)),
    tuple(Band(name, Decimal(upto)) for name, upto in (("c", 2), ("mi", 7), ("mo", 16), ("s", 24), ("v", 28))),
    is_whole=True,
)
YEAR = Span(date(2025, 11, 20), date(2026, 11, 20))
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    since = draw(days)
    return Span(since, since + timedelta(days=draw(st.integers(1, 40_000))))


# --- Time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "months", "expected"),
    [
        (date(2026, 11, 20), 6, date(2026, 5, 20)),
        (date(2026, 11, 20), 12, date(2025, 11, 20)),
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2024, 8, 31), 6, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 1, date(2026, 11, 30)),
        (date(2026, 6, 30), 6, date(2025, 12, 30)),
        (date(2026, 5, 31), 0, date(2026, 5, 31)),
    ],
)
def test_months_before(on: date, months: int, expected: date) -> None:
    assert chart.months_before(on, months) == expected


@pytest.mark.parametrize(
    ("born_on", "expected"),
    [
        (date(2019, 5, 4), date(2027, 5, 4)),
        (date(2016, 2, 29), date(2024, 2, 29)),
        (date(1892, 2, 29), date(1900, 3, 1)),  # 1900 had no 29 February
        (date(2018, 12, 31), date(2026, 12, 31)),
    ],
)
def test_eighth_birthday(born_on: date, expected: date) -> None:
    assert chart.birthday(born_on, 8) == expected


def test_birthday_of_somebody_born_on_29_february_in_a_common_year_is_1_march() -> None:
    assert chart.birthday(date(2016, 2, 29), 7) == date(2023, 3, 1)


def test_a_day_lies_between_the_edges() -> None:
    span = Span(date(2026, 1, 1), date(2026, 4, 11))  # 100 days
    assert [span.x(date(2026, 1, 1)), span.x(date(2026, 1, 26)), span.x(date(2026, 4, 11))] == [0, 25, 100]


@pytest.mark.parametrize("on", [date(2025, 12, 31), date(2026, 4, 12)])
def test_a_day_outside_has_no_place(on: date) -> None:
    span = Span(date(2026, 1, 1), date(2026, 4, 11))
    assert not span.holds(on)
    with pytest.raises(ValueError, match="outside"):
        span.x(on)


def test_a_span_has_a_length() -> None:
    with pytest.raises(ValueError, match="before"):
        Span(date(2026, 1, 1), date(2026, 1, 1))


def test_a_year_has_a_tick_for_every_month_and_the_year_where_it_begins() -> None:
    ticks = chart.time_ticks(YEAR)
    assert [tick.on.month for tick in ticks] == [12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert [tick.on for tick in ticks if tick.has_year] == [date(2026, 1, 1)]
    assert [tick.on.month for tick in ticks if tick.is_sparse] == [1, 4, 7, 10]
    assert ticks[0].x == pytest.approx(100 * 11 / 365)


def test_the_first_tick_names_the_year_unless_the_next_begins_another() -> None:
    half = chart.time_ticks(Span(date(2026, 5, 20), date(2026, 11, 20)))
    assert [(tick.on.month, tick.has_year) for tick in half[:2]] == [(6, True), (7, False)]
    winter = chart.time_ticks(Span(date(2025, 10, 20), date(2026, 2, 20)))
    assert [(tick.on.month, tick.has_year) for tick in winter] == [(11, True), (12, False), (1, True), (2, False)]


def test_five_years_have_a_tick_every_half_year() -> None:
    ticks = chart.time_ticks(Span(date(2021, 12, 16), date(2026, 11, 20)))
    assert [tick.on for tick in ticks[:3]] == [date(2022, 1, 1), date(2022, 7, 1), date(2023, 1, 1)]
    assert len(ticks) == 10


@given(spans())
def test_ticks_are_firsts_of_months_in_the_span_with_room_for_their_names(span: Span) -> None:
    ticks = chart.time_ticks(span)
    assert len(ticks) <= chart.DESK_TICKS
    assert sum(tick.is_sparse for tick in ticks) <= chart.PHONE_TICKS
    assert all(span.holds(tick.on) and tick.on.day == 1 and 0 <= tick.x <= 100 for tick in ticks)
    assert all(one.on < other.on for one, other in pairwise(ticks))
    assert not ticks or any(tick.has_year and tick.is_sparse for tick in ticks)
    years = [tick.on.year for tick in ticks if tick.has_year]
    assert years == sorted(set(years))
    assert {tick.on.year for tick in ticks} - set(years) <= {tick.on.year for tick in ticks[:1]}


@given(spans(), st.data())
def test_later_days_lie_further_right(span: Span, data: st.DataObject) -> None:
    one, other = (data.draw(st.dates(span.since, span.until)) for _n in range(2))
    assert (one < other) == (span.x(one) < span.x(other))


# --- Values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "y"),
    [("72", 0), ("-1.5", 220), ("0", 220 * 72 / 73.5), ("21", 220 * 51 / 73.5), ("7.05", 220 * 64.95 / 73.5)],
)
def test_a_value_has_its_place_on_the_scale(value: str, y: float) -> None:
    assert EASI.y(Decimal(value), 220) == pytest.approx(y)


@pytest.mark.parametrize("value", ["-1.6", "72.1", "-1.55", "72.05"])
def test_a_value_beyond_the_scale_has_no_place(value: str) -> None:
    with pytest.raises(ValueError, match="not on the scale"):
        EASI.y(Decimal(value), 220)


def shade_of(scale: Scale, value: str, height: int = 1000) -> int:
    """The band in whose shade a value is drawn; on an edge, the one below."""
    y = scale.y(Decimal(value), height)
    return next(shade.level for shade in chart.shades(scale, height) if y >= shade.y - 1e-9)


@pytest.mark.parametrize(
    ("value", "level"),
    [
        *(("0", 0), ("0.05", 1), ("1", 1), ("1.05", 2), ("7", 2), ("7.05", 3), ("21", 3), ("21.05", 4)),
        *(("50", 4), ("50.05", 5), ("72", 5)),
    ],
)
def test_easi_is_drawn_in_the_shade_of_its_band(value: str, level: int) -> None:
    assert shade_of(EASI, value) == level


@pytest.mark.parametrize(
    ("value", "level"),
    [("0", 0), ("2", 0), ("3", 1), ("7", 1), ("8", 2), ("16", 2), ("17", 3), ("24", 3), ("25", 4), ("28", 4)],
)
def test_poem_is_drawn_in_the_shade_of_its_band(value: str, level: int) -> None:
    assert shade_of(POEM, value) == level


@pytest.mark.parametrize("scale", [EASI, POEM])
def test_shades_fill_the_plot_without_gap_or_overlap(scale: Scale) -> None:
    shades = chart.shades(scale, 180)
    assert shades[-1].y == pytest.approx(0)
    assert shades[0].y + shades[0].height == pytest.approx(180)
    for lower, upper in pairwise(shades):
        assert upper.y + upper.height == pytest.approx(lower.y)


@pytest.mark.parametrize("scale", [EASI, POEM])
def test_names_of_bands_do_not_touch_and_keep_their_order(scale: Scale) -> None:
    names = chart.edge_names(scale, 200)
    assert [name.name for name in names] == [band.name for band in scale.bands]
    assert all(lower.y - upper.y >= chart.LETTER - 1e-9 for lower, upper in pairwise(names))
    assert all(0 <= name.y <= 200 for name in names)


@given(
    st.lists(st.floats(0, 500), max_size=12).map(sorted),
    st.floats(1, 20),
)
def test_spread_places_keep_order_gap_and_ends(places: list[float], gap: float) -> None:
    moved = chart.spread(places, gap, 0, 500)  # there is always room: 12 x 20 < 500
    assert len(moved) == len(places)
    assert all(other - one >= gap - 1e-6 for one, other in pairwise(moved))
    assert all(-1e-6 <= place <= 500 + 1e-6 for place in moved)


def test_places_far_enough_apart_stay() -> None:
    assert chart.spread([10, 40, 90], 13, 0, 100) == [10, 40, 90]


@pytest.mark.parametrize(
    ("values", "top"),
    [
        (["1"], "1"),
        (["316", "450"], "500"),
        (["1001"], "1500"),
        (["1500"], "1500"),
        (["1500.1"], "2000"),
        (["5000"], "5000"),
        (["5250"], "6000"),
        (["99999"], "100000"),
        (["0.3"], "0.3"),
    ],
)
def test_nice_top(values: list[str], top: str) -> None:
    assert chart.nice_top(map(Decimal, values)) == Decimal(top)


def test_nice_top_of_nothing_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        chart.nice_top([Decimal(0)])


@given(st.decimals("0.1", "500000", places=1))
def test_nice_top_holds_the_value_and_is_at_most_twice_as_high(value: Decimal) -> None:
    assert value <= chart.nice_top([value]) <= 2 * value


# --- Points and lines -------------------------------------------------------------------------------------------------


def test_a_point_reaches_as_far_as_a_finger_needs_unless_others_are_near() -> None:
    span = Span(date(2026, 1, 1), date(2026, 4, 11))  # a day is 7.6 pixels of a desk
    at = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 4), date(2026, 1, 31)]
    found = chart.marks([Spot(on, Decimal(1)) for on in at], EASI, span, 200)
    assert [mark.reach for mark in found] == [6, 6, pytest.approx(7.6), 12]
    above = [Spot(at[0], Decimal(1)), Spot(at[0], Decimal(72))]  # of one day, far apart
    assert [mark.reach for mark in chart.marks(above, EASI, span, 200)] == [12, 12]


def spots(*rows: tuple[int, str, bool]) -> list[Spot]:
    return [Spot(date(2026, 1, number), Decimal(1), series, counts) for number, series, counts in rows]


def joined(rows: list[Spot]) -> list[tuple[float, float, str]]:
    span = Span(date(2026, 1, 1), date(2026, 1, 11))
    lines = chart.strokes(rows, chart.marks(rows, EASI, span, 100))
    return [(round(line.x1), round(line.x2), line.series) for line in lines]


def test_self_and_proxy_are_not_joined() -> None:
    rows = spots((1, "self", True), (3, "proxy", True), (5, "self", True), (11, "proxy", True))
    assert joined(rows) == [(0, 40, "self"), (20, 100, "proxy")]


def test_what_does_not_count_is_in_no_line() -> None:
    assert joined(spots((1, "", True), (6, "", False), (6, "", True), (11, "", True))) == [(0, 50, ""), (50, 100, "")]


def test_one_point_makes_no_line() -> None:
    assert joined(spots((1, "self", True))) == []


def test_a_limit_holds_until_the_next_one() -> None:
    scale, span = Scale(Decimal(0), Decimal(1000), ()), Span(date(2026, 1, 1), date(2026, 1, 11))
    limits = [(date(2026, 1, 3), Decimal(743)), (date(2026, 1, 6), Decimal(743)), (date(2026, 1, 9), Decimal(450))]
    found = chart.levels(limits, scale, span, 100)
    assert [(one.x1, one.x2, one.value) for one in found] == [(0, 80, Decimal(743)), (80, 100, Decimal(450))]
    assert [one.y for one in found] == [pytest.approx(25.7), pytest.approx(55)]


def test_a_value_without_limit_leaves_a_gap() -> None:
    scale, span = Scale(Decimal(0), Decimal(1000), ()), Span(date(2026, 1, 1), date(2026, 1, 11))
    limits = [(date(2026, 1, 1), None), (date(2026, 1, 6), Decimal(743))]
    assert [(one.x1, one.x2) for one in chart.levels(limits, scale, span, 100)] == [(50, 100)]
    assert chart.levels([], scale, span, 100) == []


def test_the_number_of_a_limit_stands_above_its_end_or_below() -> None:
    """13 pixels to a line: below where the top is nearer than that, or another number ends beside it."""
    level = chart.Level
    for y, expected in ((17.0, 13.0), (16.9, 29.9), (60.0, 56.0)):
        assert chart.named_levels([level(0, 50, y, Decimal(1))]) == [(level(0, 50, y, Decimal(1)), pytest.approx(expected))]
    first = level(0, 50, 60, Decimal(1))
    for x, y, expected in (
        (61.9, 66, 79),
        (62.0, 66, 62),
        (61.9, 73, 69),
        (61.9, 72.9, 85.9),
        (61.9, 47, 43),
        (61.9, 47.1, 60.1),
    ):
        second = level(50, x, y, Decimal(2))
        assert chart.named_levels([first, second])[1] == (second, pytest.approx(expected))
