"""What was applied of what was due. Pure. "No record" is neither done nor skipped, and is never called missed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TypeVar

Key = TypeVar("Key")

WINDOW_DAYS = 28  # ours: four weeks of twice-weekly use are eight doses
LEAST_RECORDS = 6  # ours: no percentage below so many records
LOW_PERCENT = 70  # ours: below, the clinic may want to ask


class Outcome(StrEnum):
    """What somebody said about a dose."""

    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Tally:
    """How many doses were expected, and what is recorded of them: expected = done + skipped + no record, always."""

    done: int = 0
    skipped: int = 0
    no_record: int = 0

    @property
    def expected(self) -> int:
        """Doses that were due."""
        return self.done + self.skipped + self.no_record

    @property
    def records(self) -> int:
        """Doses somebody said something about."""
        return self.done + self.skipped

    def percent(self, least: int = LEAST_RECORDS) -> Decimal | None:
        """Done of the recorded ones, 0 to 100 in whole per cent; None with fewer records than `least`: too few to judge."""
        if self.records < max(1, least):
            return None
        return (Decimal(100 * self.done) / self.records).quantize(Decimal(1), ROUND_HALF_UP)

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.done + other.done, self.skipped + other.skipped, self.no_record + other.no_record)


def tally(expected: Iterable[Key], records: Mapping[Key, Outcome]) -> Tally:
    """Count the expected slots by what is recorded of each; records of anything else count nothing."""
    done = skipped = no_record = 0
    for key in expected:
        outcome = records.get(key)
        if outcome is None:
            no_record += 1
        elif outcome == Outcome.DONE:
            done += 1
        else:
            skipped += 1
    return Tally(done, skipped, no_record)


class DayState(StrEnum):
    """A day of the calendar."""

    DONE = "done"
    PARTLY = "partly"
    SKIPPED = "skipped"
    NO_RECORD = "no_record"
    NOT_DUE = "not_due"
    FUTURE = "future"


def day_state(on: date, found: Tally, today: date) -> DayState:
    """What a day shows: partly is some done, not all; skipped only where every dose was said to be skipped.

    `found` counts the doses of that day that have been due, or recorded.
    """
    if found.expected == 0:
        return DayState.FUTURE if on > today else DayState.NOT_DUE
    if found.done == found.expected:
        return DayState.DONE
    if found.done:
        return DayState.PARTLY
    return DayState.SKIPPED if found.skipped == found.expected else DayState.NO_RECORD
