"""What changes are counted from: looked for in the whole history, so that it is the same whatever time is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import Case, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from patients.models import Assessment, Instrument, LabResult, Patient
from patients.queries.progress import Row, lab_trend, read, trend_of

OFFERED = 60  # assessments to compare with: the latest; the very first and the chosen one are always among them
LAB_FIRSTS = 100  # assays whose first value is looked for
LAST = ["-assessed_on", "-recorded_at", "-id"]
FIRST = ["assessed_on", "-recorded_at", "-id"]  # of the first day the last entered
IS_EASI = Case(When(instrument=Instrument.EASI, then=Value(1)), default=Value(0))


class Starts(NamedTuple):
    """What is compared with what."""

    start: Row | None  # the chosen assessment, else the first EASI of all, else the first score of all
    offered: list[Row]  # the EASI (without any, the other scores) and the chosen one, in rising order
    last: dict[str, Row]  # the latest of each instrument
    firsts: dict[tuple[str, str], Row]  # of each instrument and respondent, on the day of `start` or after it


def starts_of(history: Sequence[Row], baseline: UUID | None) -> Starts:
    """What changes are counted from, and what else may be chosen, of a whole history in rising order."""
    trend = trend_of(history)
    return _starts(history, trend, baseline, lambda start: (row for row in trend if row.assessed_on >= start.assessed_on))


def asked_starts(patient: Patient, baseline: UUID | None) -> Starts:
    """The same of a history that is not at hand; two queries."""
    counting = Assessment.objects.counting().filter(patient=patient)
    ranked = counting.annotate(
        from_first=Window(RowNumber(), partition_by=["instrument", "respondent"], order_by=FIRST),
        from_last=Window(RowNumber(), partition_by=["instrument"], order_by=LAST),
        offered=Window(RowNumber(), partition_by=[IS_EASI], order_by=LAST),
    )
    wanted = Q(from_first=1) | Q(from_last=1) | Q(offered__lte=OFFERED)
    if baseline is not None:
        wanted |= Q(public_id=baseline)
    rows = _rows(ranked.filter(wanted))
    return _starts(rows, trend_of(rows), baseline, lambda start: _firsts(counting, start))


def _starts(
    rows: Sequence[Row], trend: Sequence[Row], baseline: UUID | None, since: Callable[[Row], Iterable[Row]]
) -> Starts:
    first: dict[tuple[str, str], Row] = {}
    for row in trend:
        first.setdefault(row.kind, row)
    chosen = next((row for row in rows if row.public_id == baseline and row.counts), None)
    usual = [row for kind, row in first.items() if kind[0] == Instrument.EASI] or list(first.values())
    start = chosen or next(iter(usual), None)
    last = {row.instrument: row for row in trend}
    if start is None:
        return Starts(None, [], last, {})
    firsts: dict[tuple[str, str], Row] = {}
    for row in since(start):
        firsts.setdefault(row.kind, row)
    return Starts(start, _offered(trend, usual[0], start), last, firsts | {start.kind: start})


def _rows(ranked: QuerySet) -> list[Row]:
    """The ranked rows in rising order. Ranks are counted first, and only what is wanted is read whole."""
    found = read(Assessment.objects.filter(pk__in=ranked.values("pk")))
    return sorted(found, key=lambda row: row.place)


def _offered(trend: Sequence[Row], first: Row, start: Row) -> list[Row]:
    listed = ([row for row in trend if row.instrument == Instrument.EASI] or trend)[-OFFERED:]
    found = {row.id: row for row in (*listed, first, start)}
    return sorted(found.values(), key=lambda row: row.place)


def _firsts(counting: QuerySet, start: Row) -> list[Row]:
    since = counting.filter(assessed_on__gte=start.assessed_on)
    ranked = since.annotate(from_first=Window(RowNumber(), partition_by=["instrument", "respondent"], order_by=FIRST))
    return _rows(ranked.filter(from_first=1))


def lab_starts_of(history: Sequence[LabResult], since: date | None) -> tuple[LabResult | None, dict[str, LabResult]]:
    """The latest laboratory value, and the first of each assay on a day or after it, of a whole history."""
    if since is None or not history:
        return None, {}
    firsts: dict[str, LabResult] = {}
    for row in lab_trend(row for row in history if row.collected_on >= since):
        firsts.setdefault(row.assay, row)
    return history[-1], firsts


def asked_lab_starts(patient: Patient, since: date | None) -> tuple[LabResult | None, dict[str, LabResult]]:
    """The same of a history that is not at hand; one query."""
    if since is None:
        return None, {}
    is_before = Case(When(collected_on__lt=since, then=Value(1)), default=Value(0))
    live = LabResult.objects.live().filter(patient=patient)
    ranked = live.annotate(
        from_first=Window(RowNumber(), partition_by=["assay", is_before], order_by=["collected_on", "-recorded_at", "-id"]),
        from_last=Window(RowNumber(), order_by=["-collected_on", "-recorded_at", "-id"]),
    )
    wanted = ranked.filter(Q(from_first=1, collected_on__gte=since) | Q(from_last=1))
    rows = LabResult.objects.filter(pk__in=wanted.values("pk")).order_by("-collected_on", "-recorded_at", "-id")
    found = list(rows[: LAB_FIRSTS + 1])
    # The latest may be the first of its assay as well; one from before that day is the start of nothing.
    firsts = {row.assay: row for row in found if row.collected_on >= since}
    return next(iter(found), None), firsts
