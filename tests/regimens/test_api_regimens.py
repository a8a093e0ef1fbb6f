"""The API's regimens: read, started, added to, stepped, held, stopped; the catalogue, the rules, what was before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions as patient_actions
from patients.models import Patient
from patients.queries.audit import without_clinical_detail
from regimens import actions
from regimens.models import DosePlan, Override, PastTreatment, Product, Regimen, RegimenLine
from tests.api import Api
from tests.factories import NOW, actor_for, make_member, make_patient
from tests.regimens.api import (
    EMOLLIENT,
    POTENT,
    REPLY,
    TAC,
    THIN_SKIN,
    about,
    asked,
    errors_of,
    keyed,
    made,
    phases,
    started,
    tag,
)

pytestmark = pytest.mark.django_db

FACE = [{"site": "face"}]
STOP = {"reason": "cleared", "no_look_reason": "Seen again in spring."}
PAST = {"product": "prednisolone-oral", "sites": [], "from_on": "2026-01-01", "days": 10}
PAST |= {"response": "good", "why_stopped": "cleared"}
MODELS = (Regimen, RegimenLine, DosePlan, Override, PastTreatment)
# Every operation that changes a line, with a body that would be accepted.
STEPS: dict[str, dict[str, Any]] = {
    "change-product": {"order": TAC | {"product": "tacrolimus-0.03"}},
    "step-to-maintenance": {"places": FACE, "weekdays": [0, 3], "flares_in_a_year": 5},
    "return-to-induction": {"places": FACE, "per_day": 2},
    "step-down": {"places": FACE},
    "hold": {"look_again_on": "2026-11-27", "reason": "A wound."},
    "resume": {},
    "stop": STOP,
}


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """Noon of 20 November 2026, until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def api(clinician: User) -> Api:
    """A dermatologist's program."""
    return Api(clinician)


def stored() -> list[Any]:
    """Every row of treatment."""
    return [list(model.objects.order_by("pk").values()) for model in MODELS]


def take(api: Api, patient: Patient, line: dict[str, Any], step: str, body: dict[str, Any] | None = None) -> Any:
    """Take a step with the version of the line."""
    address = about(patient, "lines", line["id"], step)
    return api.post(address, STEPS[step] if body is None else body, If_Match=tag(line))


def verbs_since(count: int) -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("verb", flat=True)[count:])


# --- The catalogue and the rules --------------------------------------------------------------------------------------


def test_strengths_are_printed_one_way(api: Api) -> None:
    rows = made(api.get("products/?family=tci"))["results"]
    assert [(row["name"], row["strength"]) for row in rows] == [
        ("Pimecrolimus 1 % cream", "1 %"),
        ("Tacrolimus 0.03 % ointment", "0.03 %"),
        ("Tacrolimus 0.1 % ointment", "0.1 %"),
    ]


def test_a_product_brings_its_facts_with_their_sources(api: Api) -> None:
    row = made(api.get("products/?text=tacrolimus 0.03"))["results"][0]
    assert (row["key"], row["drug"], row["form"], row["route"], row["atc"]) == (
        "tacrolimus-0.03",
        "tacrolimus",
        "ointment",
        "topical",
        "D11AH01",
    )
    assert row["has_sites"] is True
    fact = next(one for one in row["facts"] if (one["jurisdiction"], one["kind"]) == ("EU", "min-age-months"))
    assert (fact["value"], fact["text"], fact["source_on"]) == ("24", "0.03 % from 2 years.", "2024-10-14")
    assert (fact["source"], fact["is_verified"]) == ("EMA package leaflet EU/1/02/201/001", True)


@pytest.mark.parametrize(
    ("query", "count"),
    [("text=D11AH01", 2), ("text=TACROLIMUS", 2), ("family=tci&text=pime", 1), ("text=nothing-like-it", 0)],
)
def test_products_are_found_by_family_and_text(query: str, count: int, api: Api) -> None:
    assert len(made(api.get(f"products/?{query}"))["results"]) == count


def test_a_product_no_longer_offered_is_listed_only_when_asked_for_and_not_ordered(api: Api, adult: Patient) -> None:
    Product.objects.filter(key="tacrolimus-0.1").update(is_offered=False)
    assert len(made(api.get("products/?family=tci"))["results"]) == 2
    assert len(made(api.get("products/?family=tci&with_withdrawn=true"))["results"]) == 3
    refused = api.post(about(adult, "regimens"), {"orders": [EMOLLIENT, TAC]})
    assert errors_of(refused, 400) == {"orders[1].product": "No product with this key is offered."}


