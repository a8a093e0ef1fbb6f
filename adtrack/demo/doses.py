"""What the made-up people did with their doses: months of them, the same every time.

The doses of slots are written in bulk, as the rows (with their audit rows) that regimens.actions.record_dose makes of the
same words; the tests compare. Everything else goes through the actions. Patients have no door of their own yet: the nurse
enters what they send, mostly at once, some days late.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from clinics import audit
from clinics.access import Actor
from clinics.models import Kind
from patients.ages import completed_months
from patients.models import Patient
from regimens import actions
from regimens.models import Application, ApplicationKind, DoseOutcome, DosePlan, RecordedAs, RegimenLine, SkipReason
from regimens.protocol import slots
from regimens.protocol.facts import Family, Phase
from regimens.protocol.fingertips import amount_for
from regimens.protocol.slots import Slot
from regimens.queries.doses import due_slots
from regimens.queries.facts import place_of

SEED = "adtrack demonstration, doses"
TUBE, EACH_DAYS = 30, timedelta(days=56)  # grams, and how often somebody counts
FRIDAY = 4


class Habit(NamedTuple):
    """How somebody uses and records: shares of the doses, at the beginning and at the end."""

    told: tuple[float, float]  # anything is recorded
    done: tuple[float, float]  # of those
    at_weekends: float = 1.0  # of both
    reasons: tuple[str, ...] = (SkipReason.FORGOT,)


HABITS = {
    "faithful": Habit((0.98, 0.96), (0.98, 0.96), reasons=(SkipReason.FORGOT, SkipReason.OTHER)),
    "weekends": Habit((0.97, 0.95), (0.97, 0.95), at_weekends=0.45),
    "fades": Habit((0.98, 0.25), (0.97, 0.6), reasons=(SkipReason.FELT_WELL, SkipReason.FORGOT, SkipReason.RAN_OUT)),
    "few": Habit((0.04, 0.04), (0.7, 0.7)),
    "nothing": Habit((0, 0), (0, 0)),
}
OFTEN = ("faithful", "faithful", "weekends", "weekends", "fades", "fades", "few", "nothing")
# By record number of the first clinic.
KNOWN = {"D-1001": "faithful", "D-1002": "fades", "D-1036": "weekends", "D-1037": "nothing", "D-1038": "few"}


def keep_diary(number: str, patient: Patient, by: Actor, *, until: date, at: datetime) -> None:
    """The doses of one person's lines up to a day, applications beside them, and tubes."""
    drawn = Random(f"{SEED} {number}")  # noqa: S311 - made-up data
    habit = HABITS[KNOWN.get(number) or drawn.choice(OFTEN)]
    plans = list(
        DosePlan.objects.filter(patient=patient, line__is_elsewhere=False).select_related("line__product", "patient")
    )
    with_emollient = drawn.random() < 0.2
    rows = [
        row
        for plan in plans
        if with_emollient or plan.line.product.family != Family.EMOLLIENT
        for row in diary(plan, habit, by, drawn, until=until, at=at)
    ]
    write(by, patient, rows)
    if rows:
        for plan in plans:
            _extra(plan, by, drawn, at)
        for line in RegimenLine.objects.filter(patient=patient).select_related("product", "patient__clinic"):
            _tubes(line, by, drawn, until, at)
    if number == "D-1001" and rows:
        _slips(by, patient, at)


def write(by: Actor, patient: Patient, rows: list[Application]) -> None:
    """Many rows at once, each with its audit row."""
    Application.objects.bulk_create(rows, batch_size=500)
    for row in rows:
        audit.record(by, "dose recorded", Kind.CREATE, at=row.recorded_at, obj=row, patient=patient.public_id)


def diary(plan: DosePlan, habit: Habit, by: Actor, drawn: Random, *, until: date, at: datetime) -> Iterator[Application]:
    """A row for each slot of a plan that somebody said something about, not saved yet."""
    begun = plan.line.starts_on
    whole = max((until - begun).days, 1)
    for slot in due_slots(plan, plan.from_on, until, at):
        share = (slot.on - begun).days / whole
        usual = habit.at_weekends if slot.on.weekday() > FRIDAY else 1
        told, done = ((first + (last - first) * share) * usual for first, last in (habit.told, habit.done))
        is_told, is_done, is_late = drawn.random() < told, drawn.random() < done, drawn.random() < 0.06
        if is_told and (row := _row(plan, slot, habit, by, drawn, is_done=is_done, is_late=is_late)).recorded_at <= at:
            yield row


