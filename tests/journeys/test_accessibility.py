"""Every page, in the states it can be in, on a desk and down to 320 pixels: axe finds nothing, nothing scrolls sideways.

Names and texts are as long as the fields allow without a place to break, because that is what breaks pages.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinics import actions as clinic_actions
from clinics.access import Actor
from clinics.models import Clinic, Role, User
from clinics.views import errors
from patients import actions, queries
from patients.forms import FORMS
from patients.models import Allergy, Assessment, Patient
from regimens.actions import (
    amend_adverse_event,
    choose_rule,
    close_item,
    hold,
    raise_item,
    record_adverse_event,
    withdraw_adverse_event,
)
from regimens.models import AdverseEvent, DoseSettings, RegimenLine, WorkItem, WorkReason
from regimens.protocol.facts import Phase, Place
from tests.factories import (
    E5,
    SIGN_ORDER,
    actor_for,
    easi_values,
    make_assessment,
    make_clinic,
    make_lab,
    make_line,
    make_member,
    make_patient,
    make_user,
    poem_values,
)
from tests.journeys.conftest import Journey

pytestmark = pytest.mark.browser

# What a box cuts off or hides behind a scroll bar of its own; a name in the header may end in an ellipsis.
CUT_OFF = """() => [...document.querySelectorAll("body *")].filter((box) =>
  box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible"
  && box.clientWidth > 1  // narrower is for screen readers alone
  && !box.matches("input, select, textarea, .menu-name, .visually-hidden, thead")
).map((box) => `${box.tagName} ${box.className} ${box.innerText.slice(0, 60)}`)"""
# Dates of which the day stands right of the month on one line: between words of the other direction parts change places.
TURNED = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), turned = [];
  const place = (node, from) => {
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, from + 1);
    return range.getBoundingClientRect();
  };
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const found of node.data.matchAll(/\\d{2}-[A-Z][a-z]{2}-\\d{4}/g)) {
      const day = place(node, found.index), month = place(node, found.index + 3);
      if (day.top === month.top && day.left > month.left) turned.push(node.data.trim());
    }
  }
  return turned;
}"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren"
NUMBER = "H-2026-000000000000000000001234X"
SIZES = {
    "desk": {"width": 1280, "height": 800},
    "tablet": {"width": 768, "height": 1024},
    "phone": {"width": 320, "height": 640},
}
PICTURES = os.environ.get("ADTRACK_PICTURES", "")  # a folder: keep a picture of every page for a look with the eye


@dataclass
class Stage:
    """A clinic with people in it, and the browser."""

    page_of: Journey
    clinic: Clinic
    clinician: User
    administrator: User
    by: Actor
    patient: Patient
    options: dict[str, str] = field(default_factory=dict)  # of the browser: its language

    def open(self, name: str, *args: object, user: User | None = None) -> Page:
        """A page by the name of its address, for the clinician unless somebody else is meant."""
        return self.page_of(user or self.clinician, path=reverse(name, args=args), **self.options)

    def of_patient(self, name: str, *args: object) -> Page:
        """A page of the patient's record."""
        return self.open(name, self.patient.public_id, *args)


def send(page: Page) -> Page:
    """Send the form of the page as it is."""
    page.locator("main form button").last.click()
    expect(page.locator(".error-summary")).to_be_focused()
    return page


