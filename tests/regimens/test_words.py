"""Treatment in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils.translation import override

from patients.sites import Side
from regimens import words
from regimens.protocol.facts import Phase, Place


@pytest.mark.parametrize(
    ("count", "said"), [(1, "once daily"), (2, "twice daily"), (3, "3 times daily"), (12, "12 times daily")]
)
def test_times_a_day(count: int, said: str) -> None:
    assert words.times_a_day(count) == said


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([], ""),
        ([6], "Sunday"),
        ([3, 0], "Monday and Thursday"),
        ([4, 2, 0], "Monday, Wednesday and Friday"),
        (frozenset({5, 1}), "Tuesday and Saturday"),
    ],
)
def test_weekdays_stand_in_the_order_of_the_week(numbers: Any, said: str) -> None:
    assert words.weekdays(numbers) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (1, "every day"),
        (6, "every 6 days"),
        (7, "every week"),
        (8, "every 8 days"),
        (14, "every 2 weeks"),
        (28, "every 4 weeks"),
        (366, "every 366 days"),
    ],
)
def test_every(days: int, said: str) -> None:
    assert words.every(days) == said


def use(phase: Phase, **more: Any) -> SimpleNamespace:
    """An order or a plan."""
    usual = {"per_day": None, "weekdays": (), "every_days": None, "second_after_days": None, "loading_dose": ""}
    usual |= {"course_days": None}
    return SimpleNamespace(phase=phase, **(usual | {"condition": "", "most_per_day": None} | more))


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (use(Phase.INDUCTION, per_day=2), "twice daily"),
        (use(Phase.MAINTENANCE, weekdays=(3, 0)), "once a day on Monday and Thursday"),
        (use(Phase.MAINTENANCE, days=frozenset({0, 3}), weekdays="0,3"), "once a day on Monday and Thursday"),
        (use(Phase.INTERVAL, every_days=14), "every 2 weeks"),
        (use(Phase.INTERVAL, every_days=14, loading_dose="600 mg"), "every 2 weeks, first 600\u00a0mg"),
        (use(Phase.INTERVAL, every_days=28, second_after_days=14), "every 4 weeks, the second dose after 2 weeks"),
        (
            use(Phase.INTERVAL, every_days=28, loading_dose="600 mg", second_after_days=10),
            "every 4 weeks, first 600\u00a0mg, the second dose after 10 days",
        ),
        (use(Phase.COURSE, per_day=1, course_days=1), "once daily, for 1 day"),
        (use(Phase.COURSE, per_day=2, course_days=7), "twice daily, for 7 days"),
        (use(Phase.AS_NEEDED, condition="itch", most_per_day=1), "when needed: itch, at the most once a day"),
        (use(Phase.AS_NEEDED, condition="itch", most_per_day=3), "when needed: itch, at the most 3 times a day"),
        (use(Phase.HOLD), "not at present"),
    ],
)
def test_how(order: SimpleNamespace, said: str) -> None:
    assert words.how(order) == said


def test_a_condition_is_not_taken_for_a_pattern() -> None:
    assert words.how(use(Phase.AS_NEEDED, condition="100 % red %(n)s", most_per_day=2)) == (
        "when needed: 100 % red %(n)s, at the most 2 times a day"
    )


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_a_word(phase: Phase) -> None:
    assert str(words.PHASE_WORDS[phase])


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([], ""),
        ([Place("")], ""),
        ([Place("face")], "Face"),
        ([Place("hands", Side.LEFT), Place("feet", Side.BOTH)], "Hands (left), Feet (both sides)"),
        ([Place("hands"), Place("")], "Hands"),
    ],
)
def test_where(places: list[Place], said: str) -> None:
    assert words.where(places) == said


def test_words_follow_the_language_of_the_reader() -> None:
    with override("xx"):
        assert words.weekdays([0]) == "Monday"


@pytest.mark.parametrize(("slot", "said"), [("evening", "evening"), ("midday", "midday"), ("dose-5", "dose 5")])
def test_doses_of_a_day_have_names(slot: str, said: str) -> None:
    assert words.dose_name(slot) == said
