"""Prescribing on the page: what it asks and means, what the rules say, what is saved, and that nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, Membership, User
from patients import actions as records
from patients.models import Patient
from regimens import actions
from regimens.models import DosePlan, Override, PlanSite, Product, Regimen, RegimenLine
from tests.factories import NOW, TODAY, make_emollient, make_order, make_patient, make_regimen
from tests.regimens.pages import (
    EMOLLIENT,
    article_of,
    as_lists,
    buttons_of,
    day_boxes,
    errors_of,
    everything_in,
    findings_of,
    keys_in,
    order_form,
    reply,
    text_of,
    typed_in,
    url,
)

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
LOOK, SAVE = {"do": "look"}, {"do": "save"}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(signed_in: SignIn, clinician: User) -> Client:
    """The browser of the dermatologist."""
    return signed_in(clinician)


@pytest.fixture
def child(clinic: Clinic, clinician: User) -> Patient:
    """Nine years old."""
    return make_patient(clinic, birth_date=date(2017, 3, 1))


def prescribe(patient: Patient) -> str:
    return url("regimen_prescribe", patient)


def change(line: RegimenLine) -> str:
    return url("line_change", line.patient, line.public_id)


# --- The empty page ---------------------------------------------------------------------------------------------------


def test_nothing_has_a_default_but_the_day(client: Client, adult: Patient) -> None:
    answer = client.get(prescribe(adult))
    assert answer.status_code == 200
    assert typed_in(answer) == {"starts_on_day": ["20"], "starts_on_month": ["Nov"], "starts_on_year": ["2026"]}
    assert everything_in(answer)["version"] == ["0"]
    assert "Start a regimen" in text_of(answer)
    assert ("do", "save") not in buttons_of(answer)


def test_every_product_that_is_offered_can_be_chosen(client: Client, adult: Patient) -> None:
    Product.objects.filter(key="tacrolimus-0.03").update(is_offered=False)
    page = client.get(prescribe(adult)).content.decode()
    select = re.search(r'<select name="product".*?</select>', page, re.S)
    assert select is not None
    keys = set(re.findall(r'value="([^"]+)"', select[0]))
    assert keys == set(Product.objects.filter(is_offered=True).values_list("key", flat=True))
    assert "tacrolimus-0.03" not in keys


@pytest.mark.parametrize("do", ["look", ""])
def test_enter_and_what_is_sent_without_a_button_check_and_save_nothing(client: Client, adult: Patient, do: str) -> None:
    assert buttons_of(client.get(prescribe(adult)))[0] == ("do", "look")
    answer = client.post(prescribe(adult), order_form() | ({"do": do} if do else {}))
    assert answer.status_code == 200
    assert buttons_of(answer)[0] == ("do", "look")  # also when saving is offered
    assert ("do", "save") in buttons_of(answer)
    assert not Regimen.objects.exists()
    assert AuditEvent.objects.filter(verb="order checked", patient=adult.public_id).count() == 1


def test_a_script_that_sends_enter_presses_the_first_button(client: Client, adult: Patient) -> None:
    page = client.post(prescribe(adult), order_form() | LOOK).content.decode()
    first = re.search(r"<button[^>]*>", page[page.index("data-keep") :])
    assert first is not None
    assert 'value="look"' in first[0]
    assert 'tabindex="-1"' in first[0]


# --- Check and preview ------------------------------------------------------------------------------------------------


def test_a_check_shows_two_weeks_and_the_patients_card_and_keeps_what_was_typed(client: Client, adult: Patient) -> None:
    sent = order_form("tacrolimus-0.1", "face", "hands:left", instructions="At night.\nThinly.") | EMOLLIENT | LOOK
    answer = client.post(prescribe(adult), sent)
    page = answer.content.decode()
    assert typed_in(answer) == as_lists(sent)
    preview = page[page.index('class="preview"') : page.index("</table>", page.index('class="preview"'))]
    assert re.findall(r'<th scope="col">([^<]+)</th>', preview) == ["Day", "Tacrolimus 0.1\u00a0% ointment", "Emollient"]
    days = re.findall(r'<bdi class="nowrap">([^<]+)</bdi>', preview)
    assert (len(days), days[0], days[-1]) == (14, "20-Nov-2026", "03-Dec-2026")
    assert re.findall(r'aria-hidden="true">(×+)<', preview) == ["××"] * 28
    card = text_of(answer)
    assert (
        "Twice daily · Face, Hands (left) From 20-Nov-2026 · we look at it again on 01-Jan-2027 At night. Thinly." in card
    )
    assert "Checked: nothing here needs a reason" in card
    assert {level for _rule, level in findings_of(answer)} <= {"inform"}
    assert "is not a certified medical device, and is not for emergencies" in card


@pytest.mark.parametrize(
    ("more", "days"),
    [
        ({"phase": "maintenance", "weekdays": ["0", "3"]}, ["23", "26", "30", "03"]),  # Mondays and Thursdays
        ({"product": "dupilumab-300", "places": [], "phase": "interval", "every": "1", "every_unit": "7"}, ["20", "27"]),
        (
            {"product": "dupilumab-300", "places": [], "phase": "interval", "every": "4", "every_unit": "7"}
            | {"second_after_days": "7"},
            ["20", "27"],
        ),
        (
            {"product": "prednisolone-oral", "places": [], "phase": "course", "course_per_day": "1", "course_days": "3"},
            ["20", "21", "22"],
        ),
        ({"phase": "as_needed", "condition": "itch", "most_per_day": "2"}, []),
        (day_boxes("until_on", TODAY + DAY), ["20", "21"]),
        (day_boxes("starts_on", date(2026, 11, 30)) | {"phase": "maintenance", "weekdays": ["0"]}, ["30", "07"]),
    ],
)
def test_the_two_weeks_have_the_days_of_the_order(
    client: Client, adult: Patient, more: dict[str, Any], days: list[str]
) -> None:
    answer = client.post(prescribe(adult), order_form(**more) | LOOK)
    page = answer.content.decode()
    assert answer.status_code == 200, errors_of(answer)
    rows = re.findall(r'<tr><th scope="row"><bdi class="nowrap">(\d\d)-\w+-\d+</bdi>.*?</tr>', page, re.S)
    cells = re.findall(r'<tr><th scope="row">.*?</tr>', page, re.S)
    assert len(rows) == 14
    assert [day for day, cell in zip(rows, cells[-14:], strict=True) if "×" in cell] == days


def test_what_could_not_be_checked_is_said_and_never_passed(client: Client, adult: Patient) -> None:
    page = text_of(client.post(prescribe(adult), order_form() | LOOK))
    assert "Checked: nothing here needs a reason; some things could not be checked" in page
    assert "Not checked" in page
    assert "Record what is missing on the summary page" in page


# --- Saving -----------------------------------------------------------------------------------------------------------


def test_save_starts_a_regimen_with_the_line_as_typed(client: Client, adult: Patient, clinician: User) -> None:
    more = {"amount": "1.5", "amount_unit": "ftu", "instructions": "At night."} | day_boxes("until_on", date(2027, 3, 1))
    answer = client.post(prescribe(adult), order_form("tacrolimus-0.1", "face", "neck", **more) | SAVE, follow=True)
    assert answer.redirect_chain == [(url("patient_regimen", adult), 302)]
    assert "Treatment saved – EXAMPLE" in text_of(answer)
    line = RegimenLine.objects.get()
    assert (line.product.key, line.starts_on, line.until_on) == ("tacrolimus-0.1", TODAY, date(2027, 3, 1))
    assert (line.review_on, line.instructions, line.is_elsewhere) == (date(2027, 1, 1), "At night.", False)
    assert (line.amount, line.amount_unit, line.started_by) == (Decimal("1.5"), "ftu", clinician)
    plan = DosePlan.objects.get()
    assert (plan.phase, plan.per_day) == ("induction", 2)
    assert [(row.site, row.side) for row in PlanSite.objects.all()] == [("face", ""), ("neck", "")]
    assert line.regimen.patient == adult
    assert list(AuditEvent.objects.filter(verb="regimen started").values_list("patient", flat=True)) == [adult.public_id]


def test_the_emollient_is_a_line_of_its_own_and_offered_until_there_is_one(client: Client, adult: Patient) -> None:
    client.post(prescribe(adult), order_form() | EMOLLIENT | SAVE)
    lines = RegimenLine.objects.order_by("pk")
    assert [line.product.key for line in lines] == ["tacrolimus-0.1", "emollient"]
    assert [(row.site, row.plan.per_day) for row in lines[1].places.all()] == [("whole_body", 2)]
    page = client.get(prescribe(adult))
    assert "with_emollient" not in page.content.decode()
    assert "Add a line" in text_of(page)


def test_a_line_is_added_to_the_regimen_that_is_open(client: Client, adult: Patient, by: Actor) -> None:
    regimen = make_regimen(adult, by=by)
    sent = order_form("hydrocortisone-1", "trunk") | everything_in_version(client, prescribe(adult)) | SAVE
    assert client.post(prescribe(adult), sent).status_code == 302
    assert Regimen.objects.get() == regimen
    assert [line.product.key for line in regimen.lines.order_by("pk")] == [
        "tacrolimus-0.1",
        "emollient",
        "hydrocortisone-1",
    ]


def everything_in_version(client: Client, address: str) -> dict[str, str]:
    """The version the empty page stands for."""
    return {"version": everything_in(client.get(address))["version"][0]}


def test_both_sides_ticked_is_one_place(client: Client, adult: Patient) -> None:
    client.post(prescribe(adult), order_form("tacrolimus-0.1", "hands:left", "hands:right", "feet:right") | SAVE)
    assert [(row.site, row.side) for row in PlanSite.objects.all()] == [("hands", "both"), ("feet", "right")]


@pytest.mark.parametrize("often", ["3", "4"])
def test_three_or_four_times_daily_is_for_emollients(client: Client, adult: Patient, often: str) -> None:
    refused = client.post(prescribe(adult), order_form(per_day=often) | SAVE)
    assert (refused.status_code, errors_of(refused)) == (422, {"id_per_day_0": "How often: Once or twice daily."})
    assert client.post(prescribe(adult), order_form("emollient", "trunk", per_day=often) | SAVE).status_code == 302
    assert DosePlan.objects.get().per_day == int(often)


@pytest.mark.parametrize(
    ("review", "on"),
    [
        ({"review": "14"}, date(2026, 12, 4)),
        ({"review": "42"}, date(2027, 1, 1)),
        ({"review": "84"}, date(2027, 2, 12)),
        ({"review": "112"}, date(2027, 3, 12)),
        ({"review": "on"} | day_boxes("review_on", date(2026, 12, 24)), date(2026, 12, 24)),
        ({"review": None} | day_boxes("review_on", date(2026, 12, 24)), date(2026, 12, 24)),
        ({"review": "none"} | day_boxes("until_on", date(2026, 12, 24)), None),
    ],
)
def test_when_somebody_looks_again(client: Client, adult: Patient, review: dict[str, Any], on: date | None) -> None:
    assert client.post(prescribe(adult), order_form(**review) | SAVE).status_code == 302
    assert RegimenLine.objects.get().review_on == on


# --- What cannot be is refused by field, and nothing typed is lost ----------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "no product": ({"product": None}, {"id_product": "Product and strength: This field is required."}),
    "unknown product": ({"product": "tacrolimus-1"}, {"id_product": "Product and strength: Select a valid choice."}),
    "no place": ({"places": None}, {"id_places_0": "Where on the body: Say where on the body."}),
    "a place too many": (
        {"product": "upadacitinib-15"},
        {"id_places_0": "Where on the body: This is not applied to a part of the body."},
    ),
    "places that share skin": (
        {"places": ["face", "eyelids:left"]},
        {"id_places_0": "Where on the body: Face and Eyelids share skin: choose one of them."},
    ),
    "no such place": ({"places": ["elbow"]}, {"id_places_0": "Where on the body: Choose from the list of places."}),
    "a side where there is none": (
        {"places": ["face:left"]},
        {"id_places_0": "Where on the body: Choose from the list of places."},
    ),
    "no way of use": ({"phase": None, "per_day": "2"}, {"id_phase_0": "How it is used: This field is required."}),
    "no frequency": ({"per_day": None}, {"id_per_day_0": "How often: This is needed."}),
    "no weekday": ({"phase": "maintenance"}, {"id_weekdays_0": "On which weekdays: This is needed."}),
    "a number without its unit": (
        {"product": "dupilumab-300", "places": None, "phase": "interval", "every": "2"},
        {"id_every_unit": "Days or weeks: Say days or weeks, and how many."},
    ),
    "no interval": (
        {"product": "dupilumab-300", "places": None, "phase": "interval"},
        {"id_every": "Every: This is needed."},
    ),
    "too long an interval": (
        {"product": "dupilumab-300", "places": None, "phase": "interval", "every": "53", "every_unit": "7"},
        {"id_every": "Every: Between 1 and 366."},
    ),
    "no length": (
        {"product": "prednisolone-oral", "places": None, "phase": "course", "course_per_day": "1"},
        {"id_course_days": "For how many days: This is needed."},
    ),
    "no times a day of a course": (
        {"product": "prednisolone-oral", "places": None, "phase": "course", "course_days": "5"},
        {"id_course_per_day": "Times a day: This is needed."},
    ),
    "as needed, without a maximum": (
        {"phase": "as_needed", "condition": "itch"},
        {"id_most_per_day": "At the most, times a day: This is needed."},
    ),
    "as needed, without a condition": (
        {"phase": "as_needed", "most_per_day": "2"},
        {"id_condition": "When: This is needed."},
    ),
    "an amount without its unit": ({"amount": "2"}, {"id_amount": "Amount at a time: An amount needs its unit."}),
    "too large an amount": (
        {"amount": "500.01", "amount_unit": "g"},
        {"id_amount": "Amount at a time: Between 0.01 and 500."},
    ),
    "no day": (
        {"starts_on_day": None, "starts_on_month": None, "starts_on_year": None},
        {"id_starts_on_0": "From: This field is required."},
    ),
    "a day that does not exist": (
        {"starts_on_day": "31"},
        {"id_starts_on_0": "From: This day does not exist in that month."},
    ),
    "before the birth": (
        {"starts_on_year": "1979"},
        {"id_starts_on_0": "From: This date is before the birth."},
    ),
    "too far ahead": ({"starts_on_year": "2028"}, {"id_starts_on_0": "From: A start lies within a year of today."}),
    "an end before the start": (
        day_boxes("until_on", TODAY - DAY),
        {"id_until_on_0": "Until (last day), if it ends by itself: This is before the start."},
    ),
    "no day to look at it": ({"review": "on"}, {"id_review_on_0": "Day to look at it again: Enter the day."}),
    "two days to look at it": (
        day_boxes("review_on", date(2026, 12, 24)),
        {"id_review_on_0": "Day to look at it again: Choose “on a day” for this day, or leave it empty."},
    ),
    "an emollient without a number": (
        {"with_emollient": "on"},
        {"id_emollient_per_day": "Emollient: times a day: Say how many times a day."},
    ),
    "a number without an emollient": (
        {"emollient_per_day": "3"},
        {"id_with_emollient": "An emollient with it, on the whole body: Tick it, or leave the times a day empty."},
    ),
}


@pytest.mark.parametrize("do", ["look", "save"])
@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_named_at_its_field_with_everything_kept(
    client: Client, adult: Patient, name: str, do: str
) -> None:
    wrong, said = WRONG[name]
    sent = order_form(**({"instructions": "Kept words."} | wrong))
    answer = client.post(prescribe(adult), sent | {"do": do})
    assert answer.status_code == 422
    found = errors_of(answer)
    assert found.keys() == said.keys()
    for where, words in said.items():
        assert found[where].startswith(words)
    known = {"product": ["tacrolimus-1"], "places": ["elbow", "face:left"]}  # what no list holds cannot be shown again
    kept = {
        name: values for name, values in as_lists(sent).items() if not all(one in known.get(name, []) for one in values)
    }
    assert typed_in(answer) == kept
    assert not Regimen.objects.exists()
    assert ("do", "save") not in buttons_of(answer)


def test_everything_wrong_is_said_in_one_round(client: Client, adult: Patient) -> None:
    answer = client.post(prescribe(adult), {"do": "save"})
    assert answer.status_code == 422
    assert errors_of(answer).keys() == {"id_product", "id_phase_0", "id_starts_on_0"}
    answer = client.post(prescribe(adult), order_form(per_day=None, places=None, amount="2") | SAVE)
    assert errors_of(answer).keys() == {"id_per_day_0", "id_places_0", "id_amount"}


def test_what_belongs_to_another_way_of_use_does_not_stand_in_the_way(client: Client, adult: Patient) -> None:
    sent = order_form(every="nonsense", course_days="0", weekdays=["2"]) | SAVE
    assert client.post(prescribe(adult), sent).status_code == 302
    assert (DosePlan.objects.get().weekdays, DosePlan.objects.get().every_days) == ("", None)


def test_an_emollient_that_cannot_be_is_named(client: Client, adult: Patient) -> None:
    answer = client.post(prescribe(adult), order_form(with_emollient="on", emollient_per_day="13") | SAVE)
    assert errors_of(answer).keys() == {"id_emollient_per_day"}


def test_what_cannot_be_read_and_what_cannot_be_are_named_at_once(client: Client, adult: Patient) -> None:
    sent = order_form(per_day=None, places=None, amount="5", starts_on_day="32", dose="x" * 121) | SAVE
    assert errors_of(client.post(prescribe(adult), sent)).keys() == {
        "id_starts_on_0",
        "id_dose",
        "id_per_day_0",
        "id_places_0",
        "id_amount",
    }


def test_what_rests_on_something_unread_is_not_guessed(client: Client, adult: Patient) -> None:
    sent = order_form(starts_on_day="32", amount="x", amount_unit="g", review="on") | day_boxes("review_on", TODAY - DAY)
    answer = client.post(prescribe(adult), sent | SAVE)
    assert errors_of(answer).keys() == {"id_starts_on_0", "id_amount"}


# --- What the rules say -----------------------------------------------------------------------------------------------

CAUTION = "tacrolimus-0.1-age"


def unseen(replied: dict[str, str]) -> dict[str, str]:
    """What was typed about a warning, while it is not on the page."""
    return {f"earlier_{name}": value for name, value in replied.items()}


def test_a_warning_asks_for_a_reason_and_keeps_what_was_typed(client: Client, child: Patient) -> None:
    sent = order_form() | LOOK
    answer = client.post(prescribe(child), sent)
    assert answer.status_code == 200
    assert (CAUTION, "warn") in findings_of(answer)
    assert "1 caution needs a reason" in text_of(answer)
    assert typed_in(answer) == as_lists(sent)  # no reason is chosen
    assert everything_in(answer)[f"reason_{keys_in(answer)[CAUTION]}"] == [""]
    assert "Choose a reason from the list." not in text_of(answer)  # nobody tried to save yet


LISTED = "Choose a reason from the list."
WORDS = "Write a sentence: at least two words and eight letters."


@pytest.mark.parametrize(
    ("reason", "sentence", "said"),
    [
        ("", "", [LISTED, WORDS]),
        ("known", "", [WORDS]),
        ("", "Seen weekly.", [LISTED]),
        ("known", "   ", [WORDS]),
        ("known", "Watched", [WORDS]),
        ("because", "Seen weekly.", ["Select a valid choice. because is not one of the available choices."]),
        ("known", "xx " * 100 + "xx", ["Ensure this value has at most 300 characters (it has 302)."]),
        ("known", "Seen\x00 weekly.", ["Null characters are not allowed."]),
    ],
)
def test_a_warning_without_both_is_not_saved(
    client: Client, child: Patient, reason: str, sentence: str, said: list[str]
) -> None:
    looked = client.post(prescribe(child), order_form() | LOOK)
    typed = reply(looked, CAUTION, reason, sentence)
    answer = client.post(prescribe(child), order_form() | typed | SAVE)
    assert answer.status_code == 422
    article = article_of(answer, CAUTION)
    assert all(text in article for text in said)
    assert article.count("Error:") == len(said)
    kept = {name: value for name, value in typed.items() if value != "because"}
    assert typed_in(answer) == as_lists(order_form() | kept)
    assert not Regimen.objects.exists()


def test_two_findings_of_one_rule_have_fields_of_their_own(client: Client, child: Patient, by: Actor) -> None:
    sent = order_form("tacrolimus-0.1", "face", with_emollient="on", emollient_per_day="2")
    for kind in ("phototherapy", "skin_malignancy"):
        records.record_precaution(by, child, {"kind": kind, "state": "present"}, at=NOW)
    looked = client.post(prescribe(child), sent | LOOK)
    keys = keys_in(looked)
    assert keys.keys() == {CAUTION, "phototherapy-with-tci", "skin-malignancy"}
    assert len(set(keys.values())) == 3
    some = client.post(prescribe(child), sent | reply(looked, CAUTION) | SAVE)
    assert some.status_code == 422
    assert "Error:" not in article_of(some, CAUTION)
    assert "Error:" in article_of(some, "skin-malignancy")
    replies: dict[str, str] = {}
    for number, rule in enumerate(keys):
        replies |= reply(looked, rule, sentence=f"Reason number {number}.")
    assert client.post(prescribe(child), sent | replies | SAVE).status_code == 302
    kept = {row.rule: row.sentence for row in Override.objects.all()}
    assert kept == {rule: f"Reason number {number}." for number, rule in enumerate(keys)}


def test_a_reason_for_what_is_gone_saves_nothing_unseen(client: Client, child: Patient, by: Actor) -> None:
    row = records.record_precaution(by, child, {"kind": "skin_malignancy", "state": "present"}, at=NOW)
    looked = client.post(prescribe(child), order_form() | LOOK)
    replies = reply(looked, CAUTION) | reply(looked, "skin-malignancy")
    actions.withdraw(by, row, reason="error", at=NOW)
    answer = client.post(prescribe(child), order_form() | replies | SAVE)
    assert answer.status_code == 422
    assert "What a reason was given for is no longer found." in text_of(answer)
    assert keys_in(answer).keys() == {CAUTION}
    assert not Regimen.objects.exists()
    assert client.post(prescribe(child), {**everything_in(answer), "do": "save"}).status_code == 302
    assert [row.rule for row in Override.objects.all()] == [CAUTION]


def test_another_fact_asks_for_another_reason(client: Client, adult: Patient, by: Actor) -> None:
    infected = {"kind": "skin_infection", "state": "present"}
    records.record_precaution(by, adult, infected | {"site": "face"}, at=NOW)
    looked = client.post(prescribe(adult), order_form() | LOOK)
    records.record_precaution(by, adult, infected | {"site": "head_neck"}, at=NOW)
    answer = client.post(prescribe(adult), order_form() | reply(looked, "infection-tci") | SAVE)
    assert answer.status_code == 422
    assert keys_in(answer)["infection-tci"] != keys_in(looked)["infection-tci"]
    assert everything_in(answer)[f"sentence_{keys_in(answer)['infection-tci']}"] == [""]
    assert not Regimen.objects.exists()


def test_an_answered_warning_is_saved_with_the_version_of_the_rule(client: Client, child: Patient, clinician: User) -> None:
    looked = client.post(prescribe(child), order_form() | LOOK)
    replied = reply(looked, CAUTION, "tried", "0.03 % for six weeks did not help.")
    client.post(prescribe(child), order_form() | replied | SAVE)
    kept = Override.objects.get()
    assert (kept.rule, kept.rule_version, kept.level) == (CAUTION, 1, 2)
    assert (kept.reason, kept.sentence) == ("tried", "0.03 % for six weeks did not help.")
    assert (kept.by, kept.at, kept.line) == (clinician, NOW, RegimenLine.objects.get())


def test_reasons_stay_while_something_else_is_put_right(client: Client, child: Patient) -> None:
    replied = reply(client.post(prescribe(child), order_form() | LOOK), CAUTION)
    answer = client.post(prescribe(child), order_form(per_day=None) | replied | SAVE)
    assert errors_of(answer).keys() == {"id_per_day_0"}
    assert typed_in(answer) == as_lists(order_form(per_day=None) | unseen(replied))
    again = client.post(prescribe(child), {**everything_in(answer), "per_day": "2", "do": "look"})
    assert typed_in(again) == as_lists(order_form() | replied)
    assert client.post(prescribe(child), {**everything_in(again), "do": "save"}).status_code == 302


def test_reasons_stay_while_something_stops_the_order(client: Client, child: Patient, by: Actor) -> None:
    replied = reply(client.post(prescribe(child), order_form() | LOOK), CAUTION)
    records.record_precaution(by, child, {"kind": "immunocompromise", "state": "present"}, at=NOW)
    answer = client.post(prescribe(child), order_form() | replied | SAVE)
    assert answer.status_code == 422
    assert typed_in(answer) == as_lists(order_form() | unseen(replied))
    assert ("do", "save") not in buttons_of(answer)


@pytest.mark.parametrize("do", ["look", "save"])
def test_a_stop_offers_no_save_and_no_reason_saves_it(client: Client, adult: Patient, by: Actor, do: str) -> None:
    records.record_precaution(by, adult, {"kind": "immunocompromise", "state": "present"}, at=NOW)
    looked = client.post(prescribe(adult), order_form(is_elsewhere="on") | LOOK)  # which a reason would save
    answer = client.post(prescribe(adult), order_form() | reply(looked, "immunocompromise") | {"do": do})
    assert answer.status_code == {"look": 200, "save": 422}[do]
    assert findings_of(answer)[0] == ("immunocompromise", "stop")
    assert "This cannot be saved" in text_of(answer)
    assert ("do", "save") not in buttons_of(answer)
    assert not Regimen.objects.exists()


def test_what_was_prescribed_elsewhere_is_a_fact_that_a_reason_records(client: Client, adult: Patient, by: Actor) -> None:
    records.record_precaution(by, adult, {"kind": "immunocompromise", "state": "present"}, at=NOW)
    sent = order_form(is_elsewhere="on")
    answer = client.post(prescribe(adult), sent | LOOK)
    assert findings_of(answer)[0] == ("immunocompromise", "warn")
    assert ("do", "save") in buttons_of(answer)
    assert client.post(prescribe(adult), sent | reply(answer, "immunocompromise") | SAVE).status_code == 302
    assert RegimenLine.objects.get().is_elsewhere


@pytest.mark.parametrize(("second", "is_stopped"), [("6", True), ("7", False)])
def test_methotrexate_twice_within_a_week_offers_no_save(
    client: Client, adult: Patient, second: str, is_stopped: bool
) -> None:
    weekly = {"places": [], "phase": "interval", "every": "1", "every_unit": "7", "second_after_days": second}
    answer = client.post(prescribe(adult), order_form("methotrexate", **weekly) | LOOK)
    assert (("methotrexate-weekly", "stop") in findings_of(answer)) is is_stopped
    assert (("do", "save") not in buttons_of(answer)) is is_stopped


# --- Twice, late, by somebody else ------------------------------------------------------------------------------------


def test_a_form_that_is_sent_twice_starts_one_regimen(client: Client, adult: Patient) -> None:
    sent = order_form("emollient", "trunk") | everything_in_version(client, prescribe(adult)) | SAVE
    assert client.post(prescribe(adult), sent).status_code == 302
    answer = client.post(prescribe(adult), sent)
    assert answer.status_code == 409
    assert errors_of(answer)[""].startswith("A regimen is open already, and this was not saved a second time.")
    assert typed_in(answer) == as_lists(sent)
    assert (Regimen.objects.count(), RegimenLine.objects.count()) == (1, 1)
    assert ("do", "save") not in buttons_of(answer)  # it is checked again first
    looked = client.post(prescribe(adult), {**everything_in(answer), "places": ["face"], "do": "look"})
    assert client.post(prescribe(adult), {**everything_in(looked), "do": "save"}).status_code == 302
    assert (Regimen.objects.count(), RegimenLine.objects.count()) == (1, 2)


def test_a_line_that_is_sent_twice_is_added_once(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, by=by)
    sent = order_form("emollient", "trunk") | everything_in_version(client, prescribe(adult)) | SAVE
    assert client.post(prescribe(adult), sent).status_code == 302
    answer = client.post(prescribe(adult), sent)
    assert answer.status_code == 409
    assert errors_of(answer)[""].startswith("The regimen was changed since you opened this page")
    assert typed_in(answer) == as_lists(sent)
    assert RegimenLine.objects.count() == 3


def test_a_line_for_a_regimen_that_was_stopped_meanwhile_is_not_saved(client: Client, adult: Patient, by: Actor) -> None:
    regimen = make_regimen(adult, by=by)
    sent = order_form() | everything_in_version(client, prescribe(adult)) | SAVE
    actions.stop_regimen(by, regimen, reason="cleared", no_look_reason="clear", version=regimen.version, at=NOW)
    answer = client.post(prescribe(adult), sent)
    assert answer.status_code == 409
    assert typed_in(answer) == as_lists(sent)
    assert not Regimen.objects.live().exists()
    assert client.post(prescribe(adult), {**everything_in(answer), "do": "save"}).status_code == 302


@pytest.mark.parametrize("version", ["", "x", "²", "9" * 5000, "-1"])
def test_a_version_that_is_none_saves_nothing_over(client: Client, adult: Patient, by: Actor, version: str) -> None:
    line = make_regimen(adult, by=by).lines.get(product__key="tacrolimus-0.1")
    sent = order_form("tacrolimus-0.03") | {"version": version} | SAVE
    assert client.post(change(line), sent).status_code == 409
    assert client.post(prescribe(adult), sent).status_code == 409
    assert RegimenLine.objects.count() == 2


def test_the_form_of_somebody_who_left_is_kept_for_them_alone(
    signed_in: SignIn, client: Client, clinician: User, nurse: User, child: Patient
) -> None:
    Membership.objects.filter(user=nurse).update(may_prescribe=True)
    page = client.post(prescribe(child), order_form("tacrolimus-0.1", "face", "hands:left") | LOOK)
    sent = {**everything_in(page), **reply(page, CAUTION), "do": "save"}
    answer = signed_in(nurse).post(prescribe(child), sent)
    assert answer.status_code == 409
    assert not Regimen.objects.exists()
    link = re.search(r'href="(\?kept=[^"]+)"', client.get(prescribe(child)).content.decode())
    assert link is not None
    back = client.get(prescribe(child) + link[1])
    replied = unseen(reply(page, CAUTION))
    assert typed_in(back) == as_lists(order_form("tacrolimus-0.1", "face", "hands:left") | replied)
    assert signed_in(nurse).get(prescribe(child) + link[1]).content.decode().count("Seen weekly.") == 0
    assert client.post(prescribe(child), {**everything_in(back), "do": "save"}).status_code == 302


# --- In place of a line -----------------------------------------------------------------------------------------------


def test_change_knows_the_line_but_not_its_dates(client: Client, adult: Patient, by: Actor) -> None:
    order = make_order(
        "tacrolimus-0.1", "face", "hands:both", "feet:left", instructions="At night.", amount=Decimal(2), amount_unit="ftu"
    )
    line = make_regimen(adult, order, make_emollient(), by=by).lines.get(product__key="tacrolimus-0.1")
    answer = client.get(change(line))
    assert "In place of Tacrolimus 0.1 % ointment" in text_of(answer)
    assert typed_in(answer) == {
        "product": ["tacrolimus-0.1"],
        "places": ["face", "hands:left", "hands:right", "feet:left"],
        "phase": ["induction"],
        "per_day": ["2"],
        "course_per_day": ["2"],
        "amount": ["2.00"],
        "amount_unit": ["ftu"],
        "starts_on_day": ["20"],
        "starts_on_month": ["Nov"],
        "starts_on_year": ["2026"],
        "instructions": ["At night."],
    }


def test_change_puts_another_product_in_the_place_of_a_line(client: Client, adult: Patient, by: Actor) -> None:
    line = make_regimen(adult, by=by).lines.get(product__key="tacrolimus-0.1")
    sent = order_form("pimecrolimus-1") | everything_in_version(client, change(line)) | SAVE
    assert client.post(change(line), sent).status_code == 302
    line.refresh_from_db()
    new = RegimenLine.objects.get(product__key="pimecrolimus-1")
    assert (line.ended_on, line.end_reason, new.replaces) == (TODAY, "changed", line)


def test_the_line_it_replaces_is_left_out_of_the_check(client: Client, adult: Patient, by: Actor) -> None:
    line = make_regimen(adult, by=by).lines.get(product__key="tacrolimus-0.1")
    beside = dict(findings_of(client.post(prescribe(adult), order_form("pimecrolimus-1") | LOOK)))
    instead = dict(findings_of(client.post(change(line), order_form("pimecrolimus-1") | LOOK)))
    assert beside["two-of-one-class"] == "warn"
    assert "two-of-one-class" not in instead


def test_a_line_that_somebody_else_changed_is_not_saved_over(client: Client, adult: Patient, by: Actor) -> None:
    line = make_regimen(adult, by=by).lines.get(product__key="tacrolimus-0.1")
    sent = order_form("pimecrolimus-1") | everything_in_version(client, change(line))
    actions.hold(by, line, look_again_on=TODAY + DAY, reason="infection", version=1, at=NOW)
    looked = client.post(change(line), sent | LOOK)  # looking does not make it seen
    assert everything_in(looked)["version"] == ["1"]
    answer = client.post(change(line), {**everything_in(looked), "do": "save"})
    assert answer.status_code == 409
    assert errors_of(answer)[""].startswith("The line was changed since you opened this page")
    assert typed_in(answer) == as_lists(sent)
    assert RegimenLine.objects.count() == 2
    assert client.post(change(line), {**everything_in(answer), "do": "save"}).status_code == 302


def test_a_change_that_is_sent_twice_is_one(client: Client, adult: Patient, by: Actor) -> None:
    line = make_regimen(adult, by=by).lines.get(product__key="tacrolimus-0.1")
    sent = order_form("pimecrolimus-1") | everything_in_version(client, change(line)) | SAVE
    assert [client.post(change(line), sent).status_code for _n in range(2)] == [302, 409]
    assert RegimenLine.objects.count() == 3


def test_a_change_before_today_is_refused_at_its_field(client: Client, adult: Patient, by: Actor) -> None:
    line = make_regimen(adult, by=by).lines.get(product__key="tacrolimus-0.1")
    sent = order_form("pimecrolimus-1", on=TODAY - DAY) | everything_in_version(client, change(line)) | SAVE
    answer = client.post(change(line), sent)
    assert errors_of(answer).keys() == {"id_starts_on_0"}
    assert typed_in(answer) == as_lists(sent)
    line.refresh_from_db()
    assert line.ended_on is None


# --- Who, and at what cost --------------------------------------------------------------------------------------------


def test_only_who_may_prescribe(signed_in: SignIn, nurse: User, outsider: User, adult: Patient, by: Actor) -> None:
    line = make_regimen(adult, by=by).lines.get(product__key="tacrolimus-0.1")
    for address in (prescribe(adult), change(line)):
        for user, status in ((nurse, 403), (outsider, 404)):
            client = signed_in(user)
            assert client.get(address).status_code == status
            assert client.post(address, order_form() | SAVE).status_code == status
    assert RegimenLine.objects.count() == 2
    Membership.objects.filter(user=nurse).update(may_prescribe=True)
    assert signed_in(nurse).get(prescribe(adult)).status_code == 200


def test_a_closed_record_is_not_treated(client: Client, adult: Patient, by: Actor) -> None:
    records.close_patient(by, adult, reason="moved", version=adult.version, at=NOW)
    answer = client.post(prescribe(adult), order_form() | SAVE)
    assert answer.status_code == 422
    assert errors_of(answer)[""] == "This record is closed: open it again before changing treatment."
    assert typed_in(answer) == as_lists(order_form())


def test_another_patients_line_is_not_found(client: Client, adult: Patient, patient: Patient, by: Actor) -> None:
    line = make_regimen(adult, by=by).lines.get(product__key="tacrolimus-0.1")
    assert client.get(url("line_change", patient, line.public_id)).status_code == 404


FORM_QUERIES, LOOK_QUERIES = 12, 27


def fill(patient: Patient, lines: int) -> None:
    """A regimen with so many lines, each with an answered past."""
    products = ["tacrolimus-0.1", "hydrocortisone-1", "crisaborole-2"]
    places = ["trunk", "neck", "forearms:both"]
    orders = [make_order(key, place) for key, place in zip(products[:lines], places, strict=False)]
    make_regimen(patient, *orders, replies={"not-marketed": actions.Reply("known", "Seen weekly.")})


@pytest.mark.parametrize("lines", [1, 3])
def test_a_page_costs_the_same_beside_one_line_and_three(
    client: Client, adult: Patient, lines: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fill(adult, lines)
    client.get(prescribe(adult))
    with django_assert_num_queries(FORM_QUERIES):
        client.get(prescribe(adult))
    with django_assert_num_queries(LOOK_QUERIES):
        client.post(prescribe(adult), order_form("tacrolimus-0.03", "face") | LOOK)
