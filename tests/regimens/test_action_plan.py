"""The action plan: what stands in which colour, how much and when in plain words, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, User
from patients.models import Patient
from regimens import actions
from regimens.models import DoseSettings, RegimenLine
from regimens.protocol.facts import Phase
from regimens.queries.action_plan import ActionPlan, Used, action_plan
from tests.factories import NOW, TODAY, make_emollient, make_line, make_order, make_patient, make_regimen, place
from tests.regimens.pages import text_of, url

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DAY = timedelta(days=1)
LEAFLET = "EMA package leaflet EU/1/02/201/001"
TWICE_WEEKLY = {"phase": Phase.MAINTENANCE, "weekdays": (0, 3), "review_on": TODAY + 90 * DAY}


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(signed_in: SignIn, nurse: User) -> Client:
    """The browser of a nurse."""
    return signed_in(nurse)


def plan_of(patient: Patient, on: date = TODAY) -> ActionPlan:
    return action_plan(patient, on=on)


def names(found: list[Used]) -> list[str]:
    return [one.name.replace("\u00a0", " ") for one in found]


def said(found: Used) -> list[tuple[str, str, str]]:
    return [(use.when.replace("\u00a0", " "), use.where, use.amount.replace("\u00a0", " ")) for use in found.uses]


def shown(client: Client, patient: Patient) -> str:
    """The words of the plan itself."""
    page = client.get(url("action_plan", patient)).content.decode()
    return text_of(type("Page", (), {"content": page.split('class="action-plan"')[1].split("</article>")[0].encode()}))


# --- Which colour -----------------------------------------------------------------------------------------------------


def test_maintenance_and_emollient_are_green_daily_use_is_yellow(adult: Patient, by: Actor) -> None:
    tacrolimus = make_order("tacrolimus-0.1", "face", "neck", **TWICE_WEEKLY)
    make_regimen(adult, tacrolimus, make_order("hydrocortisone-butyrate-0.1", "hands"), make_emollient(), by=by)
    plan = plan_of(adult)
    assert names(plan.kept) == ["Tacrolimus 0.1 % ointment"]
    assert names(plan.always) == ["Emollient"]
    assert names(plan.flare) == ["Hydrocortisone butyrate 0.1 % cream"]
    assert (plan.paused, plan.elsewhere) == ([], [])


def test_a_line_in_two_phases_stands_in_both_colours(adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order("tacrolimus-0.1", "face", "hands"), make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    more: dict[str, Any] = {"weekdays": [0, 3], "flares_in_a_year": 4, "review_on": TODAY + 90 * DAY}
    actions.step_to_maintenance(by, line, [place("face")], version=line.version, at=NOW, **more)
    plan = plan_of(adult)
    assert [use.where for use in plan.kept[0].uses] == ["Face"]
    assert [use.where for use in plan.flare[0].uses] == ["Hands"]


def test_what_is_injected_or_swallowed_at_its_own_pace_is_no_treatment_of_a_flare(adult: Patient, by: Actor) -> None:
    injected = {"phase": Phase.INTERVAL, "every_days": 14, "loading_dose": "600 mg", "dose": "300 mg"}
    make_line(adult, by=by, key="dupilumab-300", places=(), per_day=None, review_on=TODAY + DAY, **injected)
    make_line(adult, by=by)
    plan = plan_of(adult)
    assert names(plan.always) == ["Emollient", "Dupilumab 300 mg injection"]
    assert plan.flare == []
    assert said(plan.always[1])[0][2] == "300 mg"
    later = plan_of(adult, TODAY + DAY)  # begun: the loading dose is over, the next day counts
    assert "600" not in said(later.always[1])[0][0]
    assert said(later.always[1])[0][0].startswith("Every 2 weeks, next on")


def test_as_needed_is_yellow_whatever_it_is(adult: Patient, by: Actor) -> None:
    wanted = {"phase": Phase.AS_NEEDED, "per_day": None, "condition": "itch at night", "most_per_day": 1}
    make_line(adult, by=by, key="cetirizine", places=(), review_on=TODAY + DAY, **wanted)
    assert said(plan_of(adult).flare[0])[0][0] == "When needed: itch at night, at the most once a day"


def test_what_is_on_hold_is_paused_and_no_colour_names_it(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    actions.hold(by, line, reason="Infection.", look_again_on=TODAY + 7 * DAY, version=line.version, at=NOW)
    plan = plan_of(adult)
    assert (names(plan.paused), plan.flare, plan.how) == (["Tacrolimus 0.1 % ointment"], [], [])
    words = shown(client, adult)
    assert "is paused: do not use it now. Face: Your clinic looks at it again on 27 November 2026." in words
    assert "Infection." not in words


def test_what_is_prescribed_elsewhere_is_listed_as_such(client: Client, adult: Patient, by: Actor) -> None:
    make_line(
        adult, by=by, key="mometasone-furoate-0.1", places=(place("hands"),), is_elsewhere=True, review_on=TODAY + DAY
    )
    plan = plan_of(adult)
    assert (names(plan.elsewhere), plan.flare, plan.how) == (["Mometasone furoate 0.1 % cream"], [], [])
    assert "Twice daily · Hands (prescribed elsewhere)" in shown(client, adult)


@pytest.mark.parametrize(("day", "stands"), [(6, True), (7, False)])
def test_a_course_whose_last_day_has_passed_is_not_on_the_plan(adult: Patient, by: Actor, day: int, stands: bool) -> None:
    course = {"phase": Phase.COURSE, "per_day": 1, "course_days": 7, "places": (place("chest"),)}
    make_line(adult, by=by, key="hydrocortisone-1", **course)
    make_line(adult, by=by)
    plan = plan_of(adult, TODAY + day * DAY)
    assert bool(plan.flare) is stands
    assert any("has passed and nobody has said what comes next" in hint for hint in plan.hints) is not stands
    if stands:
        assert plan.flare[0].uses[0].days == "until 26\u00a0November\u00a02026"


def test_what_ended_is_gone_and_what_begins_later_says_when(adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), make_emollient(on=TODAY + 3 * DAY), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    actions.stop(by, line, reason="cleared", version=line.version, at=NOW, no_look_reason="Cleared.")
    plan = plan_of(adult)
    assert (plan.flare, plan.kept) == ([], [])
    assert plan.always[0].uses[0].days == "from 23\u00a0November\u00a02026"


def test_without_anything_the_plan_says_that_nothing_is_prescribed(client: Client, adult: Patient) -> None:
    assert plan_of(adult).is_empty
    words = shown(client, adult)
    assert "Nothing is prescribed at the moment." in words
    assert "Red: call at once" in words


def test_an_emollient_alone_says_that_no_treatment_of_a_flare_is_prescribed(
    client: Client, adult: Patient, by: Actor
) -> None:
    make_line(adult, by=by)
    words = shown(client, adult)
    assert "No treatment is prescribed for a flare. Ask your clinic." in words
    assert "Prescribed on these days as well: Emollient" in words
    assert "How to put it on" not in words


# --- How much, when ---------------------------------------------------------------------------------------------------


def test_weekdays_and_times_are_named(adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order("tacrolimus-0.1", "face", **TWICE_WEEKLY), make_emollient(), by=by)
    plan = plan_of(adult)
    assert said(plan.kept[0])[0][0] == "Once a day on Monday and Thursday: evening 20:00"
    assert said(plan.always[0])[0][0] == "Twice daily: morning 08:00, evening 20:00"


@pytest.mark.parametrize(
    ("born", "site", "amount"),
    [
        (date(1980, 5, 4), "upper_limbs:left", "about 4 fingertip units"),  # adults: an arm with its hand
        (date(1980, 5, 4), "head_neck", "about 2.5 fingertip units"),
        (date(1980, 5, 4), "face", "at the most 2.5 fingertip units"),  # a share of face and neck
        (TODAY.replace(year=2023) - DAY, "head_neck", "about 1.5 fingertip units"),  # three years: 36 months
        (TODAY.replace(year=2023) + DAY, "head_neck", "about 1.5 fingertip units"),  # below: 12 months
        (TODAY.replace(year=2023), "upper_limbs:right", "about 2 fingertip units"),
        (TODAY.replace(year=2023) + DAY, "upper_limbs:right", "about 1.5 fingertip units"),
    ],
)
def test_without_an_amount_fingertip_units_come_from_site_and_age(
    clinic: Clinic, clinician: User, by: Actor, born: date, site: str, amount: str
) -> None:
    child = make_patient(clinic, birth_date=born)
    make_line(child, by=by, key="hydrocortisone-1", places=(place(site),), review_on=TODAY + DAY)
    plan = plan_of(child)
    assert said(plan.flare[0])[0][2] == amount
    assert plan.has_most is amount.startswith("at the most")
    assert "Long" in plan.notes[plan.fingertips - 1]


def test_the_amount_of_the_line_goes_before_any_estimate(adult: Patient, by: Actor) -> None:
    order = make_order("tacrolimus-0.1", "face", "hands", amount=Decimal(1), amount_unit="ftu")
    make_regimen(adult, order, make_emollient(amount=Decimal(20), amount_unit="g"), by=by)
    plan = plan_of(adult)
    assert said(plan.flare[0])[0][2] == "1 fingertip unit"
    assert said(plan.always[0])[0][2] == "20 g"
    assert (plan.fingertips, plan.has_most) == (0, False)


def test_an_amount_for_places_in_two_phases_says_that_it_is_for_all(adult: Patient, by: Actor) -> None:
    order = make_order("tacrolimus-0.1", "face", "hands", amount=Decimal(2), amount_unit="ftu")
    make_regimen(adult, order, make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    more: dict[str, Any] = {"weekdays": [0, 3], "flares_in_a_year": 4, "review_on": TODAY + 90 * DAY}
    actions.step_to_maintenance(by, line, [place("face")], version=line.version, at=NOW, **more)
    assert said(plan_of(adult).kept[0])[0][2] == "2 fingertip units for all its places together"


def test_an_emollient_gets_no_estimate(adult: Patient, by: Actor) -> None:
    make_line(adult, by=by)
    assert said(plan_of(adult).always[0])[0][2] == ""


# --- What labels say --------------------------------------------------------------------------------------------------


def told(plan: ActionPlan) -> dict[str, list[tuple[str, str]]]:
    return {
        one.name.replace("\u00a0", " "): [
            (line.text.replace("\u00a0", " "), plan.notes[line.note - 1]) for line in one.said
        ]
        for one in plan.how
    }


def test_how_tacrolimus_is_applied_comes_from_its_leaflet(adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    found = told(plan_of(adult))
    assert list(found) == ["Tacrolimus 0.1 % ointment"]  # nothing is made up for the emollient
    lines = dict(found["Tacrolimus 0.1 % ointment"])
    assert set(lines) == {
        "Apply a thin layer to the affected skin.",
        "Wash your hands afterwards, unless the hands are treated too.",
        "Not inside the nose or mouth and not in the eyes; if it gets there, wipe it off or rinse it off with water.",
        "No bandages or wraps over treated skin.",
        "After a bath let the skin dry completely first.",
        "Avoid long times in the sun and under artificial sunlight such as tanning beds. Outdoors after applying it: "
        "sunscreen, and loose clothes that protect from the sun.",
        "Leave 2 hours between this and an emollient on the same skin.",
    }
    assert lines["Apply a thin layer to the affected skin."] == f"{LEAFLET}, section 3, 14-Oct-2024"
    assert lines["Leave 2 hours between this and an emollient on the same skin."] == f"{LEAFLET}, 14-Oct-2024"


@pytest.mark.parametrize(
    ("jurisdiction", "count", "foreign"), [("EU", 7, set()), ("US", 4, {"EU"}), ("UK", 10, {"EU", "US"})]
)
def test_a_text_of_another_jurisdiction_is_marked(
    clinic: Clinic, adult: Patient, by: Actor, jurisdiction: str, count: int, foreign: set[str]
) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    Clinic.objects.filter(pk=clinic.pk).update(jurisdiction=jurisdiction)
    adult.clinic.refresh_from_db()
    lines = told(plan_of(adult))["Tacrolimus 0.1 % ointment"]
    marked = {code for code in ("EU", "US", "UK") if any(f"another country: {code}" in note for _text, note in lines)}
    assert (len(lines), marked) == (count, foreign)


def test_pimecrolimus_and_steroids_have_only_what_is_on_file(adult: Patient, by: Actor) -> None:
    make_line(adult, by=by, key="pimecrolimus-1", places=(place("face"),), review_on=TODAY + DAY)
    make_line(adult, by=by, key="hydrocortisone-1", places=(place("hands"),), review_on=TODAY + DAY)
    found = {name: [text for text, _note in lines] for name, lines in told(plan_of(adult)).items()}
    assert found == {"Pimecrolimus 1 % cream": ["An emollient can follow at once."]}


def test_what_the_leaflet_says_of_symptoms_that_come_back_stands_in_yellow_during_maintenance_only(
    client: Client, adult: Patient, by: Actor
) -> None:
    make_regimen(adult, make_order("tacrolimus-0.1", "face", **TWICE_WEEKLY), make_emollient(), by=by)
    words = shown(client, adult)
    yellow = words.split("Yellow: the eczema flares")[1].split("Red: call at once")[0]
    assert "What the leaflet of Tacrolimus 0.1 % ointment says: When symptoms come back during twice-weekly use" in yellow
    assert "arrange to see the doctor. Source 1" in yellow
    assert "No other treatment is prescribed for a flare." in yellow


def test_daily_use_has_no_words_about_maintenance(adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    assert plan_of(adult).flare_said == []


# --- The clinic's own words -------------------------------------------------------------------------------------------


def test_without_words_of_the_clinic_paper_says_nothing_and_staff_are_told(
    client: Client, adult: Patient, by: Actor
) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    page = client.get(url("action_plan", adult)).content.decode()
    assert page.count('<div class="plan-space"></div>') == 3
    assert '<span class="plan-blank"></span>' in page
    aside, plan = page.split('class="action-plan"')
    assert "The medical lead writes them." in aside
    assert 'class="no-print"' in aside
    assert "own words" not in plan


def test_the_words_of_the_clinic_stand_where_advice_would(client: Client, adult: Patient, by: Actor) -> None:
    own = {
        "green_words": "Go on.",
        "yellow_words": "Twice daily, <b>three</b> days.",
        "red_words": "Stop.",
        "call_words": "0123",
    }
    DoseSettings.objects.create(clinic=adult.clinic, **own)
    answer = client.get(url("action_plan", adult))
    words = shown(client, adult)
    green, rest = words.split("Yellow: the eczema flares")
    yellow, red = rest.split("Red: call at once")
    assert "Go on." in green
    assert "Twice daily, <b>three</b> days." in yellow
    assert "Stop." in red
    assert "Call: 0123" in red
    assert "&lt;b&gt;three" in answer.content.decode()
    assert "plan-space" not in answer.content.decode()
    assert "has not written" not in text_of(answer)


def test_the_signs_that_cannot_wait_are_general_information(client: Client, adult: Patient) -> None:
    red = shown(client, adult).split("Red: call at once")[1]
    assert "This is general information for everybody with eczema" in red
    for sign in ("Fever", "spreads or gets worse fast", "Blisters in groups", "punched out", "Pus", "Painful eyes"):
        assert sign in red


# --- The page ---------------------------------------------------------------------------------------------------------


def test_name_birth_clinic_and_day_stand_on_it_and_the_look_is_noted(client: Client, adult: Patient) -> None:
    words = shown(client, adult)
    assert f"{adult.given_name} {adult.family_name} · born 4 May 1980 · {adult.record_number}" in words
    assert "Hillside · 20 November 2026" in words
    assert AuditEvent.objects.latest("pk").verb == "action plan opened"


def test_staff_are_told_of_a_missing_emollient_and_another_language(adult: Patient, by: Actor) -> None:
    make_line(adult, by=by, key="hydrocortisone-1", places=(place("hands"),), review_on=TODAY + DAY)
    adult.language = "de"
    hints = plan_of(adult).hints
    assert hints == [
        "No emollient is recorded: the plan says nothing about one.",
        "This page is not in the language of the patient (German).",
    ]


def test_times_of_another_zone_are_named(adult: Patient, by: Actor) -> None:
    adult.zone = "Asia/Kathmandu"
    adult.save()
    make_line(adult, by=by)
    assert plan_of(adult).zone == "Asia/Kathmandu"


@pytest.mark.parametrize("count", [1, 4])
def test_the_plan_is_read_in_a_fixed_number_of_queries(
    adult: Patient, by: Actor, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keys = ("tacrolimus-0.1", "hydrocortisone-1", "mometasone-furoate-0.1")[: count - 1]
    for key, site in zip(keys, ("face", "hands", "back"), strict=False):
        make_line(adult, by=by, key=key, places=(place(site),), review_on=TODAY + DAY)
    make_line(adult, by=by)
    patient = Patient.objects.select_related("clinic").get(pk=adult.pk)
    with django_assert_num_queries(5):
        plan_of(patient)
