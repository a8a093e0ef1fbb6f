"""Which doses a plan asks for, and when. Pure: the only place where wall-clock times become instants.

A slot is a plan's, on a day of the patient, by its name. When its time moves it is the same slot.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from regimens.protocol.facts import Phase
from regimens.protocol.schedule import WEEK, dose_days

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FIRST, LAST = time(8), time(20)  # of the doses of a day, until somebody chooses other times
NAMES: dict[int, tuple[str, ...]] = {
    1: ("evening",),
    2: ("morning", "evening"),
    3: ("morning", "midday", "evening"),
    4: ("morning", "midday", "afternoon", "evening"),
}
MOST = 12  # doses a day


class Slot(NamedTuple):
    """A dose that is due: the patient's day, and its name among the doses of a day."""

    on: date
    name: str


@dataclass(frozen=True)
class Schedule:
    """How a plan is used, from `from_on` to `last_on` (included; None: open), at which times of the patient's day."""

    phase: Phase
    from_on: date
    times: tuple[tuple[str, time], ...]  # name and wall-clock time, as the day goes
    zone: str  # IANA
    last_on: date | None = None
    weekdays: frozenset[int] = frozenset()  # maintenance: 0 Monday to 6 Sunday
    every_days: int | None = None  # interval
    second_after_days: int | None = None  # interval: from the first (loading) dose to the second, where it is another


def usual_times(per_day: int) -> tuple[tuple[str, time], ...]:
    """Names and times of so many doses a day (1 to 12), evenly between 08:00 and 20:00; one is in the evening."""
    if not 1 <= per_day <= MOST:
        raise ValueError(f"{per_day} doses a day")
    if per_day == 1:
        return ((NAMES[1][0], LAST),)
    names = NAMES.get(per_day) or tuple(f"dose-{number}" for number in range(1, per_day + 1))
    first, minutes = FIRST.hour * 60, (LAST.hour - FIRST.hour) * 60
    at = [first + minutes * number // (per_day - 1) for number in range(per_day)]
    return tuple((name, time(minute // 60, minute % 60)) for name, minute in zip(names, at, strict=True))


def slots(schedule: Schedule, since: date, until: date) -> list[Slot]:
    """The slots from one day to another (both included), in order; as needed and on hold: none."""
    days = dose_days(
        schedule.phase,
        schedule.from_on,
        since=since,
        until=until,
        until_on=schedule.last_on,
        weekdays=schedule.weekdays,
        every_days=schedule.every_days,
        second_after_days=schedule.second_after_days,
    )
    names = [name for name, _at in schedule.times]
    return [Slot(day, name) for day, _count in days for name in names]


def instant(on: date, at: time, zone: str) -> datetime:
    """The moment (UTC) of a wall-clock time on a day in an IANA zone.

    A time that does not exist moves to the next valid minute; one that exists twice is taken the first time.
    """
    here = ZoneInfo(zone)
    wanted = datetime.combine(on, at)
    found = wanted.replace(tzinfo=here).astimezone(UTC)
    if found.astimezone(here).replace(tzinfo=None) == wanted:
        return found
    # Skipped: between the two readings of that time lies the change of the clock.
    found = wanted.replace(tzinfo=here, fold=1).astimezone(UTC)
    while found.astimezone(here).replace(tzinfo=None) < wanted:
        found += MINUTE
    return found


def due_at(schedule: Schedule, slot: Slot) -> datetime:
    """The moment a slot of this schedule is due. KeyError for a name it does not have."""
    return instant(slot.on, dict(schedule.times)[slot.name], schedule.zone)


def next_due(schedule: Schedule, after: datetime) -> datetime | None:
    """The first moment after this one at which something is due; None when nothing is."""
    today = after.astimezone(ZoneInfo(schedule.zone)).date()
    first = max(today - DAY, schedule.from_on)  # a skipped time may have moved into the next day
    span = max(WEEK, schedule.every_days or 0, schedule.second_after_days or 0) + 1
    moments = (due_at(schedule, slot) for slot in slots(schedule, first, max(first, today) + timedelta(days=span)))
    return min((moment for moment in moments if moment > after), default=None)


def is_slot(schedule: Schedule, slot: Slot) -> bool:
    """Whether the schedule asks for this slot."""
    return slot in slots(schedule, slot.on, slot.on)


def short_of_free_days(on: date, others: Iterable[date], free_days: int) -> date | None:
    """The nearest day of another application that leaves fewer free days than this between, the same day too; or None.

    EU leaflet of Protopic, maintenance: 2 to 3 days without between applications.
    """
    near = [other for other in others if free_days and abs((other - on).days) <= free_days]
    return min(near, key=lambda other: (abs((other - on).days), other), default=None)
