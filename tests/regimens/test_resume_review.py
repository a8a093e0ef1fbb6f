"""Going on after a hold when the day to look again has passed meanwhile: somebody says the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from clinics.access import Actor
from clinics.models import User
from patients.models import Patient
from regimens import actions, queries
from regimens.models import DosePlan, RegimenLine
from regimens.protocol.facts import Phase
from tests.factories import NOW, TODAY, make_emollient, make_order, make_regimen, place
from tests.regimens.every_action import refused
from tests.regimens.pages import as_lists, day_boxes, errors_of, text_of, typed_in, url

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DAY = timedelta(days=1)
REVIEW = TODAY + 42 * DAY
LATE = REVIEW + DAY


def held(by: Actor, patient: Patient, key: str = "tacrolimus-0.1", *sites: str, **more: Any) -> RegimenLine:
    """A line to be looked at again in six weeks, on hold since tomorrow."""
    line = make_regimen(patient, make_order(key, *sites, **more), by=by).lines.get()
    return pause(by, line)


def pause(by: Actor, line: RegimenLine) -> RegimenLine:
    line.refresh_from_db()
    actions.hold(by, line, look_again_on=TODAY + DAY, reason="asked", version=line.version, at=NOW + DAY)
    line.refresh_from_db()
    return line


def go_on(by: Actor, line: RegimenLine, on: date, review_on: date | None = None) -> RegimenLine:
    actions.resume(by, line, review_on=review_on, version=line.version, at=NOW + (on - TODAY))
    line.refresh_from_db()
    return line


@pytest.mark.parametrize(("on", "is_asked"), [(REVIEW - DAY, False), (REVIEW, False), (REVIEW + DAY, True)])
def test_a_day_to_look_again_that_has_passed_needs_another(by: Actor, adult: Patient, on: date, is_asked: bool) -> None:
    line = held(by, adult)
    if is_asked:
        with refused(ValidationError, "review_on"):
            go_on(by, line, on)
    else:
        assert go_on(by, line, on).review_on == REVIEW


@pytest.mark.parametrize(("days", "is_fine"), [(-1, False), (0, True), (1, True), (3660, True), (3661, False)])
def test_the_next_day_lies_ahead(by: Actor, adult: Patient, days: int, is_fine: bool) -> None:
    line, review_on = held(by, adult), LATE + days * DAY
    if not is_fine:
        with refused(ValidationError, "review_on"):
            go_on(by, line, LATE, review_on)
        return
    assert go_on(by, line, LATE, review_on).review_on == review_on
    assert [one.review_on for one in queries.lines(adult, on=LATE)] == [review_on]


def test_a_next_day_may_be_chosen_before_the_last_has_passed(by: Actor, adult: Patient) -> None:
    assert go_on(by, held(by, adult), REVIEW - DAY, REVIEW + 9 * DAY).review_on == REVIEW + 9 * DAY


@pytest.mark.parametrize(
    ("key", "more"),
    [
        ("tacrolimus-0.1", {"until_on": LATE + DAY}),  # it has an end
        ("tacrolimus-0.1", {"is_elsewhere": True}),  # its end is not ours to set
        ("emollient", {}),
        ("dupilumab-300", {"phase": Phase.INTERVAL, "every_days": 14}),
        ("hydrocortisone-1", {"phase": Phase.AS_NEEDED, "condition": "itch", "most_per_day": 2}),
    ],
)
def test_what_needs_no_day_to_look_again_goes_on_without(by: Actor, adult: Patient, key: str, more: dict[str, Any]) -> None:
    line = held(by, adult, key, **({"review_on": REVIEW} | more))
    assert go_on(by, line, LATE).review_on == REVIEW


def test_a_line_that_never_had_one_is_not_asked_for_it(by: Actor, adult: Patient) -> None:
    """Daily use with an end that is far away, which comes off with the step to maintenance."""
    line = held(by, adult, until_on=LATE + 99 * DAY, review_on=None)
    assert go_on(by, line, LATE).review_on is None


def test_maintenance_needs_one_too_and_a_day_of_its_own_that_has_passed_gives_way(by: Actor, adult: Patient) -> None:
    """The face on maintenance has its own day; the hands have the line's, which lies ahead."""
    order = make_order("tacrolimus-0.1", "face", "hands:both", review_on=REVIEW + 99 * DAY)
    line = make_regimen(adult, order, make_emollient(), by=by).lines.get(product=order.product)
    own: dict[str, Any] = {"weekdays": (0, 3), "flares_in_a_year": 5, "review_on": REVIEW}
    actions.step_to_maintenance(by, line, [place("face")], version=1, at=NOW, **own)
    pause(by, line)
    with refused(ValidationError, "review_on"):
        go_on(by, line, LATE)
    go_on(by, line, LATE, LATE + 9 * DAY)
    plans = DosePlan.objects.live().filter(line=line).values_list("phase", "look_again_on")
    assert (line.review_on, sorted(plans)) == (LATE + 9 * DAY, [("induction", None), ("maintenance", None)])


def test_a_day_of_its_own_that_lies_ahead_stays(by: Actor, adult: Patient) -> None:
    order = make_order("tacrolimus-0.1", "face", "hands:both")
    line = make_regimen(adult, order, make_emollient(), by=by).lines.get(product=order.product)
    own: dict[str, Any] = {"weekdays": (0, 3), "flares_in_a_year": 5, "review_on": REVIEW + 99 * DAY}
    actions.step_to_maintenance(by, line, [place("face")], version=1, at=NOW, **own)
    pause(by, line)
    go_on(by, line, LATE, LATE + 9 * DAY)
    plans = DosePlan.objects.live().filter(line=line).values_list("phase", "look_again_on")
    assert (line.review_on, sorted(plans, key=lambda row: row[0])) == (
        LATE + 9 * DAY,
        [("induction", None), ("maintenance", REVIEW + 99 * DAY)],
    )


@pytest.fixture
def _late() -> Iterator[None]:
    with time_machine.travel(NOW + (LATE - TODAY), tick=False):
        yield


@pytest.mark.usefixtures("_late")
def test_the_page_asks_for_it_and_keeps_what_was_typed(
    signed_in: SignIn, clinician: User, by: Actor, adult: Patient
) -> None:
    line = held(by, adult)
    client, address = signed_in(clinician), url("line_step", adult, line.public_id, "resume")
    page = client.get(address)
    assert "It goes on as it was used before, from today." in text_of(page)
    assert typed_in(page) == {}
    sent = {"version": str(line.version)}
    empty = client.post(address, sent)
    assert (empty.status_code, set(errors_of(empty))) == (422, {"id_review_on_0"})
    assert "01-Jan-2027, has passed" in text_of(empty)
    passed = sent | day_boxes("review_on", LATE - DAY)
    wrong = client.post(address, passed)
    assert (wrong.status_code, set(errors_of(wrong))) == (422, {"id_review_on_0"})
    assert typed_in(wrong) == as_lists(passed)
    assert client.post(address, sent | day_boxes("review_on", LATE)).status_code == 302
    line.refresh_from_db()
    assert line.review_on == LATE