def _row(
    plan: DosePlan, slot: Slot, habit: Habit, by: Actor, drawn: Random, *, is_done: bool, is_late: bool
) -> Application:
    """As record_dose makes it: applied within the hour, recorded soon after it, or on one of the next six days at noon."""
    applied_at = slots.due_at(plan.schedule, slot) + timedelta(minutes=drawn.randrange(60))
    recorded_at = applied_at + timedelta(minutes=drawn.randrange(1, 40))
    if is_late:
        later = slot.on + timedelta(days=drawn.randrange(1, 7))
        recorded_at = datetime.combine(later, time(12), ZoneInfo(plan.zone))
    return Application(
        patient=plan.patient,
        line=plan.line,
        plan=plan,
        kind=ApplicationKind.SLOT,
        slot_on=slot.on,
        slot=slot.name,
        outcome=DoseOutcome.DONE if is_done else DoseOutcome.SKIPPED,
        skip_reason="" if is_done else drawn.choice(habit.reasons),
        applied_at=applied_at if is_done else None,
        on=slot.on,
        is_late=is_late,
        recorded_as=RecordedAs.STAFF,
        recorded_at=recorded_at,
        recorded_by=by.account,
    )


def _extra(plan: DosePlan, by: Actor, drawn: Random, at: datetime) -> None:
    """In the days before a flare brought daily use back, some applied more than was planned."""
    is_flare = plan.phase == Phase.MAINTENANCE and plan.ended_on is not None and plan.line.ended_on is None
    if not is_flare or plan.ended_on is None or drawn.random() < 0.3:
        return
    planned = {slot.on for slot in slots.slots(plan.schedule, plan.from_on, plan.ended_on)}
    before = [plan.ended_on - timedelta(days=days) for days in (2, 1)]
    for on in before:
        if on not in planned and on > plan.from_on:
            applied_at = datetime.combine(on, time(21, drawn.randrange(30)), ZoneInfo(plan.zone))
            then = min(applied_at + timedelta(minutes=15), at)
            note = "Itching again, put some on"
            actions.record_application(by, plan.line, kind="extra", applied_at=applied_at, note=note, at=then)


def _tubes(line: RegimenLine, by: Actor, drawn: Random, until: date, at: datetime) -> None:
    """Every eight weeks somebody counts the empty tubes: about what the doses of that time take."""
    if line.product.family not in (Family.TCI, Family.TCS) or line.ended_on is not None:
        return
    since = line.starts_on
    while since + EACH_DAYS <= until:
        last = since + EACH_DAYS - timedelta(days=1)
        used = Application.objects.live().filter(line=line, outcome=DoseOutcome.DONE, on__range=(since, last)).count()
        plan = line.plans.filter(from_on__lte=last).order_by("-from_on")[0]
        amount = amount_for(map(place_of, plan.places.all()), completed_months(line.patient.birth_date, since))
        if amount is not None and used:
            tubes = amount.grams * used / TUBE * Decimal(drawn.choice(("0.6", "0.8", "0.9", "1.1")))
            halves = max(Decimal("0.5"), (2 * tubes).quantize(Decimal(1)) / 2)
            noon = min(datetime.combine(last, time(12), ZoneInfo(line.patient.clinic.zone)), at)
            actions.report_tubes(by, line, since_on=since, until_on=last, tubes=halves, grams_each=TUBE, at=noon)
        since += EACH_DAYS


def _slips(by: Actor, patient: Patient, at: datetime) -> None:
    """One record that was taken back, and one that was said otherwise an hour later."""
    undone, changed = Application.objects.live().filter(patient=patient, outcome=DoseOutcome.DONE, is_late=False)[3:5]
    actions.undo_dose(by, undone, at=min(undone.recorded_at + timedelta(hours=1), at))
    said = actions.Said(DoseOutcome.SKIPPED, skip_reason=SkipReason.RAN_OUT, note="The tube was empty")
    actions.change_dose(by, changed, said, at=min(changed.recorded_at + timedelta(hours=1), at))
