"""The API's check of an order, and what the rules refuse: the same findings, saved or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine

from clinics.models import AuditEvent, Clinic, Kind, Role, User
from patients.models import Patient
from regimens import actions
from regimens.models import DosePlan, Override, Regimen, RegimenLine
from regimens.protocol.base import RULES
from tests.api import Api
from tests.factories import NOW, actor_for, make_member, make_patient
from tests.regimens.api import EMOLLIENT, POTENT, REPLY, TAC, THIN_SKIN, about, asked, errors_of, keyed, made, started, tag

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def api(clinician: User) -> Api:
    """A dermatologist's program."""
    return Api(clinician)


def check(api: Api, patient: Patient, *orders: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the rules say."""
    return dict(made(api.post(about(patient, "orders", "check"), {"orders": list(orders), **more})))


def allergic(api: Api, patient: Patient) -> None:
    """An allergy to macrolides, which the label of tacrolimus names."""
    made(api.post(about(patient, "allergies"), {"kind": "class", "code": "macrolides"}), 201)


def nothing_saved() -> bool:
    return not any(model.objects.exists() for model in (Regimen, RegimenLine, DosePlan, Override))


def test_a_correct_order_has_nothing_that_stops_or_asks(api: Api, adult: Patient) -> None:
    said = check(api, adult, TAC, EMOLLIENT)
    assert (said["is_stopped"], said["unanswered"]) == (False, [])
    assert {finding["level"] for finding in said["findings"]} <= {"inform"}
    assert "immunocompromise" in {one["rule"] for one in said["unchecked"]}  # nobody asked: never passed
    assert nothing_saved()


def test_a_check_leaves_one_row_that_it_was_asked(api: Api, adult: Patient) -> None:
    before = AuditEvent.objects.count()
    check(api, adult, TAC)
    row = AuditEvent.objects.latest("id")
    assert AuditEvent.objects.count() == before + 1
    assert (row.verb, row.kind, row.patient, row.channel) == ("order checked", Kind.READ, adult.public_id, "api")


def test_every_finding_says_what_it_saw_and_who_says_so(api: Api, adult: Patient) -> None:
    said = check(api, adult, EMOLLIENT, POTENT)
    finding = said["findings"][0]
    assert (said["is_stopped"], asked(said)) == (False, [THIN_SKIN])
    assert (finding["order"], finding["rule"], finding["version"]) == (1, THIN_SKIN, 2)
    assert (finding["level"], finding["is_unanswered"]) == ("warn", True)
    assert finding["product"] == "Mometasone furoate 0.1 % cream"
    assert {"what": "sites", "value": "face", "on": None, "by": ""} in finding["inputs"]
    assert finding["sources"][0]["on"] == "2025-11-03"
    assert finding["title"] == "Potent steroid on thin skin"
    assert finding["text"].startswith("Mometasone furoate 0.1 % cream is potent")
    assert finding["logic"].startswith("A potent or very potent topical corticosteroid")


def test_inputs_carry_the_day_they_were_recorded_and_by_whom(api: Api, adult: Patient) -> None:
    allergic(api, adult)
    said = check(api, adult, TAC, EMOLLIENT)
    assert said["is_stopped"] is True
    stop = next(finding for finding in said["findings"] if finding["level"] == "stop")
    assert (stop["rule"], stop["order"]) == ("allergy", 0)
    assert ("2026-11-20", "Dana Derm") in {(seen["on"], seen["by"]) for seen in stop["inputs"]}


def test_a_line_to_be_replaced_is_left_out(api: Api, adult: Patient) -> None:
    line = started(api, adult)["lines"][0]
    again = TAC | {"places": [{"site": "face"}]}
    double = {one["rule"] for one in check(api, adult, again)["findings"]}
    alone = {one["rule"] for one in check(api, adult, again, replaces=line["id"])["findings"]}
    assert double - alone  # the same product on the same skin
    assert not alone - double


def test_what_cannot_be_is_named_by_order(api: Api, adult: Patient) -> None:
    address = about(adult, "orders", "check")
    wrong = TAC | {"per_day": None, "weekdays": [0, 3]}
    twice = EMOLLIENT | {"places": [{"site": "face"}, {"site": "eyelids", "side": "left"}]}
    assert errors_of(api.post(address, {"orders": [wrong, twice]})) == {
        "orders[0].per_day": "This is needed.",
        "orders[0].weekdays": "This does not belong to the chosen way of use.",
        "orders[1].places": "Face and Eyelids share skin: choose one of them.",
    }
    assert errors_of(api.post(address, {"orders": []}), 400).keys() == {"orders"}
    assert errors_of(api.post(address, {"orders": [TAC | {"product": "nothing"}]}), 400).keys() == {"orders[0].product"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"strength": "0.1 %"}, "strength"),
        ({"per_day": "2"}, "per_day"),
        ({"per_day": True}, "per_day"),
        ({"per_day": 2.5}, "per_day"),
        ({"phase": "hold"}, "phase"),
        ({"phase": None}, "phase"),
        ({"weekdays": "0"}, "weekdays"),
        ({"amount": 2, "amount_unit": "g"}, "amount"),
        ({"amount_unit": "litre"}, "amount_unit"),
        ({"starts_on": "20-11-2026"}, "starts_on"),
        ({"dose": "x" * 121}, "dose"),
        ({"weekdays": [0, "3"]}, "weekdays[1]"),
        ({"places": [{"site": "tail"}]}, "places[0].site"),
        ({"places": [{"site": "face", "side": "left"}]}, "places[0].side"),
        ({"places": ["face"]}, "places[0]"),
    ],
)
def test_input_is_strict(change: dict[str, Any], field: str, api: Api, adult: Patient) -> None:
    refused = errors_of(api.post(about(adult, "orders", "check"), {"orders": [TAC | change]}), 400)
    assert refused.keys() == {f"orders[0].{field}"}


@pytest.mark.parametrize("name", ["product", "phase", "starts_on"])
def test_product_phase_and_start_have_no_default(name: str, api: Api, adult: Patient) -> None:
    order = {key: value for key, value in TAC.items() if key != name}
    refused = errors_of(api.post(about(adult, "orders", "check"), {"orders": [order]}), 400)
    assert refused == {f"orders[0].{name}": "This field is required."}


def test_a_frequency_has_no_default(api: Api, adult: Patient) -> None:
    order = {key: value for key, value in TAC.items() if key != "per_day"}
    assert errors_of(api.post(about(adult, "regimens"), {"orders": [order]})) == {"orders[0].per_day": "This is needed."}
    assert nothing_saved()


@pytest.mark.parametrize(
    "dates",
    [
        {"starts_on": "9999-12-31", "is_elsewhere": True, "review_on": None},
        {"until_on": "9999-12-31"},
        {"review_on": "9999-12-31"},
        {"starts_on": "0001-01-01"},
    ],
)
def test_days_out_of_reach_are_refused(dates: dict[str, Any], api: Api, adult: Patient) -> None:
    order = TAC | {"phase": "course", "course_days": 14} | dates
    assert set(errors_of(api.post(about(adult, "orders", "check"), {"orders": [order]}))) & {
        f"orders[0].{name}" for name in dates
    }


def test_a_nurse_without_the_flag_may_ask_and_a_clinic_administrator_may_not(
    nurse: User, clinic_admin: User, adult: Patient
) -> None:
    assert check(Api(nurse), adult, TAC, EMOLLIENT)["is_stopped"] is False
    assert Api(clinic_admin).post(about(adult, "orders", "check"), {"orders": [TAC]}).status_code == 403


def test_reading_is_enough_for_a_check(clinician: User, adult: Patient) -> None:
    assert check(Api(clinician, "patients:read"), adult, TAC, EMOLLIENT)["is_stopped"] is False
    assert Api(clinician, "regimens:write").post(about(adult, "orders", "check"), {"orders": [TAC]}).status_code == 403


@pytest.mark.parametrize("who", ["outsider", "platform_admin", "portal_user", "guardian"])
def test_from_outside_there_is_no_such_patient(who: str, patient: Patient, request: pytest.FixtureRequest) -> None:
    api = Api(request.getfixturevalue(who))
    assert api.post(about(patient, "orders", "check"), {"orders": [TAC]}).status_code == 404
    row = AuditEvent.objects.latest("id")
    assert (row.verb, row.patient) == ("access refused", patient.public_id)


def test_a_line_of_another_patient_cannot_be_left_out(
    api: Api, clinician: User, clinic: Clinic, adult: Patient, other_patient: Patient, outsider: User
) -> None:
    sibling = started(api, make_patient(clinic, birth_date=date(1980, 5, 4)))["lines"][0]["id"]
    foreign = started(Api(outsider), other_patient, EMOLLIENT)["lines"][0]["id"]
    messages = set()
    for wanted in (sibling, foreign, "6f1b7b1e-5f5c-4d8b-9a37-000000000000"):
        refused = api.post(about(adult, "orders", "check"), {"orders": [TAC], "replaces": wanted})
        messages.add(errors_of(refused, 400)["replaces"])
    assert len(messages) == 1
    rows = AuditEvent.objects.filter(verb="access refused", actor=clinician.public_id)  # of what does not exist, none
    assert [str(row.object_id) for row in rows.order_by("pk")] == [sibling, foreign]
    assert [row.object_type for row in rows] == ["regimenline"] * 2
    assert rows.get(object_id=foreign).patient == other_patient.public_id


# --- What the rules refuse when something is to be saved --------------------------------------------------------------


def test_a_warning_without_a_reply_is_not_saved(api: Api, adult: Patient) -> None:
    before = AuditEvent.objects.count()
    refused = api.post(about(adult, "regimens"), {"orders": [POTENT, EMOLLIENT]})
    body = refused.json()
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert asked(body) == [THIN_SKIN]
    assert THIN_SKIN in body["detail"]
    (key,) = body["unanswered"]
    assert errors_of(refused).keys() == {f"replies.{key}.reason", f"replies.{key}.sentence"}
    assert body["findings"] == check(api, adult, POTENT, EMOLLIENT)["findings"]
    assert "allergy" in {one["rule"] for one in body["unchecked"]}
    assert nothing_saved()
    verbs = AuditEvent.objects.order_by("id").values_list("verb", flat=True)[before:]
    assert list(verbs) == ["order checked", "order checked"]  # the refusal showed the record, and so did the check


@pytest.mark.parametrize(
    ("reply", "field"),
    [
        ({"reason": "because", "sentence": "x"}, "reason"),
        ({"reason": "short", "sentence": " "}, "sentence"),
        ({"reason": "short"}, "sentence"),
        ({"reason": "short", "sentence": "x", "level": 1}, "level"),
    ],
)
def test_a_reply_needs_a_listed_reason_and_a_sentence(reply: Any, field: str, api: Api, adult: Patient) -> None:
    refused = api.post(about(adult, "regimens"), {"orders": [POTENT], "replies": {THIN_SKIN: reply}})
    assert errors_of(refused, 400).keys() == {f"replies.{THIN_SKIN}.{field}"}
    assert nothing_saved()


@pytest.mark.parametrize(
    ("sentence", "is_one"),
    [("Fine.", False), ("Finefinefine.", False), ("It is ok", False), ("It is oka 12", False), ("It is okay", True)],
)
def test_a_sentence_has_two_words_and_eight_letters(api: Api, adult: Patient, sentence: str, is_one: bool) -> None:
    body: dict[str, Any] = {"orders": [POTENT, EMOLLIENT]}
    (key,) = check(api, adult, POTENT, EMOLLIENT)["unanswered"]
    answer = api.post(about(adult, "regimens"), body | {"replies": {key: {"reason": "short", "sentence": sentence}}})
    if is_one:
        assert made(answer, 201)["lines"][0]["overrides"][0]["sentence"] == sentence
        return
    assert errors_of(answer) == {f"replies.{key}.sentence": "Write a sentence: at least two words and eight letters."}
    assert answer.json()["unanswered"] == [key]
    assert nothing_saved()


def test_a_reply_to_a_key_that_is_not_there_is_refused_by_name(api: Api, adult: Patient) -> None:
    said = check(api, adult, POTENT, EMOLLIENT)
    (key,) = said["unanswered"]
    told = next(one["key"] for one in check(api, adult, TAC)["findings"] if one["level"] == "inform")
    for unknown in (THIN_SKIN, "1" + key[1:], "thin-skin", told):
        body = {"orders": [POTENT, EMOLLIENT], "replies": {key: REPLY, unknown: REPLY}}
        refused = api.post(about(adult, "regimens"), body)
        assert errors_of(refused).keys() == {f"replies.{unknown}"}
        assert (refused.json()["unanswered"], asked(said)) == ([], [THIN_SKIN])
        assert refused.json()["findings"]
        assert "about no warning" in refused.json()["detail"]
    assert nothing_saved()


def test_replies_cannot_be_sent_for_every_rule_beforehand(api: Api, adult: Patient) -> None:
    body = {"orders": [POTENT, EMOLLIENT], "replies": dict.fromkeys(RULES, REPLY)}
    refused = api.post(about(adult, "regimens"), body)
    assert (refused.status_code, asked(refused.json())) == (422, [THIN_SKIN])
    assert nothing_saved()


def test_each_line_has_its_own_key_and_reply(api: Api, adult: Patient) -> None:
    orders = [POTENT | {"places": [{"site": site}]} for site in ("face", "neck")]
    said = check(api, adult, *orders, EMOLLIENT)
    keys = {one["order"]: one["key"] for one in said["findings"] if one["rule"] == THIN_SKIN}
    assert sorted(keys) == [0, 1]
    body = {"orders": [*orders, EMOLLIENT], "replies": {keys[0]: REPLY}}
    refused = api.post(about(adult, "regimens"), body)
    assert refused.json()["unanswered"] == [keys[1]]
    other = {"reason": "known", "sentence": "Seen every week."}
    lines = made(api.post(about(adult, "regimens"), body | {"replies": {keys[0]: REPLY, keys[1]: other}}), 201)["lines"]
    kept = {line["plans"][0]["places"][0]["site"]: line["overrides"] for line in lines}
    assert [one["sentence"] for one in kept["face"]] == [REPLY["sentence"]]
    assert [one["sentence"] for one in kept["neck"]] == ["Seen every week."]


def test_the_key_of_a_finding_is_the_same_for_whoever_asks(api: Api, adult: Patient, nurse: User) -> None:
    mine, hers = (check(who, adult, POTENT, EMOLLIENT)["unanswered"] for who in (api, Api(nurse)))
    assert mine == hers


def test_an_answered_warning_is_kept_with_the_line(api: Api, adult: Patient) -> None:
    line = started(api, adult, POTENT, EMOLLIENT, **{THIN_SKIN: REPLY})["lines"][0]
    kept = line["overrides"]
    assert [(one["rule"], one["rule_version"], one["level"]) for one in kept] == [(THIN_SKIN, 2, "warn")]
    assert (kept[0]["reason"], kept[0]["sentence"], kept[0]["by"]) == (REPLY["reason"], REPLY["sentence"], "Dana Derm")
    assert {"what": "sites", "value": "face", "on": None, "by": ""} in kept[0]["inputs"]


def test_a_stop_is_not_answered(api: Api, adult: Patient) -> None:
    allergic(api, adult)
    (key,) = (one["key"] for one in check(api, adult, TAC, EMOLLIENT)["findings"] if one["rule"] == "allergy")
    refused = api.post(about(adult, "regimens"), {"orders": [TAC, EMOLLIENT], "replies": {key: REPLY}})
    body = refused.json()
    assert refused.status_code == 422
    assert body["detail"] == "These rules stop the order: allergy. Nothing was saved."
    assert body["unanswered"] == []
    assert body["findings"][0]["level"] == "stop"
    assert nothing_saved()


def test_a_stop_of_what_somebody_else_prescribed_is_answered(api: Api, adult: Patient) -> None:
    allergic(api, adult)
    elsewhere = TAC | {"is_elsewhere": True}
    said = check(api, adult, elsewhere, EMOLLIENT)
    assert (said["is_stopped"], asked(said)) == (False, ["allergy"])
    line = started(api, adult, elsewhere, EMOLLIENT, allergy=REPLY)["lines"][0]
    assert [(one["rule"], one["level"]) for one in line["overrides"]] == [("allergy", "warn")]


@pytest.mark.parametrize("noun", ["lines", "change-product"])
def test_later_orders_are_asked_about_too(noun: str, api: Api, adult: Patient) -> None:
    regimen = started(api, adult)
    line = regimen["lines"][0]
    if noun == "lines":
        refused = api.post(about(adult, "regimens", regimen["id"], "lines"), {"orders": [POTENT]}, If_Match=tag(regimen))
    else:
        refused = api.post(about(adult, "lines", line["id"], noun), {"order": POTENT}, If_Match=tag(line))
    assert (refused.status_code, asked(refused.json())) == (422, [THIN_SKIN])
    assert made(api.get(about(adult, "regimen")))["regimen"] == regimen


def test_a_step_is_asked_about_too(api: Api, adult: Patient) -> None:
    line = started(api, adult)["lines"][0]
    body = {"places": [{"site": "face"}], "weekdays": [0, 1]}
    address = about(adult, "lines", line["id"], "step-to-maintenance")
    refused = api.post(address, body, If_Match=tag(line))
    assert refused.status_code == 422
    rules = asked(refused.json())
    assert rules
    assert all(rule in refused.json()["detail"] for rule in rules)
    replies = keyed(refused.json(), dict.fromkeys(rules, REPLY))
    saved = made(api.post(address, body | {"replies": replies}, If_Match=tag(line)))
    assert sorted(one["rule"] for one in saved["overrides"]) == rules


def test_a_medical_leads_choice_is_at_work(clinic: Clinic, api: Api, adult: Patient) -> None:
    allergic(api, adult)
    lead = make_member(clinic, Role.DERMATOLOGIST, is_medical_lead=True)
    actions.choose_rule(
        actor_for(lead, clinic), clinic, "allergy", level=2, params={}, source="House list", reason="Known", at=NOW
    )
    said = check(api, adult, TAC, EMOLLIENT)
    assert (said["is_stopped"], asked(said)) == (False, ["allergy"])


def test_a_check_costs_the_same_for_one_order_and_three(api: Api, adult: Patient, django_assert_num_queries: Any) -> None:
    orders, address = [TAC, EMOLLIENT, POTENT], about(adult, "orders", "check")
    made(api.get("me/"))  # the first call of a token notes that it was used
    with django_assert_num_queries(23):
        made(api.post(address, {"orders": orders[:1]}))
    with django_assert_num_queries(23):
        made(api.post(address, {"orders": orders}))


@pytest.mark.parametrize(("second", "is_stopped"), [(6, True), (7, False)])
def test_a_second_dose_of_methotrexate_within_a_week_is_stopped(
    api: Api, adult: Patient, second: int, is_stopped: bool
) -> None:
    order = {"product": "methotrexate", "phase": "interval", "starts_on": "2026-11-20", "every_days": 7, "dose": "10 mg"}
    said = check(api, adult, order | {"second_after_days": second, "review_on": "2027-01-01"})
    stops = [one["rule"] for one in said["findings"] if one["level"] == "stop"]
    assert (said["is_stopped"], stops) == (is_stopped, ["methotrexate-weekly"] if is_stopped else [])
