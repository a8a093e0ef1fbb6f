"""Tubes that were reported beside what the doses would take. An estimate: it decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinics.models.base import day
from patients import ages
from regimens.models import AmountUnit, DosePlan, PlanSite, RegimenLine, TubeReport
from regimens.protocol import fingertips
from regimens.protocol.adherence import Outcome
from regimens.queries.doses import Due, LineDoses
from regimens.queries.facts import place_of

GRAM = Decimal("0.1")


class TubeView(NamedTuple):
    """A report: what was used up, and what the recorded and the expected doses would take."""

    public_id: UUID
    since: str
    until: str
    used: str
    by_record: str
    by_plan: str
    source: str
    by: str


@dataclass(frozen=True)
class Taken:
    """Grams that some applications take; `is_at_most` where a figure is of a larger part of the skin."""

    grams: Decimal
    is_at_most: bool


class Key(NamedTuple):
    """An application of a plan on a day, whose places it takes."""

    plan: int
    on: date


def tube_view(report: TubeReport, doses: LineDoses) -> TubeView:
    """A report (with who recorded it) beside the doses of its days."""
    within = _within(doses, report)
    done = [Key(due.plan, due.slot.on) for due in within.expected if _is_done(within, due)]
    done += [Key(row.plan_id or 0, row.on) for row in within.extra]
    asked = [Key(due.plan, due.slot.on) for due in within.expected]
    plans = {plan.pk: plan for plan in doses.plans}
    per = {key: _each(doses.line, plans[key.plan], report, key.on) for key in {*done, *asked} if key.plan in plans}
    return TubeView(
        public_id=report.public_id,
        since=day(report.since_on),
        until=day(report.until_on),
        used=_("%(tubes)s × %(each)s g = %(grams)s g")
        % {
            "tubes": f"{report.tubes.normalize():f}",
            "each": report.grams_each,
            "grams": _rounded(report.tubes * report.grams_each),
        },
        by_record=_said(done, per, ngettext("%(n)s application recorded", "%(n)s applications recorded", len(done))),
        by_plan=_said(asked, per, ngettext("%(n)s dose expected", "%(n)s doses expected", len(asked))),
        source=_source(doses.line) if any(per.values()) else _("Nothing says how much one application takes."),
        by=report.recorded_by.name if report.recorded_by else "",
    )


def _within(doses: LineDoses, report: TubeReport) -> LineDoses:
    return replace(
        doses,
        expected=[due for due in doses.expected if report.since_on <= due.slot.on <= report.until_on],
        extra=[row for row in doses.extra if report.since_on <= row.on <= report.until_on],
    )


def _is_done(doses: LineDoses, due: Due) -> bool:
    row = doses.records.get(due)
    return row is not None and row.outcome == Outcome.DONE


def _each(line: RegimenLine, plan: DosePlan, report: TubeReport, on: date) -> Taken | None:
    """What one application of a plan takes on a day: the line's amount, else fingertip units by site and age."""
    if line.amount is not None:
        grams = line.amount * (fingertips.GRAMS if line.amount_unit == AmountUnit.FTU else 1)
        return Taken(grams, False)
    born_on = line.patient.birth_date
    months = ages.completed_months(born_on, report.since_on) if born_on <= report.since_on else None
    places = [place_of(row) for row in plan.places.all() if _is_of(row, plan, on)]
    found = fingertips.amount_for(places, months)
    return Taken(found.grams, found.is_at_most) if found else None


def _is_of(row: PlanSite, plan: DosePlan, on: date) -> bool:
    """Whether a place was in its plan on a day; the day it left is the next plan's, unless the whole plan ended on it."""
    return row.from_on <= on and (row.ended_on is None or row.ended_on > on or row.ended_on == plan.ended_on == on)


def _source(line: RegimenLine) -> str:
    if line.amount is not None:
        return _("Reckoned with the amount of the line.")
    return _("Reckoned in fingertip units of 0.5 g by site and age: %(source)s.") % {"source": fingertips.SOURCE}


def _said(keys: list[Key], per: dict[Key, Taken | None], words: str) -> str:
    """ "at the most 42.5 g for 34 applications recorded"; empty where the amount of one of them is unknown."""
    each = [per.get(key) for key in keys]
    said = words % {"n": len(keys)}
    known = [one for one in each if one is not None]
    if len(known) < len(each):
        return said
    grams = _rounded(sum((one.grams for one in known), Decimal(0)))
    amount = _("at the most %(grams)s g") if any(one.is_at_most for one in known) else _("about %(grams)s g")
    return _("%(amount)s for %(doses)s") % {"amount": amount % {"grams": grams}, "doses": said}


def _rounded(grams: Decimal) -> str:
    return f"{grams.quantize(GRAM, ROUND_HALF_UP).normalize():f}"
