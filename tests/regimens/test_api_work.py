"""The work list through the API: the same items, rights and refusals as on the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, User
from patients.models import Patient
from regimens import actions
from regimens.models import WorkItem, WorkReason
from tests.api import Api
from tests.factories import NOW, actor_for, make_patient

pytestmark = pytest.mark.django_db


def item_of(by: Actor, patient: Patient, text: str = "Tacrolimus: consider.", hours: int = 0) -> WorkItem:
    at = NOW + timedelta(hours=hours)
    item = actions.raise_item(by, patient, WorkReason.FINDING, f"line:rule:{text}", text, at=at)
    assert item is not None
    return item


@pytest.fixture
def item(by: Actor, patient: Patient) -> WorkItem:
    return item_of(by, patient)


def body_of(action: str, days: int = 9) -> dict[str, Any]:
    if action == "close":
        return {"outcome": "not_needed", "note": "healed"}
    return {"until_on": (timezone.now() + timedelta(days=days)).date().isoformat(), "why": "a call first"}


def test_open_items_are_listed_the_oldest_first(nurse: User, by: Actor, patient: Patient) -> None:
    items = [item_of(by, patient, f"Item {number}.", hours) for number, hours in enumerate((2, 1, 3))]
    api = Api(nurse)
    first = api.get("work-items/?limit=2").json()
    assert [row["text"] for row in first["results"]] == ["Item 1.", "Item 0."]
    assert first["results"][0] == {
        "id": str(items[1].public_id),
        "patient": str(patient.public_id),
        "reason": "finding",
        "text": "Item 1.",
        "raised_at": "2026-11-20T13:00:00Z",
        "snoozed_until_on": None,
        "snooze_why": "",
        "closed_at": None,
        "outcome": "",
        "note": "",
        "version": 1,
    }
    second = api.get(first["next"].removeprefix("http://testserver")).json()
    assert ([row["text"] for row in second["results"]], second["next"]) == (["Item 2."], None)
    assert AuditEvent.objects.filter(verb="work listed", channel="api").count() == 2


def test_other_clinics_and_unknown_queries_are_refused(
    nurse: User, item: WorkItem, outsider: User, other_clinic: Clinic
) -> None:
    assert Api(outsider).get("work-items/").json()["results"] == []
    assert Api(nurse).get(f"work-items/?clinic={other_clinic.public_id}").status_code == 400
    assert Api(nurse).get("work-items/?state=closed").status_code == 400


def test_an_item_is_closed(nurse: User, item: WorkItem) -> None:
    answer = Api(nurse).post(
        f"work-items/{item.public_id}/close/", {"outcome": "handled", "note": "called"}, If_Match='"1"'
    )
    assert answer.status_code == 200, answer.content
    assert (answer["ETag"], answer.json()["outcome"], answer.json()["note"]) == ('"2"', "handled", "called")
    item.refresh_from_db()
    assert (item.outcome, item.closed_by) == ("handled", nurse)
    assert Api(nurse).get("work-items/").json()["results"] == []


def test_an_item_is_put_off(nurse: User, item: WorkItem) -> None:
    body = body_of("snooze")
    answer = Api(nurse).post(f"work-items/{item.public_id}/snooze/", body, If_Match='"1"')
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["snoozed_until_on"], shown["snooze_why"], shown["version"]) == (body["until_on"], "a call first", 2)
    assert Api(nurse).get("work-items/").json()["results"] == []


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("close", {"note": "called"}, "outcome"),
        ("close", {"outcome": "gone", "note": "called"}, "outcome"),
        ("close", {"outcome": "not_needed"}, "note"),
        ("close", {"outcome": "handled"}, "note"),
        ("close", {"outcome": "handled", "note": ""}, "note"),
        ("close", {"outcome": "handled", "note": "ok"}, "note"),
        ("close", {"outcome": "handled", "note": "called", "closed_by": "me"}, "closed_by"),
        ("snooze", {"why": "later"}, "until_on"),
        ("snooze", body_of("snooze") | {"why": ""}, "why"),
        ("snooze", body_of("snooze", days=0), "until_on"),
        ("snooze", body_of("snooze", days=92), "until_on"),
    ],
)
def test_what_cannot_be_accepted_is_named(
    nurse: User, item: WorkItem, action: str, body: dict[str, Any], field: str
) -> None:
    answer = Api(nurse).post(f"work-items/{item.public_id}/{action}/", body, If_Match='"1"')
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    item.refresh_from_db()
    assert (item.closed_at, item.version) == (None, 1)


@pytest.mark.parametrize("action", ["close", "snooze"])
def test_a_change_names_the_version_it_saw(nurse: User, by: Actor, item: WorkItem, action: str) -> None:
    api, address, at = Api(nurse), f"work-items/{item.public_id}/{action}/", timezone.now()
    assert api.post(address, body_of(action)).status_code == 428
    until = (at + timedelta(days=3)).date()
    actions.snooze_item(by, item, until_on=until, why="waits for the photo", version=1, at=at)
    stale = api.post(address, body_of(action), If_Match='"1"')
    assert stale.status_code == 412
    assert stale.json()["current"]["snooze_why"] == "waits for the photo"
    assert api.post(address, body_of(action), If_Match='"2"').status_code == 200


def test_the_same_close_twice_is_once_and_another_one_is_refused(nurse: User, item: WorkItem) -> None:
    api, address = Api(nurse), f"work-items/{item.public_id}/close/"
    for _again in range(2):
        answer = api.post(address, {"outcome": "handled", "note": "called"}, If_Match='"1"')
        assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    other = api.post(address, body_of("close"), If_Match='"1"')
    assert other.status_code == 412
    assert other.json()["current"]["outcome"] == "handled"
    assert AuditEvent.objects.filter(verb="work item closed").count() == 1


def test_a_closed_item_is_not_put_off(nurse: User, by: Actor, item: WorkItem) -> None:
    actions.close_item(by, item, outcome="handled", note="called", version=1, at=NOW)
    answer = Api(nurse).post(f"work-items/{item.public_id}/snooze/", body_of("snooze"), If_Match='"2"')
    assert answer.status_code == 409
    assert answer.json()["current"]["outcome"] == "handled"


@pytest.mark.parametrize("action", ["close", "snooze"])
@pytest.mark.parametrize(("version", "status"), [(1, 412), (2, 409)])
def test_an_item_that_closed_by_itself_is_shown_as_it_is(
    nurse: User, by: Actor, patient: Patient, item: WorkItem, action: str, version: int, status: int
) -> None:
    actions.check_again(by, patient, at=NOW)  # no rule finds such a thing
    refused = Api(nurse).post(f"work-items/{item.public_id}/{action}/", body_of(action), If_Match=f'"{version}"')
    assert refused.status_code == status
    assert "closed by itself" in refused.json()["detail"]
    assert (refused.json()["current"]["outcome"], refused.json()["current"]["version"]) == ("gone", 2)
    item.refresh_from_db()
    assert (item.outcome, item.version) == ("gone", 2)


@pytest.mark.parametrize("action", ["close", "snooze"])
def test_rights(nurse: User, clinic_admin: User, outsider: User, item: WorkItem, action: str) -> None:
    address, body = f"work-items/{item.public_id}/{action}/", body_of(action)
    assert Api(clinic_admin).get("work-items/").status_code == 403
    assert Api(clinic_admin).post(address, body, If_Match='"1"').status_code == 403
    assert Api(nurse, "patients:read").post(address, body, If_Match='"1"').status_code == 403
    assert Api(nurse, "patients:write").post(address, body, If_Match='"1"').status_code == 403
    assert Api(outsider).post(address, body, If_Match='"1"').status_code == 404
    item.refresh_from_db()
    assert item.version == 1


def test_items_of_every_own_clinic_are_named_by_clinic(nurse: User, by: Actor, item: WorkItem, outsider: User) -> None:
    theirs = outsider.memberships.get().clinic
    elsewhere = item_of(actor_for(outsider, theirs), make_patient(theirs), "Elsewhere.")
    nurse.memberships.create(clinic=theirs, role="nurse", started_at=NOW)
    rows = Api(nurse).get(f"work-items/?clinic={theirs.public_id}").json()["results"]
    assert [row["id"] for row in rows] == [str(elsewhere.public_id)]
