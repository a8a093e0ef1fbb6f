"""Doses as somebody records them: once per slot, up to seven days late, never ahead, undone and changed with a trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clinics.access import SCOPES, Access, Actor, system_actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Clinic, User
from patients import actions as records
from patients.models import Patient
from regimens import actions
from regimens.actions import Said
from regimens.errors import AlreadyRecorded
from regimens.models import Application, DosePlan, RegimenLine, TubeReport
from regimens.protocol.facts import Phase
from regimens.protocol.slots import Slot
from tests.factories import NOW, actor_for, make_emollient, make_order, make_patient, make_regimen, place
from tests.regimens.every_action import refused, verbs_since, writes_that_fail

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)  # a Friday; NOW is 13:00 in Berlin
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
BEGIN = NOW - 20 * DAY
DONE, SKIPPED = Said("done"), Said("skipped", skip_reason="forgot")
MORNING, EVENING = Slot(TODAY, "morning"), Slot(TODAY, "evening")


def started(by: Actor, patient: Patient, key: str = "tacrolimus-0.1", *sites: str, **more: Any) -> DosePlan:
    """The plan of a line that began twenty days ago: twice daily on the face, unless told."""
    on = BEGIN.date()
    orders = [make_order(key, *sites, on=on, **more)]
    make_regimen(patient, *orders, *([] if key == "emollient" else [make_emollient(on=on)]), by=by, at=BEGIN)
    return DosePlan.objects.select_related("line", "patient__clinic").get(line__product__key=key)


@pytest.fixture
def plan(by: Actor, adult: Patient) -> DosePlan:
    """Tacrolimus 0.1 % on the face twice daily since 31 October, in Berlin."""
    return started(by, adult)


@pytest.fixture
def as_nurse(nurse: User, clinic: Clinic) -> Actor:
    """A nurse, who records and does not prescribe."""
    return actor_for(nurse, clinic)


def utc(text: str) -> datetime:
    """ "2026-11-20 12:00" in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- Done and skipped ---------------------------------------------------------------------------------------------------


def test_a_dose_of_today_is_applied_now(by: Actor, plan: DosePlan) -> None:
    before = AuditEvent.objects.count()
    row = actions.record_dose(by, plan, MORNING, Said("done", note="  thin \n layer "), at=NOW)
    row = Application.objects.get(pk=row.pk)
    assert (row.patient, row.line, row.plan, row.kind) == (plan.patient, plan.line, plan, "slot")
    assert (row.slot_on, row.slot, row.outcome, row.skip_reason) == (TODAY, "morning", "done", "")
    assert (row.applied_at, row.on, row.is_late, row.note) == (NOW, TODAY, False, "thin layer")
    assert (row.recorded_at, row.recorded_by, row.recorded_as) == (NOW, by.user, "staff")
    assert (row.withdrawn_at, row.replaces) == (None, None)
    assert verbs_since(before) == ["dose recorded"]
    event = AuditEvent.objects.latest("pk")
    assert (event.patient, event.object_id, event.actor) == (plan.patient.public_id, row.public_id, by.account.public_id)


def test_a_dose_may_be_early_on_its_day(by: Actor, plan: DosePlan) -> None:
    midnight = utc("2026-11-19 23:00")  # 00:00 of the 20th in Berlin
    row = actions.record_dose(by, plan, EVENING, DONE, at=midnight)
    assert (row.applied_at, row.on, row.is_late) == (midnight, TODAY, False)


def test_skipped_has_a_reason_and_no_time(by: Actor, plan: DosePlan) -> None:
    row = actions.record_dose(by, plan, MORNING, Said("skipped", skip_reason="ran_out"), at=NOW)
    assert (row.outcome, row.skip_reason, row.applied_at, row.on, row.is_late) == ("skipped", "ran_out", None, TODAY, False)


def test_done_forgets_a_reason_to_skip(by: Actor, plan: DosePlan) -> None:
    assert actions.record_dose(by, plan, MORNING, Said("done", skip_reason="forgot"), at=NOW).skip_reason == ""


