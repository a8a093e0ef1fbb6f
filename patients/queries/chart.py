"""The chart of the scores: what is read for it, and every value formatted once, so that the template only places them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.access import May
from clinics.models.base import MONTHS, day
from patients import chart, words
from patients.models import CLINICIAN_INSTRUMENTS, Assessment, AssessmentState, Instrument, LabResult, Patient
from patients.queries.panels import Panel, Reading, Tick, legend, panels
from patients.queries.progress import COLUMNS, Row, changes, lab_changes
from patients.queries.scores import drafts, latest_scores, score_text
from patients.queries.table import Line, Said, lab_line, line_of, notes_of_day

CAP = 500  # rows drawn and listed at the most, the latest; the page says so
LABS = 100
DENSE = 60  # markers in one panel from which on they are drawn smaller
LEAST_DAYS = 28  # a shorter history is drawn as if it had lasted so long

# Months back; None is everything.
RANGES: dict[str, tuple[Any, int | None]] = {
    "12w": (gettext_lazy("12 weeks"), 0),
    "6m": (gettext_lazy("6 months"), 6),
    "1y": (gettext_lazy("1 year"), 12),
    "all": (gettext_lazy("All"), None),
}
TWELVE_WEEKS = 84


class Add(NamedTuple):
    """A way to record one instrument."""

    key: str
    name: str
    url: str


class RangeLink(NamedTuple):
    """One choice of the time that is shown, with the number of scores in it."""

    key: str
    name: str
    scores: int
    is_chosen: bool


class Option(NamedTuple):
    """An assessment the others may be compared with."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class Chart:
    """Everything the page shows."""

    panels: list[Panel]
    lines: list[Line]
    adds: list[Add]
    drafts: list[Any]
    ranges: list[RangeLink]
    options: list[Option]
    start: str  # the day the changes are counted from
    start_x: str
    months: list[Tick]
    shown: str  # the range in words: first and last day
    legend: list[tuple[str, str, str]]  # shape, look, words
    key: str
    chosen: str
    is_cut: bool
    is_empty: bool
    has_series: bool
    has_birthday: bool
    is_dense: bool
    credits: list[str]  # of the instruments' owners, for those that are drawn
    cap: int = CAP


def chart_rows(patient: Patient, since: date, until: date) -> list[Row]:
    """Signed assessments, also those amended or taken back since, in rising order: the latest CAP and one more."""
    rows = Assessment.objects.filter(patient=patient, assessed_on__range=(since, until), signed_at__isnull=False)
    names = [COLUMNS.get(name, name) for name in Row._fields]
    latest = rows.in_trend_order().values_list(*names)[: CAP + 1]
    return [Row._make(values) for values in latest][::-1]


def chart_of(patient: Patient, rights: frozenset[May], *, wanted: str, baseline: UUID | None, base: str, on: date) -> Chart:
    """The chart of a patient in a range (a key of RANGES, else the smallest from 6 months that shows a course)."""
    labs = _labs(patient)
    counts, first = _counts(patient, labs, on)
    key = wanted if wanted in RANGES else next((name for name in ("6m", "1y") if counts[name] > 1), "all")
    span = _span(key, first, on)
    rows = chart_rows(patient, span.since, span.until)
    is_cut = len(rows) > CAP
    rows = rows[-CAP:]
    labs = [row for row in reversed(labs) if span.holds(row.collected_on)]
    trend = _trend(rows)
    start = _start(patient, baseline, trend)
    since = start.assessed_on if start else labs[0].collected_on if labs else None
    reading = Reading(
        patient, span, rows, labs, base, changes(trend, start, patient.birth_date), lab_changes(labs, since), Said()
    )
    latest = latest_scores(patient, on)
    adds = _adds(rights, base)
    drawn = panels(reading, trend, latest, {add.key: add.url for add in adds})
    is_chosen = baseline is not None and start is not None and start.public_id == baseline
    return Chart(
        panels=drawn,
        lines=_lines(reading),
        adds=adds,
        drafts=drafts(patient),
        ranges=[RangeLink(name, str(text), counts[name], name == key) for name, (text, _months) in RANGES.items()],
        options=_options(trend, start),
        start=day(since),
        start_x=f"{span.x(since):.2f}%" if since and span.since < since < span.until else "",
        months=_months(span),
        shown=_("%(since)s to %(until)s") % {"since": day(span.since), "until": day(span.until)},
        legend=legend(reading),
        key=key,
        chosen=str(start.public_id) if is_chosen and start else "",
        is_cut=is_cut,
        is_empty=not any(one.value for one in latest) and not rows,
        has_series=len({row.respondent for row in trend if row.instrument not in CLINICIAN_INSTRUMENTS}) > 1,
        has_birthday=any(panel.birthday for panel in drawn),
        is_dense=any(len(panel.dots) > DENSE for panel in drawn),
        credits=[str(words.CREDITS[panel.key]) for panel in drawn if panel.dots and panel.key in words.CREDITS],
    )


