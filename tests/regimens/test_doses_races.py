"""Many people, taps and programs on one dose at the same moment: one record, and the others are told. On both databases."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.test import Client

from clinics.access import Actor, system_actor
from clinics.errors import Stale
from clinics.models import AuditEvent, Clinic, Role, User
from patients.models import Patient, Precaution
from regimens import actions
from regimens.actions import Said
from regimens.errors import AlreadyRecorded
from regimens.models import AdverseEvent, Application, DosePlan, DoseSettings, WorkItem
from regimens.protocol.slots import Slot, next_due
from tests.api import Api
from tests.factories import NOW, actor_for, make_emollient, make_member, make_order, make_regimen
from tests.patients.test_races import at_once
from tests.regimens.api import about
from tests.regimens.pages import text_of, url

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")
TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
SLOT = Slot(TODAY, "morning")
DONE, SKIPPED = Said("done"), Said("skipped", skip_reason="forgot")
MANY = 20


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """About 13:00 in Berlin on Friday 20 November 2026."""
    with time_machine.travel(NOW):
        yield


class Race:
    """Calls that begin together in threads, and what is stored afterwards.

    PostgreSQL is as it is. SQLite is a file with the options of production, made of what the test has stored so far: the
    database in memory that other tests use has no second connection.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch):
        self.folder, self.patch = folder, patch

    def run(self, *calls: Callable[[], Any]) -> Counter[str]:
        if connection.vendor == "sqlite":
            file = self.folder / "race.sqlite3"
            with sqlite3.connect(file) as copy:
                connection.connection.backup(copy)
            copy.close()
            self.patch.setitem(connections.settings, "default", connections.settings["default"] | {"NAME": str(file)})
        return at_once(*calls)

    def stored(self, look: Callable[[], T]) -> T:
        """What `look` finds where the calls wrote."""

        def run() -> T:
            try:
                return look()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(run).result()


@pytest.fixture
def race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Race:
    """A race on the database of this run."""
    return Race(tmp_path, monkeypatch)


@pytest.fixture
def plan(by: Actor, adult: Patient) -> DosePlan:
    """Tacrolimus 0.1 % on the face twice daily since yesterday."""
    on = TODAY - DAY
    make_regimen(adult, make_order(on=on), make_emollient(on=on), by=by, at=NOW - DAY)
    return DosePlan.objects.select_related("line", "patient__clinic").get(line__product__key="tacrolimus-0.1")


@pytest.fixture
def as_nurse(nurse: User, clinic: Clinic) -> Actor:
    """The other person."""
    return actor_for(nurse, clinic)


def told(act: Callable[[], Any]) -> Callable[[], Any]:
    """The call with its refusals as answers that are counted."""

    def call() -> None:
        try:
            act()
        except AlreadyRecorded as known:
            who = {"Dana Derm": "recorded", "Nico Nurse": "recorded"}.get(known.row.recorded_by.name, "nobody")
            raise ValidationError({who: "before"}) from None
        except Stale:
            raise ValidationError({"stale": "changed by someone else"}) from None

    return call


def record(by: Actor, plan: DosePlan, said: Said = DONE) -> Callable[[], Any]:
    return told(lambda: actions.record_dose(by, plan, SLOT, said, at=NOW))


def by_page(user: User, plan: DosePlan) -> Callable[[], Any]:
    """Somebody signed in who presses "Done"."""
    client = Client()
    client.force_login(user)
    address = url("dose_record", plan.patient, plan.line.public_id)
    sent = {"slot": f"{plan.public_id}.{TODAY.isoformat()}.{SLOT.name}", "outcome": "done"}

    def call() -> None:
        answer = client.post(address, sent)
        if answer.status_code == 409:
            text = text_of(answer)
            assert "Dana Derm" in text or "Nico Nurse" in text
            raise ValidationError({"recorded": "before"})
        assert answer.status_code == 302, answer.content

    return call