@pytest.fixture
def stage(page_of: Journey, clinic: Clinic, clinician: User) -> Stage:
    """A clinic where everything has a long name, with one patient about whom everything is known."""
    clinic.name = f"Klinik {LONG}"
    clinic.save()
    clinician.name = f"Dr {LONG}"
    clinician.save()
    by = actor_for(clinician, clinic)
    now = timezone.now()
    patient = make_patient(
        clinic,
        family_name=LONG,
        given_name=LONG,
        preferred_name=LONG,
        record_number=NUMBER,
        needs_interpreter=True,
        language="de",
    )
    make_patient(clinic, family_name=LONG, given_name=LONG)  # a namesake
    make_patient(clinic, family_name="Ng", given_name="Al")
    actions.record_allergy(by, patient, kind="substance", code="other", text=LONG, reaction=LONG, at=now)
    actions.record_allergy(by, patient, kind="class", code="macrolides", text="", reaction="", at=now)
    actions.record_measurement(by, patient, kind="weight", value=24, measured_on=clinic.today(now), at=now)
    infection = {"kind": "skin_infection", "state": "present", "site": "face", "side": "", "text": LONG}
    for values in (infection, infection | {"kind": "epilepsy", "state": "absent", "site": "", "text": ""}):
        actions.record_precaution(by, patient, values | {"from_on": clinic.today(now), "until_on": None}, at=now)
    guardian = actions.grant_guardian(
        by,
        patient,
        {"name": LONG, "relation": "mother", "scope": "manage", "evidence": LONG, "from_on": clinic.today(now)},
        at=now,
    )
    address = f"{LONG.lower()}@example.org"
    actions.add_contact_point(by, patient, kind="email", address=address, guardian=guardian, is_preferred=True, at=now)
    consent = actions.record_consent(
        by, patient, purpose="reminders", channel="email", given_on=clinic.today(now), given_by=LONG, at=now
    )
    actions.record_consent(by, patient, purpose="portal", given_on=clinic.today(now), given_by=LONG, at=now)
    actions.withdraw(by, consent, reason=LONG, at=now)
    administrator = make_member(clinic, Role.CLINIC_ADMIN)
    return Stage(page_of, clinic, clinician, administrator, by, patient)


# --- How to reach each page -------------------------------------------------------------------------------------------

Reach = Callable[[Stage], Page]


def form(name: str) -> Reach:
    return lambda stage: stage.of_patient(name)


def wrong(name: str) -> Reach:
    return lambda stage: send(stage.of_patient(name))


def administration(name: str) -> Reach:
    return lambda stage: stage.open(name, user=stage.administrator)


def list_empty(stage: Stage) -> Page:
    return stage.open("patient_list", user=make_member(make_clinic(), Role.NURSE))


def list_of_two_pages(stage: Stage) -> Page:
    for number in range(queries.PAGE_SIZE):
        make_patient(stage.clinic, family_name=f"Row{number:02d}")
    page = stage.open("patient_list")
    expect(page.get_by_role("link", name="Next")).to_be_visible()
    return page


def searched(text: str, answer: str) -> Reach:
    def reach(stage: Stage) -> Page:
        page = stage.open("patient_list")
        page.get_by_role("searchbox").fill(text)
        page.get_by_role("searchbox").press("Enter")
        expect(page.get_by_text(answer).first).to_be_visible()
        return page

    return reach


def duplicates(stage: Stage) -> Page:
    page = stage.open("patient_register")
    page.get_by_label("Family name").fill(LONG)
    page.get_by_label("Given name").fill(LONG)
    page.get_by_label("Day").fill("4")
    page.get_by_label("Month").fill("May")
    page.get_by_label("Year").fill("2019")
    page.get_by_label("Sex recorded").select_option("female")
    page.get_by_label("Record number").fill("new")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Is it one of these?")).to_be_visible()
    return page


def stale(stage: Stage) -> Page:
    page = stage.of_patient("patient_edit")
    values = {"family_name": f"Other{LONG}", "given_name": LONG, "preferred_name": ""}
    actions.update_patient(stage.by, stage.patient, values, version=stage.patient.version, at=timezone.now())
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Somebody else changed")).to_be_visible()
    return page


def reopen(stage: Stage) -> Page:
    actions.close_patient(stage.by, stage.patient, reason="moved", version=stage.patient.version, at=timezone.now())
    return stage.of_patient("patient_reopen")


def saved(stage: Stage) -> Page:
    """The record after a save: the message names the person."""
    page = stage.of_patient("patient_edit")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    return page


def saved_with_another_script(stage: Stage) -> Page:
    """A name written from right to left beside a date and a number that are not."""
    patient = make_patient(stage.clinic, family_name="القاسم", given_name="ليلى", record_number="20-7")
    page = stage.open("patient_edit", patient.public_id)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    return page


def withdraw(stage: Stage) -> Page:
    row = Allergy.objects.filter(patient=stage.patient).earliest("id")
    return stage.of_patient("row_withdraw", "allergies", row.public_id)


def record_of_nothing(stage: Stage) -> Page:
    return stage.open("patient_page", make_patient(stage.clinic).public_id)