def _labs(patient: Patient) -> list[LabResult]:
    rows = LabResult.objects.live().filter(patient=patient).select_related("recorded_by")
    return list(rows.order_by("-collected_on", "-recorded_at", "-id")[:LABS])


def _trend(rows: Iterable[Row]) -> list[Row]:
    """What the lines and comparisons run through: of each instrument and respondent the last entered of a day."""
    last: dict[tuple[str, str, date], Row] = {}
    for row in rows:
        if row.state == AssessmentState.SIGNED and row.total is not None:
            last[row.instrument, row.respondent, row.assessed_on] = row
    return sorted(last.values(), key=lambda row: row.place)


def _counts(patient: Patient, labs: list[LabResult], until: date) -> tuple[dict[str, int], date | None]:
    """How many scores lie in each range, and the day of the first of all."""
    since = {name: _since(name, date.min, until) for name in RANGES}
    live = Q(state=AssessmentState.SIGNED)
    found = Assessment.objects.filter(patient=patient, signed_at__isnull=False).aggregate(
        first=Min("assessed_on"),
        **{f"in_{name}": Count("pk", filter=live & Q(assessed_on__gte=start)) for name, start in since.items()},
    )
    counts = {name: found[f"in_{name}"] + sum(row.collected_on >= start for row in labs) for name, start in since.items()}
    days = [*filter(None, [found["first"]]), *(row.collected_on for row in labs)]
    return counts, min(days, default=None)


def _since(key: str, first: date, until: date) -> date:
    months = RANGES[key][1]
    if key == "12w":
        return date.fromordinal(until.toordinal() - TWELVE_WEEKS)
    return first if months is None else chart.months_before(until, months)


def _span(key: str, first: date | None, until: date) -> chart.Span:
    latest_start = date.fromordinal(until.toordinal() - LEAST_DAYS)
    return chart.Span(min(_since(key, first or latest_start, until), latest_start), until)


def _start(patient: Patient, baseline: UUID | None, trend: Sequence[Row]) -> Row | None:
    """What the changes are counted from: the chosen assessment, else the first EASI shown, else the first score."""
    if baseline is not None:
        rows = Assessment.objects.counting().filter(patient=patient, public_id=baseline)
        chosen = rows.values_list(*[COLUMNS.get(name, name) for name in Row._fields]).first()
        if chosen is not None:
            return Row._make(chosen)
    first = next((row for row in trend if row.instrument == Instrument.EASI), None)
    return first or next(iter(trend), None)


def _options(trend: Sequence[Row], start: Row | None) -> list[Option]:
    """What may be chosen to compare with: the EASI shown (without any, the other scores), and what is chosen now."""
    rows = [row for row in trend if row.instrument == Instrument.EASI] or list(trend)
    if start is not None and start not in rows:
        rows.insert(0, start)
    names = {instrument.value: str(instrument.label) for instrument in Instrument}
    return [
        Option(
            str(row.public_id),
            # Isolated: an option holds no markup, and from right to left the date would be turned around.
            f"{names[row.instrument]} {score_text(row.instrument, row.total)}, \u2066{day(row.assessed_on)}\u2069",
            row is start,
        )
        for row in rows[::-1]
    ]


def _adds(rights: frozenset[May], base: str) -> list[Add]:
    found = []
    for instrument in Instrument:
        right = May.SCORE if instrument in CLINICIAN_INSTRUMENTS else May.RECORD_FACTS
        if right in rights:
            found.append(Add(instrument.value, str(instrument.label), f"{base}assessments/new/{instrument.value}/"))
    if May.RECORD_FACTS in rights:
        found.append(Add("tarc", _("TARC"), f"{base}labs/new/"))
    return found


def _months(span: chart.Span) -> list[Tick]:
    """Month words on the time axis, the year where it begins; short ranges name every month."""
    return [
        Tick(
            f"{tick.x:.2f}%",
            f"{MONTHS[tick.on.month - 1]} {tick.on.year}" if tick.has_year else MONTHS[tick.on.month - 1],
            tick.is_sparse,
        )
        for tick in chart.time_ticks(span)
    ]


def _lines(reading: Reading) -> list[Line]:
    """The same data as rows of a table, the newest first."""
    zone, said = ZoneInfo(reading.patient.clinic.zone), reading.said
    times = notes_of_day(reading.rows, zone)
    lines = [
        (row.place, line_of(row, reading.changes.get(row.id), times.get(row.id, ""), reading.base, zone, said))
        for row in reading.rows
    ]
    lines += [
        ((row.collected_on, row.recorded_at, row.pk), lab_line(row, reading.lab_changes.get(row.pk), reading.base, said))
        for row in reading.labs
    ]
    return [line for _place, line in sorted(lines, key=lambda pair: pair[0], reverse=True)]
