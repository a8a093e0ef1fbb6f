"""Values for the tests of the rules: a person about whom everything is known, and lines of the real catalogue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from patients.sites import Side
from regimens.catalogue import products
from regimens.protocol.base import Finding, Unchecked
from regimens.protocol.check import check
from regimens.protocol.facts import Answer, Case, Jurisdiction, Line, Measured, Person, Phase, Place, Precaution

ON = date(2026, 11, 20)
PRODUCTS = products()
KINDS = (
    "immunocompromise",
    "barrier_defect",
    "pregnancy",
    "breastfeeding",
    "epilepsy",
    "skin_infection",
    "phototherapy",
    "skin_malignancy",
    "helminth_infection",
)


def person(**more: Any) -> Person:
    """An adult of 40 with everything asked, nothing found, 70 kg."""
    known = Person(
        born_on=date(1986, 5, 4),
        weight=Measured(Decimal(70), date(2026, 11, 1), "Nora Nurse"),
        allergies_asked_on=date(2026, 11, 1),
        precautions=tuple(Precaution(kind, Answer.ABSENT, date(2026, 11, 1), "Nora Nurse") for kind in KINDS),
        viga=Measured(Decimal(3), date(2026, 11, 18), "Dana Derm"),
        easi=Measured(Decimal("12.4"), date(2026, 11, 18), "Dana Derm"),
    )
    return replace(known, **more)


def found(kind: str, answer: Answer = Answer.PRESENT, **more: Any) -> Precaution:
    """One answer to a precaution."""
    return Precaution(kind, answer, date(2026, 11, 1), "Nora Nurse", **more)


def having(*answers: Precaution, **more: Any) -> Person:
    """The person with these answers in place of "absent"."""
    kinds = {row.kind for row in answers}
    base = person(**more)
    return replace(base, precautions=(*(row for row in base.precautions if row.kind not in kinds), *answers))


def line(key: str, /, *sites: str, **more: Any) -> Line:
    """A line of the catalogue: twice daily from today with a review in six weeks, unless said otherwise."""
    values: dict[str, Any] = {"phase": Phase.INDUCTION, "per_day": 2, "starts_on": ON, "review_on": ON + timedelta(days=42)}
    if more.get("phase", Phase.INDUCTION) != Phase.INDUCTION:
        values["per_day"] = None
    places = tuple(Place(code, Side(side)) for code, _colon, side in (site.partition(":") for site in sites))
    return Line(PRODUCTS[key], places, **(values | {"key": f"line-{key}"} | more))


EMOLLIENT = line("emollient", "whole_body", review_on=None)


def case(who: Person | None = None, *lines: Line, where: str = "EU", **more: Any) -> Case:
    """A case in a jurisdiction; with an emollient in use, so that nothing is "alone"."""
    return Case(who or person(), Jurisdiction(where), ON, (EMOLLIENT, *lines), **more)


def answers(of: Case, checked: Line) -> tuple[dict[str, Finding], dict[str, Unchecked]]:
    """What the rules find and what they could not check, by rule id (one of each rule)."""
    (answer,) = check(of, [checked])
    return {one.rule.id: one for one in answer.findings}, {one.rule.id: one for one in answer.unchecked}
