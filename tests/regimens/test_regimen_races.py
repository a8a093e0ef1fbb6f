"""Two people, or two clicks, on one regimen at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinics.access import Actor, system_actor
from clinics.errors import Stale
from clinics.models import AuditEvent, Role
from patients import actions as records
from patients.models import Patient
from regimens import actions
from regimens.errors import Unsafe
from regimens.models import PlanSite, Regimen, RegimenLine, RuleChoice, WorkItem
from regimens.protocol.facts import Phase
from tests.factories import NOW, actor_for, make_emollient, make_member, make_order, make_regimen, place
from tests.patients.test_races import at_once
from tests.regimens.every_action import ACTS, World, begun, hold, phases, start, stop, stop_all
from tests.regimens.test_actions_property import assert_sound

pytestmark = [pytest.mark.django_db(transaction=True)]
TODAY = date(2026, 11, 20)
ROUNDS = range(5)
INFECTED = {"kind": "skin_infection", "state": "present", "site": "face"}


@pytest.fixture(autouse=True)
def _postgresql(vendor: str) -> None:
    if vendor == "sqlite":
        pytest.skip("an SQLite database in memory has one writer and no waiting")


def told(act: Callable[[], Any]) -> Callable[[], Any]:
    """The call with "changed by someone else" and "not safe" as answers that at_once counts."""

    def call() -> None:
        try:
            act()
        except Stale:
            raise ValidationError({"stale": "changed by someone else"}) from None
        except Unsafe:
            raise ValidationError({"unsafe": "not saved"}) from None

    return call


@pytest.mark.parametrize("attempt", ROUNDS)
def test_two_start_a_regimen_at_once(by: Actor, adult: Patient, attempt: int) -> None:
    other = actor_for(make_member(adult.clinic, Role.DERMATOLOGIST, may_prescribe=True), adult.clinic)
    calls = [told(lambda who=who: start(who, World(adult))) for who in (by, other, by)]
    assert at_once(*calls) == {"done": 1, "whole": 2}
    assert (Regimen.objects.count(), RegimenLine.objects.count()) == (1, 2)
    assert AuditEvent.objects.filter(verb="regimen started").count() == 1


@pytest.mark.parametrize("attempt", ROUNDS)
def test_step_and_stop_at_once(by: Actor, adult: Patient, attempt: int) -> None:
    world = begun(by, adult)
    line = world.line
    values: dict[str, Any] = {"weekdays": (0, 3), "flares_in_a_year": None, "review_on": None, "version": 1, "at": world.at}
    step = told(lambda: actions.step_to_maintenance(by, line, [place("face")], **values))
    end = told(lambda: actions.stop(by, line, reason="wish", no_look_reason="well", version=1, at=world.at))
    assert at_once(step, end) == {"done": 1, "stale": 1}
    is_stopped = RegimenLine.objects.get(pk=line.pk).ended_on is not None
    assert PlanSite.objects.filter(line=line, plan__phase="maintenance").exists() != is_stopped
    assert_sound(adult)


@pytest.mark.parametrize("first", ["step_to_maintenance", "step_down", "hold", "stop", "change_product"])
def test_two_steps_of_one_version_one_wins(by: Actor, adult: Patient, first: str) -> None:
    world = begun(by, adult)
    seen = world.line

    class Seen(World):
        line = seen
        version = 1

    same = Seen(adult, world.regimen)
    answers = at_once(*[told(lambda do=do: do(by, same)) for do in (ACTS[first].do, hold, stop)])
    assert answers == {"done": 1, "stale": 2}
    assert_sound(adult)
    assert RegimenLine.objects.get(pk=seen.pk).version == 2


@pytest.mark.parametrize("attempt", ROUNDS)
def test_a_line_is_added_while_the_regimen_is_ended(by: Actor, adult: Patient, attempt: int) -> None:
    world = begun(by, adult)
    regimen = Regimen.objects.get()
    add = told(lambda: actions.add_line(by, regimen, [make_order("hydrocortisone-1", "trunk")], at=NOW))
    end = told(lambda: actions.stop_regimen(by, regimen, reason="wish", no_look_reason="moves", version=1, at=world.at))
    answers = at_once(add, end)
    assert answers in ({"done": 1, "stale": 1}, {"done": 1, "whole": 1})
    is_open = Regimen.objects.live().exists()
    assert RegimenLine.objects.live().count() == (3 if is_open else 0)
    assert PlanSite.objects.filter(ended_on=None).exists() == is_open


@pytest.mark.parametrize("attempt", ROUNDS)
def test_two_orders_that_do_not_go_together_are_not_both_saved(by: Actor, adult: Patient, attempt: int) -> None:
    regimen = make_regimen(adult, make_emollient(), by=by)
    tacrolimus = make_order("tacrolimus-0.1")
    wrap = make_order("wet-wrap", "face", phase=Phase.COURSE, per_day=1, course_days=5)
    calls = [told(lambda one=one: actions.add_line(by, regimen, [one], at=NOW)) for one in (tacrolimus, wrap)]
    assert at_once(*calls) == {"done": 1, "unsafe": 1}


@pytest.mark.parametrize("attempt", ROUNDS)
def test_an_order_and_the_fact_that_speaks_against_it_at_once(by: Actor, adult: Patient, attempt: int) -> None:
    """Either the order was first and the line waits to be looked at, or the fact was and the order asks."""
    record = told(lambda: actions.record_precaution(by, adult, INFECTED, at=NOW))
    answers = at_once(told(lambda: make_regimen(adult, by=by)), record)
    if answers == {"done": 2}:
        assert WorkItem.objects.live().count() == 1
    else:
        assert answers == {"done": 1, "unsafe": 1}
        assert not Regimen.objects.exists()


@pytest.mark.parametrize("attempt", ROUNDS)
def test_the_night_and_a_fact_at_once_raise_one_item(by: Actor, adult: Patient, attempt: int) -> None:
    make_regimen(adult, by=by)
    records.record_precaution(by, adult, INFECTED, at=NOW)
    night = system_actor("task")
    calls = [told(lambda: actions.check_again(night, adult, at=NOW))] * 3
    assert at_once(*calls) == {"done": 3}
    assert WorkItem.objects.count() == 1
    assert AuditEvent.objects.filter(verb="work item raised").count() == 1


def test_an_item_is_closed_by_two_at_once_once(by: Actor, adult: Patient) -> None:
    make_regimen(adult, by=by)
    actions.record_precaution(by, adult, INFECTED, at=NOW)
    item = WorkItem.objects.get()
    close = told(lambda: actions.close_item(by, item, outcome="handled", note="called", version=1, at=NOW))
    late = told(lambda: actions.snooze_item(by, item, until_on=TODAY + timedelta(1), why="later", version=1, at=NOW))
    assert at_once(close, close) == {"done": 2}
    assert AuditEvent.objects.filter(verb="work item closed").count() == 1
    assert at_once(late) == {"stale": 1}


def test_a_rule_is_chosen_by_three_at_once(adult: Patient) -> None:
    lead = actor_for(make_member(adult.clinic, Role.DERMATOLOGIST, is_medical_lead=True), adult.clinic)
    values = {"params": {}, "source": "S", "reason": "R", "at": NOW}
    calls = [
        told(lambda level=level: actions.choose_rule(lead, adult.clinic, "infection-tci", level=level, **values))
        for level in (1, 2, 3)
    ]
    assert at_once(*calls) == {"done": 3}
    assert (RuleChoice.objects.count(), RuleChoice.objects.filter(replaced_at=None).count()) == (3, 1)


def test_two_end_the_regimen_at_once(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    answers = at_once(*[told(lambda: stop_all(by, world))] * 2)
    assert answers["done"] == 1
    assert AuditEvent.objects.filter(verb="regimen stopped").count() == 1
    assert all(row[3] == date(2026, 12, 10) for row in phases(world.line))