def test_pages_of_products_cost_the_same_for_one_and_three(api: Api, django_assert_num_queries: Any) -> None:
    made(api.get("me/"))
    with django_assert_num_queries(10):
        first = made(api.get("products/?family=tci&limit=1"))
    with django_assert_num_queries(10):
        everything = made(api.get("products/?family=tci"))
    second = made(api.get(first["next"].removeprefix("http://testserver")))
    assert first["results"] + second["results"] == everything["results"][:2]
    assert everything["next"] is None


def test_everybody_of_a_clinic_may_read_the_catalogue_and_nobody_else(
    nurse: User, clinic_admin: User, platform_admin: User, portal_user: User
) -> None:
    people = (nurse, clinic_admin, platform_admin, portal_user)
    assert [Api(who).get("products/").status_code for who in people] == [200, 200, 403, 403]
    assert [Api(who).get("rules/").status_code for who in people] == [200, 403, 403, 403]


def test_a_rule_shows_its_default_and_what_the_clinic_chose(clinic: Clinic, outsider: User, api: Api) -> None:
    def allergy(who: Api) -> Any:
        return next(rule for rule in made(who.get("rules/"))["results"] if rule["id"] == "allergy")

    rule = allergy(api)
    assert (rule["level"], rule["default_level"], rule["choice"]) == ("stop", "stop", None)
    assert rule["is_lowerable"] is True
    assert rule["sources"][0]["name"].startswith("EMA package leaflet")
    lead = make_member(clinic, Role.DERMATOLOGIST, is_medical_lead=True)
    chosen = {"level": 2, "params": {}, "source": "House list", "reason": "Known here"}
    actions.choose_rule(actor_for(lead, clinic), clinic, "allergy", **chosen, at=NOW)
    rule = allergy(api)
    assert (rule["level"], rule["default_level"]) == ("warn", "stop")
    choice = {name: rule["choice"][name] for name in ("level", "source", "reason", "valid_from_on", "chosen_by")}
    assert choice == {
        "level": "warn",
        "source": "House list",
        "reason": "Known here",
        "valid_from_on": "2026-11-20",
        "chosen_by": lead.name,
    }
    assert allergy(Api(outsider))["choice"] is None
    refused = Api(outsider).get(f"rules/?clinic={clinic.public_id}")
    assert errors_of(refused, 400) == {"clinic": "This is not a clinic of yours."}


def test_a_number_a_clinic_chose_stands_beside_the_default(clinic: Clinic, api: Api) -> None:
    rule = next(one for one in made(api.get("rules/"))["results"] if one["default_params"])
    name, value = next(iter(rule["default_params"].items()))
    lead = make_member(clinic, Role.DERMATOLOGIST, is_medical_lead=True)
    chosen = {"level": None, "params": {name: value + 1}, "source": "House", "reason": "So"}
    actions.choose_rule(actor_for(lead, clinic), clinic, rule["id"], **chosen, at=NOW)
    again = next(one for one in made(api.get("rules/"))["results"] if one["id"] == rule["id"])
    assert (again["params"][name], again["default_params"][name]) == (value + 1, value)
    assert (again["choice"]["level"], again["level"]) == (None, rule["level"])


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_without_a_regimen_there_is_none(api: Api, adult: Patient) -> None:
    assert made(api.get(about(adult, "regimen"))) == {"regimen": None}
    assert made(api.get(about(adult, "regimens"))) == {"results": [], "next": None}


def test_the_open_regimen_has_lines_phases_and_places(api: Api, nurse: User, adult: Patient) -> None:
    regimen = started(api, adult)
    assert (regimen["started_on"], regimen["started_by"], regimen["ended_on"]) == ("2026-11-20", "Dana Derm", None)
    line, emollient = regimen["lines"]
    assert line["product"] == {
        "key": "tacrolimus-0.1",
        "name": "Tacrolimus 0.1 % ointment",
        "strength": "0.1 %",
        "family": "tci",
    }
    assert emollient["product"]["key"] == "emollient"
    assert (line["starts_on"], line["review_on"], line["version"]) == ("2026-11-20", "2027-01-01", 1)
    assert phases(line) == [("induction", "2026-11-20", None, ["face", "hands"])]
    assert (line["plans"][0]["per_day"], line["plans"][0]["weekdays"]) == (2, [])
    assert [place["side"] for place in line["plans"][0]["places"]] == ["", "both"]
    assert line["overrides"] == []
    reader, before = Api(nurse), AuditEvent.objects.count()
    assert made(reader.get(about(adult, "regimen"))) == {"regimen": regimen}
    assert made(reader.get(about(adult, "regimens"))) == {"results": [regimen], "next": None}
    assert verbs_since(before) == ["regimen opened", "regimens listed"]