def menu(stage: Stage) -> Page:
    page = stage.of_patient("patient_page")
    page.locator("summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return page


def door(name: str) -> Reach:
    return lambda stage: stage.page_of(path=reverse(name), **stage.options)


def wrong_door(name: str) -> Reach:
    return lambda stage: send(stage.page_of(path=reverse(name), **stage.options))


def reset_with_link(stage: Stage) -> Page:
    Client().post(reverse("account_reset_password"), {"email": stage.clinician.email})
    link = re.search(r"https?://[^/]+(/\S+)", str(mail.outbox[-1].body))
    assert link is not None
    return stage.page_of(path=link[1], **stage.options)


def settings_wrong(stage: Stage) -> Page:
    page = stage.open("clinic_settings", user=stage.administrator)
    page.get_by_label("Name", exact=False).first.fill("")
    return send(page)


def audit_wrong(stage: Stage) -> Page:
    page = stage.open("clinic_audit", user=stage.administrator)
    page.get_by_label("Day").fill("31")
    return send(page)


def switch(stage: Stage) -> Page:
    make_member(make_clinic(LONG), Role.NURSE, user=stage.clinician)
    return stage.open("clinic_switch")


def no_clinic(stage: Stage) -> Page:
    return stage.open("home", user=make_user())


def staff(stage: Stage) -> Page:
    clinic_actions.invite_member(
        actor_for(stage.administrator, stage.clinic),
        stage.clinic,
        email=f"{LONG.lower()}@example.org",
        name=LONG,
        role=Role.NURSE,
        at=timezone.now(),
    )
    return stage.open("staff_list", user=stage.administrator)


def of_colleague(name: str) -> Reach:
    def reach(stage: Stage) -> Page:
        return stage.open(name, stage.clinician.memberships.get().public_id, user=stage.administrator)

    return reach


def invitation(stage: Stage) -> Page:
    _row, token = clinic_actions.invite_member(
        actor_for(stage.administrator, stage.clinic),
        stage.clinic,
        email=f"{LONG.lower()}@example.org",
        name=LONG,
        role=Role.NURSE,
        at=timezone.now(),
    )
    return stage.page_of(path=reverse("invitation_accept", args=[token]), **stage.options)


def warning(stage: Stage) -> Page:
    """The dialog before a session ends; when it comes is told in test_session_end.py."""
    page = stage.of_patient("patient_page")
    page.locator("#session-dialog").evaluate("dialog => dialog.showModal()")
    return page


def server_error(stage: Stage) -> Page:
    """The page for our own faults, without a fault."""
    page = stage.page_of(**stage.options)
    stage.page_of.watch.expected = ("answer: 500",)
    body = errors.server_error(RequestFactory().get("/")).content.decode()
    page.route("**/broken/", lambda route: route.fulfill(status=500, content_type="text/html", body=body))
    page.goto("/broken/")
    return page


def administration_index(stage: Stage) -> Page:
    """The first of Django's own pages; the others come as Django makes them."""
    return stage.open("admin:index", user=make_user(is_staff=True, is_superuser=True))


def forbidden(stage: Stage) -> Page:
    return stage.open("staff_list")


def not_found(stage: Stage) -> Page:
    return stage.open("patient_page", uuid4())


def not_this_form(stage: Stage) -> Page:
    page = stage.of_patient("allergy_add")
    other = make_patient(stage.clinic)
    path = reverse("allergy_add", args=[other.public_id])
    page.locator("form[data-keep]").evaluate("(form, path) => { form.action = path }", path)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="This form belongs to another page")).to_be_visible()
    return page


def form_no_longer_valid(stage: Stage) -> Page:
    page = stage.page_of(path=reverse("account_login"), **stage.options)
    page.context.clear_cookies()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="This form is no longer valid")).to_be_visible()
    return page


def too_many(stage: Stage) -> Page:
    path = reverse("invitation_accept", args=["wrong"])
    for _number in range(20):
        Client().get(path)
    page = stage.page_of(path=path, **stage.options)
    expect(page.get_by_role("heading", name="Too many tries")).to_be_visible()
    return page


def score(instrument: str) -> Reach:
    return lambda stage: stage.of_patient("assessment_add", instrument)


def score_wrong(instrument: str) -> Reach:
    return lambda stage: unsigned(stage.of_patient("assessment_add", instrument))


def unsigned(page: Page) -> Page:
    """Sign what cannot be signed."""
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(".error-summary")).to_be_focused()
    return page


