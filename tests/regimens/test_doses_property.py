"""Whatever is ordered, moved, recorded, undone and entered late: the counts always add up and no slot has two records."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from clinics.access import Actor
from clinics.errors import Stale
from clinics.models import Role
from clinics.models.base import local_date
from patients.models import Patient
from regimens import actions, queries
from regimens.actions import Said
from regimens.errors import AlreadyRecorded
from regimens.models import Application, DosePlan, RegimenLine
from regimens.protocol import slots
from regimens.protocol.adherence import DayState, Tally
from regimens.protocol.slots import Slot, next_due
from tests.factories import NOW, actor_for, make_clinic, make_member, make_patient
from tests.regimens.test_actions_property import REFUSALS, Step, a_step

ZONES = ("", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu")
ACTS = (*["record"] * 9, "undo", "change", "extra", "times", "step", "step", "move on")
DAY = timedelta(days=1)
SAID = (Said("done"), Said("done"), Said("skipped", skip_reason="forgot"))


def any_slot(chance: Random, plan: DosePlan, at: datetime) -> Slot:
    """Mostly a slot of the plan in its last days, sometimes what is none, or too old, or ahead."""
    today = local_date(at, plan.zone)
    planned = slots.slots(plan.schedule, today - 8 * DAY, today + DAY)
    if planned and chance.random() < 0.8:
        return chance.choice(planned)
    return Slot(today - chance.choice((-1, 0, 1, 8)) * DAY, chance.choice(("morning", "evening", "midday")))


def an_act(by: Actor, patient: Patient, chance: Random, at: datetime) -> Any:
    """Something somebody tries with what there is; the result, if any, of the call."""
    kind = chance.choice(ACTS)
    plans = list(DosePlan.objects.filter(patient=patient).select_related("line", "patient__clinic").order_by("pk"))
    rows = list(Application.objects.filter(patient=patient).order_by("pk"))
    if kind == "move on":
        return actions.advance_due(at=at)
    if kind == "step" or not plans:
        step = Step.any_of(chance) if plans else Step("start", 0, frozenset({"face", "trunk"}), chance.randrange(8), 0)
        call = a_step(by, patient, step, at)
        return call() if call else None
    plan, said = chance.choice(plans if chance.random() < 0.3 else plans[-2:]), chance.choice(SAID)
    if kind == "record":
        return actions.record_dose(by, plan, any_slot(chance, plan, at), said, at=at)
    if kind == "extra":
        what = chance.choice(("extra", "as_needed"))
        ago = timedelta(hours=chance.choice((-1, 0, 1, 30, 160, 200)))
        return actions.record_application(by, plan.line, kind=what, applied_at=at - ago, at=at)
    if kind == "times":
        line = RegimenLine.objects.get(pk=plan.line_id)
        shift = chance.randrange(0, 120, 5)
        times = [(name, time(moment.hour, moment.minute // 2 + shift // 5)) for name, moment in plan.slot_times]
        zone = chance.choice(ZONES)
        return actions.set_times(by, line, times, zone=zone, version=line.version, at=at)
    if not rows:
        return None
    row = chance.choice(rows)
    return actions.undo_dose(by, row, at=at) if kind == "undo" else actions.change_dose(by, row, said, at=at)


def assert_counted(patient: Patient, since: date, until: date, at: datetime) -> None:
    """What must hold of any window: everything is counted, once, as what it is."""
    live = Application.objects.live().filter(patient=patient)
    inside = live.filter(kind="slot", slot_on__range=(since, until))
    beside = live.exclude(kind="slot").filter(on__range=(since, until))
    found = queries.line_doses(patient, since=since, until=until, at=at)
    assert len({doses.line.pk for doses in found}) == len(found)
    assert sorted(row.pk for doses in found for row in doses.records.values()) == sorted(row.pk for row in inside)
    assert sorted(row.pk for doses in found for row in doses.extra) == sorted(row.pk for row in beside)
    outcomes = Counter(row.outcome for row in inside)
    whole = sum((doses.tally for doses in found), Tally())
    assert (whole.done, whole.skipped) == (outcomes["done"], outcomes["skipped"])
    for doses in found:
        count = doses.tally
        assert len(set(doses.expected)) == len(doses.expected) == count.expected
        assert count.expected == count.done + count.skipped + count.no_record
        assert set(doses.records) <= set(doses.expected)
        assert all(since <= due.slot.on <= until for due in doses.expected)
        zones = {plan.pk: plan.zone for plan in doses.plans}
        assert all(row.plan_id in zones for row in doses.records.values())
        assert all(due.slot.on <= local_date(at, zones[due.plan]) for due in doses.expected if due not in doses.records)
        assert sum(doses.by_day().values(), Tally()) == count
        for least in (1, 6, 30):
            assert (count.percent(least) is None) is (count.records < least)
        today = patient.clinic.today(at)
        days = queries.calendar(doses, since=since, until=until, today=today)
        assert [day.on for day in days] == [since + n * DAY for n in range((until - since).days + 1)]
        assert sum((day.tally for day in days), Tally()) == count
        assert all(bool(day.tally.expected) is (day.state not in (DayState.FUTURE, DayState.NOT_DUE)) for day in days)
        for gap in queries.short_gaps(doses):
            assert 0 <= abs((gap.other_on - gap.row.on).days) <= gap.free_days == 2


def assert_sound(patient: Patient, at: datetime) -> None:
    """What must hold of the rows."""
    live = list(Application.objects.live().filter(patient=patient).select_related("plan"))
    recorded = [(row.plan_id, row.slot_on, row.slot) for row in live if row.kind == "slot"]
    assert len(set(recorded)) == len(recorded)
    for row in Application.objects.filter(patient=patient).select_related("plan"):
        assert row.recorded_at <= at
        assert row.applied_at is None or row.applied_at <= row.recorded_at
        assert row.line_id == row.plan.line_id
        assert (row.withdrawn_at is None) or row.withdrawn_reason in ("undone", "changed")
        if row.kind == "slot" and row.replaces_id is None:
            assert row.is_late or (row.slot_on is not None and row.on >= row.slot_on)
    for plan in DosePlan.objects.filter(patient=patient).select_related("line"):
        due = next_due(plan.schedule, at)
        assert plan.next_due_at == due or (plan.next_due_at is not None and plan.next_due_at <= at)


class AnyDoses(TestCase):
    """Lists of random acts over some weeks, each looked at in several windows."""

    def setUp(self) -> None:
        clinic = make_clinic("Hillside")
        self.by = actor_for(make_member(clinic, Role.DERMATOLOGIST, may_prescribe=True), clinic)
        self.clinic = clinic

    @settings(max_examples=30, deadline=None, derandomize=True)
    @given(st.randoms(use_true_random=True), st.sampled_from(ZONES))
    def test_expected_is_done_and_skipped_and_no_record(self, chance: Random, zone: str) -> None:
        patient = make_patient(self.clinic, birth_date=date(1980, 5, 4), zone=zone)
        at = NOW
        for _number in range(36):
            at += timedelta(hours=chance.choice((0, 0, 1, 5, 12, 24, 50)))
            before = sorted(Application.objects.filter(patient=patient).values_list("pk", "withdrawn_at", "outcome"))
            try:
                with transaction.atomic():
                    an_act(self.by, patient, chance, at)
            except (*REFUSALS, AlreadyRecorded, Stale, ValidationError):
                after = sorted(Application.objects.filter(patient=patient).values_list("pk", "withdrawn_at", "outcome"))
                assert after == before
            assert_sound(patient, at)
        today = patient.clinic.today(at)
        for days in (0, 1, 7, 28, 60):
            assert_counted(patient, today - days * DAY, today, at)
        for _number in range(3):
            since = today - chance.randrange(40) * DAY
            assert_counted(patient, since, since + chance.randrange(20) * DAY, at)
