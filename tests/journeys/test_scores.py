"""Scores in a real browser: written with the keyboard, corrected, taken back, and never in the wrong record or twice.

Every total stands here as a literal, worked out by hand from the published weights, not by the scoring that is tested.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Dialog, Locator, Page, expect

from clinics.models import Clinic, KeptForm, User
from patients.models import Assessment, AssessmentState, Patient
from patients.models.assessments import POEM_COLUMNS
from tests.factories import E5, SIGN_ORDER, easi_values, make_assessment, make_patient, poem_values
from tests.journeys.conftest import Journey, type_sign_in
from tests.journeys.test_wrong_form import COUNT_AND_STOP

pytestmark = pytest.mark.browser

REGIONS = {"hn": "Head and neck", "ul": "Upper limbs", "tr": "Trunk", "ll": "Lower limbs"}
NOTHING = "0 0 0 0 | 0"
GROWN_UP = date(1990, 6, 15)
CHILD = date(timezone.now().year - 6, 1, 1)
SEEN_ON = date(2026, 11, 2)
MOST_KEYS = 60


def path_of(name: str, patient: Patient, *args: object) -> str:
    """The address of a page of the patient's record."""
    return reverse(name, args=[patient.public_id, *args])


def new(page_of: Journey, user: User, patient: Patient, instrument: str = "easi", **options: object) -> Page:
    """The empty form of an instrument."""
    return page_of(user, path=path_of("assessment_add", patient, instrument), **options)


def total(page: Page) -> Locator:
    """The live total."""
    return page.locator(".live-total")


def scale(page: Page, region: str, what: str) -> Locator:
    """A row of buttons of the EASI form."""
    return page.get_by_role("group", name=f"{REGIONS[region]}, {what}", exact=True)


def share_of(page: Page, region: str) -> Locator:
    """The box for a region's share in per cent, brought out by its tick."""
    page.get_by_label("Type the area in per cent").check()
    return page.get_by_label(f"per cent {REGIONS[region]}")


def value_of(page: Page, region: str, what: str) -> str:
    """What is chosen in a row of buttons, "" for nothing."""
    found = scale(page, region, what).locator("input:checked")
    return str(found.input_value()) if found.count() else ""


class Keys:
    """Presses keys of a keyboard and counts them."""

    def __init__(self, page: Page):
        self.page = page
        self.pressed = 0

    def __call__(self, key: str, times: int = 1) -> None:
        for _number in range(times):
            self.page.keyboard.press(key)
        self.pressed += times

    def easi(self, findings: dict[str, str]) -> None:
        """Every scale of the form from the first on: a digit, a point for a half, Tab to the next."""
        for region in REGIONS:
            signs, area = findings.get(region, NOTHING).split("|")
            self(area.strip())
            for sign in signs.split():
                self("Tab")
                for key in sign.removesuffix("5"):  # "1.5" is the digit and the point
                    self(key)
            self("Tab")

    def until(self, words: str) -> None:
        """Tab to the button with these words."""
        for _number in range(12):
            if self.page.evaluate("document.activeElement.innerText") == words:
                return
            self("Tab")
        pytest.fail(f"no button {words!r} within 12 stops")


def click_easi(page: Page, findings: dict[str, str]) -> None:
    """Choose everything with the mouse."""
    words = ("redness", "thickness", "scratching", "lichenification")
    for region in REGIONS:
        signs, area = findings.get(region, NOTHING).split("|")
        for word, value in (("area", area.strip()), *zip(words, signs.split(), strict=True)):
            scale(page, region, word.capitalize()).get_by_role("radio", name=value, exact=True).check()


def sign(page: Page, button: str = "Sign") -> None:
    """Press Sign, with what the page says afterwards still to be looked at."""
    page.get_by_role("button", name=button, exact=True).click()


def in_table(page: Page, instrument: str) -> Locator:
    """The rows of an instrument in the table under the chart."""
    return page.locator(".chart-table tbody tr", has=page.get_by_role("cell", name=instrument, exact=True))


# --- EASI by keyboard -------------------------------------------------------------------------------------------------

