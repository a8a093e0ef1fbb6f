"""Treatment under the chart of the scores: bars on the same time axis, and the same as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Prefetch, Q, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinics.access import May
from clinics.models.base import day, local_date, unbroken
from patients import chart
from patients import queries as patients
from patients.models import Patient, Precaution, PrecautionKind, PrecautionState
from patients.sites import Side
from regimens import bars, words
from regimens.bars import Days, Lies
from regimens.models import AdverseEvent, DosePlan, EndReason, Override, RegimenLine
from regimens.protocol.facts import Family, Phase, Place
from regimens.queries.doses import line_doses
from regimens.queries.events import adverse_events
from regimens.queries.facts import place_of
from regimens.queries.strips import STEPS, Strip, strip_of
from regimens.queries.strips import legend as strip_legend

LINES = 200  # the latest are drawn and listed at the most; the page says so
INFECTIONS = 200
CARE = (Family.CLEANSER, Family.EMOLLIENT)  # drawn pale, below the others, emollients last
FOOT = 16  # pixels below a plot for the names of months
# Beside a cap there is room for a word.
END_WORDS: dict[str, Any] = {
    EndReason.CLEARED: gettext_lazy("cleared"),
    EndReason.NO_EFFECT: gettext_lazy("no effect"),
    EndReason.SIDE_EFFECT: gettext_lazy("side effect"),
    EndReason.INFECTION: gettext_lazy("infection"),
    EndReason.CHANGED: gettext_lazy("replaced"),
    EndReason.WISH: gettext_lazy("own wish"),
    EndReason.COURSE_OVER: gettext_lazy("course over"),
    EndReason.RECORD_CLOSED: gettext_lazy("record closed"),
    EndReason.OTHER: gettext_lazy("other reason"),
}
LEGEND: dict[str, Any] = {
    "solid": gettext_lazy("in use: daily, at an interval, or a course"),
    "hatched": gettext_lazy("proactive maintenance"),
    "thin": gettext_lazy("as needed"),
    "dotted": gettext_lazy("on hold"),
    "pale": gettext_lazy("emollient or cleanser"),
    "flare": gettext_lazy("flare: back to daily use"),
    "caution": gettext_lazy("a caution was answered; above one, how many"),
    "cap": gettext_lazy("ended, with the reason"),
    "infection": gettext_lazy("skin infection"),
    "event": gettext_lazy("unwanted event"),
    "red": gettext_lazy("red flag: an unwanted event to look at once"),
}
LOOKS: dict[str, str] = {Phase.MAINTENANCE: "hatched", Phase.AS_NEEDED: "thin", Phase.HOLD: "dotted"}


class Caution(NamedTuple):
    """A warning that was answered."""

    text: str
    on: str
    who: str
    why: str

    def __str__(self) -> str:
        return _("%(text)s Answered %(on)s by %(who)s: %(why)s") % self._asdict()


class BarView(NamedTuple):
    """A bar as it is placed: a link to its row of the table."""

    anchor: str
    x: str
    width: str
    y: int
    thick: int
    top: int  # of the lane
    look: str
    title: str
    tip: str
    is_flare: bool = False
    caution: str = ""  # "!", or how many
    mark: str = ""  # of an unwanted event: "event" or "red"
    word: str = ""  # beside the mark
    is_late: bool = False  # near the right edge: the word stands before the mark


class Cap(NamedTuple):
    """The end of a line."""

    x: str
    height: int
    text: str
    title: str


@dataclass(frozen=True)
class RowView:
    """One line under the panels: its name beside its bars."""

    name: str
    anchor: str
    now: str
    height: int
    look: str = ""
    is_elsewhere: bool = False
    bars: list[BarView] = field(default_factory=list)
    cap: Cap | None = None
    strip: Strip | None = None
    strip_y: int = 0
    strip_anchor: str = ""  # the latest phase that had doses


class TableRow(NamedTuple):
    """A phase of a line, an infection or an unwanted event, in words."""

    anchor: str
    name: str
    is_elsewhere: bool
    phase: str
    where: str
    since: str
    until: str
    how: str
    doses: str = ""
    ended: str = ""
    why: str = ""
    note: str = ""
    cautions: Sequence[Caution] = ()
    look: str = ""


@dataclass(frozen=True)
class Bars:
    """Everything about treatment that the page shows."""

    rows: list[RowView]
    table: list[TableRow]
    left_out: list[str]  # what is not drawn, in sentences
    legend: list[tuple[str, str]]  # look, words
    has_lines: bool  # whether anything was ever prescribed
    has_more: bool  # whether something lies before the time shown
    may_start: bool
    step: str  # what a step of the strips of doses is; empty where there is none
    lane: int = bars.LANE
    strip: int = bars.STRIP
    foot: int = FOOT


class Timeline(NamedTuple):
    """The scores and the treatment of a patient on one time axis."""

    chart: patients.Chart
    bars: Bars


def timeline(
    patient: Patient, rights: frozenset[May], *, wanted: str, baseline: UUID | None, base: str, at: datetime
) -> Timeline:
    """Scores as patients.queries.chart_of reads them, and treatment, doses and unwanted events of the same time.

    Three queries more where nothing was prescribed, nine where something was, however much. Without a score the time
    begins with the first treatment.
    """
    on, lines = patient.clinic.today(at), _lines(patient)
    begun = min((line.starts_on for line in lines if line.end_reason != EndReason.ERROR), default=None)
    found = patients.chart_of(patient, rights, wanted=wanted, baseline=baseline, base=base, on=on, begun=begun)
    may = May.PRESCRIBE in rights and patient.closed_at is None
    doses = line_doses(patient, since=found.span.since, until=found.span.until, at=at) if lines else []
    strips = {one.line.pk: strip for one in doses if (strip := strip_of(one, found.span))}
    beside = Beside(strips, _infections(patient), adverse_events(patient))
    return Timeline(found, _bars(lines, beside, found.span, patient.clinic.zone, may_start=may))


class Beside(NamedTuple):
    """What is drawn with the lines."""

    strips: Mapping[int, Strip]  # by line
    infections: list[Precaution]
    events: list[AdverseEvent]


def _lines(patient: Patient) -> list[RegimenLine]:
    rows = RegimenLine.objects.filter(patient=patient).select_related("product")
    return list(rows.order_by("-starts_on", "-id")[: LINES + 1])


def _infections(patient: Patient) -> list[Precaution]:
    """Skin infections that are or were there: not those taken back or written anew, but those found absent later."""
    rows = Precaution.objects.filter(patient=patient, kind=PrecautionKind.SKIN_INFECTION, state=PrecautionState.PRESENT)
    was_there = Q(withdrawn_at__isnull=True) | Q(replaced_by__state=PrecautionState.ABSENT)
    return list(rows.filter(was_there).select_related("recorded_by").order_by("-recorded_at", "-id")[:INFECTIONS])


def _bars(lines: list[RegimenLine], beside: Beside, span: chart.Span, zone: str, *, may_start: bool) -> Bars:
    asked = lines[:LINES]
    answered = Prefetch("overrides", Override.objects.select_related("by"))
    prefetch_related_objects(asked, "plans__places", answered)
    read = [Use(line, span, zone, beside.strips.get(line.pk)) for line in asked]
    read.sort(key=lambda use: (use.care, use.line.starts_on, use.line.pk))
    shown = [use for use in read if use.lies == Lies.WITHIN]
    drawn = [use for use in shown if not use.is_error]
    rows, table = [], []
    for number, use in enumerate(shown, 1):
        row, entries = use.drawn(f"use-{number}")
        rows += [row] if row else []
        table += entries
    for more in (_infection_rows(beside.infections, span, zone), event_rows(beside.events, span, zone)):
        rows += [more[0]] if more else []
        table += more[1] if more else []
    before = sum(use.lies == Lies.BEFORE for use in read)
    later = sum(use.lies == Lies.AFTER for use in read)
    return Bars(
        rows=rows,
        table=table,
        left_out=_left_out(before, later, len(shown) - len(drawn), is_cut=len(lines) > LINES),
        legend=_legend(rows),
        step=str(STEPS[bars.step_of(span)]) if any(row.strip for row in rows) else "",
        has_lines=bool(lines),
        has_more=before > 0,
        may_start=may_start,
    )


def _left_out(before: int, later: int, errors: int, *, is_cut: bool) -> list[str]:
    found = []
    if before:
        text = ngettext(
            "%(n)s line was over before the time shown and is left out.",
            "%(n)s lines were over before the time shown and are left out.",
            before,
        )
        found.append(text % {"n": before})
    if later:
        text = ngettext(
            "%(n)s line starts after today and is left out.", "%(n)s lines start after today and are left out.", later
        )
        found.append(text % {"n": later})
    if errors:
        text = ngettext(
            "%(n)s line was entered in error: it is listed in the table and not drawn.",
            "%(n)s lines were entered in error: they are listed in the table and not drawn.",
            errors,
        )
        found.append(text % {"n": errors})
    if is_cut:
        found.append(_("There are more lines than %(cap)s: the latest %(cap)s are looked at.") % {"cap": LINES})
    return found


def _legend(rows: Iterable[RowView]) -> list[tuple[str, str]]:
    """What the looks mean that are in the picture."""
    rows = list(rows)
    drawn = [one for row in rows for one in row.bars]
    looks = {one.look for one in drawn} | {"pale" for row in rows if row.look == "pale"}
    looks |= {"flare" for one in drawn if one.is_flare} | {"caution" for one in drawn if one.caution}
    looks |= {"cap" for row in rows if row.cap} | {one.mark for one in drawn if one.mark}
    known = [(look, str(text)) for look, text in LEGEND.items() if look in looks]
    return known + strip_legend(row.strip for row in rows if row.strip)


# --- A line -----------------------------------------------------------------------------------------------------------


class Use:
    """A line with its phases (plans with their places and overrides read), as it lies in the time shown."""

    def __init__(self, line: RegimenLine, span: chart.Span, zone: str, strip: Strip | None) -> None:
        self.line, self.span, self.zone, self.strip = line, span, zone, strip
        self.name = unbroken(line.product.name)
        self.is_error = line.end_reason == EndReason.ERROR
        plans = sorted(line.plans.all(), key=lambda plan: (plan.from_on, plan.pk))
        used = [plan for plan in plans if not days_of(plan).is_none]
        self.plans = used or plans[:1]  # of a line that was stopped on its first day, how it was meant
        places = [bars.lies(days_of(plan), span) for plan in self.plans]
        self.lies = next((one for one in (Lies.WITHIN, Lies.AFTER) if one in places), Lies.BEFORE)

    @property
    def care(self) -> int:
        """0, or the place among what is drawn below the treatment."""
        family = Family(self.line.product.family)
        return 1 + CARE.index(family) if family in CARE else 0

    def drawn(self, anchor: str) -> tuple[RowView | None, list[TableRow]]:
        """The row of bars (none of what was entered in error), and the rows of the table, the latest phase first."""
        plans = [plan for plan in self.plans if bars.lies(days_of(plan), self.span) == Lies.WITHIN]
        answered = self._answered()
        flares = {plan.pk for plan in plans if self._is_flare(plan)}
        anchors = {plan.pk: f"{anchor}-{number}" for number, plan in enumerate(plans, 1)}
        table = [
            self._entry(plan, anchors[plan.pk], answered.get(plan.pk, []), is_flare=plan.pk in flares)
            for plan in reversed(plans)
        ]
        if self.is_error:
            return None, table
        lanes = bars.lanes([days_of(plan) for plan in plans])
        height = bars.LANE * (max(lanes) + 1)
        views = [
            view
            for plan, lane in zip(plans, lanes, strict=True)
            if (view := self._bar(plan, lane, anchors[plan.pk], answered.get(plan.pk, []), is_flare=plan.pk in flares))
        ]
        row = RowView(
            name=self.name,
            anchor=anchors[plans[-1].pk],
            now=self._now(plans),
            height=height + (bars.STRIP if self.strip else 0),
            look="pale" if self.care else "",
            is_elsewhere=self.line.is_elsewhere,
            bars=views,
            cap=self._cap(height),
            strip=self.strip,
            strip_y=height,
            strip_anchor=self._strip_anchor(anchors),
        )
        return row, table

    def _strip_anchor(self, anchors: Mapping[int, str]) -> str:
        by_plan = self.strip.by_plan if self.strip else {}
        return ([anchor for key, anchor in anchors.items() if by_plan.get(key)] or list(anchors.values()))[-1]

    def _answered(self) -> dict[int, list[Caution]]:
        """Cautions by the phase they were answered for: the one that was saved with them, else the one of that day.

        What goes on at several places after a pause is answered for each: it is said once.
        """
        found: dict[int, list[Caution]] = {}
        for one in self.line.overrides.all():
            on = local_date(one.at, self.zone)
            together = [plan for plan in self.plans if plan.started_at == one.at]
            before = [plan for plan in self.plans if plan.from_on <= on]
            plan = next(iter([*together, *before[::-1], *self.plans]), None)
            if plan is not None and (caution := self._caution(one)) not in found.setdefault(plan.pk, []):
                found[plan.pk].append(caution)
        return found

    def _is_flare(self, plan: DosePlan) -> bool:
        if plan.phase != Phase.INDUCTION or days_of(plan).is_none:
            return False
        where = {(place.site, place.side) for place in plan.places.all()}
        maintained = [
            Days(place.from_on, place.ended_on - timedelta(days=1))
            for other in self.line.plans.all()
            if other.phase == Phase.MAINTENANCE
            for place in other.places.all()
            if place.ended_on is not None and (place.site, place.side) in where
        ]
        return bars.is_flare(plan.from_on, maintained)

    def _bar(
        self, plan: DosePlan, lane: int, anchor: str, answered: Sequence[Caution], *, is_flare: bool
    ) -> BarView | None:
        place = bars.bar(days_of(plan), self.span)
        if place is None:
            return None
        thick = bars.THIN if plan.phase == Phase.AS_NEEDED else bars.THICK
        how, until = words.how(plan), day(plan.last_on)
        period = _("%(since)s to %(until)s") if until else _("since %(since)s")
        period = period % {"since": day(plan.from_on), "until": until}
        shown_flare = is_flare and place.is_begun_here
        said = [
            f"{self.name}: {words.PHASE_WORDS[plan.phase]}, {how}",
            self._where(plan),
            period,
            _("Flare: back to daily use") + (f", {plan.reason}" if plan.reason else "") if is_flare else "",
            *map(str, answered),
        ]
        return BarView(
            anchor=anchor,
            x=f"{place.x:.2f}%",
            width=f"{place.width:.2f}%",
            y=bars.middle(lane) - thick // 2,
            thick=thick,
            top=bars.LANE * lane,
            look=LOOKS.get(plan.phase, "solid"),
            title=". ".join(text.rstrip(".") for text in said if text) + ".",
            tip=f"{how} · {period}",
            is_flare=shown_flare,
            caution=("!" if len(answered) == 1 else str(len(answered))) if answered else "",
        )

    def _cap(self, height: int) -> Cap | None:
        x = bars.cap(self.line.ended_on, self.span)
        if x is None:
            return None
        return Cap(f"{x:.2f}%", height, str(END_WORDS.get(self.line.end_reason, "")), self._why())

    def _why(self) -> str:
        """ "ended 12-Nov-2026: Cleared – all of it"."""
        return _("ended %(on)s: %(why)s") % {"on": day(self.line.ended_on), "why": self._reason()}

    def _reason(self) -> str:
        return " – ".join(text for text in (str(self.line.get_end_reason_display()), self.line.end_text) if text)

    def _now(self, plans: Sequence[DosePlan]) -> str:
        """How it is used at the end of the time shown, or how it ended."""
        if self.line.ended_on is not None and self.line.ended_on <= self.span.until:
            return self._why()
        running = [plan for plan in plans if plan.last_on is None or plan.last_on >= self.span.until]
        said = []
        for plan in running:
            rows = [row for row in plan.places.all() if row.ended_on is None or row.ended_on > self.span.until]
            where = words.where(place_of(row) for row in rows)
            said.append(": ".join(text for text in (self._short(plan), where) if text))
        return "; ".join(said)

    def _short(self, plan: DosePlan) -> str:
        return words.how(plan) if plan.phase != Phase.HOLD else str(words.PHASE_WORDS[plan.phase])

    def _where(self, plan: DosePlan) -> str:
        """The sites; of those that left this phase before it was over, until when."""
        over = plan.ended_on
        left: dict[date | None, list[Any]] = {}
        for row in plan.places.all():
            left.setdefault(row.ended_on if row.ended_on != over else None, []).append(place_of(row))
        found = []
        for on, places in sorted(left.items(), key=lambda pair: pair[0] or date.max):
            where = words.where(places)
            if on is not None and where and on <= plan.from_on:
                where = _("%(where)s not for a day") % {"where": where}
            elif on is not None and where:
                where = _("%(where)s until %(until)s") % {"where": where, "until": day(on - timedelta(days=1))}
            found.append(where)
        return "; ".join(text for text in found if text)

    def _caution(self, one: Override) -> Caution:
        why = f"{one.get_reason_display()} – {one.sentence}"
        return Caution(unbroken(one.text), day(local_date(one.at, self.zone)), one.by.name, why)

    def _entry(self, plan: DosePlan, anchor: str, answered: Sequence[Caution], *, is_flare: bool) -> TableRow:
        phase = str(words.PHASE_WORDS[plan.phase])
        over = self.line.ended_on
        is_end = over is not None and (plan.pk == self.plans[-1].pk or plan.ended_on == over)
        return TableRow(
            anchor=anchor,
            name=self.name,
            is_elsewhere=self.line.is_elsewhere,
            phase=_("%(phase)s (flare)") % {"phase": phase} if is_flare else phase,
            where=self._where(plan),
            since=day(plan.from_on),
            until=_("not used for a day") if days_of(plan).is_none else day(plan.last_on),
            how=words.how(plan),
            doses=self.strip.by_plan.get(plan.pk, "") if self.strip else "",
            ended=day(over) if is_end else "",
            why=self._reason() if is_end else "",
            note=plan.reason,
            cautions=answered,
            look="is-withdrawn" if self.is_error else "",
        )


def days_of(plan: DosePlan) -> Days:
    """The days on which a plan is, or is to be, used; plan with its line."""
    return Days(plan.from_on, plan.last_on)


# --- Infections -------------------------------------------------------------------------------------------------------


class Infection:
    """A skin infection that is or was there."""

    def __init__(self, row: Precaution, zone: str) -> None:
        self.row = row
        self.recorded = local_date(row.recorded_at, zone)
        self.absent = local_date(row.withdrawn_at, zone) if row.withdrawn_at else None
        self.last = row.until_on or self.absent
        self.where = words.where([Place(row.site, Side(row.side))] if row.site else [])

    @property
    def days(self) -> Days:
        """From its first to its last day, the day it was found absent at the latest; without dates its recorded day."""
        if self.row.from_on is None and self.last is None:
            return Days(self.recorded, self.recorded)
        first = self.row.from_on or min(self.recorded, self.last or self.recorded)
        return Days(first, max(first, self.last) if self.last else None)

    def is_open(self, on: date) -> bool:
        """Whether nobody has said that it is over on a day."""
        return self.last is None or self.last >= on

    @property
    def told(self) -> str:
        """When it was recorded and by whom."""
        by = self.row.recorded_by
        return _("recorded %(on)s by %(who)s") % {"on": day(self.recorded), "who": by.name if by else "–"}

    def title(self) -> str:
        """All about it in a sentence."""
        name = f"{_('Skin infection')}: {self.where}" if self.where else _("Skin infection")
        said = (name, self.row.text, self.period, self.told)
        return ". ".join(text.rstrip(".") for text in said if text) + "."

    @property
    def period(self) -> str:
        """Its days in words; nothing where none are known."""
        if self.last is not None:
            return _("%(since)s to %(until)s") % {"since": day(self.days.first), "until": day(self.days.last)}
        return _("since %(since)s") % {"since": day(self.row.from_on)} if self.row.from_on else ""


def _infection_rows(rows: list[Precaution], span: chart.Span, zone: str) -> tuple[RowView, list[TableRow]] | None:
    """Skin infections as one row under the lines, and as rows of the table; None where none lies in the time shown."""
    found = [one for one in (Infection(row, zone) for row in rows) if bars.bar(one.days, span)]
    if not found:
        return None
    found.sort(key=lambda one: (one.days.first, one.row.pk))
    lanes = bars.lanes([one.days for one in found])
    views, table = [], []
    for number, (one, lane) in enumerate(zip(found, lanes, strict=True), 1):
        anchor, place = f"infection-{number}", bars.bar(one.days, span)
        assert place is not None
        tip = " · ".join(text for text in (one.where, one.period or one.told) if text)
        views.append(
            BarView(
                anchor=anchor,
                x=f"{place.x:.2f}%",
                width=f"{place.width:.2f}%",
                y=bars.middle(lane) - bars.THICK // 2,
                thick=bars.THICK,
                top=bars.LANE * lane,
                look="infection",
                title=one.title(),
                tip=tip,
            )
        )
        table.append(_infection_entry(one, anchor, span.until))
    now = ", ".join(one.where for one in found if one.where and one.is_open(span.until))
    height = bars.LANE * (max(lanes) + 1)
    return RowView(_("Skin infection"), views[-1].anchor, now, height, "infection", bars=views), table[::-1]


def _infection_entry(one: Infection, anchor: str, on: date) -> TableRow:
    return TableRow(
        anchor=anchor,
        name=_("Skin infection"),
        is_elsewhere=False,
        phase=_("Present") if one.is_open(on) else _("Over"),
        where=one.where,
        since=day(one.days.first) if one.period else "",
        until=day(one.days.last) if one.last else "",
        how="",
        note=" · ".join(text for text in (one.row.text, one.told) if text),
    )


# --- Unwanted events --------------------------------------------------------------------------------------------------


class Event:
    """An unwanted event in words."""

    def __init__(self, row: AdverseEvent, zone: str) -> None:
        self.row = row
        self.days = Days(row.onset_on, row.ended_on)
        self.name = _("Red flag: %(what)s") % {"what": row} if row.is_red_flag else str(row)
        self.where = words.where([Place(row.site, Side(row.side))] if row.site else [])
        self.recorded = local_date(row.recorded_at, zone)

    @property
    def period(self) -> str:
        """Its days."""
        if self.row.ended_on is None:
            return _("since %(since)s") % {"since": day(self.row.onset_on)}
        return _("%(since)s to %(until)s") % {"since": day(self.row.onset_on), "until": day(self.row.ended_on)}

    @property
    def note(self) -> str:
        """The suspected line, what was done, and who recorded it."""
        row = self.row
        line = _("suspected: %(line)s") % {"line": unbroken(row.line.product.name)} if row.line else ""
        done = _("done: %(what)s") % {"what": str(row.get_action_taken_display()).lower()}
        by = row.recorded_by.name if row.recorded_by else "–"
        told = _("recorded %(on)s by %(who)s") % {"on": day(self.recorded), "who": by}
        return " · ".join(text for text in (row.text, line, done, told) if text)

    def title(self) -> str:
        """All about it in a sentence."""
        severity = str(self.row.get_severity_display()).lower()
        said = (f"{self.name}, {severity}", self.where, self.period, self.note)
        return ". ".join(text.rstrip(".") for text in said if text) + "."


def event_rows(rows: list[AdverseEvent], span: chart.Span, zone: str) -> tuple[RowView, list[TableRow]] | None:
    """Unwanted events as one row under the lines, and as rows of the table; None where none lies in the time shown."""
    found = [one for one in (Event(row, zone) for row in rows) if bars.bar(one.days, span)]
    if not found:
        return None
    found.sort(key=lambda one: (one.days.first, one.row.pk))
    lanes = bars.lanes([_with_room(one.days, span) for one in found])
    views = [
        _event_bar(one, lane, f"event-{number}", span)
        for number, (one, lane) in enumerate(zip(found, lanes, strict=True), 1)
    ]
    table = [_event_entry(one, f"event-{number}", span.until) for number, one in enumerate(found, 1)]
    now = ", ".join(one.name for one in found if one.row.ended_on is None)
    height = bars.LANE * (max(lanes) + 1)
    return RowView(_("Unwanted events"), views[-1].anchor, now, height, "event", bars=views), table[::-1]


def _with_room(days: Days, span: chart.Span) -> Days:
    """Its days and those beside it that its mark and its word take: a quarter of the time shown."""
    room = (span.until - span.since) / 4
    return Days(days.first - room, days.last and max(days.last, days.first + room))


def _event_bar(one: Event, lane: int, anchor: str, span: chart.Span) -> BarView:
    place = bars.bar(one.days, span)
    if place is None:
        raise ValueError(f"{one.days} lie outside")
    return BarView(
        anchor=anchor,
        x=f"{place.x:.2f}%",
        width=f"{place.width:.2f}%",
        y=bars.middle(lane) - bars.THIN // 2,
        thick=bars.THIN,
        top=bars.LANE * lane,
        look="event",
        title=one.title(),
        tip=" · ".join(text for text in (one.name, one.where, one.period) if text),
        mark="red" if one.row.is_red_flag else "event",
        word=_("Red flag") if one.row.is_red_flag else "",
        is_late=place.x > 60,
    )


def _event_entry(one: Event, anchor: str, on: date) -> TableRow:
    is_open = one.row.ended_on is None or one.row.ended_on >= on
    return TableRow(
        anchor=anchor,
        name=one.name,
        is_elsewhere=False,
        phase=_("Unwanted event, going on") if is_open else _("Unwanted event, over"),
        where=one.where,
        since=day(one.row.onset_on),
        until=day(one.row.ended_on),
        how=str(one.row.get_severity_display()),
        note=one.note,
        look="is-red" if one.row.is_red_flag else "",
    )
