"""When a plan is due next, and its times: kept with every step, moved on when the dose has come, moved by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinics.access import Actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Clinic, User
from patients import actions as records
from patients.models import Patient
from regimens import actions, queries
from regimens.actions import Said, due
from regimens.actions.due import keep_next_due
from regimens.models import Application, DosePlan, RegimenLine
from regimens.protocol.facts import Phase
from regimens.protocol.slots import Slot, next_due
from tests.factories import NOW, actor_for, make_emollient, make_order, make_patient, make_regimen, place
from tests.regimens.every_action import ACTS, every_action, refused, verbs_since, writes_that_fail

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)  # a Friday; NOW is 13:00 in Berlin
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
EARLIER, LATER = (("morning", time(6, 30)), ("evening", time(18))), (("morning", time(9)), ("evening", time(22)))


def utc(text: str) -> datetime:
    """ "2026-11-20 19:00" in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def one(by: Actor, patient: Patient, key: str = "tacrolimus-0.1", *sites: str, at: datetime = NOW, **more: Any) -> DosePlan:
    """The plan of a line that begins today, twice daily on the face unless told."""
    make_regimen(patient, make_order(key, *sites, on=more.pop("on", TODAY), **more), by=by, at=at)
    return DosePlan.objects.select_related("line").get(patient=patient)


def nexts(line: RegimenLine) -> list[tuple[str, datetime | None]]:
    """Each plan of a line with when it is due next."""
    return [(plan.phase, plan.next_due_at) for plan in DosePlan.objects.filter(line=line).order_by("pk")]


def is_kept(at: datetime) -> bool:
    """Whether every plan knows what the pure function says."""
    plans = DosePlan.objects.select_related("line")
    return all(plan.next_due_at == (None if plan.line.is_elsewhere else next_due(plan.schedule, at)) for plan in plans)


# --- Kept by the actions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "more", "times", "due_at"),
    [
        ("tacrolimus-0.1", {}, "morning 08:00,evening 20:00", "2026-11-20 19:00"),
        ("tacrolimus-0.1", {"per_day": 1}, "evening 20:00", "2026-11-20 19:00"),
        ("tacrolimus-0.1", {"on": TODAY + 3 * DAY}, "morning 08:00,evening 20:00", "2026-11-23 07:00"),
        ("tacrolimus-0.1", {"until_on": TODAY}, "morning 08:00,evening 20:00", "2026-11-20 19:00"),
        ("tacrolimus-0.1", {"phase": Phase.MAINTENANCE, "weekdays": (0, 3)}, "evening 20:00", "2026-11-23 19:00"),
        ("dupilumab-300", {"phase": Phase.INTERVAL, "every_days": 14}, "evening 20:00", "2026-11-20 19:00"),
        ("cetirizine", {"phase": Phase.AS_NEEDED, "condition": "itch", "most_per_day": 1}, "", None),
        ("tacrolimus-0.1", {"is_elsewhere": True}, "morning 08:00,evening 20:00", None),
    ],
)
def test_a_new_line_knows_its_times_and_its_next_dose(
    by: Actor, adult: Patient, key: str, more: dict[str, Any], times: str, due_at: str | None
) -> None:
    plan = one(by, adult, key, **more)
    assert (plan.times, plan.zone) == (times, "Europe/Berlin")
    assert plan.next_due_at == (utc(due_at) if due_at else None)


def test_the_zone_is_the_patients(by: Actor, clinic: Clinic) -> None:
    plan = one(by, make_patient(clinic, birth_date=date(1980, 5, 4), zone="Asia/Kathmandu"))
    assert (plan.zone, plan.next_due_at) == ("Asia/Kathmandu", utc("2026-11-20 14:15"))


def test_the_second_dose_has_a_distance_of_its_own(by: Actor, adult: Patient) -> None:
    plan = one(by, adult, "dupilumab-300", phase=Phase.INTERVAL, every_days=28, second_after_days=14)
    for text in ("2026-12-04", "2027-01-01", "2027-01-29"):
        assert actions.advance_due(at=plan.next_due_at) == 1
        plan.refresh_from_db()
        assert plan.next_due_at == utc(f"{text} 19:00")


