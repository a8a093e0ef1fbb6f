"""Days of oral steroid, wet wraps and antibiotics, and whether an infection is recorded where they go."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.sites import Side
from regimens.protocol.base import Level
from regimens.protocol.facts import Answer, Choice, Course, Family, Line, Phase, Place
from tests.regimens.protocol.build import ON, PRODUCTS, answers, case, found, having, line, person

CHILD = date(2008, 11, 21)  # eighteen tomorrow
GROWN = date(2008, 11, 20)  # eighteen today
STEROID, WRAP, ANTIBIOTIC = "prednisolone-oral", "wet-wrap", "antibiotic-topical"


def course(key: str, days: int | None, *sites: str, **more: Any) -> Line:
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
def test_oral_steroid_of_unknown_length_is_not_checked_and_warned(born: date | None) -> None:
    told, unchecked = answers(case(person(born_on=born)), course(STEROID, None))
    assert told["oral-steroid-length"].level == Level.WARN
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
        ("antiseptic", {"place": FACE, "from_on": ON + timedelta(days=7)}, ["face"], True),
    ],
)
def test_antimicrobial_by_place_and_days(key: str, infection: dict[str, Any], sites: list[str], expected: bool) -> None:
    ordered = course(key, 7, *sites, until_on=ON + timedelta(days=6))
    told, unchecked = answers(case(having(found("skin_infection", **infection))), ordered)
    assert RULE not in unchecked
    assert (RULE in told) is expected


def test_antimicrobial_choices_of_a_clinic() -> None:
    told, _ = answers(case(choices={RULE: Choice(level=2)}), course("antiseptic", 7, "hands"))
    assert told[RULE].level == Level.WARN