def by_api(user: User, plan: DosePlan) -> Callable[[], Any]:
    """A program that says the same."""
    api = Api(user)
    body = {"plan": str(plan.public_id), "slot_on": TODAY.isoformat(), "slot": SLOT.name, "outcome": "done"}

    def call() -> None:
        answer = api.post(about(plan.patient, "doses"), body)
        if answer.status_code == 409:
            assert answer.json()["recorded_by"] in ("Dana Derm", "Nico Nurse")
            raise ValidationError({"recorded": "before"})
        assert answer.status_code == 201, answer.content

    return call


def assert_one_record(race: Race) -> None:
    """One row, live, and one row of audit that says so."""
    rows = race.stored(lambda: list(Application.objects.values_list("kind", "slot", "withdrawn_at")))
    assert rows == [("slot", "morning", None)]
    assert race.stored(lambda: AuditEvent.objects.filter(verb="dose recorded").count()) == 1


# --- Twenty for one slot ------------------------------------------------------------------------------------------------


def test_twenty_record_one_dose(race: Race, by: Actor, as_nurse: Actor, plan: DosePlan) -> None:
    calls = [record((by, as_nurse)[n % 2], plan, (DONE, SKIPPED)[n % 3 == 0]) for n in range(MANY)]
    assert race.run(*calls) == {"done": 1, "recorded": MANY - 1}
    assert_one_record(race)


def test_twenty_press_done_on_the_page(race: Race, clinician: User, nurse: User, plan: DosePlan) -> None:
    calls = [by_page((clinician, nurse)[n % 2], plan) for n in range(MANY)]
    assert race.run(*calls) == {"done": 1, "recorded": MANY - 1}
    assert_one_record(race)


def test_twenty_programs_record_one_dose(race: Race, clinician: User, nurse: User, plan: DosePlan) -> None:
    calls = [by_api((clinician, nurse)[n % 2], plan) for n in range(MANY)]
    assert race.run(*calls) == {"done": 1, "recorded": MANY - 1}
    assert_one_record(race)


@pytest.mark.parametrize("attempt", range(2))
def test_page_program_and_action_for_one_dose(
    race: Race, by: Actor, clinician: User, nurse: User, plan: DosePlan, attempt: int
) -> None:
    calls = [[by_page(nurse, plan), by_api(clinician, plan), record(by, plan)][n % 3] for n in range(MANY)]
    assert race.run(*calls) == {"done": 1, "recorded": MANY - 1}
    assert_one_record(race)


def test_twenty_times_the_same_extra_application(race: Race, by: Actor, plan: DosePlan) -> None:
    act = told(lambda: actions.record_application(by, plan.line, kind="extra", applied_at=NOW, at=NOW))
    assert race.run(*[act] * MANY) == {"done": 1, "recorded": MANY - 1}
    assert race.stored(Application.objects.count) == 1


# --- One record, several hands ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attempt", range(2))
def test_undone_and_changed_at_once_one_wins(race: Race, by: Actor, as_nurse: Actor, plan: DosePlan, attempt: int) -> None:
    row = actions.record_dose(by, plan, SLOT, DONE, at=NOW)
    undo = told(lambda: actions.undo_dose(by, row, at=NOW))
    change = told(lambda: actions.change_dose(as_nurse, row, SKIPPED, at=NOW))
    assert race.run(*[undo, change] * 5) == {"done": 1, "stale": 9}
    rows = race.stored(lambda: list(Application.objects.order_by("pk").values_list("outcome", "withdrawn_reason")))
    assert rows in ([("done", "undone")], [("done", "changed"), ("skipped", "")])


