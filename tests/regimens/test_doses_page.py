"""The pages of doses: what is due, recording it once, undoing and changing it, adherence, the calendar, times and tubes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, User
from patients import actions as records
from patients.models import Patient
from regimens import actions
from regimens.actions import Said
from regimens.models import Application, DosePlan, DoseSettings, RegimenLine, TubeReport
from regimens.protocol.facts import Phase
from regimens.protocol.slots import Slot, slots
from tests.factories import NOW, TODAY, make_emollient, make_order, make_patient, make_regimen, place
from tests.regimens.pages import day_boxes, errors_of, text_of, typed_in, url

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DAY = timedelta(days=1)
START = NOW - timedelta(days=40)  # Sunday 11 October 2026, 14:00 in Berlin


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """Friday 20 November 2026, 13:00 in Berlin."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(signed_in: SignIn, nurse: User) -> Client:
    """The browser of the nurse."""
    return signed_in(nurse)


@pytest.fixture
def line(adult: Patient, by: Actor) -> RegimenLine:
    """Tacrolimus 0.1 % on the face twice daily, for forty days."""
    return used(adult, by, make_order("tacrolimus-0.1", "face", on=START.date()))


def used(patient: Patient, by: Actor, *orders: Any, at: datetime = START) -> RegimenLine:
    make_regimen(patient, *orders, by=by, at=at)
    return RegimenLine.objects.get(patient=patient, product=orders[0].product)


def page_of(line: RegimenLine, name: str = "patient_doses", *more: Any) -> str:
    return url(name, line.patient, *([] if name == "patient_doses" else [line.public_id]), *more)


def plan_of(line: RegimenLine) -> DosePlan:
    return DosePlan.objects.select_related("line").get(line=line)


def key(line: RegimenLine, on: date, name: str) -> str:
    return f"{plan_of(line).public_id}.{on.isoformat()}.{name}"


def say(by: Actor, line: RegimenLine, on: date, name: str, outcome: str = "done", *, at: datetime | None = None) -> None:
    """A record of a dose, made on its own day at 21:00 unless told."""
    said = Said(outcome, skip_reason="" if outcome == "done" else "forgot")
    when = at or datetime.combine(on, time(20), tzinfo=UTC)
    actions.record_dose(by, plan_of(line), Slot(on, name), said, at=when)


def test_done_is_one_press_and_says_who_and_when(client: Client, line: RegimenLine) -> None:
    assert "Morning 08:00" in text_of(client.get(page_of(line)))
    answer = client.post(page_of(line, "dose_record"), {"slot": key(line, TODAY, "morning"), "outcome": "done"})
    assert answer["Location"] == f"{page_of(line)}#line-{line.public_id}"
    row = Application.objects.get()
    assert (row.slot_on, row.slot, row.outcome, row.recorded_as, row.applied_at) == (TODAY, "morning", "done", "staff", NOW)
    text = text_of(client.get(page_of(line)))
    assert "Morning 08:00 done Done, applied 20-Nov-2026 13:00 · recorded by Nico Nurse (the clinic, on behalf)" in text


def test_skipped_asks_why_and_keeps_the_dose(client: Client, line: RegimenLine) -> None:
    sent = {"slot": key(line, TODAY, "morning"), "outcome": "skipped", "skip_reason": ""}
    answer = client.post(page_of(line, "dose_record"), sent)
    assert (answer.status_code, Application.objects.count()) == (422, 0)
    assert errors_of(answer) == {"id_skip_reason": "Why it was skipped: Choose why."}
    assert typed_in(answer) == {"slot": [sent["slot"]], "outcome": ["skipped"]}
    assert client.post(page_of(line, "dose_record"), sent | {"skip_reason": "ran_out"}).status_code == 302
    assert Application.objects.values_list("outcome", "skip_reason", "applied_at").get() == ("skipped", "ran_out", None)


