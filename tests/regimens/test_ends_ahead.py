"""A line whose end lies ahead, because another product is to follow: in use until that day, and stopped before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from clinics.access import Actor, system_actor
from clinics.models import AuditEvent, User
from patients import actions as records
from patients.models import Patient
from regimens import actions, queries
from regimens.models import DosePlan, RegimenLine, WorkItem
from regimens.protocol.facts import Phase
from tests.factories import NOW, TODAY, make_emollient, make_order, make_regimen, place
from tests.regimens.every_action import phases, refused
from tests.regimens.pages import text_of, url

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DAY = timedelta(days=1)
CHANGE = TODAY + 7 * DAY
TASK = system_actor("task")
WISH = {"reason": "wish", "no_look_reason": "well"}


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def old(by: Actor, adult: Patient) -> RegimenLine:
    """Tacrolimus on the face until pimecrolimus takes its place in a week."""
    make_regimen(adult, by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    actions.change_product(by, line, make_order("pimecrolimus-1", on=CHANGE), version=1, at=NOW)
    line.refresh_from_db()
    return line


def new_of(old: RegimenLine) -> RegimenLine:
    return RegimenLine.objects.get(replaces=old)


def stop(by: Actor, line: RegimenLine, day: date) -> None:
    line.refresh_from_db()
    actions.stop(by, line, version=line.version, at=NOW + (day - TODAY), **WISH)
    line.refresh_from_db()


@pytest.mark.parametrize(("on", "has_ended"), [(CHANGE - DAY, False), (CHANGE, True), (CHANGE + DAY, True)])
def test_an_end_has_come_on_its_day(old: RegimenLine, on: date, has_ended: bool) -> None:
    assert old.has_ended(on) is has_ended
    assert RegimenLine.objects.in_use(on).filter(pk=old.pk).exists() is not has_ended
    assert DosePlan.objects.in_use(on).filter(line=old).exists() is not has_ended
    assert not RegimenLine.objects.live().filter(pk=old.pk).exists()


@pytest.mark.parametrize("days", [0, 3, 6])
def test_it_is_stopped_before_and_what_follows_stays(by: Actor, old: RegimenLine, days: int) -> None:
    on, new = TODAY + days * DAY, new_of(old)
    stop(by, old, on)
    assert (old.ended_on, old.end_reason, old.ended_at) == (on, "wish", NOW + days * DAY)
    assert (old.no_look_reason, old.version) == ("well", 3)
    assert phases(old) == [("face", "induction", TODAY, on)]
    event = AuditEvent.objects.get(verb="line stopped")
    assert (event.object_id, event.fields) == (old.public_id, "ended_on,end_reason")
    assert (new_of(old).ended_on, new_of(old).starts_on, new_of(old).version) == (None, CHANGE, new.version)
    assert [line.product.key for line in queries.lines(old.patient, on=on)] == ["emollient", "pimecrolimus-1"]


def test_on_its_day_it_has_ended(by: Actor, old: RegimenLine) -> None:
    with refused(ValidationError):
        actions.stop(by, old, version=old.version, at=NOW + 7 * DAY, **WISH)


def test_what_was_to_follow_is_stopped_for_itself(by: Actor, old: RegimenLine) -> None:
    new = new_of(old)
    stop(by, new, TODAY)
    assert (new.ended_on, new.has_ended(TODAY)) == (CHANGE, True)  # it began on no day
    assert not RegimenLine.objects.in_use(TODAY).filter(pk=new.pk).exists()
    stop(by, old, TODAY)
    assert old.ended_on == TODAY


def test_until_then_it_takes_no_other_step(by: Actor, old: RegimenLine) -> None:
    face, seen = [place("face")], {"version": old.version, "at": NOW}
    for step in (
        lambda: actions.hold(by, old, look_again_on=TODAY, reason="asked", **seen),
        lambda: actions.step_down(by, old, face, **seen),
        lambda: actions.change_product(by, old, make_order("crisaborole-2"), **seen),
        lambda: actions.resume(by, old, **seen),
        lambda: actions.start_again(by, old, make_order(), at=NOW),
    ):
        with refused(ValidationError):
            step()


def test_a_pause_until_the_next_dose_ends_with_it(by: Actor, adult: Patient) -> None:
    """Paused and resumed: the next dose is due before the change, which is planned before the line is stopped."""
    every = {"phase": Phase.INTERVAL, "every_days": 5, "review_on": None}
    line = make_regimen(adult, make_order("dupilumab-300", **every), by=by).lines.get()
    actions.hold(by, line, look_again_on=TODAY + DAY, reason="asked", version=1, at=NOW + DAY)
    actions.resume(by, line, version=2, at=NOW + 2 * DAY)
    actions.change_product(by, line, make_order("tralokinumab", on=TODAY + 9 * DAY, **every), version=3, at=NOW + 2 * DAY)
    assert queries.holds_due(adult, on=TODAY + 2 * DAY) == {}  # it was looked at
    stop(by, line, TODAY + 3 * DAY)
    assert [row[1:] for row in phases(line)] == [
        ("interval", TODAY, TODAY + DAY),
        ("hold", TODAY + DAY, TODAY + 3 * DAY),
        ("interval", TODAY + 5 * DAY, TODAY + 5 * DAY),
    ]
    assert [one.product.key for one in queries.lines(adult, on=TODAY + 3 * DAY)] == ["tralokinumab"]


def test_the_whole_regimen_ends_with_it(by: Actor, old: RegimenLine) -> None:
    regimen = old.regimen
    regimen.refresh_from_db()
    before = AuditEvent.objects.count()
    actions.stop_regimen(by, regimen, version=regimen.version, at=NOW + 2 * DAY, **WISH)
    assert [event.verb for event in AuditEvent.objects.order_by("pk")[before:]] == [
        *["line stopped"] * 3,
        "regimen stopped",
    ]
    old.refresh_from_db()
    assert (old.ended_on, old.end_reason) == (TODAY + 2 * DAY, "wish")
    assert queries.lines(old.patient, on=TODAY + 2 * DAY) == []


def test_the_sweep_and_facts_look_at_it_though_nothing_follows(by: Actor, old: RegimenLine) -> None:
    patient = old.patient
    stop(by, new_of(old), TODAY)
    stop(by, RegimenLine.objects.get(product__key="emollient"), TODAY)
    infection = {"kind": "skin_infection", "state": "present", "site": "face", "from_on": TODAY}
    records.record_precaution(by, patient, infection, at=NOW)
    day_before = NOW + 6 * DAY
    assert actions.sweep(TASK, at=day_before).checked == 1
    assert WorkItem.objects.live().get().subject.startswith(f"{old.public_id}:infection-tci:")
    assert actions.sweep(TASK, at=NOW + 7 * DAY).checked == 0  # nothing is in use
    actions.check_again(TASK, patient, at=NOW + 7 * DAY)
    assert not WorkItem.objects.live().exists()


def test_the_page_says_what_follows(signed_in: SignIn, clinician: User, by: Actor, old: RegimenLine) -> None:
    client, address = signed_in(clinician), url("line_step", old.patient, old.public_id, "stop")
    page = text_of(client.get(address))
    assert "It is in use until 27-Nov-2026, as planned. Stopped here, it ends today." in page
    assert "Pimecrolimus 1 % cream still begins on 27-Nov-2026: stop that line too" in page
    offered = client.get(url("patient_regimen", old.patient)).content.decode()
    steps = [name for name in ("stop", "hold", "maintenance", "down") if f'{old.public_id}/{name}/"' in offered]
    assert steps == ["stop"]
    stop(by, new_of(old), TODAY)
    assert "still begins" not in text_of(client.get(address))
    sent = {"version": str(old.version), "reason": "cleared", "no_look_reason": "Clear."}
    assert client.post(address, sent).status_code == 302
    old.refresh_from_db()
    assert (old.ended_on, old.end_reason) == (TODAY, "cleared")


def test_of_a_line_without_a_planned_end_the_page_says_nothing_of_it(
    client: Client, clinician: User, adult: Patient
) -> None:
    make_regimen(adult, make_emollient())
    client.force_login(clinician)
    page = text_of(client.get(url("line_step", adult, RegimenLine.objects.get().public_id, "stop")))
    assert "as planned" not in page