def test_a_dose_and_the_end_of_its_line_at_once(race: Race, by: Actor, plan: DosePlan) -> None:
    """Whoever comes first: the dose is recorded, or it is none of the line any more."""
    stop = {"reason": "wish", "no_look_reason": "well", "version": 1, "at": NOW}
    answers = race.run(told(lambda: actions.stop(by, plan.line, **stop)), record(by, plan))
    number = race.stored(Application.objects.count)
    assert (answers, number) in (({"done": 2}, 1), ({"done": 1, "slot": 1}, 0))


def test_the_minute_moves_on_what_somebody_ends(race: Race, by: Actor, plan: DosePlan) -> None:
    """What is due next is of the plans as they are afterwards, whoever wrote last."""
    at = NOW + timedelta(hours=10)
    stop = {"reason": "wish", "no_look_reason": "well", "version": 1, "at": at}
    calls = [lambda: actions.advance_due(at=at)] * 4
    assert race.run(*calls, told(lambda: actions.stop(by, plan.line, **stop))) == {"done": 5}

    def is_kept() -> bool:
        actions.advance_due(at=at)  # what was left to somebody else
        plans = DosePlan.objects.select_related("line")
        return all(one.next_due_at == next_due(one.schedule, at) for one in plans)

    assert race.stored(is_kept)


# --- Events and settings ------------------------------------------------------------------------------------------------


def test_an_infection_recorded_by_five_at_once_is_one_infection_and_one_item(race: Race, by: Actor, plan: DosePlan) -> None:
    values = {"kind": "infection", "site": "face", "severity": "severe", "onset_on": TODAY, "action_taken": "none"}
    acts = [
        told(lambda n=n: actions.record_adverse_event(by, plan.patient, values | {"text": f"seen by {n}"}, at=NOW))
        for n in range(5)
    ]
    night = told(lambda: actions.check_again(system_actor("task"), plan.patient, at=NOW))
    assert race.run(*acts, night, night) == {"done": 7}
    assert race.stored(AdverseEvent.objects.count) == 5
    assert race.stored(Precaution.objects.count) == 1
    reasons = race.stored(lambda: Counter(WorkItem.objects.values_list("reason", flat=True)))
    assert reasons == {"finding": 1, "red_flag": 5}


def test_the_same_event_sent_five_times_at_once_is_one(race: Race, by: Actor, plan: DosePlan) -> None:
    values = {"kind": "infection", "site": "face", "severity": "severe", "onset_on": TODAY, "action_taken": "none"}
    act = told(lambda: actions.record_adverse_event(by, plan.patient, values, at=NOW))
    assert race.run(*[act] * 5) == {"done": 5}
    assert race.stored(lambda: (AdverseEvent.objects.count(), Precaution.objects.count())) == (1, 1)
    assert race.stored(lambda: Counter(WorkItem.objects.values_list("reason", flat=True))) == {"finding": 1, "red_flag": 1}


def test_an_event_is_written_anew_once(race: Race, by: Actor, adult: Patient) -> None:
    values = {"kind": "burning", "site": "face", "severity": "mild", "onset_on": TODAY, "action_taken": "none"}
    row = actions.record_adverse_event(by, adult, values, at=NOW)
    end = told(lambda: actions.amend_adverse_event(by, row, {"ended_on": TODAY}, at=NOW))
    back = told(lambda: actions.withdraw_adverse_event(by, row, reason="wrong", at=NOW))
    answers = race.run(end, back, end, back)
    assert answers["done"] == 1
    assert race.stored(lambda: AdverseEvent.objects.live().count()) <= 1


def test_settings_are_changed_by_four_at_once_once(race: Race, clinic: Clinic, adult: Patient) -> None:
    lead = actor_for(make_member(clinic, Role.DERMATOLOGIST, is_medical_lead=True), clinic)
    calls = [
        told(lambda n=n: actions.change_dose_settings(lead, clinic, {"low_percent": n}, version=1, at=NOW))
        for n in (60, 65, 75, 80)
    ]
    assert race.run(*calls) == {"done": 1, "stale": 3}
    assert race.stored(lambda: DoseSettings.objects.get().version) == 2
