"""What was due and what is recorded of it: adherence, the calendar, the doses of a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from clinics.models import Clinic
from clinics.models.base import local_date
from patients.models import Patient
from patients.sites import Side, overlaps
from regimens.models import Application, ApplicationKind, DosePlan, DoseSettings, RegimenLine
from regimens.protocol import adherence, facts, slots
from regimens.protocol.adherence import DayState, Outcome, Tally, day_state, tally
from regimens.protocol.facts import Phase
from regimens.protocol.slots import Slot
from regimens.queries.facts import product_facts

LINE_BY_LINE = ("line__starts_on", "line_id", "from_on", "pk")
OPEN_EVENT_DAYS = 7  # EU leaflet of Protopic: burning is usually gone within a week (clinical.md C15)


class Settings(NamedTuple):
    """The clinic's numbers and words about doses, or the defaults."""

    window_days: int = adherence.WINDOW_DAYS
    least_records: int = adherence.LEAST_RECORDS
    low_percent: int = adherence.LOW_PERCENT
    open_event_days: int = OPEN_EVENT_DAYS
    late_words: str = ""
    green_words: str = ""
    yellow_words: str = ""
    red_words: str = ""
    call_words: str = ""


RANGES = {"window_days": (7, 182), "least_records": (1, 60), "low_percent": (1, 100), "open_event_days": (1, 60)}


def dose_settings(clinic: Clinic) -> Settings:
    """What the clinic chose, and the defaults for the rest."""
    row = DoseSettings.objects.filter(clinic=clinic).first()
    if row is None:
        return Settings()
    chosen = {name: getattr(row, name) for name in Settings._fields}
    return Settings(**{name: value for name, value in chosen.items() if value is not None})


class Due(NamedTuple):
    """A slot of a plan."""

    plan: int
    slot: Slot


@dataclass(frozen=True)
class LineDoses:
    """The doses of a line between two days: what was due by now, what is recorded, and what was applied beside."""

    line: RegimenLine
    plans: Sequence[DosePlan]
    expected: Sequence[Due]  # due by now, or recorded
    records: dict[Due, Application]
    extra: Sequence[Application]  # without a slot, the latest first

    @property
    def tally(self) -> Tally:
        """All of it counted."""
        return self._count(self.expected)

    def by_day(self) -> dict[date, Tally]:
        """The same by the day of the slots."""
        days: dict[date, list[Due]] = defaultdict(list)
        for due in self.expected:
            days[due.slot.on].append(due)
        return {on: self._count(found) for on, found in days.items()}

    def _count(self, expected: Iterable[Due]) -> Tally:
        expected = list(expected)
        return tally(expected, {due: Outcome(self.records[due].outcome) for due in expected if due in self.records})


def line_doses(
    patient: Patient, *, since: date, until: date, at: datetime, lines: Iterable[RegimenLine] | None = None
) -> list[LineDoses]:
    """The doses of a patient's lines (or of these) from one day to another, as far as they are due at `at`.

    Three queries, however many lines and doses. Lines prescribed elsewhere have none.
    """
    rows = Application.objects.live().filter(patient=patient).select_related("recorded_by")
    plans = DosePlan.objects.filter(patient=patient, line__is_elsewhere=False).select_related("line__product")
    if lines is not None:
        wanted = list(lines)
        rows, plans = rows.filter(line__in=wanted), plans.filter(line__in=wanted)
    of_slot = Q(kind=ApplicationKind.SLOT)
    inside = rows.filter(of_slot & Q(slot_on__range=(since, until)) | ~of_slot & Q(on__range=(since, until)))
    recorded: dict[int, list[Application]] = defaultdict(list)
    for row in inside.order_by("-applied_at"):
        recorded[row.line_id].append(row)
    # A plan that ended before the first of these days may have a dose recorded all the same.
    used = Q(from_on__lte=until) & (Q(ended_on__isnull=True) | Q(ended_on__gte=since))
    has_records = Q(pk__in={row.plan_id for found in recorded.values() for row in found})
    by_line: dict[int, list[DosePlan]] = defaultdict(list)
    for plan in plans.filter(used | has_records).prefetch_related("places").order_by(*LINE_BY_LINE):
        by_line[plan.line_id].append(plan)
    return [_of_line(found, recorded[key], since, until, at) for key, found in by_line.items()]


def _of_line(plans: list[DosePlan], recorded: Iterable[Application], since: date, until: date, at: datetime) -> LineDoses:
    records: dict[Due, Application] = {}
    extra: list[Application] = []
    for row in recorded:
        if row.kind == ApplicationKind.SLOT:
            records[Due(row.plan_id or 0, Slot(row.slot_on or row.on, row.slot))] = row
        else:
            extra.append(row)
    expected = [Due(plan.pk, slot) for plan in plans for slot in due_slots(plan, since, until, at)]
    known = set(expected)
    expected += [due for due in records if due not in known]
    return LineDoses(plans[0].line, plans, sorted(expected, key=lambda due: due.slot.on), records, extra)


