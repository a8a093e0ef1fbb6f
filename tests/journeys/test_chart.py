"""The chart in a real browser: by keyboard, without JavaScript, on paper, for axe, on a phone and from right to left."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from clinics.models import Clinic, User
from clinics.models.base import day
from patients import actions
from patients.models import Assessment, Patient
from tests.factories import actor_for, make_assessment, make_lab, make_patient
from tests.journeys.conftest import Journey
from tests.journeys.test_accessibility import LONG, look

pytestmark = pytest.mark.browser


def path(patient: Patient, wanted: str = "6m") -> str:
    return f"{reverse('patient_chart', args=[patient.public_id])}?range={wanted}"


@pytest.fixture
def child(clinic: Clinic, clinician: User) -> Patient:
    """A child who turned eight sixty days ago, with everything a chart can hold; all names as long as they may be."""
    clinician.name = f"Dr {LONG}"
    clinician.save()
    now = timezone.now()
    today = clinic.today(now)
    by = actor_for(clinician, clinic)
    child = make_patient(clinic, birth_date=chart_birth(today))
    for days in (150, 100, 50, 10):
        for instrument in ("easi", "viga_ad", "poem", "itch"):
            make_assessment(child, instrument, by=by, on=today - timedelta(days=days), at=before(now, days))
        make_lab(child, str(400 * days), by=by, on=today - timedelta(days=days), at=before(now, days), assay=LONG)
    proxy = {"respondent": "proxy", "by": by, "on": today - timedelta(days=10), "at": now}
    make_assessment(child, "poem", poem_itch=None, **proxy)
    make_assessment(child, "itch", level=9, **proxy)
    row = Assessment.objects.filter(patient=child, instrument="viga_ad").first()
    assert row is not None
    values = {"assessed_on": row.assessed_on, "level": 4}
    actions.amend_assessment(by, row, values, reason=LONG, submission=uuid4(), at=now)
    gone = make_assessment(child, "itch", by=by, on=today - timedelta(days=5), at=now)
    actions.withdraw_assessment(by, gone, reason=LONG, at=now)
    make_assessment(child, by=by, on=today, at=now, sign=False)
    lab = {"is_haemolysed": True, "laboratory_limit": Decimal(900)}
    make_lab(child, "2500", by=by, on=today - timedelta(days=3), at=now, assay=f"{LONG} 2", **lab)
    return child


def chart_birth(today: date) -> date:
    eighth = today - timedelta(days=60)
    return eighth.replace(year=eighth.year - 8) if (eighth.month, eighth.day) != (2, 29) else date(eighth.year - 8, 2, 29)


def before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
def test_chart_is_accessible(page_of: Journey, clinician: User, child: Patient, locale: str) -> None:
    page = page_of(clinician, path=path(child), locale=locale)
    expect(page.locator(".panel .plot")).to_have_count(6)
    assert page.locator("html").get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")
    look(page, f"chart {locale}")


@pytest.mark.parametrize("wanted", ["12w", "all"])
def test_a_chart_of_nothing_is_accessible(page_of: Journey, clinician: User, patient: Patient, wanted: str) -> None:
    page = page_of(clinician, path=path(patient, wanted))
    expect(page.get_by_role("heading", name="No scores yet")).to_be_visible()
    look(page, f"chart of nothing {wanted}")


def test_time_runs_from_left_to_right_in_every_language(page_of: Journey, clinician: User, child: Patient) -> None:
    for locale in ("en-GB", "ar"):
        page = page_of(clinician, path=path(child), locale=locale)
        dots = page.locator(".panel-poem .dot.self")
        first, last = dots.first.locator("use").bounding_box(), dots.last.locator("use").bounding_box()
        assert first is not None
        assert last is not None
        assert first["x"] < last["x"]


def test_panels_share_one_time_axis(page_of: Journey, clinician: User, child: Patient) -> None:
    page = page_of(clinician, path=path(child))
    lefts = {round(box["x"]) for one in page.locator(".plot > svg .frame").all() if (box := one.bounding_box()) is not None}
    assert len(lefts) == 1


def test_a_point_says_its_value_on_focus_and_leads_to_the_assessment(
    page_of: Journey, clinician: User, child: Patient
) -> None:
    page = page_of(clinician, path=path(child))
    dot = page.locator(".panel-easi").get_by_role("link", name="EASI 12.7, moderate").first
    expect(dot.locator(".tip")).to_be_hidden()
    dot.focus()
    expect(dot.locator(".tip")).to_be_visible()
    expect(dot.locator(".tip")).to_contain_text("12.7, moderate · ")
    page.keyboard.press("Tab")
    expect(dot.locator(".tip")).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".score-big")).to_have_text("12.7 moderate")


def test_a_point_is_found_by_pointer_beside_its_marker(page_of: Journey, clinician: User, child: Patient) -> None:
    page = page_of(clinician, path=path(child))
    dot = page.locator(".panel-viga_ad .dot").first
    dot.scroll_into_view_if_needed()
    box = dot.locator("use").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 + 10, box["y"] + box["height"] / 2)
    expect(dot.locator(".tip")).to_be_visible()
    hit = dot.locator(".hit").bounding_box()
    assert hit is not None
    assert hit["width"] >= 24


def test_the_table_is_one_step_from_the_chart(page_of: Journey, clinician: User, child: Patient) -> None:
    page = page_of(clinician, path=path(child))
    page.get_by_role("link", name="The same as a table").click()
    expect(page.get_by_role("heading", name="The same as a table")).to_be_focused()
    page.locator(".panel-tarc .dot").last.focus()
    page.keyboard.press("Enter")
    row = page.locator(".chart-table tr:target")
    expect(row.locator(".value")).to_contain_text("2500")


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
def test_the_page_of_a_laboratory_value_is_accessible(
    page_of: Journey, clinician: User, child: Patient, locale: str
) -> None:
    page = page_of(clinician, path=path(child), locale=locale)
    page.locator(".chart-table tr[id^=lab-] td.name a").first.click()
    expect(page.locator(".score-big strong")).to_have_text("2500\u00a0pg/mL")
    look(page, f"laboratory value {locale}")


def test_range_and_comparison_without_javascript(page_of: Journey, clinician: User, child: Patient) -> None:
    page = page_of(clinician, path=path(child), java_script_enabled=False)
    ranges = page.get_by_role("navigation", name="Time shown")
    expect(ranges.locator("[aria-current]")).to_contain_text("6 months")
    # 12.7 with the weights under 8, the same skin 14.0 from the 8th birthday
    expect(page.locator(".panel-easi .panel-change")).to_contain_text("recomputed with the weights of the later date")
    expect(page.locator(".panel-easi .panel-change strong")).to_have_text("0.0\u00a0%")
    page.get_by_label("Change since").select_option(index=1)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".panel-easi .panel-change")).not_to_contain_text("recomputed")
    ranges.get_by_role("link", name="12 weeks").click()
    expect(page.locator(".panel-easi .dot")).to_have_count(2)
    assert "baseline=" in page.url


def test_on_paper_bands_are_lines_and_names_and_markers_are_black(
    page_of: Journey, clinician: User, child: Patient
) -> None:
    page = page_of(clinician, path=path(child))
    page.emulate_media(media="print")
    fills = page.locator(".shade").evaluate_all("all => [...new Set(all.map(one => getComputedStyle(one).fill))]")
    assert fills == ["rgb(255, 255, 255)"]
    marks = page.locator(".plot .dot:not(.is-replaced) use").evaluate_all(
        "all => [...new Set(all.map(one => getComputedStyle(one).fill))]"
    )
    assert marks == ["rgb(0, 0, 0)"]
    expect(page.locator(".panel-easi .edge text")).to_have_count(6)
    lines = page.locator(".panel-easi .shade").evaluate_all("all => all.map(one => getComputedStyle(one).strokeWidth)")
    assert lines == ["1px"] * 6
    expect(page.locator(".banner")).to_be_visible()


def test_a_sheet_of_a4_says_clinic_and_day_and_breaks_no_date(
    page_of: Journey, clinician: User, clinic: Clinic, child: Patient
) -> None:
    page = page_of(clinician, path=path(child))
    expect(page.locator(".on-paper")).to_be_hidden()
    page.emulate_media(media="print")
    printed = day(clinic.today(timezone.now()))
    expect(page.locator(".on-paper")).to_have_text(f"{clinic.name}, printed {printed}")
    expect(page.get_by_text("Record:").first).to_be_hidden()
    for width in (680, 703, 718, 756):  # 210 mm without margins of 15, 12, 10 and 5 mm
        page.set_viewport_size({"width": width, "height": 1000})
        dates = page.locator(".chart-table td.name bdi")
        heights = dates.evaluate_all("all => all.map(one => one.getClientRects().length)")
        assert set(heights) == {1}, width
        expect(page.locator(".chart-table thead th").first).to_be_visible()
        assert page.locator(".chart-table tbody td").first.evaluate("one => getComputedStyle(one).display") == "table-cell"