def test_reading_costs_the_same_for_one_line_and_three(api: Api, adult: Patient, django_assert_num_queries: Any) -> None:
    regimen = started(api, adult, EMOLLIENT)
    with django_assert_num_queries(17):
        assert len(made(api.get(about(adult, "regimen")))["regimen"]["lines"]) == 1
    more: dict[str, Any] = {"orders": [TAC, POTENT | {"places": [{"site": "neck"}]}]}
    more["replies"] = keyed(made(api.post(about(adult, "orders", "check"), more)), {THIN_SKIN: REPLY})
    made(api.post(about(adult, "regimens", regimen["id"], "lines"), more, If_Match=tag(regimen)), 201)
    with django_assert_num_queries(17):
        assert len(made(api.get(about(adult, "regimen")))["regimen"]["lines"]) == 3


def test_history_costs_the_same_for_one_regimen_and_three(api: Api, adult: Patient, django_assert_num_queries: Any) -> None:
    def begin_and_end() -> None:
        regimen = started(api, adult)
        made(api.post(about(adult, "regimens", regimen["id"], "stop"), STOP, If_Match=tag(regimen)))

    begin_and_end()
    with django_assert_num_queries(17):
        assert len(made(api.get(about(adult, "regimens")))["results"]) == 1
    begin_and_end()
    begin_and_end()
    with django_assert_num_queries(17):
        everything = made(api.get(about(adult, "regimens")))["results"]
    assert [regimen["ended_on"] for regimen in everything] == ["2026-11-20"] * 3
    first = made(api.get(about(adult, "regimens") + "?limit=2"))
    second = made(api.get(first["next"].removeprefix("http://testserver")))
    assert first["results"] + second["results"] == everything
    assert second["next"] is None


# --- Starting and adding ----------------------------------------------------------------------------------------------


def test_starting_answers_the_regimen_and_leaves_its_rows(api: Api, adult: Patient) -> None:
    before = AuditEvent.objects.count()
    answer = api.post(about(adult, "regimens"), {"orders": [TAC, EMOLLIENT]})
    regimen = made(answer, 201)
    assert answer["ETag"] == tag(regimen)
    rows = AuditEvent.objects.order_by("id")[before:]
    assert [row.verb for row in rows] == ["regimen started", "line added", "line added"]
    assert {(row.channel, row.patient) for row in rows} == {("api", adult.public_id)}


def test_one_regimen_is_open_at_a_time(api: Api, adult: Patient) -> None:
    started(api, adult)
    before = stored()
    refused = api.post(about(adult, "regimens"), {"orders": [EMOLLIENT]})
    assert errors_of(refused) == {"": "A regimen is open already: add a line to it."}
    assert stored() == before


def test_all_lines_are_saved_or_none(api: Api, adult: Patient) -> None:
    refused = api.post(about(adult, "regimens"), {"orders": [TAC, EMOLLIENT | {"per_day": None}]})
    assert errors_of(refused) == {"orders[1].per_day": "This is needed."}
    assert stored() == [[], [], [], [], []]


def test_every_way_of_use(api: Api, adult: Patient) -> None:
    orders = [
        EMOLLIENT | {"amount": "12.50", "amount_unit": "g", "instructions": "Thickly.", "per_day": 4},
        {"product": "wet-wrap", "phase": "course", "places": [{"site": "feet", "side": "left"}], "per_day": 1}
        | {"course_days": 5, "starts_on": "2026-11-21"},
        {"product": "cetirizine", "phase": "as_needed", "condition": "Itch at night", "most_per_day": 1}
        | {"starts_on": "2026-11-20", "dose": "10 mg", "until_on": "2026-12-04"},
        {"product": "dupilumab-300", "phase": "interval", "every_days": 14, "loading_dose": "600 mg"}
        | {"starts_on": "2026-11-20", "dose": "300 mg", "is_elsewhere": True, "review_on": "2027-03-01"},
    ]
    said = made(api.post(about(adult, "orders", "check"), {"orders": orders}))
    assert said["is_stopped"] is False
    lines = started(api, adult, *orders, **dict.fromkeys(asked(said), REPLY))["lines"]
    shown = {line["product"]["key"]: (line, line["plans"][0]) for line in lines}
    line, _plan = shown["emollient"]
    assert (line["amount"], line["amount_unit"], line["instructions"]) == ("12.5", "g", "Thickly.")
    assert shown["wet-wrap"][1]["course_days"] == 5
    assert shown["wet-wrap"][1]["places"][0]["side"] == "left"
    line, plan = shown["cetirizine"]
    assert (plan["condition"], plan["most_per_day"], line["until_on"]) == ("Itch at night", 1, "2026-12-04")
    line, plan = shown["dupilumab-300"]
    assert (plan["every_days"], plan["loading_dose"], line["is_elsewhere"]) == (14, "600 mg", True)
    assert plan["places"][0]["site"] == ""