CASES: dict[str, tuple[date, dict[str, str], str, str]] = {
    # born, findings, total, band; E5 to E17 are published or printed in the clinical reference
    "E5": (GROWN_UP, E5, "14.0", "moderate"),
    "E6": (CHILD, E5, "12.7", "moderate"),
    "E11": (GROWN_UP, {"hn": "1.5 0 0 0 | 1"}, "0.15", "almost clear"),
    "E16": (
        GROWN_UP,
        {"hn": "1 0 0 0 | 2", "ul": "1 1 0 0 | 2", "tr": "1 1 1 1 | 2", "ll": "1 1 1 0 | 3"},
        "7.0",
        "mild",
    ),
    "E17": (
        GROWN_UP,
        {"hn": "1 1 1 0 | 1", "ul": "1 1 0 0 | 2", "tr": "1 1 1 1 | 2", "ll": "1 1 1 0 | 3"},
        "7.1",
        "moderate",
    ),
    # 0.25 + 0.8 + 2.4 + 3.6: between the printed bands, so it belongs to the one above
    "half above mild": (
        GROWN_UP,
        {"hn": "1.5 1 0 0 | 1", "ul": "1 1 0 0 | 2", "tr": "1 1 1 1 | 2", "ll": "1 1 1 0 | 3"},
        "7.05",
        "moderate",
    ),
    # 0.25 + 3.0 + 18.0 + 28.8
    "half above severe": (
        GROWN_UP,
        {"hn": "2.5 0 0 0 | 1", "ul": "2 1 1 1 | 3", "tr": "3 3 3 3 | 5", "ll": "3 3 3 3 | 6"},
        "50.05",
        "very severe",
    ),
    # 0.2 x 4 x 5 + 0.2 x 5 x 9 + 0.3 x 1 x 2.5; with the weights from 8 years it would be 11.75
    "child with halves": (
        CHILD,
        {"hn": "2.5 1.5 1 0 | 4", "ul": "3 2.5 2 1.5 | 5", "tr": "1.5 0 1 0 | 1"},
        "13.75",
        "moderate",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_easi_by_keyboard_is_the_same_everywhere(page_of: Journey, clinician: User, clinic: Clinic, case: str) -> None:
    born, findings, points, band = CASES[case]
    patient = make_patient(clinic, birth_date=born)
    page = new(page_of, clinician, patient)
    keys = Keys(page)
    expect(page.get_by_role("status")).to_have_text(["incomplete, 20 of 20 left"])  # one voice, not one per region
    keys.easi(findings)
    expect(total(page)).to_have_text(f"EASI {points} – {band}")
    keys.until("Sign")
    keys("Enter")
    expect(page.locator(".messages")).to_contain_text(f"EASI signed: {points} ({band}) – EXAMPLE")
    assert keys.pressed <= MOST_KEYS, f"{keys.pressed} keys"
    row = in_table(page, "EASI")
    expect(row).to_contain_text(band)
    row.get_by_role("link").click()
    expect(page.locator(".score-big")).to_have_text(f"{points} {band}")
    stored = Assessment.objects.get()
    assert (stored.total, stored.state) == (Decimal(points), AssessmentState.SIGNED)
    typed = easi_values(findings)
    del typed["assessed_on"]
    assert {name: stored.items[name] for name in typed} == typed


def test_a_point_adds_a_half_only_where_the_scale_has_one(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = new(page_of, clinician, patient)
    keys = Keys(page)
    for key, chosen in (("3", "3"), (".", "3"), ("7", "3"), ("0", "0"), ("6", "6")):
        keys(key)
        assert value_of(page, "hn", "Area") == chosen, key
    keys("Tab")
    for key, chosen in (
        ("0", "0"),
        (".", "0"),
        ("1", "1"),
        (".", "1.5"),
        (".", "1.5"),
        ("2", "2"),
        (",", "2.5"),
        ("3", "3"),
    ):
        keys(key)
        assert value_of(page, "hn", "Redness") == chosen, key
    keys(".")
    assert value_of(page, "hn", "Redness") == "3"
    keys("ArrowLeft")
    assert value_of(page, "hn", "Redness") == "2.5"


def test_enter_sends_no_form_that_is_still_being_filled(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = new(page_of, clinician, patient)
    page.evaluate(COUNT_AND_STOP)
    page.keyboard.press("Enter")  # in the first scale, nothing chosen
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    for box in (share_of(page, "hn"), page.get_by_label("Day")):
        box.focus()
        page.keyboard.press("Enter")
    comment = page.get_by_label("Comment")
    comment.focus()
    for key in ("a", "Enter", "b"):
        page.keyboard.press(key)
    expect(comment).to_have_value("a\nb")
    assert page.evaluate("window.sent") == 0
    page.get_by_role("button", name="Sign", exact=True).focus()
    page.keyboard.press("Enter")
    assert page.evaluate("window.sent") == 1
    assert not Assessment.objects.exists()


# --- What does not fit ------------------------------------------------------------------------------------------------


def test_area_0_offers_to_set_the_signs_to_0(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = new(page_of, clinician, patient)
    offer = page.get_by_role("group", name="Trunk", exact=True).get_by_role("button", name="set the four signs to 0")
    expect(offer).to_be_hidden()
    scale(page, "tr", "Area").get_by_role("radio", name="0").check()
    expect(offer).to_be_visible()
    scale(page, "tr", "Redness").get_by_role("radio", name="2", exact=True).check()
    offer.click()
    expect(offer).to_be_hidden()
    assert [value_of(page, "tr", word.capitalize()) for word in SIGN_ORDER] == ["0", "0", "0", "0"]
    assert [value_of(page, "ll", word.capitalize()) for word in SIGN_ORDER] == ["", "", "", ""]
    expect(total(page)).to_have_text("incomplete, 15 of 20 left")
    expect(page.locator("[data-score=trunk]")).to_have_text("0.0")
    assert page.evaluate("document.activeElement.name") == "tr_lichenification"


def test_what_does_not_fit_is_refused_by_region_and_sign(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    patient = make_patient(clinic, birth_date=GROWN_UP)
    page = new(page_of, clinician, patient)
    click_easi(page, E5 | {"tr": "0 0 1.5 0 | 0", "ul": "0 0 0 0 | 4"})
    expect(total(page)).to_have_text("look again: area and signs of a region do not fit")
    sign(page)
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("listitem")).to_have_text(
        [
            "Upper limbs, area: an area is affected, but every sign is 0.",
            "Trunk, scratching: above 0, but the area is 0.",
        ]
    )
    assert not Assessment.objects.exists()
    summary.get_by_role("link", name="Trunk, scratching").click()
    assert page.evaluate("document.activeElement.name") == "tr_scratching"
    page.keyboard.press("0")
    scale(page, "ul", "Area").get_by_role("radio", name="0").check()
    sign(page)
    # the head and the lower limbs of E5: 0.8 and 8.4
    expect(page.locator(".messages")).to_contain_text("EASI signed: 9.2 (moderate)")


def test_leaving_with_something_typed_asks_first(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = new(page_of, clinician, patient)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.keyboard.press("2")
    page.get_by_role("link", name="Summary").click(no_wait_after=True)
    expect(page.get_by_role("heading", name="Record: EASI")).to_be_visible()
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.locator(".messages")).to_contain_text("kept as a draft")
    assert asked == ["beforeunload"]


def test_missing_answers_are_named_and_never_0(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = new(page_of, clinician, patient)
    keys = Keys(page)
    for key in ("2", "Tab", "1"):
        keys(key)
    sign(page)
    lines = page.locator(".error-summary").get_by_role("listitem")
    expect(lines).to_have_text(
        [
            "Head and neck: thickness, scratching, lichenification not answered",
            *(
                f"{name}: area, redness, thickness, scratching, lichenification not answered"
                for name in ("Upper limbs", "Trunk", "Lower limbs")
            ),
        ]
    )
    assert not Assessment.objects.exists()
    expect(total(page)).to_have_text("incomplete, 18 of 20 left")
    lines.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.name") == "hn_thickness"


def test_errors_above_and_in_the_grid_all_lead_to_their_place(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = new(page_of, clinician, patient)
    page.get_by_label("Day").fill("31")
    page.get_by_label("Month").fill("2")
    share_of(page, "tr").fill("12,55")
    sign(page)
    links = page.locator(".error-summary").get_by_role("link")
    expect(links.filter(has_text="Date of the assessment")).to_contain_text("This day does not exist in that month.")
    said = "Trunk, area: from 0 to 100 per cent, with one decimal at the most."
    expect(links.filter(has_text="per cent")).to_have_text(said)
    for number in range(links.count()):
        links.nth(number).click()
        focused = page.evaluate("document.activeElement.name || ''")
        assert focused, f"{links.nth(number).inner_text()!r} leads nowhere"
    expect(share_of(page, "tr")).to_have_value("12,55")


def test_per_cent_sets_the_area_and_a_chosen_area_clears_it(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = new(page_of, clinician, patient)
    share = share_of(page, "ul")
    for typed, area in (("0.4", "1"), ("9,5", "1"), ("10", "2"), ("29.9", "2"), ("30", "3"), ("49.9", "3"), ("50", "4")):
        share.fill(typed)
        assert value_of(page, "ul", "Area") == area, typed
    for typed, area in (("69.9", "4"), ("70", "5"), ("89.9", "5"), ("90", "6"), ("100", "6"), ("0", "0")):
        share.fill(typed)
        assert value_of(page, "ul", "Area") == area, typed
    assert value_of(page, "hn", "Area") == ""
    scale(page, "ul", "Area").get_by_role("radio", name="2").check()
    expect(share).to_have_value("")
    click_easi(page, E5)
    share.fill("42.5")
    expect(total(page)).to_have_text(re.compile("^EASI 1"))
    sign(page)
    expect(page.locator(".messages")).to_contain_text("EASI signed")
    stored = Assessment.objects.get()
    assert (stored.ul_percent, stored.ul_area, stored.hn_percent) == (Decimal("42.5"), 3, None)


def test_a_share_that_gives_no_area_leaves_none_chosen(page_of: Journey, clinician: User, patient: Patient) -> None:
    """Half a number must not stay behind as an area when the rest of it cannot be read."""
    page = new(page_of, clinician, patient)
    share = share_of(page, "ul")
    share.focus()
    page.keyboard.type("5")
    assert value_of(page, "ul", "Area") == "1"
    page.keyboard.press("Backspace")
    assert value_of(page, "ul", "Area") == ""
    page.keyboard.type("350")
    assert value_of(page, "ul", "Area") == ""


# --- POEM -------------------------------------------------------------------------------------------------------------

QUESTIONS = ["Itch", "Disturbed sleep", "Bleeding", "Weeping or oozing", "Cracks", "Flaking", "Dryness or roughness"]
DAYS = ["No days", "1–2 days", "3–4 days", "5–6 days", "Every day"]


def answer(page: Page, answers: str) -> None:
    """Choose an answer for each question: a number, "-" for left open, "." for one that is skipped."""
    for question, given in zip(QUESTIONS, answers.split(), strict=True):
        if given != ".":
            words = "Left open" if given == "-" else DAYS[int(given)]
            page.get_by_role("group", name=question, exact=True).get_by_role("radio", name=words).check()


@pytest.mark.parametrize(
    ("answers", "live", "said", "noted"),
    [
        ("2 1 1 1 1 1 1", "POEM 8 – moderate", "POEM signed: 8 (moderate)", ""),
        (
            "- 4 4 4 4 4 4",
            "POEM 24 – severe, one open question counts 0",
            "POEM signed: 24 (severe)",
            "one question left open",
        ),
        ("4 - 4 4 4 4 -", "not scored: 2 questions left open", "POEM signed: not scored", ""),
    ],
)
def test_poem_on_behalf(
    page_of: Journey, nurse: User, patient: Patient, answers: str, live: str, said: str, noted: str
) -> None:
    page = new(page_of, nurse, patient, "poem")
    expect(total(page)).to_have_text("incomplete, 7 of 7 left")
    answer(page, answers)
    page.get_by_role("radio", name="Parent or carer").check()
    page.get_by_label("Language of the questions").select_option("de")
    expect(total(page)).to_have_text(live)
    sign(page)
    expect(page.locator(".messages")).to_contain_text(said)
    row = in_table(page, "POEM")
    expect(row).to_contain_text("Parent or carer (entered by Nico Nurse)")
    expect(row).to_contain_text(noted)
    row.get_by_role("link").click()
    facts = page.locator("dl.facts")
    expect(facts).to_contain_text("Parent or carer · German")
    expect(page.get_by_text("One question was left open and counts 0.")).to_have_count(1 if noted else 0)
    expect(page.get_by_role("cell", name="left open")).to_have_count(answers.count("-"))
    stored = Assessment.objects.get()
    assert stored.respondent == "proxy"
    assert [stored.items[name] for name in POEM_COLUMNS] == [None if n == "-" else int(n) for n in answers.split()]
    assert (stored.total is None) == (answers.count("-") > 1)


def test_a_question_skipped_by_mistake_is_asked_for_again(page_of: Journey, nurse: User, patient: Patient) -> None:
    page = new(page_of, nurse, patient, "poem")
    answer(page, "2 - . 1 1 1 1")
    page.get_by_role("radio", name="Parent or carer").check()
    page.get_by_label("Comment").fill("asked on the telephone")
    expect(total(page)).to_have_text("incomplete, 1 of 7 left")
    sign(page)
    lines = page.locator(".error-summary").get_by_role("listitem")
    expect(lines).to_have_text(["Bleeding: Not answered. If the person could not answer it, choose “Left open”."])
    assert not Assessment.objects.exists()
    kept = [page.get_by_role("group", name=question, exact=True).locator("input:checked") for question in QUESTIONS]
    assert [box.input_value() if box.count() else "" for box in kept] == ["2", "open", "", "1", "1", "1", "1"]
    expect(page.get_by_role("radio", name="Parent or carer")).to_be_checked()
    expect(page.get_by_label("Comment")).to_have_value("asked on the telephone")
    lines.get_by_role("link").click()
    page.keyboard.press("3")
    sign(page)
    expect(page.locator(".messages")).to_contain_text("POEM signed: 9 (moderate)")


# --- Corrected, taken back, kept for later ----------------------------------------------------------------------------


def test_correct_and_take_back(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    patient = make_patient(clinic, birth_date=GROWN_UP)
    first = make_assessment(patient, on=SEEN_ON)
    page = page_of(clinician, path=path_of("patient_chart", patient))
    in_table(page, "EASI").get_by_role("link").click()
    page.get_by_role("link", name="Correct").click()
    expect(total(page)).to_have_text("EASI 14.0 – moderate")
    scale(page, "ll", "Lichenification").get_by_role("radio", name="2", exact=True).check()
    expect(total(page)).to_have_text("EASI 15.2 – moderate")
    sign(page, "Sign the correction")
    expect(page.locator(".error-summary")).to_contain_text("Why it is corrected: This field is required.")
    assert value_of(page, "ll", "Lichenification") == "2"
    page.get_by_label("Why it is corrected").fill("read again from the photograph")
    sign(page, "Sign the correction")
    expect(page.locator(".messages")).to_contain_text("EASI corrected: 15.2 (moderate)")
    rows = in_table(page, "EASI")
    expect(rows).to_have_count(2)
    old = rows.filter(has_text="old value, corrected since: read again from the photograph")
    expect(old.locator(".value")).to_have_text("14.0")
    counts = rows.filter(has_not_text="old value").filter(has_text="corrected: read again from the photograph")
    expect(counts.locator(".value")).to_have_text("15.2")
    titles = page.locator(".panel-easi .dot title").all_text_contents()
    assert len(titles) == 2, titles
    assert sum("15.2" in text for text in titles) == sum("14.0" in text for text in titles) == 1, titles
    expect(page.locator(".panel-easi .panel-latest strong")).to_have_text("15.2")

    old.get_by_role("link").click()
    expect(page.get_by_text("This version was corrected.")).to_be_visible()
    expect(page.locator(".score-big")).to_have_text("14.0 moderate")
    expect(page.get_by_role("link", name="Correct")).to_have_count(0)
    assert page.url.endswith(f"/{first.public_id}/")
    page.get_by_role("link", name="Show the version that counts").click()
    expect(page.locator(".score-big")).to_have_text("15.2 moderate")

    page.get_by_role("link", name="Entered in error").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_label("Reason").fill("another person")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".messages")).to_contain_text("Taken back as entered in error")
    expect(in_table(page, "EASI").filter(has_text="entered in error: another person").locator(".value")).to_have_text(
        "15.2"
    )
    expect(page.locator(".panel-easi .panel-latest")).to_have_count(0)
    assert not Assessment.objects.filter(state=AssessmentState.SIGNED).exists()
    in_table(page, "EASI").filter(has_text="another person").get_by_role("link").click()
    expect(page.get_by_text("another person. It counts nowhere.")).to_be_visible()


def test_draft_is_kept_left_gone_on_with_and_signed(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    patient = make_patient(clinic, birth_date=GROWN_UP)
    page = new(page_of, clinician, patient)
    Keys(page).easi({"hn": E5["hn"]})
    share_of(page, "ll").fill("42.5")
    for word, value in zip(SIGN_ORDER, ["2", "2", "2", "1"], strict=True):
        scale(page, "ll", word.capitalize()).get_by_role("radio", name=value, exact=True).check()
    page.get_by_label("Comment").fill("left arm bandaged\nlook again")
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.locator(".messages")).to_contain_text("EASI kept as a draft, not signed")
    expect(in_table(page, "EASI")).to_have_count(0)
    draft = Assessment.objects.get()
    assert (draft.state, draft.total, draft.signed_at) == (AssessmentState.DRAFT, None, None)

    page.goto("/patients/")
    page.goto(path_of("patient_chart", patient))
    page.locator("main .message-warning").get_by_role("link", name="EASI").click()
    expect(page.get_by_role("heading", name="Go on with the draft: EASI")).to_be_visible()
    expect(share_of(page, "ll")).to_have_value("42.5")
    assert (value_of(page, "ll", "Area"), value_of(page, "hn", "Redness"), value_of(page, "ul", "Area")) == ("3", "2", "0")
    expect(total(page)).to_have_text("EASI 9.2 – moderate")
    sign(page)
    expect(page.locator(".messages")).to_contain_text("EASI signed: 9.2 (moderate)")
    assert Assessment.objects.get().pk == draft.pk
    in_table(page, "EASI").get_by_role("link").click()
    assert page.locator("dl.facts").inner_text().count("left arm bandaged\nlook again") == 1


def test_an_unfinished_draft_is_dropped(page_of: Journey, clinician: User, patient: Patient) -> None:
    page = new(page_of, clinician, patient)
    page.keyboard.press("3")
    page.get_by_role("button", name="Keep as a draft").click()
    page.locator("main .message-warning").get_by_role("link", name="EASI").click()
    page.get_by_role("link", name="Drop the draft").click()
    page.get_by_label("Reason").fill("begun for the wrong person")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".messages")).to_contain_text("Taken back")
    expect(page.get_by_text("Not signed yet")).to_have_count(0)
    assert Assessment.objects.get().state == AssessmentState.WITHDRAWN


def test_previous_values_are_shown_on_demand_and_never_filled_in(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    patient = make_patient(clinic, birth_date=GROWN_UP)
    make_assessment(patient, on=SEEN_ON, hn_redness=Decimal("1.5"), ul_lichenification=Decimal("2.5"))
    make_assessment(patient, "poem", on=SEEN_ON, **poem_values("4 0 0 0 0 0 -"))
    page = new(page_of, clinician, patient)
    before = page.locator(".easi .previous")
    for _number in range(2):  # also after the page was opened again
        expect(page.locator(".scale input:checked")).to_have_count(0)
        expect(before.filter(visible=True)).to_have_count(0)
        page.get_by_label("Show the values of 02-Nov-2026").check()
        expect(before.filter(visible=True)).to_have_count(20)
        expect(scale(page, "hn", "Redness").locator(".previous")).to_have_text("was 1.5")
        expect(scale(page, "ul", "Lichenification").locator(".previous")).to_have_text("was 2.5")
        expect(page.locator(".scale input:checked")).to_have_count(0)
        page.reload()
    page.goto(path_of("assessment_add", patient, "poem"))
    expect(page.locator(".previous").filter(visible=True)).to_have_count(0)
    page.get_by_label("Show the answers of 02-Nov-2026 (total 4)").check()
    expect(page.locator(".previous").filter(visible=True)).to_have_count(6)  # the seventh was left open
    expect(page.locator(".scale input:checked")).to_have_count(0)


# --- The right person, once -------------------------------------------------------------------------------------------


def test_two_tabs_with_two_patients_save_each_to_its_own(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    mia = make_patient(clinic, family_name="Example", given_name="Mia", birth_date=GROWN_UP)
    child = make_patient(clinic, family_name="Other", given_name="Noah", birth_date=CHILD)
    one = new(page_of, clinician, mia)
    two = one.context.new_page()
    two.goto(path_of("assessment_add", child, "easi"))
    Keys(one).easi(E5)
    two.bring_to_front()
    Keys(two).easi(E5)
    expect(total(one)).to_have_text("EASI 14.0 – moderate")
    expect(total(two)).to_have_text("EASI 12.7 – moderate")
    sign(two)
    expect(two.locator(".messages")).to_contain_text("EASI signed: 12.7 (moderate) – OTHER, Noah")
    sign(one)
    expect(one.locator(".messages")).to_contain_text("EASI signed: 14.0 (moderate) – EXAMPLE, Mia")
    assert Assessment.objects.get(patient=mia).total == Decimal("14.0")
    assert Assessment.objects.get(patient=child).total == Decimal("12.7")


def test_form_sent_to_another_patient_is_refused_and_kept(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    mia = make_patient(clinic, family_name="Example", given_name="Mia", birth_date=GROWN_UP)
    other = make_patient(clinic, birth_date=GROWN_UP)
    page = new(page_of, clinician, mia)
    click_easi(page, E5)
    path = path_of("assessment_add", other, "easi")
    page.locator("form[data-keep]").evaluate("(form, path) => { form.action = path }", path)
    sign(page)
    expect(page.get_by_role("heading", name="This form belongs to another page")).to_be_visible()
    assert not Assessment.objects.exists()
    page.get_by_role("link", name="Open that page with the input").click()
    expect(page.get_by_role("region", name="Patient")).to_contain_text("EXAMPLE, Mia")
    expect(total(page)).to_have_text("EASI 14.0 – moderate")
    sign(page)
    expect(page.locator(".messages")).to_contain_text("EASI signed: 14.0 (moderate) – EXAMPLE, Mia")
    assert Assessment.objects.get().patient == mia


def test_form_whose_user_changed_is_refused_and_kept_for_its_owner(
    page_of: Journey, clinician: User, nurse: User, clinic: Clinic
) -> None:
    patient = make_patient(clinic, birth_date=GROWN_UP)
    page = new(page_of, clinician, patient, "poem")
    answer(page, "2 1 1 1 1 1 1")
    page.get_by_role("radio", name="Parent or carer").check()
    new_tab = page.context.new_page()
    new_tab.goto("/patients/")
    new_tab.locator("summary").click()
    new_tab.get_by_role("button", name="Sign out").click()
    type_sign_in(new_tab, nurse)
    sign(page)
    expect(page.get_by_role("heading", name="This form was opened by someone else")).to_be_visible()
    assert not Assessment.objects.exists()
    kept = KeptForm.objects.get()
    assert kept.user == clinician
    assert [parse_qs(kept.body)[name][0] for name in POEM_COLUMNS] == ["2", "1", "1", "1", "1", "1", "1"]
    new_tab.goto(f"{kept.path}?kept={kept.public_id}")
    expect(new_tab.locator(".scale input:checked")).to_have_count(0)  # nothing of it for somebody else
    owner = page_of(clinician, path=f"{kept.path}?kept={kept.public_id}")
    expect(total(owner)).to_have_text("POEM 8 – moderate")
    sign(owner)
    expect(owner.locator(".messages")).to_contain_text("POEM signed: 8 (moderate)")
    assert Assessment.objects.get().signed_by == clinician


@pytest.mark.engine
def test_double_click_and_the_same_form_sent_again_make_one_record(
    page_of: Journey, clinician: User, clinic: Clinic
) -> None:
    patient = make_patient(clinic, birth_date=GROWN_UP)
    page = new(page_of, clinician, patient)
    click_easi(page, E5)
    page.get_by_role("button", name="Sign", exact=True).dblclick()
    expect(page.locator(".messages")).to_contain_text("EASI signed: 14.0 (moderate)")
    assert Assessment.objects.count() == 1
    page.go_back()
    expect(total(page)).to_have_text("EASI 14.0 – moderate")
    sign(page)
    expect(page.locator(".messages")).to_contain_text("EASI signed: 14.0 (moderate)")
    assert Assessment.objects.count() == 1

    page.go_back()
    scale(page, "ll", "Lichenification").get_by_role("radio", name="2", exact=True).check()
    sign(page)
    expect(page.locator(".error-summary")).to_contain_text("This form was signed before and says something else now.")
    assert value_of(page, "ll", "Lichenification") == "2"
    assert Assessment.objects.get().total == Decimal("14.0")

    page.goto(path_of("patient_chart", patient))
    page.get_by_role("link", name="Record: EASI").click()  # another form makes another record
    expect(page.locator(".scale input:checked")).to_have_count(0)
    click_easi(page, {"hn": "1 0 0 0 | 1"})
    sign(page)
    expect(page.locator(".messages")).to_contain_text("EASI signed: 0.1 (almost clear)")
    assert Assessment.objects.count() == 2


# --- The age ----------------------------------------------------------------------------------------------------------


def test_the_date_decides_about_the_weights(page_of: Journey, clinician: User, clinic: Clinic) -> None:
    patient = make_patient(clinic, birth_date=date(2018, 3, 10))
    page = new(page_of, clinician, patient)
    weights = page.locator("[data-weights]")
    click_easi(page, E5)
    for day, words, points in (
        ("10", "Age on that day 8: weights from 8 years (head and neck 0.1,", "14.0"),
        ("9", "Age on that day 7: weights under 8 years (head and neck 0.2,", "12.7"),
    ):
        for box, text in (("Day", day), ("Month", "March"), ("Year", "2026")):
            page.get_by_label(box).fill(text)
        expect(weights).to_contain_text(words)
        expect(total(page)).to_have_text(f"EASI {points} – moderate")
    page.get_by_label("Year").fill("")
    expect(total(page)).to_have_text("enter the date of the assessment")
    page.get_by_label("Year").fill("2026")
    sign(page)
    expect(page.locator(".messages")).to_contain_text("EASI signed: 12.7 (moderate)")
    in_table(page, "EASI").get_by_role("link").click()
    facts = page.locator("dl.facts")
    expect(facts).to_contain_text("weights under 8 years")
    expect(facts).to_contain_text("09-Mar-2026")


@pytest.mark.parametrize(
    ("choice", "shown"),
    [("Compute them again; the old values stay readable", "14.0"), ("Leave them as they were stored", "12.7")],
)
def test_corrected_birth_date_lists_the_scores_and_asks(
    page_of: Journey, clinician: User, clinic: Clinic, choice: str, shown: str
) -> None:
    patient = make_patient(clinic, birth_date=date(2018, 3, 10))
    make_assessment(patient, on=date(2026, 3, 9))  # the day before the 8th birthday
    make_assessment(patient, on=date(2026, 3, 10))
    page = page_of(clinician, path=path_of("patient_edit", patient))
    page.get_by_label("Day").fill("9")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator(".notice li")).to_have_text(["EASI of 09-Mar-2026: 12.7 becomes 14.0"])
    patient.refresh_from_db()
    assert patient.birth_date == date(2018, 3, 10)
    page.get_by_label(choice).check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messages")).to_contain_text("Saved")
    page.goto(path_of("patient_chart", patient) + "?range=all")
    rows = in_table(page, "EASI").filter(has_not_text="old value").filter(has_text="09-Mar-2026")
    expect(rows.locator(".value")).to_have_text(shown)
    patient.refresh_from_db()
    assert patient.birth_date == date(2018, 3, 9)
