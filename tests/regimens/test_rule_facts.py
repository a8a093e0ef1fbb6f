"""What the rules are given: since when a line is in its phase, what counts as an earlier course, whose sex was recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from clinics.access import Actor
from clinics.models import Clinic
from patients.models import Patient
from regimens import actions, queries
from regimens.models import RegimenLine
from regimens.protocol.facts import Family, Phase, Place
from tests.factories import NOW, TODAY, make_line, make_patient

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def in_use(by: Actor, patient: Patient, *sites: str) -> RegimenLine:
    """Tacrolimus twice daily from today, looked at in six weeks."""
    places = tuple(Place(site) for site in sites or ("face",))
    return make_line(patient, by=by, key="tacrolimus-0.1", places=places, review_on=TODAY + 42 * DAY)


def pause(by: Actor, line: RegimenLine, held: int, back: int) -> None:
    """Hold a line so many days from today and go on with it on another."""
    line.refresh_from_db()
    look = TODAY + back * DAY
    actions.hold(by, line, look_again_on=look, reason="asked", version=line.version, at=NOW + held * DAY)
    line.refresh_from_db()
    actions.resume(by, line, version=line.version, at=NOW + back * DAY)


def since(patient: Patient, on: int) -> list[Any]:
    """Since when each plan in use is in its phase, in days from today; with its first day."""
    lines = queries.lines(patient, on=TODAY + on * DAY)
    return [((one.since - TODAY).days, (one.starts_on - TODAY).days) for one in lines]


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        ([], (0, 0)),
        ([(0, 0)], (0, 0)),
        ([(5, 5)], (0, 5)),  # held and resumed on one day: no clock starts again
        ([(5, 8)], (3, 8)),  # five days of use, and from then on
        ([(5, 8), (10, 10)], (3, 10)),
        ([(5, 8), (10, 14)], (7, 14)),  # 5 and 2 days of use
    ],
)
def test_a_pause_neither_counts_nor_starts_the_clock_again(
    by: Actor, adult: Patient, pauses: list[tuple[int, int]], expected: tuple[int, int]
) -> None:
    line = in_use(by, adult)
    for held, back in pauses:
        pause(by, line, held, back)
    assert since(adult, 20) == [expected]


def test_places_that_step_begin_anew_and_the_others_go_on(by: Actor, adult: Patient) -> None:
    line = in_use(by, adult, "face", "hands")
    pause(by, line, 5, 5)
    line.refresh_from_db()
    step = {"review_on": TODAY + 40 * DAY, "version": line.version, "at": NOW + 7 * DAY}
    actions.step_to_maintenance(by, line, [Place("face")], weekdays=[0, 3], flares_in_a_year=4, **step)
    found = {one.phase: (one.since - TODAY).days for one in queries.lines(adult, on=TODAY + 7 * DAY)}
    assert found == {Phase.INDUCTION: 0, Phase.MAINTENANCE: 7}
    pause(by, line, 9, 9)
    found = {one.phase: (one.since - TODAY).days for one in queries.lines(adult, on=TODAY + 9 * DAY)}
    assert found == {Phase.INDUCTION: 0, Phase.MAINTENANCE: 7}


def test_a_line_on_hold_is_in_that_phase_since_its_pause(by: Actor, adult: Patient) -> None:
    line = in_use(by, adult)
    actions.hold(by, line, look_again_on=TODAY + 9 * DAY, reason="asked", version=line.version, at=NOW + 4 * DAY)
    assert since(adult, 4) == [(4, 4)]


def test_many_pauses_cost_one_question(by: Actor, adult: Patient, clinic: Clinic, django_assert_num_queries: Any) -> None:
    other = make_patient(clinic, birth_date=adult.birth_date)
    for patient, sites in ((adult, ["face"]), (other, ["face", "hands", "back"])):
        for site in sites:
            line = in_use(by, patient, site)
            for day in (3, 6):
                pause(by, line, day, day)
    for patient in (adult, other):
        with django_assert_num_queries(4):  # plans with lines, label facts, places, and the plans of those that were paused
            assert {one.since for one in queries.lines(patient, on=TODAY + 6 * DAY)} == {TODAY}


def test_what_is_over_counts_as_a_course(by: Actor, adult: Patient) -> None:
    course = {"phase": Phase.COURSE, "per_day": 1, "course_days": 4}
    make_line(adult, by=by, key="wet-wrap", **course | {"places": (Place("hands"),)})
    make_line(adult, by=by, key="prednisolone-oral", per_day=1, places=(), until_on=TODAY + 2 * DAY)  # daily, with an end
    make_line(adult, by=by, key="cetirizine", **course | {"places": ()})

    def over(on: int) -> list[Any]:
        return [(one.family, one.days, one.places) for one in queries.person(adult, on=TODAY + on * DAY).courses]

    assert over(2) == []  # the last day of the steroid
    assert over(3) == [(Family.STEROID_ORAL, 3, ())]
    assert sorted(over(4)) == [(Family.STEROID_ORAL, 3, ()), (Family.WET_WRAP, 4, (Place("hands"),))]


def test_a_pause_of_a_course_is_no_course(by: Actor, adult: Patient) -> None:
    course = {"phase": Phase.COURSE, "per_day": 1, "course_days": 6, "places": ()}
    line = make_line(adult, by=by, key="prednisolone-oral", **course)
    pause(by, line, 2, 4)
    courses = queries.person(adult, on=TODAY + 5 * DAY).courses
    assert [(one.starts_on, one.days) for one in courses] == [(TODAY, 2)]


@pytest.mark.parametrize("sex", ["female", "male", "indeterminate", "unknown"])
def test_the_recorded_sex_is_known_to_the_rules(clinic: Clinic, sex: str) -> None:
    assert queries.person(make_patient(clinic, sex=sex), on=TODAY).sex == sex