def test_lines_are_added_to_the_open_regimen(api: Api, adult: Patient) -> None:
    regimen = started(api, adult, EMOLLIENT)
    answer = api.post(about(adult, "regimens", regimen["id"], "lines"), {"orders": [TAC]}, If_Match=tag(regimen))
    more = made(answer, 201)
    assert answer["ETag"] == tag(more)
    assert more["id"] == regimen["id"]
    assert [line["product"]["key"] for line in more["lines"]] == ["emollient", "tacrolimus-0.1"]


def test_lines_sent_twice_are_added_once(api: Api, adult: Patient) -> None:
    """An emollient is never too much for the rules: only the version tells that it was sent before."""
    regimen = started(api, adult)
    address, more = about(adult, "regimens", regimen["id"], "lines"), {"orders": [EMOLLIENT]}
    before = stored()
    assert api.post(address, more).status_code == 428
    assert stored() == before
    now = made(api.post(address, more, If_Match=tag(regimen)), 201)
    again = api.post(address, more, If_Match=tag(regimen))
    assert (again.status_code, again.json()["current"]) == (412, now)
    assert [line["product"]["key"] for line in now["lines"]].count("emollient") == 2
    assert RegimenLine.objects.count() == len(now["lines"]) == 3


def test_nothing_is_added_to_a_regimen_that_ended(api: Api, adult: Patient) -> None:
    regimen = started(api, adult)
    made(api.post(about(adult, "regimens", regimen["id"], "stop"), STOP, If_Match=tag(regimen)))
    refused = api.post(about(adult, "regimens", regimen["id"], "lines"), {"orders": [TAC]}, If_Match=tag(regimen))
    assert errors_of(refused) == {"": "This regimen has ended."}


def test_a_closed_record_is_not_treated(api: Api, by: Any, adult: Patient) -> None:
    patient_actions.close_patient(by, adult, reason="moved", version=adult.version, at=NOW)
    assert list(errors_of(api.post(about(adult, "regimens"), {"orders": [TAC]}))) == [""]
    assert stored() == [[], [], [], [], []]


# --- Steps of a line --------------------------------------------------------------------------------------------------


def test_a_story_of_one_line(api: Api, adult: Patient, clock: Any) -> None:
    line = started(api, adult)["lines"][0]

    def on(day: int, step: str) -> dict[str, Any]:
        clock.move_to(NOW + timedelta(days=day - 20))
        answer = take(api, adult, line, step)
        row: dict[str, Any] = made(answer)
        assert answer["ETag"] == tag(row)
        return row

    line = on(22, "step-to-maintenance")
    assert phases(line) == [
        ("induction", "2026-11-20", None, ["face", "hands"]),
        ("maintenance", "2026-11-22", None, ["face"]),
    ]
    assert line["plans"][0]["places"][0]["ended_on"] == "2026-11-22"
    assert (line["plans"][1]["weekdays"], line["flares_in_a_year"]) == ([0, 3], 5)
    line = on(23, "return-to-induction")
    assert phases(line)[2] == ("induction", "2026-11-23", None, ["face"])
    line = on(24, "step-down")
    assert [plan["per_day"] for plan in line["plans"]] == [2, None, 2, 1]
    line = on(25, "hold")
    held = [plan for plan in line["plans"] if plan["phase"] == "hold"]
    assert [(plan["look_again_on"], plan["reason"]) for plan in held] == [("2026-11-27", "A wound.")] * 2
    line = on(26, "resume")
    assert [plan["phase"] for plan in line["plans"] if plan["ended_on"] is None] == ["induction", "induction"]
    line = on(27, "stop")
    assert (line["ended_on"], line["ended_by"], line["end_reason"]) == ("2026-11-27", "Dana Derm", "cleared")
    assert (line["next_look_on"], line["no_look_reason"]) == (None, "Seen again in spring.")
    assert {plan["ended_on"] for plan in line["plans"]} <= {f"2026-11-{day}" for day in range(20, 28)}
    assert errors_of(take(api, adult, line, "hold")) == {"": "This line has ended."}
    again = made(
        api.post(about(adult, "lines", line["id"], "start-again"), {"order": TAC | {"starts_on": "2026-11-27"}}), 201
    )
    assert (again["replaces"], again["product"]["key"], again["ended_on"]) == (line["id"], "tacrolimus-0.1", None)