def scores(stage: Stage) -> None:
    """Scores of a year: every instrument, every respondent, corrected, taken back, a draft, and long words."""
    now = timezone.now()
    today = stage.clinic.today(now)
    for weeks in (50, 30, 12, 1, 0):
        on = today - timedelta(weeks=weeks)
        make_assessment(stage.patient, by=stage.by, at=now, on=on, hn_redness=Decimal("1.5"))
        make_assessment(stage.patient, "viga_ad", by=stage.by, at=now, on=on, level=4, comment=LONG)
        for respondent in ("self", "helped", "proxy"):
            make_assessment(stage.patient, "poem", by=stage.by, at=now, on=on, respondent=respondent)
        make_assessment(stage.patient, "itch", by=stage.by, at=now, on=on, level=10)
        make_lab(stage.patient, by=stage.by, at=now, on=on, assay=LONG, is_haemolysed=True)
    make_assessment(stage.patient, "poem", by=stage.by, at=now, on=today, **poem_values("4 4 4 - 4 4 4"))
    make_assessment(stage.patient, "easi", by=stage.by, at=now, on=today, sign=False)
    slip = make_assessment(stage.patient, "itch", by=stage.by, at=now, on=today, level=9)
    actions.withdraw_assessment(stage.by, slip, reason=LONG, at=now)


def corrected(stage: Stage) -> list[Assessment]:
    """An EASI and its correction, the old one first."""
    old = make_assessment(stage.patient, by=stage.by, comment=LONG * 9)
    values = easi_values(E5, ll_percent=Decimal("42.5"), assessed_on=old.assessed_on, comment=LONG * 9)
    new = actions.amend_assessment(stage.by, old, values, reason=LONG * 3, submission=uuid4(), at=timezone.now())
    return [old, new]


def version(number: int, name: str = "assessment_page") -> Reach:
    return lambda stage: stage.of_patient(name, corrected(stage)[number].public_id)


def score_of(instrument: str, **values: object) -> Reach:
    def reach(stage: Stage) -> Page:
        row = make_assessment(stage.patient, instrument, by=stage.by, comment=LONG, **values)
        return stage.of_patient("assessment_page", row.public_id)

    return reach


def score_taken_back(stage: Stage) -> Page:
    row = corrected(stage)[1]
    actions.withdraw_assessment(stage.by, row, reason=LONG * 3, at=timezone.now())
    return stage.of_patient("assessment_page", row.public_id)


def easi_clash(stage: Stage) -> Page:
    """Everything a form can show at once: earlier values, the offer to clear, errors at signs and areas."""
    make_assessment(stage.patient, by=stage.by, hn_redness=Decimal("2.5"))
    page = stage.of_patient("assessment_add", "easi")
    for group in page.locator(".scale-buttons").all():
        group.locator("[value='1']").check()
    page.locator("[name=hn_area][value='0']").check()
    for name in SIGN_ORDER:
        page.locator(f"[name=tr_{name}][value='0']").check()
    unsigned(page)
    expect(page.locator(".scale-wrong")).to_have_count(5)
    expect(page.locator(".easi-clear").first).to_be_visible()
    page.locator("#show-previous").check()
    return page


def poem_previous(stage: Stage) -> Page:
    make_assessment(stage.patient, "poem", by=stage.by, **poem_values("4 3 2 1 0 4 -"))
    page = stage.of_patient("assessment_add", "poem")
    page.locator("#show-previous").check()
    return page


def draft(stage: Stage) -> Page:
    row = make_assessment(stage.patient, by=stage.by, sign=False)
    return stage.of_patient("assessment_edit", row.public_id)


def chart_full(stage: Stage) -> Page:
    scores(stage)
    corrected(stage)
    return stage.open("patient_chart", stage.patient.public_id)


def scores_and_birth(stage: Stage) -> Page:
    """A corrected date of birth asks about the scores."""
    scores(stage)
    page = stage.of_patient("patient_edit")
    page.get_by_label("Year").fill("2009")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice li").first).to_be_visible()
    return page


