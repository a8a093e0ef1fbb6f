"""What the pages of doses show: today, what comes next, adherence, the calendar, what was recorded, tubes; all in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinics.access import May
from clinics.models.base import day, local_date, unbroken
from patients.models import Patient
from regimens import words
from regimens.models import Application, ApplicationKind, DosePlan, RegimenLine, TubeReport
from regimens.protocol import adherence, slots
from regimens.protocol.base import label_facts, strictest
from regimens.protocol.facts import Jurisdiction, LabelFact, Phase
from regimens.protocol.slots import Slot
from regimens.queries.dose_calendar import CalendarView, SignView, calendar_view, signs, span
from regimens.queries.dose_slots import dose_now
from regimens.queries.dose_words import Clock, RecordView, dose_words, record_view, recorded_dose, slot_key, zone_of
from regimens.queries.doses import (
    Due,
    LineDoses,
    Settings,
    ShortGap,
    dose_settings,
    due_slots,
    line_doses,
    plan_slots,
    short_gaps,
)
from regimens.queries.facts import place_of, product_facts
from regimens.queries.tubes import TubeView, tube_view

DAY = timedelta(days=1)
LAST_DAYS = timedelta(days=7)  # a dose can be recorded until so many days after its day
RECENT = timedelta(days=14)  # of records and notes on the page of all lines
ENDED, REPORTS = 50, 5  # lines that have ended, and reports of tubes of a line, at the most
MOST_PAGES = 520  # of a calendar: longer than anybody lives
STATE_WORDS = {
    "done": gettext_lazy("done"),
    "skipped": gettext_lazy("skipped"),
    "no_record": gettext_lazy("no record yet"),
    "ahead": gettext_lazy("due later today"),
    "before": gettext_lazy("due before it was ordered here"),
}


class DoseView(NamedTuple):
    """A dose of today."""

    key: str
    name: str
    time: str
    where: str
    state: str  # one of STATE_WORDS
    word: str
    record: RecordView | None


class AdherenceView(NamedTuple):
    """What was done of what was due, over the clinic's window."""

    since: str
    until: str
    counts: str
    verdict: str
    is_low: bool


class Sourced(NamedTuple):
    """A sentence, and who says so."""

    text: str
    source: str


@dataclass(frozen=True)
class LineDosesView:
    """The doses of a line."""

    public_id: UUID
    name: str
    is_ended: bool
    since: str
    ended: str
    uses: list[str]
    times: list[str]
    today_on: str
    today: list[DoseView]
    unrecorded: int  # of the last seven days
    next_dose: str
    adherence: AdherenceView
    calendar: CalendarView
    gaps: list[Sourced]
    missed: list[Sourced]
    records: list[RecordView]
    tubes: list[TubeView]
    has_tubes: bool
    has_times: bool


class EndedLine(NamedTuple):
    """A line that has ended, to look its doses up."""

    public_id: UUID
    name: str
    since: str
    ended: str


@dataclass(frozen=True)
class DosePage:
    """The doses of a patient."""

    lines: list[LineDosesView]
    elsewhere: list[str]
    ended: list[EndedLine]
    may_record: bool
    numbers: list[str]  # the thresholds, and whose they are
    late_words: str
    legend: list[SignView]


class SlotChoice(NamedTuple):
    """A dose that can be recorded, with what is recorded of it."""

    key: str
    plan: DosePlan
    slot: Slot
    label: str
    row: Application | None


@dataclass(frozen=True)
class _Look:
    """With what every line is looked at."""

    patient: Patient
    at: datetime
    settings: Settings
    clock: Clock
    page: int = 1
    is_alone: bool = False  # one line on its own page, with everything the calendar shows


