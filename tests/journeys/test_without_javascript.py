"""The same work in a browser without JavaScript."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinics.access import Actor
from clinics.models import Clinic, Role, User
from patients import actions, queries
from patients.models import Allergy, Assessment, AssessmentState, Patient
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


def fill_easi(page: Page, **values: str) -> None:
    """Choose E5 (14.0 from the 8th birthday), with other values in some places."""
    findings = {"hn": "2 2 1 1 0", "ul": "3 2 2 1 1", "tr": "2 1 1 0 0", "ll": "3 2 2 2 1"}
    words = ("area", "redness", "thickness", "scratching", "lichenification")
    for region, row in findings.items():
        for word, value in zip(words, row.split(), strict=True):
            name = f"{region}_{word}"
            page.locator(f"[name={name}][value='{values.get(name, value)}']").check()


def test_easi_with_a_share_that_does_not_fit(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    patient = make_patient(clinic, birth_date=date(1990, 6, 15))
    page = plain(page_of, clinician, f"/patients/{patient.public_id}/assessments/new/easi/")
    expect(page.locator(".live-total")).to_have_text("The total is computed when you save.")
    fill_easi(page, hn_area="1")
    page.get_by_label("Type the area in per cent").check()
    page.get_by_label("per cent Head and neck").fill("29.9")
    page.get_by_role("button", name="Sign", exact=True).click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("listitem")).to_have_text(["Head and neck, area: 29.9 % is area score 2, and 1 was chosen."])
    assert not Assessment.objects.exists()
    expect(page.locator(".scale input:checked")).to_have_count(20)
    expect(page.get_by_label("per cent Head and neck")).to_have_value("29.9")
    page.locator("[name=hn_area][value='2']").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("EASI signed: 14.0 (moderate)")
    assert Assessment.objects.get().hn_percent == Decimal("29.9")


@pytest.mark.parametrize("place", ["per cent Head and neck", "Day"])
def test_enter_signs_nothing(page_of: Journey, clinician: User, patient: Patient, place: str) -> None:
    """Without a script Enter sends the form by its first button: that one keeps a draft, however complete the form is."""
    page = plain(page_of, clinician, f"/patients/{patient.public_id}/assessments/new/easi/")
    fill_easi(page)
    page.get_by_label("Type the area in per cent").check()
    page.get_by_label(place).press("Enter")
    expect(page.locator(".messages")).to_contain_text("EASI kept as a draft, not signed")
    row = Assessment.objects.get()
    assert (row.state, row.total) == (AssessmentState.DRAFT, None)


def test_poem_and_level_and_their_page(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = plain(page_of, clinician, f"/patients/{patient.public_id}/assessments/new/poem/")
    for fieldset in page.locator(".scale-days").all():
        fieldset.get_by_role("radio", name="1–2 days").check()
    page.get_by_role("radio", name="Parent or carer").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("POEM signed: 7 (mild)")
    page.goto(f"/patients/{patient.public_id}/assessments/new/viga_ad/")
    page.get_by_role("radio", name="3 Moderate").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("vIGA-AD signed: 3 (moderate)")
    page.locator(".chart-table").get_by_role("link", name="vIGA-AD").click()
    expect(page.locator(".score-big")).to_have_text("3 moderate")
