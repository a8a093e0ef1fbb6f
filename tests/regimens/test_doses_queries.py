"""What is read of doses: what was due by now, what is recorded of it, the calendar, and applications too close together."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinics.access import Actor
from clinics.models import Clinic
from patients.models import Patient
from regimens import actions, queries
from regimens.actions import Said
from regimens.models import DosePlan, RegimenLine
from regimens.protocol.adherence import Tally
from regimens.protocol.facts import Phase
from regimens.protocol.slots import Slot
from regimens.queries.doses import LineDoses, free_days_of
from regimens.queries.facts import product_facts
from tests.factories import NOW, make_emollient, make_order, make_patient, make_regimen, place

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)  # a Friday; NOW is 13:00 in Berlin
DAY = timedelta(days=1)
BEGIN = NOW - 20 * DAY  # Saturday 31 October, 13:00 in Berlin
DONE, SKIPPED = Said("done"), Said("skipped", skip_reason="forgot")


def one(
    by: Actor, patient: Patient, key: str = "tacrolimus-0.1", *sites: str, at: datetime = BEGIN, **more: Any
) -> DosePlan:
    """The plan of the only line, twice daily on the face since 31 October unless told."""
    make_regimen(patient, make_order(key, *sites, **({"on": at.date()} | more)), by=by, at=at)
    return DosePlan.objects.select_related("line__product").get(patient=patient)


def kept(by: Actor, patient: Patient, *weekdays: int, **more: Any) -> DosePlan:
    return one(by, patient, phase=Phase.MAINTENANCE, weekdays=weekdays or (0, 3), **more)


def read(patient: Patient, days: int = 20, at: datetime = NOW, **more: Any) -> LineDoses:
    """The doses of the only line in the last days."""
    until = at.date()
    (found,) = queries.line_doses(patient, since=until - days * DAY, until=until, at=at, **more)
    return found


def counts(found: Tally) -> tuple[int, int, int]:
    return found.done, found.skipped, found.no_record


def local(text: str) -> datetime:
    """ "2026-11-18 07:00" on a clock in Berlin in winter, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=1)


# --- Expected -----------------------------------------------------------------------------------------------------------


def test_what_was_due_by_now_and_not_before_it_was_written_down(by: Actor, adult: Patient) -> None:
    one(by, adult)
    found = read(adult)
    # From the evening of the 31st (entered at 13:00) to this morning: 1 + 19 x 2 + 1.
    assert (len(found.expected), counts(found.tally)) == (40, (0, 0, 40))
    assert found.expected[0].slot == Slot(BEGIN.date(), "evening")
    assert found.expected[-1].slot == Slot(TODAY, "morning")


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("07:59", 0), ("08:00", 1), ("19:59", 1), ("20:00", 2), ("23:59", 2)],
)
def test_today_counts_as_far_as_it_was_due(by: Actor, adult: Patient, clock: str, expected: int) -> None:
    one(by, adult)
    assert len(read(adult, days=0, at=local(f"2026-11-20 {clock}")).expected) == expected


def test_a_start_before_it_was_entered_is_not_no_record_but_can_be_recorded(by: Actor, adult: Patient) -> None:
    plan = one(by, adult, at=NOW, on=TODAY - 5 * DAY)
    assert counts(read(adult).tally) == (0, 0, 0)
    actions.record_dose(by, plan, Slot(TODAY - 2 * DAY, "morning"), DONE, at=NOW)
    assert counts(read(adult).tally) == (1, 0, 0)