def test_a_second_press_is_told_who_was_first_and_how_to_undo_it(
    client: Client, signed_in: SignIn, clinician: User, line: RegimenLine
) -> None:
    sent = {"slot": key(line, TODAY, "morning"), "outcome": "done"}
    client.post(page_of(line, "dose_record"), sent)
    with time_machine.travel(NOW + timedelta(minutes=3), tick=False):
        typed = {"outcome": "skipped", "skip_reason": "other", "note": "I think not."}
        answer = signed_in(clinician).post(page_of(line, "dose_record"), sent | typed)
    row = Application.objects.get()
    assert answer.status_code == 409
    said = "20-Nov-2026 (Friday), morning: Done , recorded by Nico Nurse (the clinic, on behalf), 20-Nov-2026 13:00."
    assert said in text_of(answer)
    assert url("dose_undo", line.patient, row.public_id) in answer.content.decode()
    assert url("dose_change", line.patient, row.public_id) in answer.content.decode()
    kept = typed_in(answer)
    assert kept == {name: [value] for name, value in (sent | typed).items()}


@pytest.mark.parametrize(
    ("days", "status"),
    [(0, 302), (7, 302), (8, 422)],
)
def test_a_dose_can_be_recorded_for_seven_days(client: Client, line: RegimenLine, days: int, status: int) -> None:
    on = TODAY - days * DAY
    answer = client.post(page_of(line, "dose_record"), {"slot": key(line, on, "morning"), "outcome": "done"})
    assert answer.status_code == status
    assert [row.is_late for row in Application.objects.all()] == ([days > 0] if status == 302 else [])
    if status == 422:
        assert errors_of(answer) == {"id_slot": "Which dose: This is not a dose of the last seven days."}


def test_the_doses_of_the_last_seven_days_without_a_record_are_offered(
    client: Client, by: Actor, line: RegimenLine
) -> None:
    say(by, line, TODAY - DAY, "evening")
    page = client.get(page_of(line, "dose_record")).content.decode()
    assert page.count(f'<option value="{plan_of(line).public_id}.') == 8 * 2 - 1
    assert key(line, TODAY - 7 * DAY, "morning") in page
    assert key(line, TODAY - DAY, "evening") not in page
    assert "Record a dose of the last seven days (14 without a record)" in text_of(client.get(page_of(line)))


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"applied_time": "25:00"}, "id_applied_time"),
        ({"applied_time": "8"}, "id_applied_time"),
        ({"applied_time": "13:01"}, "id_applied_time"),  # the future: it is 13:00 in Berlin
        (day_boxes("applied_on", TODAY), "id_applied_time"),  # a day without its time
        (day_boxes("applied_on", TODAY - DAY) | {"applied_time": "23:00"}, "id_applied_time"),  # before its day
        (day_boxes("applied_on", date(1, 1, 1)) | {"applied_on_year": "0001", "applied_time": "08:00"}, "id_applied_on_0"),
        ({"skip_reason": "forgot"}, "id_skip_reason"),
        ({"note": "x" * 301}, "id_note"),
        ({"outcome": ""}, "id_outcome_0"),
        ({"slot": "nothing"}, "id_slot"),
    ],
)
def test_errors_name_the_field_and_lose_nothing(
    client: Client, line: RegimenLine, typed: dict[str, str], wrong: str
) -> None:
    sent = {"slot": key(line, TODAY, "morning"), "outcome": "done", "note": "By his mother."} | typed
    answer = client.post(page_of(line, "dose_record"), sent)
    assert (answer.status_code, list(errors_of(answer))) == (422, [wrong])
    kept = {name: [value] for name, value in sent.items() if value and value != "nothing"}
    assert typed_in(answer) == kept
    assert not Application.objects.exists()


def test_a_typed_time_is_of_the_day_of_the_dose_in_the_zone_of_the_plan(client: Client, line: RegimenLine) -> None:
    client.post(
        page_of(line, "dose_record"),
        {"slot": key(line, TODAY - DAY, "evening"), "outcome": "done", "applied_time": "21.30"},
    )
    assert Application.objects.get().applied_at == datetime(2026, 11, 19, 20, 30, tzinfo=UTC)


