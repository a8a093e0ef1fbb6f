"""Doses through the API: planned, recorded once, undone, changed; adherence, tubes, times, the clinic's settings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions as patient_actions
from patients.models import Patient
from patients.queries.audit import without_clinical_detail
from regimens.models import Application, DoseSettings, TubeReport
from tests.api import Api
from tests.factories import NOW, actor_for, make_member
from tests.regimens.api import EMOLLIENT, TAC, about, errors_of, made, started, tag

pytestmark = pytest.mark.django_db

# Twice daily at 08:00 and 20:00 in Berlin, 07:00 and 19:00 UTC in winter; entered at noon of the 20th, a Friday.
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
DONE = {"outcome": "done"}
SKIPPED = {"outcome": "skipped", "skip_reason": "forgot"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """Noon of 20 November 2026, until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def api(clinician: User) -> Api:
    """A dermatologist's program."""
    return Api(clinician)


@pytest.fixture
def line(api: Api, adult: Patient, clock: Any) -> dict[str, Any]:
    """Tacrolimus twice daily since Friday; it is Sunday noon."""
    found: dict[str, Any] = started(api, adult, TAC)["lines"][0]
    clock.move_to(SUNDAY)
    return found


def dose(line: dict[str, Any], on: int, slot: str = "morning", **said: Any) -> dict[str, Any]:
    """A body: of a day of November 2026."""
    return {"line": line["id"], "slot_on": f"2026-11-{on}", "slot": slot} | (said or DONE)


def record(api: Api, patient: Patient, body: dict[str, Any]) -> dict[str, Any]:
    return dict(made(api.post(about(patient, "doses"), body), 201))


def states(api: Api, patient: Patient, query: str = "") -> list[str]:
    """The slots of the only line: "20 evening: no_record"."""
    (found,) = made(api.get(about(patient, "dose-slots") + query))["lines"]
    return [f"{int(one['slot_on'][-2:])} {one['slot']}: {one['state']}" for one in found["slots"]]


# --- Slots ------------------------------------------------------------------------------------------------------------


