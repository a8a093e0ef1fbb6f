"""Maintenance weekdays, an end to daily use, the three weeks of children, a year of maintenance."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.sites import Side
from regimens.protocol.base import Level
from regimens.protocol.facts import Choice, Family, Line, Phase, Place
from tests.regimens.protocol.build import ON, PRODUCTS, answers, case, line, person

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
APART = [{MON, THU}, {TUE, FRI}, {WED, SAT}, {THU, SUN}, {MON, FRI}, {TUE, SAT}, {WED, SUN}]  # fact sheet 2.1
TACROLIMUS = ["tacrolimus-0.03", "tacrolimus-0.1"]
STEROIDS = [key for key, one in PRODUCTS.items() if one.family == Family.TCS]
OTHERS = ["pimecrolimus-1", "crisaborole-2", "roflumilast-0.15", "roflumilast-0.05", "ruxolitinib-1.5", "tapinarof-1"]
ANTI_INFLAMMATORY = [*TACROLIMUS, *STEROIDS, *OTHERS]
REST = [key for key in PRODUCTS if key not in ANTI_INFLAMMATORY]
NO_LABEL = "No label of this jurisdiction is on file: the strictest known is used."
EVERYWHERE = ["EU", "UK", "US", "other"]


def maintenance(key: str, /, *days: int, **more: Any) -> Line:
    return line(key, "hands", **({"phase": Phase.MAINTENANCE, "weekdays": frozenset(days)} | more))


def found_by(rule: str, of: Any, checked: Line) -> Any:
    """The finding of a rule, or None; it may not also be "not checked"."""
    found, unchecked = answers(of, checked)
    assert rule not in unchecked
    return found.get(rule)


def words(finding: Any) -> str:
    return str(finding.text % finding.values)


# --- Which weekdays (C8) ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", EVERYWHERE)
@pytest.mark.parametrize("pair", list(combinations(range(7), 2)), ids=str)
def test_tacrolimus_twice_weekly_needs_two_free_days(pair: tuple[int, int], where: str) -> None:
    for key in TACROLIMUS:
        finding = found_by("maintenance-weekdays", case(where=where), maintenance(key, *pair))
        if set(pair) in APART:
            assert finding is None
            continue
        assert finding.level == Level.WARN
        assert "fewer than 2 days without it" in words(finding)
        assert (NO_LABEL in words(finding)) is (where != "EU")
        assert finding.cited[0].name == "EMA package leaflet EU/1/02/201/001 and SmPC (Protopic)"
        assert finding.cited[0].on == date(2024, 10, 14)


@pytest.mark.parametrize("pair", list(combinations(range(7), 2)), ids=str)
@pytest.mark.parametrize("key", STEROIDS)
def test_a_steroid_twice_weekly_may_be_on_any_days(pair: tuple[int, int], key: str) -> None:
    found, unchecked = answers(case(), maintenance(key, *pair))
    assert not {"maintenance-weekdays", "maintenance-off-label", "maintenance-once-weekly"} & {*found, *unchecked}


@given(st.sets(st.integers(0, 6), min_size=3), st.sampled_from([*TACROLIMUS, *STEROIDS]), st.sampled_from(EVERYWHERE))
def test_three_or_more_days_a_week_are_off_label(days: set[int], key: str, where: str) -> None:
    finding = found_by("maintenance-weekdays", case(where=where), maintenance(key, *days))
    assert finding.level == Level.WARN
    assert f"on {len(days)} days a week" in words(finding)
    assert "off-label" in words(finding)
    assert {source.name[:3] for source in finding.cited} >= ({"S3:"} if key in STEROIDS else {"S0:", "S1:", "S2:"})


def test_three_days_name_the_days_and_for_whom_the_source_speaks() -> None:
    finding = found_by("maintenance-weekdays", case(), maintenance("tacrolimus-0.1", MON, WED, FRI))
    assert [(one.what, one.value) for one in finding.inputs] == [("maintenance days", "Monday, Wednesday, Friday")]
    finding = found_by("maintenance-weekdays", case(), maintenance("mometasone-furoate-0.1", MON, WED, FRI))
    assert [source.speaks_for for source in finding.cited] == ["", "adults"]
    assert "written for adults" in words(finding)


@pytest.mark.parametrize("key", [*TACROLIMUS, *STEROIDS])
def test_one_day_a_week_breaks_no_gap(key: str) -> None:
    assert found_by("maintenance-weekdays", case(), maintenance(key, MON)) is None


@pytest.mark.parametrize(
    ("params", "days", "expected"),
    [
        ({"per_week": 3}, (MON, WED, FRI), "fewer than 2 days"),  # the clinic still wants two free days
        ({"per_week": 3, "free_days": 1}, (MON, WED, FRI), ""),
        ({"per_week": 3, "free_days": 1}, (MON, TUE, FRI), "fewer than 1 days"),
        ({"per_week": 1}, (MON, THU), "on 2 days a week"),
        ({"free_days": 3}, (MON, THU), "fewer than 3 days"),
        ({"free_days": 0}, (MON, TUE), ""),
    ],
)
def test_a_clinic_sets_its_own_numbers(params: dict[str, int], days: tuple[int, ...], expected: str) -> None:
    of = case(choices={"maintenance-weekdays": Choice(params=params)})
    finding = found_by("maintenance-weekdays", of, maintenance("tacrolimus-0.1", *days))
    assert finding is None if not expected else expected in words(finding)


def sited(key: str, sites: list[str], /, *days: int, **more: Any) -> Line:
    return line(key, *sites, **({"phase": Phase.MAINTENANCE, "weekdays": frozenset(days), "key": "there"} | more))


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (sited("tacrolimus-0.1", ["face"], THU), None),  # Monday and Thursday together
        (sited("tacrolimus-0.1", ["face"], MON), None),
        (sited("tacrolimus-0.1", ["face"], TUE), "fewer than 2 days"),
        (sited("tacrolimus-0.1", ["eyelids"], WED), "fewer than 2 days"),  # within it
        (sited("tacrolimus-0.03", ["head_neck"], SUN), "fewer than 2 days"),  # another strength, around it
        (sited("tacrolimus-0.1", ["face"], MON, THU), None),
        (sited("tacrolimus-0.1", ["face"], TUE, FRI), "on 3 days a week"),
        (sited("tacrolimus-0.1", ["neck"], TUE), None),
        (sited("pimecrolimus-1", ["face"], TUE), None),  # another substance: two-of-one-class says it
        (sited("tacrolimus-0.1", ["face"], TUE, phase=Phase.HOLD), None),
        (sited("tacrolimus-0.1", ["face"], TUE, until_on=ON - timedelta(days=1)), None),
        (sited("tacrolimus-0.1", ["face"], TUE, is_elsewhere=True), "fewer than 2 days"),
    ],
)
def test_two_lines_break_the_free_days_together(there: Line, expected: str | None) -> None:
    finding = found_by("maintenance-weekdays", case(None, there), sited("tacrolimus-0.1", ["face"], MON, key=""))
    assert (finding is None) is (expected is None)
    if finding:
        assert expected in words(finding)
        assert "counted with Tacrolimus" in words(finding)
        assert (finding.level, finding.others) == (Level.WARN, ("there",))
        assert len(finding.inputs) == 2


def test_only_lines_on_one_piece_of_skin_count_together() -> None:
    chest, back = sited("tacrolimus-0.1", ["chest"], THU, key="chest"), sited("tacrolimus-0.1", ["back"], FRI, key="back")
    trunk = sited("tacrolimus-0.1", ["trunk"], MON, key="")
    assert found_by("maintenance-weekdays", case(None, chest, back), trunk) is None  # no skin gets all three
    finding = found_by("maintenance-weekdays", case(None, replace(chest, weekdays=frozenset({WED})), back), trunk)
    assert finding.others == ("chest",)
    left, right = (
        sited("tacrolimus-0.1", [f"hands:{side}"], day, key=side) for side, day in (("left", MON), ("right", TUE))
    )
    assert found_by("maintenance-weekdays", case(None, right), left) is None
    assert (
        found_by("maintenance-weekdays", case(None, right), replace(left, places=(Place("hands", Side.BOTH),))) is not None
    )


def test_a_line_that_breaks_the_days_alone_says_so_alone() -> None:
    there = sited("tacrolimus-0.1", ["face"], THU)
    finding = found_by("maintenance-weekdays", case(None, there), sited("tacrolimus-0.1", ["face"], MON, TUE, key=""))
    assert (finding.others, len(finding.inputs)) == ((), 1)


def test_steroids_and_others_count_their_days_together() -> None:
    steroid = sited("mometasone-furoate-0.1", ["hands"], TUE, FRI)
    finding = found_by("maintenance-weekdays", case(None, steroid), sited("mometasone-furoate-0.1", ["hands"], MON, key=""))
    assert "on 3 days a week" in words(finding)
    cream = sited("pimecrolimus-1", ["hands"], THU)
    finding = found_by("maintenance-off-label", case(None, cream), sited("pimecrolimus-1", ["hands"], MON, key=""))
    assert "on Monday, Thursday" in words(finding)
    same_day = sited("pimecrolimus-1", ["hands"], MON)
    assert found_by("maintenance-off-label", case(None, same_day), sited("pimecrolimus-1", ["hands"], MON, key="")) is None


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (sited("tacrolimus-0.1", ["trunk"], THU), False),  # twice a week together
        (sited("tacrolimus-0.1", ["trunk"], MON), True),
        (sited("tacrolimus-0.1", ["chest"], THU), True),  # the rest of the trunk gets it once
    ],
)
def test_once_weekly_counts_the_other_line(there: Line, expected: bool) -> None:
    finding = found_by("maintenance-once-weekly", case(None, there), sited("tacrolimus-0.1", ["trunk"], MON, key=""))
    assert (finding is not None) is expected


@pytest.mark.parametrize("level", [Level.INFORM, Level.WARN, Level.STOP])
def test_a_clinic_sets_its_own_level(level: Level) -> None:
    of = case(choices={"maintenance-weekdays": Choice(level=int(level))})
    assert found_by("maintenance-weekdays", of, maintenance("tacrolimus-0.1", MON, TUE)).level == level


@pytest.mark.parametrize("key", ANTI_INFLAMMATORY)
def test_without_weekdays_it_is_not_checked(key: str) -> None:
    found, unchecked = answers(case(), maintenance(key))
    rule = "maintenance-off-label" if key in OTHERS else "maintenance-weekdays"
    assert unchecked[rule].missing == ("weekdays",)
    assert rule not in found


@pytest.mark.parametrize("key", OTHERS)
def test_maintenance_with_any_other_class_is_off_label_from_two_days(key: str) -> None:
    assert found_by("maintenance-off-label", case(), maintenance(key, MON)) is None
    for days in ((MON, THU), (MON, TUE), (MON, WED, FRI)):
        found, _ = answers(case(), maintenance(key, *days))
        assert found["maintenance-off-label"].level == Level.WARN
        assert "off-label" in words(found["maintenance-off-label"])
        assert "maintenance-weekdays" not in found
    of = case(choices={"maintenance-off-label": Choice(level=1, params={"from_days": 1})})
    assert found_by("maintenance-off-label", of, maintenance(key, MON)).level == Level.INFORM


@pytest.mark.parametrize("key", REST)
def test_maintenance_rules_are_silent_for_the_rest(key: str) -> None:
    found, unchecked = answers(case(), maintenance(key, MON, TUE, WED, review_on=None))
    assert not [one for one in {*found, *unchecked} if one.startswith("maintenance")]


@pytest.mark.parametrize("key", ANTI_INFLAMMATORY)
def test_maintenance_rules_are_about_maintenance(key: str) -> None:
    found, unchecked = answers(case(where="US"), line(key, "hands", weekdays=frozenset({MON, TUE})))
    assert not [one for one in {*found, *unchecked} if one.startswith("maintenance")]


@pytest.mark.parametrize(("where", "expected"), [("EU", True), ("UK", True), ("US", False), ("other", True)])
def test_tacrolimus_once_weekly_informs(where: str, expected: bool) -> None:
    for key in TACROLIMUS:
        finding = found_by("maintenance-once-weekly", case(where=where), maintenance(key, MON))
        assert (finding is not None) is expected
        if finding:
            assert finding.level == Level.INFORM
            assert "the EU label says twice weekly" in words(finding)
            assert (NO_LABEL in words(finding)) is (where != "EU")
    assert found_by("maintenance-once-weekly", case(where=where), maintenance("pimecrolimus-1", MON)) is None
    assert found_by("maintenance-once-weekly", case(where=where), maintenance("tacrolimus-0.1", MON, THU)) is None


# --- The US and the label (C9) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "key", "expected", "is_own"),
    [
        ("US", "tacrolimus-0.1", True, True),
        ("US", "tacrolimus-0.03", True, True),
        ("EU", "tacrolimus-0.1", False, True),
        ("EU", "tacrolimus-0.03", False, True),
        ("UK", "tacrolimus-0.1", False, True),  # Scottish Medicines Consortium
        ("UK", "tacrolimus-0.03", True, False),  # nothing on file: the strictest known
        ("other", "tacrolimus-0.1", True, False),
        ("US", "pimecrolimus-1", False, True),
        ("US", "mometasone-furoate-0.1", False, True),
    ],
)
def test_maintenance_outside_the_label_shows_both_texts(where: str, key: str, expected: bool, is_own: bool) -> None:
    finding = found_by("maintenance-not-on-the-label", case(where=where), maintenance(key, MON, THU))
    assert (finding is not None) is expected
    if finding:
        assert finding.level == Level.INFORM
        assert "The US label has no maintenance dosing; proactive use is off-label." in words(finding)
        assert "EU label: Maintenance twice a week." in words(finding)
        assert (NO_LABEL in words(finding)) is not is_own
        names = [source.name for source in finding.cited]
        assert names[:2] == [
            "US label of Protopic (rxlist.com, druglib.com, renalandurologynews.com)",
            "EMA package leaflet EU/1/02/201/001 and SmPC (Protopic)",
        ]


# --- Use without an end -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ANTI_INFLAMMATORY)
@pytest.mark.parametrize("per_day", [1, 2])
def test_daily_use_without_an_end_stops(key: str, per_day: int) -> None:
    of = case(choices={"use-without-end": Choice(level=1)})
    finding = found_by("use-without-end", of, line(key, "trunk", per_day=per_day, review_on=None))
    assert finding.level == Level.STOP  # a clinic cannot lower it
    assert finding.rule.is_lowerable is False
    assert {"S0:", "S1:"} <= {source.name[:3] for source in finding.cited}
    assert ("twice" if per_day == 2 else "once") + " daily on trunk" in words(finding)
    assert found_by("use-without-end", of, line(key, "trunk", per_day=per_day)) is None
    assert found_by("use-without-end", of, line(key, "trunk", per_day=per_day, review_on=None, until_on=ON)) is None


@pytest.mark.parametrize("key", REST)
def test_use_without_end_is_silent_for_the_rest(key: str) -> None:
    found, unchecked = answers(case(), line(key, "trunk", review_on=None))
    assert "use-without-end" not in {*found, *unchecked}


@pytest.mark.parametrize("phase", [Phase.MAINTENANCE, Phase.AS_NEEDED, Phase.COURSE, Phase.HOLD])
def test_use_without_end_is_about_daily_use(phase: Phase) -> None:
    found, unchecked = answers(case(), line("tacrolimus-0.1", "trunk", phase=phase, review_on=None))
    assert "use-without-end" not in {*found, *unchecked}


def test_use_without_end_elsewhere_is_not_checked() -> None:
    found, unchecked = answers(case(), line("tacrolimus-0.1", "trunk", review_on=None, is_elsewhere=True))
    assert "use-without-end" not in found
    assert unchecked["use-without-end"].missing == ("end or review date",)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("EU", "EMA package leaflet EU/1/02/201/001"),
        ("US", "US label of Protopic (rxlist.com, druglib.com, renalandurologynews.com)"),
    ],
)
def test_use_without_end_names_the_label(where: str, name: str) -> None:
    finding = found_by("use-without-end", case(where=where), line("tacrolimus-0.1", "trunk", review_on=None))
    assert finding.cited[0].name == name


# --- Three weeks of children ------------------------------------------------------------------------------------------

CHILD = date(2017, 5, 1)


def child_line(**more: Any) -> Line:
    return line("tacrolimus-0.03", "trunk", **more)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"until_on": ON + timedelta(days=20)}, False),  # 21 days
        ({"until_on": ON + timedelta(days=21)}, True),  # 22 days
        ({"until_on": ON + timedelta(days=20), "review_on": ON + timedelta(days=60)}, False),  # the end counts
        ({"review_on": ON + timedelta(days=21)}, False),
        ({"review_on": ON + timedelta(days=22)}, True),
        ({"review_on": None}, False),  # use-without-end says it
        ({"per_day": 1}, False),
        ({"starts_on": ON - timedelta(days=20), "review_on": ON}, False),  # today is day 21
        ({"starts_on": ON - timedelta(days=21), "review_on": ON}, True),  # today is day 22
        ({"starts_on": ON - timedelta(days=21), "review_on": ON, "per_day": 1}, False),
        ({"phase": Phase.COURSE, "course_days": 40}, False),
    ],
)
def test_three_weeks_by_days(more: dict[str, Any], expected: bool) -> None:
    finding = found_by("child-three-weeks", case(person(born_on=CHILD)), child_line(**more))
    assert (finding is not None) is expected
    if finding:
        assert finding.level == Level.INFORM
        assert finding.inputs[0].what == "age"
        assert finding.inputs[0].value == "9 y 6 m"
        assert finding.cited[0].name == "EMA package leaflet EU/1/02/201/001 and SmPC (Protopic)"


@pytest.mark.parametrize(
    ("born", "starts", "expected"),
    [
        (date(2024, 11, 20), ON, True),  # two today
        (date(2024, 11, 21), ON, False),  # two tomorrow
        (date(2024, 11, 21), ON + timedelta(days=1), True),  # two on the first day
        (date(2010, 11, 21), ON, True),  # sixteen tomorrow
        (date(2010, 11, 20), ON, False),  # sixteen today
        (date(2010, 11, 21), ON + timedelta(days=1), False),
        (date(2010, 11, 20), ON - timedelta(days=30), False),  # running: the age of today counts
    ],
)
def test_three_weeks_by_age(born: date, starts: date, expected: bool) -> None:
    finding = found_by("child-three-weeks", case(person(born_on=born)), child_line(starts_on=starts))
    assert (finding is not None) is expected


@pytest.mark.parametrize(
    ("on", "expected"), [(date(2028, 2, 28), True), (date(2028, 2, 29), False), (date(2028, 3, 1), False)]
)
def test_sixteen_on_a_leap_day_in_a_leap_year(on: date, expected: bool) -> None:
    ordered = child_line(starts_on=on, review_on=on + timedelta(days=42))
    assert (found_by("child-three-weeks", case(person(born_on=date(2012, 2, 29))), ordered) is not None) is expected


@pytest.mark.parametrize(("on", "expected"), [(date(2030, 2, 28), False), (date(2030, 3, 1), True)])
def test_two_on_the_first_of_march_for_a_leap_day(on: date, expected: bool) -> None:
    ordered = child_line(starts_on=on, review_on=on + timedelta(days=42))
    assert (found_by("child-three-weeks", case(person(born_on=date(2028, 2, 29))), ordered) is not None) is expected


@pytest.mark.parametrize(("where", "expected"), [("EU", True), ("UK", True), ("US", False), ("other", True)])
def test_three_weeks_by_jurisdiction(where: str, expected: bool) -> None:
    finding = found_by("child-three-weeks", case(person(born_on=CHILD), where=where), child_line())
    assert (finding is not None) is expected
    if finding:
        assert (NO_LABEL in words(finding)) is (where != "EU")
        assert "consider once daily" in words(finding)


def test_three_weeks_without_a_birth_date_is_not_checked() -> None:
    for born in (None, date(2027, 1, 1)):
        found, unchecked = answers(case(person(born_on=born)), child_line())
        assert "child-three-weeks" not in found
        assert unchecked["child-three-weeks"].missing == ("birth date",)
    short = child_line(until_on=ON + timedelta(days=20))
    assert "child-three-weeks" not in answers(case(person(born_on=None)), short)[1]


@pytest.mark.parametrize("key", [key for key in PRODUCTS if key != "tacrolimus-0.03"])
def test_three_weeks_is_silent_for_the_rest(key: str) -> None:
    found, unchecked = answers(case(person(born_on=CHILD)), line(key, "trunk"))
    assert "child-three-weeks" not in {*found, *unchecked}


# --- A year of maintenance --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "until", "review", "expected"),
    [
        (ON, None, None, True),
        (ON, date(2027, 11, 20), None, False),  # twelve months
        (ON, date(2027, 11, 21), None, True),
        (ON, None, date(2027, 11, 20), False),
        (ON, None, date(2027, 11, 21), True),
        (ON, date(2029, 1, 1), date(2027, 11, 20), False),
        (ON + timedelta(days=10), None, date(2027, 11, 30), False),  # counted from its start
        (ON + timedelta(days=10), None, date(2027, 12, 1), True),
        (date(2026, 5, 20), None, date(2026, 10, 1), False),  # overdue within the year: the review has its own reminder
        (date(2025, 11, 20), None, date(2026, 11, 19), False),  # twelve months are over today, not yet passed
        (date(2025, 11, 19), None, date(2026, 11, 19), True),  # passed, and no review lies ahead
        (date(2025, 11, 19), None, date(2026, 11, 20), False),  # today
        (date(2025, 11, 19), None, date(2027, 11, 20), False),  # the next within twelve months from today
        (date(2025, 11, 19), None, date(2027, 11, 21), True),
        (date(2025, 11, 19), None, None, True),
    ],
)
def test_a_year_of_maintenance(starts: date, until: date | None, review: date | None, expected: bool) -> None:
    ordered = maintenance("tacrolimus-0.1", MON, THU, starts_on=starts, until_on=until, review_on=review)
    finding = found_by("maintenance-without-review", case(), ordered)
    assert (finding is not None) is expected
    if finding:
        assert finding.level == Level.WARN
        assert finding.cited[0].name == "EMA package leaflet EU/1/02/201/001 and SmPC (Protopic)"


@pytest.mark.parametrize(("until", "expected"), [(date(2029, 2, 28), False), (date(2029, 3, 1), True)])
def test_a_year_from_a_leap_day_ends_on_the_28th(until: date, expected: bool) -> None:
    ordered = maintenance("tacrolimus-0.1", MON, THU, starts_on=date(2028, 2, 29), until_on=until, review_on=None)
    assert (found_by("maintenance-without-review", case(), ordered) is not None) is expected


@pytest.mark.parametrize("key", ANTI_INFLAMMATORY)
def test_a_year_is_for_every_topical_anti_inflammatory(key: str) -> None:
    finding = found_by("maintenance-without-review", case(), maintenance(key, MON, review_on=None))
    own = "adtrack's own rule: no label and no guideline on file says it"
    assert (finding.cited[0].name == own) is (key not in TACROLIMUS)


def test_a_year_may_be_shorter_in_a_clinic_and_elsewhere_is_not_checked() -> None:
    of = case(choices={"maintenance-without-review": Choice(level=1, params={"months": 6})})
    ordered = maintenance("tacrolimus-0.1", MON, THU, review_on=date(2027, 5, 21))
    assert found_by("maintenance-without-review", of, ordered).level == Level.INFORM
    ordered = maintenance("tacrolimus-0.1", MON, THU, review_on=date(2027, 5, 20))
    assert found_by("maintenance-without-review", of, ordered) is None
    found, unchecked = answers(case(), maintenance("tacrolimus-0.1", MON, THU, review_on=None, is_elsewhere=True))
    assert "maintenance-without-review" not in found
    assert unchecked["maintenance-without-review"].missing == ("end or review date",)


# --- Pauses and lines in a row ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("since", "expected"), [(20, False), (21, True)])
def test_three_weeks_count_from_the_first_day_of_the_phase(since: int, expected: bool) -> None:
    """It was held and resumed today; the days before count, those on hold do not (regimens.queries gives since_on)."""
    resumed = child_line(since_on=ON - timedelta(days=since), review_on=ON)
    finding = found_by("child-three-weeks", case(person(born_on=CHILD)), resumed)
    assert (finding is not None) is expected
    if finding:
        assert ("twice daily since", "30 October 2026") in [(one.what, one.value) for one in finding.inputs]


@pytest.mark.parametrize(("since", "expected"), [(date(2025, 11, 19), True), (date(2025, 11, 20), False)])
def test_a_year_counts_from_the_first_day_of_the_phase(since: date, expected: bool) -> None:
    resumed = maintenance("tacrolimus-0.1", MON, THU, since_on=since, review_on=None, until_on=ON)
    assert (found_by("maintenance-without-review", case(), resumed) is not None) is expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, True),  # 21 days and the next one
        ({"starts_on": ON - timedelta(days=22), "until_on": ON - timedelta(days=2)}, False),  # a day off between
        ({"per_day": 1}, False),
        ({"phase": Phase.HOLD}, False),
        ({"places": (Place("face"),)}, False),
        ({"places": (Place("chest"),)}, True),
        ({"since_on": ON - timedelta(days=5)}, False),  # mostly on hold
    ],
)
def test_three_weeks_count_lines_in_a_row(more: dict[str, Any], expected: bool) -> None:
    before = {"starts_on": ON - timedelta(days=21), "until_on": ON - timedelta(days=1), "review_on": None, "key": "there"}
    there = replace(child_line(**before), **more)
    ordered = child_line(until_on=ON, review_on=None, key="")
    assert (found_by("child-three-weeks", case(person(born_on=CHILD), there), ordered) is not None) is expected


@pytest.mark.parametrize(("until", "expected"), [(date(2027, 11, 20), False), (date(2027, 11, 21), True)])
def test_a_year_counts_lines_in_a_row(until: date, expected: bool) -> None:
    first = maintenance("tacrolimus-0.1", MON, THU, until_on=date(2027, 5, 20), review_on=None)
    then = maintenance("tacrolimus-0.1", MON, THU, starts_on=date(2027, 5, 21), until_on=until, review_on=None, key="")
    finding = found_by("maintenance-without-review", case(None, first), then)
    assert (finding is not None) is expected
    assert found_by("maintenance-without-review", case(None, then), first) is None