def test_done_skipped_and_no_record_are_apart(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    for days in range(8):
        actions.record_dose(by, plan, Slot(TODAY - days * DAY, "morning"), DONE if days % 2 else SKIPPED, at=NOW)
    found = read(adult, days=7)
    assert counts(found.tally) == (4, 4, 7)
    assert found.tally.percent() == Decimal(50)
    assert read(adult, days=2).tally.percent() is None  # three records
    assert counts(found.by_day()[TODAY]) == (0, 1, 0)
    assert counts(found.by_day()[TODAY - DAY]) == (1, 0, 1)
    assert sum((day for day in found.by_day().values()), Tally()) == found.tally


def test_a_dose_recorded_early_counts_and_only_once(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    actions.record_dose(by, plan, Slot(TODAY, "evening"), DONE, at=NOW)
    for at in (NOW, NOW + timedelta(hours=8)):
        assert counts(read(adult, days=0, at=at).tally) == (1, 0, 1)


def test_undone_is_no_record_and_changed_is_what_it_says_now(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    rows = [actions.record_dose(by, plan, Slot(TODAY - days * DAY, "morning"), DONE, at=NOW) for days in (0, 1)]
    actions.undo_dose(by, rows[0], at=NOW)
    actions.change_dose(by, rows[1], SKIPPED, at=NOW)
    assert counts(read(adult, days=1).tally) == (0, 1, 2)


def test_extra_applications_stand_beside(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    rows = [actions.record_application(by, plan.line, kind="extra", applied_at=NOW - n * DAY, at=NOW) for n in (2, 0, 1)]
    found = read(adult, days=1)
    assert list(found.extra) == [rows[1], rows[2]]
    assert counts(found.tally) == (0, 0, 3)


def test_a_record_of_a_plan_that_ended_on_its_day_counts_wherever_one_begins_to_look(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    actions.record_dose(by, plan, Slot(TODAY, "morning"), DONE, at=NOW)
    extra = actions.record_application(by, plan.line, kind="extra", applied_at=NOW, at=NOW)
    actions.stop(by, plan.line, reason="wish", no_look_reason="well", version=1, at=NOW)
    for days in (0, 1, 20):
        found = read(adult, days=days)
        assert (counts(found.tally), list(found.extra)) == ((1, 0, 2 * days - (days == 20)), [extra])
    assert queries.line_doses(adult, since=TODAY + DAY, until=TODAY + DAY, at=NOW + DAY) == []


def test_a_step_on_a_day_counts_what_was_asked_before_and_after(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    actions.record_dose(by, plan, Slot(TODAY, "morning"), DONE, at=NOW)
    actions.step_down(by, plan.line, [place("face")], version=1, at=NOW)
    found = read(adult, days=0, at=NOW + timedelta(hours=8))
    assert {due.slot for due in found.expected} == {Slot(TODAY, "morning"), Slot(TODAY, "evening")}
    assert (counts(found.tally), len({due.plan for due in found.expected})) == ((1, 0, 1), 2)


def test_what_was_due_before_a_step_stays_expected_of_the_plan_that_was_in_force(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    actions.step_down(by, plan.line, [place("face")], version=1, at=NOW)
    after = DosePlan.objects.live().get(patient=adult)
    morning, evening = Slot(TODAY, "morning"), Slot(TODAY, "evening")
    late = NOW + timedelta(hours=8)
    for at in (late, late + DAY):  # the same on the next day
        (found,) = queries.line_doses(adult, since=TODAY, until=TODAY, at=at)
        assert [(due.plan, due.slot) for due in found.expected] == [(plan.pk, morning), (after.pk, evening)]
    actions.record_dose(by, plan, morning, DONE, at=NOW)
    assert counts(read(adult, days=0, at=late).tally) == (1, 0, 1)


@pytest.mark.parametrize(("clock", "expected"), [("07:59", 0), ("08:00", 0), ("08:01", 1), ("20:00", 1), ("20:01", 2)])
def test_a_line_stopped_today_asks_for_what_was_due_before(by: Actor, adult: Patient, clock: str, expected: int) -> None:
    plan = one(by, adult)
    at = local(f"2026-11-20 {clock}")
    actions.stop(by, plan.line, reason="wish", no_look_reason="well", version=1, at=at)
    for days in (0, 1):
        assert len(read(adult, days=days, at=at + timedelta(hours=1)).expected) == expected + 2 * days


def test_after_its_last_day_a_stopped_line_asks_for_nothing(by: Actor, adult: Patient) -> None:
    plan = one(by, adult, until_on=TODAY - DAY)
    DosePlan.objects.filter(pk=plan.pk).update(ended_on=TODAY, ended_at=NOW, ended_by=by.user)
    assert [due.slot.on for due in read(adult, days=1).expected] == [TODAY - DAY] * 2


def test_a_pause_asks_for_nothing(by: Actor, adult: Patient) -> None:
    plan = one(by, adult)
    actions.hold(by, plan.line, look_again_on=TODAY, reason="asked", version=1, at=NOW - 5 * DAY)
    actions.resume(by, plan.line, version=2, at=NOW - 2 * DAY)
    days = {due.slot.on for due in read(adult, days=7).expected}
    assert days == {TODAY - n * DAY for n in (0, 1, 2, 5, 6, 7)}  # the fifth: what was due before the pause


def test_lines_elsewhere_and_as_needed(by: Actor, adult: Patient) -> None:
    orders = [
        make_order(on=BEGIN.date(), is_elsewhere=True),
        make_order("cetirizine", on=BEGIN.date(), phase=Phase.AS_NEEDED, condition="itch", most_per_day=1),
    ]
    make_regimen(adult, *orders, by=by, at=BEGIN)
    line = adult.regimenlines.get(product__key="cetirizine")
    row = actions.record_application(by, line, kind="as_needed", applied_at=NOW, at=NOW)
    found = read(adult)
    assert (found.line, counts(found.tally), list(found.extra)) == (line, (0, 0, 0), [row])


def test_only_the_lines_asked_for(by: Actor, adult: Patient) -> None:
    make_regimen(adult, make_order(on=BEGIN.date()), make_emollient(on=BEGIN.date()), by=by, at=BEGIN)
    first, second = RegimenLine.objects.filter(patient=adult).order_by("pk")
    assert len(queries.line_doses(adult, since=TODAY, until=TODAY, at=NOW)) == 2
    assert read(adult, lines=[second]).line == second
    assert queries.line_doses(adult, since=TODAY, until=TODAY, at=NOW, lines=[]) == []
    assert read(adult, lines=[first]).line == first


def test_another_patients_doses_are_not_read(by: Actor, clinic: Clinic, adult: Patient) -> None:
    other = make_patient(clinic, birth_date=date(1980, 5, 4))
    plan = one(by, other)
    one(by, adult)
    actions.record_dose(by, plan, Slot(TODAY, "morning"), DONE, at=NOW)
    assert counts(read(adult, days=0).tally) == (0, 0, 1)


@pytest.mark.parametrize("lines", [1, 4])
def test_three_queries_and_one_for_the_places(
    by: Actor, adult: Patient, lines: int, django_assert_num_queries: Any
) -> None:
    orders = [make_order("emollient", site, on=BEGIN.date()) for site in ("face", "trunk", "hands", "feet")[:lines]]
    make_regimen(adult, *orders, by=by, at=BEGIN)
    for plan in DosePlan.objects.filter(patient=adult):
        for days in range(7):
            actions.record_dose(by, plan, Slot(TODAY - days * DAY, "morning"), DONE, at=NOW)
    with django_assert_num_queries(3):
        found = queries.line_doses(adult, since=TODAY - 20 * DAY, until=TODAY, at=NOW)
        assert [row.recorded_by.name for one in found for row in one.records.values()] == ["Dana Derm"] * 7 * lines


# --- Calendar -----------------------------------------------------------------------------------------------------------


def test_the_calendar_of_a_week(by: Actor, adult: Patient) -> None:
    plan = one(by, adult, until_on=TODAY + 2 * DAY)
    for days, said in ((4, (DONE, DONE)), (3, (DONE, SKIPPED)), (2, (SKIPPED, SKIPPED)), (1, (DONE, None))):
        for name, what in zip(("morning", "evening"), said, strict=True):
            if what:
                actions.record_dose(by, plan, Slot(TODAY - days * DAY, name), what, at=NOW)
    since, until = TODAY - 5 * DAY, TODAY + 3 * DAY
    (doses,) = queries.line_doses(adult, since=since, until=until, at=NOW)
    found = queries.calendar(doses, since=since, until=until, today=TODAY)
    assert [day.on for day in found] == [since + n * DAY for n in range(9)]
    states = ["no_record", "done", "partly", "skipped", "partly", "no_record", "future", "future", "not_due"]
    assert [day.state for day in found] == states
    assert sum((day.tally for day in found), Tally()) == doses.tally


def test_the_calendar_of_maintenance_before_and_after_its_hour(by: Actor, adult: Patient) -> None:
    plan = kept(by, adult, 1, 4)  # Tuesday and Friday
    actions.record_dose(by, plan, Slot(TODAY - 3 * DAY, "evening"), DONE, at=NOW)

    def states(at: datetime) -> list[str]:
        since, until = TODAY - 4 * DAY, TODAY + 4 * DAY
        (doses,) = queries.line_doses(adult, since=since, until=until, at=at)
        return [str(day.state) for day in queries.calendar(doses, since=since, until=until, today=TODAY)]

    rest = ["not_due", "not_due", "not_due", "future"]
    before = ["not_due", "done", "not_due", "not_due"]
    assert states(NOW) == [*before, "future", *rest]
    assert states(local("2026-11-20 20:00")) == [*before, "no_record", *rest]


# --- Free days ----------------------------------------------------------------------------------------------------------


def gaps(patient: Patient, at: datetime = NOW) -> list[tuple[date, date, bool]]:
    return [(gap.row.on, gap.other_on, gap.is_planned) for gap in queries.short_gaps(read(patient, at=at))]


def test_the_label_of_tacrolimus_asks_for_two_free_days_and_an_emollient_for_none(by: Actor, adult: Patient) -> None:
    assert free_days_of(product_facts(one(by, adult).line.product)) == 2
    other = make_emollient()
    assert free_days_of(product_facts(other.product)) is None


@pytest.mark.parametrize(
    ("applied", "other", "is_planned"),
    [
        ("2026-11-16 23:00", None, False),  # Monday's on Monday
        ("2026-11-17 09:00", "2026-11-19", True),  # Monday's on Tuesday: one free day to Thursday
        ("2026-11-18 09:00", "2026-11-19", True),
        ("2026-11-19 09:00", None, False),  # on Thursday: one day of use
        ("2026-11-20 09:00", None, False),  # what lay before it and is not recorded is not known to have been used
    ],
)
def test_a_late_application_too_close_to_the_next_planned_one(
    by: Actor, adult: Patient, applied: str, other: str | None, is_planned: bool
) -> None:
    plan = kept(by, adult)
    said = Said("done", applied_at=local(applied))
    actions.record_dose(by, plan, Slot(date(2026, 11, 16), "evening"), said, at=NOW)
    expected = [] if other is None else [(date.fromisoformat(applied[:10]), date.fromisoformat(other), is_planned)]
    assert gaps(adult) == expected


def test_an_extra_application_next_to_one_that_was_recorded(by: Actor, adult: Patient) -> None:
    plan = kept(by, adult)
    actions.record_dose(by, plan, Slot(date(2026, 11, 16), "evening"), DONE, at=NOW)
    actions.record_dose(by, plan, Slot(date(2026, 11, 19), "evening"), DONE, at=NOW)
    assert gaps(adult) == []
    actions.record_application(by, plan.line, kind="extra", applied_at=local("2026-11-18 09:00"), at=NOW)
    assert gaps(adult) == [(date(2026, 11, 18), date(2026, 11, 19), False)]


def test_two_applications_on_one_day_are_too_close(by: Actor, adult: Patient) -> None:
    plan = kept(by, adult)
    actions.record_dose(by, plan, Slot(date(2026, 11, 16), "evening"), DONE, at=NOW)
    actions.record_application(by, plan.line, kind="extra", applied_at=local("2026-11-16 09:00"), at=NOW)
    assert gaps(adult) == [(date(2026, 11, 16), date(2026, 11, 16), False)]


def test_a_planned_dose_that_was_skipped_is_not_too_close(by: Actor, adult: Patient) -> None:
    plan = kept(by, adult)
    said = Said("done", applied_at=local("2026-11-18 09:00"))
    actions.record_dose(by, plan, Slot(date(2026, 11, 16), "evening"), said, at=NOW)
    actions.record_dose(by, plan, Slot(date(2026, 11, 19), "evening"), SKIPPED, at=NOW)
    assert gaps(adult) == []


def test_daily_use_and_other_products_have_no_gaps(by: Actor, clinic: Clinic, adult: Patient) -> None:
    plan = one(by, adult)
    actions.record_application(by, plan.line, kind="extra", applied_at=NOW - DAY, at=NOW)
    assert gaps(adult) == []
    other = make_patient(clinic, birth_date=date(1980, 5, 4))
    cream = one(by, other, "emollient", "whole_body", phase=Phase.MAINTENANCE, weekdays=(0, 3))
    actions.record_application(by, cream.line, kind="extra", applied_at=NOW - 2 * DAY, at=NOW)
    assert gaps(other) == []


@pytest.mark.parametrize(("site", "is_near"), [("hands", False), ("cheeks", True)])
def test_only_skin_that_two_plans_share(by: Actor, adult: Patient, site: str, is_near: bool) -> None:
    """Face on Monday and Thursday; another part of the same line on Tuesday and Friday."""
    plan = one(by, adult, "tacrolimus-0.1", "face", "hands")
    values: dict[str, Any] = {"flares_in_a_year": 5, "review_on": TODAY + 90 * DAY, "at": NOW - 10 * DAY}
    face = actions.step_to_maintenance(by, plan.line, [place("face")], weekdays=(0, 3), version=1, **values)
    hands = actions.step_to_maintenance(by, plan.line, [place("hands")], weekdays=(1, 4), version=2, **values)
    hands.places.update(site=site)
    actions.record_dose(by, hands, Slot(date(2026, 11, 17), "evening"), DONE, at=NOW)
    said = Said("done", applied_at=datetime.combine(date(2026, 11, 18), time(9), UTC))
    late = actions.record_dose(by, face, Slot(date(2026, 11, 16), "evening"), said, at=NOW)
    actions.record_dose(by, face, Slot(date(2026, 11, 19), "evening"), SKIPPED, at=NOW)
    assert gaps(adult) == ([(late.on, date(2026, 11, 17), False)] if is_near else [])