def test_undo_leaves_no_record_and_the_row_in_history(client: Client, line: RegimenLine) -> None:
    client.post(page_of(line, "dose_record"), {"slot": key(line, TODAY, "morning"), "outcome": "done"})
    row = Application.objects.get()
    undo = url("dose_undo", line.patient, row.public_id)
    assert client.post(undo).status_code == 302
    text = text_of(client.get(page_of(line)))
    assert "Morning 08:00 no record yet" in text
    assert "morning: Done undone by Nico Nurse on 20-Nov-2026 13:00" in text
    late = client.post(undo)
    assert late.status_code == 409
    assert "This record was taken back before" in text_of(late)
    assert AuditEvent.objects.filter(verb="dose undone").count() == 1


def test_change_keeps_what_was_said_before(client: Client, line: RegimenLine) -> None:
    sent = {"slot": key(line, TODAY - DAY, "evening"), "outcome": "done", "applied_time": "21:30", "note": "Late."}
    client.post(page_of(line, "dose_record"), sent)
    row = Application.objects.get()
    change = url("dose_change", line.patient, row.public_id)
    shown = {"outcome": ["done"], "applied_time": ["21:30"], "note": ["Late."]}
    shown |= {name: [value] for name, value in day_boxes("applied_on", TODAY - DAY).items()} | {"applied_on_month": ["Nov"]}
    assert typed_in(client.get(change)) == shown
    assert client.post(change, {"outcome": "skipped", "skip_reason": "felt_well"}).status_code == 302
    assert Application.objects.live().get().replaces == row
    text = text_of(client.get(page_of(line)))
    assert "evening: Skipped: skin was well entered late" in text
    assert "evening: Done entered late changed by Nico Nurse on 20-Nov-2026 13:00" in text


def test_skipped_becomes_done_without_emptying_the_reason(client: Client, by: Actor, line: RegimenLine) -> None:
    say(by, line, TODAY - DAY, "evening", "skipped")
    change = url("dose_change", line.patient, Application.objects.get().public_id)
    assert client.post(change, {"outcome": "done", "skip_reason": "ran_out"}).status_code == 422  # newly chosen
    assert client.post(change, {"outcome": "done", "skip_reason": "forgot"}).status_code == 302
    row = Application.objects.live().get()
    assert (row.outcome, row.skip_reason) == ("done", "")


def test_a_change_that_comes_second_is_told_what_stands_now(client: Client, line: RegimenLine) -> None:
    client.post(page_of(line, "dose_record"), {"slot": key(line, TODAY, "morning"), "outcome": "done"})
    change = url("dose_change", line.patient, Application.objects.get().public_id)
    client.post(change, {"outcome": "skipped", "skip_reason": "felt_well"})
    answer = client.post(change, {"outcome": "skipped", "skip_reason": "ran_out", "note": "Empty."})
    assert answer.status_code == 409
    assert "changed by Nico Nurse on 20-Nov-2026 13:00. It says now: Skipped: skin was well , recorded by" in text_of(
        answer
    )
    assert typed_in(answer) == {"outcome": ["skipped"], "skip_reason": ["ran_out"], "note": ["Empty."]}
    assert Application.objects.live().get().skip_reason == "felt_well"
    assert client.get(change).status_code == 200  # it can be looked at, but not sent
    assert "Save the change" not in text_of(client.get(change))


def test_extra_and_as_needed_have_a_day_and_a_time(client: Client, line: RegimenLine) -> None:
    address = page_of(line, "dose_extra")
    assert errors_of(client.post(address, {})) == {
        "id_kind_0": "What it was: This field is required.",
        "id_applied_on_0": "Applied on: This field is required.",
        "id_applied_time": "Applied at: This field is required.",
    }
    sent = day_boxes("applied_on", TODAY) | {"kind": "as_needed", "applied_time": "11:00"}
    answer = client.post(address, sent)
    assert errors_of(answer) == {"id_applied_time": "Applied at: It was not in use like this on that day."}
    assert client.post(address, sent | {"kind": "extra"}).status_code == 302
    answer = client.post(address, sent | {"kind": "extra"})
    assert answer.status_code == 409
    assert "20-Nov-2026 (Friday): Extra , recorded by Nico Nurse" in text_of(answer)
    text = text_of(client.get(page_of(line)))
    assert "20-Nov-2026 (Friday): Extra beside the plan applied 20-Nov-2026 11:00" in text


