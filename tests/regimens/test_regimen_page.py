"""What a patient uses now, on its page: phases, notes, answered warnings, what may be done, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, User
from patients import actions as records
from patients.models import Patient
from regimens import actions
from regimens.actions import Reply
from regimens.models import RegimenLine
from regimens.protocol.facts import Phase
from tests.factories import NOW, TODAY, make_assessment, make_emollient, make_order, make_patient, make_regimen, place
from tests.regimens.pages import text_of, url

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DAY = timedelta(days=1)
PAGE_QUERIES = {0: 13, 1: 17, 3: 17}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Noon of 20 November 2026, until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def client(signed_in: SignIn, clinician: User) -> Client:
    """The browser of the dermatologist."""
    return signed_in(clinician)


def shown(client: Client, patient: Patient) -> str:
    answer = client.get(url("patient_regimen", patient))
    assert answer.status_code == 200
    return text_of(answer)


def tacrolimus(patient: Patient) -> RegimenLine:
    return RegimenLine.objects.get(patient=patient, product__key="tacrolimus-0.1")


def steps(client: Client, patient: Patient, line: RegimenLine) -> list[str]:
    """What may be done with a line."""
    page = client.get(url("patient_regimen", patient)).content.decode()
    return re.findall(rf"/lines/{line.public_id}/(\w+)/", page)


def test_no_regimen_yet(client: Client, signed_in: SignIn, nurse: User, adult: Patient) -> None:
    page = shown(client, adult)
    assert "No regimen yet Start one: product, strength, where, how often." in page
    reading = shown(signed_in(nurse), adult)
    assert "Somebody of the clinic who may prescribe starts it." in reading
    assert "Start a regimen" not in reading


def test_lines_with_their_phases_and_days(client: Client, adult: Patient, by: Actor) -> None:
    order = make_order(
        "tacrolimus-0.1", "face", "hands:both", amount=Decimal("1.50"), amount_unit="ftu", instructions="At night."
    )
    make_regimen(adult, order, make_emollient(), by=by)
    page = shown(client, adult)
    assert "Open since 20-Nov-2026." in page
    assert "No emollient is recorded" not in page
    assert "Twice daily · Face, Hands (both sides) since 20-Nov-2026, Dana Derm" in page
    assert "1.5 fingertip units · from 20-Nov-2026 · look again on 01-Jan-2027" in page.replace("\u00a0", " ")
    assert "At night." in page
    assert steps(client, adult, tacrolimus(adult)) == ["maintenance", "down", "hold", "change", "stop"]


def test_sites_of_one_line_in_different_phases(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order("tacrolimus-0.1", "face", "hands:left"), make_emollient(), by=by)
    line = tacrolimus(adult)
    more = {"weekdays": [3, 0], "flares_in_a_year": 5, "review_on": date(2027, 11, 1)}
    actions.step_to_maintenance(by, line, [place("face")], version=1, at=NOW, **more)
    page = shown(client, adult)
    assert "Twice daily · Hands (left) since" in page
    assert "Proactive maintenance once a day on Monday and Thursday · Face since 20-Nov-2026" in page
    assert steps(client, adult, line) == ["maintenance", "down", "induction", "hold", "change", "stop"]


def test_a_line_on_hold_says_until_when_and_why(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, by=by)
    line = tacrolimus(adult)
    actions.hold(by, line, look_again_on=date(2026, 11, 27), reason="Infection", version=1, at=NOW)
    page = shown(client, adult)
    assert "On hold not at present · Face since 20-Nov-2026, Dana Derm · look again on 27-Nov-2026: Infection" in page
    assert steps(client, adult, line) == ["resume", "stop"]


def test_a_review_that_is_overdue_is_marked(
    clock: time_machine.Coordinates, signed_in: SignIn, clinician: User, adult: Patient, by: Actor
) -> None:
    make_regimen(adult, by=by)
    clock.shift(timedelta(days=42))
    assert "to be looked at since" not in shown(signed_in(clinician), adult)  # it is the day
    clock.shift(DAY)
    assert "to be looked at since 01-Jan-2027" in shown(signed_in(clinician), adult)


def test_no_emollient_is_said(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), by=by)
    assert "No emollient is recorded: treatment is never meant alone." in shown(client, adult)


def test_prescribed_elsewhere_is_marked(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(is_elsewhere=True), by=by)
    assert "Prescribed elsewhere" in shown(client, adult)


def test_answered_warnings_stand_with_their_line(client: Client, clinic: Clinic, clinician: User, by: Actor) -> None:
    child = make_patient(clinic, birth_date=date(2017, 3, 1))
    replies = {"tacrolimus-0.1-age": Reply("tried", "0.03 % did not help.")}
    make_regimen(child, make_order(), make_emollient(), by=by, replies=replies)
    page = shown(client, child)
    assert "1 caution answered Caution: at the age of 9 y 8 m, consider the weaker strength" in page
    assert "Other options were tried or are not possible: 0.03 % did not help. 20-Nov-2026, Dana Derm" in page
    assert "rule tacrolimus-0.1-age, version 1" in page


@pytest.mark.parametrize(
    ("level", "days", "is_offered"), [(2, 42, True), (3, 42, False), (2, 43, False), (0, 0, True), (2, 41, True)]
)
def test_maintenance_is_offered_when_clear_within_six_weeks(
    clock: time_machine.Coordinates,
    signed_in: SignIn,
    clinician: User,
    adult: Patient,
    by: Actor,
    level: int,
    days: int,
    is_offered: bool,
) -> None:
    make_regimen(adult, by=by)
    clock.shift(timedelta(days=days))
    make_assessment(adult, "viga_ad", by=by, at=NOW + timedelta(days=days), level=level)
    assert ("consider proactive maintenance" in shown(signed_in(clinician), adult)) == is_offered


def test_maintenance_is_offered_to_prescribers_and_of_twice_daily_use_alone(
    client: Client, signed_in: SignIn, nurse: User, adult: Patient, by: Actor
) -> None:
    make_regimen(adult, make_order(per_day=1), make_order("hydrocortisone-1", "trunk"), by=by)
    make_assessment(adult, "viga_ad", by=by, level=1)
    assert "consider proactive maintenance" not in shown(client, adult)
    other = make_patient(adult.clinic, birth_date=date(1980, 5, 4))
    make_regimen(other, by=by)
    make_assessment(other, "viga_ad", by=by, level=1)
    assert "vIGA-AD 1 on 20-Nov-2026" in shown(client, other)
    assert "vIGA-AD 1 on 20-Nov-2026" not in shown(signed_in(nurse), other)


def test_what_is_replaced_later_is_shown_until_then(
    clock: time_machine.Coordinates, signed_in: SignIn, clinician: User, adult: Patient, by: Actor
) -> None:
    make_regimen(adult, by=by)
    line, later = tacrolimus(adult), TODAY + timedelta(days=7)
    actions.change_product(by, line, make_order("pimecrolimus-1", on=later), version=1, at=NOW)
    page = shown(signed_in(clinician), adult)
    assert "Twice daily · Face since 20-Nov-2026" in page
    assert "in use until 27-Nov-2026, then: Replaced by another product" in page
    assert steps(signed_in(clinician), adult, line) == ["stop"]
    assert "Tacrolimus 0.1 % ointment" not in text_of(signed_in(clinician).get(url("regimen_history", adult)))
    clock.shift(timedelta(days=7))
    assert "Tacrolimus 0.1 % ointment" not in shown(signed_in(clinician), adult)
    assert "ended 27-Nov-2026: Replaced by another product" in text_of(
        signed_in(clinician).get(url("regimen_history", adult))
    )


def test_all_lines_ended_but_the_regimen_is_open(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_emollient(), by=by)
    line = RegimenLine.objects.get()
    actions.stop(by, line, reason="cleared", no_look_reason="clear", version=1, at=NOW)
    page = shown(client, adult)
    assert "No line is in use The regimen is open since 20-Nov-2026; all its lines have ended." in page
    assert "Stop the whole regimen" in page


def test_who_may_not_prescribe_reads_and_changes_nothing(signed_in: SignIn, nurse: User, adult: Patient, by: Actor) -> None:
    make_regimen(adult, by=by)
    client = signed_in(nurse)
    page = client.get(url("patient_regimen", adult)).content.decode()
    assert "Tacrolimus 0.1\u00a0% ointment" in page
    assert "/lines/" not in page
    assert "/regimen/prescribe/" not in page
    assert "/regimen/stop/" not in page


def test_a_closed_record_offers_no_step(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, by=by)
    records.close_patient(by, adult, reason="moved", version=adult.version, at=NOW)
    page = client.get(url("patient_regimen", adult)).content.decode()
    assert "/lines/" not in page
    assert "/regimen/prescribe/" not in page


def test_a_course_carries_its_phase_and_strengths_are_printed_one_way(client: Client, adult: Patient, by: Actor) -> None:
    course = make_order("prednisolone-oral", phase=Phase.COURSE, per_day=1, course_days=5, dose="20 mg")
    make_regimen(adult, make_order("tacrolimus-0.03"), course, make_emollient(), by=by)
    page = shown(client, adult)
    assert "Course once daily, for 5 days since" in page
    assert "Tacrolimus 0.03 % ointment" in page
    assert not re.search(r"\d\.\d*0 %|\d%|(?<!\d)\.\d", page)


def test_opening_it_leaves_a_row(client: Client, adult: Patient) -> None:
    shown(client, adult)
    assert AuditEvent.objects.filter(verb="treatment opened", patient=adult.public_id).count() == 1


def test_not_for_those_who_may_not_see_it(signed_in: SignIn, clinic_admin: User, outsider: User, adult: Patient) -> None:
    assert signed_in(clinic_admin).get(url("patient_regimen", adult)).status_code == 403
    assert signed_in(outsider).get(url("patient_regimen", adult)).status_code == 404


@pytest.mark.parametrize("count", [0, 1, 3])
def test_one_line_costs_as_much_as_three(
    client: Client, adult: Patient, by: Actor, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    orders = [make_order("tacrolimus-0.1"), make_order("hydrocortisone-1", "trunk"), make_order("emollient", "trunk")]
    if count:
        make_regimen(adult, *orders[:count], by=by)
        line = tacrolimus(adult)
        actions.hold(by, line, look_again_on=TODAY + DAY, reason="x", version=1, at=NOW)
        actions.resume(by, line, version=2, at=NOW)
    client.get(url("patient_regimen", adult))
    with django_assert_num_queries(PAGE_QUERIES[count]):
        client.get(url("patient_regimen", adult))
