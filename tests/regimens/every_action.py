"""Every action that changes treatment, in a state in which it can be done: what is asked of all of them is asked here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from clinics.access import Actor
from clinics.models import AuditEvent
from patients.models import Patient, Precaution
from regimens import actions
from regimens.models import (
    AdverseEvent,
    Application,
    DosePlan,
    DoseSettings,
    Override,
    PastTreatment,
    PlanSite,
    Regimen,
    RegimenLine,
    RuleChoice,
    TubeReport,
    WorkItem,
)
from tests.factories import NOW, make_emollient, make_order, make_regimen, place

LATER = NOW + timedelta(days=20)
TODAY = date(2026, 12, 10)  # the day of LATER in Berlin
REVIEW = date(2027, 1, 1)  # six weeks after 20 November 2026
TREATMENT = (Regimen, RegimenLine, DosePlan, PlanSite, Override, PastTreatment, RuleChoice, WorkItem)
TABLES = (AuditEvent, Precaution, *TREATMENT, Application, TubeReport, AdverseEvent, DoseSettings)


@dataclass(frozen=True)
class World:
    """A patient with a regimen: tacrolimus 0.1 % on face and both hands since 20 November, and an emollient."""

    patient: Patient
    regimen: Regimen | None = None
    seen: int = 0  # how far the versions are from what is stored
    at: datetime = LATER

    @property
    def line(self) -> RegimenLine:
        return RegimenLine.objects.select_related("product", "patient__clinic").get(
            patient=self.patient, product__key="tacrolimus-0.1"
        )

    @property
    def version(self) -> int:
        return self.line.version + self.seen


def begun(by: Actor, patient: Patient) -> World:
    orders = [make_order("tacrolimus-0.1", "face", "hands:both"), make_emollient()]
    return World(patient, make_regimen(patient, *orders, by=by))


def maintained(by: Actor, patient: Patient) -> World:
    world = begun(by, patient)
    to_maintenance(by, replace(world, at=NOW + timedelta(days=10)))
    return world


def held(by: Actor, patient: Patient) -> World:
    world = begun(by, patient)
    hold(by, replace(world, at=NOW + timedelta(days=10)))
    return world


def stopped(by: Actor, patient: Patient) -> World:
    world = begun(by, patient)
    stop(by, replace(world, at=NOW + timedelta(days=10)))
    return world


def start(by: Actor, w: World) -> Regimen:
    return actions.start_regimen(by, w.patient, [make_order(on=TODAY), make_emollient(on=TODAY)], at=w.at)


def add(by: Actor, w: World) -> list[RegimenLine]:
    assert w.regimen is not None
    return actions.add_line(by, w.regimen, [make_order("hydrocortisone-1", "trunk", on=TODAY)], at=w.at)


def change(by: Actor, w: World) -> RegimenLine:
    order = make_order("hydrocortisone-1", "face", on=TODAY)
    return actions.change_product(by, w.line, order, version=w.version, text="burns", at=w.at)


def again(by: Actor, w: World) -> RegimenLine:
    return actions.start_again(by, w.line, make_order(on=TODAY), at=w.at)


def to_maintenance(by: Actor, w: World) -> DosePlan:
    return actions.step_to_maintenance(
        by, w.line, [place("face")], weekdays=(0, 3), flares_in_a_year=5, review_on=None, version=w.version, at=w.at
    )


def to_induction(by: Actor, w: World) -> DosePlan:
    return actions.return_to_induction(by, w.line, [place("face")], per_day=2, reason="flare", version=w.version, at=w.at)


def down(by: Actor, w: World) -> DosePlan:
    return actions.step_down(by, w.line, [place("face")], version=w.version, at=w.at)


def hold(by: Actor, w: World) -> None:
    look = date(2027, 1, 4)
    actions.hold(by, w.line, look_again_on=look, reason="holidays", version=w.version, at=w.at)


def resume(by: Actor, w: World) -> None:
    actions.resume(by, w.line, version=w.version, at=w.at)


def stop(by: Actor, w: World) -> None:
    actions.stop(by, w.line, reason="cleared", next_look_on=date(2027, 1, 4), version=w.version, at=w.at)


def stop_all(by: Actor, w: World) -> None:
    assert w.regimen is not None
    regimen = Regimen.objects.get(pk=w.regimen.pk)
    version = regimen.version + w.seen
    actions.stop_regimen(by, regimen, reason="wish", no_look_reason="moves away", version=version, at=w.at)


@dataclass(frozen=True)
class Act:
    """An action: the state it needs, what it does, and the verbs of its audit rows in their order."""

    prepare: Callable[[Actor, Patient], World]
    do: Callable[[Actor, World], Any]
    verbs: tuple[str, ...]
    has_version: bool = True


ACTS: dict[str, Act] = {
    "start_regimen": Act(lambda by, who: World(who), start, ("regimen started", "line added", "line added"), False),
    "add_line": Act(begun, add, ("line added",), False),
    "change_product": Act(begun, change, ("line replaced", "line added")),
    "start_again": Act(stopped, again, ("line started again", "line added"), False),
    "step_to_maintenance": Act(begun, to_maintenance, ("stepped to maintenance",)),
    "return_to_induction": Act(maintained, to_induction, ("returned to induction",)),
    "step_down": Act(begun, down, ("stepped down",)),
    "hold": Act(begun, hold, ("line held",)),
    "resume": Act(held, resume, ("line resumed",)),
    "stop": Act(begun, stop, ("line stopped",)),
    "stop_regimen": Act(begun, stop_all, ("line stopped", "line stopped", "regimen stopped")),
}
every_action = pytest.mark.parametrize("name", list(ACTS))


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Every row an action of treatment may touch, with every value."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES}


@contextmanager
def refused(error: type[Exception], *fields: str) -> Iterator[pytest.ExceptionInfo[Any]]:
    """The block raises this error, naming exactly these fields, and leaves every row as it was."""
    before = snapshot()
    with pytest.raises(error) as caught, transaction.atomic():
        yield caught
    assert snapshot() == before
    if fields:
        assert sorted(caught.value.error_dict) == sorted(fields)
    elif error is ValidationError:
        assert not hasattr(caught.value, "error_dict")


class BreaksAt:
    """The database refuses the n-th statement that writes."""

    def __init__(self, number: int):
        self.left = number

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self.left -= 1
            if self.left == 0:
                raise DatabaseError("the disk is full")
        return execute(sql, params, many, context)


def writes_that_fail(do: Callable[[], Any]) -> int:
    """Let each write of an action fail in turn, then none; how many there were. Asserts that nothing was ever left."""
    before, number = snapshot(), 0
    while True:
        number += 1
        breaks = BreaksAt(number)
        try:
            with connection.execute_wrapper(breaks), transaction.atomic():
                do()
        except DatabaseError:
            assert snapshot() == before
        else:
            return number - 1


def verbs_since(before: int) -> list[str]:
    """The verbs of the audit rows after so many, in their order."""
    return [event.verb for event in AuditEvent.objects.order_by("pk")[before:]]


def phases(line: RegimenLine) -> list[tuple[str, str, date, date | None]]:
    """The places of a line with their phase and days, in the order they were made."""
    rows = PlanSite.objects.filter(line=line).select_related("plan").order_by("pk")
    return [(f"{row.site}:{row.side}".rstrip(":"), row.plan.phase, row.from_on, row.ended_on) for row in rows]