# --- Adherence and the calendar ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "skipped", "verdict"),
    [
        (4, 1, "4 done, 1 skipped, 50 no record of 55 expected; too few to judge (needs 6 records)"),
        (5, 1, "5 done, 1 skipped, 49 no record of 55 expected; 83 % of the recorded ones"),
        (7, 3, "7 done, 3 skipped, 45 no record of 55 expected; 70 % of the recorded ones"),
        (6, 3, "6 done, 3 skipped, 46 no record of 55 expected; 67 % of the recorded ones low"),
    ],
)
def test_adherence_is_of_the_records_or_too_few_to_judge(
    client: Client, by: Actor, line: RegimenLine, done: int, skipped: int, verdict: str
) -> None:
    """28 days until today 13:00: 27 whole days of two doses, and this morning's."""
    for number in range(done + skipped):
        say(by, line, TODAY - (number + 1) * DAY, "evening", "done" if number < done else "skipped")
    page = client.get(page_of(line))
    assert f"24-Oct-2026 – 20-Nov-2026 {verdict}" in text_of(page)
    if done + skipped < 6:
        numbers = text_of(page).split("Adherence counts only")[0]
        assert "%" not in numbers.replace("Tacrolimus 0.1 %", "")


def test_the_numbers_say_whose_they_are(client: Client, clinic: Clinic, line: RegimenLine) -> None:
    DoseSettings.objects.create(clinic=clinic, least_records=4)
    text = text_of(client.get(page_of(line)))
    assert "Looked at over 28 days (a number of adtrack, no source)" in text
    assert "Too few to judge below 4 records (a number of this clinic, no source)" in text
    assert "Low below 70 % (a number of adtrack, no source)" in text


def test_every_day_of_the_calendar_has_a_sign_and_a_word(client: Client, by: Actor, line: RegimenLine) -> None:
    monday = date(2026, 11, 9)
    for number, outcomes in enumerate((("done", "done"), ("done", "skipped"), ("skipped", "skipped"), ("", ""))):
        for name, outcome in zip(("morning", "evening"), outcomes, strict=True):
            if outcome:
                say(by, line, monday + number * DAY, name, outcome)
    text = text_of(client.get(page_of(line)))
    assert "09 ✓ 09-Nov-2026: done" not in text
    assert "9 ✓ 09-Nov-2026: done, 2 done" in text
    assert "10 ◐ 10-Nov-2026: partly done, 1 done, 1 skipped" in text
    assert "11 – 11-Nov-2026: skipped, 2 skipped" in text
    assert "12 ? 12-Nov-2026: no record, 2 no record" in text
    assert "21 ○ 21-Nov-2026: will be due" in text
    assert "10 · 10-Oct-2026: not due" in text
    said = "done: Monday; partly done: Tuesday; skipped: Wednesday; no record: Thursday, Friday, Saturday and Sunday"
    assert f"Week from 09-Nov-2026: {said}" in text


def test_no_record_is_never_called_anything_else(client: Client, line: RegimenLine) -> None:
    text = text_of(client.get(page_of(line))).lower()
    assert "0 done, 0 skipped, 55 no record of 55 expected; too few to judge" in text
    assert "missed" not in text


def test_the_calendar_goes_back_by_twelve_weeks_and_no_further_than_the_line(
    adult: Patient, by: Actor, client: Client
) -> None:
    start = NOW - timedelta(days=100)  # 12 August
    line = used(adult, by, make_emollient(on=start.date()), at=start)
    first = client.get(page_of(line, "line_doses"))
    assert "31-Aug-2026 – 22-Nov-2026" in text_of(first)
    assert "?page=2" in first.content.decode()
    second = client.get(page_of(line, "line_doses") + "?page=2").content.decode()
    assert "08-Jun-2026" in second
    assert "?page=1" in second
    assert "?page=3" not in second
    for odd in ("0", "-1", "x", "9" * 30, "99999"):
        assert client.get(page_of(line, "line_doses") + f"?page={odd}").status_code == 200


