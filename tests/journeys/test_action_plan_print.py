"""The action plan on paper: one sheet, A4 and Letter, letters large enough, nothing of the file, nothing for staff."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from clinics.access import Actor
from clinics.models import User
from patients.models import Patient
from regimens import actions
from regimens.models import DoseSettings, RegimenLine
from regimens.protocol.facts import Phase
from tests.factories import make_line, place
from tests.journeys.conftest import Journey

pytestmark = pytest.mark.browser
MARGIN = dict.fromkeys(("top", "right", "bottom", "left"), "12mm")
WORDS = "Go on with it as before. Do not stop on your own. Tell us in the next days how it went, also when all is well."


def much(patient: Patient, by: Actor) -> None:
    """A regimen as full as they come: an ointment in two phases, a steroid, care, as needed, something from elsewhere."""
    at = timezone.now()
    today = patient.clinic.today(at)
    review = today + timedelta(days=42)

    def line(key: str, *places: str, **more: Any) -> None:
        make_line(patient, by=by, key=key, places=tuple(place(one) for one in places), at=at, **more)

    line(
        "tacrolimus-0.03", "face", "neck", "elbow_folds:both", review_on=review, instructions="On dry skin, in the evening."
    )
    ointment = RegimenLine.objects.get(product__key="tacrolimus-0.03")
    kept: dict[str, Any] = {"weekdays": [0, 3], "flares_in_a_year": 5, "review_on": today + timedelta(days=90)}
    actions.step_to_maintenance(by, ointment, [place("face"), place("neck")], version=ointment.version, at=at, **kept)
    line("hydrocortisone-butyrate-0.1", "hands:both", "knee_folds:both", review_on=review)
    line("emollient", "whole_body", amount=Decimal(30), amount_unit="g")
    line("bathing", per_day=1)
    line("cetirizine", phase=Phase.AS_NEEDED, per_day=None, condition="itch at night", most_per_day=1, dose="5 mg")
    line("hydrocortisone-1", "eyelids:both", is_elsewhere=True, review_on=review)


def sheets(page: Page, size: str) -> int:
    """How many sheets it takes."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format=size, margin=MARGIN)))


@pytest.mark.parametrize("is_written", [True, False])
def test_a_full_plan_fits_on_one_sheet(
    page_of: Journey, clinician: User, patient: Patient, by: Actor, is_written: bool
) -> None:
    much(patient, by)
    if is_written:
        own = dict.fromkeys(("green_words", "yellow_words", "red_words"), WORDS)
        DoseSettings.objects.create(clinic=patient.clinic, call_words="Hillside 0123 456 789, nights 0123 456 000", **own)
    page = page_of(clinician, path=reverse("action_plan", args=[patient.public_id]))
    assert [sheets(page, size) for size in ("A4", "Letter")] == [1, 1]


def test_on_paper_stands_the_plan_and_nothing_else(page_of: Journey, clinician: User, patient: Patient, by: Actor) -> None:
    much(patient, by)
    page = page_of(clinician, path=reverse("action_plan", args=[patient.public_id]))
    page.emulate_media(media="print")
    words = page.locator("body").inner_text()
    for said in ("My plan for eczema", "Mia Example", "born 4\u00a0May\u00a02019", "Hillside", "Green", "Yellow", "Red"):
        assert said in words
    for other in ("Allergies", "Only you see this", "has not written", "Record", "adtrack", "Sign out"):
        assert other not in words
    sizes = page.locator(".plan-part li, .plan-part p").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 13.3  # 10 points
    uses = page.locator(".plan-green li, .plan-yellow li, .plan-red li").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(uses) >= 14.6  # 11 points
