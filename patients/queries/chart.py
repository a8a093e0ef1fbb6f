"""The chart of the scores: what is read for it, and every value formatted once, so that the template only places them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.access import May
from clinics.models.base import MONTHS, day
from patients import chart, words
from patients.models import CLINICIAN_INSTRUMENTS, Instrument, Patient
from patients.queries.history import history_of
from patients.queries.panels import Panel, Reading, Tick, legend, panels
from patients.queries.progress import Row, changes, lab_changes, lab_place, lab_trend, trend_of
from patients.queries.scores import drafts, latest_scores, score_text
from patients.queries.table import Line, Said, lab_line, lines_of, notes_of_day

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
    is_start_before: bool  # that day lies before the time shown
    months: list[Tick]
    span: chart.Span
    shown: str  # the range in words: first and last day
    legend: list[tuple[str, str, str]]  # shape, look, words
    key: str
    chosen: str
    cuts: list[str]  # what there is not room for, in sentences
    is_empty: bool
    has_series: bool
    has_birthday: bool
    is_dense: bool
    credits: list[str]  # of the instruments' owners, for those that are drawn
    today: str


def chart_of(
    patient: Patient,
    rights: frozenset[May],
    *,
    wanted: str,
    baseline: UUID | None,
    base: str,
    on: date,
    begun: date | None = None,
) -> Chart:
    """The chart of a patient in a range (a key of RANGES, else the smallest from 6 months that shows a course).

    Where there is no score, everything begins on the day `begun`, if it lies far enough back.
    """
    history = history_of(patient)
    counts, first, first_lab = history.counts({name: range_start(name, on) or date.min for name in RANGES})
    key = wanted if wanted in RANGES else next((name for name in ("6m", "1y") if counts[name] > 1), "all")
    span = _span(key, first or begun, on)
    rows, cut = history.rows(span)
    labs, labs_cut = history.labs(span)
    starts = history.starts(baseline)
    start = starts.start
    since = start.assessed_on if start else first_lab
    last_lab, lab_firsts = history.lab_starts(since if first_lab else None)
    trend, said = trend_of(rows), Said()
    changed = changes([*trend, *starts.last.values()], starts.firsts, patient.birth_date)
    reading = Reading(
        patient,
        span,
        rows,
        labs,
        base,
        changed,
        lab_changes(lab_trend([*labs, last_lab] if last_lab else labs), lab_firsts),
        lines_of(rows, changed, patient, base, said),
        said,
    )
    latest = latest_scores(patient, on, last_lab)
    adds = _adds(rights, base)
    last = {name: row.id for name, row in starts.last.items()} | ({"tarc": last_lab.pk} if last_lab else {})
    drawn = panels(reading, last, latest, {add.key: add.url for add in adds})
    is_chosen = baseline is not None and start is not None and start.public_id == baseline
    return Chart(
        panels=drawn,
        lines=_lines(reading),
        adds=adds,
        drafts=drafts(patient),
        ranges=[RangeLink(name, str(text), counts[name], name == key) for name, (text, _months) in RANGES.items()],
        options=_options(starts.offered, start),
        start=day(since),
        start_x=f"{span.x(since):.2f}%" if since and span.since < since < span.until else "",
        is_start_before=since is not None and since < span.since,
        months=_months(span),
        span=span,
        shown=_("%(since)s to %(until)s") % {"since": day(span.since), "until": day(span.until)},
        legend=legend(reading),
        key=key,
        chosen=str(start.public_id) if is_chosen and start else "",
        cuts=[text for text in (cut, labs_cut) if text],
        is_empty=first is None,
        has_series=len({row.respondent for row in trend if row.instrument not in CLINICIAN_INSTRUMENTS}) > 1,
        has_birthday=any(panel.birthday for panel in drawn),
        is_dense=any(len(panel.dots) > DENSE for panel in drawn),
        credits=[str(words.CREDITS[panel.key]) for panel in drawn if panel.dots and panel.key in words.CREDITS],
        today=day(on),
    )


def range_start(key: str, until: date) -> date | None:
    """The first day of a range (a key of RANGES) that ends on a day; None for everything."""
    months = RANGES[key][1]
    if key == "12w":
        return until - timedelta(days=TWELVE_WEEKS)
    return None if months is None else chart.months_before(until, months)


def _span(key: str, first: date | None, until: date) -> chart.Span:
    latest_start = date.fromordinal(until.toordinal() - LEAST_DAYS)
    return chart.Span(min(range_start(key, until) or first or latest_start, latest_start), until)


def _options(rows: Sequence[Row], start: Row | None) -> list[Option]:
    """What may be chosen to compare with, the latest first."""
    names = {instrument.value: str(instrument.label) for instrument in Instrument}
    return [
        Option(
            str(row.public_id),
            # Isolated: an option holds no markup, and from right to left the date would be turned around.
            f"{names[row.instrument]} {score_text(row.instrument, row.total)}, \u2066{day(row.assessed_on)}\u2069",
            start is not None and row.id == start.id,
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
    zone = ZoneInfo(reading.patient.clinic.zone)
    lab_times = notes_of_day([((row.assay, row.collected_on), row.pk, row.recorded_at) for row in reading.labs], zone)
    lines = [(row.place, reading.lines[row.id]) for row in reading.rows]
    lines += [
        (
            lab_place(row),
            lab_line(row, reading.lab_changes.get(row.pk), lab_times.get(row.pk, ""), reading.base, reading.said),
        )
        for row in reading.labs
    ]
    return [line for _place, line in sorted(lines, key=lambda pair: pair[0], reverse=True)]