def test_a_line_that_has_ended_keeps_its_calendar(client: Client, by: Actor, line: RegimenLine) -> None:
    say(by, line, TODAY - 10 * DAY, "evening")
    actions.stop(by, line, reason="cleared", no_look_reason="Clear.", version=line.version, at=NOW - 5 * DAY)
    page = client.get(page_of(line))
    assert "No doses are planned here" in text_of(page)
    assert page_of(line, "line_doses") in page.content.decode()
    text = text_of(client.get(page_of(line, "line_doses")))
    assert "ended 15-Nov-2026" in text
    assert "10 ◐ 10-Nov-2026: partly done, 1 done, 1 no record" in text
    assert "19-Oct-2026 – 15-Nov-2026" in text  # its last 28 days
    assert "15 ? 15-Nov-2026: no record" in text  # that morning's dose, due before it was stopped at noon


def test_a_record_of_the_day_of_the_stop_counts_and_the_dose_can_still_be_recorded(
    client: Client, by: Actor, line: RegimenLine
) -> None:
    actions.stop(by, line, reason="cleared", no_look_reason="Clear.", version=line.version, at=NOW)
    page = page_of(line, "line_doses")
    assert "24-Oct-2026 – 20-Nov-2026" in text_of(client.get(page))
    before = text_of(client.get(page))
    assert "0 done, 0 skipped, 55 no record of 55 expected" in before
    sent = {"slot": key(line, TODAY, "morning"), "outcome": "done"}
    assert client.post(page_of(line, "dose_record"), sent).status_code == 302
    assert "1 done, 0 skipped, 54 no record of 55 expected" in text_of(client.get(page))


def test_after_a_step_the_morning_is_offered_once(client: Client, by: Actor, line: RegimenLine) -> None:
    first = plan_of(line)
    actions.step_down(by, line, [place("face")], version=line.version, at=NOW)
    second = DosePlan.objects.live().get(line=line)
    for page in (page_of(line), page_of(line, "dose_record")):
        html = client.get(page).content.decode()
        assert f"{first.public_id}.{TODAY.isoformat()}.morning" in html
        assert f"{second.public_id}.{TODAY.isoformat()}.morning" not in html
        assert f"{second.public_id}.{TODAY.isoformat()}.evening" in html


# --- What comes next, notes, times, tubes ------------------------------------------------------------------------------


def test_the_next_dose_is_the_first_without_a_record_and_names_a_foreign_zone(
    client: Client, by: Actor, clinic: Clinic
) -> None:
    patient = make_patient(clinic, birth_date=date(1980, 5, 4), zone="America/New_York", at=START)
    line = used(patient, by, make_order("tacrolimus-0.1", "face", on=START.date()))
    assert "Next without a record: 20-Nov-2026 (Friday), morning, 08:00 (America/New_York)" in text_of(
        client.get(page_of(line))
    )
    say(by, line, TODAY, "morning", at=NOW)  # an hour early
    assert "Next without a record: 20-Nov-2026 (Friday), evening, 20:00 (America/New_York)" in text_of(
        client.get(page_of(line))
    )


def test_a_late_application_with_too_few_free_days_is_noted(
    client: Client, adult: Patient, by: Actor, clinic: Clinic
) -> None:
    """Monday and Thursday; Monday's 16 November is applied on Wednesday: one day before Thursday."""
    order = make_order("tacrolimus-0.1", "face", on=START.date(), phase=Phase.MAINTENANCE, weekdays=(0, 3))
    line = used(adult, by, order)
    late = Said("done", applied_at=datetime(2026, 11, 18, 19, tzinfo=UTC))
    actions.record_dose(by, plan_of(line), Slot(date(2026, 11, 16), "evening"), late, at=NOW)
    text = text_of(client.get(page_of(line)))
    assert "Applied late, on 18-Nov-2026. A dose without a record is planned on 19-Nov-2026." in text
    assert "The label asks for 2 free days between." in text
    assert "What the clinic tells the patient" not in text
    DoseSettings.objects.create(clinic=clinic, late_words="Once more is no harm.")
    assert "What the clinic tells the patient then: Once more is no harm." in text_of(client.get(page_of(line)))


