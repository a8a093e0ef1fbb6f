"""The scores of the chart as rows of a table."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinics.models.base import day
from patients import words
from patients.models import AssessmentState, Instrument, LabResult, Patient, Respondent
from patients.queries.progress import Change, Row
from patients.queries.scores import score_text
from patients.scoring.bands import Band
from patients.scoring.easi import WeightSet, weight_set


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
    weights: dict[str, str] = field(default_factory=lambda: {name: str(word) for name, word in words.WEIGHT_SETS.items()})
    kept: str = field(default_factory=lambda: _("%(weights)s, left as stored when the date of birth was corrected"))
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


def notes_of_day(rows: Iterable[tuple[Hashable, int, datetime]], zone: ZoneInfo) -> dict[int, str]:
    """Of several that count in one trend on one day (the first value is the same for them; then id, when entered; rising):
    when each was entered, and that only the last counts.
    """
    days: dict[Hashable, list[tuple[int, datetime]]] = {}
    for of, pk, at in rows:
        days.setdefault(of, []).append((pk, at))
    found: dict[int, str] = {}
    for same in days.values():
        for number, (pk, at) in enumerate(same if len(same) > 1 else [], start=1):
            text = _("entered %(time)s, the last of this day: it counts")
            if number < len(same):
                text = _("entered %(time)s; a later one of this day counts")
            found[pk] = text % {"time": f"{at.astimezone(zone):%H:%M}"}
    return found


def is_kept(row: Row, born_on: date) -> bool:
    """Whether an EASI that counts was left with weights that are not those of the age by the date of birth of today."""
    if row.instrument != Instrument.EASI or row.state != AssessmentState.SIGNED:
        return False
    return row.weight_set != weight_set(born_on, row.assessed_on)


def weight_notes(rows: Sequence[Row], born_on: date, said: Said) -> dict[int, str]:
    """The weights of EASI in words, by row id: of all where both sets are listed or some were left as stored, else only
    those under 8.
    """
    found = [row for row in rows if row.instrument == Instrument.EASI]
    kept = {row.id for row in found if is_kept(row, born_on)}
    names_all = bool(kept) or len({row.weight_set for row in found}) > 1
    return {
        row.id: said.kept % {"weights": said.weights[row.weight_set]} if row.id in kept else said.weights[row.weight_set]
        for row in found
        if names_all or row.weight_set == WeightSet.UNDER_8
    }


LOOKS: dict[str, str] = {AssessmentState.AMENDED: "is-replaced", AssessmentState.WITHDRAWN: "is-withdrawn"}


def lines_of(
    rows: Sequence[Row], changes: Mapping[int, Change], patient: Patient, base: str, said: Said
) -> dict[int, Line]:
    """Assessments (in rising order) as rows, by their id."""
    zone = ZoneInfo(patient.clinic.zone)
    counting = [row for row in rows if row.counts]
    times = notes_of_day([((*row.kind, row.assessed_on), row.id, row.recorded_at) for row in counting], zone)
    weights = weight_notes(rows, patient.birth_date, said)
    return {
        row.id: _line(row, changes.get(row.id), times.get(row.id, ""), weights.get(row.id, ""), base, zone, said)
        for row in rows
    }


def _line(row: Row, change: Change | None, time: str, weights: str, base: str, zone: ZoneInfo, said: Said) -> Line:
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
        notes="; ".join(_notes(row, time, weights, zone, said)),
        look=LOOKS.get(row.state, ""),
    )


def _notes(row: Row, time: str, weights: str, zone: ZoneInfo, said: Said) -> list[str]:
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
    if row.instrument == Instrument.POEM and row.total is None:
        count = row.answers.count(None)
        notes.append(ngettext("%(n)s question left open", "%(n)s questions left open", count) % {"n": count})
    if weights:
        notes.append(weights)
    entered = row.recorded_at.astimezone(zone).date()
    if time:
        notes.append(time)
    elif entered != row.assessed_on:
        notes.append(said.entered % {"on": day(entered)})
    if row.edition:
        notes.append(row.edition)
    return notes


def lab_word(row: LabResult) -> str:
    """Where a laboratory value stands to its limit; nothing without one."""
    if row.limit is None:
        return ""
    return _("at or above the limit") if row.value >= row.limit else _("below the limit")


def limit_text(row: LabResult) -> str:
    """The limit a laboratory value is read against, and whose it is; nothing without one."""
    if row.limit is None:
        return ""
    whose = _("limit %(limit)s of the laboratory") if row.laboratory_limit is not None else _("limit %(limit)s by age")
    return whose % {"limit": f"{row.limit.normalize():f}"}


def lab_line(row: LabResult, change: Change | None, time: str, base: str, said: Said) -> Line:
    """A laboratory value as a row."""
    notes = [text for text in (row.assay, limit_text(row), time) if text]
    if row.is_haemolysed:
        notes.append(_("sample haemolysed"))
    return Line(
        anchor=f"lab-{row.public_id}",
        url=f"{base}labs/{row.public_id}/",
        on=day(row.collected_on),
        name=_("TARC"),
        value=row.shown,
        word=lab_word(row),
        change=said.change(change),
        who=_("Laboratory"),
        entered_by=row.recorded_by.name if row.recorded_by else "",
        notes="; ".join(notes),
        look="",
    )