def dose_page(patient: Patient, rights: frozenset[May], *, at: datetime) -> DosePage:
    """The doses of every line in use, and the names of the others. As many queries for ten lines as for one."""
    rows = list(RegimenLine.objects.filter(patient=patient).select_related("product", "patient__clinic"))
    on = local_date(at, patient.zone or patient.clinic.zone)
    in_use = [row for row in rows if not row.has_ended(on)]
    own = [row.pk for row in in_use if not row.is_elsewhere]
    ended = sorted((row for row in rows if row.has_ended(on) and not row.is_elsewhere), key=lambda row: row.ended_on or on)
    return replace(
        _page(patient, rights, _whole(own), at=at),
        elsewhere=[unbroken(row.product.name) for row in in_use if row.is_elsewhere],
        ended=[
            EndedLine(row.public_id, unbroken(row.product.name), day(row.starts_on), day(row.ended_on))
            for row in reversed(ended[-ENDED:])
        ],
    )


def line_dose_page(line: RegimenLine, rights: frozenset[May], *, page: int, at: datetime) -> DosePage:
    """The doses of one line, ended or not, with a page of its calendar and everything recorded in it."""
    return _page(line.patient, rights, _whole([line.pk]), at=at, page=min(max(1, page), MOST_PAGES), is_alone=True)


def _whole(keys: Iterable[int]) -> list[RegimenLine]:
    rows = RegimenLine.objects.filter(pk__in=list(keys)).select_related("product", "patient__clinic")
    return list(rows.prefetch_related("product__facts", "plans__places").order_by("starts_on", "pk"))


def _page(
    patient: Patient,
    rights: frozenset[May],
    rows: Sequence[RegimenLine],
    *,
    at: datetime,
    page: int = 1,
    is_alone: bool = False,
) -> DosePage:
    chosen = dose_settings(patient.clinic)
    look = _Look(patient, at, chosen, Clock(patient.clinic.zone), page, is_alone)
    return DosePage(
        lines=_line_views(rows, look),
        elsewhere=[],
        ended=[],
        may_record=May.RECORD_FACTS in rights and patient.closed_at is None and patient.deceased_on is None,
        numbers=_numbers(chosen),
        late_words=chosen.late_words,
        legend=signs(),
    )


def _line_views(rows: Sequence[RegimenLine], look: _Look) -> list[LineDosesView]:
    """Everything of these lines is read at once, from the first day that any of them shows."""
    reports: dict[int, list[TubeReport]] = defaultdict(list)
    tubes = TubeReport.objects.live().filter(line__in=rows).select_related("recorded_by")
    for report in tubes.order_by("-until_on", "-pk"):
        reports[report.line_id].append(report)
    shown = {row.pk: reports[row.pk][:REPORTS] for row in rows}
    since, until = _reach(rows, shown, look)
    read = line_doses(look.patient, since=since, until=until, at=look.at, lines=rows)
    found = {doses.line.pk: doses for doses in read}
    said: dict[int, list[Application]] = defaultdict(list)
    for record in _records(rows, since, until):
        said[record.line_id].append(record)
    views = []
    for row in rows:
        doses = found.get(row.pk)
        doses = replace(doses, line=row) if doses else LineDoses(row, [], [], {}, [])
        views.append(_line_view(doses, said[row.pk], shown[row.pk], look))
    return views


def _reach(rows: Sequence[RegimenLine], tubes: dict[int, list[TubeReport]], look: _Look) -> tuple[date, date]:
    """The first and the last day that is shown of any of these lines."""
    first = last = local_date(look.at, look.patient.zone or look.patient.clinic.zone)
    for row in rows:
        _today, end = _days(row, look)
        since, until = span(end, look.page)
        asked = (since, end - timedelta(days=look.settings.window_days), end - RECENT)
        first = min(first, *asked, *(report.since_on for report in tubes[row.pk]))
        last = max(last, until)
    return first, last + DAY


def _records(rows: Sequence[RegimenLine], since: date, until: date) -> Iterable[Application]:
    """What was recorded for these days, also what was taken back, the latest first."""
    of_days = Q(on__range=(since, until)) | Q(slot_on__range=(since, until))
    found = Application.objects.filter(of_days, line__in=rows).select_related("recorded_by", "withdrawn_by", "plan")
    return found.order_by("-on", "-recorded_at", "-pk")