def due_slots(plan: DosePlan, since: date, until: date, at: datetime) -> list[Slot]:
    """The slots of a plan from one day to another that were due by `at`, and not before the plan was written down.

    What began before somebody entered it here could not be recorded: that is not "no record".
    """
    schedule = plan.schedule
    today, entered = local_date(at, plan.zone), local_date(plan.started_at, plan.zone)
    found = plan_slots(plan, max(since, entered), min(until, today))
    return [
        slot
        for slot in found
        if entered < slot.on < today or plan.started_at <= slots.due_at(schedule, slot) <= at  # clocks only where needed
    ]


def plan_slots(plan: DosePlan, since: date, until: date) -> list[Slot]:
    """The slots of a plan (with its line) from one day to another.

    Of the day of a step, those due before it are of the plan that it ended, and those due after it of the one it opened.
    """
    schedule, ended, begun = plan.schedule, plan.ended_at, plan.started_at
    if ended is not None and plan.ended_on == local_date(ended, plan.zone):
        last = plan.ended_on
        schedule = replace(schedule, last_on=min(plan.planned_last_on or last, last))
        found = slots.slots(schedule, since, until)
        found = [slot for slot in found if slot.on < last or slots.due_at(schedule, slot) < ended]
    else:
        found = slots.slots(schedule, since, until)
    if begun <= plan.line.started_at:
        return found
    on = local_date(begun, plan.zone)
    return [slot for slot in found if slot.on > on or slots.due_at(schedule, slot) >= begun]


class CalendarDay(NamedTuple):
    """A day of the calendar of a line."""

    on: date
    state: DayState
    tally: Tally


def calendar(doses: LineDoses, *, since: date, until: date, today: date) -> list[CalendarDay]:
    """Each day from one to another with what is recorded of it; one that lies ahead is future where a dose will be due."""
    counted = doses.by_day()
    ahead = {slot.on for plan in doses.plans for slot in plan_slots(plan, max(since, today), until)}
    found = []
    for number in range((until - since).days + 1):
        on = since + timedelta(days=number)
        count = counted.get(on, Tally())
        state = day_state(on, count, today)
        if not count.expected:
            state = DayState.FUTURE if on in ahead else DayState.NOT_DUE
        found.append(CalendarDay(on, state, count))
    return found


def free_days_of(product: facts.Product) -> int | None:
    """Free days that a verified label fact asks for between two maintenance applications; None where none does."""
    asked = [
        fact.value for fact in product.facts if fact.kind == "free-days" and fact.is_verified and fact.value is not None
    ]
    return int(max(asked)) if asked else None


@dataclass(frozen=True)
class ShortGap:
    """A maintenance application with fewer free days to another (or to the next planned one) than the class needs."""

    row: Application
    other_on: date
    free_days: int
    is_planned: bool = field(default=False)  # the other is planned, and nothing is recorded of it


def short_gaps(doses: LineDoses) -> list[ShortGap]:
    """The late and extra maintenance applications that leave fewer free days than the label of the product asks for.

    To another application on skin they share, or to the next planned one of which nothing is recorded. It is a note and
    stops nothing: the leaflet says to apply a forgotten dose as soon as it is remembered and to go on as before.
    """
    free = free_days_of(product_facts(doses.line.product))
    kept = {plan.pk: plan for plan in doses.plans if plan.phase == Phase.MAINTENANCE}
    rows = [row for row in (*doses.records.values(), *doses.extra) if row.plan_id in kept and row.outcome == Outcome.DONE]
    found = []
    for row in rows if free else []:
        if row.kind == ApplicationKind.SLOT and row.on == row.slot_on:
            continue  # as planned: what comes too close to it says so itself
        near = {key: plan for key, plan in kept.items() if _share_skin(plan, kept[row.plan_id or 0])}
        applied = {other.on for other in rows if other.pk != row.pk and other.plan_id in near}
        planned = _still_planned(near.values(), doses, row.on, free or 0)
        other = slots.short_of_free_days(row.on, applied | planned, free or 0)
        if other is not None:
            found.append(ShortGap(row, other, free or 0, is_planned=other not in applied))
    return sorted(found, key=lambda gap: (gap.row.on, gap.row.pk), reverse=True)


def _share_skin(one: DosePlan, other: DosePlan) -> bool:
    """Whether two plans are for skin they share; what is not applied to the skin has no places of its own."""
    return any(
        not (a.site and b.site) or overlaps(a.site, Side(a.side), b.site, Side(b.side))
        for a in one.places.all()
        for b in other.places.all()
    )


def _still_planned(plans: Iterable[DosePlan], doses: LineDoses, after: date, free: int) -> set[date]:
    """Days of planned doses soon after a day of which nothing is recorded yet."""
    first, last = after + timedelta(days=1), after + timedelta(days=free)
    soon = [Due(plan.pk, slot) for plan in plans for slot in slots.slots(plan.schedule, first, last)]
    return {due.slot.on for due in soon if due not in doses.records}
