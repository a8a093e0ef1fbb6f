"""Counts of what was applied: three kinds that are never mixed, no percentage of a few, the days of the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regimens.protocol.adherence import (
    LEAST_RECORDS,
    LOW_PERCENT,
    WINDOW_DAYS,
    DayState,
    Outcome,
    Tally,
    day_state,
    tally,
)

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)


def test_the_numbers_that_are_ours() -> None:
    assert (WINDOW_DAYS, LEAST_RECORDS, LOW_PERCENT) == (28, 6, 70)


def test_the_example_of_the_page() -> None:
    found = Tally(done=18, skipped=6, no_record=4)
    assert (found.expected, found.records, found.percent()) == (28, 24, Decimal(75))


@pytest.mark.parametrize(
    ("done", "skipped", "no_record", "least", "expected"),
    [
        (0, 0, 0, 6, None),
        (5, 0, 0, 6, None),  # one too few
        (5, 0, 100, 6, None),  # no record is none, however much was due
        (6, 0, 0, 6, 100),
        (6, 0, 100, 6, 100),  # and does not lower what the others say
        (0, 6, 0, 6, 0),
        (3, 3, 0, 6, 50),
        (2, 4, 0, 6, 33),
        (4, 2, 0, 6, 67),
        (5, 1, 1, 6, 83),
        (1, 199, 0, 6, 1),  # 0.5: half goes up
        (1, 200, 0, 6, 0),
        (139, 61, 0, 6, 70),  # 69.5
        (0, 0, 9, 0, None),  # nothing recorded is never a percentage, whatever the clinic chose
        (1, 0, 9, 0, 100),
        (1, 0, 9, 1, 100),
        (7, 0, 0, 8, None),
        (8, 0, 0, 8, 100),
    ],
)
def test_percent_of_the_recorded_ones(done: int, skipped: int, no_record: int, least: int, expected: int | None) -> None:
    found = Tally(done, skipped, no_record).percent(least)
    assert found == (None if expected is None else Decimal(expected))


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400), st.integers(0, 60))
def test_percent_exists_from_the_least_on_and_lies_within_half_of_the_fraction(
    done: int, skipped: int, no_record: int, least: int
) -> None:
    found = Tally(done, skipped, no_record).percent(least)
    assert (found is None) is (done + skipped < max(1, least))
    if found is not None:
        assert abs(Fraction(found) - Fraction(100 * done, done + skipped)) <= Fraction(1, 2)
        assert found == Tally(done, skipped, 0).percent(least)


KEYS = st.integers(0, 30)
OUTCOMES = st.sampled_from(list(Outcome))


@given(st.sets(KEYS), st.dictionaries(KEYS, OUTCOMES))
def test_expected_is_done_and_skipped_and_no_record(expected: set[int], records: dict[int, Outcome]) -> None:
    found = tally(expected, records)
    assert found.expected == len(expected) == found.done + found.skipped + found.no_record
    assert found.done == len({key for key in expected if records.get(key) is Outcome.DONE})
    assert found.no_record == len(expected - set(records))
    assert found.records == len(expected & set(records))


@given(st.lists(st.tuples(KEYS, KEYS, KEYS)))
def test_tallies_add_up(parts: list[tuple[int, int, int]]) -> None:
    whole = Tally()
    for part in parts:
        whole = whole + Tally(*part)
    assert (whole.done, whole.skipped, whole.no_record) == tuple(sum(part[n] for part in parts) for n in range(3))


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (Tally(1, 0, 0), DayState.DONE),
        (Tally(2, 0, 0), DayState.DONE),
        (Tally(1, 1, 0), DayState.PARTLY),
        (Tally(1, 0, 1), DayState.PARTLY),
        (Tally(0, 2, 0), DayState.SKIPPED),
        (Tally(0, 1, 1), DayState.NO_RECORD),  # one skipped, of one nothing is known: not a day that was skipped
        (Tally(0, 0, 1), DayState.NO_RECORD),
        (Tally(0, 0, 2), DayState.NO_RECORD),
    ],
)
@pytest.mark.parametrize("days", [-1, 0, 1])
def test_the_state_of_a_day_with_doses(found: Tally, state: DayState, days: int) -> None:
    assert day_state(TODAY + days * DAY, found, TODAY) is state


@pytest.mark.parametrize(("days", "state"), [(-1, DayState.NOT_DUE), (0, DayState.NOT_DUE), (1, DayState.FUTURE)])
def test_the_state_of_a_day_without_doses(days: int, state: DayState) -> None:
    assert day_state(TODAY + days * DAY, Tally(), TODAY) is state


def test_no_word_says_missed() -> None:
    assert {state.value for state in DayState} == {"done", "partly", "skipped", "no_record", "not_due", "future"}
    assert {outcome.value for outcome in Outcome} == {"done", "skipped"}
