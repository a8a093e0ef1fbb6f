"""Unwanted events through the API: recorded, amended, withdrawn; what they open and whom they call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from clinics.models import AuditEvent, User
from patients.models import Patient, Precaution
from regimens.models import AdverseEvent
from tests.api import Api
from tests.factories import NOW
from tests.regimens.api import EMOLLIENT, TAC, about, errors_of, made, started

pytestmark = pytest.mark.django_db

BURNING: dict[str, Any] = {"kind": "burning", "severity": "mild", "onset_on": "2026-11-18", "action_taken": "advice"}
COLD_SORE: dict[str, Any] = BURNING | {"kind": "herpes_simplex", "site": "face"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """Noon of 20 November 2026, until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def api(nurse: User) -> Api:
    """A nurse's program."""
    return Api(nurse)


def record(api: Api, patient: Patient, body: dict[str, Any]) -> dict[str, Any]:
    return dict(made(api.post(about(patient, "adverse-events"), body), 201))


def waiting(api: Api) -> list[tuple[str, str]]:
    """What waits for somebody: why, and the first words."""
    return [(item["reason"], item["text"].split(",")[0]) for item in made(api.get("work-items/"))["results"]]


def test_an_event_is_recorded(api: Api, clinician: User, adult: Patient) -> None:
    line = started(Api(clinician), adult, TAC)["lines"][0]
    row = record(api, adult, BURNING | {"line": line["id"], "site": "hands", "side": "left", "text": "after a shower"})
    stored = AdverseEvent.objects.get()
    assert row == {
        "id": str(stored.public_id),
        "recorded_at": "2026-11-20T12:00:00Z",
        "recorded_by": "Nico Nurse",
        "withdrawn_at": None,
        "withdrawn_reason": "",
        "episode": str(stored.episode),
        "kind": "burning",
        "site": "hands",
        "side": "left",
        "line": line["id"],
        "severity": "mild",
        "onset_on": "2026-11-18",
        "ended_on": None,
        "action_taken": "advice",
        "text": "after a shower",
        "infection": None,
        "is_red_flag": False,
        "replaces": None,
    }
    assert made(api.get(about(adult, "adverse-events"))) == {"results": [row], "next": None}
    verbs = AuditEvent.objects.filter(channel="api", verb__contains="adverse event").values_list("verb", flat=True)
    assert sorted(verbs) == ["adverse event recorded", "adverse events opened"]


def test_an_infection_opens_one_and_the_next_there_cites_it(api: Api, adult: Patient) -> None:
    first = record(api, adult, COLD_SORE)
    infection = Precaution.objects.get(kind="skin_infection")
    assert (infection.site, first["infection"]) == ("face", str(infection.public_id))
    second = record(api, adult, COLD_SORE | {"site": "head_neck", "onset_on": "2026-11-19"})
    assert second["infection"] == first["infection"]
    elsewhere = record(api, adult, COLD_SORE | {"site": "trunk"})
    assert elsewhere["infection"] not in (None, first["infection"])


def test_a_red_flag_waits_at_once(api: Api, adult: Patient) -> None:
    row = record(api, adult, COLD_SORE | {"kind": "eczema_herpeticum"})
    assert row["is_red_flag"] is True
    assert ("red_flag", "Eczema herpeticum") in waiting(api)
    assert record(api, adult, COLD_SORE | {"site": "trunk"})["is_red_flag"] is False
    assert record(api, adult, COLD_SORE | {"site": "feet", "severity": "severe"})["is_red_flag"] is True


def test_an_end_is_learned_later_and_the_row_before_stays(api: Api, adult: Patient) -> None:
    row = record(api, adult, BURNING | {"onset_on": "2026-11-12", "text": "hot"})
    assert ("adverse_event", "Burning or stinging") in waiting(api)  # for eight days
    fresh = made(api.post(about(adult, "adverse-events", row["id"], "amend"), {"ended_on": "2026-11-19"}), 201)
    kept = ("episode", "kind", "severity", "onset_on", "action_taken", "text")
    assert {name: fresh[name] for name in kept} == {name: row[name] for name in kept}
    assert (fresh["ended_on"], fresh["replaces"]) == ("2026-11-19", row["id"])
    assert waiting(api) == []
    assert made(api.get(about(adult, "adverse-events")))["results"] == [fresh]
    everything = made(api.get(about(adult, "adverse-events") + "?with_withdrawn=true"))["results"]
    assert [(one["id"], one["withdrawn_reason"]) for one in everything] == [(fresh["id"], ""), (row["id"], "written anew")]