def choosing(rule: str) -> Reach:
    """The page of a rule as the medical lead sees it, with an earlier choice in long words."""

    def reach(stage: Stage) -> Page:
        lead = make_member(stage.clinic, Role.DERMATOLOGIST, user=make_user(name=f"Dr {LONG}"), is_medical_lead=True)
        values = {"level": None, "params": {}, "source": LONG * 5, "reason": LONG * 5}
        choose_rule(actor_for(lead, stage.clinic), stage.clinic, rule, **values, at=timezone.now())
        return stage.open("rule_choose", rule, user=lead)

    return reach


def choosing_stale(stage: Stage) -> Page:
    page = choosing("oral-steroid-length")(stage)
    page.get_by_label("Caution from (days)").fill("5")
    page.get_by_label("Source the clinic relies on").fill(LONG * 5)
    page.get_by_label("Why").fill(LONG * 5)
    lead = User.objects.get(memberships__is_medical_lead=True)
    values = {"level": 3, "params": {"warn_from": 6}, "source": "S", "reason": "R"}
    choose_rule(actor_for(lead, stage.clinic), stage.clinic, "oral-steroid-length", **values, at=timezone.now())
    page.get_by_role("button", name="Save the choice").click()
    expect(page.get_by_role("table")).to_be_visible()
    return page


def waiting(stage: Stage) -> WorkItem:
    """Two items: one with long words that was put off until today, one of a hold."""
    at = timezone.now()
    text = f"Tacrolimus 0.1 % ointment: caution, an infection is recorded on {LONG}."
    item = raise_item(stage.by, stage.patient, WorkReason.FINDING, "line:rule:facts", text, at=at)
    assert item is not None
    raise_item(stage.by, stage.patient, WorkReason.LOOK_AGAIN, "line:hold", "Emollient: on hold.", at=at)
    WorkItem.objects.filter(pk=item.pk).update(snoozed_until_on=stage.clinic.today(at), snooze_why=LONG)
    return item


def work(stage: Stage) -> Page:
    waiting(stage)
    return stage.open("work_list")


def work_form(name: str) -> Reach:
    return lambda stage: stage.open(name, waiting(stage).public_id)


def work_done(stage: Stage) -> Page:
    item = waiting(stage)
    close_item(stage.by, item, outcome="handled", note="called", version=1, at=timezone.now())
    return stage.open("work_close", item.public_id)


def guidance(stage: Stage) -> Page:
    """Every topic, one rule of it lowered in long words."""
    choosing("allergy")(stage)
    lead = User.objects.get(memberships__is_medical_lead=True)
    values = {"level": 2, "params": {}, "source": LONG * 5, "reason": LONG * 5}
    for rule in ("allergy", "immunocompromise"):
        choose_rule(actor_for(lead, stage.clinic), stage.clinic, rule, **values, at=timezone.now())
    return stage.open("guidance")


def events(stage: Stage) -> AdverseEvent:
    """An infection that is a red flag in long words, written on once; one that ended; one taken back."""
    today = stage.clinic.today(timezone.now())
    line = make_line(stage.patient, by=stage.by, at=timezone.now())
    usual = {
        "severity": "severe",
        "onset_on": today,
        "action_taken": "none",
        "site": "hands",
        "side": "both",
        "text": LONG * 9,
    }
    found = []
    for kind in ("infection", "burning", "other"):
        values = usual | {"kind": kind, "line": line, "ended_on": today if kind == "burning" else None}
        found.append(record_adverse_event(stage.by, stage.patient, values, at=timezone.now()))
    withdraw_adverse_event(stage.by, found[2], reason=LONG * 3, at=timezone.now())
    return amend_adverse_event(stage.by, found[0], {"action_taken": "treated"}, at=timezone.now())


def event_list(stage: Stage) -> Page:
    events(stage)
    return stage.of_patient("patient_events")


def event_form(name: str) -> Reach:
    return lambda stage: stage.of_patient(name, events(stage).public_id)


def event_stale(stage: Stage) -> Page:
    row = events(stage)
    page = stage.of_patient("event_amend", row.public_id)
    amend_adverse_event(stage.by, row, {"action_taken": "referred"}, at=timezone.now())
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Somebody else changed")).to_be_visible()
    return page


def event_gone(stage: Stage) -> Page:
    row = events(stage)
    withdraw_adverse_event(stage.by, row, reason=LONG, at=timezone.now())
    return stage.of_patient("event_amend", row.public_id)


