"""The chart of the scores: what is read for it, and every value formatted once, so that the template only places them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.access import May
from clinics.models.base import MONTHS, day
from patients import chart, words
from patients.models import (
    CLINICIAN_INSTRUMENTS,
    Assessment,
    AssessmentState,
    Instrument,
    LabResult,
    Patient,
    Respondent,
)
from patients.queries.progress import COLUMNS, Change, Row, changes, lab_changes
from patients.queries.scores import Latest, drafts, latest_scores, score_text
from patients.queries.table import Line, lab_line, line_of, notes_of_day
from patients.scoring import easi, itch, poem, viga
from patients.scoring.bands import Band, Stratum
from patients.scoring.easi import ADULT_WEIGHTS_FROM, WeightSet

CAP = 500  # rows drawn and listed at the most, the latest; the page says so
LABS = 100
LEAST_DAYS = 28  # a shorter history is drawn as if it had lasted so long

# Months back; None is everything.
RANGES: dict[str, tuple[Any, int | None]] = {
    "12w": (gettext_lazy("12 weeks"), 0),
    "6m": (gettext_lazy("6 months"), 6),
    "1y": (gettext_lazy("1 year"), 12),
    "all": (gettext_lazy("All"), None),
}
TWELVE_WEEKS = 84
SHAPES = {
    Respondent.CLINICIAN: "circle",
    Respondent.SELF: "square",
    Respondent.HELPED: "diamond",
    Respondent.PROXY: "triangle",
}
EDGE_WORDS: dict[str, dict[Band, Any]] = {"poem": {Band.CLEAR: gettext_lazy("(almost) clear")}}


def _scale(key: str, highest: int, ticks: str, strata: Iterable[Stratum], **more: Any) -> chart.Scale:
    """The axis of an instrument. The names of its bands are put in when it is drawn, in the language of the page."""
    bands = tuple(chart.Band(stratum.band.value, stratum.upto) for stratum in strata)
    return chart.Scale(Decimal(0), Decimal(highest), tuple(map(Decimal, ticks.split())), bands, **more)


SCALES: dict[str, chart.Scale] = {
    "easi": _scale("easi", 72, "0 7 21 50 72", easi.STRATA, under=Decimal("1.5")),
    "viga_ad": _scale("viga_ad", 4, "0 1 2 3 4", [Stratum(b, Decimal(n)) for n, b in enumerate(viga.BANDS)], is_whole=True),
    "poem": _scale("poem", 28, "0 7 14 21 28", poem.STRATA, is_whole=True),
    "itch": _scale("itch", 10, "0 5 10", itch.STRATA, is_whole=True),
}
HEIGHTS = {"easi": 220, "head_neck": 72, "viga_ad": 120, "poem": 170, "itch": 110, "tarc": 120}
HEAD_NECK_HIGHEST = {WeightSet.UNDER_8: Decimal("14.4"), WeightSet.FROM_8: Decimal("7.2")}


class Tick(NamedTuple):
    """A labelled place of an axis."""

    place: str
    text: str
    is_sparse: bool = True


class Shade(NamedTuple):
    """The ground of a severity band with its name at the edge."""

    y: str
    height: str
    look: str
    name: str
    middle: str
    name_y: str


class Dot(NamedTuple):
    """A marker: a link with its place, shape, look and words."""

    url: str
    x: str
    y: str
    reach: str
    shape: str
    look: str
    title: str
    tip: str
    is_ringed: bool
    has_dot: bool


class Piece(NamedTuple):
    """A piece of a line."""

    x1: str
    y1: str
    x2: str
    y2: str
    look: str


class Limit(NamedTuple):
    """A piece of the line of a reference limit."""

    x1: str
    x2: str
    y: str
    text: str


@dataclass(frozen=True)
class Panel:
    """One instrument: its name, latest value and change beside its plot. Without a dot there is a sentence instead."""

    key: str
    name: str
    scale: str
    latest: Latest | None
    change: Change | None
    since: str = ""
    was: str = ""
    height: int = 0
    foot: int = 0
    shades: list[Shade] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    birthday: str = ""
    is_birthday_late: bool = False
    add: str = ""


class Add(NamedTuple):
    """A way to record one instrument."""

    key: str
    name: str
    url: str


class RangeLink(NamedTuple):
    """One choice of the time that is shown, with the number of scores in it."""

    key: str
    name: str
    count: int
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
    cap: int = CAP


@dataclass(frozen=True)
class Reading:
    """What was read for the chart: rows in rising order, and what was asked for."""

    patient: Patient
    span: chart.Span
    rows: list[Row]
    labs: list[LabResult]
    base: str  # the address of the record, under which its assessments lie
    changes: dict[int, Change]
    lab_changes: dict[int, Change]


def chart_rows(patient: Patient, since: date, until: date) -> list[Row]:
    """Assessments that were signed, also those amended or taken back since, in rising order; the latest CAP and one more."""
    rows = Assessment.objects.filter(patient=patient, assessed_on__range=(since, until), signed_at__isnull=False)
    names = [COLUMNS.get(name, name) for name in Row._fields]
    latest = rows.in_trend_order().values_list(*names)[: CAP + 1]
    return [Row._make(values) for values in latest][::-1]


def chart_of(patient: Patient, rights: frozenset[May], *, wanted: str, baseline: UUID | None, base: str, on: date) -> Chart:
    """The chart of a patient in a range (a key of RANGES, else the smallest from 6 months that shows a course)."""
    labs = list(LabResult.objects.live().filter(patient=patient).order_by("-collected_on", "-recorded_at", "-id")[:LABS])
    until = on
    counts, first = _counts(patient, labs, until)
    key = wanted if wanted in RANGES else next((name for name in ("6m", "1y") if counts[name] > 1), "all")
    span = _span(key, first, until)
    rows = chart_rows(patient, span.since, span.until)
    is_cut = len(rows) > CAP
    rows = rows[-CAP:]
    labs = [row for row in reversed(labs) if span.holds(row.collected_on)]
    counting = [row for row in rows if row.state == AssessmentState.SIGNED and row.total is not None]
    start = _start(patient, baseline, counting)
    since = start.assessed_on if start else labs[0].collected_on if labs else None
    reading = Reading(
        patient, span, rows, labs, base, changes(counting, start, patient.birth_date), lab_changes(labs, since)
    )
    latest = latest_scores(patient, on)
    adds = _adds(rights, base)
    is_chosen = baseline is not None and start is not None and start.public_id == baseline
    return Chart(
        panels=_panels(reading, counting, latest, adds),
        lines=_lines(reading),
        adds=adds,
        drafts=drafts(patient),
        ranges=[RangeLink(name, str(text), counts[name], name == key) for name, (text, _months) in RANGES.items()],
        options=_options(counting, start),
        start=day(since),
        start_x=f"{span.x(since):.2f}%" if since and span.since < since < span.until else "",
        months=_months(span),
        shown=_("%(since)s to %(until)s") % {"since": day(span.since), "until": day(span.until)},
        legend=_legend(reading),
        key=key,
        chosen=str(start.public_id) if is_chosen and start else "",
        is_cut=is_cut,
        is_empty=not any(one.value for one in latest) and not rows,
        has_series=len({row.respondent for row in counting if row.instrument not in CLINICIAN_INSTRUMENTS}) > 1,
    )


def _counts(patient: Patient, labs: list[LabResult], until: date) -> tuple[dict[str, int], date | None]:
    """How many scores lie in each range, and the day of the first of all."""
    since = {name: _since(name, date.min, until) for name in RANGES}
    signed = Assessment.objects.filter(patient=patient, state=AssessmentState.SIGNED)
    found = signed.aggregate(
        first=Min("assessed_on"),
        last=Max("assessed_on"),
        **{f"in_{name}": Count("pk", filter=Q(assessed_on__gte=start)) for name, start in since.items()},
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


def _start(patient: Patient, baseline: UUID | None, counting: Sequence[Row]) -> Row | None:
    """What the changes are counted from: the chosen assessment, else the first EASI shown, else the first score."""
    if baseline is not None:
        rows = Assessment.objects.counting().filter(patient=patient, public_id=baseline)
        chosen = rows.values_list(*[COLUMNS.get(name, name) for name in Row._fields]).first()
        if chosen is not None:
            return Row._make(chosen)
    first = next((row for row in counting if row.instrument == Instrument.EASI), None)
    return first or next(iter(counting), None)


def _options(counting: Sequence[Row], start: Row | None) -> list[Option]:
    """What may be chosen to compare with: the EASI shown (without any, the other scores), and what is chosen now."""
    rows = [row for row in counting if row.instrument == Instrument.EASI] or list(counting)
    if start is not None and start not in rows:
        rows.insert(0, start)
    names = {instrument.value: str(instrument.label) for instrument in Instrument}
    return [
        Option(
            str(row.public_id),
            f"{day(row.assessed_on)}: {names[row.instrument]} {score_text(row.instrument, row.total)}",
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


# --- Panels -----------------------------------------------------------------------------------------------------------


class Drawn(NamedTuple):
    """A value to draw, with the words and the look of its marker."""

    on: date
    value: Decimal
    series: str
    counts: bool
    look: str
    shape: str
    url: str
    title: str
    tip: str
    is_ringed: bool
    has_dot: bool


def _panels(reading: Reading, counting: Sequence[Row], latest: list[Latest], adds: list[Add]) -> list[Panel]:
    ways = {add.key: add.url for add in adds}
    last = {row.instrument: row for row in counting}
    panels = []
    for one in latest:
        if one.instrument == "tarc":
            panels.append(_tarc(reading, one, ways.get("tarc", "")))
            continue
        drawn = _drawn(reading, one.instrument, one.name)
        row = last.get(one.instrument)
        change = reading.changes.get(row.id) if row else None
        scale = SCALES[one.instrument]
        panels.append(_panel(reading, one.instrument, one, scale, drawn, change=change, add=ways.get(one.instrument, "")))
        if one.instrument == Instrument.EASI and drawn:
            panels.append(_head_neck(reading))
    return panels


def _panel(
    reading: Reading,
    key: str,
    latest: Latest,
    scale: chart.Scale,
    drawn: Sequence[Drawn],
    *,
    change: Change | None = None,
    limits: Sequence[tuple[date, Decimal | None]] = (),
    add: str = "",
) -> Panel:
    height, span = HEIGHTS[key], reading.span
    unit = _("pg/mL, linear") if key == "tarc" else ""
    text = _("%(lowest)s to %(highest)s") % {"lowest": scale.lowest, "highest": f"{scale.highest.normalize():f}"}
    common: dict[str, Any] = {"key": key, "name": latest.name, "latest": latest, "change": change, "add": add}
    if change is not None:
        was = _pg(change.was) if key == "tarc" else score_text(key, change.was)
        common |= {"since": day(change.since), "was": was}
    if not drawn:
        return Panel(scale=text, **common)
    spots = [chart.Spot(one.on, one.value, one.series, one.counts) for one in drawn]
    places = chart.marks(spots, scale, span, height)
    marks = sorted(zip(drawn, places, strict=True), key=lambda pair: "is-replaced" not in pair[0].look)
    return Panel(
        scale=f"{text} {unit}".strip(),
        height=height,
        foot=height + 16,
        shades=_shades(key, scale, height),
        ticks=[Tick(f"{scale.y(value, height):.1f}", f"{value.normalize():f}") for value in scale.ticks],
        pieces=[
            Piece(f"{one.x1:.2f}%", f"{one.y1:.1f}", f"{one.x2:.2f}%", f"{one.y2:.1f}", one.series.split("/")[0])
            for one in chart.strokes(spots, places)
        ],
        dots=[
            Dot(
                one.url,
                f"{place.x:.2f}%",
                f"{place.y:.1f}",
                f"{place.reach:.1f}",
                one.shape,
                one.look,
                one.title,
                one.tip,
                one.is_ringed,
                one.has_dot,
            )
            for one, place in marks
        ],
        limits=[
            Limit(f"{one.x1:.2f}%", f"{one.x2:.2f}%", f"{one.y:.1f}", _pg(one.value))
            for one in chart.levels(limits, scale, span, height)
        ],
        **_birthday(reading, key),
        **common,
    )


def _birthday(reading: Reading, key: str) -> dict[str, Any]:
    """Where the weights of the EASI change."""
    on = chart.birthday(reading.patient.birth_date, ADULT_WEIGHTS_FROM)
    span = reading.span
    if key not in {"easi", "head_neck"} or not span.since < on <= span.until:
        return {}
    return {"birthday": f"{span.x(on):.2f}%", "is_birthday_late": span.x(on) > 60}


def _shades(key: str, scale: chart.Scale, height: int) -> list[Shade]:
    shades = chart.shades(scale, height)
    names = chart.edge_names(scale, height)
    own = EDGE_WORDS.get(key, {})
    return [
        Shade(
            f"{shade.y:.1f}",
            f"{shade.height:.1f}",
            name.name,
            str(own.get(Band(name.name)) or words.band_word(key, name.name)),
            f"{name.middle:.1f}",
            f"{name.y:.1f}",
        )
        for shade, name in zip(shades, names, strict=True)
    ]


def _drawn(reading: Reading, instrument: str, name: str, *, head_neck: bool = False) -> list[Drawn]:
    """The rows of an instrument as markers: what counts, what was corrected, and what a later one of the day replaced."""
    rows = [
        row
        for row in reading.rows
        if row.instrument == instrument and row.total is not None and row.state != AssessmentState.WITHDRAWN
    ]
    signed = {(row.assessed_on, row.respondent): row.id for row in rows if row.state == AssessmentState.SIGNED}
    who = {value: str(label) for value, label in Respondent.choices}
    full, corrected, replaced = _("%(name)s %(value)s. %(on)s. %(who)s."), _("Corrected."), _("Old value, corrected since.")
    left_open, label = _("One question left open, counted 0."), _("Head and neck") if head_neck else name
    found = []
    for row in rows:
        value = row.head_neck if head_neck else row.total
        if value is None:
            continue
        is_live = row.state == AssessmentState.SIGNED
        counts = is_live and signed[row.assessed_on, row.respondent] == row.id
        text, on = score_text(instrument, value), day(row.assessed_on)
        if not head_neck:
            text = f"{text}, {words.band_word(instrument, row.band)}"
        said = row.rater or who[row.respondent]
        marks = [] if is_live else [replaced]
        marks += [corrected] if is_live and row.replaces else []
        marks += [left_open] if row.is_imputed else []
        found.append(
            Drawn(
                row.assessed_on,
                value,
                f"{row.respondent}/{row.weight_set}",
                counts,
                f"{row.respondent}{'' if is_live else ' is-replaced'}{'' if counts or not is_live else ' is-pale'}",
                SHAPES[Respondent(row.respondent)],
                f"{reading.base}assessments/{row.public_id}/",
                " ".join([full % {"name": label, "value": text, "on": on, "who": said}, *marks]),
                " · ".join([text, on, _short(said), *marks]),
                is_live and row.replaces is not None,
                row.is_imputed,
            )
        )
    return found


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"


def _head_neck(reading: Reading) -> Panel:
    """The first term of the EASI on its own scale, which ends higher where a score with the weights under 8 is shown."""
    drawn = _drawn(reading, Instrument.EASI, "", head_neck=True)
    sets = {WeightSet(one.series.split("/")[1]) for one in drawn}
    highest = max(HEAD_NECK_HIGHEST[one] for one in sets)
    scale = chart.Scale(Decimal(0), highest, tuple(Decimal("7.2") * n for n in range(1 + int(highest / Decimal("7.2")))))
    last = next((row for row in reversed(reading.rows) if row.instrument == "easi" and row.state == "signed"), None)
    value = score_text("easi", last.head_neck) if last and last.head_neck is not None else ""
    latest = Latest("easi", _("Head and neck"), value, "", last.assessed_on if last else None)
    return _panel(reading, "head_neck", latest, scale, drawn)


def _pg(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _tarc(reading: Reading, latest: Latest, add: str) -> Panel:
    """The laboratory values on a scale of their own, with the limit each is read against."""
    rows = reading.labs
    tops = [row.value for row in rows] + [row.limit for row in rows if row.limit is not None]
    highest = chart.nice_top(tops) if tops else Decimal(1000)
    scale = chart.Scale(Decimal(0), highest, (Decimal(0), highest / 2, highest))
    full, limit_text = _("TARC %(value)s pg/mL%(limit)s. %(on)s. %(assay)s."), _(", limit %(limit)s")
    haemolysed = _("Sample haemolysed.")
    drawn = []
    for row in rows:
        limit = limit_text % {"limit": _pg(row.limit)} if row.limit is not None else ""
        title = full % {"value": _pg(row.value), "limit": limit, "on": day(row.collected_on), "assay": row.assay}
        tip = f"{_pg(row.value)} pg/mL{limit} · {day(row.collected_on)} · {_short(row.assay)}"
        notes = [haemolysed] if row.is_haemolysed else []
        drawn.append(
            Drawn(
                row.collected_on,
                row.value,
                f"lab/{row.assay}",
                True,
                "lab",
                "hexagon",
                f"#lab-{row.public_id}",
                " ".join([title, *notes]),
                " · ".join([tip, *notes]),
                False,
                row.is_haemolysed,
            )
        )
    limits = [(row.collected_on, row.limit) for row in rows]
    change = reading.lab_changes.get(rows[-1].pk) if rows else None
    return _panel(reading, "tarc", latest, scale, drawn, change=change, limits=limits, add=add)


def _legend(reading: Reading) -> list[tuple[str, str, str]]:
    """The markers that stand in the chart, with their words."""
    shown = [row for row in reading.rows if row.total is not None and row.state != AssessmentState.WITHDRAWN]
    found = [(SHAPES[one], one.value, str(one.label)) for one in Respondent if any(row.respondent == one for row in shown)]
    if reading.labs:
        found.append(("hexagon", "lab", _("Laboratory")))
    if any(row.replaces and row.state == AssessmentState.SIGNED for row in shown):
        found.append(("circle", "clinician is-ringed", _("With a ring: corrected")))
    if any(row.state == AssessmentState.AMENDED for row in shown):
        found.append(("circle", "clinician is-replaced", _("Hollow: the value before its correction")))
    if any(row.is_imputed for row in shown) or any(row.is_haemolysed for row in reading.labs):
        found.append(("square", "self has-dot", _("With a white dot: one answer left open, or a haemolysed sample")))
    return found


# --- The table --------------------------------------------------------------------------------------------------------


def _lines(reading: Reading) -> list[Line]:
    """The same data as rows of a table, the newest first."""
    zone = reading.patient.clinic.zone
    times = notes_of_day(reading.rows, zone)
    lines = [
        ((row.place), line_of(row, reading.changes.get(row.id), times.get(row.id, ""), reading.base, zone))
        for row in reading.rows
    ]
    lines += [
        ((row.collected_on, row.recorded_at, row.pk), lab_line(row, reading.lab_changes.get(row.pk), reading.base))
        for row in reading.labs
    ]
    return [line for _place, line in sorted(lines, key=lambda pair: pair[0], reverse=True)]
