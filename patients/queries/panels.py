"""The panels of the chart: instruments as shapes and words, placed by patients/chart.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.models.base import day
from patients import chart, words
from patients.models import AssessmentState, Instrument, LabResult, Patient, Respondent
from patients.queries.progress import Change, Row, lab_trend
from patients.queries.scores import Latest, score_text
from patients.queries.table import Line, Said, is_kept
from patients.scoring import easi, itch, poem, viga
from patients.scoring.bands import Band, Stratum
from patients.scoring.easi import ADULT_WEIGHTS_FROM, WeightSet

HEADROOM = Decimal("1.05")  # above the highest laboratory value
SHAPES: dict[str, str] = {
    Respondent.CLINICIAN: "circle",
    Respondent.SELF: "square",
    Respondent.HELPED: "diamond",
    Respondent.PROXY: "triangle",
}
EDGE_WORDS: dict[str, dict[Band, Any]] = {"poem": {Band.CLEAR: gettext_lazy("(almost) clear")}}


def _scale(highest: int, ticks: str, strata: Iterable[Stratum], **more: Any) -> chart.Scale:
    """The axis of an instrument. The names of its bands are put in when it is drawn, in the language of the page."""
    bands = tuple(chart.Band(stratum.band.value, stratum.upto) for stratum in strata)
    return chart.Scale(Decimal(0), Decimal(highest), tuple(map(Decimal, ticks.split())), bands, **more)


SCALES: dict[str, chart.Scale] = {
    "easi": _scale(72, "0 7 21 50 72", easi.STRATA, under=Decimal("1.5")),
    "viga_ad": _scale(4, "0 1 2 3 4", [Stratum(b, Decimal(n)) for n, b in enumerate(viga.BANDS)], is_whole=True),
    "poem": _scale(28, "0 7 14 21 28", poem.STRATA, is_whole=True),
    "itch": _scale(10, "0 5 10", itch.STRATA, is_whole=True),
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
    name_y: str = ""  # of a limit that ends within the plot; the last one is named at the edge


@dataclass(frozen=True)
class Panel:
    """One instrument: its name, latest value and change beside its plot. Without a dot there is a sentence instead."""

    key: str
    name: str
    scale: str
    latest: Latest | None
    change: Change | None
    since: str = ""
    is_since_before: bool = False  # that day lies before the time shown
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
    lines: dict[int, Line]  # what the table says of each assessment; a marker says the same
    said: Said


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


def panels(reading: Reading, last: dict[str, int], latest: list[Latest], ways: dict[str, str]) -> list[Panel]:
    """One panel per instrument in the order of the latest scores, whose rows are `last`; `ways` are the addresses where
    each is recorded.
    """
    found = []
    for one in latest:
        row = last.get(one.instrument, 0)
        if one.instrument == "tarc":
            found.append(_tarc(reading, one, reading.lab_changes.get(row), ways.get("tarc", "")))
            continue
        drawn = _drawn(reading, one.instrument, one.name)
        change = reading.changes.get(row)
        scale = SCALES[one.instrument]
        found.append(_panel(reading, one.instrument, one, scale, drawn, change=change, add=ways.get(one.instrument, "")))
        if one.instrument == Instrument.EASI and drawn:
            found.append(_head_neck(reading, one))
    return found


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
        common |= {"since": day(change.since), "was": was, "is_since_before": change.since < span.since}
    if not drawn:
        return Panel(scale="" if key == "tarc" else text, **common)
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
        dots=[_dot(one, place) for one, place in marks],
        limits=[_limit(one, y) for one, y in chart.named_levels(chart.levels(limits, scale, span, height))],
        **_birthday(reading, key),
        **common,
    )


def _dot(one: Drawn, place: chart.Mark) -> Dot:
    return Dot(
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


def _limit(one: chart.Level, y: float) -> Limit:
    return Limit(f"{one.x1:.2f}%", f"{one.x2:.2f}%", f"{one.y:.1f}", _pg(one.value), f"{y:.1f}" if one.x2 < 100 else "")


def _birthday(reading: Reading, key: str) -> dict[str, Any]:
    """Where the weights of the EASI change; nowhere, if scores were left with others than those of the age."""
    on = chart.birthday(reading.patient.birth_date, ADULT_WEIGHTS_FROM)
    span = reading.span
    if key not in {"easi", "head_neck"} or not span.since < on <= span.until:
        return {}
    if any(is_kept(row, reading.patient.birth_date) for row in reading.rows):
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


def _drawn(reading: Reading, instrument: str, name: str) -> list[Drawn]:
    """The rows of an instrument as markers: what counts, what was corrected, and what a later one of the day replaced."""
    rows = [
        row
        for row in reading.rows
        if row.instrument == instrument and row.total is not None and row.state != AssessmentState.WITHDRAWN
    ]
    last = {(row.assessed_on, row.respondent): row.id for row in rows if row.state == AssessmentState.SIGNED}
    title, part = _("%(name)s %(value)s. %(on)s. %(who)s."), _("%(score)s (head and neck %(part)s)")
    found = []
    for row in rows:
        counts = last.get((row.assessed_on, row.respondent)) == row.id
        line, said_too = reading.lines[row.id], _said_too(row, counts)
        short = text = f"{line.value}, {line.word}"
        if row.head_neck is not None:
            text = part % {"score": text, "part": score_text(instrument, row.head_neck)}
        found.append(
            Drawn(
                row.assessed_on,
                row.total or Decimal(0),
                f"{row.respondent}/{row.weight_set}",
                counts,
                _look(row, counts),
                SHAPES[row.respondent],
                line.url,
                " ".join([title % {"name": name, "value": text, "on": line.on, "who": line.who}, *said_too]),
                " · ".join([short, line.on, _short(line.who), *said_too]),
                row.state == AssessmentState.SIGNED and row.replaces is not None,
                row.is_imputed,
            )
        )
    return found


def _look(row: Row, counts: bool) -> str:
    if row.state == AssessmentState.AMENDED:
        return f"{row.respondent} is-replaced"
    return row.respondent if counts else f"{row.respondent} is-pale"


def _said_too(row: Row, counts: bool) -> list[str]:
    """What a marker says besides value, day and person."""
    found = []
    if row.state == AssessmentState.AMENDED:
        found.append(_("Old value, corrected since."))
    elif row.replaces is not None:
        found.append(_("Corrected."))
    if row.is_imputed:
        found.append(_("One question left open, counted 0."))
    if row.state == AssessmentState.SIGNED and not counts:
        found.append(_("A later one of this day counts."))
    return found


def _short(name: str) -> str:
    return name if len(name) <= 20 else f"{name[:19]}…"


def _head_neck(reading: Reading, whole: Latest) -> Panel:
    """The first term of the EASI on its own scale, which ends higher where a score with the weights under 8 is shown.

    Its markers are no links: those of the EASI above them say the same and lead to the same pages.
    """
    label, title = _("Head and neck"), _("Head and neck %(value)s. %(on)s.")
    shown = [row for row in reading.rows if row.head_neck is not None and row.state != AssessmentState.WITHDRAWN]
    last = {row.assessed_on: row.id for row in shown if row.state == AssessmentState.SIGNED}
    drawn = []
    for row in shown:
        text = title % {"value": score_text(Instrument.EASI, row.head_neck), "on": reading.lines[row.id].on}
        counts = last.get(row.assessed_on) == row.id
        series, is_ringed = f"{row.respondent}/{row.weight_set}", row.state == AssessmentState.SIGNED and bool(row.replaces)
        value, look = row.head_neck or Decimal(0), _look(row, counts)
        drawn.append(Drawn(row.assessed_on, value, series, counts, look, "circle", "", text, text, is_ringed, False))
    highest = max(HEAD_NECK_HIGHEST[WeightSet(row.weight_set)] for row in shown)
    step = HEAD_NECK_HIGHEST[WeightSet.FROM_8]
    scale = chart.Scale(Decimal(0), highest, tuple(step * n for n in range(1 + int(highest / step))))
    now = next((one for one in reversed(drawn) if one.counts), None)
    value_now = score_text(Instrument.EASI, now.value) if now else ""
    return _panel(reading, "head_neck", replace(whole, name=label, value=value_now, word=""), scale, drawn)


def _pg(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _tarc(reading: Reading, latest: Latest, change: Change | None, add: str) -> Panel:
    """The laboratory values on a scale of their own, with the limit each is read against."""
    rows = reading.labs
    tops = [row.value for row in rows] + [row.limit for row in rows if row.limit is not None]
    highest = chart.nice_top([top * HEADROOM for top in tops]) if tops else Decimal(1000)
    scale = chart.Scale(Decimal(0), highest, (Decimal(0), highest / 2, highest))
    full, limit_text = _("TARC %(value)s pg/mL%(limit)s. %(on)s. %(assay)s."), _(", limit %(limit)s")
    haemolysed = _("Sample haemolysed.")
    last, later = {row.pk for row in lab_trend(rows)}, _("A later one of this day counts.")
    drawn = []
    for row in rows:
        counts = row.pk in last
        limit = limit_text % {"limit": _pg(row.limit)} if row.limit is not None else ""
        title = full % {"value": _pg(row.value), "limit": limit, "on": day(row.collected_on), "assay": row.assay}
        tip = f"{_pg(row.value)} pg/mL{limit} · {day(row.collected_on)} · {_short(row.assay)}"
        notes = ([haemolysed] if row.is_haemolysed else []) + ([] if counts else [later])
        drawn.append(
            Drawn(
                row.collected_on,
                row.value,
                f"lab/{row.assay}",
                counts,
                "lab" if counts else "lab is-pale",
                "hexagon",
                f"#lab-{row.public_id}",
                " ".join([title, *notes]),
                " · ".join([tip, *notes]),
                False,
                row.is_haemolysed,
            )
        )
    limits = [(row.collected_on, row.limit) for row in rows]
    return _panel(reading, "tarc", latest, scale, drawn, change=change, limits=limits, add=add)


def legend(reading: Reading) -> list[tuple[str, str, str]]:
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
