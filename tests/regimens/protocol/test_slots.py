"""Which doses are due and when: every way of use, days on which clocks change, days that do not exist, two years."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimens.protocol.facts import Phase
from regimens.protocol.slots import (
    Schedule,
    Slot,
    due_at,
    instant,
    is_slot,
    next_due,
    short_of_free_days,
    slots,
    usual_times,
)

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
# Fact sheet 2.1: exactly these of the twenty-one pairs leave two or three free days, also over the end of the week.
VALID = [{MON, THU}, {TUE, FRI}, {WED, SAT}, {THU, SUN}, {MON, FRI}, {TUE, SAT}, {WED, SUN}]
START = date(2026, 11, 20)  # a Friday
DAY = timedelta(days=1)
ONCE, TWICE = usual_times(1), usual_times(2)


def plan(phase: Phase = Phase.INDUCTION, **more: Any) -> Schedule:
    """Twice daily from START in London, unless told."""
    values: dict[str, Any] = {"from_on": START, "times": TWICE, "zone": "Europe/London"}
    if phase in (Phase.MAINTENANCE, Phase.INTERVAL):
        values["times"] = ONCE
    return Schedule(phase, **(values | more))


def at(text: str) -> datetime:
    """ "2026-03-29 07:00" in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- Names and times of the doses of a day ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "evening 20:00"),
        (2, "morning 08:00,evening 20:00"),
        (3, "morning 08:00,midday 14:00,evening 20:00"),
        (4, "morning 08:00,midday 12:00,afternoon 16:00,evening 20:00"),
        (5, "dose-1 08:00,dose-2 11:00,dose-3 14:00,dose-4 17:00,dose-5 20:00"),
    ],
)
def test_usual_times(count: int, said: str) -> None:
    assert ",".join(f"{name} {moment:%H:%M}" for name, moment in usual_times(count)) == said


@pytest.mark.parametrize("count", range(2, 13))
def test_usual_times_rise_from_eight_to_eight_with_a_name_each(count: int) -> None:
    found = usual_times(count)
    moments = [moment for _name, moment in found]
    assert (len(found), len({name for name, _moment in found})) == (count, count)
    assert (moments[0], moments[-1]) == (time(8), time(20))
    assert moments == sorted(set(moments))
    assert all(len(name) <= 12 for name, _moment in found)


@pytest.mark.parametrize("count", [-1, 0, 13])
def test_so_many_doses_a_day_there_are_not(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} doses a day"):
        usual_times(count)


# --- Every way of use ---------------------------------------------------------------------------------------------------

M, E = "morning", "evening"
USES: list[tuple[str, Schedule, list[tuple[int, str]]]] = [  # days after START, looked at from 1 before it to 9 after it
    ("once daily", plan(times=ONCE, last_on=START + 2 * DAY), [(0, E), (1, E), (2, E)]),
    ("twice daily", plan(last_on=START + DAY), [(0, M), (0, E), (1, M), (1, E)]),
    ("twice daily, open", plan(), [(n, name) for n in range(10) for name in (M, E)]),
    ("Monday and Thursday", plan(Phase.MAINTENANCE, weekdays=frozenset({MON, THU})), [(3, E), (6, E)]),
    ("Sunday and Wednesday", plan(Phase.MAINTENANCE, weekdays=frozenset({SUN, WED})), [(2, E), (5, E), (9, E)]),
    ("the first and the last day count", plan(Phase.MAINTENANCE, weekdays=frozenset({FRI}), last_on=START), [(0, E)]),
    ("every four days", plan(Phase.INTERVAL, every_days=4), [(0, E), (4, E), (8, E)]),
    ("loading, then weekly", plan(Phase.INTERVAL, every_days=7, second_after_days=2), [(0, E), (2, E), (9, E)]),
    ("a later second dose", plan(Phase.INTERVAL, every_days=2, second_after_days=5), [(0, E), (5, E), (7, E), (9, E)]),
    ("three days' course", plan(Phase.COURSE, times=ONCE, last_on=START + 2 * DAY), [(0, E), (1, E), (2, E)]),
    ("as needed", plan(Phase.AS_NEEDED, times=()), []),
    ("as needed, whatever its times say", plan(Phase.AS_NEEDED), []),
    ("on hold", plan(Phase.HOLD), []),
    ("over before it began", plan(last_on=START - DAY), []),
]