def test_a_forgotten_dose_is_said_as_the_label_says_it(client: Client, line: RegimenLine) -> None:
    text = text_of(client.get(page_of(line)))
    assert "Apply as soon as remembered, then continue as before. EMA package leaflet EU/1/02/201/001" in text


def test_on_hold_a_forgotten_dose_is_not_spoken_of(client: Client, by: Actor, line: RegimenLine) -> None:
    actions.hold(by, line, look_again_on=TODAY, reason="asked", version=line.version, at=NOW)
    assert "A forgotten dose, by the label" not in text_of(client.get(page_of(line)))


def test_times_move_in_steps_of_five_minutes_and_records_stay(client: Client, by: Actor, line: RegimenLine) -> None:
    say(by, line, TODAY - DAY, "evening")
    address = page_of(line, "line_times")
    shown = typed_in(client.get(address))
    assert shown == {"time_0": ["08:00"], "time_1": ["20:00"], "zone": ["Europe/Berlin"]}
    sent = {"version": str(line.version), "time_0": "07:15", "time_1": "21:30", "zone": "Europe/London"}
    for typed, wrong in (
        ({"time_0": "07:12"}, "id_time_0"),
        ({"time_1": "07:15"}, "id_time_1"),
        ({"time_1": "half past"}, "id_time_1"),
        ({"zone": "Europe/Nowhere"}, "id_zone"),
    ):
        answer = client.post(address, sent | typed)
        assert (answer.status_code, list(errors_of(answer))) == (422, [wrong])
    assert client.post(address, sent).status_code == 302
    plan = plan_of(line)
    assert (plan.slot_times, plan.zone) == ((("morning", time(7, 15)), ("evening", time(21, 30))), "Europe/London")
    text = text_of(client.get(page_of(line)))
    assert "morning 07:15, evening 21:30 (Europe/London)" in text
    assert "1 done, 0 skipped" in text
    late = client.post(address, sent | {"time_0": "06:00"})
    assert late.status_code == 409
    assert "It stands now: morning 07:15, evening 21:30 (Europe/London)." in text_of(late)
    assert typed_in(late)["time_0"] == ["06:00"]


def test_tubes_stand_beside_what_the_doses_would_take(client: Client, by: Actor, line: RegimenLine) -> None:
    """An adult's face takes at the most 2.5 fingertip units, 1.25 g, at a time."""
    for number in range(1, 5):
        say(by, line, TODAY - number * DAY, "evening")
    sent = day_boxes("since_on", TODAY - 9 * DAY) | day_boxes("until_on", TODAY) | {"tubes": "0.5", "grams_each": "30"}
    assert client.post(page_of(line, "tubes_add"), sent).status_code == 302
    text = text_of(client.get(page_of(line)))
    # 9 whole days of two doses and this morning's: 19 doses.
    assert "0.5 × 30 g = 15 g used up, 11-Nov-2026 – 20-Nov-2026" in text
    assert "at the most 5 g for 4 applications recorded; at the most 23.8 g for 19 doses expected" in text
    back = url("row_withdraw", line.patient, "tubes", TubeReport.objects.get().public_id)
    assert client.post(back, {"reason": "Another tube"}).status_code == 302
    assert "No tubes were reported." in text_of(client.get(page_of(line)))