def _days(line: RegimenLine, look: _Look) -> tuple[date, date]:
    """Today where the line is used, and the last day that counts: today, or the last day of a line that has ended."""
    today = local_date(look.at, zone_of(line))
    last = line.ended_on or today
    if line.ended_on and not (line.ended_at and local_date(line.ended_at, zone_of(line)) == line.ended_on):
        last -= DAY  # planned ahead; else the doses due before the moment it ended count
    return today, max(min(today, last), min(today, line.starts_on))


def _between(doses: LineDoses, since: date, until: date) -> LineDoses:
    return replace(doses, expected=[due for due in doses.expected if since <= due.slot.on <= until])


def _line_view(doses: LineDoses, records: Sequence[Application], tubes: Sequence[TubeReport], look: _Look) -> LineDosesView:
    line = doses.line
    today, end = _days(line, look)
    since, until = span(end, look.page) if look.is_alone else (end - RECENT, end + DAY)
    live = [plan for plan in line.plans.all() if plan.last_on is None or plan.last_on >= today]
    return LineDosesView(
        public_id=line.public_id,
        name=unbroken(line.product.name),
        is_ended=line.has_ended(today),
        since=day(line.starts_on),
        ended=day(line.ended_on),
        uses=[_use(plan) for plan in live if plan.from_on <= today],
        times=_times(live, look.clock),
        today_on=day(today),
        today=_today(doses, today, look),
        unrecorded=_unrecorded(doses, today, look.at),
        next_dose=_next_dose(doses, live, look),
        adherence=_adherence(doses, end, look.settings),
        calendar=calendar_view(doses, line.starts_on, end=end, today=today, page=look.page),
        gaps=[_gap(gap, doses) for gap in short_gaps(doses) if since <= gap.row.on <= until],
        missed=[] if {plan.phase for plan in live if plan.ended_on is None} == {Phase.HOLD} else _missed(line, look),
        records=[record_view(row, look.clock) for row in records if since <= (row.slot_on or row.on) <= until],
        tubes=[tube_view(report, doses) for report in tubes],
        has_tubes=line.product.has_sites,
        has_times=any(plan.times and plan.ended_on is None for plan in live),
    )


# --- How it is used, and what is due -----------------------------------------------------------------------------------


def _use(plan: DosePlan) -> str:
    """ "Daily: twice daily · Face"."""
    where = _where(plan)
    text = _("%(phase)s: %(how)s") % {"phase": words.PHASE_WORDS[plan.phase], "how": words.how(plan)}
    return f"{text} · {where}" if where else text


def _where(plan: DosePlan) -> str:
    return words.where(place_of(row) for row in plan.places.all() if row.ended_on == plan.ended_on)


def _times(plans: Iterable[DosePlan], clock: Clock) -> list[str]:
    """The times of a day, each once: "morning 08:00, evening 20:00 (America/New_York)"."""
    found: dict[str, None] = {}
    for plan in plans:
        if plan.times:
            said = ", ".join(f"{words.dose_name(name)} {at:%H:%M}" for name, at in plan.slot_times)
            found[said + clock.named(plan.zone)] = None
    return list(found)


def _today(doses: LineDoses, today: date, look: _Look) -> list[DoseView]:
    """The doses of today, by time; where several plans are in use, with the place of each."""
    offered = {plan.pk: set(plan_slots(plan, today, today)) for plan in doses.plans}
    for due in doses.records:
        if due.slot.on == today:
            offered[due.plan].add(due.slot)
    plans = [plan for plan in doses.plans if offered[plan.pk]]
    found = []
    for plan in plans:
        times = dict(plan.slot_times)
        for slot in offered[plan.pk]:
            row = doses.records.get(Due(plan.pk, slot))
            if row is not None:
                row.plan = plan
            state = _state(plan, slot, row, look.at)
            view = DoseView(
                slot_key(plan, slot),
                words.dose_name(slot.name),
                f"{times[slot.name]:%H:%M}{look.clock.named(plan.zone)}",
                _where(plan) if len(plans) > 1 else "",
                state,
                str(STATE_WORDS[state]),
                record_view(row, look.clock) if row else None,
            )
            found.append((times[slot.name], view))
    return [view for _at, view in sorted(found, key=lambda pair: pair[0])]


