"""On which days a plan asks for something. Pure; the times of a day are those of its slots (slots.py)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from regimens.protocol.facts import Phase

WEEK = 7
FREE_DAYS = 2  # between two maintenance applications of tacrolimus (EU leaflet: 2 to 3 days without Protopic)


def is_apart(weekdays: Iterable[int], free_days: int = FREE_DAYS) -> bool:
    """Whether at least so many free days lie between any two of these weekdays (0 to 6), week after week.

    EU leaflet of Protopic: twice weekly with 2 to 3 days without. For two days this means a distance of 3 or 4 (mod 7).
    """
    days = sorted(set(weekdays))
    gaps = [(after - before) % WEEK or WEEK for before, after in zip(days, days[1:] + days[:1], strict=True)]
    return all(gap > free_days for gap in gaps)


def dose_days(
    phase: Phase,
    starts_on: date,
    *,
    since: date,
    until: date,
    until_on: date | None = None,
    per_day: int | None = None,
    weekdays: frozenset[int] = frozenset(),
    every_days: int | None = None,
    second_after_days: int | None = None,
) -> list[tuple[date, int]]:
    """The days from `since` to `until` (both included) on which something is due, with how often; as needed: none.

    The plan runs from `starts_on` to `until_on` (included; None: open). An interval counts from its first day, or where the
    second dose has a distance of its own (a loading phase), from the second.
    """
    first, last = max(since, starts_on), min(until, until_on or until)
    if phase == Phase.INTERVAL and every_days:
        return [(day, 1) for day in _interval_days(starts_on, every_days, second_after_days, first, last)]
    steps = range((last - first).days + 1)
    if phase in (Phase.INDUCTION, Phase.COURSE):
        return [(first + timedelta(days=step), per_day or 1) for step in steps]
    if phase == Phase.MAINTENANCE:
        begin = first.weekday()
        return [(first + timedelta(days=step), 1) for step in steps if (begin + step) % WEEK in weekdays]
    return []


def _interval_days(starts_on: date, every_days: int, second_after_days: int | None, first: date, last: date) -> list[date]:
    loading = [starts_on] if second_after_days and first <= starts_on <= last else []
    begin = starts_on + timedelta(days=second_after_days or 0)
    skipped = max(0, -((begin - first).days // every_days))  # whole intervals before the first day asked for
    steps = range(skipped, max(skipped, (last - begin).days // every_days + 1))
    return loading + [begin + timedelta(days=step * every_days) for step in steps]


def months_later(day: date, months: int) -> date:
    """The day so many calendar months later (earlier, below 0); in a shorter month its last day: 29 to 28 February."""
    number = day.year * 12 + day.month - 1 + months
    first, after = (date(n // 12, n % 12 + 1, 1) for n in (number, number + 1))
    return first + timedelta(days=min(day.day, (after - first).days) - 1)