@pytest.mark.parametrize("said", [DONE, SKIPPED])
@pytest.mark.parametrize(("days", "is_possible"), [(-1, False), (0, True), (1, True), (6, True), (7, True), (8, False)])
def test_late_up_to_seven_days_and_never_ahead(by: Actor, plan: DosePlan, days: int, is_possible: bool, said: Said) -> None:
    slot = Slot(TODAY - days * DAY, "evening")
    if not is_possible:
        with refused(ValidationError, "slot_on"):
            actions.record_dose(by, plan, slot, said, at=NOW)
        return
    row = actions.record_dose(by, plan, slot, said, at=NOW)
    assert row.is_late is (days > 0)
    assert (row.slot_on, row.on, row.recorded_at) == (slot.on, slot.on, NOW)
    # Without a time it was applied when it was due, 20:00 in Berlin; today, before that, now.
    due = datetime.combine(slot.on, datetime.min.time(), UTC) + timedelta(hours=19)
    assert row.applied_at == (None if said is SKIPPED else min(due, NOW))


@pytest.mark.parametrize(
    ("zone", "before", "midnight"),
    [
        ("Pacific/Auckland", "2026-11-20 10:59", "2026-11-20 11:00"),  # +13: the 21st begins
        ("America/Los_Angeles", "2026-11-21 07:59", "2026-11-21 08:00"),  # -8
        ("Asia/Kathmandu", "2026-11-20 18:14", "2026-11-20 18:15"),  # +5:45
        ("", "2026-11-20 22:59", "2026-11-20 23:00"),  # the clinic's: Berlin
    ],
)
def test_days_are_the_patients_own(by: Actor, clinic: Clinic, zone: str, before: str, midnight: str) -> None:
    plan = started(by, make_patient(clinic, birth_date=date(1980, 5, 4), zone=zone))
    new, oldest = Slot(TODAY + DAY, "morning"), Slot(TODAY - 7 * DAY, "morning")
    with refused(ValidationError, "slot_on"):
        actions.record_dose(by, plan, new, DONE, at=utc(before))
    assert not actions.record_dose(by, plan, EVENING, DONE, at=utc(before)).is_late
    assert actions.record_dose(by, plan, oldest, DONE, at=utc(before)).is_late
    assert not actions.record_dose(by, plan, new, DONE, at=utc(midnight)).is_late
    assert actions.record_dose(by, plan, MORNING, DONE, at=utc(midnight)).is_late
    with refused(ValidationError, "slot_on"):
        actions.record_dose(by, plan, Slot(oldest.on, "evening"), DONE, at=utc(midnight))


@pytest.mark.parametrize(
    ("days", "applied_at", "on"),
    [
        (0, "2026-11-20 12:00:00", date(2026, 11, 20)),
        (0, "2026-11-20 12:00:01", None),  # ahead
        (0, "2026-11-19 23:00:00", date(2026, 11, 20)),  # midnight in Berlin
        (0, "2026-11-19 22:59:59", None),  # the day before
        (3, "2026-11-17 22:59:59", date(2026, 11, 17)),
        (3, "2026-11-18 09:00:00", date(2026, 11, 18)),  # Tuesday's, when remembered on Wednesday
        (3, "2026-11-16 22:59:59", None),
    ],
)
def test_the_time_it_was_applied(by: Actor, plan: DosePlan, days: int, applied_at: str, on: date | None) -> None:
    slot, said = Slot(TODAY - days * DAY, "morning"), Said("done", applied_at=utc(applied_at))
    if on is None:
        with refused(ValidationError, "applied_at"):
            actions.record_dose(by, plan, slot, said, at=NOW)
    else:
        row = actions.record_dose(by, plan, slot, said, at=NOW)
        assert (row.applied_at, row.on, row.slot_on, row.is_late) == (utc(applied_at), on, slot.on, days > 0)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Said(""), "outcome"),
        (Said("missed"), "outcome"),
        (Said("no_record"), "outcome"),
        (Said("skipped"), "skip_reason"),
        (Said("skipped", skip_reason="lazy"), "skip_reason"),
        (Said("skipped", skip_reason="forgot", applied_at=NOW), "applied_at"),
        (Said("done", note="a" * 301), "note"),
        (Said("done", note="a\x00b"), "note"),
        (Said("done", note="a\u202eb"), "note"),
    ],
)
def test_what_cannot_be_said(by: Actor, plan: DosePlan, said: Said, field: str) -> None:
    with refused(ValidationError, field):
        actions.record_dose(by, plan, MORNING, said, at=NOW)