@pytest.mark.parametrize(("schedule", "expected"), [row[1:] for row in USES], ids=[row[0] for row in USES])
def test_slots_of_every_way_of_use(schedule: Schedule, expected: list[tuple[int, str]]) -> None:
    wanted = [Slot(START + n * DAY, name) for n, name in expected]
    assert slots(schedule, START - DAY, START + 9 * DAY) == wanted
    every = [Slot(START + n * DAY, name) for n in range(-1, 10) for name in (M, E)]
    assert [slot for slot in every if is_slot(schedule, slot)] == wanted


def test_a_name_the_plan_does_not_have_is_no_slot() -> None:
    assert not is_slot(plan(), Slot(START, "midday"))
    with pytest.raises(KeyError):
        due_at(plan(), Slot(START, "midday"))


def test_dupilumab_of_a_child_of_six_to_eleven_years() -> None:
    """Label: day 1, day 15, then every four weeks. Day 1 is 20 November; day 15 is 4 December."""
    found = slots(plan(Phase.INTERVAL, every_days=28, second_after_days=14), START, date(2027, 3, 1))
    assert [slot.on for slot in found] == [
        date(2026, 11, 20),
        date(2026, 12, 4),
        date(2027, 1, 1),
        date(2027, 1, 29),
        date(2027, 2, 26),
    ]


def test_dupilumab_of_an_adult() -> None:
    found = slots(plan(Phase.INTERVAL, every_days=14), START, date(2027, 1, 2))
    assert [slot.on.isoformat() for slot in found] == ["2026-11-20", "2026-12-04", "2026-12-18", "2027-01-01"]


@pytest.mark.parametrize("second", [None, 1, 6, 14, 40])
@pytest.mark.parametrize("every", [1, 7, 28])
def test_an_interval_is_the_same_wherever_one_begins_to_look(every: int, second: int | None) -> None:
    schedule = plan(Phase.INTERVAL, every_days=every, second_after_days=second)
    days, day = [START], START + timedelta(days=second or every)
    while day <= START + 120 * DAY:
        days.append(day)
        day += timedelta(days=every)
    for since in range(-2, 60):
        found = slots(schedule, START + since * DAY, START + 120 * DAY)
        assert [slot.on for slot in found] == [day for day in days if day >= START + since * DAY]


# --- Two years of twice weekly ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", list(combinations(range(7), 2)), ids=str)
@pytest.mark.parametrize("shift", range(7))
def test_two_years_of_two_weekdays_leave_the_free_days_exactly_for_the_seven(pair: tuple[int, int], shift: int) -> None:
    first = date(2026, 1, 1) + shift * DAY
    schedule = plan(Phase.MAINTENANCE, from_on=first, weekdays=frozenset(pair), zone="America/New_York")
    days = [slot.on for slot in slots(schedule, first, first + 730 * DAY)]
    free = {(after - before).days - 1 for before, after in pairwise(days)}
    assert len(days) in (208, 209, 210)
    assert (min(free) >= 2) is (set(pair) in VALID)
    assert (free == {2, 3}) is (set(pair) in VALID)
    noted = any(short_of_free_days(day, [other for other in days if other != day], 2) for day in days)
    assert noted is (set(pair) not in VALID)


@pytest.mark.parametrize(
    ("others", "free", "found"),
    [
        ([], 2, None),
        ([0], 2, 0),  # another on the same day: the shortest gap
        ([1, 0], 2, 0),
        ([0], 0, None),
        ([3, -3], 2, None),
        ([2], 2, 2),
        ([-2], 2, -2),
        ([-2, 1], 2, 1),
        ([2, -2], 2, -2),
        ([1, 2, 3], 0, None),
        ([3], 3, 3),
        ([4], 3, None),
    ],
)
def test_the_nearest_other_day_that_is_too_near(others: list[int], free: int, found: int | None) -> None:
    answer = short_of_free_days(START, [START + n * DAY for n in others], free)
    assert answer == (None if found is None else START + found * DAY)


# --- Wall clocks --------------------------------------------------------------------------------------------------------

