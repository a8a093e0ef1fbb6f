"""Coming in, finding somebody, registering somebody: the first hour of a new colleague."""

from __future__ import annotations

from datetime import date
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from clinics.models import Clinic, User
from patients import queries
from patients.models import Patient
from tests.factories import make_patient
from tests.journeys.conftest import Journey, type_sign_in

pytestmark = pytest.mark.browser


def names(page: Page) -> list[str]:
    return page.locator("td.name a").all_inner_texts()


def search(page: Page, text: str) -> None:
    """Type into the search box and wait until the list is that of a search."""
    box = page.get_by_role("searchbox")
    box.fill(text)
    before = page.url
    box.press("Enter")
    page.wait_for_url(lambda url: url != before and "?s=" in url)


def fill_date(page: Page, day: str, month: str, year: str) -> None:
    page.get_by_label("Day").fill(day)
    page.get_by_label("Month").fill(month)
    page.get_by_label("Year").fill(year)


def test_somebody_signs_in_and_finds_a_patient_by_whatever_is_known(
    page_of: Journey, clinician: User, patient: Patient, clinic: Clinic
) -> None:
    for number in range(queries.PAGE_SIZE + 1):
        make_patient(clinic, family_name=f"Zacharias{number:02d}", birth_date=date(2001, 1, 1))
    page = page_of(path="/")
    expect(page).to_have_title("Sign in · adtrack")
    type_sign_in(page, clinician)
    expect(page.get_by_role("heading", name="Patients")).to_be_visible()

    for text in ("exam", "EXAMPLE, m", "H-1001", "04-May-2019"):
        search(page, text)
        expect(page.locator("td.name a")).to_have_text(["EXAMPLE, Mia"])
    search(page, "zacharias")
    expect(page.locator("td.name a")).to_have_count(queries.PAGE_SIZE)
    page.get_by_role("link", name="Next").click()
    expect(page.locator("td.name a")).to_have_text(["ZACHARIAS50, Robin"])
    expect(page.get_by_role("searchbox")).to_have_value("zacharias")
    page.go_back()
    expect(page.locator("td.name a")).to_have_count(queries.PAGE_SIZE)
    page.go_back()
    expect(page.locator("td.name a")).to_have_text(["EXAMPLE, Mia"])
    expect(page.get_by_role("searchbox")).to_have_value("04-May-2019")

    page.get_by_role("link", name="EXAMPLE, Mia").click()
    expect(page.get_by_role("region", name="Patient")).to_contain_text("EXAMPLE, Mia")
    page.go_back()
    expect(page.locator("td.name a")).to_have_text(["EXAMPLE, Mia"])
    page.get_by_role("link", name="Show all").click()
    expect(page.locator("td.name a")).to_have_count(queries.PAGE_SIZE)
    assert_no_patient_in(page_of.watch.addresses)


def assert_no_patient_in(addresses: list[str]) -> None:
    """No address the browser asked for holds a name, a number or a date of a patient."""
    known = ("exam", "mia", "zacharias", "1001", "2019", "may")
    paths = [unquote(url).lower().partition("/patients")[2] for url in addresses]
    assert [path for path in paths if any(part in path for part in known)] == []


def test_search_without_leaving_the_page_offers_the_way_back_and_says_what_was_found(
    page_of: Journey, clinician: User, patient: Patient
) -> None:
    page = page_of(clinician, path="/patients/")
    expect(page.get_by_role("link", name="Show all")).to_have_count(0)
    search(page, "exam")
    expect(page.get_by_role("status")).to_have_text("1 patient found")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("link", name="Show all")).to_be_visible()
    search(page, "nobody")
    expect(page.get_by_role("status")).to_have_text("Nobody found")


def test_search_that_reads_in_two_ways_says_so(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = page_of(clinician, path="/patients/")
    page.get_by_role("searchbox").fill("4/5/2019")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator(".error-summary")).to_contain_text("it can be read in two ways")
    expect(page.get_by_role("searchbox")).to_have_value("4/5/2019")
    page.get_by_role("link", name="it can be read in two ways").click()
    expect(page.get_by_role("searchbox")).to_be_focused()
    search(page, "4.5.2019")
    expect(page.locator("td.name a")).to_have_text(["EXAMPLE, Mia"])


def test_registration_keeps_what_was_typed_warns_of_a_double_and_says_whose_record_it_is(
    page_of: Journey, clinician: User, patient: Patient, clinic: Clinic
) -> None:
    page = page_of(clinician, path="/patients/")
    page.get_by_role("link", name="Register a patient").click()
    page.get_by_label("Family name").fill("Exampel")
    page.get_by_label("Given name").fill("Mia")
    fill_date(page, "31", "Feb", "2019")
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Register").click()

    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(page).to_have_title("Error: Register a patient · adtrack")
    for link, box in (
        ("Date of birth", "Day"),
        ("Sex recorded for clinical use", "Sex recorded for clinical use"),
        ("Record number", "Record number"),
    ):
        summary.get_by_role("link", name=link).click()
        expect(page.get_by_label(box)).to_be_focused()
    expect(page.get_by_label("Family name")).to_have_value("Exampel")
    expect(page.get_by_label("Month")).to_have_value("Feb")
    expect(page.get_by_label("Language")).to_have_value("de")

    fill_date(page, "4", "5", "2019")
    page.get_by_label("Sex recorded").select_option(label="Female")
    page.get_by_label("Record number").fill("N-2002")
    page.get_by_label("No guardian because").select_option(label="Evidence still to be seen")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Is it one of these?")).to_be_visible()
    expect(page.get_by_role("link", name="EXAMPLE, Mia")).to_be_visible()
    assert clinic.patients.count() == 1

    page.get_by_label("None of these is the same person").check()
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("status")).to_have_text("Registered – EXAMPEL, Mia, 04-May-2019, N-2002")
    expect(page.get_by_role("region", name="Patient")).to_contain_text("EXAMPEL, Mia")
    assert clinic.patients.get(record_number="N-2002").language == "de"
    assert_no_patient_in(page_of.watch.addresses)