@every_action
def test_every_step_keeps_it(by: Actor, adult: Patient, name: str) -> None:
    act = ACTS[name]
    world = act.prepare(by, adult)
    act.do(by, world)
    assert is_kept(world.at)


def test_hold_and_resume(by: Actor, adult: Patient) -> None:
    line = one(by, adult).line
    actions.hold(by, line, look_again_on=TODAY + 2 * DAY, reason="asked", version=1, at=NOW)
    assert nexts(line) == [("induction", None), ("hold", None)]
    actions.resume(by, line, version=2, at=NOW + DAY)
    assert nexts(line) == [("induction", None), ("hold", None), ("induction", utc("2026-11-21 19:00"))]


def test_a_loading_dose_is_not_repeated_after_a_hold_and_the_interval_goes_on(by: Actor, adult: Patient) -> None:
    line = one(by, adult, "dupilumab-300", phase=Phase.INTERVAL, every_days=28, second_after_days=14).line
    actions.hold(by, line, look_again_on=TODAY + 5 * DAY, reason="asked", version=1, at=NOW + DAY)
    actions.resume(by, line, version=2, at=NOW + 5 * DAY)
    resumed = DosePlan.objects.filter(line=line).latest("pk")
    assert (resumed.from_on, resumed.second_after_days) == (date(2026, 12, 4), None)  # day 15
    assert resumed.next_due_at == utc("2026-12-04 19:00")
    found = [slot.on for slot in queries.doses.slots.slots(resumed.schedule, TODAY, date(2027, 1, 30))]
    assert found == [date(2026, 12, 4), date(2027, 1, 1), date(2027, 1, 29)]


# --- Moved on -----------------------------------------------------------------------------------------------------------


