"""The live total against every vector: what the page says while it is filled in is what the server will say."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from clinics.models import Clinic, User
from patients.scoring.easi import WeightSet
from tests.factories import SIGN_ORDER, make_patient
from tests.journeys.conftest import Journey
from tests.patients.test_scoring_easi import NONE, VECTORS
from tests.patients.test_vectors_everywhere import BORN, POEMS, TWO_DECIMALS

pytestmark = pytest.mark.browser

# Chooses in every group of the page, then waits until the total has been said.
CHOOSE = """async (chosen) => {
  const form = document.querySelector(".score-form");
  for (const [name, value] of Object.entries(chosen)) {
    form.querySelector(`input[name="${name}"][value="${value}"]`).checked = true;
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
  await new Promise((done) => setTimeout(done, 450));
  return document.querySelector(".live-total").textContent.trim();
}"""


def said(page: Page, chosen: dict[str, str]) -> str:
    return str(page.evaluate(CHOOSE, chosen))


def buttons(findings: dict[str, str]) -> dict[str, str]:
    """The buttons of these findings, by group."""
    chosen = {}
    for region in ("hn", "ul", "tr", "ll"):
        signs, area = findings.get(region, NONE).split("|")
        chosen |= {f"{region}_{sign}": value for sign, value in zip(SIGN_ORDER, signs.split(), strict=True)}
        chosen[f"{region}_area"] = area.strip()
    return chosen


@pytest.mark.parametrize("weights", list(WeightSet))
def test_live_total_of_every_easi_vector(page_of: Journey, clinician: User, clinic: Clinic, weights: WeightSet) -> None:
    patient = make_patient(clinic, birth_date=BORN[weights])
    page = page_of(clinician, path=reverse("assessment_add", args=[patient.public_id, "easi"]))
    tried = [vector for vector in VECTORS if vector[2] == weights]
    heard = {name: said(page, buttons(findings)) for name, findings, *_rest in tried}
    assert heard == {
        name: f"EASI {total if total in TWO_DECIMALS else f'{Decimal(total):.1f}'} – {band.value.replace('_', ' ')}"
        for name, _findings, _weights, total, _terms, band in tried
    }


def test_live_total_of_every_poem_vector(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    patient = make_patient(clinic)
    page = page_of(clinician, path=reverse("assessment_add", args=[patient.public_id, "poem"]))
    names = ["itch", "sleep", "bleeding", "weeping", "cracking", "flaking", "dryness"]
    heard = {}
    for name, answers, _total, _word in [*POEMS, ("P12", "--44444", "", "")]:
        chosen = {f"poem_{q}": "open" if a == "-" else a for q, a in zip(names, answers, strict=True)}
        heard[name] = said(page, chosen)
    expected = {name: f"POEM {total} – {word}" for name, _answers, total, word in POEMS}
    expected |= {"P11": "POEM 24 – severe, one open question counts 0", "P12": "not scored: 2 questions left open"}
    assert heard == expected