def test_another_product_takes_the_place_of_a_line(api: Api, adult: Patient) -> None:
    line = started(api, adult)["lines"][0]
    answer = take(api, adult, line, "change-product")
    new = made(answer, 201)
    assert (new["replaces"], new["product"]["strength"], answer["ETag"]) == (line["id"], "0.03 %", '"1"')
    lines = made(api.get(about(adult, "regimen")))["regimen"]["lines"]
    old = next(one for one in lines if one["id"] == line["id"])
    assert (old["ended_on"], old["end_reason"]) == ("2026-11-20", "changed")


def test_a_regimen_ends_with_all_its_lines(api: Api, adult: Patient) -> None:
    regimen = started(api, adult)
    answer = api.post(about(adult, "regimens", regimen["id"], "stop"), STOP, If_Match=tag(regimen))
    over = made(answer)
    assert answer["ETag"] == tag(over)
    assert (over["ended_on"], over["end_reason"], over["ended_by"]) == ("2026-11-20", "cleared", "Dana Derm")
    assert [line["ended_on"] for line in over["lines"]] == ["2026-11-20"] * 2
    assert made(api.get(about(adult, "regimen"))) == {"regimen": None}


@pytest.mark.parametrize(
    ("step", "change", "field"),
    [
        ("change-product", {"order": TAC | {"starts_on": "2026-11-19"}}, "order.starts_on"),
        ("change-product", {"order": TAC | {"per_day": None}}, "order.per_day"),
        ("step-to-maintenance", {"places": [{"site": "neck"}]}, "places"),
        ("step-to-maintenance", {"weekdays": [3, 3]}, "weekdays"),
        ("return-to-induction", {}, "places"),
        ("step-down", {"places": [{"site": "feet"}]}, "places"),
        ("hold", {"look_again_on": "2026-11-19"}, "look_again_on"),
        ("resume", {}, ""),
        ("stop", {"reason": "other"}, "text"),
        ("stop", {"next_look_on": "2026-12-01"}, "next_look_on"),
        ("stop", {"no_look_reason": ""}, "next_look_on"),
    ],
)
def test_what_cannot_be_is_named(step: str, change: dict[str, Any], field: str, api: Api, adult: Patient) -> None:
    line = started(api, adult)["lines"][0]
    before = stored()
    assert list(errors_of(take(api, adult, line, step, STEPS[step] | change))) == [field]
    assert stored() == before


@pytest.mark.parametrize(
    ("step", "change", "field"),
    [
        ("change-product", {"order": TAC | {"product": "no-such"}}, "order.product"),
        ("step-to-maintenance", {"places": []}, "places"),
        ("step-to-maintenance", {"weekdays": [7]}, "weekdays"),
        ("return-to-induction", {"per_day": None}, "per_day"),
        ("step-down", {"per_day": 1}, "per_day"),
        ("hold", {"reason": " "}, "reason"),
        ("hold", {"look_again_on": None}, "look_again_on"),
        ("resume", {"version": 1}, "version"),
        ("stop", {"reason": "tired"}, "reason"),
    ],
)
def test_what_is_no_such_body_is_refused(step: str, change: dict[str, Any], field: str, api: Api, adult: Patient) -> None:
    line = started(api, adult)["lines"][0]
    before = stored()
    refused = take(api, adult, line, step, STEPS[step] | change)
    if field == "weekdays":  # a number no weekday has is the action's to refuse
        assert list(errors_of(refused)) == [field]
    else:
        assert list(errors_of(refused, 400)) == [field]
    assert stored() == before