def test_what_has_come_moves_on_and_what_has_not_stays(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    evening, morning = utc("2026-11-20 19:00"), utc("2026-11-21 07:00")
    assert (actions.advance_due(at=evening - SECOND), nexts(plan.line)) == (0, [("induction", evening)])
    assert (actions.advance_due(at=evening), nexts(plan.line)) == (1, [("induction", morning)])
    assert actions.advance_due(at=evening) == 0  # the same again


def test_late_it_moves_to_the_future_at_once_and_to_nothing_at_the_end(by: Actor, adult: Patient) -> None:
    plan = one(by, adult, until_on=TODAY + 3 * DAY)
    assert actions.advance_due(at=NOW + 2 * DAY) == 1
    assert nexts(plan.line) == [("induction", utc("2026-11-22 19:00"))]
    assert actions.advance_due(at=NOW + 90 * DAY) == 1
    assert nexts(plan.line) == [("induction", None)]
    assert actions.advance_due(at=NOW + 91 * DAY) == 0


def test_more_than_fit_at_once(by: Actor, clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(5):
        one(by, make_patient(clinic, birth_date=date(1980, 5, 4)))
    monkeypatch.setattr(due, "AT_ONCE", 2)
    assert actions.advance_due(at=NOW + DAY, most=2) == 2
    assert actions.advance_due(at=NOW + DAY) == 3
    assert is_kept(NOW + DAY)


def test_moving_on_asks_the_same_for_one_and_for_three(by: Actor, clinic: Clinic, django_assert_num_queries: Any) -> None:
    """One query finds them, one writes each."""
    one(by, make_patient(clinic, birth_date=date(1980, 5, 4)))
    with django_assert_num_queries(1 + 1 + 2):
        actions.advance_due(at=NOW + DAY)
    for _number in range(3):
        one(by, make_patient(clinic, birth_date=date(1980, 5, 4)))
    with django_assert_num_queries(1 + 3 + 2):
        actions.advance_due(at=NOW + DAY)


def test_a_dose_that_is_recorded_changes_nothing_of_what_is_due_next(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    actions.record_dose(by, plan, Slot(TODAY, "evening"), Said("done"), at=NOW)
    assert is_kept(NOW)


def test_only_what_changed_is_written(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    assert keep_next_due([plan], at=NOW) == 0
    assert keep_next_due([plan], at=NOW + DAY) == 1


# --- Times --------------------------------------------------------------------------------------------------------------


def test_times_move_and_the_slots_with_their_records_stay(by: Actor, nurse: User, adult: Patient) -> None:
    plan = one(by, adult, at=NOW - 5 * DAY, on=TODAY - 5 * DAY)
    row = actions.record_dose(by, plan, Slot(TODAY - DAY, "evening"), Said("done"), at=NOW)
    before, count = queries.line_doses(adult, since=TODAY - 5 * DAY, until=TODAY, at=NOW), AuditEvent.objects.count()
    actions.set_times(actor_for(nurse, adult.clinic), plan.line, EARLIER, version=1, at=NOW)
    assert verbs_since(count) == ["dose times changed"]
    moved = DosePlan.objects.get(pk=plan.pk)
    assert (moved.times, moved.zone, moved.slot_times) == ("morning 06:30,evening 18:00", "Europe/Berlin", EARLIER)
    assert moved.next_due_at == utc("2026-11-20 17:00")
    assert RegimenLine.objects.get(pk=plan.line.pk).version == 2
    after = queries.line_doses(adult, since=TODAY - 5 * DAY, until=TODAY, at=NOW)
    assert [one.expected for one in before] == [one.expected for one in after]
    assert after[0].records == {due: row for due in after[0].expected if due.slot == Slot(TODAY - DAY, "evening")}
    assert Application.objects.live().get() == row
    actions.set_times(by, plan.line, LATER, zone="Asia/Kathmandu", version=2, at=NOW)
    moved.refresh_from_db()
    assert (moved.zone, moved.next_due_at) == ("Asia/Kathmandu", utc("2026-11-20 16:15"))
    assert [slot.name for slot in queries.doses.slots.slots(moved.schedule, TODAY, TODAY)] == ["morning", "evening"]


def test_a_later_plan_of_the_line_keeps_the_times(by: Actor, adult: Patient) -> None:
    line = one(by, adult).line
    actions.set_times(by, line, EARLIER, version=1, at=NOW)
    actions.hold(by, line, look_again_on=TODAY, reason="asked", version=2, at=NOW)
    actions.resume(by, line, version=3, at=NOW + DAY)
    assert DosePlan.objects.filter(line=line).latest("pk").slot_times == EARLIER


def test_only_plans_with_as_many_doses_a_day_move(by: Actor, adult: Patient) -> None:
    plan = one(by, adult, "tacrolimus-0.1", "face", "trunk")
    values: dict[str, Any] = {"weekdays": (0, 3), "flares_in_a_year": 5, "review_on": None, "version": 1, "at": NOW}
    kept = actions.step_to_maintenance(by, plan.line, [place("face")], **values)
    actions.set_times(by, plan.line, [("evening", time(21))], version=2, at=NOW)
    plan.refresh_from_db()
    kept.refresh_from_db()
    assert (plan.times, kept.times) == ("morning 08:00,evening 20:00", "evening 21:00")
    assert is_kept(NOW)


def test_a_line_whose_end_lies_ahead_can_still_move(by: Actor, adult: Patient) -> None:
    regimen = make_regimen(adult, make_order(), make_emollient(), by=by)
    line = regimen.lines.get(product__key="tacrolimus-0.1")
    order = make_order("hydrocortisone-1", on=TODAY + 5 * DAY)
    actions.change_product(by, line, order, version=1, text="burns", at=NOW)
    line.refresh_from_db()
    assert line.ended_on == TODAY + 5 * DAY
    actions.set_times(by, line, EARLIER, version=line.version, at=NOW)
    assert DosePlan.objects.get(line=line).slot_times == EARLIER
    with refused(ValidationError, "times"):
        actions.set_times(by, line, LATER, version=line.version + 1, at=NOW + 5 * DAY)


@pytest.mark.parametrize(
    ("times", "zone", "field"),
    [
        ([("evening", time(20))], "", "times"),
        ([("evening", time(8)), ("morning", time(20))], "", "times"),  # names as they are
        ([("morning", time(20)), ("evening", time(20))], "", "times"),
        ([("morning", time(20)), ("evening", time(8))], "", "times"),
        ([("morning", time(8)), ("evening", time(20)), ("night", time(23))], "", "times"),
        ([], "", "times"),
        (EARLIER, "Europe/Nowhere", "zone"),
    ],
)
def test_times_that_cannot_be(by: Actor, adult: Patient, times: Any, zone: str, field: str) -> None:
    line = one(by, adult).line
    with refused(ValidationError, field):
        actions.set_times(by, line, times, zone=zone, version=1, at=NOW)


def test_what_is_used_as_needed_has_no_times(by: Actor, adult: Patient) -> None:
    line = one(by, adult, "cetirizine", phase=Phase.AS_NEEDED, condition="itch", most_per_day=1).line
    for times in ([], [("evening", time(20))]):
        with refused(ValidationError, "times"):
            actions.set_times(by, line, times, version=1, at=NOW)


def test_of_an_old_page_times_are_not_set(by: Actor, adult: Patient) -> None:
    line = one(by, adult).line
    actions.set_times(by, line, EARLIER, version=1, at=NOW)
    with refused(Stale) as caught:
        actions.set_times(by, line, LATER, version=1, at=NOW)
    assert caught.value.current.version == 2


def test_who_may_not_set_times(by: Actor, adult: Patient, clinic: Clinic, clinic_admin: User, outsider: User) -> None:
    line = one(by, adult).line
    for user, where in ((clinic_admin, clinic), (outsider, clinic), (outsider, outsider.memberships.get().clinic)):
        with refused(NotAllowed):
            actions.set_times(actor_for(user, where), line, EARLIER, version=1, at=NOW)


def test_times_are_set_whole_or_not_at_all(by: Actor, adult: Patient) -> None:
    line = one(by, adult).line
    assert writes_that_fail(lambda: actions.set_times(by, line, EARLIER, version=1, at=NOW)) == 4


def test_a_closed_record_is_due_nothing(by: Actor, adult: Patient) -> None:
    line = one(by, adult).line
    actions.stop_regimen(by, adult.regimens.get(), reason="wish", no_look_reason="moves", version=1, at=NOW)
    adult.refresh_from_db()
    records.close_patient(by, adult, reason="moved", version=adult.version, at=NOW)
    assert nexts(line) == [("induction", None)]
    with refused(ValidationError, "times"):
        actions.set_times(by, line, EARLIER, version=2, at=NOW)


# --- Zones ------------------------------------------------------------------------------------------------------------


def test_a_later_plan_of_the_line_keeps_the_zone(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    actions.set_times(by, plan.line, EARLIER, zone="America/New_York", version=1, at=NOW)
    actions.step_down(by, plan.line, [place("face")], version=2, at=NOW + DAY)
    later = DosePlan.objects.live().get(line=plan.line)
    assert (later.pk != plan.pk, later.zone) == (True, "America/New_York")


def test_doses_follow_the_patient_into_another_zone(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    actions.update_patient(by, adult, {"zone": "Asia/Kathmandu"}, version=adult.version, at=NOW)
    plan.refresh_from_db()
    # 20:00 of the same Friday at +05:45; NOW is 17:45 there.
    assert (plan.zone, plan.next_due_at) == ("Asia/Kathmandu", utc("2026-11-20 14:15"))
    adult.refresh_from_db()
    actions.update_patient(by, adult, {"zone": ""}, version=adult.version, at=NOW)
    plan.refresh_from_db()
    assert (plan.zone, plan.next_due_at) == ("Europe/Berlin", utc("2026-11-20 19:00"))


@pytest.mark.parametrize("zone", ["localtime", "Factory"])
def test_a_zone_is_of_a_place(by: Actor, adult: Patient, zone: str) -> None:
    plan = one(by, adult)
    with refused(ValidationError, "zone"):
        actions.set_times(by, plan.line, EARLIER, zone=zone, version=1, at=NOW)
