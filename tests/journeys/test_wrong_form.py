"""Forms that come back from the wrong person, from the wrong page, or twice: at most one record, and the right one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from clinics.models import Clinic, User
from patients.models import Allergy, Measurement, Patient
from tests.factories import make_patient
from tests.journeys.conftest import Journey, type_sign_in

pytestmark = pytest.mark.browser

# A server that never answers: sending is counted after the page's own handlers, and then held.
COUNT_AND_STOP = """() => {
  window.sent = 0;
  window.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) window.sent += 1;
    event.preventDefault();
  });
}"""


def typed(page: Page, patient: Patient) -> Page:
    """An allergy typed and not saved."""
    page.goto(f"/patients/{patient.public_id}/allergies/add/")
    page.get_by_label("Allergy to").select_option(label="Latex")
    page.get_by_label("Reaction").fill("hives on both hands")
    return page


def test_form_of_somebody_who_signed_out_in_another_tab(
    page_of: Journey, clinician: User, nurse: User, patient: Patient
) -> None:
    old = typed(page_of(clinician), patient)
    new = old.context.new_page()
    new.goto("/patients/")
    new.locator("summary").click()
    new.get_by_role("button", name="Sign out").click()
    type_sign_in(new, nurse)
    old.get_by_role("button", name="Save").click()
    expect(old.get_by_role("heading", name="This form was opened by someone else")).to_be_visible()
    expect(old.get_by_text("Nothing was saved.")).to_be_visible()
    assert not Allergy.objects.exists()
    old.goto(f"/patients/{patient.public_id}/allergies/add/")
    expect(old.get_by_label("Reaction")).to_have_value("")


def test_form_sent_to_another_patient(page_of: Journey, clinician: User, clinic: Clinic, patient: Patient) -> None:
    page = typed(page_of(clinician), patient)
    other = make_patient(clinic)
    page.locator("form[data-keep]").evaluate(
        "(form, path) => { form.action = path }", f"/patients/{other.public_id}/allergies/add/"
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="This form belongs to another page")).to_be_visible()
    assert not Allergy.objects.exists()
    page.get_by_role("link", name="Open that page with the input").click()
    expect(page.get_by_role("region", name="Patient")).to_contain_text("EXAMPLE, Mia")
    expect(page.get_by_label("Reaction")).to_have_value("hives on both hands")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Allergy recorded – EXAMPLE, Mia")
    assert Allergy.objects.get().patient == patient


def measurement(page_of: Journey, user: User, patient: Patient) -> Page:
    """A weight typed and not saved."""
    page = page_of(user, path=f"/patients/{patient.public_id}/measurements/add/")
    page.get_by_label("Weight").check()
    page.get_by_label("Value").fill("24.5")
    return page


@pytest.mark.engine
def test_double_click_makes_one_record(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = measurement(page_of, clinician, patient)
    page.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Measurement recorded – EXAMPLE, Mia")
    assert Measurement.objects.count() == 1


def test_form_is_sent_once_however_slow_the_answer(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = measurement(page_of, clinician, patient)
    page.evaluate(COUNT_AND_STOP)
    for _impatience in range(3):
        page.get_by_role("button", name="Save").click()
    assert page.evaluate("window.sent") == 1


def test_form_can_be_sent_again_after_going_back(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = measurement(page_of, clinician, patient)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.go_back()
    page.get_by_label("Height").check()
    page.get_by_label("Value").fill("120")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert Measurement.objects.count() == 2
