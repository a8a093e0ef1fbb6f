"""The pages of doses in a real browser: for axe, on a phone, from right to left, without JavaScript, by keyboard."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinics.access import Actor
from clinics.models import Clinic, User
from patients.models import Patient
from regimens import actions
from regimens.actions import Said
from regimens.models import Application, DosePlan, DoseSettings, RegimenLine
from regimens.protocol.facts import Phase
from regimens.protocol.slots import due_at, slots
from tests.factories import actor_for, make_emollient, make_order, make_patient, make_regimen
from tests.journeys.conftest import Journey
from tests.journeys.test_accessibility import LONG, look
from tests.journeys.test_bars import Answers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOTE = f"Note {LONG}"


@pytest.fixture
def treated(clinic: Clinic, clinician: User) -> Patient:
    """Sixty days of everything: maintenance, an emollient, as needed, elsewhere; days of every kind, a line that ended."""
    clinician.name = f"Dr {LONG}"
    clinician.save()
    now = timezone.now()
    start = now - timedelta(days=60)
    first, by = clinic.today(start), actor_for(clinician, clinic)
    patient = make_patient(clinic, birth_date=now.date() - timedelta(days=14000), zone="America/New_York", at=start)
    orders = [
        make_order("tacrolimus-0.1", "face", "hands:both", on=first, phase=Phase.MAINTENANCE, weekdays=(0, 3)),
        make_order("hydrocortisone-1", "neck", on=first, phase=Phase.AS_NEEDED, condition=LONG, most_per_day=1),
        make_order("dupilumab-300", on=first, phase=Phase.INTERVAL, every_days=14, is_elsewhere=True, review_on=None),
        make_emollient(on=first),
        make_order("mometasone-furoate-0.1", "trunk", on=first, per_day=1),
    ]
    make_regimen(patient, *orders, by=by, replies=Answers(), at=start)
    record(by, patient, now)
    ended = RegimenLine.objects.get(product__key="mometasone-furoate-0.1")
    actions.stop(by, ended, reason="cleared", no_look_reason=LONG, text=LONG, version=ended.version, at=now)
    DoseSettings.objects.create(clinic=clinic, late_words=f"Go on. {LONG}")
    return patient


def record(by: Actor, patient: Patient, now: datetime) -> None:
    """Two of five doses done, one skipped, one late, one without a record; one changed, one extra, one report of tubes."""
    for plan in DosePlan.objects.filter(patient=patient, line__is_elsewhere=False).select_related("line"):
        due = [
            slot for slot in slots(plan.schedule, plan.from_on, now.date()) if due_at(plan.schedule, slot) > plan.started_at
        ]
        for number, slot in enumerate(due):
            moment = due_at(plan.schedule, slot)
            said = Said("skipped", skip_reason="forgot", note=NOTE) if number % 5 == 2 else Said("done", note=NOTE)
            if number % 5 < 4 and moment < now:
                actions.record_dose(by, plan, slot, said, at=min(now, moment + timedelta(hours=40 * (number % 5 == 3))))
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    actions.record_application(by, line, kind="extra", applied_at=now - timedelta(days=2), note=NOTE, at=now)
    used = {"since_on": line.starts_on, "until_on": line.starts_on + timedelta(days=50)}
    actions.report_tubes(by, line, tubes=Decimal("1.5"), grams_each=60, **used, at=now)
    last = Application.objects.live().filter(line__product__key="emollient").latest("recorded_at")
    actions.change_dose(by, last, Said("skipped", skip_reason="felt_well", note=NOTE), at=now)


def path(name: str, patient: Patient, key: str = "") -> str:
    ids = [patient.public_id]
    if key:
        ids.append(RegimenLine.objects.get(patient=patient, product__key=key).public_id)
    return reverse(name, args=ids)


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
def test_the_page_of_doses_is_accessible(page_of: Journey, clinician: User, treated: Patient, locale: str) -> None:
    page = page_of(clinician, path=path("patient_doses", treated), locale=locale)
    for name in ("done", "skipped", "no_record", "not_due", "partly"):
        expect(page.locator(f"td.heat-{name}").first).to_be_visible()
    for hidden in page.locator("details:not(.menu)").all():
        hidden.evaluate("one => one.open = true")
    look(page, f"doses {locale}")


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("line_doses", "emollient"),
        ("line_doses", "mometasone-furoate-0.1"),
        ("dose_record", "emollient"),
        ("dose_extra", "hydrocortisone-1"),
        ("line_times", "emollient"),
        ("tubes_add", "tacrolimus-0.1"),
    ],
)
def test_pages_of_a_line_are_accessible(
    page_of: Journey, clinician: User, treated: Patient, name: str, key: str, locale: str
) -> None:
    page = page_of(clinician, path=path(name, treated, key), locale=locale)
    look(page, f"{name} {key} {locale}")


@pytest.mark.parametrize(
    ("name", "key"),
    [("dose_record", "emollient"), ("dose_extra", "hydrocortisone-1"), ("tubes_add", "tacrolimus-0.1")],
)
def test_errors_are_accessible(page_of: Journey, clinician: User, treated: Patient, name: str, key: str) -> None:
    page = page_of(clinician, path=path(name, treated, key))
    page.locator("main form button").last.click()
    expect(page.locator(".error-summary")).to_be_focused()
    look(page, f"{name} errors")


def done_button(page: Page) -> None:
    """Press Done of a dose of the emollient by keyboard."""
    button = page.get_by_role("button", name="Done Emollient, evening")
    button.focus()
    page.keyboard.press("Enter")


def test_a_dose_is_recorded_by_keyboard_without_javascript_and_the_second_press_is_told(
    page_of: Journey, clinician: User, nurse: User, clinic: Clinic
) -> None:
    now = timezone.now()
    patient = make_patient(clinic, birth_date=now.date() - timedelta(days=14000), at=now - timedelta(days=2))
    make_regimen(patient, make_emollient(on=clinic.today(now)), at=now - timedelta(days=2))
    here = path("patient_doses", patient)
    first = page_of(nurse, path=here, java_script_enabled=False)
    second = page_of(clinician, path=here, java_script_enabled=False)
    done_button(first)
    expect(first.get_by_role("status")).to_contain_text("Dose recorded")
    done_button(second)
    notice = second.get_by_role("alert")
    expect(notice).to_contain_text("This is recorded already")
    expect(notice).to_contain_text("recorded by Nico Nurse")
    assert Application.objects.count() == 1
    notice.get_by_role("button", name="Undo").click()
    expect(second.get_by_role("status")).to_contain_text("Record undone")
    assert not Application.objects.live().exists()


def test_a_recorded_dose_page_is_accessible(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    now = timezone.now()
    patient = make_patient(clinic, family_name=LONG, birth_date=now.date() - timedelta(days=14000))
    make_regimen(patient, make_emollient(on=clinic.today(now)))
    pages = [page_of(clinician, path=path("patient_doses", patient)) for _press in range(2)]
    done_button(pages[0])
    expect(pages[0].get_by_role("status")).to_contain_text("Dose recorded")
    done_button(pages[1])
    expect(pages[1].get_by_role("alert")).to_be_focused()
    look(pages[1], "dose recorded already")


def test_the_calendar_reads_without_colour(page_of: Journey, clinician: User, treated: Patient) -> None:
    page = page_of(clinician, path=path("patient_doses", treated), java_script_enabled=False)
    signs = {"done": "✓", "skipped": "–", "no_record": "?", "not_due": "·"}
    table = page.get_by_role("table", name=re.compile("Tacrolimus.*: every day of these weeks"))
    for state, sign in signs.items():
        cell = table.locator(f"td.heat-{state}").first
        expect(cell.locator(".heat-sign")).to_have_text(sign)
        expect(cell.locator(".visually-hidden")).to_contain_text(state.replace("_", " "))
    section = page.locator(".doses", has=table)
    summary = section.get_by_text("The same as text")
    summary.focus()
    page.keyboard.press("Enter")
    expect(section.get_by_text("Week from").first).to_be_visible()