def test_a_later_step_does_not_change_what_a_report_expects(client: Client, by: Actor, line: RegimenLine) -> None:
    tubes = {"tubes": Decimal(1), "grams_each": 30}
    actions.report_tubes(by, line, since_on=TODAY - 9 * DAY, until_on=TODAY - DAY, **tubes, at=NOW)
    line.places.create(plan=plan_of(line), site="hands", side="both", from_on=START.date())
    said = re.search(r"at the most [\d.]+ g for 18 doses expected", text_of(client.get(page_of(line))))
    assert said
    actions.step_down(by, line, [place("face")], version=line.version, at=NOW)
    assert said[0] in text_of(client.get(page_of(line)))


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (day_boxes("until_on", TODAY + DAY), "id_until_on_0"),
        (day_boxes("since_on", START.date() - DAY), "id_since_on_0"),
        (day_boxes("until_on", TODAY - 10 * DAY), "id_until_on_0"),
        ({"tubes": "-1"}, "id_tubes"),
        ({"tubes": "101"}, "id_tubes"),
        ({"grams_each": "0"}, "id_grams_each"),
        ({"grams_each": ""}, "id_grams_each"),
    ],
)
def test_a_report_of_tubes_names_the_wrong_field(
    client: Client, line: RegimenLine, typed: dict[str, str], wrong: str
) -> None:
    sent = day_boxes("since_on", TODAY - 9 * DAY) | day_boxes("until_on", TODAY) | {"tubes": "1", "grams_each": "30"}
    answer = client.post(page_of(line, "tubes_add"), sent | typed)
    assert (answer.status_code, list(errors_of(answer))) == (422, [wrong])
    assert not TubeReport.objects.exists()


# --- Who, and how much it costs ----------------------------------------------------------------------------------------


def test_a_closed_record_is_read_and_not_written(client: Client, by: Actor, line: RegimenLine) -> None:
    sent = {"slot": key(line, TODAY, "morning"), "outcome": "done"}
    records.close_patient(by, line.patient, reason="moved", deceased_on=None, version=line.patient.version, at=NOW)
    page = text_of(client.get(page_of(line)))
    assert "Record as skipped" not in page
    answer = client.post(page_of(line, "dose_record"), sent)
    assert (answer.status_code, errors_of(answer)) == (422, {"": "This record is closed."})
    assert not Application.objects.exists()


def test_what_is_prescribed_elsewhere_has_no_doses(client: Client, adult: Patient, by: Actor) -> None:
    line = used(adult, by, make_order("tacrolimus-0.1", "face", on=START.date(), is_elsewhere=True, review_on=None))
    text = text_of(client.get(page_of(line)))
    assert "Prescribed elsewhere, without planned doses here: Tacrolimus 0.1 % ointment" in text
    assert plan_of(line).public_id.hex[:8] not in client.get(page_of(line, "dose_record")).content.decode()
    assert client.get(page_of(line, "line_times")).status_code == 302


SITES = ("scalp", "face", "neck", "chest", "abdomen", "back", "hands:both", "feet:both", "buttocks", "groin")
QUERIES = 20


@pytest.mark.parametrize("count", [1, 10])
def test_ten_lines_cost_as_many_queries_as_one(
    client: Client, adult: Patient, by: Actor, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made_of = [make_order("emollient", site, on=START.date(), review_on=None) for site in SITES[:count]]
    make_regimen(adult, *made_of, by=by, at=START)
    for line in RegimenLine.objects.filter(patient=adult):
        for number in range(5):
            say(by, line, TODAY - (number + 1) * DAY, "evening")
        tubes: dict[str, Any] = {"since_on": TODAY - 3 * DAY, "until_on": TODAY, "tubes": Decimal(1), "grams_each": 30}
        actions.report_tubes(by, line, **tubes, at=NOW)
    address = url("patient_doses", adult)
    client.get(address)
    with django_assert_num_queries(QUERIES):
        assert text_of(client.get(address)).count("5 done, 0 skipped") == count
    assert len(RegimenLine.objects.filter(patient=adult)) == count


def test_the_page_of_a_line_costs_the_same_for_a_year(
    client: Client, adult: Patient, by: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    start = NOW - timedelta(days=365)
    line = used(adult, by, make_emollient(on=start.date()), at=start)
    for slot in slots(plan_of(line).schedule, start.date() + DAY, TODAY - DAY)[::7]:
        say(by, line, slot.on, slot.name)
    address = page_of(line, "line_doses")
    client.get(address)
    for page in ("", "?page=5"):
        with django_assert_num_queries(22):
            client.get(address + page)