@pytest.mark.parametrize("step", STEPS)
def test_a_stale_step_changes_nothing_and_shows_the_line_as_it_stands(step: str, api: Api, adult: Patient) -> None:
    line = started(api, adult)["lines"][0]
    address = about(adult, "lines", line["id"], step)
    assert api.post(address, STEPS[step]).status_code == 428
    now = made(take(api, adult, line, "hold"))
    before, rows = stored(), AuditEvent.objects.count()
    refused = api.post(address, STEPS[step], If_Match=tag(line))
    assert (refused.status_code, refused.json()["current"]) == (412, now)
    assert verbs_since(rows) == ["regimen opened"]
    assert stored() == before


def test_a_stale_end_of_a_regimen_shows_it_as_it_stands(api: Api, adult: Patient) -> None:
    regimen = started(api, adult)
    address = about(adult, "regimens", regimen["id"], "stop")
    assert api.post(address, STOP).status_code == 428
    added = about(adult, "regimens", regimen["id"], "lines")
    now = made(api.post(added, {"orders": [EMOLLIENT | {"product": "bathing", "places": []}]}, If_Match=tag(regimen)), 201)
    refused = api.post(address, STOP, If_Match=tag(regimen))
    assert (refused.status_code, refused.json()["current"]) == (412, now)
    assert made(api.get(about(adult, "regimen")))["regimen"] == now


def test_going_on_after_the_day_to_look_again_names_the_next_one(api: Api, adult: Patient, clock: Any) -> None:
    regimen = started(api, adult, TAC | {"review_on": "2026-11-25"}, EMOLLIENT)
    line = made(take(api, adult, regimen["lines"][0], "hold"))
    clock.move_to(NOW + timedelta(days=6))  # the day after
    for sent in ({}, {"review_on": None}, {"review_on": "2026-11-25"}):
        assert list(errors_of(take(api, adult, line, "resume", sent))) == ["review_on"]
    assert made(take(api, adult, line, "resume", {"review_on": "2026-11-26"}))["review_on"] == "2026-11-26"


def test_a_line_that_is_to_end_later_is_stopped_and_takes_no_other_step(api: Api, adult: Patient, clock: Any) -> None:
    line = started(api, adult)["lines"][0]
    order = TAC | {"product": "tacrolimus-0.03", "starts_on": "2026-11-27"}
    new = made(take(api, adult, line, "change-product", {"order": order}), 201)
    lines = made(api.get(about(adult, "regimen")))["regimen"]["lines"]
    line = next(one for one in lines if one["id"] == line["id"])
    assert line["ended_on"] == "2026-11-27"
    for step in ("hold", "step-down", "change-product"):
        assert errors_of(take(api, adult, line, step))[""].startswith("It ends on 27-Nov-2026, as planned")
    clock.move_to(NOW + timedelta(days=2))
    over = made(take(api, adult, line, "stop", STOP | {"reason": "side_effect", "text": "Burning."}))
    assert (over["ended_on"], over["end_reason"], over["end_text"]) == ("2026-11-22", "side_effect", "Burning.")
    assert {plan["ended_on"] for plan in over["plans"]} == {"2026-11-22"}
    lines = made(api.get(about(adult, "regimen")))["regimen"]["lines"]
    assert next(one for one in lines if one["id"] == new["id"]) == new


# --- Who --------------------------------------------------------------------------------------------------------------


def everything(regimen: dict[str, Any]) -> list[tuple[str, dict[str, Any], str]]:
    """Every operation that changes treatment: address under the patient, body, ETag."""
    line = regimen["lines"][0]
    return [
        ("regimens/", {"orders": [TAC]}, ""),
        (f"regimens/{regimen['id']}/lines/", {"orders": [TAC]}, tag(regimen)),
        (f"regimens/{regimen['id']}/stop/", STOP, tag(regimen)),
        (f"lines/{line['id']}/start-again/", {"order": TAC}, ""),
        *[(f"lines/{line['id']}/{step}/", body, tag(line)) for step, body in STEPS.items()],
    ]


def statuses(api: Api, patient: Patient, regimen: dict[str, Any]) -> set[int]:
    """What each of them answers."""
    return {
        api.post(about(patient) + address, body, **({"If_Match": version} if version else {})).status_code
        for address, body, version in everything(regimen)
    }


def test_a_nurse_without_the_flag_changes_nothing(api: Api, nurse: User, adult: Patient) -> None:
    regimen = started(api, adult)
    before = stored()
    assert statuses(Api(nurse), adult, regimen) == {403}
    assert stored() == before
    assert AuditEvent.objects.filter(verb="access refused", reason="prescribe").count() == len(everything(regimen))


