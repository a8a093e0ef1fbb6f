"""Days of oral steroid, wet wraps and antibiotics, and whether an infection is recorded where they go."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.sites import Side
from regimens.protocol.base import Level
from regimens.protocol.check import check
from regimens.protocol.facts import Answer, Choice, Course, Family, Line, Phase, Place
from tests.regimens.protocol.build import ON, PRODUCTS, answers, case, found, having, line, person

CHILD = date(2008, 11, 21)  # eighteen tomorrow
GROWN = date(2008, 11, 20)  # eighteen today
STEROID, WRAP, ANTIBIOTIC = "prednisolone-oral", "wet-wrap", "antibiotic-topical"


def course(key: str, days: int | None, /, *sites: str, **more: Any) -> Line:
    return line(key, *sites, **({"phase": Phase.COURSE, "course_days": days, "per_day": 1, "review_on": None} | more))


def until(key: str, days: int, *sites: str, **more: Any) -> Line:
    """The same with a last day in place of a length."""
    return line(key, *sites, until_on=ON + timedelta(days=days - 1), review_on=None, **more)


# --- Oral steroid (C5) ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "days", "expected"),
    [
        (GROWN, 1, None),
        (GROWN, 6, None),  # T9
        (GROWN, 7, Level.WARN),
        (GROWN, 14, Level.WARN),
        (GROWN, 15, Level.STOP),
        (GROWN, 90, Level.STOP),
        (CHILD, 1, Level.WARN),
        (CHILD, 6, Level.WARN),
        (CHILD, 7, Level.WARN),
        (CHILD, 14, Level.WARN),
        (CHILD, 15, Level.STOP),
    ],
)
def test_oral_steroid_by_days_and_age(born: date, days: int, expected: Level | None) -> None:
    for ordered in (course(STEROID, days), until(STEROID, days)):
        told, unchecked = answers(case(person(born_on=born)), ordered)
        assert (told["oral-steroid-length"].level if expected else None) == expected
        assert ("oral-steroid-length" in told) is (expected is not None)
        assert "oral-steroid-length" not in unchecked
        if expected:
            inputs = {one.what: one.value for one in told["oral-steroid-length"].inputs}
            assert inputs == {"days planned": str(days), "age": "18 y" if born == GROWN else "17 y"}


def test_oral_steroid_counts_the_age_of_its_first_day_or_of_today() -> None:
    tomorrow = course(STEROID, 5, starts_on=ON + timedelta(days=1))
    assert "oral-steroid-length" not in answers(case(person(born_on=CHILD)), tomorrow)[0]
    running = course(STEROID, 5, starts_on=ON - timedelta(days=3))
    assert "oral-steroid-length" not in answers(case(person(born_on=GROWN)), running)[0]


@pytest.mark.parametrize(("on", "expected"), [(date(2030, 2, 28), True), (date(2030, 3, 1), False)])
def test_oral_steroid_eighteen_on_the_first_of_march_for_a_leap_day(on: date, expected: bool) -> None:
    told, _ = answers(case(person(born_on=date(2012, 2, 29))), course(STEROID, 5, starts_on=on))
    assert ("oral-steroid-length" in told) is expected


@pytest.mark.parametrize("born", [GROWN, CHILD, None])
def test_oral_steroid_of_unknown_length_is_stopped(born: date | None) -> None:
    told, unchecked = answers(case(person(born_on=born)), course(STEROID, None))
    assert told["oral-steroid-length"].level == Level.STOP  # as grave as too long, and no clinic lowers it
    lowered = case(person(born_on=born), choices={"oral-steroid-length": Choice(level=1, params={"block_from": 30})})
    assert answers(lowered, course(STEROID, None))[0]["oral-steroid-length"].level == Level.STOP
    elsewhere = answers(case(person(born_on=born)), course(STEROID, None, is_elsewhere=True))[0]
    assert elsewhere["oral-steroid-length"].level == Level.WARN  # a fact: recorded with a reason
    assert "length of the course" in told["oral-steroid-length"].missing
    assert unchecked["oral-steroid-length"].missing == ("length of the course",)


@pytest.mark.parametrize(("days", "expected"), [(6, None), (7, Level.WARN), (15, Level.STOP)])
def test_oral_steroid_without_a_birth_date(days: int, expected: Level | None) -> None:
    told, unchecked = answers(case(person(born_on=None)), course(STEROID, days))
    if expected is None:
        assert "oral-steroid-length" not in told
        assert unchecked["oral-steroid-length"].missing == ("birth date",)
    else:
        assert (told["oral-steroid-length"].level, told["oral-steroid-length"].missing) == (expected, ("birth date",))


def test_oral_steroid_sources_of_adults_are_not_shown_for_a_child() -> None:
    grown = answers(case(), course(STEROID, 7))[0]["oral-steroid-length"]
    child = answers(case(person(born_on=CHILD)), course(STEROID, 7))[0]["oral-steroid-length"]
    assert [source.name[:3] for source in grown.cited] == ["S0:", "S1:", "S2:", "S3:", "AAD"]
    assert [source.speaks_for for source in grown.cited] == ["", "", "", "", "adults"]
    assert [source.name[:3] for source in child.cited] == ["S2:", "S0:", "S1:", "S3:"]


@pytest.mark.parametrize(
    ("choice", "days", "expected"),
    [
        (Choice(params={"warn_from": 5}), 4, None),
        (Choice(params={"warn_from": 5}), 5, Level.WARN),
        (Choice(params={"block_from": 10}), 9, Level.WARN),
        (Choice(params={"block_from": 10}), 10, Level.STOP),
        (Choice(params={"block_from": 30}), 14, Level.WARN),
        (Choice(params={"block_from": 30}), 15, Level.STOP),  # later than any source allows: still a stop
        (Choice(level=1), 7, Level.INFORM),
        (Choice(level=1), 15, Level.STOP),  # nor can it be lowered
        (Choice(level=3), 7, Level.STOP),
    ],
)
def test_oral_steroid_choices_of_a_clinic(choice: Choice, days: int, expected: Level | None) -> None:
    told, _ = answers(case(choices={"oral-steroid-length": choice}), course(STEROID, days))
    assert (told["oral-steroid-length"].level if "oral-steroid-length" in told else None) == expected


def lasting(first: int, days: int | None, key: str = STEROID, /, *sites: str, **more: Any) -> Line:
    """A course from a day before or after today, with its last day as it is saved."""
    starts = ON + timedelta(days=first)
    until_on = None if days is None else starts + timedelta(days=days - 1)
    return course(key, days, *sites, **({"starts_on": starts, "until_on": until_on, "key": f"from-{first}"} | more))


@pytest.mark.parametrize(
    ("others", "days", "expected"),
    [
        ([lasting(6, 1)], "7", Level.WARN),  # six days and the next one
        ([lasting(7, 30)], None, None),  # a day off between
        ([lasting(6, 8)], "14", Level.WARN),
        ([lasting(6, 9)], "15", Level.STOP),
        ([lasting(0, 6)], "6", None),  # the same days count once
        ([lasting(3, 6)], "9", Level.WARN),
        ([lasting(-6, 6)], "12", Level.WARN),
        ([lasting(-7, 6)], None, None),
        ([lasting(-5, 5), lasting(6, 4)], "15", Level.STOP),
        ([lasting(6, 4), lasting(10, 5)], "15", Level.STOP),  # one after the other
        ([lasting(10, 5), lasting(6, 4)], "15", Level.STOP),
        ([lasting(6, 4), lasting(11, 5)], "10", Level.WARN),
        ([lasting(6, None)], "None", Level.STOP),  # without an end
        ([lasting(7, None)], None, None),
        ([lasting(6, 9, phase=Phase.HOLD)], None, None),
        ([lasting(6, 9, is_elsewhere=True)], "15", Level.STOP),
        ([lasting(6, 9, "ciclosporin")], None, None),
    ],
)
def test_oral_steroid_counts_orders_in_a_row(others: list[Line], days: str | None, expected: Level | None) -> None:
    told, unchecked = answers(case(None, *others), lasting(0, 6))
    assert "oral-steroid-length" not in unchecked
    finding = told.get("oral-steroid-length")
    assert (finding.level if finding else None) == expected
    if finding:
        assert finding.values["days"] == days
        assert set(finding.others) <= {one.key for one in others}
        assert finding.others


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (date(2026, 11, 19), 1, Level.WARN),  # yesterday: 1 and 6
        (date(2026, 11, 11), 9, Level.STOP),  # 9 and 6
        (date(2026, 11, 12), 8, Level.WARN),
        (date(2026, 11, 10), 9, None),  # until the 18th: a day off
        (date(2026, 11, 26), 9, Level.STOP),  # recorded ahead, adjoins the last day
        (date(2026, 11, 27), 9, None),
        (date(2026, 11, 19), 0, None),
    ],
)
def test_oral_steroid_counts_earlier_courses_in_a_row(start: date, days: int, expected: Level | None) -> None:
    who = person(courses=(Course(Family.STEROID_ORAL, start, days, "Prednisolone"),))
    finding = answers(case(who), lasting(0, 6))[0].get("oral-steroid-length")
    assert (finding.level if finding else None) == expected


def test_a_line_says_the_same_when_it_has_become_a_course() -> None:
    """Else a caution that was answered would be raised again the day after."""
    there = lasting(-6, 6)
    course_of_it = Course(Family.STEROID_ORAL, there.starts_on, 6, "Prednisolone tablet")
    before = answers(case(None, there), lasting(0, 6))[0]["oral-steroid-length"]
    after = answers(case(person(courses=(course_of_it,))), lasting(0, 6))[0]["oral-steroid-length"]
    assert before.inputs == after.inputs
    assert before.text % before.values == after.text % after.values
    assert "12 days of oral steroid in a row with what meets or adjoins it (6 days from 14 November 2026)" in (
        before.text % before.values
    )


def test_two_courses_of_one_order_see_each_other() -> None:
    first, second = check(case(), [lasting(0, 8), lasting(8, 8)])
    for one in (first, second):
        assert [found.rule.id for found in one.stops] == ["oral-steroid-length"]
    first, second = check(case(), [lasting(0, 3), lasting(3, 3)])
    assert not [*first.stops, *first.warnings, *second.stops, *second.warnings]


def test_earlier_oral_steroid_counts_other_orders_that_begin_before() -> None:
    for there, expected in ((lasting(-30, 5), "5"), (lasting(20, 5), None), (lasting(-2, 5, phase=Phase.HOLD), None)):
        told, _ = answers(case(None, there), lasting(10, 3))
        assert (told["oral-steroid-earlier"].values["days"] if "oral-steroid-earlier" in told else None) == expected
    told, _ = answers(case(None, lasting(-2, None)), lasting(0, 3))  # without an end: until the day before
    assert told["oral-steroid-earlier"].values["days"] == "2"


def earlier(start: date, days: int, family: Family = Family.STEROID_ORAL) -> Course:
    return Course(family, start, days, "Prednisolone")


@pytest.mark.parametrize(
    ("courses", "expected"),
    [
        ([], None),
        ([earlier(date(2026, 6, 1), 5)], "5"),
        ([earlier(date(2026, 6, 1), 5), earlier(date(2026, 9, 1), 3)], "8"),
        ([earlier(date(2026, 6, 1), 5), earlier(date(2026, 6, 3), 5)], "7"),  # a day counts once
        ([earlier(date(2025, 11, 20), 1)], "1"),  # the first day of the twelve months
        ([earlier(date(2025, 11, 19), 1)], None),
        ([earlier(date(2025, 11, 10), 14)], "4"),  # 20 to 23 November
        ([earlier(date(2026, 11, 19), 1)], "1"),  # yesterday
        ([earlier(date(2026, 11, 20), 5)], None),  # from today on
        ([earlier(date(2026, 11, 18), 5)], "2"),
        ([earlier(date(2026, 6, 1), 0)], None),
        ([earlier(date(2026, 6, 1), 5, Family.BIOLOGIC)], None),
    ],
)
def test_earlier_oral_steroid(courses: list[Course], expected: str | None) -> None:
    told, unchecked = answers(case(person(courses=tuple(courses))), course(STEROID, 5))
    assert "oral-steroid-earlier" not in unchecked
    assert (told["oral-steroid-earlier"].values["days"] if "oral-steroid-earlier" in told else None) == expected
    if expected:
        assert told["oral-steroid-earlier"].level == Level.INFORM
        seen = told["oral-steroid-earlier"].inputs
        assert [(one.value, one.on) for one in seen] == [
            (f"{one.days} days Prednisolone", one.starts_on) for one in courses
        ]


@given(st.integers(0, 800), st.integers(1, 60))
def test_earlier_oral_steroid_counts_only_the_twelve_months(ago: int, days: int) -> None:
    start = ON - timedelta(days=ago)
    inside = sum(date(2025, 11, 20) <= start + timedelta(days=n) < ON for n in range(days))
    told, _ = answers(case(person(courses=(earlier(start, days),))), course(STEROID, 5))
    assert told["oral-steroid-earlier"].values["days"] == str(inside) if inside else "oral-steroid-earlier" not in told


@pytest.mark.parametrize("key", [key for key in PRODUCTS if key != STEROID])
def test_oral_steroid_rules_are_silent_for_the_rest(key: str) -> None:
    who = person(courses=(earlier(date(2026, 6, 1), 5),), born_on=None)
    told, unchecked = answers(case(who), course(key, 40, "hands"))
    assert not {"oral-steroid-length", "oral-steroid-earlier"} & {*told, *unchecked}


# --- Wet wraps and antibiotics by days --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "expected"),
    [(1, None), (3, None), (7, None), (8, Level.INFORM), (14, Level.INFORM), (15, Level.WARN), (30, Level.WARN)],
)
def test_wet_wraps_by_days(days: int, expected: Level | None) -> None:
    for ordered in (course(WRAP, days, "hands"), until(WRAP, days, "hands")):
        told, unchecked = answers(case(), ordered)
        assert (told["wet-wrap-length"].level if "wet-wrap-length" in told else None) == expected
        assert "wet-wrap-length" not in unchecked
        if expected:
            assert [source.name[:3] for source in told["wet-wrap-length"].cited] == ["S2:"]


@pytest.mark.parametrize(
    ("choice", "days", "expected"),
    [
        (Choice(params={"inform_from": 5}), 4, None),
        (Choice(params={"inform_from": 5}), 5, Level.INFORM),
        (Choice(params={"warn_from": 12}), 12, Level.WARN),
        (Choice(level=3), 15, Level.STOP),
        (Choice(level=3), 14, Level.INFORM),
    ],
)
def test_wet_wrap_choices_of_a_clinic(choice: Choice, days: int, expected: Level | None) -> None:
    told, _ = answers(case(choices={"wet-wrap-length": choice}), course(WRAP, days, "hands"))
    assert (told["wet-wrap-length"].level if "wet-wrap-length" in told else None) == expected


@pytest.mark.parametrize(("days", "expected"), [(7, False), (14, False), (15, True), (60, True)])
def test_topical_antibiotic_by_days(days: int, expected: bool) -> None:
    for ordered in (course(ANTIBIOTIC, days, "hands"), until(ANTIBIOTIC, days, "hands")):
        told, unchecked = answers(case(), ordered)
        assert ("topical-antibiotic-length" in told) is expected
        assert "topical-antibiotic-length" not in unchecked
        if expected:
            finding = told["topical-antibiotic-length"]
            assert finding.level == Level.INFORM
            assert finding.cited[0].name.startswith("adtrack's own rule")
    of = case(choices={"topical-antibiotic-length": Choice(level=2, params={"inform_from": 8})})
    told, _ = answers(of, course(ANTIBIOTIC, 8, "hands"))
    assert told["topical-antibiotic-length"].level == Level.WARN


@pytest.mark.parametrize(
    ("key", "rule", "longest"), [(WRAP, "wet-wrap-length", 7), (ANTIBIOTIC, "topical-antibiotic-length", 14)]
)
@pytest.mark.parametrize(
    ("site", "gap", "is_counted"),
    [
        ("hands", 0, True),
        ("palms", 0, True),  # shares skin
        ("hands", 1, False),  # a day off
        ("face", 0, False),
    ],
)
def test_days_in_a_row_on_the_same_skin(key: str, rule: str, longest: int, site: str, gap: int, is_counted: bool) -> None:
    ordered = lasting(0, longest - 1, key, "hands")
    beside = lasting(longest - 1 + gap, 2, key, site)
    found = answers(case(None, beside), ordered)[0].get(rule)
    assert (found.values["days"] if found else None) == (str(longest + 1) if is_counted else None)
    assert (found.others if found else ()) == ((beside.key,) if is_counted else ())
    over = Course(PRODUCTS[key].family, ON - timedelta(days=2 + gap), 2, "", (Place(site),))
    told = answers(case(person(courses=(over,))), ordered)[0]
    assert (rule in told) is is_counted
    assert rule not in answers(case(None, lasting(longest - 1, 1, key, "hands")), ordered)[0]  # the longest itself


@pytest.mark.parametrize(("key", "rule"), [(WRAP, "wet-wrap-length"), (ANTIBIOTIC, "topical-antibiotic-length")])
def test_unknown_length_is_not_checked(key: str, rule: str) -> None:
    told, unchecked = answers(case(), line(key, "hands"))  # a review date is no end
    assert rule not in told
    assert unchecked[rule].missing == ("length of the course",)


@pytest.mark.parametrize("key", PRODUCTS)
def test_lengths_are_silent_for_the_rest(key: str) -> None:
    told, unchecked = answers(case(), course(key, 60, "hands"))
    assert ("wet-wrap-length" in {*told, *unchecked}) is (key == WRAP)
    assert ("topical-antibiotic-length" in {*told, *unchecked}) is (key == ANTIBIOTIC)


# --- Antimicrobials without an infection ------------------------------------------------------------------------------

RULE = "antimicrobial-without-infection"
ANTIMICROBIALS = ["antibiotic-topical", "antibiotic-oral", "antiseptic", "bleach-bath"]
FACE, HAND = Place("face"), Place("hands", Side.LEFT)


@pytest.mark.parametrize("key", PRODUCTS)
def test_antimicrobial_while_no_infection_is_there(key: str) -> None:
    told, unchecked = answers(case(), course(key, 7, "hands"))
    assert RULE not in unchecked
    assert (RULE in told) is (key in ANTIMICROBIALS)
    if RULE in told:
        assert told[RULE].level == Level.INFORM
        assert told[RULE].cited[0].name[:3] == "S3:"
        is_on_skin = key in ("antibiotic-topical", "antiseptic")
        assert [source.speaks_for for source in told[RULE].cited] == (["", "adults"] if is_on_skin else [""])
        assert [(one.what, one.value, one.by) for one in told[RULE].inputs] == [("skin infection", "absent", "Nora Nurse")]


@pytest.mark.parametrize("key", PRODUCTS)
def test_antimicrobial_while_nobody_asked(key: str) -> None:
    bare = person()
    nobody = person(precautions=tuple(row for row in bare.precautions if row.kind != "skin_infection"))
    for who in (nobody, having(found("skin_infection", Answer.NOT_ASKED))):
        told, unchecked = answers(case(who), course(key, 7, "hands"))
        assert RULE not in told
        assert (RULE in unchecked) is (key in ANTIMICROBIALS)
        if RULE in unchecked:
            assert unchecked[RULE].missing == ("skin infection",)


@pytest.mark.parametrize(
    ("key", "infection", "sites", "expected"),
    [
        ("antibiotic-topical", {"place": HAND}, ["hands:left"], False),
        ("antibiotic-topical", {"place": HAND}, ["fingers:left"], False),
        ("antibiotic-topical", {"place": HAND}, ["hands:right"], True),
        ("antibiotic-topical", {"place": FACE}, ["hands"], True),
        ("antiseptic", {"place": FACE}, ["hands"], True),
        ("antiseptic", {"place": FACE}, ["eyelids"], False),
        ("antiseptic", {}, ["hands"], False),  # an infection without a place
        ("antiseptic", {"place": FACE}, [], False),  # a line without a site
        ("antibiotic-oral", {"place": FACE}, [], False),
        ("bleach-bath", {"place": FACE}, ["trunk"], False),
        ("antiseptic", {"place": FACE, "until_on": ON - timedelta(days=1)}, ["face"], True),  # over before
        ("antiseptic", {"place": FACE, "until_on": ON}, ["face"], False),
        ("antiseptic", {"place": FACE, "from_on": ON + timedelta(days=6)}, ["face"], False),  # begins on the last day
        ("antiseptic", {"place": FACE, "from_on": ON + timedelta(days=7)}, ["face"], True),  # asked: not before
    ],
)
def test_antimicrobial_by_place_and_days(key: str, infection: dict[str, Any], sites: list[str], expected: bool) -> None:
    """An infection elsewhere or at another time says nothing about this skin: somebody has to look."""
    ordered = course(key, 7, *sites, until_on=ON + timedelta(days=6))
    told, unchecked = answers(case(having(found("skin_infection", **infection))), ordered)
    is_later = "from_on" in infection  # asked, and not before that day
    assert (RULE in told) is (expected and is_later)
    assert (RULE in unchecked) is (expected and not is_later)


@pytest.mark.parametrize(
    ("key", "asked", "sites", "is_known"),
    [
        ("antiseptic", FACE, ["face"], True),
        ("antiseptic", FACE, ["hands"], False),
        ("antiseptic", None, ["hands"], True),
        ("antibiotic-oral", FACE, [], False),  # of all of the skin
        ("antibiotic-oral", None, [], True),
        ("bleach-bath", FACE, ["face"], False),
        ("bleach-bath", None, ["face"], True),
    ],
)
def test_antimicrobial_where_it_was_ruled_out(key: str, asked: Place | None, sites: list[str], is_known: bool) -> None:
    told, unchecked = answers(case(having(found("skin_infection", Answer.ABSENT, place=asked))), course(key, 7, *sites))
    assert (RULE in told, RULE in unchecked) == (is_known, not is_known)


@pytest.mark.parametrize(("days", "is_known"), [(90, True), (91, False)])
def test_antimicrobial_after_an_old_answer(days: int, is_known: bool) -> None:
    row = replace(found("skin_infection", Answer.ABSENT), on=ON - timedelta(days=days))
    told, unchecked = answers(case(having(row)), course("antiseptic", 7, "hands"))
    assert (RULE in told, RULE in unchecked) == (is_known, not is_known)
    if not is_known:
        assert "asked on 21 August 2026" in unchecked[RULE].because


def test_antimicrobial_choices_of_a_clinic() -> None:
    told, _ = answers(case(choices={RULE: Choice(level=2)}), course("antiseptic", 7, "hands"))
    assert told[RULE].level == Level.WARN
