"""What the chart is made of. A history that fits on a page is read once and counted here; of a longer one each part is
asked for by itself. Both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import Case, Count, Exists, Min, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from patients import chart
from patients.models import Assessment, AssessmentState, LabResult, Patient
from patients.queries.progress import Row, read
from patients.queries.starts import Starts, asked_lab_starts, asked_starts, lab_starts_of, starts_of

CAP = 500  # assessments drawn and listed at the most: those that count before the others, the latest; the page says so
LABS = 100  # laboratory values, likewise
LATEST = ["-assessed_on", "-recorded_at", "-id"]
LATEST_LABS = ["-collected_on", "-recorded_at", "-id"]
IS_OLD = Case(When(state=AssessmentState.SIGNED, then=Value(0)), default=Value(1))


class Counts(NamedTuple):
    """How many scores and laboratory values lie in each range; the first day of all, and that of laboratory values."""

    in_range: dict[str, int]
    first: date | None
    first_lab: date | None


@dataclass(frozen=True)
class Whole:
    """A history at hand, in rising order."""

    entries: list[Row]
    values: list[LabResult]

    def counts(self, since: Mapping[str, date]) -> Counts:
        """Counted from the first day of each range."""
        days = [row.assessed_on for row in self.entries if row.state == AssessmentState.SIGNED]
        lab_days = [row.collected_on for row in self.values]
        in_range = {name: sum(on >= start for on in (*days, *lab_days)) for name, start in since.items()}
        firsts = [row.assessed_on for row in self.entries[:1]] + lab_days[:1]
        return Counts(in_range, min(firsts, default=None), next(iter(lab_days), None))

    def rows(self, span: chart.Span) -> tuple[list[Row], str]:
        """What was signed in these days, in rising order; nothing is left out."""
        return [row for row in self.entries if span.holds(row.assessed_on)], ""

    def labs(self, span: chart.Span) -> tuple[list[LabResult], str]:
        """Laboratory values of these days, in rising order; nothing is left out."""
        return [row for row in self.values if span.holds(row.collected_on)], ""

    def starts(self, baseline: UUID | None) -> Starts:
        """What the changes are counted from, and what else may be chosen."""
        return starts_of(self.entries, baseline)

    def lab_starts(self, since: date | None) -> tuple[LabResult | None, dict[str, LabResult]]:
        """The latest laboratory value, and the first of each assay on a day or after it."""
        return lab_starts_of(self.values, since)


@dataclass(frozen=True)
class Parts:
    """A history that is too long to be read whole."""

    patient: Patient

    def counts(self, since: Mapping[str, date]) -> Counts:
        """Counted from the first day of each range; two queries."""
        live = Q(state=AssessmentState.SIGNED)
        found = entries(self.patient).aggregate(
            first=Min("assessed_on"),
            **{f"in_{name}": Count("pk", filter=live & Q(assessed_on__gte=start)) for name, start in since.items()},
        )
        found_labs = lab_values(self.patient).aggregate(
            first=Min("collected_on"),
            **{f"in_{name}": Count("pk", filter=Q(collected_on__gte=start)) for name, start in since.items()},
        )
        days = [on for on in (found["first"], found_labs["first"]) if on is not None]
        in_range = {name: found[f"in_{name}"] + found_labs[f"in_{name}"] for name in since}
        return Counts(in_range, min(days, default=None), found_labs["first"])

    def rows(self, span: chart.Span) -> tuple[list[Row], str]:
        """What was signed in these days, in rising order, CAP at the most; and what was left out, in words."""
        rows = entries(self.patient).filter(assessed_on__range=(span.since, span.until))
        latest = read(rows.order_by(IS_OLD, *LATEST)[: CAP + 1])
        kept, more = sorted(latest[:CAP], key=lambda row: row.place), latest[CAP:]
        text = ""
        if more and more[0].state == AssessmentState.SIGNED:
            text = _(
                "There are more scores than %(cap)s in this time: the latest %(cap)s are drawn and listed. "
                "Choose a shorter time to see all of it."
            )
        elif more:
            text = _(
                "Every score of this time that counts is drawn and listed, but not everything that was corrected or taken "
                "back: these are more than %(cap)s together. Choose a shorter time to see all of it."
            )
        return kept, text and text % {"cap": CAP}

    def labs(self, span: chart.Span) -> tuple[list[LabResult], str]:
        """Laboratory values of these days, in rising order, LABS at the most; and what was left out, in words."""
        rows = lab_values(self.patient).filter(collected_on__range=(span.since, span.until))
        latest = list(rows.select_related("recorded_by").order_by(*LATEST_LABS)[: LABS + 1])
        text = _("There are more TARC than %(cap)s in this time: the latest %(cap)s are drawn and listed.") % {"cap": LABS}
        return latest[:LABS][::-1], text if len(latest) > LABS else ""

    def starts(self, baseline: UUID | None) -> Starts:
        """What the changes are counted from, and what else may be chosen; two queries."""
        return asked_starts(self.patient, baseline)

    def lab_starts(self, since: date | None) -> tuple[LabResult | None, dict[str, LabResult]]:
        """The latest laboratory value, and the first of each assay on a day or after it; one query."""
        return asked_lab_starts(self.patient, since)


def entries(patient: Patient) -> QuerySet:
    """What was signed: what counts, what was taken back, and what was corrected, as long as its correction counts."""
    live = Assessment.objects.filter(patient=patient, series=OuterRef("series"), state=AssessmentState.SIGNED)
    counts_or_withdrawn = Q(state__in=[AssessmentState.SIGNED, AssessmentState.WITHDRAWN])
    signed = Assessment.objects.filter(patient=patient, signed_at__isnull=False)
    return signed.filter(counts_or_withdrawn | Q(Exists(live), state=AssessmentState.AMENDED))


def lab_values(patient: Patient) -> QuerySet:
    """The laboratory values that count."""
    return LabResult.objects.live().filter(patient=patient)


def history_of(patient: Patient) -> Whole | Parts:
    """The history of a patient: whole, if it is not longer than what is drawn; two queries."""
    rows = read(entries(patient).order_by(*LATEST)[: CAP + 1])
    labs = list(lab_values(patient).select_related("recorded_by").order_by(*LATEST_LABS)[: LABS + 1])
    return Parts(patient) if len(rows) > CAP or len(labs) > LABS else Whole(rows[::-1], labs[::-1])
