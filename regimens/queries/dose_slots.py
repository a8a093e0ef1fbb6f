"""The slots of a patient's lines one by one: when each is due, what is recorded of it; and the plan a slot belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from django.db.models import prefetch_related_objects

from clinics.models.base import local_date
from patients.models import Patient
from regimens.models import Application, ApplicationKind, DosePlan, RegimenLine
from regimens.protocol import slots
from regimens.protocol.adherence import Outcome
from regimens.protocol.slots import Slot
from regimens.queries.doses import Due, LineDoses, line_doses, plan_slots


class SlotState(StrEnum):
    """What is known of a slot. No record is neither done nor skipped."""

    DONE = Outcome.DONE.value
    SKIPPED = Outcome.SKIPPED.value
    NO_RECORD = "no_record"
    NOT_DUE_YET = "not_due_yet"


class SlotNow(NamedTuple):
    """A slot with what is recorded of it."""

    plan: DosePlan
    slot: Slot
    due_at: datetime
    state: SlotState
    record: Application | None


class LineSlots(NamedTuple):
    """The slots of a line, as they come due, and what was applied beside them."""

    doses: LineDoses
    slots: list[SlotNow]


def slots_of(
    patient: Patient, *, since: date, until: date, at: datetime, lines: Iterable[RegimenLine] | None = None
) -> list[LineSlots]:
    """Every slot of a patient's lines (or of these) from one day to another: recorded, due by `at`, or ahead."""
    return [LineSlots(one, _slots(one, since, until, at)) for one in _whole(patient, since, until, at, lines)]


def _whole(
    patient: Patient, since: date, until: date, at: datetime, lines: Iterable[RegimenLine] | None
) -> list[LineDoses]:
    """line_doses, each record with its line, its plan and the row it replaces: one query more, where one was changed."""
    found = line_doses(patient, since=since, until=until, at=at, lines=lines)
    rows = []
    for doses in found:
        plans = {plan.pk: plan for plan in doses.plans}
        for row in (*doses.records.values(), *doses.extra):
            row.line = doses.line
            row.plan = plans[row.plan_id or 0]
            rows.append(row)
    prefetch_related_objects(rows, "replaces")
    return found


def _slots(doses: LineDoses, since: date, until: date, at: datetime) -> list[SlotNow]:
    plans = {plan.pk: plan for plan in doses.plans}
    found = []
    for due in doses.expected:
        record, plan = doses.records.get(due), plans[due.plan]
        state = SlotState(record.outcome) if record is not None else SlotState.NO_RECORD
        found.append(SlotNow(plan, due.slot, _due_at(plan, due.slot), state, record))
    known = set(doses.expected)
    for plan in doses.plans:
        for slot in slots.slots(plan.schedule, max(since, local_date(at, plan.zone)), until):
            due_at = _due_at(plan, slot)
            if due_at > at and Due(plan.pk, slot) not in known:
                found.append(SlotNow(plan, slot, due_at, SlotState.NOT_DUE_YET, None))
    return sorted(found, key=lambda one: (one.due_at, one.plan.pk))


def _due_at(plan: DosePlan, slot: Slot) -> datetime:
    return slots.instant(slot.on, dict(plan.slot_times)[slot.name], plan.zone)


def plans_with(line: RegimenLine, slot: Slot) -> list[DosePlan]:
    """The plans of a line that ask for a slot: more than one where its sites are in different phases."""
    rows = DosePlan.objects.filter(line=line).select_related("line", "patient__clinic").order_by("pk")
    return [plan for plan in rows if slot in plan_slots(plan, slot.on, slot.on)]


def dose_now(row: Application) -> Application:
    """What counts now in the place of a record that was undone or changed; without any, the record itself as it is."""
    live = Application.objects.live().filter(plan=row.plan_id, slot_on=row.slot_on, slot=row.slot)
    found = live.filter(kind=ApplicationKind.SLOT).first() if row.kind == ApplicationKind.SLOT else None
    return found or Application.objects.get(pk=row.pk)
