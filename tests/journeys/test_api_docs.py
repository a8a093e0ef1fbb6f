"""The page to read and try the API, in a real browser, under the content security policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from clinics.models import User
from patients.models import Patient
from tests.journeys.conftest import PageOf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_operation_is_tried_on_the_page(page_of: PageOf, nurse: User, patient: Patient) -> None:
    """The page works without an inline script or style, and sends the session's CSRF token with a change."""
    page = page_of(nurse, path="/api/v1/docs/")
    search = page.locator("#operations-patients-patients_search")
    search.locator(".opblock-summary-control").click(timeout=60_000)  # the page of every operation is long in the making
    search.get_by_role("button", name="Try it out").click()
    search.locator("textarea").fill('{"text": "exam"}')
    search.get_by_role("button", name="Execute").click()
    answer = search.locator(".live-responses-table tbody")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer).to_contain_text(str(patient.public_id))


def test_without_a_session_the_page_leads_to_the_sign_in(page_of: PageOf) -> None:
    page = page_of(path="/api/v1/docs/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