MOMENTS = [
    # London goes forward on 29 March at 01:00 UTC, back on 25 October at 01:00 UTC.
    ("Europe/London", "2026-03-28 08:00", "2026-03-28 08:00"),
    ("Europe/London", "2026-03-29 00:59", "2026-03-29 00:59"),
    ("Europe/London", "2026-03-29 01:00", "2026-03-29 01:00"),  # there is none: 02:00
    ("Europe/London", "2026-03-29 01:30", "2026-03-29 01:00"),
    ("Europe/London", "2026-03-29 02:00", "2026-03-29 01:00"),
    ("Europe/London", "2026-03-29 08:00", "2026-03-29 07:00"),
    ("Europe/London", "2026-03-29 20:00", "2026-03-29 19:00"),
    ("Europe/London", "2026-10-25 00:30", "2026-10-24 23:30"),
    ("Europe/London", "2026-10-25 01:00", "2026-10-25 00:00"),  # twice: the first
    ("Europe/London", "2026-10-25 01:30", "2026-10-25 00:30"),
    ("Europe/London", "2026-10-25 02:00", "2026-10-25 02:00"),
    ("Europe/London", "2026-10-25 08:00", "2026-10-25 08:00"),
    # New York goes forward on 8 March at 07:00 UTC, back on 1 November at 06:00 UTC.
    ("America/New_York", "2026-03-07 08:00", "2026-03-07 13:00"),
    ("America/New_York", "2026-03-08 01:59", "2026-03-08 06:59"),
    ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),
    ("America/New_York", "2026-03-08 08:00", "2026-03-08 12:00"),
    ("America/New_York", "2026-03-08 20:00", "2026-03-09 00:00"),
    ("America/New_York", "2026-10-31 08:00", "2026-10-31 12:00"),
    ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),
    ("America/New_York", "2026-11-01 02:00", "2026-11-01 07:00"),
    ("America/New_York", "2026-11-01 08:00", "2026-11-01 13:00"),
    ("America/New_York", "2026-11-01 20:00", "2026-11-02 01:00"),
    # Never changes, and is not a whole hour away.
    ("Asia/Kathmandu", "2026-03-29 05:00", "2026-03-28 23:15"),
    ("Asia/Kathmandu", "2026-10-25 08:00", "2026-10-25 02:15"),
    ("Asia/Kathmandu", "2026-11-20 20:00", "2026-11-20 14:15"),
    # Samoa went over the date line: after 29 December 2011 came the 31st, at 10:00 UTC of the 30th.
    ("Pacific/Apia", "2011-12-29 20:00", "2011-12-30 06:00"),
    ("Pacific/Apia", "2011-12-30 00:00", "2011-12-30 10:00"),
    ("Pacific/Apia", "2011-12-30 08:00", "2011-12-30 10:00"),
    ("Pacific/Apia", "2011-12-30 23:55", "2011-12-30 10:00"),
    ("Pacific/Apia", "2011-12-31 08:00", "2011-12-30 18:00"),
    # Half an hour: back on 5 April from 02:00 to 01:30, forward on 4 October from 02:00 to 02:30.
    ("Australia/Lord_Howe", "2026-04-04 08:00", "2026-04-03 21:00"),
    ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
    ("Australia/Lord_Howe", "2026-04-05 08:00", "2026-04-04 21:30"),
    ("Australia/Lord_Howe", "2026-10-04 01:55", "2026-10-03 15:25"),
    ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),
    ("Australia/Lord_Howe", "2026-10-04 02:30", "2026-10-03 15:30"),
    ("Australia/Lord_Howe", "2026-10-04 08:00", "2026-10-03 21:00"),
    # The day begins at 01:00.
    ("America/Santiago", "2026-09-06 00:15", "2026-09-06 04:00"),
]