def test_a_note_of_three_hundred_characters(by: Actor, plan: DosePlan) -> None:
    assert len(actions.record_dose(by, plan, MORNING, Said("done", note=" " + "a" * 300), at=NOW).note) == 300


# --- What is a dose of the plan -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "slot"),
    [
        ({}, Slot(TODAY, "midday")),
        ({}, Slot(TODAY, "")),
        ({"per_day": 1}, MORNING),
        ({"phase": Phase.MAINTENANCE, "weekdays": (0, 3)}, EVENING),  # a Friday
        ({"until_on": TODAY - DAY}, EVENING),
    ],
)
def test_only_slots_of_the_plan(by: Actor, adult: Patient, more: dict[str, Any], slot: Slot) -> None:
    plan = started(by, adult, **more)
    with refused(ValidationError, "slot"):
        actions.record_dose(by, plan, slot, DONE, at=NOW)


def test_maintenance_on_its_weekday(by: Actor, adult: Patient) -> None:
    plan = started(by, adult, phase=Phase.MAINTENANCE, weekdays=(0, 3))
    row = actions.record_dose(by, plan, Slot(TODAY - DAY, "evening"), DONE, at=NOW)
    assert (row.slot_on, row.is_late) == (date(2026, 11, 19), True)


def test_as_needed_and_on_hold_have_no_slots(by: Actor, adult: Patient) -> None:
    plan = started(by, adult, "cetirizine", phase=Phase.AS_NEEDED, condition="itch", most_per_day=1)
    with refused(ValidationError, "slot"):
        actions.record_dose(by, plan, EVENING, DONE, at=NOW)
    actions.hold(by, plan.line, look_again_on=TODAY, reason="asked", version=1, at=NOW)
    pause = DosePlan.objects.get(line=plan.line, phase=Phase.HOLD)
    with refused(ValidationError, "slot"):
        actions.record_dose(by, pause, EVENING, DONE, at=NOW)


@pytest.mark.parametrize("kind", ["slot", "extra", "as_needed"])
def test_what_is_prescribed_elsewhere_is_not_recorded_here(by: Actor, adult: Patient, kind: str) -> None:
    plan = started(by, adult, is_elsewhere=True)
    with refused(ValidationError):
        if kind == "slot":
            actions.record_dose(by, plan, MORNING, DONE, at=NOW)
        else:
            actions.record_application(by, plan.line, kind=kind, applied_at=NOW, at=NOW)


def test_a_line_that_ended_takes_late_entries_of_its_days(by: Actor, plan: DosePlan) -> None:
    actions.stop(by, plan.line, reason="wish", no_look_reason="well", version=1, at=NOW)
    with refused(ValidationError, "slot"):
        actions.record_dose(by, plan, EVENING, DONE, at=NOW)
    later = NOW + 6 * DAY
    row = actions.record_dose(by, plan, Slot(TODAY - DAY, "evening"), DONE, at=later)
    assert row.is_late
    with refused(ValidationError, "slot_on"):
        actions.record_dose(by, plan, Slot(TODAY - DAY, "morning"), DONE, at=later + 2 * DAY)


@pytest.mark.parametrize(("hour", "is_possible"), [(7, False), (8, True)])
def test_this_mornings_dose_is_recorded_for_the_plan_that_was_in_force(
    by: Actor, plan: DosePlan, hour: int, is_possible: bool
) -> None:
    """Due at 08:00 in Berlin; the step one minute after a full hour."""
    at = NOW.replace(hour=hour - 1, minute=1)
    actions.step_down(by, plan.line, [place("face")], version=1, at=at)
    actions.hold(by, plan.line, look_again_on=TODAY, reason="asked", version=2, at=NOW)
    if is_possible:
        assert actions.record_dose(by, plan, MORNING, DONE, at=NOW).plan == plan
    else:
        with refused(ValidationError, "slot"):
            actions.record_dose(by, plan, MORNING, DONE, at=NOW)