def test_a_nurse_with_the_flag_prescribes(clinic: Clinic, clinician: User, adult: Patient) -> None:
    prescriber = make_member(clinic, Role.NURSE, may_prescribe=True)
    assert started(Api(prescriber), adult)["started_by"] == prescriber.name


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [
        (("patients:read",), 200, 403),
        (("patients:read", "patients:write"), 200, 403),
        (("regimens:write",), 403, 403),
        (("patients:read", "regimens:write"), 200, 201),
    ],
)
def test_a_token_writes_treatment_only_with_its_scope(
    scopes: tuple[str, ...], reads: int, writes: int, clinician: User, adult: Patient
) -> None:
    api = Api(clinician, *scopes)
    assert api.get(about(adult, "regimen")).status_code == reads
    assert api.get("products/").status_code == reads
    assert api.post(about(adult, "regimens"), {"orders": [EMOLLIENT]}).status_code == writes
    assert Regimen.objects.count() == (1 if writes == 201 else 0)


def test_the_command_issues_a_token_that_prescribes(clinician: User, adult: Patient) -> None:
    out, scopes = StringIO(), ["--scope", "patients:read", "--scope", "regimens:write"]
    call_command("issue_token", clinician.email, *scopes, "--days", "7", stdout=out, stderr=StringIO())
    program = Client(headers={"Authorization": f"Bearer {out.getvalue().strip()}"})
    body = {"orders": [EMOLLIENT]}
    answer = program.post(f"/api/v1/{about(adult, 'regimens')}", body, content_type="application/json")
    assert made(answer, 201)["started_by"] == "Dana Derm"


def test_a_token_without_the_scope_takes_no_step(api: Api, clinician: User, adult: Patient) -> None:
    regimen = started(api, adult)
    before = stored()
    assert statuses(Api(clinician, "patients:read", "patients:write"), adult, regimen) == {403}
    assert stored() == before


def test_a_clinic_administrator_sees_no_treatment(api: Api, clinic_admin: User, adult: Patient) -> None:
    regimen = started(api, adult)
    office = Api(clinic_admin)
    reading = [office.get(about(adult, noun)).status_code for noun in ("regimen", "regimens", "past-treatments")]
    assert reading == [403, 403, 403]
    assert statuses(office, adult, regimen) == {403}


def test_what_an_administrator_reads_in_the_audit_names_no_treatment(api: Api, adult: Patient, nurse: User) -> None:
    before = AuditEvent.objects.count()
    regimen = started(api, adult)
    made(take(api, adult, regimen["lines"][0], "step-to-maintenance"))
    made(api.get(about(adult, "regimen")))
    made(api.get(about(adult, "regimens")))
    made(api.post(about(adult, "orders", "check"), {"orders": [TAC]}))
    made(api.post(about(adult, "past-treatments"), PAST), 201)
    made(api.get(about(adult, "past-treatments")))
    shown = without_clinical_detail(list(AuditEvent.objects.order_by("id")[before:]))
    assert {row.verb for row in shown} == {"clinical facts created", "clinical facts changed", "clinical facts opened"}


@pytest.mark.parametrize("who", ["outsider", "platform_admin", "portal_user", "guardian"])
def test_from_outside_there_is_no_such_patient(
    who: str, patient: Patient, api: Api, request: pytest.FixtureRequest
) -> None:
    regimen = started(api, patient, EMOLLIENT)
    before, stranger = stored(), Api(request.getfixturevalue(who))
    assert {stranger.get(about(patient, noun)).status_code for noun in ("regimen", "regimens", "past-treatments")} == {404}
    assert statuses(stranger, patient, regimen) == {404}
    assert stranger.post(about(patient, "past-treatments"), PAST).status_code == 404
    assert stored() == before


def test_rows_of_another_patient_are_not_found_here(
    api: Api, clinic: Clinic, outsider: User, adult: Patient, other_patient: Patient
) -> None:
    sibling = started(api, make_patient(clinic, birth_date=date(1980, 5, 4)))
    foreign = started(Api(outsider), other_patient, EMOLLIENT)
    before = stored()
    for regimen in (sibling, foreign):
        calls = everything(regimen)[1:]  # the first names no row
        tags = [{"If_Match": version} if version else {} for _address, _body, version in calls]
        answers = [
            api.post(about(adult) + address, body, **more) for (address, body, _), more in zip(calls, tags, strict=True)
        ]
        assert {answer.status_code for answer in answers} == {404}
    assert stored() == before


