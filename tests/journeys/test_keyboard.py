"""The keyboard alone: from the door to a saved allergy and out again, with the focus in sight at every step."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from clinics.models import Clinic, User
from patients.models import Allergy, Patient
from tests.factories import PASSWORD, make_patient
from tests.journeys.conftest import Journey

pytestmark = pytest.mark.browser

# What has the focus, how it is outlined, and whether anything of it lies under the banner, under the foot of a score or
# outside the window. A button of a scale is a native radio under its label, which shows the focus.
FOCUS = """() => {
  const seen = document.activeElement.closest(".scale-button") ?? document.activeElement;
  const box = seen.getBoundingClientRect(), style = getComputedStyle(seen);
  const banner = document.querySelector(".banner");
  const sticks = banner && !banner.contains(seen) && getComputedStyle(banner).position === "sticky";
  const below = sticks && !seen.closest("header, .skip-link") ? banner.getBoundingClientRect().bottom : 0;
  const foot = document.querySelector(".score-foot");
  const stands = foot && !foot.contains(seen) && getComputedStyle(foot).position === "sticky";
  const above = stands ? Math.min(innerHeight, foot.getBoundingClientRect().top) : innerHeight;
  const end = seen.matches("textarea") ? box.top + 24 : box.bottom;  // of a text its line is brought into sight
  return {
    text: (seen.getAttribute("aria-label") || seen.labels?.[0]?.innerText || seen.innerText || "").trim(),
    is_page: seen === document.body,
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    in_sight: box.top >= below - 1 && end <= above + 1 && box.left >= -1 && box.right <= innerWidth + 1,
  };
}"""


def step(page: Page, key: str = "Tab") -> str:
    """Press a key; what has the focus then is outlined and in sight. Returns its words, "" for the page itself."""
    page.keyboard.press(key)
    focus = page.evaluate(FOCUS)
    if focus["is_page"]:
        return ""
    assert focus["outlined"], f"no outline around {focus['text']!r}"
    assert focus["in_sight"], f"{focus['text']!r} is hidden"
    return str(focus["text"])


def tab_to(page: Page, words: str, key: str = "Tab") -> None:
    """Press Tab until something with these words has the focus; a trap or a missing stop fails."""
    passed = []
    for _number in range(80):
        passed.append(step(page, key))
        if words in passed[-1]:
            return
    pytest.fail(f"{words!r} is not among {passed}")


def test_sign_in_search_record_an_allergy_and_sign_out(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = page_of(path="/")
    tab_to(page, "E-mail")
    page.keyboard.type(clinician.email)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Patients")).to_be_visible()

    tab_to(page, "Skip to the content")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, "Surname, record number")
    page.keyboard.type("exam")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/?s=*")
    tab_to(page, "EXAMPLE, Mia")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Summary · adtrack")
    tab_to(page, "Add an allergy")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Record an allergy · adtrack")

    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    tab_to(page, "Allergy to")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Allergy to")).to_be_focused()
    page.keyboard.type("Macro")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Allergy recorded – EXAMPLE, Mia")
    assert Allergy.objects.get().code == "macrolides"

    tab_to(page, clinician.name)
    page.keyboard.press("Enter")
    tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_open_menu_closes_with_escape_and_gives_the_focus_back(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = page_of(clinician, path="/patients/")
    tab_to(page, clinician.name)
    page.keyboard.press("Enter")
    tab_to(page, "Change password")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(page.locator("summary")).to_be_focused()


@pytest.mark.parametrize("size", [(1280, 800), (390, 844), (320, 568), (320, 256)])
def test_nothing_with_the_focus_hides_under_the_banner(
    page_of: Journey, clinician: User, clinic: Clinic, size: tuple[int, int]
) -> None:
    name = "Featherstonehaugh-Cholmondeley of the Northern Marches"
    patient = make_patient(clinic, family_name=name, given_name="Maximiliana")
    viewport = {"width": size[0], "height": size[1]}
    page = page_of(clinician, path=f"/patients/{patient.public_id}/", viewport=viewport)
    for key, last in (("Tab", "Close the record"), ("Shift+Tab", "Summary")):
        tab_to(page, last, key)


def test_every_stop_of_a_form_can_be_left_again(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = page_of(clinician, path=f"/patients/{patient.public_id}/precautions/add/")
    for key, last in (("Tab", "Cancel"), ("Shift+Tab", "Skip to the content")):
        tab_to(page, last, key)


@pytest.mark.parametrize("size", [(1280, 800), (1280, 660), (768, 1024), (720, 660), (390, 844), (320, 568)])
@pytest.mark.parametrize("instrument", ["easi", "poem"])
def test_nothing_of_a_score_hides_under_banner_or_foot(
    page_of: Journey, clinician: User, clinic: Clinic, instrument: str, size: tuple[int, int]
) -> None:
    name = "Featherstonehaugh-Cholmondeley of the Northern Marches"
    patient = make_patient(clinic, family_name=name, given_name="Maximiliana")
    viewport = {"width": size[0], "height": size[1]}
    page = page_of(clinician, path=f"/patients/{patient.public_id}/assessments/new/{instrument}/", viewport=viewport)
    if instrument == "easi":  # the first scale has the focus at once, and is in sight
        assert page.evaluate("document.activeElement.name") == "hn_area"
        assert page.evaluate(FOCUS)["in_sight"]
    for key, last in (("Tab", "Cancel"), ("Shift+Tab", "Summary")):
        tab_to(page, last, key)
