"""The action plan through the API: the words of the page, each with its source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from clinics.models import AuditEvent, Clinic, User
from patients.models import Patient
from regimens.models import DoseSettings
from tests.api import Api
from tests.factories import NOW
from tests.regimens.api import EMOLLIENT, TAC, about, made, started, tag

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """Noon of 20 November 2026."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def api(clinician: User) -> Api:
    """A dermatologist's program."""
    return Api(clinician)


def plan_of(api: Api, patient: Patient) -> dict[str, Any]:
    return dict(made(api.get(about(patient, "action-plan"))))


def test_without_a_regimen_nothing_is_prescribed(api: Api, adult: Patient) -> None:
    plan = plan_of(api, adult)
    assert plan["is_empty"] is True
    assert [plan["green"]["lines"], plan["every_day"], plan["yellow"]["lines"], plan["how"]] == [[], [], [], []]
    assert (plan["daily"], plan["as_prescribed"]) == ([], [])
    assert AuditEvent.objects.filter(verb="action plan opened", channel="api").count() == 1


def test_every_colour_has_its_lines_and_the_words_of_the_clinic(api: Api, clinic: Clinic, adult: Patient) -> None:
    line = started(api, adult, TAC, EMOLLIENT)["lines"][0]
    plan = plan_of(api, adult)
    assert (plan["on"], plan["is_empty"]) == ("2026-11-20", False)
    assert [one["name"] for one in plan["daily"]] == ["Tacrolimus 0.1\u00a0% ointment"]
    assert (plan["yellow"]["lines"], plan["as_prescribed"]) == ([], [])
    assert (plan["green"], len(plan["every_day"])) == ({"lines": [], "words": ""}, 1)
    step = {"places": [{"site": "face"}], "weekdays": [0, 3], "flares_in_a_year": 5}
    made(api.post(about(adult, "lines", line["id"], "step-to-maintenance"), step, If_Match=tag(line)))
    DoseSettings.objects.create(clinic=clinic, green_words="Go on.", red_words="Stop.", call_words="Call 112.")
    plan = plan_of(api, adult)
    assert [use["where"] for use in plan["green"]["lines"][0]["uses"]] == ["Face"]
    assert (plan["green"]["words"], plan["yellow"]["words"]) == ("Go on.", "")
    assert (plan["red"]["words"], plan["red"]["call"]) == ("Stop.", "Call 112.")


def test_what_labels_say_has_its_source(api: Api, adult: Patient) -> None:
    started(api, adult, TAC, EMOLLIENT)
    plan = plan_of(api, adult)
    (how,) = plan["how"]
    assert how["name"] == "Tacrolimus 0.1\u00a0% ointment"
    assert how["said"]
    assert all(said["text"] and said["source"] for said in how["said"])
    assert plan["daily"][0]["uses"][0]["is_estimate"] is True
    assert plan["fingertips"].startswith("Long and Finlay 1991")
