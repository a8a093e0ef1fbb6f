"""What is in use, on the first page of the record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor
from clinics.models import User
from patients.models import Patient
from regimens import actions
from regimens.models import RegimenLine
from tests.factories import NOW, TODAY, make_emollient, make_order, make_regimen, place
from tests.regimens.pages import text_of, url

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
PAGE_QUERIES = {0: 19, 1: 21, 3: 21}  # of treatment one where nothing is used, else three; of red flags one


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Noon of 20 November 2026, until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def treatment(client: Client, patient: Patient) -> str:
    """The words of the section."""
    page = text_of(client.get(url("patient_page", patient)))
    found = re.search(r"Treatment Show the regimen(.*?)Allergies", page)
    assert found is not None
    return found[1].strip()


def test_nothing_is_used(signed_in: SignIn, nurse: User, adult: Patient) -> None:
    client = signed_in(nurse)
    assert treatment(client, adult) == "No line is in use."
    assert url("patient_regimen", adult) in client.get(url("patient_page", adult)).content.decode()


def test_lines_with_phase_places_and_since_when(signed_in: SignIn, nurse: User, adult: Patient, by: Actor) -> None:
    elsewhere = replace(make_order("hydrocortisone-1", "trunk", per_day=1), is_elsewhere=True)
    make_regimen(adult, make_emollient(), make_order("tacrolimus-0.1", "face", "hands:left"), elsewhere, by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    more = {"weekdays": [0, 3], "flares_in_a_year": 5, "review_on": date(2027, 11, 1)}
    actions.step_to_maintenance(by, line, [place("face")], version=1, at=NOW, **more)
    assert treatment(signed_in(nurse), adult) == (
        "Tacrolimus 0.1 % ointment "
        "Twice daily · Hands (left) since 20-Nov-2026 "
        "Proactive maintenance once a day on Monday and Thursday · Face since 20-Nov-2026 "
        "Hydrocortisone 1 % cream Prescribed elsewhere Once daily · Trunk since 20-Nov-2026 "
        "Emollient Twice daily · Whole body since 20-Nov-2026"
    )


def test_what_was_stopped_is_gone_and_what_is_late_is_marked(
    clock: time_machine.Coordinates, signed_in: SignIn, nurse: User, adult: Patient, by: Actor
) -> None:
    make_regimen(adult, by=by)
    clock.shift(timedelta(days=42))
    assert "to be looked at since" not in treatment(signed_in(nurse), adult)  # it is the day
    clock.shift(timedelta(days=1))
    assert "to be looked at since 01-Jan-2027" in treatment(signed_in(nurse), adult)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    at = NOW + timedelta(days=43)
    actions.stop(by, line, reason="cleared", no_look_reason="clear", version=1, at=at)
    assert "Tacrolimus" not in treatment(signed_in(nurse), adult)


def test_nothing_of_it_is_for_the_administrator_of_the_clinic(
    signed_in: SignIn, clinic_admin: User, adult: Patient, by: Actor
) -> None:
    make_regimen(adult, by=by)
    page = signed_in(clinic_admin).get(url("patient_page", adult)).content.decode()
    assert not re.search(r"Tacrolimus|Emollient|Treatment|/regimen/", page)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_one_line_costs_as_much_as_three(
    signed_in: SignIn, nurse: User, adult: Patient, by: Actor, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    orders = [make_order("tacrolimus-0.1"), make_order("hydrocortisone-1", "trunk"), make_order("emollient", "trunk")]
    if count:
        make_regimen(adult, *orders[:count], by=by)
    client = signed_in(nurse)
    client.get(url("patient_page", adult))
    with django_assert_num_queries(PAGE_QUERIES[count]):
        client.get(url("patient_page", adult))
    assert adult.regimenlines.filter(starts_on=TODAY).count() == count