def test_what_does_not_count_any_more_is_answered_with_what_does(api: Api, adult: Patient) -> None:
    row = record(api, adult, BURNING)
    fresh = made(api.post(about(adult, "adverse-events", row["id"], "amend"), {"severity": "severe"}), 201)
    for way, body in (("amend", {"severity": "mild"}), ("withdraw", {"reason": "wrong patient"})):
        refused = api.post(about(adult, "adverse-events", row["id"], way), body)
        assert (refused.status_code, refused.json()["current"]) == (409, fresh), way
        assert refused.json()["detail"] == "This event was amended meanwhile. Nothing was saved."
    gone = made(api.post(about(adult, "adverse-events", fresh["id"], "withdraw"), {"reason": "wrong patient"}))
    assert gone["withdrawn_reason"] == "wrong patient"
    assert made(api.post(about(adult, "adverse-events", fresh["id"], "withdraw"), {"reason": "again"})) == gone
    refused = api.post(about(adult, "adverse-events", fresh["id"], "amend"), {"severity": "mild"})
    assert (refused.status_code, refused.json()["current"]) == (409, gone)
    assert AuditEvent.objects.filter(verb="adverse event withdrawn").count() == 1
    assert not AdverseEvent.objects.live().exists()


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"onset_on": "2026-11-21"}, 422, "onset_on"),
        ({"onset_on": "1979-12-31"}, 422, "onset_on"),
        ({"ended_on": "2026-11-17"}, 422, "ended_on"),
        ({"ended_on": "2026-11-21"}, 422, "ended_on"),
        ({"kind": "other"}, 422, "text"),
        ({"kind": "infection"}, 422, "site"),
        ({"side": "left"}, 422, "site"),
        ({"site": "face", "side": "left"}, 422, "site"),
        ({"kind": "death"}, 400, "kind"),
        ({"severity": None}, 400, "severity"),
        ({"episode": "0"}, 400, "episode"),
    ],
)
def test_what_cannot_be_is_named(api: Api, adult: Patient, wrong: dict[str, Any], status: int, field: str) -> None:
    url = about(adult, "adverse-events")
    assert list(errors_of(api.post(url, BURNING | wrong), status)) == [field]
    assert not AdverseEvent.objects.exists()
    row = record(api, adult, BURNING)
    assert list(errors_of(api.post(about(adult, "adverse-events", row["id"], "amend"), wrong), status)) == [field]
    assert AdverseEvent.objects.get().withdrawn_at is None
    assert errors_of(api.post(about(adult, "adverse-events", row["id"], "amend")), 400) == {
        "": "Say what has been learned."
    }


def test_a_line_of_somebody_else_is_as_unknown_as_none(
    api: Api, adult: Patient, outsider: User, other_patient: Patient
) -> None:
    foreign = started(Api(outsider), other_patient, EMOLLIENT)["lines"][0]
    none = {"line": "There is no such row about this patient."}
    assert errors_of(api.post(about(adult, "adverse-events"), BURNING | {"line": foreign["id"]}), 400) == none
    row = record(api, adult, BURNING)
    amend = about(adult, "adverse-events", row["id"], "amend")
    assert errors_of(api.post(amend, {"line": foreign["id"]}), 400) == none


def test_a_line_is_suspected_and_no_longer(api: Api, clinician: User, adult: Patient) -> None:
    line = started(Api(clinician), adult, TAC)["lines"][0]
    row = record(api, adult, BURNING | {"line": line["id"]})
    fresh = made(api.post(about(adult, "adverse-events", row["id"], "amend"), {"line": None}), 201)
    assert (row["line"], fresh["line"]) == (line["id"], None)


def test_events_come_in_pages_with_the_same_number_of_queries(
    api: Api, adult: Patient, django_assert_num_queries: Any
) -> None:
    rows = [record(api, adult, COLD_SORE)]
    with django_assert_num_queries(13):
        assert made(api.get(about(adult, "adverse-events")))["results"] == rows
    rows += [record(api, adult, COLD_SORE | {"onset_on": f"2026-11-{day}"}) for day in (17, 19)]
    with django_assert_num_queries(13):
        assert made(api.get(about(adult, "adverse-events")))["results"] == rows[::-1]
    first = made(api.get(about(adult, "adverse-events") + "?limit=2"))
    second = made(api.get(first["next"].removeprefix("http://testserver")))
    assert first["results"] + second["results"] == rows[::-1]


def test_scopes_and_roles(nurse: User, clinic_admin: User, adult: Patient) -> None:
    url = about(adult, "adverse-events")
    assert Api(clinic_admin).get(url).status_code == 403
    assert Api(nurse, "patients:read").get(url).status_code == 200
    assert Api(nurse, "patients:read").post(url, BURNING).status_code == 403
    assert Api(nurse, "patients:read", "patients:write").post(url, BURNING).status_code == 201
