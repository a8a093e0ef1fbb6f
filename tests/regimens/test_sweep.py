"""The nightly sweep: who is due, what it raises, once; and that nobody stops it."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from adtrack.schedule import TIMETABLE
from clinics import actions as clinics
from clinics.access import Actor, system_actor
from clinics.models import AuditEvent, Clinic, User
from patients import actions as patients
from patients.models import Patient
from patients.sites import Side
from regimens import actions, queries, tasks
from regimens.actions import catalogue
from regimens.actions.sweeps import Swept
from regimens.models import DosePlan, LastCheck, Product, RegimenLine, WorkItem, WorkOutcome, WorkReason
from regimens.protocol.base import Level
from regimens.protocol.check import check
from regimens.protocol.facts import Course, Family, Person, Phase, Place
from tests.factories import NOW, actor_for, make_line, make_patient, make_user
from tests.regimens.protocol.build import KINDS, ON, PRODUCTS, case, found, having, line

pytestmark = pytest.mark.django_db
TASK = system_actor("task")
NIGHT = NOW + timedelta(days=1)
REVIEW = date(2027, 1, 1)


def line_of(patient: Patient, key: str = "tacrolimus-0.1", site: str = "face", **more: Any) -> RegimenLine:
    return make_line(patient, key=key, **({"places": (Place(site),), "review_on": REVIEW} | more))


@pytest.fixture
def adult(clinic: Clinic, clinician: User) -> Patient:
    return make_patient(clinic, birth_date=date(1980, 5, 4))


def infect(by: Actor, patient: Patient) -> None:
    """A fact that nobody checked: recorded below the actions that check."""
    patients.record_precaution(by, patient, {"kind": "skin_infection", "state": "present", "site": "face"}, at=NOW)


def test_a_new_finding_becomes_one_item_however_many_nights_pass(by: Actor, adult: Patient) -> None:
    line = line_of(adult)
    infect(by, adult)
    assert [actions.sweep(TASK, at=NIGHT + timedelta(days=number)).raised for number in range(3)] == [1, 0, 0]
    item = WorkItem.objects.get()
    assert item.subject.startswith(f"{line.public_id}:infection-tci:")
    row = AuditEvent.objects.get(verb="work item raised")
    assert (row.actor, row.actor_role, row.channel, row.clinic, row.patient) == (
        None,
        "system",
        "task",
        adult.clinic.public_id,
        adult.public_id,
    )


def test_an_item_somebody_closed_stays_closed(by: Actor, adult: Patient) -> None:
    line_of(adult)
    infect(by, adult)
    actions.sweep(TASK, at=NIGHT)
    actions.close_item(by, WorkItem.objects.get(), outcome="not_needed", note="healing", version=1, at=NIGHT)
    assert actions.sweep(TASK, at=NIGHT + timedelta(days=1)).raised == 0
    assert WorkItem.objects.get().outcome == WorkOutcome.NOT_NEEDED


def test_a_label_birthday_is_found_on_its_day(clinic: Clinic, clinician: User) -> None:
    """Rinvoq, EU: 65 years and over take 15 mg. Born on 23 November 1961, the patient turns 65 three days after NOW."""
    patient = make_patient(clinic, birth_date=date(1961, 11, 23))
    line = make_line(patient, key="upadacitinib-30", places=(), dose="30 mg", review_on=REVIEW)
    assert [actions.sweep(TASK, at=NOW + timedelta(days=number)).raised for number in range(5)] == [0, 0, 0, 1, 0]
    assert WorkItem.objects.get().subject.startswith(f"{line.public_id}:")


def test_a_birthday_also_closes_what_it_answers(by: Actor, clinic: Clinic, adult: Patient) -> None:
    """Tacrolimus 0.1 % is labelled from 16 years on: an item from a corrected birth date goes with the 16th birthday."""
    line_of(adult)
    values = {"birth_date": date(2010, 11, 23), "no_guardian_reason": "later"}
    patients.update_patient(by, adult, values, version=1, at=NOW)
    actions.sweep(TASK, at=NOW)
    assert [item.subject.split(":")[1] for item in WorkItem.objects.live()] == ["tacrolimus-0.1-age"]
    actions.sweep(TASK, at=NOW + timedelta(days=2))
    assert WorkItem.objects.live().count() == 1
    actions.sweep(TASK, at=NOW + timedelta(days=3))
    assert WorkItem.objects.get().outcome == WorkOutcome.GONE


EVERYTHING = having(
    found("skin_infection", place=Place("face")),
    found("phototherapy", from_on=ON),
    *(found(kind) for kind in KINDS if kind not in ("skin_infection", "phototherapy")),
    courses=(Course(Family.STEROID_ORAL, date(2026, 3, 1), 10, "prednisolone"),),
)
CHILD = having(found("skin_infection", place=Place("face")), born_on=date(2020, 3, 1))
USES: list[dict[str, Any]] = [
    {},
    {"review_on": None},
    {"phase": Phase.MAINTENANCE, "weekdays": frozenset({0, 1, 2}), "review_on": None},
    {"phase": Phase.COURSE, "per_day": 1, "course_days": 40},
]
DAYS = (0, 1, 2, 33, 34, 70, 131, 400, 401)


@pytest.mark.parametrize("key", sorted(PRODUCTS))
@pytest.mark.parametrize("who", [EVERYTHING, CHILD], ids=["everything found", "child"])
def test_what_a_rule_finds_reads_the_same_on_every_later_day(key: str, who: Person) -> None:
    """Otherwise the sweep would take it for something new: one item a night."""
    beside = (line("tacrolimus-0.1", "face"), line("wet-wrap", "face", phase=Phase.COURSE, per_day=1, course_days=5))
    sites = ("face",) if PRODUCTS[key].route in ("topical", "light") else ("",)
    for use in USES:
        days: list[set[tuple[str, str]]] = []
        for number in DAYS:
            on = replace(case(who, *beside), on=ON + timedelta(days=number))
            (answer,) = check(on, [line(key, *sites, **use)])
            grave = [one for one in answer.findings if one.level != Level.INFORM]
            days.append({(one.rule.id, queries.fingerprint(one)) for one in grave})
        for rule in {rule for found_ones in days for rule, _print in found_ones}:
            prints = [{one for one in found_ones if one[0] == rule} for found_ones in days]
            assert set.union(*prints) == max(prints, key=len), (rule, use)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime.fromisoformat("2026-11-20T22:59:59+00:00"), 0),  # still 20 November in Berlin
        (datetime.fromisoformat("2026-11-20T23:00:00+00:00"), 1),
    ],
)
def test_a_patient_is_due_once_a_day_from_the_midnight_of_the_clinic(adult: Patient, at: datetime, due: int) -> None:
    line_of(adult)
    assert actions.sweep(TASK, at=NOW).checked == 1
    assert actions.sweep(TASK, at=at).checked == due
    assert actions.sweep(TASK, at=at).checked == 0


def test_only_patients_with_a_line_in_use_whose_record_is_open(by: Actor, clinic: Clinic, adult: Patient) -> None:
    make_patient(clinic)  # no line
    line = line_of(adult)
    closed = make_patient(clinic, birth_date=date(1980, 1, 1))
    line_of(closed)
    patients.close_patient(by, closed, reason="moved", version=1, at=NOW)
    assert [public_id for _key, public_id in queries.due_for_check(clinic, on=NOW.date())] == [adult.public_id]
    stop = {"reason": "cleared", "no_look_reason": "well", "version": line.version}
    actions.stop(by, line, **stop, at=NOW)
    assert queries.due_for_check(clinic, on=NOW.date()) == []


def test_every_clinic_is_swept_by_its_own_day(adult: Patient, other_clinic: Clinic, outsider: User) -> None:
    line_of(adult)
    line_of(make_patient(other_clinic, birth_date=date(1980, 5, 4)), "emollient")
    actions.sweep(TASK, at=NOW)
    berlin, new_york = LastCheck.objects.order_by("patient__clinic__pk")
    assert (berlin.checked_on, new_york.checked_on) == (date(2026, 11, 20), date(2026, 11, 20))
    # 23:30 UTC is tomorrow in Berlin and today in New York.
    assert actions.sweep(TASK, at=NOW.replace(hour=23, minute=30)).checked == 1


def test_another_jurisdiction_makes_the_clinic_due_again(
    adult: Patient, clinic: Clinic, other_clinic: Clinic, clinic_admin: User, outsider: User
) -> None:
    line_of(adult)
    line_of(make_patient(other_clinic, birth_date=date(1980, 5, 4)), "emollient")
    assert [actions.sweep(TASK, at=NOW).checked for _run in range(2)] == [2, 0]
    by = actor_for(clinic_admin, clinic)
    clinics.change_clinic(by, clinic, {"name": "Hillside Dermatology"}, version=clinic.version, at=NOW)
    assert actions.sweep(TASK, at=NOW).checked == 0
    clinics.change_clinic(by, clinic, {"jurisdiction": "US"}, version=clinic.version + 1, at=NOW)
    assert [actions.sweep(TASK, at=NOW).checked for _run in range(2)] == [1, 0]
    assert LastCheck.objects.get(patient=adult).jurisdiction == "US"


@pytest.mark.parametrize("what", ["product", "fact", "new fact"])
def test_another_catalogue_makes_everybody_due_again_so_many_in_a_run(
    adult: Patient, other_clinic: Clinic, outsider: User, what: str
) -> None:
    by = Actor(make_user(is_staff=True), "platform", None, frozenset(), "admin")
    line_of(adult)
    for _number in range(2):
        line_of(make_patient(other_clinic, birth_date=date(1980, 5, 4)), "emollient")
    product = Product.objects.get(key="emollient")
    fact = product.facts.first()
    assert [actions.sweep(TASK, at=NOW).checked for _run in range(2)] == [3, 0]
    seen = catalogue.stamp(product if what == "product" else fact)
    if what == "product":
        catalogue.edit_product(by, product, {"name": product.name}, seen=seen, at=NOW)
        assert actions.sweep(TASK, at=NOW).checked == 0  # nothing changed
        catalogue.edit_product(by, product, {"name": "Emollient (any)"}, seen=seen, at=NOW)
    elif what == "fact":
        catalogue.change_fact(by, fact, {"section": "4.2 of it"}, seen=seen, at=NOW)
    else:
        values = {"kind": "status", "jurisdiction": "UK", "text": "licensed", "source": "MHRA"}
        catalogue.add_fact(by, product, values, at=NOW)
    assert [actions.sweep(TASK, at=NOW, most=2).checked for _run in range(3)] == [2, 1, 0]


def test_one_that_fails_is_logged_by_id_and_passed_over(
    by: Actor, clinic: Clinic, adult: Patient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    others = [make_patient(clinic, birth_date=date(1980, 5, 4)) for _number in range(2)]
    for patient in (adult, *others):
        line_of(patient)
        infect(by, patient)
    whole = queries.checked_again

    def fails_for_the_second(patient: Patient, *, on: date) -> Any:
        if patient.pk == others[0].pk:
            raise RuntimeError("a rule failed")
        return whole(patient, on=on)

    monkeypatch.setattr(queries, "checked_again", fails_for_the_second)
    with caplog.at_level(logging.ERROR):
        assert actions.sweep(TASK, at=NIGHT) == Swept(checked=2, raised=2, failed=1)
    assert str(others[0].public_id) in caplog.text
    assert others[0].family_name not in caplog.text
    assert not WorkItem.objects.filter(patient=others[0]).exists()
    monkeypatch.undo()
    assert actions.sweep(TASK, at=NIGHT) == Swept(checked=1, raised=1, failed=0)


@pytest.mark.parametrize(("most", "runs"), [(1, [1, 1, 1, 0]), (2, [2, 1, 0]), (3, [3, 0])])
def test_a_run_does_so_many_and_the_next_goes_on(clinic: Clinic, clinician: User, most: int, runs: list[int]) -> None:
    for _number in range(3):
        make_line(make_patient(clinic))
    assert [actions.sweep(TASK, at=NIGHT, most=most).checked for _run in runs] == runs


def test_pages_by_key_leave_nobody_out(clinic: Clinic, clinician: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(5):
        make_line(make_patient(clinic))
    monkeypatch.setattr("regimens.actions.sweeps.AT_ONCE", 2)
    assert actions.sweep(TASK, at=NIGHT).checked == 5


def test_nothing_due_costs_two_queries(
    clinic: Clinic, clinician: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_line(make_patient(clinic))
    actions.sweep(TASK, at=NIGHT)
    with django_assert_num_queries(2):  # the clinics, and who is due in the one
        actions.sweep(TASK, at=NIGHT)


# --- Holds ------------------------------------------------------------------------------------------------------------


def held(by: Actor, patient: Patient, until: date) -> RegimenLine:
    """A line on the face and both hands, in two phases, on hold until a day."""
    line = line_of(patient, places=(Place("face"), Place("hands", Side.BOTH)))
    days = {"weekdays": (0, 3), "flares_in_a_year": 5, "review_on": None}
    actions.step_to_maintenance(by, line, [Place("face")], **days, version=line.version, at=NOW)
    line.refresh_from_db()
    actions.hold(by, line, look_again_on=until, reason="cold sore", version=line.version, at=NOW)
    line.refresh_from_db()
    assert DosePlan.objects.live().filter(line=line, phase=Phase.HOLD).count() == 2
    return line


def test_a_hold_whose_day_has_come_raises_one_item_for_its_line(by: Actor, adult: Patient) -> None:
    line = held(by, adult, date(2026, 11, 25))
    before, on_the_day, after = (NOW + timedelta(days=number) for number in (4, 5, 6))
    assert actions.sweep(TASK, at=before).raised == 0
    assert actions.sweep(TASK, at=on_the_day).raised == 1
    assert actions.sweep(TASK, at=after).raised == 0
    item = WorkItem.objects.get()
    assert (item.reason, item.subject.partition(":")[0]) == (WorkReason.LOOK_AGAIN, str(line.public_id))
    assert "to be looked at again on 25-Nov-2026" in item.text
    assert "cold sore" in item.text


def test_going_on_closes_the_item_and_another_hold_raises_another(by: Actor, adult: Patient) -> None:
    line = held(by, adult, date(2026, 11, 25))
    late = NOW + timedelta(days=6)
    actions.sweep(TASK, at=late)
    actions.resume(by, line, version=line.version, at=late)
    assert WorkItem.objects.get().outcome == WorkOutcome.GONE
    line.refresh_from_db()
    actions.hold(by, line, look_again_on=date(2026, 11, 27), reason="again", version=line.version, at=late)
    assert actions.sweep(TASK, at=late + timedelta(days=1)).raised == 1
    assert WorkItem.objects.live().count() == 1


def test_a_stopped_line_waits_for_nobody(by: Actor, adult: Patient) -> None:
    line = held(by, adult, date(2026, 11, 25))
    late = NOW + timedelta(days=6)
    actions.sweep(TASK, at=late)
    actions.stop(by, line, reason="cleared", no_look_reason="well", version=line.version, at=late)
    assert WorkItem.objects.get().outcome == WorkOutcome.GONE


# --- The task ---------------------------------------------------------------------------------------------------------


def test_the_task_is_on_the_timetable_and_sweeps(adult: Patient) -> None:
    line_of(adult)
    assert "regimens.tasks.sweep" in {entry["task"] for entry in TIMETABLE.values()}
    assert tasks.sweep.name == "regimens.tasks.sweep"
    tasks.sweep()
    assert LastCheck.objects.get().checked_on == adult.clinic.today(timezone.now())
