"""The made-up courses: deterministic, within the rules of scoring, and what their names say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest

from adtrack.demo import courses, generate
from adtrack.demo.courses import Entry, Plan, Skin
from patients.models.assessments import POEM_COLUMNS, area_column, sign_column
from patients.scoring import easi, poem
from patients.scoring.easi import Findings, Region, Sign
from patients.scoring.poem import Question

ON = date(2026, 11, 20)
DAYS = [ON, date(2028, 2, 29), date(2027, 1, 1)]
ADULT = date(1990, 5, 4)


def shaped(shape: str, number: str, **more: object) -> list[Entry]:
    """A course of this shape, drawn by number."""
    courses.PLANS["Test, Shape"] = replace(Plan(shape, 40, start=0.7), **more)
    try:
        return courses.course("Test, Shape", number, ADULT, ON)
    finally:
        del courses.PLANS["Test, Shape"]


def totals(entries: list[Entry], born_on: date = ADULT) -> list[Decimal]:
    """The EASI of a course in order."""
    rows = []
    for entry in entries:
        if entry.what == "easi" and not entry.afterwards:
            found = {
                region: Findings(
                    entry.values[area_column(region)], {sign: entry.values[sign_column(region, sign)] for sign in Sign}
                )
                for region in Region
            }
            rows.append(easi.score(found, easi.weight_set(born_on, entry.on)).total)
    return rows


@pytest.mark.parametrize("on", DAYS)
def test_a_course_is_the_same_for_the_same_day(on: date) -> None:
    once, again = (courses.course("Schmidt, Anna", "D-1002", ADULT, on) for _ in range(2))
    assert once == again
    assert once != courses.course("Schmidt, Anna", "D-1003", ADULT, on)
    later = courses.course("Schmidt, Anna", "D-1002", ADULT, on + timedelta(days=1))
    assert [entry.values for entry in later] == [entry.values for entry in once]
    assert {(b.on - a.on).days for a, b in zip(once, later, strict=True)} == {1}


@pytest.mark.parametrize("on", DAYS)
def test_nothing_lies_in_the_future_or_before_the_birth(on: date) -> None:
    for person in (*generate.demo_clinic(on), *generate.other_clinic(on)):
        last = person.closing.get("deceased_on") or on
        assert all(person.birth_date <= entry.on <= last for entry in person.course), person.name
        assert [entry.on for entry in person.course] == sorted(entry.on for entry in person.course)


def test_every_plan_belongs_to_somebody() -> None:
    assert set(courses.PLANS) <= {f"{person.name.family}, {person.name.given}" for person in generate.demo_clinic(ON)}


@pytest.mark.parametrize("number", ["1", "2", "3", "4", "5", "6"])
def test_courses_are_what_their_names_say(number: str) -> None:
    first, *_, last = totals(shaped("responder", number))
    assert last <= first / 4  # EASI-75
    first, *_, last = totals(shaped("partial", number))
    assert first / 5 < last < first
    first, *_, last = totals(shaped("worsening", number))
    assert last > 2 * first
    cleared = totals(shaped("cleared", number))
    assert cleared[0] > 7
    assert cleared[-1] == 0
    assert max(totals(shaped("mild", number))) <= 21
    relapsing = totals(shaped("relapsing", number))
    lowest = relapsing.index(min(relapsing[:5]))
    assert relapsing[0] > 2 * relapsing[lowest]
    assert max(relapsing[lowest:]) > 2 * relapsing[lowest]


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, 0.175), (0.2, 0.2125), (0.4, 0.25), (0.55, 0.275), (0.7, 0.3), (0.85, 0.4), (1, 0.5), (1.5, 0.5), (-0.1, 0.175)],
)
def test_severity_is_a_line_through_the_points(share: float, expected: float) -> None:
    days = [ON, ON + timedelta(days=1000)]
    on = ON + timedelta(days=round(1000 * share))
    assert courses.severity(Plan("worsening", start=0.5), days, on) == pytest.approx(expected)


def test_severity_of_one_visit_is_the_start_of_the_line() -> None:
    assert courses.severity(Plan("mild", start=0.8), [ON], ON) == pytest.approx(0.2)


@pytest.mark.parametrize("born_on", [ON - timedelta(days=200), ON - timedelta(days=2500), ADULT])
def test_findings_can_always_be_scored(born_on: date) -> None:
    for step in range(101):
        skin = Skin(born_on, (1.3, 0.75, 1.0, 1.1), Random(step))
        seen = courses.findings(skin, step / 100, ON)
        found = {region: one for region, (_, one) in seen.items()}
        assert easi.problems(found) == []
        assert all(one.area == easi.area_score(Decimal(percent)) for percent, one in seen.values())
        if step == 0:
            assert easi.score(found, easi.WeightSet.FROM_8).total == 0


@pytest.mark.parametrize(
    ("intensity", "value"),
    [(0, "0"), (0.49, "0"), (0.51, "1"), (1.24, "1"), (1.26, "1.5"), (1.74, "1.5"), (1.76, "2"), (2.6, "2.5"), (3.4, "3")],
)
def test_signs_are_the_nearest_value_of_the_scale(intensity: float, value: str) -> None:
    assert courses._sign(intensity) == Decimal(value)


@pytest.mark.parametrize(
    ("plan", "on", "expected"),
    [
        (Plan(), date(2026, 5, 3), ("proxy",)),
        (Plan(), date(2026, 5, 4), ("self",)),  # twelve
        (Plan(helped=True), date(2026, 5, 3), ("proxy",)),
        (Plan(helped=True), date(2026, 5, 4), ("helped",)),
        (Plan(both_answer=True), date(2026, 5, 3), ("self", "proxy")),
    ],
)
def test_who_answers_goes_by_age(plan: Plan, on: date, expected: tuple[str, ...]) -> None:
    assert courses.respondents(plan, date(2014, 5, 4), on) == expected


def test_open_questions_leave_the_rest_answered() -> None:
    poems = [entry.values for entry in shaped("relapsing", "1", leaves_open=True) if entry.what == "poem"]
    given = [{question: values[name] for question, name in zip(Question, POEM_COLUMNS, strict=True)} for values in poems]
    assert [len(poem.score(answers).open) for answers in given[:4]] == [0, 1, 2, 0]


def test_an_amended_easi_differs_and_both_versions_can_be_scored() -> None:
    entries = shaped("partial", "1", afterwards="amended")
    slip = next(entry for entry in entries if entry.afterwards)
    wrong, right = (totals([replace(slip, values=values, afterwards="")]) for values in (slip.values, slip.corrected))
    assert wrong != right


def test_visits_reach_from_the_first_week_to_the_last_days() -> None:
    days = sorted({entry.on for entry in shaped("partial", "1")})
    assert 280 <= (ON - days[0]).days <= 293  # 40 weeks and some days
    assert 1 <= (ON - days[-1]).days <= 13
    assert all(24 <= (b - a).days <= 32 for a, b in pairwise(days[:4]))
    assert all(24 <= (b - a).days <= 15 * 7 + 4 for a, b in pairwise(days))


def test_weekly_itch_comes_once_a_week() -> None:
    days = [entry.on for entry in shaped("responder", "1", weekly_itch=True) if entry.what == "itch"]
    assert {(b - a).days for a, b in pairwise(days)} == {7}
    assert len(days) > 30


def test_a_large_clinic_is_asked_for_by_people_and_weeks() -> None:
    small, large = generate.demo_clinic(ON), generate.demo_clinic(ON, more=40, weeks=100)
    assert [person.record_number for person in large[:60]] == [person.record_number for person in small]
    crowd = large[60:]
    assert [person.record_number for person in crowd] == [f"D-{number}" for number in range(1061, 1101)]
    assert crowd == generate.demo_clinic(ON, more=40, weeks=100)[60:]
    assert sum(bool(person.course) for person in crowd) > 25
    longest = max((person.course[-1].on - person.course[0].on).days for person in crowd if person.course)
    assert abs(longest - 700) <= 4
    assert all(contact["kind"] == "email" for person in crowd for contact in person.contacts)