def test_ids_in_the_body_change_nobody_elses_row(api: Api, outsider: User, adult: Patient, other_patient: Patient) -> None:
    foreign = started(Api(outsider), other_patient, EMOLLIENT)
    before = stored()
    for name, value in (
        ("patient", str(other_patient.public_id)),
        ("regimen", foreign["id"]),
        ("id", foreign["lines"][0]["id"]),
        ("started_by", str(outsider.public_id)),
        ("version", 1),
    ):
        refused = api.post(about(adult, "regimens"), {"orders": [TAC], name: value})
        assert errors_of(refused, 400) == {name: "This field is not known here."}
        refused = api.post(about(adult, "regimens"), {"orders": [TAC | {name: value}]})
        assert errors_of(refused, 400) == {f"orders[0].{name}": "This field is not known here."}
    assert stored() == before


# --- What was used before ---------------------------------------------------------------------------------------------


def test_a_past_treatment_is_recorded_listed_and_taken_back(nurse: User, adult: Patient) -> None:
    api, before = Api(nurse), AuditEvent.objects.count()
    row = made(api.post(about(adult, "past-treatments"), PAST), 201)
    assert (row["product"]["key"], row["family"], row["days"]) == ("prednisolone-oral", "steroid-oral", 10)
    assert (row["from_on"], row["until_on"], row["recorded_by"]) == ("2026-01-01", None, "Nico Nurse")
    assert made(api.get(about(adult, "past-treatments"))) == {"results": [row], "next": None}
    gone = made(api.post(about(adult, "past-treatments", row["id"], "withdraw"), {"reason": "Another patient's."}))
    assert gone["withdrawn_reason"] == "Another patient's."
    assert made(api.get(about(adult, "past-treatments")))["results"] == []
    assert made(api.get(about(adult, "past-treatments") + "?with_withdrawn=true"))["results"] == [gone]
    assert verbs_since(before) == [
        "past treatment recorded",
        "past treatments opened",
        "past treatment withdrawn",
        "past treatments opened",
        "past treatments opened",
    ]


def test_a_class_is_enough_and_sites_are_kept_once(nurse: User, adult: Patient) -> None:
    body = {"family": "tcs", "sites": ["face", "hands", "face"], "response": "partial", "why_stopped": "unknown"}
    row = made(Api(nurse).post(about(adult, "past-treatments"), body), 201)
    assert (row["product"], row["family"], row["sites"]) == (None, "tcs", ["face", "hands"])


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"product": None}, 422, "product"),
        ({"from_on": "2026-12-01"}, 422, "from_on"),
        ({"until_on": "2025-01-01"}, 422, "until_on"),
        ({"why_stopped": "other"}, 422, "text"),
        ({"product": "snake-oil"}, 400, "product"),
        ({"sites": ["tail"]}, 400, "sites[0]"),
        ({"response": None}, 400, "response"),
        ({"days": 0}, 400, "days"),
        ({"recorded_by": "me"}, 400, "recorded_by"),
    ],
)
def test_a_past_treatment_that_cannot_be_is_refused_by_name(
    change: dict[str, Any], status: int, field: str, nurse: User, adult: Patient
) -> None:
    refused = Api(nurse).post(about(adult, "past-treatments"), PAST | change)
    assert list(errors_of(refused, status)) == [field]
    assert not PastTreatment.objects.exists()


def test_pages_of_past_treatments_cost_the_same_for_one_and_three(
    nurse: User, adult: Patient, django_assert_num_queries: Any
) -> None:
    api, address = Api(nurse), about(adult, "past-treatments")
    made(api.post(address, PAST), 201)
    with django_assert_num_queries(13):
        assert len(made(api.get(address))["results"]) == 1
    for months in ("2025-03-01", "2024-03-01"):
        made(api.post(address, PAST | {"from_on": months}), 201)
    with django_assert_num_queries(13):
        assert len(made(api.get(address))["results"]) == 3


def test_a_past_treatment_of_another_patient_is_not_found_here(nurse: User, clinic: Clinic, adult: Patient) -> None:
    api, sibling = Api(nurse), make_patient(clinic, birth_date=date(1980, 5, 4))
    row = made(api.post(about(sibling, "past-treatments"), PAST), 201)
    refused = api.post(about(adult, "past-treatments", row["id"], "withdraw"), {"reason": "slip"})
    assert refused.status_code == 404
    assert made(api.get(about(sibling, "past-treatments")))["results"] == [row]