@pytest.mark.parametrize(("zone", "here", "expected"), MOMENTS, ids=[f"{row[0]} {row[1]}" for row in MOMENTS])
def test_the_moment_of_a_wall_clock_time(zone: str, here: str, expected: str) -> None:
    wanted = datetime.fromisoformat(here)
    found = instant(wanted.date(), wanted.time(), zone)
    assert found == at(expected)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", date(2026, 3, 29), (11, 12, 12)),  # from the evening before to the morning, and so on
        ("Europe/London", date(2026, 10, 25), (13, 12, 12)),
        ("America/New_York", date(2026, 3, 8), (11, 12, 12)),
        ("America/New_York", date(2026, 11, 1), (13, 12, 12)),
        ("Asia/Kathmandu", date(2026, 3, 29), (12, 12, 12)),
        ("Australia/Lord_Howe", date(2026, 4, 5), (12.5, 12, 12)),
        ("Australia/Lord_Howe", date(2026, 10, 4), (11.5, 12, 12)),
    ],
)
def test_doses_keep_their_times_on_the_wall_when_clocks_change(zone: str, day: date, hours: tuple[float, ...]) -> None:
    schedule = plan(from_on=day - 2 * DAY, zone=zone)
    around = slots(schedule, day - DAY, day + DAY)
    assert [slot.name for slot in around] == [M, E] * 3
    moments = [due_at(schedule, slot) for slot in around]
    assert {moment.astimezone(ZoneInfo(zone)).hour for moment in moments} == {8, 20}
    between = [(after - before) / timedelta(hours=1) for before, after in pairwise(moments)]
    assert between == [12, *hours, 12]


def test_the_day_that_does_not_exist_has_slots_that_fall_due_together_and_the_next_day_its_own() -> None:
    schedule = plan(from_on=date(2011, 12, 29), zone="Pacific/Apia")
    found = [due_at(schedule, slot) for slot in slots(schedule, date(2011, 12, 29), date(2011, 12, 31))]
    assert found == [
        at(f"2011-12-{text}") for text in ("29 18:00", "30 06:00", "30 10:00", "30 10:00", "30 18:00", "31 06:00")
    ]


def test_times_that_move_keep_the_slots() -> None:
    before = plan()
    after = replace(before, times=((M, time(6, 30)), (E, time(22))), zone="Asia/Kathmandu")
    assert slots(before, START, START + 30 * DAY) == slots(after, START, START + 30 * DAY)
    assert due_at(before, Slot(START, M)) == at("2026-11-20 08:00")
    assert due_at(after, Slot(START, M)) == at("2026-11-20 00:45")


# --- The next one -------------------------------------------------------------------------------------------------------

MAINTAINED = plan(Phase.MAINTENANCE, weekdays=frozenset({MON, THU}))
DUPILUMAB = plan(Phase.INTERVAL, every_days=28, second_after_days=14)
NEXT: list[tuple[str, Schedule, str, str | None]] = [
    ("just before", plan(), "2026-11-20 07:59", "2026-11-20 08:00"),
    ("at that moment it is over", plan(), "2026-11-20 08:00", "2026-11-20 20:00"),
    ("tomorrow", plan(), "2026-11-20 20:00", "2026-11-21 08:00"),
    ("not begun", plan(), "2026-01-01 00:00", "2026-11-20 08:00"),
    ("over", plan(last_on=START), "2026-11-20 20:00", None),
    ("its last", plan(last_on=START), "2026-11-20 19:59", "2026-11-20 20:00"),
    ("Friday: Monday", MAINTAINED, "2026-11-20 12:00", "2026-11-23 20:00"),
    ("Monday evening: Thursday", MAINTAINED, "2026-11-23 20:00", "2026-11-26 20:00"),
    ("the second dose", DUPILUMAB, "2026-11-21 00:00", "2026-12-04 20:00"),
    ("the third", DUPILUMAB, "2026-12-04 20:00", "2027-01-01 20:00"),
    ("a year between", plan(Phase.INTERVAL, every_days=366), "2026-11-20 20:00", "2027-11-21 20:00"),
    ("a year to the second", replace(DUPILUMAB, second_after_days=366), "2026-11-20 20:00", "2027-11-21 20:00"),
    ("as needed", plan(Phase.AS_NEEDED), "2026-11-20 07:00", None),
    ("on hold", plan(Phase.HOLD), "2026-11-20 07:00", None),
]


@pytest.mark.parametrize(("schedule", "after", "expected"), [row[1:] for row in NEXT], ids=[row[0] for row in NEXT])
def test_next_due(schedule: Schedule, after: str, expected: str | None) -> None:
    assert next_due(schedule, at(after)) == (None if expected is None else at(expected))


