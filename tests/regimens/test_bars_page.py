"""Treatment under the chart: what is drawn and listed of it, for whom, what is left out, and that it stays bounded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bench import memory
from bench.pages import settled
from clinics.access import Access, Actor, May
from clinics.models import Clinic, User
from clinics.models.base import unbroken
from patients import actions as records
from patients.models import Patient
from regimens import actions, queries
from regimens.actions import Order, Reply
from regimens.models import AdverseEvent, Application, DosePlan, EndReason, Regimen, RegimenLine
from regimens.protocol.facts import Phase
from regimens.protocol.slots import Slot, due_at
from regimens.queries.bars import END_WORDS, LINES, Bars, RowView, Timeline
from regimens.queries.strips import Strip
from tests.factories import actor_for, make_assessment, make_emollient, make_order, make_patient, make_regimen, place

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 10, tzinfo=UTC)
EVERYTHING = frozenset({May.SEE_CLINICAL, May.RECORD_FACTS, May.SCORE, May.PRESCRIBE})
KNOWN = Reply("known", "Seen weekly.")


class Answers(dict[str, Reply]):
    """The same reply to every warning."""

    def get(self, key: str, default: Any = None) -> Any:
        return KNOWN

    def __bool__(self) -> bool:
        return True


ANSWERS = Answers()


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def at(days: int) -> datetime:
    return datetime(2026, 11, 20, 10, tzinfo=UTC) - timedelta(days=days)


def order(days: int, key: str, *sites: str, **more: Any) -> Order:
    return make_order(key, *sites, on=ago(days), **more)


def start(patient: Patient, days: int, *orders: Order) -> None:
    """A regimen with these lines, or these lines more, entered so many days ago whatever the rules warn of."""
    regimen = Regimen.objects.live().filter(patient=patient).first()
    if regimen is None:
        make_regimen(patient, *orders, replies=ANSWERS, at=at(days))
    else:
        actions.add_line(doctor(patient), regimen, orders, replies=ANSWERS, at=at(days))


def doctor(patient: Patient) -> Actor:
    return actor_for(User.objects.get(memberships__clinic=patient.clinic, memberships__may_prescribe=True), patient.clinic)


def line(patient: Patient, key: str) -> RegimenLine:
    return RegimenLine.objects.select_related("product", "patient__clinic").get(patient=patient, product__key=key)


def stop(patient: Patient, key: str, days: int, reason: str = "cleared", text: str = "") -> None:
    row = line(patient, key)
    why = {"reason": reason, "text": text, "no_look_reason": "seen anyway"}
    actions.stop(doctor(patient), row, **why, version=row.version, at=at(days))


def step(patient: Patient, act: Callable[..., Any], key: str, sites: tuple[str, ...], days: int, **how: Any) -> None:
    row = line(patient, key)
    places = [place(site) for site in sites]
    act(doctor(patient), row, places, review_on=None, version=row.version, replies=ANSWERS, at=at(days), **how)


def to_maintenance(patient: Patient, key: str, sites: tuple[str, ...], days: int) -> None:
    step(patient, actions.step_to_maintenance, key, sites, days, weekdays=[0, 3], flares_in_a_year=4)


def flare(patient: Patient, key: str, sites: tuple[str, ...], days: int, reason: str = "") -> None:
    step(patient, actions.return_to_induction, key, sites, days, per_day=2, reason=reason)


def infection(patient: Patient, days: int, **values: Any) -> Any:
    given = {"kind": "skin_infection", "state": "present", "site": "face"} | values
    return records.record_precaution(doctor(patient), patient, given, at=at(days))


def timeline(patient: Patient, wanted: str = "12w", rights: frozenset[May] = EVERYTHING) -> Timeline:
    """84 days until today, unless told."""
    return queries.timeline(patient, rights, wanted=wanted, baseline=None, base="../", at=NOON)


def drawn(patient: Patient, wanted: str = "12w") -> Bars:
    return timeline(patient, wanted).bars


def row_of(found: Bars, name: str) -> RowView:
    return next(row for row in found.rows if row.name == name)


def percent(days: int) -> str:
    """The place of a day of so many days ago among the last 84."""
    return f"{100 * (84 - days) / 84:.2f}%"


TACROLIMUS = "Tacrolimus 0.1\u00a0% ointment"  # not broken over lines
HYDROCORTISONE = "Hydrocortisone 1\u00a0% cream"


@pytest.fixture
def adult(clinic: Clinic, clinician: User) -> Patient:
    found = make_patient(clinic, family_name="Grown", birth_date=date(1989, 5, 4), at=at(400))
    make_assessment(found, "itch", on=ago(100), at=at(100))
    return found


# --- Bars --------------------------------------------------------------------------------------------------------------


def test_a_line_is_a_bar_from_its_start_with_its_strength(adult: Patient) -> None:
    start(adult, 42, order(42, "tacrolimus-0.1", "face"))
    found = drawn(adult)
    (row,) = found.rows
    assert row.name == TACROLIMUS
    (bar,) = row.bars
    assert (bar.x, bar.width, bar.look) == ("50.00%", "50.00%", "solid")
    assert bar.title.startswith(f"{TACROLIMUS}: Daily, twice daily. Face. since 09-Oct-2026.")
    assert row.now == "twice daily: Face"
    assert row.cap is None


@pytest.mark.parametrize(
    ("key", "how", "look", "thick"),
    [
        ("tacrolimus-0.1", {"per_day": 1}, "solid", 12),
        ("tacrolimus-0.1", {"phase": Phase.MAINTENANCE, "weekdays": (0, 3)}, "hatched", 12),
        ("hydrocortisone-1", {"phase": Phase.AS_NEEDED, "condition": "itch", "most_per_day": 1}, "thin", 4),
        ("wet-wrap", {"phase": Phase.COURSE, "per_day": 1, "course_days": 7}, "solid", 12),
        ("dupilumab-300", {"phase": Phase.INTERVAL, "every_days": 14, "loading_dose": "600 mg"}, "solid", 12),
    ],
)
def test_each_phase_has_its_own_look(adult: Patient, key: str, how: dict[str, Any], look: str, thick: int) -> None:
    start(adult, 40, order(40, key, **how))
    found = drawn(adult)
    assert [(one.look, one.thick) for row in found.rows for one in row.bars] == [(look, thick)]
    assert {one for one, _text in found.legend} - {"caution", "strip-no_record"} == {look}


def test_a_course_ends_with_its_last_day(adult: Patient) -> None:
    start(adult, 42, order(42, "wet-wrap", "trunk", phase=Phase.COURSE, per_day=1, course_days=21))
    (bar,) = drawn(adult).rows[0].bars
    assert (bar.x, bar.width) == ("50.00%", "25.00%")
    (entry,) = drawn(adult).table
    assert (entry.since, entry.until, entry.how) == ("09-Oct-2026", "29-Oct-2026", "once daily, for 21 days")


def test_sites_in_different_phases_lie_under_each_other(adult: Patient) -> None:
    start(adult, 84, order(84, "tacrolimus-0.1", "face", "hands:both"))
    to_maintenance(adult, "tacrolimus-0.1", ("face",), 42)
    row = row_of(drawn(adult), TACROLIMUS)
    assert [(one.look, one.x, one.width, one.top) for one in row.bars] == [
        ("solid", "0.00%", "100.00%", 0),
        ("hatched", "50.00%", "50.00%", 24),
    ]
    assert row.height == 48 + 16  # and its doses
    assert row.now == "twice daily: Hands (both sides); once a day on Monday and Thursday: Face"
    assert [entry.where for entry in drawn(adult).table] == ["Face", "Face until 08-Oct-2026; Hands (both sides)"]


def test_a_hold_is_dotted_and_what_goes_on_is_not_a_flare(adult: Patient) -> None:
    start(adult, 84, order(84, "tacrolimus-0.1", "face"))
    row = line(adult, "tacrolimus-0.1")
    hold = {"look_again_on": ago(35), "reason": "away", "version": row.version}
    actions.hold(doctor(adult), row, **hold, at=at(42))
    row = line(adult, "tacrolimus-0.1")
    actions.resume(doctor(adult), row, review_on=TODAY, version=row.version, replies=ANSWERS, at=at(21))
    bars = row_of(drawn(adult), TACROLIMUS).bars
    assert [(one.look, one.x, one.is_flare) for one in bars] == [
        ("solid", "0.00%", False),
        ("dotted", "50.00%", False),
        ("solid", "75.00%", False),
    ]
    assert [entry.note for entry in drawn(adult).table] == ["", "away", ""]


def test_a_flare_is_marked_where_daily_use_came_back(adult: Patient) -> None:
    start(adult, 84, order(84, "tacrolimus-0.1", "face", "hands:both"))
    to_maintenance(adult, "tacrolimus-0.1", ("face",), 63)
    flare(adult, "tacrolimus-0.1", ("face",), 42, reason="red again")
    to_maintenance(adult, "tacrolimus-0.1", ("hands:both",), 21)
    found = drawn(adult)
    bars = row_of(found, TACROLIMUS).bars
    assert [(one.x, one.is_flare) for one in bars] == [
        ("0.00%", False),
        ("25.00%", False),
        ("50.00%", True),
        ("75.00%", False),
    ]
    assert "Flare: back to daily use, red again" in bars[2].title
    assert ("flare", "flare: back to daily use") in found.legend
    assert [(entry.phase, entry.note) for entry in found.table if "flare" in entry.phase] == [
        ("Daily (flare)", "red again")
    ]


@pytest.mark.parametrize(("days", "is_marked"), [(84, True), (85, False)])
def test_a_flare_before_the_time_shown_is_told_and_not_marked(adult: Patient, days: int, is_marked: bool) -> None:
    start(adult, 120, order(120, "tacrolimus-0.1", "face"))
    to_maintenance(adult, "tacrolimus-0.1", ("face",), 100)
    flare(adult, "tacrolimus-0.1", ("face",), days)
    *_maintenance, bar = row_of(drawn(adult), TACROLIMUS).bars
    assert bar.is_flare is is_marked
    assert drawn(adult).table[0].phase == "Daily (flare)"


# --- Ends --------------------------------------------------------------------------------------------------------------


def test_an_ended_line_has_a_cap_with_its_reason(adult: Patient) -> None:
    start(adult, 63, order(63, "tacrolimus-0.1", "face"))
    stop(adult, "tacrolimus-0.1", 42, "other", "went on holiday")
    found = drawn(adult)
    (row,) = found.rows
    assert row.cap is not None
    assert (row.cap.x, row.cap.text) == ("50.00%", "other reason")
    assert row.cap.title == row.now == "ended 09-Oct-2026: Other (write it) – went on holiday"
    (bar,) = row.bars
    assert (bar.x, bar.width) == ("25.00%", "25.00%")
    (entry,) = found.table
    assert (entry.until, entry.ended, entry.why) == ("08-Oct-2026", "09-Oct-2026", "Other (write it) – went on holiday")


def test_every_reason_but_an_error_has_a_short_word() -> None:
    assert set(EndReason) - set(END_WORDS) == {EndReason.ERROR}


@pytest.mark.parametrize(("days", "is_shown"), [(84, False), (83, True)])
def test_a_line_that_ended_before_the_range_is_counted_and_left_out(adult: Patient, days: int, is_shown: bool) -> None:
    # Ended 84 days ago, its last day was 85 days ago.
    start(adult, 95, order(95, "tacrolimus-0.1", "face"))
    stop(adult, "tacrolimus-0.1", days)
    found = drawn(adult)
    assert len(found.rows) == len(found.table) == int(is_shown)
    said = "1 line was over before the time shown and is left out."
    assert found.left_out == ([] if is_shown else [said])
    assert len(drawn(adult, "all").rows) == 1


@pytest.mark.parametrize(("days", "is_shown"), [(0, True), (-1, False)])
def test_a_line_that_starts_later_is_counted_and_left_out(adult: Patient, days: int, is_shown: bool) -> None:
    start(adult, 0, order(days, "tacrolimus-0.1", "face"), order(days, "hydrocortisone-1", "trunk", per_day=1))
    found = drawn(adult)
    assert len(found.rows) == (2 if is_shown else 0)
    assert found.left_out == ([] if is_shown else ["2 lines start after today and are left out."])
    assert found.has_lines


def test_what_was_entered_in_error_is_listed_and_not_drawn(adult: Patient) -> None:
    start(adult, 20, order(20, "tacrolimus-0.1", "face"), make_emollient(on=ago(20)))
    stop(adult, "tacrolimus-0.1", 20, "error")
    found = drawn(adult)
    assert [row.name for row in found.rows] == ["Emollient"]
    assert [(entry.name, entry.until, entry.look) for entry in found.table] == [
        (TACROLIMUS, "not used for a day", "is-withdrawn"),
        ("Emollient", "", ""),
    ]
    assert found.left_out == ["1 line was entered in error: it is listed in the table and not drawn."]


def test_a_line_stopped_on_its_first_day_is_a_cap_alone(adult: Patient) -> None:
    start(adult, 42, order(42, "tacrolimus-0.1", "face"))
    stop(adult, "tacrolimus-0.1", 42, "wish")
    (row,) = drawn(adult).rows
    assert row.bars == []
    assert row.cap is not None
    assert (row.cap.x, row.cap.text) == ("50.00%", "own wish")


def test_emollients_come_last_and_pale_and_elsewhere_is_said(adult: Patient) -> None:
    start(
        adult,
        60,
        make_emollient(on=ago(60)),
        order(60, "cleanser-soap-free", phase=Phase.INDUCTION, per_day=1, review_on=None),
        order(50, "tacrolimus-0.1", "face"),
        replace(order(55, "hydrocortisone-1", "trunk", per_day=1), is_elsewhere=True),
    )
    found = drawn(adult)
    assert [(row.name, row.look, row.is_elsewhere) for row in found.rows] == [
        (HYDROCORTISONE, "", True),
        (TACROLIMUS, "", False),
        ("Soap-free cleanser", "pale", False),
        ("Emollient", "pale", False),
    ]
    assert [entry.is_elsewhere for entry in found.table] == [True, False, False, False]


# --- Cautions ----------------------------------------------------------------------------------------------------------


def test_an_answered_caution_is_marked_on_its_bar_with_its_text(adult: Patient) -> None:
    infection(adult_with_doctor(adult), 50)
    start(adult, 42, order(42, "tacrolimus-0.1", "face"), order(42, "hydrocortisone-1", "trunk", per_day=1))
    found = drawn(adult)
    (bar,) = row_of(found, TACROLIMUS).bars
    (row,) = line(adult, "tacrolimus-0.1").overrides.all()
    assert bar.caution == "!"
    assert f"{unbroken(row.text)} Answered 09-Oct-2026 by {row.by.name}: Known and watched – Seen weekly." in bar.title
    entry = next(one for one in found.table if one.name == TACROLIMUS)
    assert [tuple(one) for one in entry.cautions] == [
        (unbroken(row.text), "09-Oct-2026", row.by.name, "Known and watched – Seen weekly.")
    ]
    (other,) = row_of(found, HYDROCORTISONE).bars
    assert other.caution == ""


def test_cautions_belong_to_the_phase_they_were_answered_for(adult: Patient) -> None:
    start(adult, 84, order(84, "tacrolimus-0.1", "face"))
    infection(adult, 50)
    to_maintenance(adult, "tacrolimus-0.1", ("face",), 42)
    row = line(adult, "tacrolimus-0.1")
    first, second = row_of(drawn(adult), TACROLIMUS).bars
    rules = {one.rule for one in row.overrides.filter(at=at(42))}
    assert rules
    assert (first.caution, second.caution) == ("", "!" if len(rules) == 1 else str(len(rules)))


def test_of_two_steps_on_a_day_each_keeps_its_own_cautions(adult: Patient) -> None:
    start(adult, 84, order(84, "tacrolimus-0.1", "face", "hands:both"))
    found = infection(adult, 50)
    to_maintenance(adult, "tacrolimus-0.1", ("face",), 42)
    infection(adult, 42, state="absent", replaces=found)
    row = line(adult, "tacrolimus-0.1")
    assert row.overrides.filter(rule__contains="infection").count() == 1
    later = {"weekdays": [0, 3], "flares_in_a_year": 4, "review_on": None, "replies": ANSWERS}
    places, when = [place("hands:both")], at(42) + timedelta(hours=1)
    actions.step_to_maintenance(doctor(adult), row, places, **later, version=row.version, at=when)
    told = {
        entry.where: [one.text for one in entry.cautions] for entry in drawn(adult).table if entry.since == "09-Oct-2026"
    }
    assert any("infection" in text for text in told["Face"])
    assert not any("infection" in text for text in told["Hands (both sides)"])


def test_what_is_answered_for_each_place_at_once_is_said_once(adult: Patient) -> None:
    start(adult, 84, order(84, "tacrolimus-0.1", "face", "hands:both"))
    to_maintenance(adult, "tacrolimus-0.1", ("face",), 70)
    row = line(adult, "tacrolimus-0.1")
    hold = {"look_again_on": ago(35), "reason": "away", "version": row.version}
    actions.hold(doctor(adult), row, **hold, at=at(42))
    infection(adult, 30, site="whole_body")
    row = line(adult, "tacrolimus-0.1")
    actions.resume(doctor(adult), row, review_on=TODAY, version=row.version, replies=ANSWERS, at=at(21))
    kept = row.overrides.filter(at=at(21), rule__contains="infection")
    assert kept.count() == 1
    texts = [one.text for entry in drawn(adult).table for one in entry.cautions]
    assert [text for text in texts if text == unbroken(kept[0].text)] == [unbroken(kept[0].text)]


def adult_with_doctor(adult: Patient) -> Patient:
    start(adult, 60, make_emollient(on=ago(60)))
    return adult


# --- Infections --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "x", "width", "period"),
    [
        ({"from_on": ago(63), "until_on": ago(43)}, "25.00%", "25.00%", "18-Sep-2026 to 08-Oct-2026"),
        ({"from_on": ago(63)}, "25.00%", "75.00%", "since 18-Sep-2026"),
        ({"until_on": ago(22)}, "50.00%", "25.00%", "09-Oct-2026 to 29-Oct-2026"),
        ({}, "50.00%", "1.19%", ""),
    ],
    ids=["from and until", "from", "until", "neither: its recorded day"],
)
def test_an_infection_is_drawn_on_its_days(adult: Patient, values: Any, x: str, width: str, period: str) -> None:
    infection(adult_with_doctor(adult), 42, **values)
    *_lines, row = drawn(adult).rows
    assert row.name == "Skin infection"
    (bar,) = row.bars
    assert (bar.look, bar.x, bar.width) == ("infection", x, width)
    assert period in bar.title
    assert bar.title.startswith("Skin infection: Face.")
    entry = drawn(adult).table[-1]
    assert (entry.name, entry.where, entry.phase) == (
        "Skin infection",
        "Face",
        "Over" if "until_on" in values else "Present",
    )


@pytest.mark.parametrize(("until", "is_shown"), [(84, True), (85, False)])
def test_an_infection_over_before_the_range_is_not_drawn(adult: Patient, until: int, is_shown: bool) -> None:
    infection(adult_with_doctor(adult), 95, from_on=ago(95), until_on=ago(until))
    assert ("infection" in {row.look for row in drawn(adult).rows}) is is_shown


def test_an_infection_found_absent_later_was_there_until_then(adult: Patient) -> None:
    first = infection(adult_with_doctor(adult), 63, from_on=ago(63))
    infection(adult, 43, state="absent", replaces=first)
    *_lines, row = drawn(adult).rows
    (bar,) = row.bars
    assert (bar.x, bar.width) == ("25.00%", "25.00%")  # to the day after the 43rd
    assert row.now == ""


def test_an_infection_taken_back_or_written_anew_is_drawn_once(adult: Patient) -> None:
    first = infection(adult_with_doctor(adult), 63, from_on=ago(63))
    infection(adult, 43, site="hands", side="left", from_on=ago(60), replaces=first)
    *_lines, row = drawn(adult).rows
    assert [one.x for one in row.bars] == [percent(60)]
    assert row.now == "Hands (left)"


# --- Doses and unwanted events ------------------------------------------------------------------------------------------


def due(patient: Patient, key: str, since: int) -> list[tuple[DosePlan, Slot]]:
    """The slots of a line that have been due, of the last so many days."""
    row = line(patient, key)
    (found,) = queries.line_doses(patient, since=ago(since), until=TODAY, at=NOON, lines=[row])
    plans = {plan.pk: plan for plan in found.plans}
    return [(plans[one.plan], one.slot) for one in found.expected]


def say(patient: Patient, key: str, since: int, said: Callable[[date, str], str]) -> None:
    """Record "done", "skipped" or nothing of each dose of the last so many days, when it was due."""
    for plan, slot in due(patient, key, since):
        if outcome := said(slot.on, slot.name):
            what = actions.Said(outcome, skip_reason="forgot" if outcome == "skipped" else "")
            actions.record_dose(doctor(patient), plan, slot, what, at=due_at(plan.schedule, slot))


def strip(found: Bars, name: str = TACROLIMUS) -> Strip:
    made = row_of(found, name).strip
    assert made is not None
    return made


def test_each_day_has_its_shape_and_neighbours_that_are_alike_are_one(adult: Patient) -> None:
    start(adult, 21, order(21, "tacrolimus-0.1", "face"))
    said = {ago(20): "done done", ago(19): "done done", ago(18): "done -", ago(17): "skipped skipped", ago(16): "skipped -"}

    def of(on: date, name: str) -> str:
        return said.get(on, "- -").split()[name == "evening"].replace("-", "")

    say(adult, "tacrolimus-0.1", 21, of)
    found = strip(drawn(adult))
    assert [(part.look, part.x, part.width) for part in found.parts] == [
        ("no_record", percent(21), "1.19%"),  # entered at ten: only the evening was due
        ("done", percent(20), "2.38%"),
        ("partly", percent(18), "1.19%"),
        ("skipped", percent(17), "1.19%"),
        ("no_record", percent(16), "19.05%"),
    ]
    assert found.parts[1].title == "31-Oct-2026 to 01-Nov-2026: done 4, skipped 0, no record 0"
    # 1 on the first day, 2 on twenty, 1 until noon.
    assert found.text == "done 5, skipped 3, no record 34"
    assert 5 + 3 + 34 == 1 + 40 + 1
    assert found.by_plan[line(adult, "tacrolimus-0.1").plans.get().pk] == found.text
    assert [entry.doses for entry in drawn(adult).table] == [found.text]


def test_days_on_which_nothing_is_due_are_gaps(adult: Patient) -> None:
    start(adult, 10, order(10, "tacrolimus-0.1", "face", phase=Phase.MAINTENANCE, weekdays=(0, 3)))
    parts = strip(drawn(adult)).parts
    # From Tuesday 10 to Friday 20 November: Thursdays and the Monday between.
    assert [part.x for part in parts] == [percent(8), percent(4), percent(1)]
    assert {part.look for part in parts} == {"no_record"}


@pytest.mark.parametrize(
    ("wanted", "parts", "step"),
    [
        ("12w", ["09-Oct-2026 to 20-Nov-2026"], "day"),
        ("6m", ["09-Oct-2026 to 11-Oct-2026", "12-Oct-2026 to 18-Oct-2026", "19-Oct-2026 to 20-Nov-2026"], "week"),
    ],
)
def test_a_long_time_is_shown_by_the_week(adult: Patient, wanted: str, parts: list[str], step: str) -> None:
    start(adult, 42, order(42, "tacrolimus-0.1", "face"))
    if step == "week":
        say(adult, "tacrolimus-0.1", 60, lambda on, _name: "done" if on == date(2026, 10, 14) else "")
    found = drawn(adult, wanted)
    assert [part.title.partition(":")[0] for part in strip(found).parts] == parts
    assert f"is a {step}" in found.step
    if step == "week":
        assert [part.look for part in strip(found).parts] == ["no_record", "partly", "no_record"]
        assert strip(found).parts[1].title.endswith("done 2, skipped 0, no record 12")


def test_what_was_applied_beside_the_plan_is_counted_apart(adult: Patient) -> None:
    start(adult, 42, order(42, "tacrolimus-0.1", "face", phase=Phase.MAINTENANCE, weekdays=(0, 3)))
    row = line(adult, "tacrolimus-0.1")
    actions.record_application(doctor(adult), row, kind="extra", applied_at=at(14), at=at(14))
    found = strip(drawn(adult))
    (mark,) = [part for part in found.parts if part.look == "beside"]
    assert (mark.x, mark.title) == (percent(14), "06-Nov-2026: 1 extra")
    assert found.text.endswith("; 1 extra")
    assert "strip-beside" in {look for look, _text in drawn(adult).legend}


def test_undone_doses_and_lines_prescribed_elsewhere_have_none(adult: Patient) -> None:
    start(adult, 20, order(20, "tacrolimus-0.1", "face"), order(20, "hydrocortisone-1", "neck", is_elsewhere=True))
    say(adult, "tacrolimus-0.1", 20, lambda on, _name: "done" if on == ago(5) else "")
    assert strip(drawn(adult)).text.startswith("done 2, ")
    actions.undo_dose(doctor(adult), Application.objects.order_by("pk")[0], at=at(4))
    assert strip(drawn(adult)).text.startswith("done 1, ")
    assert row_of(drawn(adult), HYDROCORTISONE).strip is None


def event(patient: Patient, days: int, until: int | None = None, **values: Any) -> AdverseEvent:
    given = {"kind": "burning", "severity": "mild", "action_taken": "none", "onset_on": ago(days), "site": "face"}
    given |= {"ended_on": ago(until) if until is not None else None} | values
    return actions.record_adverse_event(doctor(patient), patient, given, at=at(0))


def test_an_unwanted_event_is_drawn_and_listed(adult: Patient) -> None:
    start(adult, 63, order(63, "tacrolimus-0.1", "face"))
    suspected = line(adult, "tacrolimus-0.1")
    event(adult, 63, 58, line=suspected, action_taken="advice")
    event(adult, 21)
    *_lines, row = drawn(adult).rows
    assert (row.name, row.now) == ("Unwanted events", "Burning or stinging")
    assert [(one.x, one.width, one.mark, one.word) for one in row.bars] == [
        ("25.00%", "7.14%", "event", ""),
        ("75.00%", "25.00%", "event", ""),
    ]
    entries = [entry for entry in drawn(adult).table if entry.anchor.startswith("event-")]
    assert [(entry.name, entry.phase, entry.where, entry.since, entry.until) for entry in entries] == [
        ("Burning or stinging", "Unwanted event, going on", "Face", "30-Oct-2026", ""),
        ("Burning or stinging", "Unwanted event, over", "Face", "18-Sep-2026", "23-Sep-2026"),
    ]
    assert "suspected: Tacrolimus 0.1\u00a0% ointment · done: advice · recorded 20-Nov-2026" in entries[1].note
    assert dict(drawn(adult).legend)["event"] == "unwanted event"


def test_a_red_flag_has_a_sign_and_the_word(adult: Patient, signed_in: SignIn, clinician: User) -> None:
    start(adult, 63, order(63, "tacrolimus-0.1", "face"))
    event(adult, 3, kind="conjunctivitis", severity="moderate", site="")
    assert [one.mark for one in drawn(adult).rows[-1].bars] == ["event"]
    event(adult, 2, kind="conjunctivitis", severity="severe", site="")
    assert [(one.mark, one.word) for one in drawn(adult).rows[-1].bars] == [("event", ""), ("red", "Red flag")]
    assert drawn(adult).table[-2].name == "Red flag: Conjunctivitis"
    page = signed_in(clinician).get(reverse("patient_chart", args=[adult.public_id])).content.decode()
    assert page.count(">Red flag</text>") == 1
    assert 'href="#shape-red"' in page


def test_events_taken_back_or_outside_the_time_shown_are_not_drawn(adult: Patient) -> None:
    start(adult, 95, order(95, "tacrolimus-0.1", "face"))
    event(adult, 95, 85)
    wrong = event(adult, 10)
    actions.withdraw_adverse_event(doctor(adult), wrong, reason="somebody else", at=at(0))
    assert [row.name for row in drawn(adult).rows] == [TACROLIMUS]
    event(adult, 95, 84)
    assert [row.name for row in drawn(adult).rows] == [TACROLIMUS, "Unwanted events"]


def test_doses_and_events_take_no_query_each_and_no_percentage_is_written(
    signed_in: SignIn, clinician: User, adult: Patient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    recent(adult, 3)
    now = timezone.now()
    today = adult.clinic.today(now)
    given = {"severity": "mild", "action_taken": "none", "onset_on": today, "ended_on": None, "site": "face"}
    for kind in ("burning", "itching", "folliculitis"):
        actions.record_adverse_event(doctor(adult), adult, given | {"kind": kind}, at=now)
    for key in ("tacrolimus-0.1", "pimecrolimus-1"):
        for minutes in range(5):
            when = now - timedelta(minutes=minutes)
            if adult.clinic.today(when) == today:
                row = line(adult, key)
                actions.record_application(doctor(adult), row, kind="extra", applied_at=when, at=now)
    client, path = signed_in(clinician), reverse("patient_chart", args=[adult.public_id])
    client.get(path)
    with django_assert_num_queries(21):
        page = client.get(path).content.decode()
    assert page.count('<tr id="event-') == 3
    assert 'class="strip"' in page
    said = re.findall(r"done \d+, skipped \d+, no record \d+[^<]*|\d+ extra[^<]*", page)
    assert said
    assert not [text for text in said if "%" in text or "missed" in text]


# --- The page ----------------------------------------------------------------------------------------------------------


def recent(patient: Patient, count: int) -> None:
    """So many lines under way, each with a phase before and an answered caution."""
    now = timezone.now()
    on = patient.clinic.today(now)
    keys = ("tacrolimus-0.1", "pimecrolimus-1", "tacrolimus-0.03")[:count]
    sites = ("face", "trunk", "hands:both")
    make_assessment(patient, on=on, at=now)
    orders = [make_order(key, site, on=on) for key, site in zip(keys, sites, strict=False)]
    records.record_precaution(
        actor_for(User.objects.get(memberships__clinic=patient.clinic, memberships__may_score=True), patient.clinic),
        patient,
        {"kind": "skin_infection", "state": "present", "site": "whole_body"},
        at=now,
    )
    make_regimen(patient, *orders, replies=ANSWERS, at=now)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_lines(
    signed_in: SignIn, clinician: User, adult: Patient, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    recent(adult, count)
    assert RegimenLine.objects.filter(overrides__isnull=False).distinct().count() == count
    client, path = signed_in(clinician), reverse("patient_chart", args=[adult.public_id])
    client.get(path)
    # 15 without treatment; phases, their places, answered cautions with who answered them; doses, with phases and places
    with django_assert_num_queries(21):
        page = client.get(path).content.decode()
    assert page.count('class="panel bar-row') == count + 1  # and the infection
    assert page.count('<tr id="use-') == count
    assert page.count('<tr id="infection-') == 1


def test_more_lines_than_the_cap_are_cut_and_the_page_says_so(adult: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert LINES == 200
    start(adult, 40, order(40, "tacrolimus-0.1", "face"), make_emollient(on=ago(50)))
    monkeypatch.setattr("regimens.queries.bars.LINES", 2)
    assert drawn(adult).left_out == []
    monkeypatch.setattr("regimens.queries.bars.LINES", 1)
    found = drawn(adult)
    assert [row.name for row in found.rows] == [TACROLIMUS]
    assert found.left_out == ["There are more lines than 1: the latest 1 are looked at."]


def test_every_bar_leads_to_its_row_of_the_table(signed_in: SignIn, clinician: User, adult: Patient) -> None:
    recent(adult, 3)
    page = signed_in(clinician).get(reverse("patient_chart", args=[adult.public_id])).content.decode()
    anchors = re.findall(r'class="bar [^"]*" href="#([^"]+)"', page)
    assert sorted(anchors) == ["infection-1", "use-1-1", "use-2-1", "use-3-1"]
    assert all(page.count(f'id="{anchor}"') == 1 for anchor in {*anchors, *re.findall(r'href="#([^"]+)"', page)})
    assert "<style" not in page
    assert " style=" not in page


def test_without_treatment_only_who_may_prescribe_is_led_to_it(
    signed_in: SignIn, clinician: User, nurse: User, patient: Patient
) -> None:
    path, link = reverse("patient_chart", args=[patient.public_id]), reverse("regimen_prescribe", args=[patient.public_id])
    for make_score in (False, True):
        if make_score:
            make_assessment(patient, on=patient.clinic.today(timezone.now()), at=timezone.now())
        for user, is_led in ((clinician, True), (nurse, False)):
            page = signed_in(user).get(path).content.decode()
            assert page.count("No treatment is recorded.") == 1
            assert (f'href="{link}"' in page) is is_led
            assert 'class="panel bar-row' not in page
            assert "bars-table" not in page


def test_a_closed_record_offers_no_start(adult: Patient) -> None:
    assert timeline(adult).bars.may_start
    assert not timeline(adult, rights=EVERYTHING - {May.PRESCRIBE}).bars.may_start
    adult.closed_at = at(1)
    assert not timeline(adult).bars.may_start


def test_treatment_without_a_score_is_drawn_from_its_first_day(signed_in: SignIn, clinician: User, clinic: Clinic) -> None:
    found = make_patient(clinic, birth_date=date(1989, 5, 4), at=at(400))
    start(found, 200, order(200, "tacrolimus-0.1", "face"))
    shown = timeline(found, "")
    assert shown.chart.is_empty
    assert shown.chart.span.since == ago(200)
    assert [(one.x, one.width) for one in shown.bars.rows[0].bars] == [("0.00%", "100.00%")]
    page = signed_in(clinician).get(reverse("patient_chart", args=[found.public_id])).content.decode()
    assert "No scores yet" in page
    assert page.count('class="panel bar-row') == 1
    assert page.count('id="bars"') == 1


def test_with_scores_all_begins_with_the_first_score(adult: Patient) -> None:
    start(adult, 200, order(200, "tacrolimus-0.1", "face"))
    shown = timeline(adult, "all")
    assert shown.chart.span.since == ago(100)
    assert [(one.x, one.width) for one in shown.bars.rows[0].bars] == [("0.00%", "100.00%")]


def test_the_page_from_memory_is_the_page(
    adult: Patient, clinician: User, signed_in: SignIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recent(adult, 3)
    path = reverse("patient_chart", args=[adult.public_id])
    settings.ROOT_URLCONF = "bench.urls"
    monkeypatch.setattr(memory, "kept", lambda: (Access(user=clinician), None, None))
    monkeypatch.setattr(memory, "longest", lambda: adult)
    memory.kept_chart.cache_clear()
    try:
        pages = [
            signed_in(clinician).get(path, {"range": "all"}).content.decode(),
            Client().get("/bench/memory/chart/", headers={"X-Forwarded-For": "127.0.0.1"}).content.decode(),
        ]
    finally:
        memory.kept_chart.cache_clear()
    assert "bars-table" in pages[0]
    assert settled(pages[0]) == settled(pages[1])


def test_a_place_that_left_on_the_first_day_was_there_for_none(adult: Patient) -> None:
    start(adult, 0, order(0, "tacrolimus-0.1", "face", "hands:both"))
    to_maintenance(adult, "tacrolimus-0.1", ("face",), 0)
    assert sorted(row.where for row in drawn(adult).table if row.name == TACROLIMUS) == [
        "Face",
        "Face not for a day; Hands (both sides)",
    ]
