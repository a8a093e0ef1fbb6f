"""A session that ends: the warning before, and what was typed after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinics.access import STAFF_LIMITS
from clinics.models import User
from patients.models import Allergy, Patient
from tests.journeys.conftest import Journey, type_sign_in

pytestmark = pytest.mark.browser


def idle_for(page: Page, idle: timedelta) -> None:
    """Nobody has done anything for a while: set back what the server remembers of this browser."""
    cookie = next(cookie for cookie in page.context.cookies() if cookie["name"] == "session")
    session = Session.objects.get(session_key=cookie["value"])
    values = session.get_decoded()
    values["seen_at"] = int((timezone.now() - idle).timestamp())
    session.session_data = Session.objects.encode(values)
    session.save()


def half_filled(page_of: Journey, user: User, patient: Patient, *, with_clock: bool = False) -> Page:
    """An allergy typed and not saved."""
    page = page_of(user)
    if with_clock:
        page.clock.install()
    page.goto(f"/patients/{patient.public_id}/allergies/add/")
    page.get_by_label("Allergy to").select_option(label="Latex")
    page.get_by_label("Reaction").fill("hives on both hands")
    return page


def test_warning_appears_and_one_key_extends_the_session(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = half_filled(page_of, clinician, patient, with_clock=True)
    dialog = page.get_by_role("dialog", name="Are you still there?")
    expect(dialog).to_be_hidden()
    idle_for(page, STAFF_LIMITS.idle - timedelta(seconds=90))
    page.clock.fast_forward("14:00")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Stay signed in")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    left = page.request.get("/session/").json()["seconds_left"]
    assert left > 120
    expect(page.get_by_label("Reaction")).to_have_value("hives on both hands")


def test_no_warning_while_another_tab_is_busy(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = half_filled(page_of, clinician, patient, with_clock=True)
    with page.expect_response("**/session/"):
        page.clock.fast_forward("14:00")
    expect(page.get_by_role("dialog", name="Are you still there?")).to_be_hidden()


def test_page_that_was_left_alone_goes_to_the_sign_in(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = page_of(clinician)
    page.clock.install()
    page.goto(f"/patients/{patient.public_id}/")
    idle_for(page, STAFF_LIMITS.idle + timedelta(minutes=1))
    page.clock.fast_forward("14:00")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_text("You were signed out because nothing happened here")).to_be_visible()
    expect(page.get_by_text("EXAMPLE, Mia")).to_have_count(0)
    type_sign_in(page, clinician)
    expect(page.get_by_role("region", name="Patient")).to_contain_text("EXAMPLE, Mia")


def test_form_that_was_left_half_filled_is_there_after_signing_in(
    page_of: Journey, clinician: User, patient: Patient
) -> None:
    page = half_filled(page_of, clinician, patient, with_clock=True)
    idle_for(page, STAFF_LIMITS.idle + timedelta(minutes=1))
    page.clock.fast_forward("14:00")
    expect(page.get_by_text("What you typed was kept.")).to_be_visible()
    expect_kept(page, clinician)


def test_form_sent_after_the_session_ended_is_there_after_signing_in(
    page_of: Journey, clinician: User, patient: Patient
) -> None:
    page = half_filled(page_of, clinician, patient)
    idle_for(page, STAFF_LIMITS.idle + timedelta(minutes=1))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("What you typed was kept.")).to_be_visible()
    expect_kept(page, clinician)


def expect_kept(page: Page, user: User) -> None:
    """After signing in the form shows what was typed; nothing is saved before it is sent again."""
    type_sign_in(page, user)
    expect(page.get_by_text("This is what you typed before.")).to_be_visible()
    expect(page.get_by_label("Reaction")).to_have_value("hives on both hands")
    assert not Allergy.objects.exists()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Allergy recorded – EXAMPLE, Mia")
    assert Allergy.objects.get().reaction == "hives on both hands"


def test_somebody_else_who_signs_in_sees_nothing_of_it(
    page_of: Journey, clinician: User, nurse: User, patient: Patient
) -> None:
    page = half_filled(page_of, clinician, patient)
    idle_for(page, STAFF_LIMITS.idle + timedelta(minutes=1))
    page.get_by_role("button", name="Save").click()
    type_sign_in(page, nurse)
    expect(page).to_have_title("Record an allergy · adtrack")
    expect(page.get_by_label("Reaction")).to_have_value("")
    expect(page.get_by_text("This is what you typed before.")).to_have_count(0)
    page.go_back()
    page.go_back()
    expect(page.get_by_text("hives on both hands")).to_have_count(0)