def _state(plan: DosePlan, slot: Slot, row: Application | None, at: datetime) -> str:
    if row is not None:
        return row.outcome
    due = slots.due_at(plan.schedule, slot)
    if due > at:
        return "ahead"
    return "no_record" if due >= plan.started_at else "before"


def _unrecorded(doses: LineDoses, today: date, at: datetime) -> int:
    """How many doses of the last seven days were due and have no record."""
    due = [Due(plan.pk, slot) for plan in doses.plans for slot in due_slots(plan, today - LAST_DAYS, today, at)]
    return sum(one not in doses.records for one in due)


def _next_dose(doses: LineDoses, plans: Iterable[DosePlan], look: _Look) -> str:
    """The first dose after now of which nothing is recorded: "Friday 20-Nov-2026, evening, 20:00"."""
    found = [moment for plan in plans if (moment := _next_of(doses, plan, look.at)) is not None]
    if not found:
        return ""
    at, plan, slot = min(found, key=lambda one: one[0])
    said = {"dose": dose_words(slot.on, slot.name), "time": look.clock.moment(at, plan.zone).split(" ", 1)[1]}
    return _("%(dose)s, %(time)s") % said


def _next_of(doses: LineDoses, plan: DosePlan, at: datetime) -> tuple[datetime, DosePlan, Slot] | None:
    schedule, moment = plan.schedule, slots.next_due(plan.schedule, at)
    while moment is not None:
        on = local_date(moment, plan.zone)
        near = [slot for slot in slots.slots(schedule, on - DAY, on) if slots.due_at(schedule, slot) == moment]
        if any(Due(plan.pk, slot) not in doses.records for slot in near):
            return moment, plan, near[-1]
        moment = slots.next_due(schedule, moment)
    return None


def doses_to_record(line: RegimenLine, *, at: datetime) -> list[SlotChoice]:
    """The doses of the last seven days of a line (with its plans and places), the latest first; two queries."""
    since, found = local_date(at, zone_of(line)) - LAST_DAYS, []
    rows = Application.objects.live().filter(line=line, kind=ApplicationKind.SLOT, slot_on__gte=since - DAY)
    records = {(row.plan_id, row.slot_on, row.slot): row for row in rows.select_related("recorded_by", "plan")}
    for plan in [] if line.is_elsewhere else line.plans.all():
        today, times, where = local_date(at, plan.zone), dict(plan.slot_times), _where(plan)
        for slot in plan_slots(plan, today - LAST_DAYS, today):
            said = [dose_words(slot.on, slot.name), f"{times[slot.name]:%H:%M}"]
            label = ", ".join(said) + (f" · {where}" if where else "")
            row = records.get((plan.pk, slot.on, slot.name))
            found.append((slot.on, times[slot.name], SlotChoice(slot_key(plan, slot), plan, slot, label, row)))
    return [choice for _on, _at, choice in sorted(found, key=lambda one: one[:2], reverse=True)]


# --- Adherence and notes -----------------------------------------------------------------------------------------------


def _adherence(doses: LineDoses, end: date, chosen: Settings) -> AdherenceView:
    """Over the clinic's window until today, or until the last day of a line that has ended."""
    since = end - timedelta(days=chosen.window_days - 1)
    found = _between(doses, since, end).tally
    percent = found.percent(chosen.least_records)
    counts = _("%(done)s done, %(skipped)s skipped, %(none)s no record of %(all)s expected")
    said = {"done": found.done, "skipped": found.skipped, "none": found.no_record, "all": found.expected}
    if not found.expected:
        return AdherenceView(day(since), day(end), _("No dose was due."), "", False)
    if percent is None:
        verdict = _("too few to judge (needs %(least)s records)") % {"least": chosen.least_records}
    else:
        verdict = _("%(percent)s\u00a0%% of the recorded ones") % {"percent": percent}
    is_low = percent is not None and percent < chosen.low_percent
    return AdherenceView(day(since), day(end), counts % said, verdict, is_low)