def test_next_due_of_a_skipped_evening_lies_in_the_day_after() -> None:
    schedule = plan(Phase.INTERVAL, from_on=date(2011, 12, 30), every_days=366, zone="Pacific/Apia")
    assert next_due(schedule, at("2011-12-30 09:59")) == at("2011-12-30 10:00")
    assert next_due(schedule, at("2011-12-30 10:00")) == at("2012-12-30 06:00")  # a leap year on, 20:00 at +14


ZONES = (
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
)
CHANGES = st.sampled_from(
    [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 9, 6), date(2026, 10, 25), date(2011, 12, 30)]
)
CLOCK = st.integers(0, 287).map(lambda number: time(number // 12, number % 12 * 5))


@st.composite
def schedules(draw: Any) -> Schedule:
    """Any plan, near a day on which some clock changes."""
    phase = draw(st.sampled_from([Phase.INDUCTION, Phase.MAINTENANCE, Phase.INTERVAL, Phase.COURSE]))
    count = 1 if phase in (Phase.MAINTENANCE, Phase.INTERVAL) else draw(st.integers(1, 4))
    moments = sorted(draw(st.sets(CLOCK, min_size=count, max_size=count)))
    from_on = draw(CHANGES) + timedelta(days=draw(st.integers(-6, 3)))
    return Schedule(
        phase,
        from_on,
        tuple((f"dose-{number}", moment) for number, moment in enumerate(moments)),
        draw(st.sampled_from(ZONES)),
        last_on=draw(st.none() | st.integers(-1, 12).map(lambda days: from_on + timedelta(days=days))),
        weekdays=frozenset(draw(st.sets(st.integers(0, 6)))) if phase == Phase.MAINTENANCE else frozenset(),
        every_days=draw(st.integers(1, 9)) if phase == Phase.INTERVAL else None,
        second_after_days=draw(st.none() | st.integers(1, 9)) if phase == Phase.INTERVAL else None,
    )


def walked(day: date, wall: time, zone: str) -> datetime:
    """The first moment at which a clock on the wall, looked at every five minutes, says this time or a later one."""
    wanted, here = datetime.combine(day, wall), ZoneInfo(zone)
    moment = wanted.replace(tzinfo=UTC) - timedelta(hours=15)
    while moment.astimezone(here).replace(tzinfo=None) < wanted:
        moment += timedelta(minutes=5)
    return moment


def asked(schedule: Schedule, day: date) -> bool:
    """Whether a day is one of the plan's, in other words than the code's."""
    passed = (day - schedule.from_on).days
    if passed < 0 or (schedule.last_on is not None and day > schedule.last_on):
        return False
    if schedule.phase == Phase.MAINTENANCE:
        return day.weekday() in schedule.weekdays
    if schedule.phase == Phase.INTERVAL:
        assert schedule.every_days
        second = schedule.second_after_days or schedule.every_days
        return passed == 0 or (passed >= second and (passed - second) % schedule.every_days == 0)
    return True


@settings(max_examples=120, deadline=None)
@given(schedules(), st.integers(-3, 14), CLOCK, st.booleans())
def test_next_due_is_the_first_moment_of_a_walk(schedule: Schedule, shift: int, wall: time, is_exact: bool) -> None:
    days = [schedule.from_on + n * DAY for n in range(32)]
    moments = sorted(
        walked(day, moment, schedule.zone) for day in days if asked(schedule, day) for _name, moment in schedule.times
    )
    after = walked(schedule.from_on + shift * DAY, wall, schedule.zone)
    if is_exact and moments:
        after = moments[shift % len(moments)]
        after = min(after, walked(schedule.from_on + 14 * DAY, wall, schedule.zone))
    assert next_due(schedule, after) == next((moment for moment in moments if moment > after), None)


@settings(max_examples=60, deadline=None)
@given(schedules())
def test_slots_are_those_of_a_walk_and_each_once(schedule: Schedule) -> None:
    since, until = schedule.from_on - 3 * DAY, schedule.from_on + 20 * DAY
    found = slots(schedule, since, until)
    days = [since + n * DAY for n in range(24)]
    assert found == [Slot(day, name) for day in days if asked(schedule, day) for name, _moment in schedule.times]
    assert len(set(found)) == len(found)
    assert [due_at(schedule, slot) for slot in found] == [
        walked(slot.on, dict(schedule.times)[slot.name], schedule.zone) for slot in found
    ]
