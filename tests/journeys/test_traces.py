"""What a page leaves behind: in the browser nothing, on paper whose page it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from clinics.models import User
from patients.models import Patient
from tests.journeys.conftest import Journey

pytestmark = pytest.mark.browser

STORED = "() => [Object.entries(localStorage), Object.entries(sessionStorage)]"
KEPT = """async () => [
  (await caches.keys()).length,
  (await indexedDB.databases()).length,
  (await navigator.serviceWorker.getRegistrations()).length,
]"""


def sign_out(page: Page) -> None:
    page.locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_nothing_of_a_patient_stays_in_the_browser(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = page_of(clinician, path="/patients/")
    page.get_by_role("searchbox").fill("exam")
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**/patients/?s=*")
    page.get_by_role("link", name="EXAMPLE, Mia").click()
    page.go_back()
    expect(page.locator("td.name a")).to_have_text(["EXAMPLE, Mia"])
    page.go_forward()
    expect(page.get_by_role("region", name="Patient")).to_contain_text("EXAMPLE, Mia")
    # htmx notes the address of the page it is on; addresses hold random ids only.
    assert page.evaluate(STORED) == [[], [["htmx-current-path-for-history", f"/patients/{patient.public_id}/"]]]
    assert page.evaluate(KEPT) == [0, 0, 0]
    assert {cookie["name"] for cookie in page.context.cookies()} == {"session", "csrf"}
    sign_out(page)
    assert [value for area in page.evaluate(STORED) for _name, value in area if "patients" in value] == []


def test_back_after_signing_out_shows_no_record(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = page_of(clinician, path="/patients/")
    page.get_by_role("link", name="EXAMPLE, Mia").click()
    expect(page.get_by_role("region", name="Patient")).to_be_visible()
    sign_out(page)
    page.go_back()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_text("EXAMPLE")).to_have_count(0)


def test_paper_says_whose_record_it_is(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = page_of(clinician, path=f"/patients/{patient.public_id}/")
    page.emulate_media(media="print")
    banner = page.get_by_role("region", name="Patient")
    for words in ("EXAMPLE, Mia", "04-May-2019", "H-1001", "Allergies"):
        expect(banner).to_contain_text(words)
    expect(banner).to_be_visible()
    pregnancy = page.get_by_role("listitem").filter(has_text="Pregnancy")
    expect(pregnancy.get_by_text("Not asked")).to_be_visible()
    for gone in (".site-header", ".tabs", ".site-footer", ".skip-link"):
        expect(page.locator(gone)).to_be_hidden()
    for button in page.locator(".btn").all():
        expect(button).to_be_hidden()
    # Chromium repeats the head of a table on every sheet, if it may not be broken.
    style = "banner => [getComputedStyle(banner).display, getComputedStyle(banner).breakInside]"
    assert banner.evaluate(style) == ["table-header-group", "avoid"]
