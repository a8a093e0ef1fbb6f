"""Where bars of treatment come to lie: both ends of the time shown, of each bar and of each lane."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from patients.chart import Span
from regimens.bars import LEAST, Bar, Days, Lies, bar, cap, is_flare, lanes, lies, middle, step_of, steps

# One hundred days after the first: a day is one per cent.
SPAN = Span(date(2026, 8, 12), date(2026, 11, 20))


def d(month: int, day: int) -> date:
    return date(2026, month, day)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (d(1, 1), d(8, 11), Lies.BEFORE),
        (d(1, 1), d(8, 12), Lies.WITHIN),
        (d(1, 1), None, Lies.WITHIN),
        (d(8, 12), d(8, 12), Lies.WITHIN),
        (d(11, 20), None, Lies.WITHIN),
        (d(11, 21), None, Lies.AFTER),
        (d(11, 21), d(12, 1), Lies.AFTER),
        # Ended on the day it began: no day, but a first one.
        (d(8, 11), d(8, 10), Lies.BEFORE),
        (d(8, 12), d(8, 11), Lies.WITHIN),
        (d(11, 20), d(11, 19), Lies.WITHIN),
        (d(11, 21), d(11, 20), Lies.AFTER),
    ],
)
def test_days_lie_before_within_or_after_the_time_shown(first: date, last: date | None, expected: Lies) -> None:
    assert lies(Days(first, last), SPAN) == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        # The first of ten days stands at its day, the end at the day after the last.
        (d(8, 22), d(8, 31), Bar(10, 10, True, True)),
        (d(8, 12), d(8, 21), Bar(0, 10, True, True)),
        (d(8, 11), d(8, 21), Bar(0, 10, False, True)),
        # One day; the first and the last that are shown.
        (d(8, 22), d(8, 22), Bar(10, 1, True, True)),
        (d(8, 12), d(8, 12), Bar(0, 1, True, True)),
        (d(8, 1), d(8, 12), Bar(0, 1, False, True)),
        # To the right edge: until the day before the last one, the last one, beyond it, for good.
        (d(11, 10), d(11, 18), Bar(90, 9, True, True)),
        (d(11, 10), d(11, 19), Bar(90, 10, True, True)),
        (d(11, 10), d(11, 20), Bar(90, 10, True, True)),
        (d(11, 10), d(11, 21), Bar(90, 10, True, False)),
        (d(11, 10), None, Bar(90, 10, True, False)),
        # From today on there is no width left: the least one, within the plot.
        (d(11, 20), None, Bar(100 - LEAST, LEAST, True, False)),
        (d(11, 19), None, Bar(99, 1, True, False)),
        (d(1, 1), None, Bar(0, 100, False, False)),
        (d(8, 12), None, Bar(0, 100, True, False)),
    ],
)
def test_a_bar_runs_from_its_first_day_to_the_day_after_its_last(first: date, last: date | None, expected: Bar) -> None:
    found = bar(Days(first, last), SPAN)
    assert found is not None
    assert found[:2] == pytest.approx(expected[:2])
    assert found[2:] == expected[2:]


@pytest.mark.parametrize(
    ("first", "last"),
    [(d(1, 1), d(8, 11)), (d(11, 21), None), (d(9, 1), d(8, 31))],
    ids=["over before", "begins later", "no day"],
)
def test_nothing_is_drawn_of_what_has_no_day_here(first: date, last: date | None) -> None:
    assert bar(Days(first, last), SPAN) is None


def test_a_day_in_a_chart_of_years_is_as_wide_as_can_be_seen() -> None:
    years = Span(date(2016, 11, 20), date(2026, 11, 20))
    found = bar(Days(d(8, 1), d(8, 1)), years)
    assert found is not None
    assert found.width == LEAST
    wide = bar(Days(d(1, 1), d(1, 22)), years)  # 22 of 3652 days are 0.602 per cent
    assert wide is not None
    assert wide.width == pytest.approx(0.6024, abs=0.0001)
    narrow = bar(Days(d(1, 1), d(1, 21)), years)  # 21 are 0.575
    assert narrow is not None
    assert narrow.width == LEAST


def test_one_phase_begins_where_the_other_ends() -> None:
    daily, proactive = bar(Days(d(8, 12), d(9, 10)), SPAN), bar(Days(d(9, 11), None), SPAN)
    assert daily is not None
    assert proactive is not None
    assert daily.x + daily.width == proactive.x == 30


@pytest.mark.parametrize(
    ("ended_on", "expected"),
    [(None, None), (d(8, 11), None), (d(8, 12), 0), (d(8, 13), 1), (d(11, 20), 100), (d(11, 21), None)],
)
def test_an_end_is_drawn_on_the_first_day_without(ended_on: date | None, expected: float | None) -> None:
    assert cap(ended_on, SPAN) == expected


@pytest.mark.parametrize(
    ("spells", "expected"),
    [
        ([], []),
        # One after the other: the day after the last one is free, the last one is not.
        ([(d(9, 1), d(9, 10)), (d(9, 11), None)], [0, 0]),
        ([(d(9, 1), d(9, 10)), (d(9, 10), None)], [0, 1]),
        ([(d(9, 1), None), (d(10, 1), None)], [0, 1]),
        # The face goes to maintenance and back while the hands stay in induction; then the hands end.
        ([(d(9, 1), d(10, 31)), (d(9, 20), d(10, 5)), (d(10, 6), None), (d(11, 1), None)], [0, 1, 1, 0]),
        ([(d(9, 1), None), (d(9, 1), d(9, 2)), (d(9, 1), None), (d(9, 3), None)], [0, 1, 2, 1]),
    ],
)
def test_bars_of_the_same_days_lie_in_lanes(spells: list[tuple[date, date | None]], expected: list[int]) -> None:
    assert lanes([Days(*one) for one in spells]) == expected


def test_lanes_are_as_high_as_a_finger_needs() -> None:
    assert [middle(lane) for lane in (0, 1, 2)] == [12, 36, 60]


@pytest.mark.parametrize(
    ("maintained", "expected"),
    [
        ([], False),
        ([(d(9, 1), d(9, 30))], True),
        ([(d(9, 1), d(9, 29))], False),  # a day without any of it lies between
        ([(d(9, 1), d(10, 1))], False),
        ([(d(9, 1), None)], False),
        ([(d(9, 30), d(9, 30))], True),
        ([(d(10, 1), d(9, 30))], False),  # it had not lasted a day: somebody corrected a step
        ([(d(7, 1), d(7, 31)), (d(9, 1), d(9, 30))], True),
    ],
)
def test_a_flare_is_daily_use_right_after_maintenance(maintained: list[tuple[date, date | None]], expected: bool) -> None:
    assert is_flare(d(10, 1), [Days(*one) for one in maintained]) is expected


@pytest.mark.parametrize(
    ("since", "step"),
    [
        (d(8, 13), "day"),  # one hundred days
        (d(8, 12), "week"),
        (date(2024, 11, 11), "week"),  # 740
        (date(2024, 11, 10), "month"),
    ],
)
def test_a_step_is_a_day_a_week_or_a_month(since: date, step: str) -> None:
    assert step_of(Span(since, d(11, 20))) == step


def test_weeks_begin_on_monday_months_on_their_first_and_both_are_cut_to_the_span() -> None:
    weeks = steps(Span(d(8, 1), d(11, 20)))  # a Saturday to a Friday
    assert weeks[:2] == [Days(d(8, 1), d(8, 2)), Days(d(8, 3), d(8, 9))]
    assert weeks[-1] == Days(d(11, 16), d(11, 20))
    months = steps(Span(date(2024, 2, 10), d(11, 20)))
    assert months[:2] == [Days(date(2024, 2, 10), date(2024, 2, 29)), Days(date(2024, 3, 1), date(2024, 3, 31))]
    assert months[-1] == Days(d(11, 1), d(11, 20))
    days = steps(Span(d(11, 18), d(11, 20)))
    assert days == [Days(d(11, 18), d(11, 18)), Days(d(11, 19), d(11, 19)), Days(d(11, 20), d(11, 20))]
    for found in (weeks, months):
        assert all(one.last is not None and (two.first - one.last).days == 1 for one, two in pairwise(found))
