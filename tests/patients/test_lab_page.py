"""The page of one laboratory value: what it says, for whom, and what is said when it is taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from django.test import Client
from django.urls import reverse

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions, queries
from patients.models import LabResult, Patient
from tests.factories import NOW, make_lab, make_member, make_patient

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
TODAY = date(2026, 11, 20)


@pytest.fixture
def child(clinic: Clinic, clinician: User) -> Patient:
    return make_patient(clinic, birth_date=date(2019, 5, 4))


def address(row: LabResult) -> str:
    return reverse("lab_page", args=[row.patient.public_id, row.public_id])


def words(client: Client, row: LabResult) -> str:
    """The text of the page without markup."""
    text = client.get(address(row)).content.decode().split("<main", 1)[1]
    return re.sub(r"[ \n]+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


def test_it_says_everything_in_the_clinic_s_zone(signed_in: SignIn, nurse: User, child: Patient, by: Actor) -> None:
    at = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)  # half past midnight of the next day in Berlin
    more = {"laboratory_limit": Decimal(900), "is_haemolysed": True, "comment": "second tube"}
    row = make_lab(child, "1234.5", by=by, on=date(2026, 5, 2), at=at, **more)
    text = words(signed_in(nurse), row)
    for said in (
        "TARC of 02-May-2026",
        "1234.5\u00a0pg/mL at or above the limit",
        "The sample was haemolysed.",
        "Limit 900\u00a0pg/mL, the laboratory's own (by age 743\u00a0pg/mL)",
        "Assay and laboratory HISCL, central laboratory",
        "Collected 02-May-2026",
        "Sample haemolysed yes",
        "Entered 05-May-2026 00:30 , Dana Derm",
        "Comment second tube",
        "Take back",
    ):
        assert said in text, said
    event = AuditEvent.objects.latest("pk")
    assert (event.verb, event.kind, event.patient) == ("laboratory results opened", "R", child.public_id)


@pytest.mark.parametrize(
    ("value", "more", "word", "limit"),
    [
        ("743", {}, "at or above the limit", "743\u00a0pg/mL, the published one for the age"),
        ("742.9", {}, "below the limit", "743\u00a0pg/mL, the published one for the age"),
        (
            "743",
            {"laboratory_limit": Decimal("743.1")},
            "below the limit",
            "743.1\u00a0pg/mL, the laboratory's own (by age 743\u00a0pg/mL)",
        ),
    ],
)
def test_whose_limit(child: Patient, value: str, more: dict[str, Any], word: str, limit: str) -> None:
    view = queries.lab_view(make_lab(child, value, **more), on=TODAY)
    assert (view.word, view.limit) == (word, limit)


@pytest.mark.parametrize(
    ("own", "limit"), [(None, "none for this age"), (Decimal(900), "900\u00a0pg/mL, the laboratory's own")]
)
def test_without_a_limit_for_the_age(clinic: Clinic, clinician: User, own: Decimal | None, limit: str) -> None:
    baby = make_patient(clinic, birth_date=date(2026, 9, 20))
    view = queries.lab_view(make_lab(baby, laboratory_limit=own), on=TODAY)
    assert (view.word, view.limit) == ("at or above the limit" if own else "", limit)


def test_what_was_taken_back_says_so_and_is_not_offered_again(
    signed_in: SignIn, nurse: User, child: Patient, by: Actor
) -> None:
    row = make_lab(child, by=by)
    way = reverse("row_withdraw", args=[child.public_id, "labs", row.public_id])
    client = signed_in(nurse)
    assert way in client.get(address(row)).content.decode()
    actions.withdraw(by, row, reason="wrong tube", at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    assert "Taken back: 21-Nov-2026, Dana Derm – wrong tube . It counts nowhere." in words(client, row)
    assert way not in client.get(address(row)).content.decode()


def test_the_title_of_taking_back_names_value_and_day(signed_in: SignIn, nurse: User, child: Patient) -> None:
    row = make_lab(child, on=date(2026, 5, 4), at=NOW)
    page = signed_in(nurse).get(reverse("row_withdraw", args=[child.public_id, "labs", row.public_id])).content.decode()
    assert "<h1>Take back: TARC 5000\u00a0pg/mL of 04-May-2026</h1>" in page
    assert str(row) == "TARC 5000\u00a0pg/mL of 04-May-2026"


def test_a_clinic_admin_does_not_see_it_and_learns_of_no_value(
    signed_in: SignIn, nurse: User, clinic: Clinic, child: Patient
) -> None:
    row = make_lab(child)
    signed_in(nurse).get(address(row))
    office = signed_in(make_member(clinic, Role.CLINIC_ADMIN))
    assert office.get(address(row)).status_code == 403
    assert "laboratory" not in office.get(reverse("clinic_audit")).content.decode().lower()


def test_the_chart_leads_to_it(signed_in: SignIn, nurse: User, child: Patient) -> None:
    row = make_lab(child)
    client = signed_in(nurse)
    chart = reverse("patient_chart", args=[child.public_id])
    assert f'href="../labs/{row.public_id}/"' in client.get(chart, {"range": "all"}).content.decode()
    assert urljoin(chart, f"../labs/{row.public_id}/") == address(row)