def plan(stage: Stage) -> Page:
    """Every part of the action plan: own words, footnotes, something paused and something from elsewhere."""
    own = {"green_words": LONG * 5, "yellow_words": LONG * 5, "red_words": LONG * 5, "call_words": LONG * 3}
    DoseSettings.objects.create(clinic=stage.clinic, **own)
    at = timezone.now()
    review = stage.clinic.today(at) + timedelta(days=42)
    for key, more in (
        ("emollient", {}),
        ("hydrocortisone-1", {"review_on": review, "places": (Place("chest"),)}),
        ("cetirizine", {"phase": Phase.AS_NEEDED, "per_day": None, "condition": LONG, "most_per_day": 1, "places": ()}),
        ("mometasone-furoate-0.1", {"review_on": review, "is_elsewhere": True, "places": (Place("back"),)}),
    ):
        make_line(stage.patient, by=stage.by, key=key, at=at, instructions=LONG * 4, **more)
    line = RegimenLine.objects.get(product__key="emollient")
    hold(stage.by, line, reason=LONG, look_again_on=review, version=line.version, at=at)
    return stage.of_patient("action_plan")


def dose_settings(stage: Stage) -> Page:
    lead = make_member(stage.clinic, Role.DERMATOLOGIST, is_medical_lead=True)
    DoseSettings.objects.create(clinic=stage.clinic, green_words=LONG * 5, call_words=LONG * 3)
    return stage.open("dose_settings", user=lead)


def dose_settings_wrong(stage: Stage) -> Page:
    page = dose_settings(stage)
    page.get_by_label("Adherence is looked at over").fill("1")
    return send(page)


def dose_settings_stale(stage: Stage) -> Page:
    page = dose_settings(stage)
    DoseSettings.objects.update(version=2, red_words=LONG * 5)
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_role("table")).to_be_visible()
    return page