def _numbers(chosen: Settings) -> list[str]:
    """The thresholds with whose they are: no source stands behind any of them."""
    said = (
        (_("looked at over %(n)s days"), chosen.window_days, adherence.WINDOW_DAYS),
        (_("too few to judge below %(n)s records"), chosen.least_records, adherence.LEAST_RECORDS),
        (_("low below %(n)s\u00a0%%"), chosen.low_percent, adherence.LOW_PERCENT),
    )
    own, ours = _("a number of this clinic, no source"), _("a number of adtrack, no source")
    return [f"{text % {'n': value}} ({ours if value == default else own})" for text, value, default in said]


def _gap(gap: ShortGap, doses: LineDoses) -> Sourced:
    """A late or extra application with fewer free days than the label asks for: a note, it stops nothing."""
    values = {"on": day(gap.row.on), "other": day(gap.other_on)}
    is_late = gap.row.kind == ApplicationKind.SLOT
    what = _("Applied late, on %(on)s.") if is_late else _("Applied beside the plan, on %(on)s.")
    if gap.is_planned:
        other = _("A dose without a record is planned on %(other)s.")
    else:
        other = _("It was applied on %(other)s, too.")
    free = ngettext("%(n)s free day", "%(n)s free days", gap.free_days) % {"n": gap.free_days}
    asked = _("The label asks for %(free)s between.") % {"free": free}
    return Sourced(" ".join((what % values, other % values, asked)), _source_of_free_days(doses))


def _source_of_free_days(doses: LineDoses) -> str:
    facts = product_facts(doses.line.product).facts
    fact = strictest(fact for fact in facts if fact.kind == "free-days" and fact.is_verified)
    return _source(fact) if fact else ""


def _missed(line: RegimenLine, look: _Look) -> list[Sourced]:
    """What the label says about a dose that was forgotten, word for word, with its source."""
    jurisdiction = Jurisdiction(look.patient.clinic.jurisdiction)
    facts = label_facts(product_facts(line.product), "missed-dose", jurisdiction)
    return [Sourced(_(fact.text), _elsewhere(fact, jurisdiction)) for fact in facts]


def _elsewhere(fact: LabelFact, jurisdiction: Jurisdiction) -> str:
    if fact.jurisdiction in (jurisdiction.value, "any"):
        return _source(fact)
    return _("%(source)s; no label of this jurisdiction is on file") % {"source": _source(fact)}


def _source(fact: LabelFact) -> str:
    return ", ".join(text for text in (fact.source, fact.section, day(fact.on)) if text)


# --- Times of the day --------------------------------------------------------------------------------------------------


class TimesOfDay(NamedTuple):
    """The times of the phases of a line that ask for as many doses a day."""

    a_day: int
    times: tuple[tuple[str, time], ...]
    zone: str
    words: str
    uses: list[str]


def line_times_of(line: RegimenLine) -> list[TimesOfDay]:
    """The times of a line (with its plans and places), one entry for each number of doses a day; of one prescribed
    elsewhere, or without such phases, none."""
    found: dict[int, list[DosePlan]] = defaultdict(list)
    for plan in line.plans.all():
        if plan.ended_on is None and plan.times and not line.is_elsewhere:
            found[len(plan.slot_times)].append(plan)
    clock = Clock(line.patient.clinic.zone)
    return [
        TimesOfDay(count, last.slot_times, last.zone, _times([last], clock)[0], [_use(plan) for plan in plans])
        for count, plans in sorted(found.items())
        for last in plans[-1:]
    ]


def record_now(row: Application) -> RecordView | None:
    """What counts in the place of a planned dose's record that was undone or changed; None where nothing does."""
    found = dose_now(row)
    return recorded_dose(found) if found.withdrawn_at is None else None
