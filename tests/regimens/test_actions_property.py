"""Whatever is tried, in whatever order: one phase a day for each place, one open regimen, every change audited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from random import Random
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from clinics.access import Actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Role
from patients.models import Patient
from patients.sites import Side, overlaps
from regimens import actions, queries
from regimens.actions import Reply
from regimens.errors import Unsafe
from regimens.models import DosePlan, PlanSite, Regimen, RegimenLine
from regimens.protocol.facts import Phase
from tests.factories import NOW, actor_for, make_clinic, make_member, make_order, make_patient, place
from tests.regimens.every_action import snapshot

PLACES = ("face", "hands:left", "hands:right", "trunk")


class Replies(dict[str, Reply]):
    """A reply to every warning there is, and to none there is not."""

    def get(self, key: str, default: object = None) -> Reply:  # type: ignore[override]
        return Reply("known", "Seen weekly.")


REPLIES = Replies()
NO_LOOK = {"reason": "wish", "no_look_reason": "well"}
REFUSALS = (ValidationError, Unsafe, Stale)
ORDERS: list[tuple[str, dict[str, Any]]] = [
    ("tacrolimus-0.1", {}),
    ("tacrolimus-0.1", {"places": tuple(place(site) for site in PLACES)}),
    ("hydrocortisone-1", {"per_day": 1, "until": 9}),
    ("tacrolimus-0.03", {"phase": Phase.MAINTENANCE, "weekdays": (0, 3)}),
    ("emollient", {}),
    ("prednisolone-oral", {"phase": Phase.COURSE, "per_day": 1, "course_days": 5}),
    ("dupilumab-300", {"phase": Phase.INTERVAL, "every_days": 14}),
    ("cetirizine", {"phase": Phase.AS_NEEDED, "condition": "itch", "most_per_day": 1}),
]
LINE_STEPS = ("maintenance", "induction", "down", "hold", "resume", "change")
KINDS = (*LINE_STEPS * 3, "stop", "again", "start", "add", "add", "stop all")


@dataclass(frozen=True)
class Step:
    """Something somebody tries."""

    kind: str
    which: int  # of the lines
    names: frozenset[str]  # of places
    order: int
    shift: int  # an order begins so many days from today; a last day lies so many ahead
    days: int = 0  # that pass before it
    is_stale: bool = False  # from a page of before

    @classmethod
    def any_of(cls, chance: Random) -> Step:
        return cls(
            kind=chance.choice(KINDS),
            which=chance.randrange(6),
            names=frozenset(chance.sample(PLACES, chance.randint(1, 3))),
            order=chance.randrange(len(ORDERS)),
            shift=chance.choice((-3, 0, 0, 1, 2, 6, 20)),
            days=chance.choice((0, 0, 1, 2, 9)),
            is_stale=chance.random() < 0.1,
        )


def an_order(number: int, places: frozenset[str], on: date, shift: int) -> actions.Order:
    key, more = ORDERS[number]
    order = make_order(key, on=on + timedelta(days=shift), **{k: v for k, v in more.items() if k != "until"})
    if "until" in more:
        order = replace(order, until_on=order.starts_on + timedelta(days=more["until"]))
    is_sited = order.product.has_sites and "places" not in more
    return replace(order, places=tuple(place(site) for site in sorted(places))) if is_sited else order


def a_step(by: Actor, patient: Patient, step: Step, at: datetime) -> Callable[[], Any] | None:
    """The step as a call, on whatever regimen and line there are; None where there is none to take it on."""
    kind, which, names, shift, is_stale = step.kind, step.which, step.names, step.shift, step.is_stale
    on = patient.clinic.today(at)
    order = an_order(step.order, names, on, shift)
    regimen = Regimen.objects.filter(patient=patient).order_by("-pk").first()
    lines = list(RegimenLine.objects.filter(patient=patient).order_by("pk"))
    if kind == "start":
        return lambda: actions.start_regimen(by, patient, [order], replies=REPLIES, at=at)
    if regimen is None or not lines:
        return None
    live = [row for row in lines if row.ended_on is None]
    line = (live if live and shift % 4 else lines)[which % len(live if live and shift % 4 else lines)]
    places = [place(name) for name in sorted(names)]
    if shift % 5:  # mostly places the line is used on
        used = [queries.place_of(row) for row in PlanSite.objects.filter(line=line, ended_on=None).order_by("pk")]
        places = [one for one in used if one in places] or used[: 1 + which % 3] or places
    last = on + timedelta(days=shift)
    more: dict[str, Any] = {"version": line.version - is_stale, "at": at}
    answered = more | {"replies": REPLIES}
    ahead = on + timedelta(days=30)
    calls: dict[str, Callable[[], Any]] = {
        "add": lambda: actions.add_line(by, regimen, [order], replies=REPLIES, at=at),
        "stop all": lambda: actions.stop_regimen(by, regimen, **NO_LOOK, version=regimen.version - is_stale, at=at),
        "maintenance": lambda: actions.step_to_maintenance(
            by, line, places, weekdays=(0, 3), flares_in_a_year=None, review_on=ahead, **answered
        ),
        "induction": lambda: actions.return_to_induction(by, line, places, per_day=2, until_on=last, **answered),
        "down": lambda: actions.step_down(by, line, places, review_on=ahead, **answered),
        "hold": lambda: actions.hold(by, line, look_again_on=last, reason="asked", **more),
        "resume": lambda: actions.resume(by, line, **answered),
        "stop": lambda: actions.stop(by, line, **NO_LOOK, **more),
        "change": lambda: actions.change_product(by, line, order, **answered),
        "again": lambda: actions.start_again(by, line, replace(order, product=line.product), replies=REPLIES, at=at),
    }
    return calls[kind]


def assert_sound(patient: Patient) -> None:
    """What must hold after every step."""
    assert Regimen.objects.live().filter(patient=patient).count() <= 1
    for line in RegimenLine.objects.filter(patient=patient).select_related("regimen"):
        rows = list(PlanSite.objects.filter(line=line).select_related("plan"))
        assert rows
        for row in rows:
            assert row.from_on >= row.plan.from_on
            assert row.plan.ended_on is None or (row.ended_on is not None and row.ended_on <= row.plan.ended_on)
        for one, other in combinations(rows, 2):
            assert not (_shares_skin(one, other) and _shares_days(one, other)), (str(line), one.plan, other.plan)
        live = DosePlan.objects.live().filter(line=line)
        assert all(plan.places.filter(ended_on=None).exists() for plan in live)
        if line.ended_on is not None:
            assert not live.exists()
            assert not any(row.ended_on > line.ended_on for row in rows if row.from_on < line.ended_on)
        if line.regimen.ended_on is not None:
            assert line.ended_on is not None


def _shares_skin(one: PlanSite, other: PlanSite) -> bool:
    return not one.site or overlaps(one.site, Side(one.side), other.site, Side(other.side))


def _shares_days(one: PlanSite, other: PlanSite) -> bool:
    first, after = max(one.from_on, other.from_on), min(one.ended_on or date.max, other.ended_on or date.max)
    return first < after


class AnyOrderOfActions(TestCase):
    """Lists of random steps; a step that is refused changes nothing, one that is not leaves its audit row."""

    def setUp(self) -> None:
        clinic = make_clinic("Hillside")
        self.by = actor_for(make_member(clinic, Role.DERMATOLOGIST, may_prescribe=True), clinic)
        self.nurse = actor_for(make_member(clinic, Role.NURSE), clinic)
        self.patient = make_patient(clinic, birth_date=date(1980, 5, 4))

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.randoms(use_true_random=True))
    def test_any_sequence_leaves_one_phase_a_day_and_one_open_regimen(self, chance: Random) -> None:
        at = NOW
        first = Step("start", 0, frozenset({"face", "trunk", "hands:left"}), 0, 0)
        for step in [first, *(Step.any_of(chance) for _number in range(12))]:
            at += timedelta(days=step.days)
            call = a_step(self.by, self.patient, step, at)
            if call is None:
                continue
            before, audited = snapshot(), AuditEvent.objects.count()
            with pytest.raises(NotAllowed), transaction.atomic():
                (a_step(self.nurse, self.patient, step, at) or pytest.fail)()
            try:
                with transaction.atomic():
                    call()
            except REFUSALS:
                assert snapshot() == before
            else:
                after = snapshot()
                assert after != before
                assert AuditEvent.objects.count() > audited
                news = AuditEvent.objects.order_by("pk")[audited:]
                assert {event.patient for event in news} == {self.patient.public_id}
                changed = _changed_lines(before, after)
                assert changed <= {event.object_id for event in news}
            assert_sound(self.patient)


def _changed_lines(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> set[Any]:
    """The public ids of lines of which anything is other than before; when a dose is due next follows from the rest."""
    keys = {row["id"]: row["public_id"] for row in after["RegimenLine"]}
    found = set()
    for table, key in (("RegimenLine", "id"), ("DosePlan", "line_id"), ("PlanSite", "line_id"), ("Override", "line_id")):
        was = {row["id"]: _without_next(row) for row in before[table]}
        found |= {keys[row[key]] for row in after[table] if _without_next(row) != was.get(row["id"])}
    return found


def _without_next(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "next_due_at"}
