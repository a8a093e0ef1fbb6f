"""The scores of the chart as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinics.models.base import day
from patients import words
from patients.models import AssessmentState, Instrument, LabResult, Respondent
from patients.queries.progress import Change, Row
from patients.queries.scores import score_text
from patients.scoring.bands import Band
from patients.scoring.easi import WeightSet


@dataclass(frozen=True)
class Said:
    """The words of a page, looked up once: five hundred rows use the same few."""

    names: dict[str, str] = field(default_factory=lambda: {one.value: str(one.label) for one in Instrument})
    who: dict[str, str] = field(default_factory=lambda: {one.value: str(one.label) for one in Respondent})
    bands: dict[tuple[str, str], str] = field(
        default_factory=lambda: {
            (name.value, band): words.band_word(name, band)
            for name in Instrument
            for band in ("", *(b.value for b in Band))
        }
    )
    under_8: str = field(default_factory=lambda: str(words.WEIGHT_SETS[WeightSet.UNDER_8]))
    part: str = field(default_factory=lambda: _("head and neck %(part)s"))
    left_open: str = field(default_factory=lambda: _("one question left open, counted 0"))
    entered: str = field(default_factory=lambda: _("entered %(on)s"))
    recomputed: str = field(default_factory=lambda: _("%(change)s (recomputed with the weights of the later date)"))

    def change(self, change: Change | None) -> str:
        """A change with its meaning on one line."""
        if change is None:
            return ""
        text = f"{change.text}, {change.meaning}" if change.meaning else change.text
        return self.recomputed % {"change": text} if change.is_recomputed else text


class Line(NamedTuple):
    """One score, every value formatted once."""

    anchor: str
    url: str
    on: str
    name: str
    value: str
    word: str
    change: str
    who: str
    entered_by: str
    notes: str
    look: str


def notes_of_day(rows: Sequence[Row], zone: ZoneInfo) -> dict[int, str]:
    """Of several signed scores of one instrument on one day: when each was entered, and that only the last counts."""
    days: dict[tuple[str, date], list[Row]] = {}
    for row in rows:
        if row.state == AssessmentState.SIGNED and row.total is not None:
            days.setdefault((row.instrument, row.assessed_on), []).append(row)
    found: dict[int, str] = {}
    for same in days.values():
        for row in same if len(same) > 1 else []:
            text = _("entered %(time)s, the last of this day: it counts")
            if row is not same[-1]:
                text = _("entered %(time)s; a later one of this day counts")
            found[row.id] = text % {"time": f"{row.recorded_at.astimezone(zone):%H:%M}"}
    return found


LOOKS: dict[str, str] = {AssessmentState.AMENDED: "is-replaced", AssessmentState.WITHDRAWN: "is-withdrawn"}


def line_of(row: Row, change: Change | None, time: str, base: str, zone: ZoneInfo, said: Said) -> Line:
    """An assessment as a row."""
    return Line(
        anchor="",
        url=f"{base}assessments/{row.public_id}/",
        on=day(row.assessed_on),
        name=said.names[row.instrument],
        value=score_text(row.instrument, row.total),
        word=said.bands[row.instrument, row.band],
        change=said.change(change),
        who=row.rater or said.who[row.respondent],
        entered_by="" if row.rater else row.recorded_by or "",
        notes="; ".join(_notes(row, time, zone, said)),
        look=LOOKS.get(row.state, ""),
    )


def _notes(row: Row, time: str, zone: ZoneInfo, said: Said) -> list[str]:
    notes = []
    if row.state == AssessmentState.AMENDED:
        notes.append(_("old value, corrected since: %(why)s") % {"why": row.withdrawn_reason})
    elif row.state == AssessmentState.WITHDRAWN:
        notes.append(_("entered in error: %(why)s") % {"why": row.withdrawn_reason})
    elif row.replaces:
        notes.append(_("corrected: %(why)s") % {"why": row.amend_reason})
    if row.head_neck is not None:
        notes.append(said.part % {"part": score_text(row.instrument, row.head_neck)})
    if row.is_imputed:
        notes.append(said.left_open)
    if row.weight_set == WeightSet.UNDER_8:
        notes.append(said.under_8)
    entered = row.recorded_at.astimezone(zone).date()
    if time:
        notes.append(time)
    elif entered != row.assessed_on:
        notes.append(said.entered % {"on": day(entered)})
    if row.edition:
        notes.append(row.edition)
    return notes


def lab_line(row: LabResult, change: Change | None, base: str, said: Said) -> Line:
    """A laboratory value as a row; its address is where it is taken back."""
    limit = row.limit
    over = "" if limit is None else _("at or above the limit") if row.value >= limit else _("below the limit")
    notes = [row.assay]
    if limit is not None:
        whose = _("limit %(limit)s of the laboratory") if row.laboratory_limit is not None else _("limit %(limit)s by age")
        notes.append(whose % {"limit": f"{limit.normalize():f}"})
    if row.is_haemolysed:
        notes.append(_("sample haemolysed"))
    return Line(
        anchor=f"lab-{row.public_id}",
        url=f"{base}labs/{row.public_id}/withdraw/",
        on=day(row.collected_on),
        name=_("TARC"),
        value=row.shown,
        word=over,
        change=said.change(change),
        who=_("Laboratory"),
        entered_by=row.recorded_by.name if row.recorded_by else "",
        notes="; ".join(notes),
        look="",
    )