def test_a_plan_of_a_step_has_no_doses_from_before_it(by: Actor, plan: DosePlan) -> None:
    actions.hold(by, plan.line, look_again_on=TODAY, reason="asked", version=1, at=NOW - timedelta(hours=6))
    actions.resume(by, plan.line, version=2, at=NOW)
    after = DosePlan.objects.live().get(line=plan.line)
    for asked in (plan, after):
        with refused(ValidationError, "slot"):
            actions.record_dose(by, asked, MORNING, DONE, at=NOW)
    assert actions.record_dose(by, after, EVENING, DONE, at=NOW).plan == after


def test_a_plan_read_before_it_ended_is_read_anew(by: Actor, plan: DosePlan) -> None:
    actions.step_to_maintenance(
        by, plan.line, [place("face")], weekdays=(0, 3), flares_in_a_year=5, review_on=None, version=1, at=NOW
    )
    assert plan.ended_on is None
    with refused(ValidationError, "slot"):
        actions.record_dose(by, plan, EVENING, DONE, at=NOW)


# --- The second person --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [DONE, SKIPPED])
def test_the_second_person_is_told_who_and_when(by: Actor, as_nurse: Actor, plan: DosePlan, said: Said) -> None:
    first = actions.record_dose(as_nurse, plan, MORNING, DONE, at=NOW - timedelta(hours=2))
    with refused(AlreadyRecorded) as caught:
        actions.record_dose(by, plan, MORNING, said, at=NOW)
    row = caught.value.row
    assert (row.pk, row.recorded_by.name, row.recorded_at) == (first.pk, "Nico Nurse", NOW - timedelta(hours=2))
    actions.record_dose(by, plan, EVENING, said, at=NOW)  # another dose is another record


def test_a_slot_has_one_live_record_whatever_writes_it(by: Actor, plan: DosePlan) -> None:
    row = actions.record_dose(by, plan, MORNING, DONE, at=NOW)
    row.pk, row.public_id = None, "00000000-0000-4000-8000-000000000001"
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"applied_at": None},
        {"skip_reason": "forgot"},
        {"outcome": "skipped"},
        {"outcome": "skipped", "applied_at": None},
        {"applied_at": NOW + SECOND},
        {"slot": ""},
        {"slot_on": None},
        {"plan": None},
        {"kind": "extra"},
        {"kind": "extra", "slot": "", "slot_on": None, "outcome": "skipped", "skip_reason": "forgot", "applied_at": None},
    ],
)
def test_the_database_takes_no_row_that_says_two_things(by: Actor, plan: DosePlan, wrong: dict[str, Any]) -> None:
    row = actions.record_dose(by, plan, MORNING, DONE, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(pk=row.pk).update(**wrong)


# --- Undone and changed -------------------------------------------------------------------------------------------------


def test_undone_a_slot_has_no_record_and_the_row_stays(by: Actor, as_nurse: Actor, plan: DosePlan) -> None:
    first = actions.record_dose(as_nurse, plan, MORNING, DONE, at=NOW)
    before = AuditEvent.objects.count()
    actions.undo_dose(by, first, at=NOW + SECOND)
    assert verbs_since(before) == ["dose undone"]
    assert not Application.objects.live().exists()
    row = Application.objects.get()
    assert (row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason) == (NOW + SECOND, by.user, "undone")
    with refused(Stale):
        actions.undo_dose(as_nurse, first, at=NOW)
    with refused(Stale):
        actions.change_dose(by, first, SKIPPED, at=NOW)
    again = actions.record_dose(by, plan, MORNING, SKIPPED, at=NOW + SECOND)
    assert Application.objects.live().get() == again


def test_changed_a_new_row_takes_the_place_of_the_old(by: Actor, as_nurse: Actor, plan: DosePlan) -> None:
    first = actions.record_dose(as_nurse, plan, MORNING, DONE, at=NOW)
    before = AuditEvent.objects.count()
    second = actions.change_dose(by, first, SKIPPED, at=NOW + SECOND)
    assert verbs_since(before) == ["dose changed"]
    first.refresh_from_db()
    assert (first.withdrawn_at, first.withdrawn_reason, first.outcome) == (NOW + SECOND, "changed", "done")
    assert (second.replaces, second.outcome, second.recorded_by, second.applied_at) == (first, "skipped", by.user, None)
    assert (second.slot_on, second.slot, second.line, second.plan) == (TODAY, "morning", plan.line, plan)
    with refused(Stale):
        actions.change_dose(as_nurse, first, DONE, at=NOW)
    third = actions.change_dose(as_nurse, second, Said("done", applied_at=NOW), at=NOW + DAY)
    assert (third.replaces, third.is_late, third.on) == (second, True, TODAY)
    assert Application.objects.live().get() == third


def test_a_change_that_cannot_be_leaves_what_was(by: Actor, plan: DosePlan) -> None:
    row = actions.record_dose(by, plan, MORNING, DONE, at=NOW)
    with refused(ValidationError, "skip_reason"):
        actions.change_dose(by, row, Said("skipped"), at=NOW)
    with refused(ValidationError, "applied_at"):
        actions.change_dose(by, row, Said("done", applied_at=NOW + SECOND), at=NOW)
    assert Application.objects.live().get() == row


def test_a_record_of_a_plan_that_ended_can_be_changed(by: Actor, plan: DosePlan) -> None:
    row = actions.record_dose(by, plan, MORNING, DONE, at=NOW)
    actions.stop(by, plan.line, reason="wish", no_look_reason="well", version=1, at=NOW)
    changed = actions.change_dose(by, row, SKIPPED, at=NOW)
    assert (changed.slot_on, changed.outcome) == (TODAY, "skipped")


# --- Extra and as needed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("applied_at", "field", "on"),
    [
        ("2026-11-20 12:00:00", None, TODAY),
        ("2026-11-20 12:00:01", "applied_at", None),
        ("2026-11-19 23:00:00", None, TODAY),
        ("2026-11-19 22:59:59", None, TODAY - DAY),
        ("2026-11-12 23:00:00", None, TODAY - 7 * DAY),
        ("2026-11-12 22:59:59", "applied_at", None),
    ],
)
def test_an_extra_application(by: Actor, plan: DosePlan, applied_at: str, field: str | None, on: date | None) -> None:
    values = {"kind": "extra", "applied_at": utc(applied_at), "note": " flare  at night ", "at": NOW}
    if field:
        with refused(ValidationError, field):
            actions.record_application(by, plan.line, **values)
        return
    before = AuditEvent.objects.count()
    row = Application.objects.get(pk=actions.record_application(by, plan.line, **values).pk)
    assert (row.kind, row.plan, row.slot_on, row.slot, row.outcome) == ("extra", plan, None, "", "done")
    assert (row.applied_at, row.on, row.is_late, row.note) == (utc(applied_at), on, on != TODAY, "flare at night")
    assert verbs_since(before) == ["application recorded"]


