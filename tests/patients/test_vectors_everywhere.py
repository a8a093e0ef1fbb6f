"""Every EASI and POEM vector through the form: the stored score, the sentence after saving, chart, table, list, chart data.

The values are those of test_scoring_easi.py and of the clinical reference, worked out by hand. The live total is held to
the same vectors in tests/journeys/test_live_totals.py, the API in test_api_scores.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.models import Clinic, User
from patients.models import Assessment
from patients.models.assessments import POEM_COLUMNS
from patients.scoring.bands import Band
from patients.scoring.easi import WeightSet
from tests.factories import easi_values, make_patient
from tests.patients.test_scoring_easi import VECTORS

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

BORN = {WeightSet.FROM_8: date(1990, 6, 15), WeightSet.UNDER_8: date(timezone.now().year - 6, 1, 1)}
# What a person reads for these totals; the rest have one decimal.
TWO_DECIMALS = {"0.15", "1.05", "7.05", "21.05", "50.05", "0.75"}
# The answers in the order of the form, "-" left open; the total; the words. clinical.md 6.2.
POEMS = [
    ("P1", "0000000", "0", "clear or almost clear"),
    ("P2", "4444444", "28", "very severe"),
    ("P3", "1100000", "2", "clear or almost clear"),
    ("P4", "1110000", "3", "mild"),
    ("P5", "1111111", "7", "mild"),
    ("P6", "2111111", "8", "moderate"),
    ("P7", "3322222", "16", "moderate"),
    ("P8", "3332222", "17", "severe"),
    ("P9", "4443333", "24", "severe"),
    ("P10", "4444333", "25", "very severe"),
    ("P11", "-444444", "24", "severe"),
]


def today(clinic: Clinic) -> dict[str, str]:
    on = clinic.today(timezone.now())
    return {f"assessed_on_{part}": str(getattr(on, part)) for part in ("day", "month", "year")}


def shown_everywhere(client: Client, page: str, record: str, name: str, value: str, word: str) -> None:
    """The total and its word after saving, on a dot of the chart, in the table, the list and the chart's data."""
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert f"{name} signed: {value} ({word})" in text
    titles = re.findall(r"<title>([^<]*)</title><circle", page)
    assert any(title.startswith(f"{name} {value}") and word in title for title in titles), titles
    cells = re.findall(r'<span class="value"><bdi>([^<]*)</bdi></span></td><td data-label="[^"]*">([^<]*)<', page)
    assert cells == [(value, word)]
    listed = client.get(reverse("patient_list")).content.decode()
    assert f"<strong>{value}</strong> {word} " in listed
    data = client.get(f"/api/v1/patients/{record}/chart/?range=all").json()
    assert f'"{Decimal(value).normalize():f}"' in str(data).replace("'", '"') or value in str(data)


@pytest.mark.parametrize(("name", "findings", "weights", "total", "terms", "band"), VECTORS, ids=[v[0] for v in VECTORS])
def test_easi_is_the_same_everywhere(
    signed_in: SignIn,
    clinician: User,
    clinic: Clinic,
    name: str,
    findings: dict[str, str],
    weights: WeightSet,
    total: str,
    terms: str,
    band: Band,
) -> None:
    patient = make_patient(clinic, birth_date=BORN[weights])
    items = {
        column: f"{value:f}" if isinstance(value, Decimal) else str(value)
        for column, value in easi_values(findings).items()
    }
    items.pop("assessed_on")
    client = signed_in(clinician)
    address = reverse("assessment_add", args=[patient.public_id, "easi"])
    sent = today(clinic) | items | {"rater": str(clinician.public_id), "submission": str(uuid4()), "save": "sign"}
    answer = client.post(address, sent, follow=True)
    row = Assessment.objects.get()
    assert (row.total, row.head_neck, row.weight_set) == (Decimal(total), Decimal(terms.split()[0]), weights)
    value = total if total in TWO_DECIMALS else f"{Decimal(total):.1f}"
    word = band.value.replace("_", " ")
    shown_everywhere(client, answer.content.decode(), str(patient.public_id), "EASI", value, word)


@pytest.mark.parametrize(("name", "answers", "total", "word"), POEMS, ids=[v[0] for v in POEMS])
def test_poem_is_the_same_everywhere(
    signed_in: SignIn, clinician: User, clinic: Clinic, name: str, answers: str, total: str, word: str
) -> None:
    patient = make_patient(clinic)
    given = {column: "open" if answer == "-" else answer for column, answer in zip(POEM_COLUMNS, answers, strict=True)}
    client = signed_in(clinician)
    sent = today(clinic) | given | {"respondent": "proxy", "submission": str(uuid4()), "save": "sign"}
    answer = client.post(reverse("assessment_add", args=[patient.public_id, "poem"]), sent, follow=True)
    row = Assessment.objects.get()
    assert (row.total, row.is_imputed) == (Decimal(total), "-" in answers)
    shown_everywhere(client, answer.content.decode(), str(patient.public_id), "POEM", total, word)


def test_poem_with_two_open_answers_is_not_scored_anywhere(signed_in: SignIn, clinician: User, clinic: Clinic) -> None:
    patient = make_patient(clinic)  # P12
    given = {column: "open" if n < 2 else "4" for n, column in enumerate(POEM_COLUMNS)}
    client = signed_in(clinician)
    sent = today(clinic) | given | {"respondent": "self", "submission": str(uuid4()), "save": "sign"}
    page = client.post(reverse("assessment_add", args=[patient.public_id, "poem"]), sent, follow=True).content.decode()
    assert Assessment.objects.get().total is None
    assert "POEM signed: not scored" in page
    assert not re.findall(r"<title>[^<]*</title><circle", page)
    assert "<strong>20</strong>" not in client.get(reverse("patient_list")).content.decode()
