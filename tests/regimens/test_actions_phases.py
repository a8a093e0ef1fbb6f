"""The steps of a line: which places move on which day, what stays, what comes back, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinics.access import Actor
from clinics.models import AuditEvent
from patients import actions as records
from patients.models import Patient
from regimens import actions, queries
from regimens.actions import Reply, Said
from regimens.errors import Misshapen, Unsafe
from regimens.models import DosePlan, Override, RegimenLine, WorkItem
from regimens.protocol.facts import Phase
from regimens.protocol.slots import Slot
from regimens.queries.checks import findings_in
from tests.factories import NOW, make_emollient, make_order, make_patient, make_regimen, place, replying
from tests.regimens.every_action import LATER, REVIEW, TODAY, World, begun, hold, maintained, phases, refused, verbs_since

pytestmark = pytest.mark.django_db

START = date(2026, 11, 20)
DAY = timedelta(days=1)
KNOWN = Reply("known", "Seen weekly.")
FACE, HANDS = place("face"), place("hands:both")


def to_maintenance(by: Actor, w: World, *places: Any, **more: Any) -> DosePlan:
    values: dict[str, Any] = {
        "weekdays": (0, 3),
        "flares_in_a_year": 5,
        "review_on": None,
        "version": w.version,
        "at": w.at,
    }
    return actions.step_to_maintenance(by, w.line, places or [FACE], **(values | more))


def to_induction(by: Actor, w: World, *places: Any, **more: Any) -> DosePlan:
    values: dict[str, Any] = {"per_day": 2, "version": w.version, "at": w.at}
    return actions.return_to_induction(by, w.line, places or [FACE], **(values | more))


def one_line(by: Actor, patient: Patient, key: str, *sites: str, **more: Any) -> RegimenLine:
    """The only line of a new regimen."""
    return make_regimen(patient, make_order(key, *sites, **more), by=by).lines.get()


def pause(by: Actor, line: RegimenLine, on: date) -> None:
    """Hold a line on a day, as it is stored."""
    line.refresh_from_db()
    at = NOW + (on - START)
    actions.hold(by, line, look_again_on=on, reason="asked", version=line.version, at=at)


def go_on(by: Actor, line: RegimenLine, on: date, **more: Any) -> None:
    """Resume a line on a day, as it is stored."""
    line.refresh_from_db()
    actions.resume(by, line, version=line.version, at=NOW + (on - START), **more)


# --- To maintenance ---------------------------------------------------------------------------------------------------


def test_to_maintenance_moves_the_places_named_and_leaves_the_others(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    before = AuditEvent.objects.count()
    plan = to_maintenance(by, world)
    assert (plan.phase, plan.weekdays, plan.per_day, plan.from_on) == ("maintenance", "0,3", None, TODAY)
    assert (plan.started_by, plan.started_at, plan.until_on) == (by.account, LATER, None)
    assert phases(world.line) == [
        ("face", "induction", START, TODAY),
        ("hands:both", "induction", START, None),
        ("face", "maintenance", TODAY, None),
    ]
    assert (world.line.flares_in_a_year, world.line.review_on, world.line.version) == (5, REVIEW, 2)
    assert verbs_since(before) == ["stepped to maintenance"]
    assert DosePlan.objects.live().filter(line=world.line).count() == 2


def test_the_last_place_to_leave_a_plan_ends_it(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    to_maintenance(by, world)
    to_maintenance(by, world, HANDS, weekdays=(1, 4), flares_in_a_year=None)
    first = DosePlan.objects.filter(line=world.line).earliest("pk")
    assert (first.ended_on, first.ended_at, first.ended_by) == (TODAY, LATER, by.account)
    assert world.line.flares_in_a_year == 5  # not asked again: what was said stays


def test_a_step_on_the_first_day_leaves_no_day_to_the_phase_before(by: Actor, adult: Patient) -> None:
    world = replace(begun(by, adult), at=NOW)
    to_maintenance(by, world)
    assert phases(world.line)[0] == ("face", "induction", START, START)
    assert phases(world.line)[2] == ("face", "maintenance", START, None)


def test_a_step_before_the_line_begins_counts_from_its_first_day(by: Actor, adult: Patient) -> None:
    line = one_line(by, adult, "tacrolimus-0.1", on=START + 5 * DAY)
    plan = to_maintenance(by, World(adult, at=NOW))
    assert plan.from_on == START + 5 * DAY
    assert phases(line)[0] == ("face", "induction", START + 5 * DAY, START + 5 * DAY)


@pytest.mark.parametrize("flares", [0, 365])
def test_flares_inside_the_limits_are_kept(by: Actor, adult: Patient, flares: int) -> None:
    world = begun(by, adult)
    to_maintenance(by, world, flares_in_a_year=flares)
    assert world.line.flares_in_a_year == flares


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("flares_in_a_year", {"flares_in_a_year": -1}),
        ("flares_in_a_year", {"flares_in_a_year": 366}),
        ("weekdays", {"weekdays": ()}),
        ("weekdays", {"weekdays": (3, 3)}),
        ("weekdays", {"weekdays": (0, 7)}),
        ("review_on", {"review_on": TODAY - DAY}),
    ],
)
def test_maintenance_that_is_misshapen_names_the_field(
    by: Actor, adult: Patient, field: str, values: dict[str, Any]
) -> None:
    world = begun(by, adult)
    with refused(ValidationError, field):
        to_maintenance(by, world, **values)


@pytest.mark.parametrize("places", [[], ["trunk"], ["cheeks:left"], ["hands:left"], ["face", "trunk"]])
def test_a_step_is_for_places_the_line_is_used_on(by: Actor, adult: Patient, places: list[str]) -> None:
    world = begun(by, adult)
    with refused(ValidationError, "places"):
        actions.step_to_maintenance(
            by, world.line, [place(site) for site in places], weekdays=(0, 3), flares_in_a_year=None, review_on=None,
            version=1, at=LATER,
        )  # fmt: skip


def test_a_step_is_for_places_in_the_phase_before_it(by: Actor, adult: Patient) -> None:
    world = maintained(by, adult)
    with refused(ValidationError, "places"):
        to_maintenance(by, world, FACE)
    with refused(ValidationError, "places"):
        to_maintenance(by, world, FACE, HANDS)
    with refused(ValidationError, "places"):
        to_induction(by, world, HANDS)
    with refused(ValidationError, "places"):
        actions.step_down(by, world.line, [FACE], version=world.version, at=LATER)
    hold(by, world)
    for step in (to_maintenance, to_induction):
        with refused(ValidationError, "places"):
            step(by, world, FACE)


def test_maintenance_is_not_for_an_emollient(by: Actor, adult: Patient) -> None:
    begun(by, adult)
    line = RegimenLine.objects.get(product__key="emollient")
    with refused(ValidationError):
        actions.step_to_maintenance(
            by, line, [place("whole_body")], weekdays=(0, 3), flares_in_a_year=None, review_on=None, version=1, at=LATER
        )


@pytest.mark.parametrize("weekdays", [(0, 1), (0, 2), (0, 5), (0, 6), (0, 2, 4)])
def test_days_too_close_need_an_answer(by: Actor, adult: Patient, weekdays: tuple[int, ...]) -> None:
    world = begun(by, adult)
    with refused(Unsafe) as caught:
        to_maintenance(by, world, weekdays=weekdays)
    assert caught.value.rules == {"maintenance-weekdays"}
    replies = {"maintenance-weekdays": KNOWN}
    replying(lambda keyed: to_maintenance(by, world, weekdays=weekdays, replies=keyed), replies)
    kept = Override.objects.get()
    assert (kept.line, kept.rule, kept.at) == (world.line, "maintenance-weekdays", LATER)
    assert not WorkItem.objects.exists()


@pytest.mark.parametrize("weekdays", [(0, 3), (1, 4), (2, 5), (3, 6), (0, 4), (1, 5), (2, 6)])
def test_days_far_enough_apart_need_none(by: Actor, adult: Patient, weekdays: tuple[int, ...]) -> None:
    assert to_maintenance(by, begun(by, adult), weekdays=weekdays).days == set(weekdays)


def test_a_last_day_stays_with_the_places_it_was_meant_for(by: Actor, adult: Patient) -> None:
    last = date(2026, 12, 24)
    world = World(adult)
    one_line(by, adult, "tacrolimus-0.1", "face", "hands:both", until_on=last, review_on=None)
    to_maintenance(by, world, review_on=REVIEW)
    until = {plan.phase: plan.until_on for plan in DosePlan.objects.live().filter(line=world.line)}
    assert until == {"induction": last, "maintenance": None}
    assert world.line.until_on is None
    in_use = {line.phase: line.until_on for line in queries.lines(adult, on=last)}
    assert in_use == {Phase.INDUCTION: last, Phase.MAINTENANCE: None}
    assert [line.phase for line in queries.lines(adult, on=last + DAY)] == [Phase.MAINTENANCE]


def test_maintenance_of_every_place_has_no_last_day(by: Actor, adult: Patient) -> None:
    line = one_line(by, adult, "tacrolimus-0.1", "face", until_on=date(2026, 12, 24))
    to_maintenance(by, World(adult))
    line.refresh_from_db()
    assert (line.until_on, DosePlan.objects.live().get().until_on) == (None, None)


# --- Back to induction ------------------------------------------------------------------------------------------------


def test_back_to_induction_is_daily_use_with_the_reason(by: Actor, adult: Patient) -> None:
    world = maintained(by, adult)
    before = AuditEvent.objects.count()
    plan = to_induction(by, world, reason=" flare ", review_on=date(2027, 1, 20))
    assert (plan.phase, plan.per_day, plan.weekdays, plan.reason) == ("induction", 2, "", "flare")
    assert phases(world.line)[2:] == [
        ("face", "maintenance", date(2026, 11, 30), TODAY),
        ("face", "induction", TODAY, None),
    ]
    assert (plan.look_again_on, world.line.review_on, world.line.version) == (date(2027, 1, 20), REVIEW, 3)
    assert verbs_since(before) == ["returned to induction"]


def test_back_to_induction_until_a_day_does_not_end_the_other_places(by: Actor, adult: Patient) -> None:
    world = maintained(by, adult)
    to_maintenance(by, world, HANDS)
    last = date(2026, 12, 23)
    to_induction(by, world, until_on=last)
    assert {line.phase: line.until_on for line in queries.lines(adult, on=TODAY) if line.product.key != "emollient"} == {
        Phase.MAINTENANCE: None,
        Phase.INDUCTION: last,
    }
    left = [line for line in queries.lines(adult, on=last + DAY) if line.product.key != "emollient"]
    assert [(line.phase, line.places) for line in left] == [(Phase.MAINTENANCE, (HANDS,))]


def test_back_to_induction_of_the_whole_line_ends_the_line(by: Actor, adult: Patient) -> None:
    one_line(by, adult, "tacrolimus-0.1")
    world = World(adult)
    to_maintenance(by, world)
    to_induction(by, world, until_on=date(2026, 12, 23))
    assert (world.line.until_on, DosePlan.objects.live().get().until_on) == (date(2026, 12, 23), None)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("per_day", {"per_day": 0}),
        ("per_day", {"per_day": 3}),
        ("until_on", {"until_on": TODAY - DAY}),
        ("review_on", {"review_on": TODAY - DAY}),
        ("reason", {"reason": "x" * 301}),
    ],
)
def test_a_return_that_is_misshapen_names_the_field(by: Actor, adult: Patient, field: str, values: dict[str, Any]) -> None:
    world = maintained(by, adult)
    with refused(ValidationError, field):
        to_induction(by, world, **values)


@pytest.mark.parametrize("values", [{"per_day": 1}, {"until_on": TODAY}, {"review_on": TODAY}, {"reason": "x" * 300}])
def test_the_last_return_inside_each_limit_is_saved(by: Actor, adult: Patient, values: dict[str, Any]) -> None:
    assert to_induction(by, maintained(by, adult), **values).phase == "induction"


def test_back_to_induction_asks_for_a_new_end_when_the_review_is_over(by: Actor, adult: Patient) -> None:
    on_the_day = replace(maintained(by, adult), at=NOW + 42 * DAY)
    after = replace(on_the_day, at=NOW + 43 * DAY)
    with refused(Unsafe) as caught:
        to_induction(by, after)
    assert [found.rule.id for found in caught.value.checked[0].stops] == ["use-without-end"]
    to_induction(by, on_the_day)


# --- Down to once daily -----------------------------------------------------------------------------------------------


def test_step_down_is_once_daily_on_the_places_named(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    plan = actions.step_down(by, world.line, [HANDS], version=1, at=LATER)
    assert (plan.phase, plan.per_day, plan.from_on) == ("induction", 1, TODAY)
    assert phases(world.line) == [
        ("face", "induction", START, None),
        ("hands:both", "induction", START, TODAY),
        ("hands:both", "induction", TODAY, None),
    ]
    with refused(ValidationError, "places"):
        actions.step_down(by, world.line, [HANDS], version=2, at=LATER)


def test_step_down_after_the_review_needs_the_next_one(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    late = NOW + 43 * DAY
    with refused(Unsafe):
        actions.step_down(by, world.line, [FACE], version=1, at=late)
    with refused(Misshapen, "review_on"):
        actions.step_down(by, world.line, [FACE], review_on=REVIEW, version=1, at=late)
    plan = actions.step_down(by, world.line, [FACE], review_on=REVIEW + DAY, version=1, at=late)
    # The hands go on as they are, and so does their day to be looked at, though it has passed.
    assert (plan.look_again_on, world.line.review_on) == (REVIEW + DAY, REVIEW)
    actions.step_down(by, world.line, [HANDS], review_on=REVIEW + 2 * DAY, version=2, at=late)
    reviews = {
        line.places: line.review_on for line in queries.lines(adult, on=REVIEW + DAY) if line.product.key != "emollient"
    }
    assert reviews == {(FACE,): REVIEW + DAY, (HANDS,): REVIEW + 2 * DAY}


def test_step_down_can_be_done_where_a_warning_stands(by: Actor, adult: Patient) -> None:
    child = make_patient(adult.clinic, birth_date=date(2019, 5, 4))
    orders = [make_order("tacrolimus-0.1"), make_emollient()]
    line = make_regimen(child, *orders, by=by, replies={"tacrolimus-0.1-age": KNOWN}).lines.get(product=orders[0].product)
    with refused(Unsafe) as caught:
        actions.step_down(by, line, [FACE], version=1, at=LATER)
    assert caught.value.rules == {"tacrolimus-0.1-age"}
    replies = {"tacrolimus-0.1-age": KNOWN}
    replying(lambda keyed: actions.step_down(by, line, [FACE], version=1, replies=keyed, at=LATER), replies)
    assert not WorkItem.objects.exists()


# --- On hold and on again ---------------------------------------------------------------------------------------------


def test_hold_pauses_every_phase_of_the_line(by: Actor, adult: Patient) -> None:
    world = maintained(by, adult)
    before = AuditEvent.objects.count()
    actions.hold(by, world.line, look_again_on=TODAY + DAY, reason=" infection ", version=2, at=LATER)
    assert phases(world.line) == [
        ("face", "induction", START, date(2026, 11, 30)),
        ("hands:both", "induction", START, TODAY),
        ("face", "maintenance", date(2026, 11, 30), TODAY),
        ("hands:both", "hold", TODAY, None),
        ("face", "hold", TODAY, None),
    ]
    pauses = DosePlan.objects.live().filter(line=world.line)
    assert {(row.phase, row.reason, row.look_again_on) for row in pauses} == {("hold", "infection", TODAY + DAY)}
    assert [row.resumes.phase for row in pauses.order_by("pk")] == ["induction", "maintenance"]
    assert (world.line.version, verbs_since(before)) == (3, ["line held"])
    assert [found.line.product.key for found in queries.checked_again(adult, on=TODAY)] == ["emollient"]


@pytest.mark.parametrize(("days", "is_fine"), [(-1, False), (0, True), (366, True), (367, False)])
def test_a_hold_is_looked_at_within_a_year(by: Actor, adult: Patient, days: int, is_fine: bool) -> None:
    world = begun(by, adult)
    values = {"look_again_on": TODAY + days * DAY, "reason": "asked", "version": 1, "at": LATER}
    if is_fine:
        actions.hold(by, world.line, **values)
        assert {plan.look_again_on for plan in DosePlan.objects.filter(phase="hold")} == {TODAY + days * DAY}
    else:
        with refused(ValidationError, "look_again_on"):
            actions.hold(by, world.line, **values)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_a_hold_says_why(by: Actor, adult: Patient, reason: str) -> None:
    world = begun(by, adult)
    with refused(ValidationError, "reason"):
        actions.hold(by, world.line, look_again_on=TODAY, reason=reason, version=1, at=LATER)


def test_a_line_on_hold_is_not_held_again_and_one_in_use_is_not_resumed(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    with refused(ValidationError):
        actions.resume(by, world.line, version=1, at=LATER)
    hold(by, world)
    with refused(ValidationError):
        hold(by, world)


def test_resume_brings_back_every_phase_as_it_was(by: Actor, adult: Patient) -> None:
    world = maintained(by, adult)
    hold(by, world)
    actions.resume(by, world.line, version=3, at=LATER + 5 * DAY)
    back = TODAY + 5 * DAY
    assert phases(world.line)[3:] == [
        ("hands:both", "hold", TODAY, back),
        ("face", "hold", TODAY, back),
        ("hands:both", "induction", back, None),
        ("face", "maintenance", back, None),
    ]
    plans = list(DosePlan.objects.live().filter(line=world.line).order_by("pk"))
    assert [(plan.per_day, plan.weekdays) for plan in plans] == [(2, ""), (None, "0,3")]
    assert [plan.resumes.phase for plan in plans] == ["hold", "hold"]
    assert {plan.ended_by for plan in DosePlan.objects.filter(line=world.line, phase="hold")} == {by.account}


def test_resume_is_checked_as_an_order_is(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    hold(by, world)
    records.record_precaution(by, adult, {"kind": "skin_infection", "state": "present", "site": "face"}, at=LATER)
    with refused(Unsafe) as caught:
        actions.resume(by, world.line, version=2, at=LATER)
    assert caught.value.rules == {"infection-tci"}
    replies = {"infection-tci": KNOWN}
    replying(lambda keyed: actions.resume(by, world.line, version=2, replies=keyed, at=LATER), replies)
    assert Override.objects.get().line == world.line
    assert not WorkItem.objects.exists()


def test_resume_is_stopped_by_a_stop(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    hold(by, world)
    records.record_precaution(by, adult, {"kind": "immunocompromise", "state": "present"}, at=LATER)
    with refused(Unsafe) as caught:
        actions.resume(by, world.line, version=2, at=LATER)
    replies = {one.key: KNOWN for one in findings_in(caught.value.checked)}
    assert replies
    with refused(Unsafe):
        actions.resume(by, world.line, version=2, replies=replies, at=LATER)


def test_what_holds_for_two_places_that_go_on_is_answered_once(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    to_maintenance(by, world)
    hold(by, world)
    actions.record_precaution(by, adult, {"kind": "skin_malignancy", "state": "present"}, at=LATER)
    with refused(Unsafe) as caught:
        actions.resume(by, world.line, version=world.version, at=LATER)
    assert len(caught.value.checked) == 2
    assert len(caught.value.unanswered) == 1
    replies = dict.fromkeys(caught.value.unanswered, KNOWN)
    actions.resume(by, world.line, version=world.version, replies=replies, at=LATER)
    assert [row.rule for row in Override.objects.all()] == ["skin-malignancy"]


@pytest.mark.parametrize(
    ("used", "left", "last"),
    [(0, 5, date(2026, 12, 14)), (1, 4, date(2026, 12, 13)), (4, 1, date(2026, 12, 10))],
)
def test_a_course_goes_on_with_the_days_it_has_left(by: Actor, adult: Patient, used: int, left: int, last: date) -> None:
    line = one_line(by, adult, "prednisolone-oral", phase=Phase.COURSE, per_day=1, course_days=5, review_on=None)
    pause(by, line, START + used * DAY)
    go_on(by, line, TODAY)
    plan = DosePlan.objects.live().get()
    assert (plan.course_days, plan.from_on, plan.last_on) == (left, TODAY, last)


def test_a_course_held_twice_is_never_longer_than_it_was(by: Actor, adult: Patient) -> None:
    line = one_line(by, adult, "prednisolone-oral", phase=Phase.COURSE, per_day=1, course_days=5, review_on=None)
    pause(by, line, START + 2 * DAY)
    go_on(by, line, START + 10 * DAY)
    pause(by, line, START + 11 * DAY)
    go_on(by, line, START + 20 * DAY)
    assert DosePlan.objects.live().get().course_days == 2


@pytest.mark.parametrize("held_on", [5, 6])
def test_a_course_that_is_over_is_not_resumed(by: Actor, adult: Patient, held_on: int) -> None:
    line = one_line(by, adult, "prednisolone-oral", phase=Phase.COURSE, per_day=1, course_days=5, review_on=None)
    pause(by, line, START + held_on * DAY)
    with refused(ValidationError):
        go_on(by, line, TODAY)


@pytest.mark.parametrize(
    ("held_on", "resumed_on", "next_dose", "loading"),
    [
        (START, START + 3 * DAY, START + 3 * DAY, "600 mg"),  # held before the first dose
        (START + DAY, START + 3 * DAY, START + 14 * DAY, ""),
        (START + DAY, START + 13 * DAY, START + 14 * DAY, ""),
        (START + DAY, START + 14 * DAY, START + 14 * DAY, ""),
        (START + DAY, START + 15 * DAY, START + 15 * DAY, ""),  # a dose was missed: no need to wait
        (START + 14 * DAY, START + 15 * DAY, START + 15 * DAY, ""),  # held on the morning of the second
        (START + 15 * DAY, START + 16 * DAY, START + 28 * DAY, ""),
    ],
)
def test_an_interval_goes_on_no_sooner_than_the_next_dose(
    by: Actor, adult: Patient, held_on: date, resumed_on: date, next_dose: date, loading: str
) -> None:
    line = one_line(by, adult, "dupilumab-300", phase=Phase.INTERVAL, every_days=14, loading_dose="600 mg", review_on=None)
    pause(by, line, held_on)
    go_on(by, line, resumed_on)
    plan = DosePlan.objects.live().get()
    assert (plan.from_on, plan.every_days, plan.loading_dose) == (next_dose, 14, loading)
    assert phases(line)[1:] == [("", "hold", held_on, next_dose), ("", "interval", next_dose, None)]


@pytest.mark.parametrize(
    ("dose_on", "said", "next_dose", "loading"),
    [
        (START, Said("done"), START + 14 * DAY, ""),  # the loading dose is not repeated
        (START, Said("skipped", skip_reason="forgot"), START + DAY, "600 mg"),
        (START + 14 * DAY, Said("done"), START + 28 * DAY, ""),
        (START + 14 * DAY, Said("skipped", skip_reason="forgot"), START + 15 * DAY, ""),
        (START + 14 * DAY, None, START + 15 * DAY, ""),
    ],
)
def test_a_dose_given_on_the_day_of_the_hold_is_not_due_again(
    by: Actor, adult: Patient, dose_on: date, said: Said | None, next_dose: date, loading: str
) -> None:
    line = one_line(by, adult, "dupilumab-300", phase=Phase.INTERVAL, every_days=14, loading_dose="600 mg", review_on=None)
    plan = DosePlan.objects.get(line=line)
    slot, at = Slot(dose_on, "evening"), NOW + (dose_on - START)
    if said:
        actions.record_dose(by, plan, slot, said, at=at)
    pause(by, line, dose_on)
    go_on(by, line, dose_on + DAY)
    after = DosePlan.objects.live().get()
    assert (after.from_on, after.loading_dose) == (next_dose, loading)


def test_a_dose_that_was_undone_was_not_given(by: Actor, adult: Patient) -> None:
    line = one_line(by, adult, "dupilumab-300", phase=Phase.INTERVAL, every_days=14, loading_dose="600 mg", review_on=None)
    row = actions.record_dose(by, DosePlan.objects.get(line=line), Slot(START, "evening"), Said("done"), at=NOW)
    actions.undo_dose(by, row, at=NOW)
    pause(by, line, START)
    go_on(by, line, START + DAY)
    assert DosePlan.objects.live().get().from_on == START + DAY


def test_a_pause_until_the_next_dose_ends_with_the_line(by: Actor, adult: Patient) -> None:
    line = one_line(by, adult, "dupilumab-300", phase=Phase.INTERVAL, every_days=14, review_on=None)
    pause(by, line, START + DAY)
    go_on(by, line, START + 2 * DAY)
    line.refresh_from_db()
    actions.stop(by, line, reason="wish", no_look_reason="well", version=line.version, at=NOW + 3 * DAY)
    assert phases(line) == [
        ("", "interval", START, START + DAY),
        ("", "hold", START + DAY, START + 3 * DAY),
        ("", "interval", START + 14 * DAY, START + 14 * DAY),
    ]
    assert queries.lines(adult, on=START + 3 * DAY) == []


def test_a_line_is_resumed_until_its_last_day_and_not_after(by: Actor, adult: Patient) -> None:
    last = START + 10 * DAY
    line = one_line(by, adult, "tacrolimus-0.1", until_on=last)
    pause(by, line, START + 2 * DAY)
    with refused(ValidationError):
        go_on(by, line, last + DAY)
    go_on(by, line, last)
    assert DosePlan.objects.live().get().last_on == last


def test_only_the_places_whose_last_day_is_ahead_go_on(by: Actor, adult: Patient) -> None:
    world = maintained(by, adult)
    to_maintenance(by, world, HANDS)
    to_induction(by, world, until_on=TODAY + 5 * DAY)
    hold(by, world)
    actions.resume(by, world.line, version=world.version, at=LATER + 6 * DAY)
    live = [row for row in phases(world.line) if row[3] is None]
    assert live == [("hands:both", "maintenance", TODAY + 6 * DAY, None)]


def test_a_hold_closes_what_waits_and_the_next_day_brings_it_back(by: Actor, adult: Patient) -> None:
    """An item is about a line in use; what is answered on going on does not wait again."""
    world = begun(by, adult)
    values = {"kind": "skin_infection", "state": "present", "site": "face"}
    actions.record_precaution(by, adult, values, at=LATER)
    item = WorkItem.objects.live().get()
    hold(by, world)
    item.refresh_from_db()
    assert (item.outcome, item.closed_at) == ("gone", LATER)
    replying(
        lambda keyed: actions.resume(by, world.line, version=world.version, replies=keyed, at=LATER + DAY),
        {"infection-tci": KNOWN},
    )
    assert not WorkItem.objects.live().exists()
