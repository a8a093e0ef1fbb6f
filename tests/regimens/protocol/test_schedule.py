"""On which days a plan asks for something: vectors of the fact sheet (6.4), every pair of weekdays, both ends of a plan."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regimens.protocol.facts import Phase
from regimens.protocol.schedule import dose_days, is_apart, months_later

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
# Fact sheet 2.1: exactly these seven of the twenty-one pairs.
VALID = [{MON, THU}, {TUE, FRI}, {WED, SAT}, {THU, SUN}, {MON, FRI}, {TUE, SAT}, {WED, SUN}]
START = date(2026, 11, 20)  # a Friday


@pytest.mark.parametrize("pair", list(combinations(range(7), 2)), ids=str)
def test_of_all_pairs_the_seven_of_the_label_are_apart(pair: tuple[int, int]) -> None:
    assert is_apart(pair) is (set(pair) in VALID)
    assert is_apart(reversed(pair)) is (set(pair) in VALID)


@pytest.mark.parametrize(
    ("days", "free", "expected"),
    [
        ([], 2, True),
        ([MON], 2, True),
        ([MON], 6, True),
        ([MON], 7, False),  # one day a week leaves six free
        ([MON, MON], 2, True),
        ([MON, WED, FRI], 2, False),
        ([MON, WED, FRI], 1, True),  # Friday to Monday leaves two, the others one
        ([MON, TUE], 0, True),
        (range(7), 0, True),
        (range(7), 1, False),
        ([MON, THU], 3, False),  # Thursday to Monday leaves three, Monday to Thursday two
    ],
)
def test_free_days_between_weekdays(days: list[int], free: int, expected: bool) -> None:
    assert is_apart(days, free) is expected


@pytest.mark.parametrize("days", list(combinations(range(7), 3)), ids=str)
def test_no_three_days_of_a_week_are_apart(days: tuple[int, int, int]) -> None:
    assert is_apart(days) is False


@given(st.sets(st.integers(0, 6)), st.integers(0, 6), st.integers(0, 6))
def test_apart_means_apart_on_a_calendar(days: set[int], free: int, shift: int) -> None:
    used = [n for n in range(28) if n % 7 in days]
    on_calendar = all(after - before > free for before, after in pairwise(used))
    assert is_apart(days, free) is on_calendar
    assert is_apart({(day + shift) % 7 for day in days}, free) is on_calendar


PLANS: list[tuple[str, dict[str, Any], list[tuple[int, int]]]] = [  # days after START with how often, looked at for 0 to 9
    ("twice daily", {"phase": Phase.INDUCTION, "per_day": 2}, [(n, 2) for n in range(10)]),
    ("how often not known", {"phase": Phase.INDUCTION}, [(n, 1) for n in range(10)]),
    ("course to its last day", {"phase": Phase.COURSE, "per_day": 1, "until": 6}, [(n, 1) for n in range(7)]),
    ("course of one day", {"phase": Phase.COURSE, "per_day": 3, "until": 0}, [(0, 3)]),
    ("course over before", {"phase": Phase.COURSE, "per_day": 1, "until": -1}, []),
    ("Monday and Thursday", {"phase": Phase.MAINTENANCE, "weekdays": {MON, THU}}, [(3, 1), (6, 1)]),
    ("the first day counts", {"phase": Phase.MAINTENANCE, "weekdays": {FRI}}, [(0, 1), (7, 1)]),
    ("no weekday", {"phase": Phase.MAINTENANCE, "weekdays": set()}, []),
    ("every four days", {"phase": Phase.INTERVAL, "every_days": 4}, [(0, 1), (4, 1), (8, 1)]),
    ("every two weeks", {"phase": Phase.INTERVAL, "every_days": 14}, [(0, 1)]),
    ("every so often", {"phase": Phase.INTERVAL}, []),
    ("as needed", {"phase": Phase.AS_NEEDED, "per_day": 2}, []),
    ("on hold", {"phase": Phase.HOLD, "per_day": 2, "weekdays": {MON}, "every_days": 1}, []),
]


@pytest.mark.parametrize(("plan", "expected"), [row[1:] for row in PLANS], ids=[row[0] for row in PLANS])
def test_days_of_a_plan(plan: dict[str, Any], expected: list[tuple[int, int]]) -> None:
    values = dict(plan)
    phase, until, weekdays = values.pop("phase"), values.pop("until", None), frozenset(values.pop("weekdays", ()))
    found = dose_days(
        phase,
        START,
        since=START,
        until=START + timedelta(days=9),
        until_on=None if until is None else START + timedelta(days=until),
        weekdays=weekdays,
        **values,
    )
    assert found == [(START + timedelta(days=n), often) for n, often in expected]


def test_looking_earlier_and_later_than_the_plan_finds_only_the_plan() -> None:
    found = dose_days(
        Phase.COURSE,
        START,
        since=START - timedelta(days=5),
        until=START + timedelta(days=5),
        until_on=START + timedelta(days=2),
    )
    assert found == [(START, 1), (START + timedelta(days=1), 1), (START + timedelta(days=2), 1)]


def test_an_interval_counts_from_its_start_wherever_one_looks() -> None:
    found = dose_days(
        Phase.INTERVAL, START, since=START + timedelta(days=1), until=START + timedelta(days=28), every_days=14
    )
    assert found == [(date(2026, 12, 4), 1), (date(2026, 12, 18), 1)]


def test_looking_backwards_finds_nothing() -> None:
    assert dose_days(Phase.INDUCTION, START, since=START, until=START - timedelta(days=1), per_day=2) == []


@given(
    st.sampled_from([Phase.INDUCTION, Phase.MAINTENANCE, Phase.INTERVAL, Phase.COURSE]),
    st.sets(st.integers(0, 6)),
    st.integers(1, 40),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_two_halves_are_the_whole(phase: Phase, weekdays: set[int], every: int, length: int, cut: int) -> None:
    plan = {"until_on": START + timedelta(days=length), "weekdays": frozenset(weekdays), "every_days": every, "per_day": 2}
    end, middle = START + timedelta(days=60), START + timedelta(days=cut)
    whole = dose_days(phase, START, since=START, until=end, **plan)
    first = dose_days(phase, START, since=START, until=middle, **plan)
    second = dose_days(phase, START, since=middle + timedelta(days=1), until=end, **plan)
    assert first + second == whole
    assert all(START <= day <= START + timedelta(days=length) for day, _ in whole)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 15), 12, date(2027, 1, 15)),  # T6
        (date(2028, 2, 29), 12, date(2029, 2, 28)),  # T7
        (date(2027, 2, 28), 12, date(2028, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 1), 0, date(2026, 12, 1)),
        (date(2026, 11, 20), -12, date(2025, 11, 20)),
        (date(2028, 2, 29), -12, date(2027, 2, 28)),
        (date(2026, 1, 31), -1, date(2025, 12, 31)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_months_later(day: date, months: int, expected: date) -> None:
    assert months_later(day, months) == expected


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-120, 120))
def test_months_later_keeps_the_day_or_takes_the_last(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