def test_slots_say_what_is_recorded_of_them_and_which_are_ahead(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    record(api, adult, dose(line, 21))
    record(api, adult, dose(line, 21, "evening", **SKIPPED))
    assert states(api, adult) == [
        "20 evening: no_record",
        "21 morning: done",
        "21 evening: skipped",
        "22 morning: no_record",
        "22 evening: not_due_yet",
    ]
    assert states(api, adult, "?from_on=2026-11-22&until_on=2026-11-23") == [
        "22 morning: no_record",
        "22 evening: not_due_yet",
        "23 morning: not_due_yet",
        "23 evening: not_due_yet",
    ]
    assert AuditEvent.objects.filter(verb="doses opened", channel="api").count() == 2


def test_a_slot_has_its_moment_its_plan_and_its_record(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    row = record(api, adult, dose(line, 21))
    answer = made(api.get(about(adult, "dose-slots") + "?from_on=2026-11-21&until_on=2026-11-21"))
    assert (answer["from_on"], answer["until_on"]) == ("2026-11-21", "2026-11-21")
    (found,) = answer["lines"]
    assert (found["line"], found["product"]["key"], found["extra"]) == (line["id"], "tacrolimus-0.1", [])
    plan = line["plans"][0]["id"]
    morning, evening = found["slots"]
    assert morning == {
        "plan": plan,
        "slot_on": "2026-11-21",
        "slot": "morning",
        "due_at": "2026-11-21T07:00:00Z",
        "state": "done",
        "record": row,
    }
    assert (evening["due_at"], evening["record"]) == ("2026-11-21T19:00:00Z", None)


def test_at_the_most_92_days_of_slots_in_their_order(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    def asked(since: str, until: str, what: str = "dose-slots") -> Any:
        return api.get(about(adult, what) + f"?from_on={since}&until_on={until}")

    assert asked("2026-11-20", "2027-02-19").status_code == 200  # 11 + 31 + 31 + 19 days
    assert errors_of(asked("2026-11-20", "2027-02-20"), 400) == {"until_on": "At the most 92 days."}
    assert errors_of(asked("2026-11-20", "2026-11-19"), 400) == {"until_on": "This is before the first day."}
    assert errors_of(asked("1899-12-31", "9999-12-31"), 400) == {
        "from_on": "Between 1900 and 2100.",
        "until_on": "Between 1900 and 2100.",
    }
    assert asked("2026-01-01", "2027-01-01", "adherence").status_code == 200
    assert errors_of(asked("2026-01-01", "2027-01-02", "adherence"), 400) == {"until_on": "At the most 366 days."}


@pytest.mark.parametrize("what", ["dose-slots", "adherence"])
def test_of_one_line_alone(api: Api, adult: Patient, other_patient: Patient, outsider: User, what: str) -> None:
    tacrolimus, emollient = started(api, adult)["lines"]
    foreign = started(Api(outsider), other_patient, EMOLLIENT)["lines"][0]
    assert len(made(api.get(about(adult, what)))["lines"]) == 2
    (found,) = made(api.get(about(adult, what) + f"?line={emollient['id']}"))["lines"]
    assert found["line"] == emollient["id"] != tacrolimus["id"]
    refused = api.get(about(adult, what) + f"?line={foreign['id']}")
    assert errors_of(refused, 400) == {"line": "There is no such row about this patient."}


@pytest.mark.parametrize(("what", "queries"), [("dose-slots", 16), ("adherence", 17)])
def test_it_costs_the_same_for_one_line_with_one_record_and_for_three_with_many(
    api: Api, adult: Patient, line: dict[str, Any], django_assert_num_queries: Any, what: str, queries: int
) -> None:
    row = record(api, adult, dose(line, 21))
    made(api.post(about(adult, "doses", row["id"], "change"), SKIPPED), 201)
    with django_assert_num_queries(queries):
        made(api.get(about(adult, what)))
    regimen = made(api.get(about(adult, "regimen")))["regimen"]
    trunk = {"product": "hydrocortisone-1", "places": [{"site": "trunk"}]}
    more = {"orders": [one | {"starts_on": "2026-11-22"} for one in (EMOLLIENT, TAC | trunk)]}
    made(api.post(about(adult, "regimens", regimen["id"], "lines"), more, If_Match=tag(regimen)), 201)
    for slot in ("morning", "evening"):
        row = record(api, adult, dose(line, 21 if slot == "evening" else 22, slot))
        made(api.post(about(adult, "doses", row["id"], "change"), SKIPPED), 201)
    with django_assert_num_queries(queries):
        assert len(made(api.get(about(adult, what)))["lines"]) == 3


# --- Records ----------------------------------------------------------------------------------------------------------


def test_a_dose_is_recorded(nurse: User, adult: Patient, line: dict[str, Any]) -> None:
    sent = dose(line, 21, "evening", outcome="done", applied_at="2026-11-21T20:05:00+01:00", note="with help")
    row = record(Api(nurse), adult, sent)
    stored = Application.objects.get()
    assert row == {
        "id": str(stored.public_id),
        "recorded_at": "2026-11-22T12:00:00Z",
        "recorded_by": "Nico Nurse",
        "withdrawn_at": None,
        "withdrawn_reason": "",
        "line": line["id"],
        "plan": line["plans"][0]["id"],
        "kind": "slot",
        "slot_on": "2026-11-21",
        "slot": "evening",
        "outcome": "done",
        "skip_reason": "",
        "applied_at": "2026-11-21T19:05:00Z",
        "on": "2026-11-21",
        "is_late": True,
        "recorded_as": "staff",
        "note": "with help",
        "replaces": None,
    }
    assert AuditEvent.objects.filter(verb="dose recorded", channel="api", object_id=stored.public_id).count() == 1


def test_the_second_is_told_who_was_first_and_when(
    api: Api, nurse: User, adult: Patient, line: dict[str, Any], clock: Any
) -> None:
    row = record(Api(nurse), adult, dose(line, 22))
    clock.shift(timedelta(minutes=5))
    refused = api.post(about(adult, "doses"), dose(line, 22, **SKIPPED))
    assert refused.status_code == 409
    problem = refused.json()
    assert refused["Content-Type"] == "application/problem+json"
    assert (problem["recorded_by"], problem["recorded_at"]) == ("Nico Nurse", "2026-11-22T12:00:00Z")
    assert problem["current"] == row
    assert problem["detail"] == "This dose is recorded already, as done, by Nico Nurse. Nothing was saved."
    assert Application.objects.count() == 1
    assert AuditEvent.objects.filter(verb="doses opened").count() == 1


def test_a_dose_is_named_by_its_plan_or_by_its_line(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    plan = {"plan": line["plans"][0]["id"], "slot_on": "2026-11-21", "slot": "morning"}
    assert record(api, adult, plan | DONE)["line"] == line["id"]
    both = "Give either the plan or the line."
    assert errors_of(api.post(about(adult, "doses"), dose(line, 22) | plan), 400) == {"plan": both}
    neither = {"slot_on": "2026-11-22", "slot": "morning"} | DONE
    assert errors_of(api.post(about(adult, "doses"), neither), 400) == {"plan": both}
    assert errors_of(api.post(about(adult, "doses"), dose(line, 22, "noon"))) == {"slot": "No dose is planned then."}


def test_where_two_phases_of_a_line_have_the_dose_the_plan_is_named(
    api: Api, adult: Patient, line: dict[str, Any], clock: Any
) -> None:
    clock.move_to(datetime(2026, 11, 23, 18, tzinfo=UTC))  # a Monday, before its evening dose
    step = {"places": [{"site": "face"}], "weekdays": [0, 3], "flares_in_a_year": 5}
    stepped = made(api.post(about(adult, "lines", line["id"], "step-to-maintenance"), step, If_Match=tag(line)))
    (kept,) = [plan for plan in stepped["plans"] if plan["phase"] == "maintenance"]
    several = "Several phases of this line have this dose: give the plan."
    assert errors_of(api.post(about(adult, "doses"), dose(line, 23, "evening"))) == {"plan": several}
    body = {"plan": kept["id"], "slot_on": "2026-11-23", "slot": "evening"} | DONE
    assert record(api, adult, body)["plan"] == kept["id"]
    assert record(api, adult, dose(line, 23, "morning"))["plan"] != kept["id"]  # maintenance has none in the morning


def test_a_dose_is_recorded_up_to_seven_days_later_and_never_ahead(
    api: Api, adult: Patient, line: dict[str, Any], clock: Any
) -> None:
    ahead = errors_of(api.post(about(adult, "doses"), dose(line, 23)))
    assert ahead == {"slot_on": "This dose lies in the future."}
    clock.move_to(datetime(2026, 11, 28, 22, 59, tzinfo=UTC))  # 23:59 in Berlin
    assert record(api, adult, dose(line, 21))["is_late"] is True
    clock.move_to(datetime(2026, 11, 28, 23, 0, tzinfo=UTC))
    late = errors_of(api.post(about(adult, "doses"), dose(line, 21, "evening")))
    assert late == {"slot_on": "A dose can be recorded up to seven days later."}
    assert record(api, adult, dose(line, 22, "evening"))["applied_at"] == "2026-11-22T19:00:00Z"


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({"outcome": "done", "applied_at": "2026-11-22T11:00:00"}, 400, "applied_at"),  # of which zone?
        ({"outcome": "done", "applied_at": "0001-01-01T00:00:00+14:00"}, 400, "applied_at"),
        ({"outcome": "done", "applied_at": "9999-12-31T23:59:59Z"}, 400, "applied_at"),
        ({"outcome": "done", "applied_at": "2026-11-22T12:00:01Z"}, 422, "applied_at"),
        ({"outcome": "done", "applied_at": "2026-11-21T22:59:59Z"}, 422, "applied_at"),  # Saturday in Berlin
        ({"outcome": "skipped"}, 422, "skip_reason"),
        ({"outcome": "skipped", "skip_reason": "forgot", "applied_at": "2026-11-22T11:00:00Z"}, 422, "applied_at"),
        ({"outcome": "missed"}, 400, "outcome"),
        ({"outcome": "done", "note": "two\nlines"}, 400, "note"),
        ({"outcome": "done", "missed": True}, 400, "missed"),
    ],
)
def test_what_cannot_be_is_named(
    api: Api, adult: Patient, line: dict[str, Any], said: dict[str, Any], status: int, field: str
) -> None:
    assert list(errors_of(api.post(about(adult, "doses"), dose(line, 22, **said)), status)) == [field]
    assert not Application.objects.exists()


def test_an_extra_application_is_recorded_once_for_its_moment(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    body = {"line": line["id"], "kind": "extra", "applied_at": "2026-11-22T10:30:00Z", "note": "itchy"}
    row = made(api.post(about(adult, "doses", "extra"), body), 201)
    assert (row["kind"], row["slot"], row["slot_on"], row["on"], row["is_late"]) == ("extra", "", None, "2026-11-22", False)
    again = api.post(about(adult, "doses", "extra"), body)
    assert (again.status_code, again.json()["current"], again.json()["recorded_by"]) == (409, row, "Dana Derm")
    (found,) = made(api.get(about(adult, "dose-slots")))["lines"]
    assert found["extra"] == [row]
    assert [one["state"] for one in found["slots"]] == ["no_record"] * 4 + ["not_due_yet"]
    cannot = {"applied_at": "It was not in use like this on that day."}
    assert errors_of(api.post(about(adult, "doses", "extra"), body | {"kind": "as_needed"})) == cannot
    assert list(errors_of(api.post(about(adult, "doses", "extra"), body | {"kind": "slot"}), 400)) == ["kind"]


def test_as_needed_where_it_is_used_so(api: Api, adult: Patient) -> None:
    order = EMOLLIENT | {"phase": "as_needed", "per_day": None, "condition": "dry skin", "most_per_day": 4}
    line = started(api, adult, order)["lines"][0]
    body = {"line": line["id"], "kind": "as_needed", "applied_at": "2026-11-20T11:00:00Z"}
    assert made(api.post(about(adult, "doses", "extra"), body), 201)["kind"] == "as_needed"
    (found,) = made(api.get(about(adult, "dose-slots")))["lines"]
    assert (found["slots"], len(found["extra"])) == ([], 1)


def test_undone_there_is_no_record_and_the_row_stays(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    row = record(api, adult, dose(line, 22))
    undone = made(api.post(about(adult, "doses", row["id"], "undo")))
    assert undone == row | {"withdrawn_at": "2026-11-22T12:00:00Z", "withdrawn_reason": "undone"}
    assert made(api.post(about(adult, "doses", row["id"], "undo"))) == undone
    assert AuditEvent.objects.filter(verb="dose undone").count() == 1
    assert "22 morning: no_record" in states(api, adult)
    assert made(api.get(about(adult, "doses")))["results"] == []
    assert made(api.get(about(adult, "doses") + "?with_withdrawn=true"))["results"] == [undone]
    assert record(api, adult, dose(line, 22))["id"] != row["id"]


def test_a_change_names_what_it_replaces_and_is_made_once(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    row = record(api, adult, dose(line, 22))
    fresh = made(api.post(about(adult, "doses", row["id"], "change"), SKIPPED), 201)
    assert (fresh["outcome"], fresh["skip_reason"], fresh["replaces"]) == ("skipped", "forgot", row["id"])
    assert "22 morning: skipped" in states(api, adult)
    for way, body in (("change", DONE), ("undo", {})):
        refused = api.post(about(adult, "doses", row["id"], way), body)
        assert (refused.status_code, refused.json()["current"]) == (409, fresh), way
    undone = made(api.post(about(adult, "doses", fresh["id"], "undo")))
    refused = api.post(about(adult, "doses", fresh["id"], "change"), DONE)
    assert (refused.status_code, refused.json()["current"]) == (409, undone)
    assert "recorded_by" not in refused.json()
    assert "22 morning: no_record" in states(api, adult)


def test_an_extra_application_is_undone_not_changed(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    body = {"line": line["id"], "kind": "extra", "applied_at": "2026-11-22T10:30:00Z"}
    row = made(api.post(about(adult, "doses", "extra"), body), 201)
    refused = api.post(about(adult, "doses", row["id"], "change"), SKIPPED)
    assert errors_of(refused) == {"": "Undo it and record it anew: it is not a planned dose."}
    assert made(api.post(about(adult, "doses", row["id"], "undo")))["withdrawn_reason"] == "undone"
    assert made(api.post(about(adult, "doses", "extra"), body), 201)["id"] != row["id"]


def test_records_come_in_pages(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    rows = [record(api, adult, dose(line, on, slot)) for on, slot in ((20, "evening"), (21, "morning"), (21, "evening"))]
    first = made(api.get(about(adult, "doses") + "?limit=2"))
    assert first["results"] == rows[:0:-1]
    second = made(api.get(first["next"].removeprefix("http://testserver")))
    assert (second["results"], second["next"]) == (rows[:1], None)


def test_a_closed_record_takes_no_doses(api: Api, clinician: User, adult: Patient, line: dict[str, Any]) -> None:
    row = record(api, adult, dose(line, 21))
    adult.refresh_from_db()
    by = actor_for(clinician, adult.clinic)
    patient_actions.close_patient(by, adult, reason="moved", version=adult.version, at=SUNDAY)
    closed = {"": "This record is closed."}
    assert errors_of(api.post(about(adult, "doses"), dose(line, 22))) == closed
    assert errors_of(api.post(about(adult, "doses", row["id"], "undo"))) == closed


# --- Adherence --------------------------------------------------------------------------------------------------------


def adherence(api: Api, patient: Patient, query: str = "") -> dict[str, Any]:
    return dict(made(api.get(about(patient, "adherence") + query)))


@pytest.fixture
def week(api: Api, adult: Patient, line: dict[str, Any], clock: Any) -> dict[str, Any]:
    """Friday a week later, 12:00: fourteen doses have been due (Friday evening to Friday morning), none is recorded."""
    clock.move_to(datetime(2026, 11, 27, 12, tzinfo=UTC))
    return line


DUE = [(20, "evening"), *((day, slot) for day in range(21, 27) for slot in ("morning", "evening")), (27, "morning")]


def say(api: Api, patient: Patient, line: dict[str, Any], done: int, skipped: int) -> None:
    for number, (day, slot) in enumerate(DUE[: done + skipped]):
        record(api, patient, dose(line, day, slot, **(DONE if number < done else SKIPPED)))


def test_with_five_records_there_is_no_percentage_with_six_there_is(api: Api, adult: Patient, week: dict[str, Any]) -> None:
    say(api, adult, week, 4, 1)
    answer = adherence(api, adult)
    (found,) = answer["lines"]
    counts = ("expected", "done", "skipped", "no_record", "percent", "verdict")
    assert [found[name] for name in counts] == [14, 4, 1, 9, None, "too_few"]
    assert (answer["from_on"], answer["until_on"]) == ("2026-10-31", "2026-11-27")  # 28 days
    record(api, adult, dose(week, *DUE[5]))
    (found,) = adherence(api, adult)["lines"]
    assert [found[name] for name in counts] == [14, 5, 1, 8, 83, "not_low"]
    assert AuditEvent.objects.filter(verb="adherence opened", channel="api").count() == 2


@pytest.mark.parametrize(("done", "skipped", "percent", "verdict"), [(7, 3, 70, "not_low"), (9, 4, 69, "low")])
def test_low_is_below_the_number(
    api: Api, adult: Patient, week: dict[str, Any], done: int, skipped: int, percent: int, verdict: str
) -> None:
    say(api, adult, week, done, skipped)
    (found,) = adherence(api, adult)["lines"]
    assert (found["percent"], found["verdict"]) == (percent, verdict)


def test_the_numbers_it_is_judged_by_are_shown_and_whose_they_are(
    api: Api, clinic: Clinic, adult: Patient, week: dict[str, Any]
) -> None:
    ours = {"is_chosen": False, "is_ours": True, "source": ""}
    usual = [("window_days", 28), ("least_records", 6), ("low_percent", 70)]
    assert adherence(api, adult)["thresholds"] == [{"name": name, "value": at, "default": at} | ours for name, at in usual]
    DoseSettings.objects.create(clinic=clinic, window_days=7, least_records=2)
    say(api, adult, week, 2, 1)
    answer = adherence(api, adult)
    assert [(one["value"], one["is_chosen"]) for one in answer["thresholds"]] == [(7, True), (2, True), (70, False)]
    assert answer["from_on"] == "2026-11-21"
    (found,) = answer["lines"]
    assert [found[name] for name in ("done", "skipped", "percent", "verdict")] == [1, 1, 50, "low"]


def test_days_of_the_calendar(api: Api, adult: Patient, week: dict[str, Any]) -> None:
    for day, slot, said in ((21, "morning", DONE), (21, "evening", DONE), (22, "morning", DONE), (22, "evening", SKIPPED)):
        record(api, adult, dose(week, day, slot, **said))
    record(api, adult, dose(week, 23, "morning", **SKIPPED))
    record(api, adult, dose(week, 23, "evening", **SKIPPED))
    extra = {"line": week["id"], "kind": "extra", "applied_at": "2026-11-24T10:00:00Z"}
    made(api.post(about(adult, "doses", "extra"), extra), 201)
    (found,) = adherence(api, adult, "?from_on=2026-11-19&until_on=2026-11-28")["lines"]
    shown = {int(day["on"][-2:]): day["state"] for day in found["days"]}
    assert shown == {
        19: "not_due",
        20: "no_record",
        21: "done",
        22: "partly",
        23: "skipped",
        24: "no_record",
        25: "no_record",
        26: "no_record",
        27: "no_record",
        28: "future",
    }
    assert found["extra"] == 1
    assert [sum(day[name] for day in found["days"]) for name in ("expected", "done", "skipped", "no_record")] == [
        14,
        3,
        3,
        8,
    ]
    friday = found["days"][-2]
    assert (friday["expected"], friday["no_record"]) == (1, 1)  # the evening is not due yet


def test_what_was_opened_of_doses_is_clinical_detail_in_the_audit(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    before = AuditEvent.objects.count()
    for what in ("dose-slots", "doses", "adherence", "tubes", "adverse-events", "action-plan"):
        made(api.get(about(adult, what)))
    shown = without_clinical_detail(list(AuditEvent.objects.order_by("pk")[before:]))
    assert [row.verb for row in shown] == ["clinical facts opened"] * 6


def test_no_record_is_called_neither_missed_nor_skipped(api: Api, adult: Patient, week: dict[str, Any]) -> None:
    for what in ("dose-slots", "adherence"):
        text = api.get(about(adult, what)).content.decode()
        assert "missed" not in text
        assert '"skipped":14' not in text
        assert "no_record" in text


# --- Tubes and times --------------------------------------------------------------------------------------------------


def test_tubes_are_reported_and_taken_back(nurse: User, adult: Patient, line: dict[str, Any]) -> None:
    api = Api(nurse)
    body = {"line": line["id"], "since_on": "2026-11-20", "until_on": "2026-11-22", "tubes": "1.50", "grams_each": 30}
    row = made(api.post(about(adult, "tubes"), body), 201)
    assert {name: row[name] for name in body} == body | {"tubes": "1.5"}
    assert (row["recorded_by"], made(api.get(about(adult, "tubes")))["results"]) == ("Nico Nurse", [row])
    taken = made(api.post(about(adult, "tubes", row["id"], "withdraw"), {"reason": "counted twice"}))
    assert taken["withdrawn_reason"] == "counted twice"
    assert made(api.get(about(adult, "tubes")))["results"] == []
    assert made(api.get(about(adult, "tubes") + "?with_withdrawn=true"))["results"] == [taken]


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"until_on": "2026-11-23"}, 422, "until_on"),
        ({"since_on": "2026-11-19"}, 422, "since_on"),
        ({"since_on": "2026-11-22", "until_on": "2026-11-21"}, 422, "until_on"),
        ({"tubes": "100.01"}, 400, "tubes"),
        ({"tubes": 1}, 400, "tubes"),
        ({"tubes": "-1"}, 400, "tubes"),
        ({"grams_each": 0}, 400, "grams_each"),
        ({"grams_each": 1001}, 400, "grams_each"),
    ],
)
def test_a_wrong_report_of_tubes_is_named(
    api: Api, adult: Patient, line: dict[str, Any], wrong: dict[str, Any], status: int, field: str
) -> None:
    body = {"line": line["id"], "since_on": "2026-11-20", "until_on": "2026-11-22", "tubes": "1", "grams_each": 30}
    assert list(errors_of(api.post(about(adult, "tubes"), body | wrong), status)) == [field]
    assert not TubeReport.objects.exists()


TIMES = {"times": [{"name": "morning", "at": "06:30"}, {"name": "evening", "at": "21:05"}]}


def test_times_move_and_the_doses_stay_what_they_are(nurse: User, adult: Patient, line: dict[str, Any]) -> None:
    api = Api(nurse)  # who may not prescribe
    row = record(api, adult, dose(line, 22))
    answer = api.put(about(adult, "lines", line["id"], "times"), TIMES, If_Match=tag(line))
    moved = made(answer)
    assert (answer["ETag"], moved["version"]) == ('"2"', 2)
    assert moved["plans"][0]["times"] == TIMES["times"]
    assert (moved["plans"][0]["zone"], moved["plans"][0]["next_due_at"]) == ("Europe/Berlin", "2026-11-22T20:05:00Z")
    (found,) = made(api.get(about(adult, "dose-slots") + "?from_on=2026-11-22"))["lines"]
    assert [(one["slot"], one["due_at"]) for one in found["slots"]] == [
        ("morning", "2026-11-22T05:30:00Z"),
        ("evening", "2026-11-22T20:05:00Z"),
    ]
    assert found["slots"][0]["record"] == row
    zoned = made(api.put(about(adult, "lines", line["id"], "times"), TIMES | {"zone": "Asia/Kathmandu"}, If_Match='"2"'))
    assert zoned["plans"][0]["next_due_at"] == "2026-11-22T15:20:00Z"  # 21:05 at +05:45


def test_times_need_the_version_and_the_names_of_the_doses(api: Api, adult: Patient, line: dict[str, Any]) -> None:
    url = about(adult, "lines", line["id"], "times")
    assert api.put(url, TIMES).status_code == 428
    stale = api.put(url, TIMES, If_Match='"7"')
    assert (stale.status_code, stale.json()["current"]["version"]) == (412, 1)

    def wrong(status: int, *times: tuple[str, str], **more: str) -> list[str]:
        body = {"times": [{"name": name, "at": at} for name, at in times], **more}
        return list(errors_of(api.put(url, body, If_Match=tag(line)), status))

    assert wrong(422, ("morning", "08:00")) == ["times"]
    assert wrong(422, ("morning", "20:00"), ("evening", "08:00")) == ["times"]
    assert wrong(422, ("morning", "08:00"), ("evening", "20:00"), zone="Europe/Nowhere") == ["zone"]
    assert wrong(400, ("morning", "8:00"), ("evening", "24:00")) == ["times[0].at", "times[1].at"]
    assert wrong(400) == ["times"]


# --- Orders -----------------------------------------------------------------------------------------------------------


def test_the_second_dose_of_an_interval_has_a_distance_of_its_own(api: Api, adult: Patient) -> None:
    order: dict[str, Any] = {"product": "dupilumab-300", "phase": "interval", "starts_on": "2026-11-20", "every_days": 28}
    order |= {"second_after_days": 14, "dose": "300 mg", "review_on": "2027-01-01"}
    check = made(api.post(about(adult, "orders", "check"), {"orders": [order]}))
    said = {"reason": "specialist", "sentence": "Decided in the clinic today."}
    replies = {one["key"]: said for one in check["findings"] if one["is_unanswered"]}
    regimen = made(api.post(about(adult, "regimens"), {"orders": [order], "replies": replies}), 201)
    plan = regimen["lines"][0]["plans"][0]
    assert (plan["every_days"], plan["second_after_days"], plan["times"]) == (28, 14, [{"name": "evening", "at": "20:00"}])
    (found,) = made(api.get(about(adult, "dose-slots") + "?from_on=2026-11-20&until_on=2027-01-31"))["lines"]
    first = date(2026, 11, 20)
    assert [one["slot_on"] for one in found["slots"]] == [str(first + timedelta(days=days)) for days in (0, 14, 42, 70)]
    refused = api.post(about(adult, "orders", "check"), {"orders": [TAC | {"second_after_days": 14}]})
    assert list(errors_of(refused)) == ["orders[0].second_after_days"]


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_a_token_needs_the_scope_that_records(clinician: User, adult: Patient, line: dict[str, Any]) -> None:
    reads, prescribes = Api(clinician, "patients:read"), Api(clinician, "patients:read", "regimens:write")
    records = Api(clinician, "patients:read", "patients:write")
    assert reads.get(about(adult, "dose-slots")).status_code == 200
    for api in (reads, prescribes):
        assert api.post(about(adult, "doses"), dose(line, 22)).status_code == 403
        assert api.put(about(adult, "lines", line["id"], "times"), TIMES, If_Match=tag(line)).status_code == 403
    assert records.post(about(adult, "doses"), dose(line, 22)).status_code == 201
    assert records.put(about(adult, "lines", line["id"], "times"), TIMES, If_Match=tag(line)).status_code == 200


# --- Settings ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def lead(clinic: Clinic, signed_in: Any) -> Api:
    """The medical lead at a browser."""
    return Api(client=signed_in(make_member(clinic, Role.DERMATOLOGIST, is_medical_lead=True)))


def test_the_medical_lead_chooses_numbers_and_words(lead: Api, clinic: Clinic) -> None:
    first = lead.get("dose-settings/")
    shown = made(first)
    assert (first["ETag"], shown["version"], shown["window_days"], shown["red_words"]) == ('"1"', 1, None, "")
    assert [(one["name"], one["value"], one["is_ours"]) for one in shown["numbers"]] == [
        ("window_days", 28, True),
        ("least_records", 6, True),
        ("low_percent", 70, True),
        ("open_event_days", 7, False),
    ]
    assert shown["numbers"][-1]["source"].startswith("EU package leaflet of Protopic")
    sent = {"open_event_days": 10, "red_words": "Stop and call us."}
    saved = lead.put("dose-settings/", sent, If_Match='"1"')
    body = made(saved)
    assert (saved["ETag"], body["open_event_days"], body["red_words"]) == ('"2"', 10, "Stop and call us.")
    assert body["numbers"][-1] == {
        "name": "open_event_days",
        "value": 10,
        "default": 7,
        "is_chosen": True,
        "is_ours": True,
        "source": "",
    }
    assert made(lead.get("dose-settings/")) == body
    cleared = made(lead.put("dose-settings/", {"clinic": str(clinic.public_id)}, If_Match='"2"'))
    assert (cleared["open_event_days"], cleared["red_words"], cleared["version"]) == (None, "", 3)


def test_stale_settings_are_answered_with_how_they_stand(lead: Api) -> None:
    made(lead.put("dose-settings/", {"low_percent": 80}, If_Match='"1"'))
    stale = lead.put("dose-settings/", {"low_percent": 60}, If_Match='"1"')
    assert (stale.status_code, stale.json()["current"]["low_percent"]) == (412, 80)
    assert lead.put("dose-settings/", {"low_percent": 60}).status_code == 428
    assert DoseSettings.objects.get().low_percent == 80


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("window_days", 7, 182), ("least_records", 1, 60), ("low_percent", 1, 100), ("open_event_days", 1, 60)],
)
def test_numbers_have_their_limits(lead: Api, name: str, low: int, high: int) -> None:
    for wrong in (low - 1, high + 1):
        assert list(errors_of(lead.put("dose-settings/", {name: wrong}, If_Match='"1"'), 400)) == [name]
    assert made(lead.put("dose-settings/", {name: low}, If_Match='"1"'))[name] == low
    assert made(lead.put("dose-settings/", {name: high}, If_Match='"2"'))[name] == high


def test_settings_are_for_the_medical_lead_of_the_clinic(
    api: Api, nurse: User, clinic_admin: User, other_clinic: Clinic, lead: Api
) -> None:
    for who in (api, Api(nurse), Api(clinic_admin)):
        assert who.get("dose-settings/").status_code == 403
        assert who.put("dose-settings/", {}, If_Match='"1"').status_code == 403
    foreign = {"clinic": "This is not a clinic of yours."}
    assert errors_of(lead.get(f"dose-settings/?clinic={other_clinic.public_id}"), 400) == foreign
    sent = {"clinic": str(other_clinic.public_id), "low_percent": 50}
    assert errors_of(lead.put("dose-settings/", sent, If_Match='"1"'), 400) == foreign