def test_the_same_moment_twice_is_one_application(by: Actor, as_nurse: Actor, plan: DosePlan) -> None:
    first = actions.record_application(as_nurse, plan.line, kind="extra", applied_at=NOW - DAY, at=NOW)
    with refused(AlreadyRecorded) as caught:
        actions.record_application(by, plan.line, kind="extra", applied_at=NOW - DAY, at=NOW)
    assert (caught.value.row.pk, caught.value.row.recorded_by.name) == (first.pk, "Nico Nurse")
    actions.record_application(by, plan.line, kind="extra", applied_at=NOW - DAY + SECOND, at=NOW)
    actions.undo_dose(by, first, at=NOW)
    actions.record_application(by, plan.line, kind="extra", applied_at=NOW - DAY, at=NOW)
    assert Application.objects.live().count() == 2


def test_an_extra_application_is_not_changed_but_undone(by: Actor, plan: DosePlan) -> None:
    row = actions.record_application(by, plan.line, kind="extra", applied_at=NOW, at=NOW)
    with refused(ValidationError):
        actions.change_dose(by, row, SKIPPED, at=NOW)


@pytest.mark.parametrize("kind", ["", "slot", "done"])
def test_other_kinds_there_are_not(by: Actor, plan: DosePlan, kind: str) -> None:
    with refused(ValidationError, "kind"):
        actions.record_application(by, plan.line, kind=kind, applied_at=NOW, at=NOW)


