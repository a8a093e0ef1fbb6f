"""What became of the scores since a chosen one, in words. The rules are those of patients/scoring/change.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from patients import words
from patients.models import Assessment, AssessmentState, Instrument, LabResult
from patients.models.assessments import POEM_COLUMNS
from patients.scoring import change, poem, viga
from patients.scoring.easi import Findings, Region

MINUS = "\u2212"


class Row(NamedTuple):
    """A signed assessment as the chart and its table need it; the names of its columns are those of COLUMNS."""

    id: int
    public_id: UUID
    instrument: str
    state: str
    assessed_on: date
    recorded_at: datetime
    respondent: str
    total: Decimal | None
    head_neck: Decimal | None
    band: str
    is_imputed: bool
    weight_set: str
    replaces: int | None
    amend_reason: str
    withdrawn_reason: str
    rater: str | None
    recorded_by: str | None
    edition: str | None
    answers: tuple[int | None, ...]  # of a POEM, in the order of POEM_COLUMNS

    @property
    def kind(self) -> tuple[str, str]:
        """Self, helped and proxy reports are kinds of their own: one is never compared with another."""
        return self.instrument, self.respondent

    @property
    def counts(self) -> bool:
        """Whether trends and current scores are made of it."""
        return self.state == AssessmentState.SIGNED and self.total is not None

    @property
    def place(self) -> tuple[date, datetime, int]:
        """Where it stands in the trend: by day, of one day by when it was entered."""
        return self.assessed_on, self.recorded_at, self.id


COLUMNS: dict[str, Any] = {
    "replaces": "replaces_id",
    "rater": "rater__name",
    "recorded_by": "recorded_by__name",
    "edition": "edition__name",
}


def read(rows: Any) -> list[Row]:
    """These assessments as the chart and its table need them."""
    columns = [COLUMNS.get(name, name) for name in Row._fields if name != "answers"]
    count = len(columns)
    return [Row._make((*values[:count], values[count:])) for values in rows.values_list(*columns, *POEM_COLUMNS)]


def trend_of(rows: Sequence[Row]) -> list[Row]:
    """What lines and comparisons run through: of each instrument and respondent the last entered of a day. Rows and trend
    stand in rising order.
    """
    last: dict[tuple[str, str, date], Row] = {}
    for row in reversed(rows):
        if row.counts:
            last.setdefault((row.instrument, row.respondent, row.assessed_on), row)
    return list(last.values())[::-1]


class Change(NamedTuple):
    """What became of a score since an earlier one."""

    text: str  # "−62.0 %", "6 points lower"
    meaning: str  # "EASI-50", "very likely important"
    since: date
    was: Decimal
    is_recomputed: bool = False  # with the weights of the later date


def percent_text(baseline: Decimal, value: Decimal) -> str:
    """The change in per cent, a fall with a minus: "−62.0 %"; nothing from a baseline of 0.

    Where one decimal would seem to reach EASI-50, -75 or -90 and the score did not, two decimals say so.
    """
    percent = change.percent_change(baseline, value)
    if percent is None:
        return ""
    shown = change.shown(percent)
    if any(shown >= step and not change.reached(baseline, value, step) for step in change.EASI_STEPS):
        shown = percent.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    sign = "" if not shown else MINUS if shown > 0 else "+"
    return f"{sign}{abs(shown)}\u00a0%"


def points_text(points: int) -> str:
    """A difference in points, lower or higher."""
    count = abs(points)
    if not count:
        return _("unchanged")
    if points < 0:
        return ngettext("%(n)s point lower", "%(n)s points lower", count) % {"n": count}
    return ngettext("%(n)s point higher", "%(n)s points higher", count) % {"n": count}


def changes(rows: Iterable[Row], firsts: Mapping[tuple[str, str], Row], born_on: date) -> dict[int, Change]:
    """The change of scored rows since the first of their kind, by row id; those before it, and it itself, have none."""
    after = ((firsts.get(row.kind), row) for row in rows)
    pairs = [(first, row) for first, row in after if first is not None and row.place > first.place]
    findings = _findings(pair for pair in pairs if pair[0].weight_set != pair[1].weight_set)
    said: dict[tuple[str, Decimal, Decimal], tuple[str, str]] = {}
    found: dict[int, Change] = {}
    for earlier, later in pairs:
        if later.instrument == Instrument.EASI:
            found[later.id] = _easi_change(earlier, later, findings, born_on)
        else:
            was, value = earlier.total or Decimal(0), later.total or Decimal(0)
            key = (later.instrument, was, value)
            if key not in said:
                said[key] = _points_change(later.instrument, int(was), int(value))
            found[later.id] = Change(*said[key], earlier.assessed_on, was)
    return found


def _findings(pairs: Iterable[tuple[Row, Row]]) -> Mapping[int, Mapping[Region, Findings]]:
    """The items of EASI that were scored with different weights; asked for only where there are any."""
    wanted = {row.id for pair in pairs for row in pair}
    return {row.pk: row.findings for row in Assessment.objects.filter(pk__in=wanted)} if wanted else {}


def _easi_change(earlier: Row, later: Row, findings: Mapping[int, Mapping[Region, Findings]], born_on: date) -> Change:
    was, value = earlier.total or Decimal(0), later.total or Decimal(0)
    if recomputed := earlier.weight_set != later.weight_set:
        pair = change.comparable(
            (earlier.assessed_on, findings[earlier.id]), (later.assessed_on, findings[later.id]), born_on
        )
        was, value = pair.earlier.total, pair.later.total
    reached = change.easi_response(was, value)
    meaning = words.EASI_RESPONSES[reached] if reached else ""
    return Change(percent_text(was, value) or _("no percentage from 0"), meaning, earlier.assessed_on, was, recomputed)


def _points_change(instrument: str, was: int, value: int) -> tuple[str, str]:
    """The difference of two whole totals in words, and what it is likely to mean."""
    meaning = ""
    if instrument == Instrument.POEM and was != value:
        meaning = str(words.POEM_CHANGES[poem.change_class(was, value)])
    elif instrument == Instrument.VIGA_AD and viga.is_success(was, value):
        meaning = _("success as in trials (rule not verified)")
    return points_text(value - was), meaning


def lab_changes(rows: Iterable[LabResult], firsts: Mapping[str, LabResult]) -> dict[int, Change]:
    """The change of each laboratory value since the first of its assay, by row id; those before it, and it, have none."""
    found: dict[int, Change] = {}
    for row in rows:
        first = firsts.get(row.assay)
        if first is not None and lab_place(row) > lab_place(first):
            found[row.pk] = Change(percent_text_of(first.value, row.value), "", first.collected_on, first.value)
    return found


def lab_place(row: LabResult) -> tuple[date, datetime, int]:
    """Where a laboratory value stands in the trend, as Row.place."""
    return row.collected_on, row.recorded_at, row.pk


def lab_trend(rows: Iterable[LabResult]) -> list[LabResult]:
    """Of each assay the last entered of a day."""
    last = {(row.assay, row.collected_on): row for row in sorted(rows, key=lab_place)}
    return sorted(last.values(), key=lab_place)


def percent_text_of(baseline: Decimal, value: Decimal) -> str:
    """The change of a laboratory value in per cent with one decimal; its baseline is above 0."""
    shown = change.shown((baseline - value) * 100 / baseline)
    sign = "" if not shown else MINUS if shown > 0 else "+"
    return f"{sign}{abs(shown)}\u00a0%"
