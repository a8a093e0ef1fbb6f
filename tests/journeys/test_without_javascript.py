"""The same work in a browser without JavaScript."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinics.access import Actor
from clinics.models import Clinic, Role, User
from patients import actions, queries
from patients.models import Allergy, Patient
from tests.factories import make_clinic, make_member, make_patient
from tests.journeys.conftest import Journey, type_sign_in

pytestmark = pytest.mark.browser


def plain(page_of: Journey, user: User | None = None, path: str = "") -> Page:
    return page_of(user, path=path, java_script_enabled=False)


def test_sign_in_search_and_page(page_of: Journey, clinician: User, clinic: Clinic, patient: Patient) -> None:
    for number in range(queries.PAGE_SIZE + 1):
        make_patient(clinic, family_name=f"Zacharias{number:02d}")
    page = plain(page_of, path="/patients/")
    type_sign_in(page, clinician)
    page.get_by_role("searchbox").fill("zach")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("td.name a")).to_have_count(queries.PAGE_SIZE)
    page.get_by_role("link", name="Next").click()
    expect(page.locator("td.name a")).to_have_text(["ZACHARIAS50, Robin"])
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("td.name a")).to_have_count(queries.PAGE_SIZE)
    page.get_by_role("searchbox").fill("4/5/2019")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".error-summary")).to_contain_text("it can be read in two ways")
    page.get_by_role("searchbox").fill("h-1001")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="EXAMPLE, Mia").click()
    expect(page).to_have_title("Summary · adtrack")

    page.locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_register_after_an_error_that_has_the_focus(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    page = plain(page_of, clinician, "/patients/register/")
    page.get_by_label("Family name").fill("Newcomer")
    page.get_by_role("button", name="Register").click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Given name").click()
    expect(page.get_by_label("Given name")).to_be_focused()
    expect(page.get_by_label("Family name")).to_have_value("Newcomer")
    page.get_by_label("Given name").fill("Ada")
    for box, text in (("Day", "4"), ("Month", "may"), ("Year", "1990")):
        page.get_by_label(box).fill(text)
    page.get_by_label("Sex recorded").select_option(label="Female")
    page.get_by_label("Record number").fill("N-1")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("status")).to_have_text("Registered – NEWCOMER, Ada, 04-May-1990, N-1")


def test_edit_from_a_page_that_is_out_of_date(page_of: Journey, clinician: User, patient: Patient, by: Actor) -> None:
    page = plain(page_of, clinician, f"/patients/{patient.public_id}/")
    page.get_by_role("link", name="Details").click()
    page.get_by_label("Given name").fill("Mila")
    values = {"family_name": "Example", "given_name": "Lina"}
    actions.update_patient(by, patient, values, version=patient.version, at=timezone.now())
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Somebody else changed")).to_be_visible()
    expect(page.get_by_role("row", name="Given name")).to_contain_text("Lina")
    expect(page.get_by_label("Given name")).to_have_value("Mila")
    page.get_by_role("button", name="Save my values").click()
    expect(page.get_by_role("status")).to_contain_text("Saved – EXAMPLE, Mila")


def test_take_back_an_allergy(page_of: Journey, clinician: User, patient: Patient, by: Actor) -> None:
    actions.record_allergy(by, patient, kind="substance", code="latex", text="", reaction="", at=timezone.now())
    page = plain(page_of, clinician, f"/patients/{patient.public_id}/")
    page.get_by_role("link", name="Take back Latex").click()
    page.get_by_label("Reason").fill("wrong person")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back – EXAMPLE, Mia")
    assert Allergy.objects.get().withdrawn_reason == "wrong person"


def test_choose_another_clinic(page_of: Journey, clinician: User, patient: Patient) -> None:
    make_member(make_clinic("Lakeside"), Role.NURSE, user=clinician)
    page = plain(page_of, clinician, "/patients/")
    expect(page.locator("td.name a")).to_have_text(["EXAMPLE, Mia"])
    page.get_by_role("link", name="Switch").click()
    page.get_by_role("button", name="Lakeside").click()
    expect(page.get_by_role("heading", name="No patients yet")).to_be_visible()
    expect(page.locator(".clinic-chip")).to_contain_text("Lakeside")