def test_as_needed_only_where_it_is_used_as_needed(by: Actor, adult: Patient, plan: DosePlan) -> None:
    with refused(ValidationError, "applied_at"):
        actions.record_application(by, plan.line, kind="as_needed", applied_at=NOW, at=NOW)
    order = make_order("cetirizine", on=TODAY - 2 * DAY, phase=Phase.AS_NEEDED, condition="itch", most_per_day=1)
    (line,) = actions.add_line(by, adult.regimens.get(), [order], at=NOW)
    row = actions.record_application(by, line, kind="as_needed", applied_at=NOW - 2 * DAY, at=NOW)
    assert (row.kind, row.plan.phase, row.on) == ("as_needed", "as_needed", TODAY - 2 * DAY)
    with refused(ValidationError, "applied_at"):  # before it began
        actions.record_application(by, line, kind="as_needed", applied_at=NOW - 3 * DAY, at=NOW)
    actions.hold(by, line, look_again_on=TODAY, reason="asked", version=1, at=NOW)
    for kind in ("as_needed", "extra"):
        with refused(ValidationError, "applied_at"):
            actions.record_application(by, line, kind=kind, applied_at=NOW, at=NOW)


def test_an_extra_application_belongs_to_the_plan_of_its_day(by: Actor, plan: DosePlan) -> None:
    later = actions.step_to_maintenance(
        by, plan.line, [place("face")], weekdays=(0, 3), flares_in_a_year=5, review_on=None, version=1, at=NOW
    )
    rows = [actions.record_application(by, plan.line, kind="extra", applied_at=NOW - days * DAY, at=NOW) for days in (0, 1)]
    assert [row.plan for row in rows] == [later, plan]


# --- Who, and on which record -------------------------------------------------------------------------------------------

Do = Callable[[Actor, DosePlan, Application], Any]
DOES: dict[str, Do] = {
    "record": lambda by, plan, row: actions.record_dose(by, plan, EVENING, DONE, at=NOW),
    "extra": lambda by, plan, row: actions.record_application(by, plan.line, kind="extra", applied_at=NOW, at=NOW),
    "undo": lambda by, plan, row: actions.undo_dose(by, row, at=NOW),
    "change": lambda by, plan, row: actions.change_dose(by, row, SKIPPED, at=NOW),
    "tubes": lambda by, plan, row: actions.report_tubes(
        by, plan.line, since_on=TODAY - DAY, until_on=TODAY, tubes=Decimal(1), grams_each=30, at=NOW
    ),
}
WRITES = {"record": 2, "extra": 2, "undo": 2, "change": 3, "tubes": 2}
everything = pytest.mark.parametrize("name", list(DOES))


@everything
def test_a_nurse_may(by: Actor, as_nurse: Actor, plan: DosePlan, name: str) -> None:
    row = actions.record_dose(by, plan, MORNING, DONE, at=NOW)
    DOES[name](as_nurse, plan, row)
    assert AuditEvent.objects.latest("pk").actor == as_nurse.account.public_id


@everything
@pytest.mark.parametrize("who", ["clinic_admin", "outsider", "platform_admin", "system", "read", "regimens"])
def test_others_may_not(
    request: pytest.FixtureRequest, by: Actor, clinic: Clinic, clinician: User, plan: DosePlan, name: str, who: str
) -> None:
    row = actions.record_dose(by, plan, MORNING, DONE, at=NOW)
    scopes = {"read": SCOPES["patients:read"], "regimens": SCOPES["regimens:write"]}
    if who == "system":
        actor = system_actor("task")
    elif who in scopes:
        actor = Access(user=clinician, channel="api", limit=scopes[who]).actor(clinic)
    else:
        actor = actor_for(request.getfixturevalue(who), clinic)
    with refused(NotAllowed):
        DOES[name](actor, plan, row)


def test_an_actor_of_another_clinic_with_every_right_may_not(
    by: Actor, plan: DosePlan, outsider: User, other_clinic: Clinic
) -> None:
    row = actions.record_dose(by, plan, MORNING, DONE, at=NOW)
    for do in DOES.values():
        with refused(NotAllowed):
            do(actor_for(outsider, other_clinic), plan, row)


@pytest.mark.parametrize(
    ("role", "said"), [("patient", "patient"), ("guardian", "guardian"), ("nurse", "staff"), ("", "staff")]
)
def test_a_record_says_from_whose_place_it_comes(by: Actor, plan: DosePlan, role: str, said: str) -> None:
    assert actions.record_dose(replace(by, role=role), plan, MORNING, DONE, at=NOW).recorded_as == said


