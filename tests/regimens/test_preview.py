"""What an order would mean: doses of two weeks, and the card of the patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from clinics.models import User
from patients.models import Patient
from regimens.models import ProductFact
from regimens.queries import preview
from tests.factories import make_clinic, make_emollient, make_order, make_patient
from tests.regimens.pages import order_form, text_of, url

pytestmark = pytest.mark.django_db
LEAFLET = "EMA package leaflet EU/1/02/201/001, 14-Oct-2024"
ELSEWHERE = "; no label of this jurisdiction is on file"
TWO_HOURS = "Leave 2\u00a0hours between this and an emollient on the same skin."
AT_ONCE = "An emollient can follow at once."
SINGAPORE = "Product information of Elidel, Singapore SIN12179P (test-moh-ndf)"


@pytest.mark.parametrize(
    ("key", "jurisdiction", "gap", "source"),
    [
        ("tacrolimus-0.1", "EU", TWO_HOURS, LEAFLET),
        ("tacrolimus-0.03", "EU", TWO_HOURS, LEAFLET),
        ("tacrolimus-0.1", "US", TWO_HOURS, LEAFLET + ELSEWHERE),
        ("tacrolimus-0.1", "other", TWO_HOURS, LEAFLET + ELSEWHERE),
        ("pimecrolimus-1", "EU", AT_ONCE, SINGAPORE),
        ("hydrocortisone-1", "EU", "", ""),
        ("emollient", "EU", "", ""),
    ],
)
def test_the_card_says_the_time_to_an_emollient_with_its_source(key: str, jurisdiction: str, gap: str, source: str) -> None:
    patient = make_patient(make_clinic(jurisdiction=jurisdiction))
    (card,) = preview(patient, [make_order(key)]).cards
    assert (card.gap, card.gap_source) == (gap, source)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        ("0", AT_ONCE),
        ("1", "Leave 1\u00a0minute between"),
        ("59", "Leave 59\u00a0minutes between"),
        ("60", "Leave 1\u00a0hour between"),
        ("90", "Leave 90\u00a0minutes between"),
    ],
)
def test_the_time_is_said_in_hours_or_minutes(adult: Patient, minutes: str, said: str) -> None:
    ProductFact.objects.filter(product__key="tacrolimus-0.1", kind="emollient-gap-minutes").update(value=minutes)
    assert preview(adult, [make_order("tacrolimus-0.1")]).cards[0].gap.startswith(said)


def test_what_nobody_verified_is_not_on_the_card(adult: Patient) -> None:
    ProductFact.objects.filter(kind="emollient-gap-minutes").update(is_verified=False)
    assert preview(adult, [make_order("tacrolimus-0.1")]).cards[0].gap == ""


def test_what_is_prescribed_elsewhere_has_no_doses_here(adult: Patient) -> None:
    elsewhere = replace(make_order("hydrocortisone-1", "trunk"), is_elsewhere=True)
    found = preview(adult, [elsewhere, make_emollient()])
    assert (found.names, found.elsewhere) == (["Emollient"], ["Hydrocortisone 1\u00a0% cream"])
    assert [(len(found.days), *one.doses) for one in found.days[:2]] == [(14, "××"), (14, "××")]
    assert [card.is_elsewhere for card in found.cards] == [True, False]
    alone = preview(adult, [elsewhere])
    assert (alone.names, alone.days, len(alone.cards)) == ([], [], 1)


def test_the_page_says_that_no_doses_are_planned(
    signed_in: Callable[[User], Client], clinician: User, adult: Patient
) -> None:
    sent = order_form("tacrolimus-0.1", "face", is_elsewhere="on") | {"do": "look"}
    answer = signed_in(clinician).post(url("regimen_prescribe", adult), sent)
    page = text_of(answer)
    assert (
        "Tacrolimus 0.1 % ointment is prescribed elsewhere: it counts in the checks, but no doses are planned here" in page
    )
    assert "×" not in page
    assert f"{TWO_HOURS} {LEAFLET}".replace("\u00a0", " ") in page