SCENES: dict[str, Reach] = {
    "sign-in": door("account_login"),
    "sign-in, wrong": wrong_door("account_login"),
    "reset": door("account_reset_password"),
    "reset, wrong": wrong_door("account_reset_password"),
    "reset, sent": door("account_reset_password_done"),
    "reset, link": reset_with_link,
    "reset, wrong password": lambda stage: send(reset_with_link(stage)),
    "reset, done": door("account_reset_password_from_key_done"),
    "sign-out": lambda stage: stage.open("account_logout"),
    "change password": lambda stage: stage.open("account_change_password"),
    "no clinic": no_clinic,
    "switch": switch,
    "list": list_of_two_pages,
    "list, empty": list_empty,
    "list, found": searched("wolf", "Similar name"),
    "list, nobody found": searched("zzz", "Nobody found"),
    "list, wrong": searched("4/5/2019", "can be read in two ways"),
    "register": lambda stage: stage.open("patient_register"),
    "register, wrong": lambda stage: send(stage.open("patient_register")),
    "register, duplicates": duplicates,
    "record": form("patient_page"),
    "record of nothing": record_of_nothing,
    "record, saved": saved,
    "record, another script": saved_with_another_script,
    "record, menu open": menu,
    "people": form("patient_people"),
    "details": form("patient_edit"),
    "details, stale": stale,
    "allergy": form("allergy_add"),
    "allergy, wrong": wrong("allergy_add"),
    "measurement": form("measurement_add"),
    "measurement, wrong": wrong("measurement_add"),
    "precaution": form("precaution_add"),
    "precaution, wrong": wrong("precaution_add"),
    "guardian": form("guardian_add"),
    "guardian, wrong": wrong("guardian_add"),
    "contact": form("contact_add"),
    "contact, wrong": wrong("contact_add"),
    "consent": form("consent_add"),
    "consent, wrong": wrong("consent_add"),
    "close": form("patient_close"),
    "close, wrong": wrong("patient_close"),
    "reopen": reopen,
    "withdraw": withdraw,
    "chart, empty": form("patient_chart"),
    "chart, full": chart_full,
    **{name: score(name) for name in FORMS},
    **{f"{name}, wrong": score_wrong(name) for name in FORMS},
    "easi, clash": easi_clash,
    "easi, draft": draft,
    "poem, previous": poem_previous,
    "easi, correct": version(1, "assessment_amend"),
    "easi, take back": version(1, "assessment_withdraw"),
    "easi, signed": version(1),
    "easi, corrected": version(0),
    "easi, taken back": score_taken_back,
    "viga_ad, signed": score_of("viga_ad"),
    "poem, signed": score_of("poem", **poem_values("4 3 2 1 0 4 -")),
    "itch, signed": score_of("itch"),
    "tarc": form("lab_add"),
    "tarc, wrong": wrong("lab_add"),
    "scores and birth": scores_and_birth,
    "score settings": administration("score_settings"),
    "staff": staff,
    "invite": administration("staff_invite"),
    "invite, wrong": lambda stage: send(stage.open("staff_invite", user=stage.administrator)),
    "change a role": of_colleague("staff_change"),
    "end a role": of_colleague("staff_end"),
    "work": work,
    "work, empty": lambda stage: stage.open("work_list"),
    "work, close": work_form("work_close"),
    "work, close, wrong": lambda stage: send(work_form("work_close")(stage)),
    "work, put off": work_form("work_snooze"),
    "work, put off, wrong": lambda stage: send(work_form("work_snooze")(stage)),
    "work, closed": work_done,
    "guidance": guidance,
    "rule": lambda stage: stage.open("rule_choose", "allergy"),
    "rule, choosing": choosing("tacrolimus-0.1-age"),
    "rule, wrong": lambda stage: send(choosing("tacrolimus-0.1-age")(stage)),
    "rule, stale": choosing_stale,
    "rule, a stop that stays": choosing("wrap-over-tci"),
    "events, none": form("patient_events"),
    "events": event_list,
    "event": form("event_add"),
    "event, wrong": wrong("event_add"),
    "event, write on": event_form("event_amend"),
    "event, stale": event_stale,
    "event, take back": event_form("event_withdraw"),
    "event, taken back": event_gone,
    "action plan, empty": form("action_plan"),
    "action plan": plan,
    "dose settings": dose_settings,
    "dose settings, wrong": dose_settings_wrong,
    "dose settings, stale": dose_settings_stale,
    "about": lambda stage: stage.open("about"),
    "settings": administration("clinic_settings"),
    "settings, wrong": settings_wrong,
    "audit": administration("clinic_audit"),
    "audit, wrong": audit_wrong,
    "activity": lambda stage: stage.open("own_activity"),
    "invitation": invitation,
    "invitation, wrong": lambda stage: send(invitation(stage)),
    "invitation, gone": lambda stage: stage.page_of(path=reverse("invitation_accept", args=["wrong"]), **stage.options),
    "403": forbidden,
    "404": not_found,
    "409": not_this_form,
    "form no longer valid": form_no_longer_valid,
    "429": too_many,
    "500": server_error,
    "session ends": warning,
    "administration": administration_index,
}

SCORES_RIGHT_TO_LEFT = ["chart, full", "easi, clash", "poem, previous", "easi, corrected", "tarc, wrong"]
RIGHT_TO_LEFT = [
    "sign-in",
    "list, found",
    "record",
    "people",
    "details",
    "measurement",
    "staff",
    "audit",
    "work",
    "work, close",
    "events",
    "event, wrong",
    "action plan",
    "dose settings",
    *SCORES_RIGHT_TO_LEFT,
]


def look(page: Page, name: str) -> None:
    """Nothing for axe to find, nothing to scroll sideways for, at every size."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = []
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name} {size}.png", full_page=True)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            found.append(f"{size}: {width} pixels wide")
        found += [f"{size}: turned around {text}" for text in page.evaluate(TURNED)]
        found += [f"{size}: cut off {text}" for text in page.evaluate(CUT_OFF)]
        # Between the two others a tablet shows nothing of its own but another width.
        for violation in page.evaluate(AXE, TAGS)["violations"] if size != "tablet" else []:
            places = [node["target"] for node in violation["nodes"]]
            found.append(f"{size}: {violation['impact']} {violation['id']} {json.dumps(places)}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", SCENES)
def test_page_is_accessible(stage: Stage, name: str) -> None:
    look(SCENES[name](stage), name)


@pytest.mark.parametrize("name", RIGHT_TO_LEFT)
def test_page_is_accessible_from_right_to_left(stage: Stage, name: str) -> None:
    stage.options = {"locale": "ar"}
    page = SCENES[name](stage)
    assert page.locator("html").get_attribute("dir") == "rtl"
    look(page, f"{name} rtl")