@everything
@pytest.mark.parametrize("is_death", [False, True])
def test_a_closed_record_takes_none(by: Actor, adult: Patient, plan: DosePlan, name: str, is_death: bool) -> None:
    row = actions.record_dose(by, plan, MORNING, DONE, at=NOW)
    adult.refresh_from_db()
    Patient.objects.filter(pk=adult.pk).update(**({"deceased_on": TODAY} if is_death else {}))
    if not is_death:
        actions.stop_regimen(by, adult.regimens.get(), reason="wish", no_look_reason="moves", version=1, at=NOW)
        records.close_patient(by, adult, reason="moved", version=adult.version, at=NOW)
    with refused(ValidationError):
        DOES[name](by, plan, row)


@everything
def test_all_or_nothing(by: Actor, plan: DosePlan, name: str) -> None:
    row = actions.record_dose(by, plan, MORNING, DONE, at=NOW)
    assert writes_that_fail(lambda: DOES[name](by, plan, row)) == WRITES[name]


# --- Tubes --------------------------------------------------------------------------------------------------------------


def tubes(by: Actor, line: RegimenLine, **more: Any) -> TubeReport:
    values: dict[str, Any] = {
        "since_on": TODAY - 7 * DAY,
        "until_on": TODAY,
        "tubes": Decimal("1.5"),
        "grams_each": 30,
        "at": NOW,
    }
    return actions.report_tubes(by, line, **(values | more))


def test_tubes_are_reported(by: Actor, plan: DosePlan) -> None:
    before = AuditEvent.objects.count()
    row = TubeReport.objects.get(pk=tubes(by, plan.line).pk)
    assert (row.patient, row.line, row.since_on, row.until_on) == (plan.patient, plan.line, TODAY - 7 * DAY, TODAY)
    assert (row.tubes, row.grams_each, row.recorded_at, row.recorded_by) == (Decimal("1.5"), 30, NOW, by.user)
    assert verbs_since(before) == ["tubes reported"]


def test_the_same_tubes_twice_are_one_report(by: Actor, as_nurse: Actor, plan: DosePlan) -> None:
    row = tubes(by, plan.line)
    for who in (by, as_nurse):
        with refused(ValidationError):
            tubes(who, plan.line)
    for more in ({"tubes": Decimal(2)}, {"grams_each": 60}, {"since_on": TODAY - 6 * DAY}, {"until_on": TODAY - DAY}):
        assert tubes(by, plan.line, **more).pk
    TubeReport.objects.filter(pk=row.pk).update(withdrawn_at=NOW, withdrawn_by=by.user, withdrawn_reason="slip")
    assert tubes(by, plan.line).pk


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"until_on": TODAY + DAY}, "until_on"),
        ({"since_on": TODAY, "until_on": TODAY - DAY}, "until_on"),
        ({"since_on": BEGIN.date() - DAY}, "since_on"),
        ({"tubes": None}, "tubes"),
        ({"tubes": "many"}, "tubes"),
        ({"tubes": Decimal("NaN")}, "tubes"),
        ({"tubes": Decimal("-0.01")}, "tubes"),
        ({"tubes": Decimal("100.01")}, "tubes"),
        ({"tubes": Decimal("0.001")}, "tubes"),
        ({"grams_each": None}, "grams_each"),
        ({"grams_each": 0}, "grams_each"),
        ({"grams_each": 1001}, "grams_each"),
        ({"grams_each": -1}, "grams_each"),
    ],
)
def test_tubes_that_cannot_be(by: Actor, plan: DosePlan, more: dict[str, Any], field: str) -> None:
    with refused(ValidationError, field):
        tubes(by, plan.line, **more)


@pytest.mark.parametrize(
    "more",
    [
        {"since_on": TODAY, "until_on": TODAY},
        {"since_on": BEGIN.date()},
        {"tubes": Decimal(0)},
        {"tubes": Decimal(100)},
        {"grams_each": 1},
        {"grams_each": 1000},
    ],
)
def test_tubes_at_the_edge(by: Actor, plan: DosePlan, more: dict[str, Any]) -> None:
    assert tubes(by, plan.line, **more).pk
