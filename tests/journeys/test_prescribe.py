"""Prescribing in a browser: a correct order in a few clicks, a caution by keyboard alone, a stop, and what axe finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinics.access import Actor
from clinics.models import Clinic, Role, User
from patients import actions as records
from patients.models import Patient
from patients.sites import Side
from regimens import actions
from regimens.models import DosePlan, Override, PastTreatment, PlanSite, Product, Regimen, RegimenLine
from regimens.protocol.facts import Place
from tests.factories import (
    actor_for,
    make_assessment,
    make_clinic,
    make_emollient,
    make_member,
    make_order,
    make_patient,
    make_regimen,
    replying,
)
from tests.journeys.conftest import Journey
from tests.journeys.test_accessibility import LONG, NUMBER, look
from tests.journeys.test_keyboard import tab_to

# After each test the database is again what the migrations made it, with the catalogue (tests/conftest.py).
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_CLICKS = 25
DAY = timedelta(days=1)


@pytest.fixture
def adult(clinic: Clinic, clinician: User) -> Patient:
    """Forty-six years old."""
    return make_patient(clinic, birth_date=date(1980, 5, 4))


@pytest.fixture
def child(clinic: Clinic, clinician: User) -> Patient:
    """Nine years old."""
    return make_patient(clinic, birth_date=date(2017, 3, 1))


def today(patient: Patient) -> date:
    return patient.clinic.today(timezone.now())


def address(name: str, patient: Patient, *more: object) -> str:
    return reverse(name, args=[patient.public_id, *more])


class Hand:
    """A hand on the mouse that counts what it does."""

    def __init__(self, page: Page):
        self.page = page
        self.count = 0

    def click(self, role: str, name: str, within: str = "main") -> None:
        """One click."""
        self.count += 1
        self.page.locator(within).get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]

    def press(self, *keys: str) -> None:
        """Key presses."""
        self.count += len(keys)
        for key in keys:
            self.page.keyboard.press(key)

    def choose(self, label: str, option: str) -> None:
        """A list is opened and its entry clicked."""
        self.count += 2
        self.page.get_by_label(label).select_option(label=option)


# --- A correct order --------------------------------------------------------------------------------------------------


def test_a_correct_order_for_an_adult_in_the_eu(page_of: Journey, clinician: User, adult: Patient) -> None:
    page = page_of(clinician, path=address("patient_regimen", adult))
    hand = Hand(page)
    hand.click("link", "Start a regimen")
    hand.choose("Product and strength", "Tacrolimus 0.1 % ointment")
    order_the_rest(hand, ["Face", "Neck"])
    check_and_save(hand)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    assert [(row.site, row.side) for row in line.places.order_by("pk")] == [("face", ""), ("neck", "")]
    assert (line.plans.get().per_day, line.review_on) == (2, today(adult) + timedelta(days=42))
    assert DosePlan.objects.get(line__product__key="emollient").per_day == 2
    assert hand.count <= MOST_CLICKS, f"{hand.count} clicks and keys"
    assert not Override.objects.exists()


def test_a_correct_order_for_a_child_in_the_us(page_of: Journey) -> None:
    clinic = make_clinic(jurisdiction="US", zone="America/New_York")
    doctor = make_member(clinic, Role.DERMATOLOGIST, may_prescribe=True)
    child = make_patient(clinic, birth_date=date(2017, 3, 1))
    page = page_of(doctor, path=address("patient_regimen", child))
    hand = Hand(page)
    hand.click("link", "Start a regimen")
    hand.choose("Product and strength", "Tacrolimus 0.03 % ointment")
    hand.count += 1
    page.locator("summary", has_text="Trunk").click()
    order_the_rest(hand, ["Trunk"])
    check_and_save(hand)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.03")
    assert [(row.site, row.side) for row in line.places.all()] == [("trunk", "")]
    assert line.plans.get().per_day == 2
    assert hand.count <= MOST_CLICKS, f"{hand.count} clicks and keys"
    assert not Override.objects.exists()


def order_the_rest(hand: Hand, places: list[str]) -> None:
    for place in places:
        hand.click("checkbox", place)
    hand.click("radio", "Every day")
    hand.click("radio", "twice daily")
    hand.click("radio", "in 6 weeks")
    hand.click("checkbox", "An emollient with it, on the whole body")
    hand.press("Tab", "2")


def check_and_save(hand: Hand) -> None:
    """Enter in the last box checks; nothing interrupts; one click saves."""
    page = hand.page
    hand.press("Enter")
    expect(page.get_by_role("heading", name="Checked: nothing here needs a reason")).to_be_visible()
    assert not Regimen.objects.exists()
    expect(page.locator("main [role=alert]")).to_have_count(0)
    expect(page.get_by_role("heading", name="What the patient will see")).to_be_visible()
    hand.click("button", "Save the treatment")
    expect(page.get_by_role("status")).to_contain_text("Treatment saved")


def test_enter_in_any_text_field_checks_and_saves_nothing(page_of: Journey, clinician: User, adult: Patient) -> None:
    page = page_of(clinician, path=address("regimen_prescribe", adult))
    fill(page, adult)
    for label in ("Amount at a time", "Dose", "Emollient: times a day"):
        page.get_by_label(label, exact=True).press("Enter")
        expect(page.locator(".order-answer, .error-summary").first).to_be_visible()
        page.wait_for_load_state()
    assert not Regimen.objects.exists()


@pytest.mark.engine
def test_a_double_click_on_save_makes_one_regimen(page_of: Journey, clinician: User, adult: Patient) -> None:
    page = checked(page_of(clinician, path=address("regimen_prescribe", adult)), adult)
    page.get_by_role("button", name="Save the treatment").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Treatment saved")
    assert (Regimen.objects.count(), RegimenLine.objects.count()) == (1, 1)


def test_back_and_saved_again_is_told_and_kept(page_of: Journey, clinician: User, adult: Patient) -> None:
    page = checked(page_of(clinician, path=address("regimen_prescribe", adult)), adult)
    other = page.context.new_page()
    other.goto(address("regimen_prescribe", adult))
    checked(other, adult)
    page.get_by_role("button", name="Save the treatment").click()
    expect(page.get_by_role("status")).to_contain_text("Treatment saved")
    other.get_by_role("button", name="Save the treatment").click()
    expect(other.locator(".error-summary")).to_contain_text("A regimen is open already")
    expect(other.get_by_label("Face", exact=True)).to_be_checked()
    assert RegimenLine.objects.count() == 1


def fill(page: Page, patient: Patient, product: str = "Tacrolimus 0.1 % ointment") -> Page:
    """A whole order."""
    page.get_by_label("Product and strength").select_option(label=product)
    page.get_by_label("Face", exact=True).check()
    page.get_by_label("Every day", exact=True).check()
    page.get_by_label("twice daily").check()
    page.get_by_label("in 6 weeks").check()
    return page


def checked(page: Page, patient: Patient) -> Page:
    """A whole order, checked."""
    fill(page, patient).get_by_role("button", name="Check and preview").last.click()
    expect(page.get_by_role("heading", name="The first two weeks")).to_be_visible()
    return page


# --- By keyboard, without a script ------------------------------------------------------------------------------------


def test_prescribing_against_a_caution_by_keyboard_alone(page_of: Journey, clinician: User, child: Patient) -> None:
    page = page_of(clinician, path=address("patient_regimen", child))
    tab_to(page, "Start a regimen")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Start a regimen · adtrack")
    tab_to(page, "Product and strength")
    page.keyboard.type("Tacrolimus 0.1")
    tab_to(page, "Face")
    page.keyboard.press("Space")
    tab_to(page, "Upper limbs")
    page.keyboard.press("Enter")  # a region opens
    tab_to(page, "Hands\nleft")
    page.keyboard.press("Space")
    tab_to(page, "Every day")
    page.keyboard.press("Space")
    tab_to(page, "once daily")
    page.keyboard.press("ArrowDown")
    tab_to(page, "in 2 weeks")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Check and preview")
    page.keyboard.press("Enter")

    panel = page.locator(".safety")
    expect(panel).to_be_focused()
    expect(panel).to_contain_text("1 caution needs a reason")
    tab_to(page, "Why this is shown")
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("EMA package leaflet EU/1/02/201/001")
    tab_to(page, "Reason")
    page.keyboard.type("Other options")
    tab_to(page, "In a sentence")
    page.keyboard.type("0.03 % for six weeks did not help.")
    tab_to(page, "Save the treatment")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Treatment saved")
    kept = Override.objects.get()
    assert (kept.rule, kept.reason, kept.sentence) == ("tacrolimus-0.1-age", "tried", "0.03 % for six weeks did not help.")
    plan = DosePlan.objects.get()
    assert (plan.per_day, [(row.site, row.side) for row in plan.places.all()]) == (2, [("face", ""), ("hands", "left")])
    assert plan.line.review_on == today(child) + timedelta(days=42)


@pytest.mark.parametrize("size", [(1280, 800), (390, 844), (320, 568)])
def test_every_stop_of_the_form_is_in_sight_and_can_be_left(
    page_of: Journey, clinician: User, adult: Patient, size: tuple[int, int]
) -> None:
    page = page_of(clinician, path=address("regimen_prescribe", adult), viewport={"width": size[0], "height": size[1]})
    for key, last in (("Tab", "Cancel"), ("Shift+Tab", "Skip to the content")):
        tab_to(page, last, key)


def test_without_a_script(page_of: Journey, clinician: User, child: Patient) -> None:
    page = page_of(clinician, path=address("regimen_prescribe", child), java_script_enabled=False)
    page.get_by_role("button", name="Check and preview").last.click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Product and strength").click()
    expect(page.get_by_label("Product and strength")).to_be_focused()
    fill(page, child)
    page.get_by_label("Amount at a time").press("Enter")
    expect(page.locator(".safety")).to_contain_text("1 caution needs a reason")
    expect(page.get_by_label("Face", exact=True)).to_be_checked()
    page.get_by_role("button", name="Save the treatment").click()
    expect(page.get_by_text("at least two words and eight letters")).to_be_visible()
    page.get_by_label("Reason", exact=True).select_option(label="Known and watched")
    page.get_by_label("In a sentence").fill("Seen weekly.")
    page.get_by_label("In a sentence").press("Enter")  # checks, saves nothing
    expect(page.get_by_label("In a sentence")).to_have_value("Seen weekly.")
    assert not Regimen.objects.exists()
    page.get_by_role("button", name="Save the treatment").click()
    expect(page.get_by_role("status")).to_contain_text("Treatment saved")
    page.get_by_role("link", name="Put on hold").click()
    page.get_by_label("Why").fill("Infection")
    for box, value in zip(("Day", "Month", "Year"), day_of(today(child) + DAY), strict=True):
        page.get_by_label(box, exact=True).fill(value)
    page.get_by_role("button", name="Put on hold").click()
    expect(page.get_by_role("status")).to_contain_text("Put on hold")
    assert PlanSite.objects.filter(plan__phase="hold", ended_on=None).exists()


def day_of(on: date) -> tuple[str, str, str]:
    return str(on.day), str(on.month), str(on.year)


def test_a_stop_says_what_and_why_and_offers_no_save(page_of: Journey, clinician: User, adult: Patient, by: Actor) -> None:
    records.record_precaution(
        by, adult, {"kind": "immunocompromise", "state": "present", "text": "since May"}, at=timezone.now()
    )
    page = fill(page_of(clinician, path=address("regimen_prescribe", adult)), adult)
    page.get_by_role("button", name="Check and preview").last.click()
    panel = page.locator(".safety-stop")
    expect(panel).to_be_focused()
    expect(panel.get_by_role("heading", name="This cannot be saved")).to_be_visible()
    expect(panel.locator(".finding-stop")).to_contain_text("immunocompromise is recorded")
    panel.locator(".finding-stop summary").click()
    expect(panel.get_by_role("row", name="immunocompromise")).to_contain_text("present, since May")
    expect(panel.get_by_role("row", name="immunocompromise")).to_contain_text("Dana Derm")
    expect(panel.locator(".finding-stop .finding-sources")).to_contain_text("Protopic")
    expect(page.get_by_role("button", name="Save the treatment")).to_have_count(0)
    expect(panel.get_by_label("Reason", exact=True)).to_have_count(0)
    page.get_by_label("Product and strength").select_option(label="Hydrocortisone 1 % cream")
    page.get_by_role("button", name="Check and preview").last.click()
    page.get_by_role("button", name="Save the treatment").click()
    expect(page.get_by_role("status")).to_contain_text("Treatment saved")
    assert RegimenLine.objects.get().product.key == "hydrocortisone-1"


# --- axe, 320 pixels, right to left -----------------------------------------------------------------------------------


class Stage:
    """A clinic where everything has a long name, and its nine-year-old patient."""

    def __init__(self, page_of: Journey, clinic: Clinic, clinician: User):
        self.page_of, self.clinician = page_of, clinician
        clinic.name, clinician.name = f"Klinik {LONG}", f"Dr {LONG}"
        clinic.save()
        clinician.save()
        self.by = actor_for(clinician, clinic)
        self.patient = make_patient(
            clinic, family_name=LONG, given_name=LONG, record_number=NUMBER, birth_date=date(2017, 3, 1)
        )
        self.on = today(self.patient)
        self.options: dict[str, str] = {}

    def open(self, name: str, *args: object) -> Page:
        """A page of the patient."""
        return self.page_of(self.clinician, path=address(name, self.patient, *args), **self.options)

    def regimen(self) -> RegimenLine:
        """Lines with long words: in two phases, on hold, with an answered caution, and an emollient."""
        order = make_order(
            "tacrolimus-0.1", "face", "hands:both", "feet:left", on=self.on, instructions=LONG * 9, dose=LONG * 2
        )
        replies = {"tacrolimus-0.1-age": actions.Reply("tried", f"Tried {LONG * 5}")}
        elsewhere = make_order("hydrocortisone-1", "trunk", on=self.on, is_elsewhere=True)
        regimen = make_regimen(
            self.patient, order, elsewhere, make_emollient(on=self.on), by=self.by, replies=replies, at=timezone.now()
        )
        line = regimen.lines.get(product__key="tacrolimus-0.1")
        replying(
            lambda keyed: actions.step_to_maintenance(
                self.by,
                line,
                [Place("hands", Side.BOTH)],
                weekdays=[0, 3],
                flares_in_a_year=5,
                review_on=self.on + timedelta(days=300),
                version=1,
                replies=keyed,
                at=timezone.now(),
            ),
            replies,
        )
        line.refresh_from_db()
        held = regimen.lines.get(product__key="hydrocortisone-1")
        actions.hold(self.by, held, look_again_on=self.on + DAY, reason=LONG * 5, version=1, at=timezone.now())
        make_assessment(self.patient, "viga_ad", by=self.by, level=1, at=timezone.now())
        return line


@pytest.fixture
def stage(page_of: Journey, clinic: Clinic, clinician: User) -> Stage:
    """Set before every page."""
    return Stage(page_of, clinic, clinician)


def send(page: Page) -> Page:
    page.locator("main form[data-keep] button").last.click()
    return page


def with_errors(stage: Stage) -> Page:
    page = stage.open("regimen_prescribe")
    page.get_by_label("At an interval of days or weeks").check()
    page.get_by_label("Every", exact=True).fill("2")
    page.get_by_label("What the patient will read besides").fill(LONG * 9)
    page.get_by_label("An emollient with it, on the whole body").check()
    page.get_by_label("on a day:").check()
    send(page)
    expect(page.locator(".error-summary")).to_be_focused()
    return page


def with_cautions(stage: Stage) -> Page:
    for kind in ("phototherapy", "skin_infection"):
        values = {
            "kind": kind,
            "state": "present",
            "text": LONG,
            "site": "face" if kind[0] == "s" else "",
            "from_on": stage.on,
        }
        records.record_precaution(stage.by, stage.patient, values, at=timezone.now())
    page = fill(stage.open("regimen_prescribe"), stage.patient)
    page.get_by_label("What the patient will read besides").fill(LONG * 9)
    page.get_by_label("An emollient with it, on the whole body").check()
    page.get_by_label("Emollient: times a day").fill("12")
    send(page)
    expect(page.locator(".safety-warn")).to_be_focused()
    for why in page.locator(".finding-why summary").all():
        why.click()
    return page


def without_reasons(stage: Stage) -> Page:
    page = with_cautions(stage)
    page.get_by_role("button", name="Save the treatment").click()
    expect(page.get_by_text("at least two words and eight letters").first).to_be_visible()
    return page


def with_a_stop(stage: Stage) -> Page:
    values = {"kind": "immunocompromise", "state": "present", "text": LONG}
    records.record_precaution(stage.by, stage.patient, values, at=timezone.now())
    page = fill(stage.open("regimen_prescribe"), stage.patient)
    send(page)
    expect(page.locator(".safety-stop")).to_be_focused()
    page.locator(".finding-stop summary").click()
    return page


def with_nothing_to_say(stage: Stage) -> Page:
    page = fill(stage.open("regimen_prescribe"), stage.patient, "Tacrolimus 0.03 % ointment")
    send(page)
    expect(page.get_by_role("heading", name="The first two weeks")).to_be_visible()
    return page


def regimen(stage: Stage) -> Page:
    stage.regimen()
    page = stage.open("patient_regimen")
    for more in page.locator(".line-more summary").all():
        more.click()
    return page


def step(name: str) -> Callable[[Stage], Page]:
    return lambda stage: stage.open("line_step", stage.regimen().public_id, name)


def step_wrong(name: str) -> Callable[[Stage], Page]:
    def reach(stage: Stage) -> Page:
        page = send(stage.open("line_step", stage.regimen().public_id, name))
        expect(page.locator(".error-summary")).to_be_focused()
        return page

    return reach


def step_late(stage: Stage) -> Page:
    line = stage.regimen()
    page = stage.open("line_step", line.public_id, "stop")
    page.get_by_label("Why it ends").select_option(label="Cleared")
    page.get_by_label("Or: why no next look is needed").fill(LONG)
    RegimenLine.objects.filter(pk=line.pk).update(version=line.version + 1)
    send(page)
    expect(page.get_by_role("heading", name="As it stands now")).to_be_visible()
    return page


def step_with_a_caution(stage: Stage) -> Page:
    page = stage.open("line_step", stage.regimen().public_id, "down")
    page.get_by_label("Face", exact=True).check()
    send(page)
    expect(page.locator(".safety-warn")).to_be_focused()
    return page


def change(stage: Stage) -> Page:
    return stage.open("line_change", stage.regimen().public_id)


def stop_all(stage: Stage) -> Page:
    stage.regimen()
    return stage.open("regimen_stop")


def history(stage: Stage) -> Page:
    line = stage.regimen()
    more = {"no_look_reason": LONG, "text": LONG * 5}
    actions.stop(stage.by, line, reason="other", version=line.version, at=timezone.now(), **more)
    values = {"product": Product.objects.get(key="prednisolone-oral"), "text": LONG * 5, "sites": "face,hands", "days": 5}
    values |= {"from_on": date(2024, 3, 1), "response": "partial", "why_stopped": "no_effect"}
    actions.record_past_treatment(stage.by, stage.patient, values, at=timezone.now())
    assert PastTreatment.objects.count() == 1
    page = stage.open("regimen_history")
    for summary in page.locator(".line-more summary").all():
        summary.click()
    return page


def past_wrong(stage: Stage) -> Page:
    page = send(stage.open("past_treatment_add"))
    expect(page.locator(".error-summary")).to_be_focused()
    return page


SCENES: dict[str, Callable[[Stage], Page]] = {
    "prescribe": lambda stage: stage.open("regimen_prescribe"),
    "prescribe, wrong": with_errors,
    "prescribe, checked": with_nothing_to_say,
    "prescribe, cautions": with_cautions,
    "prescribe, no reasons": without_reasons,
    "prescribe, stop": with_a_stop,
    "change": change,
    "regimen, none": lambda stage: stage.open("patient_regimen"),
    "regimen": regimen,
    **{f"step, {name}": step(name) for name in ("maintenance", "induction", "down", "hold", "resume", "stop")},
    **{f"step, {name}, wrong": step_wrong(name) for name in ("maintenance", "induction", "hold", "stop")},
    "step, late": step_late,
    "step, caution": step_with_a_caution,
    "stop all": stop_all,
    "history": history,
    "past": lambda stage: stage.open("past_treatment_add"),
    "past, wrong": past_wrong,
}
RIGHT_TO_LEFT = [
    "prescribe",
    "prescribe, wrong",
    "prescribe, no reasons",
    "prescribe, stop",
    "regimen",
    "step, late",
    "history",
    "past",
]


@pytest.mark.parametrize("name", SCENES)
def test_page_is_accessible(stage: Stage, name: str) -> None:
    look(SCENES[name](stage), name)


@pytest.mark.parametrize("name", RIGHT_TO_LEFT)
def test_page_is_accessible_from_right_to_left(stage: Stage, name: str) -> None:
    stage.options = {"locale": "ar"}
    page = SCENES[name](stage)
    assert page.locator("html").get_attribute("dir") == "rtl"
    look(page, f"{name} rtl")
