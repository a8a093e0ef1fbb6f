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
from patients.models import Patient, Precaution
from regimens import actions
from regimens.errors import Unsafe
from regimens.models import AdverseEvent, DoseSettings, RegimenLine
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


def answered(patient: Patient, *orders: actions.Order, by: Actor) -> None:
    """A regimen of which every warning was answered."""
    try:
        make_regimen(patient, *orders, by=by)
    except Unsafe as unsafe:
        known = actions.Reply("known", "Seen every week.")
        make_regimen(patient, *orders, by=by, replies={lack.rule: known for lack in unsafe.unanswered.values()})


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


def test_maintenance_and_emollient_are_green_daily_use_stands_above(adult: Patient, by: Actor) -> None:
    tacrolimus = make_order("tacrolimus-0.1", "face", "neck", **TWICE_WEEKLY)
    make_regimen(adult, tacrolimus, make_order("hydrocortisone-butyrate-0.1", "hands"), make_emollient(), by=by)
    plan = plan_of(adult)
    assert names(plan.kept) == ["Tacrolimus 0.1 % ointment"]
    assert names(plan.always) == ["Emollient"]
    assert names(plan.daily) == ["Hydrocortisone butyrate 0.1 % cream"]
    assert (plan.taken, plan.flare) == ([], [])
    assert (plan.paused, plan.elsewhere) == ([], [])


def test_a_line_in_two_phases_stands_in_both_places(adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order("tacrolimus-0.1", "face", "hands"), make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    more: dict[str, Any] = {"weekdays": [0, 3], "flares_in_a_year": 4, "review_on": TODAY + 90 * DAY}
    actions.step_to_maintenance(by, line, [place("face")], version=line.version, at=NOW, **more)
    plan = plan_of(adult)
    assert [use.where for use in plan.kept[0].uses] == ["Face"]
    assert [use.where for use in plan.daily[0].uses] == ["Hands"]
    assert plan.flare == []


ORAL: list[tuple[str, dict[str, Any], str]] = [
    ("methotrexate", {"phase": Phase.MAINTENANCE, "per_day": None, "weekdays": (0,)}, "Once a week, on Monday"),
    ("prednisolone-oral", {"phase": Phase.COURSE, "per_day": 1, "course_days": 7}, "Once daily, for 7 days"),
    ("upadacitinib-15", {"per_day": 1}, "Once daily"),
    ("dupilumab-300", {"phase": Phase.INTERVAL, "per_day": None, "every_days": 14}, "Every 2 weeks, next on"),
    (
        "cetirizine",
        {"phase": Phase.AS_NEEDED, "per_day": None, "condition": "itch at night", "most_per_day": 1},
        "When needed: itch at night, at the most once a day",
    ),
]


@pytest.mark.parametrize(("key", "use", "often"), ORAL, ids=[one[0] for one in ORAL])
def test_what_is_swallowed_or_injected_is_never_green_and_never_for_a_flare(
    client: Client, adult: Patient, by: Actor, key: str, use: dict[str, Any], often: str
) -> None:
    order = make_order(key, dose="1 tablet", **({"review_on": TODAY + 14 * DAY} | use))
    answered(adult, order, make_emollient(), by=by)
    plan = plan_of(adult)
    assert (len(plan.taken), plan.daily, plan.kept, plan.flare) == (1, [], [], [])
    assert said(plan.taken[0])[0][0].startswith(often)
    above, colours = shown(client, adult).split("Green: the skin is well")
    assert "Every time as prescribed" in above
    assert often in above
    assert names(plan.taken)[0] not in colours.replace("\u00a0", " ").split("How to put it on")[0]
    assert "prescribed for skin that is well" not in colours
    assert "No other treatment is prescribed for a flare. Ask your clinic." in colours


@pytest.mark.parametrize(
    ("days", "often"), [((3,), "Once a week, on Thursday"), ((0, 3), "Once a day on Monday and Thursday")]
)
def test_one_weekday_is_once_a_week_and_two_are_named(adult: Patient, by: Actor, days: tuple[int, ...], often: str) -> None:
    order = make_order("tacrolimus-0.1", "face", **(TWICE_WEEKLY | {"weekdays": days}))
    make_regimen(adult, order, make_emollient(), by=by)
    assert said(plan_of(adult).kept[0])[0][0] == f"{often}: evening 20:00"


LOADING = [  # days after the first; loading, second after days; what is read
    (0, "600 mg", None, "First 600 mg on 20 November 2026, then every 2 weeks"),
    (1, "600 mg", None, "Every 2 weeks, next on"),
    (
        0,
        "600 mg",
        7,
        "First 600 mg on 20 November 2026, the second dose after 1 week, on 27 November 2026, then every 2 weeks",
    ),
    (1, "600 mg", 7, "The second dose after 1 week, on 27 November 2026, then every 2 weeks"),
    (7, "600 mg", 7, "The second dose after 1 week, on 27 November 2026, then every 2 weeks"),
    (8, "600 mg", 7, "Every 2 weeks, next on"),
    (0, "", 7, "First on 20 November 2026, the second dose after 1 week, on 27 November 2026, then every 2 weeks"),
    (0, "", None, "Every 2 weeks, next on"),
]


@pytest.mark.parametrize(("later", "loading", "second", "words"), LOADING)
def test_a_loading_dose_and_the_second_dose_are_named_until_their_day_is_over(
    adult: Patient, by: Actor, later: int, loading: str, second: int | None, words: str
) -> None:
    use = {"phase": Phase.INTERVAL, "every_days": 14, "loading_dose": loading, "second_after_days": second}
    order = make_order("dupilumab-300", dose="300 mg", review_on=TODAY + 90 * DAY, **use)
    answered(adult, order, make_emollient(), by=by)
    often, _where, amount = said(plan_of(adult, TODAY + later * DAY).taken[0])[0]
    assert often.startswith(words)
    assert ("600" in often) is ("600" in words)
    assert amount == "300 mg"


def test_a_loading_dose_ahead_names_its_day_once(adult: Patient, by: Actor) -> None:
    use = {"phase": Phase.INTERVAL, "every_days": 14, "loading_dose": "600 mg", "dose": "300 mg"}
    order = make_order("dupilumab-300", on=TODAY + 3 * DAY, review_on=TODAY + 90 * DAY, **use)
    answered(adult, order, make_emollient(), by=by)
    (use_now,) = plan_of(adult).taken[0].uses
    assert use_now.when.replace("\u00a0", " ") == "First 600 mg on 23 November 2026, then every 2 weeks"
    assert use_now.days == ""


def test_what_is_put_on_when_needed_is_for_a_flare(adult: Patient, by: Actor) -> None:
    wanted = {"phase": Phase.AS_NEEDED, "condition": "redness", "most_per_day": 1, "review_on": TODAY + DAY}
    make_regimen(adult, make_order("hydrocortisone-1", "hands", **wanted), make_emollient(), by=by)
    plan = plan_of(adult)
    assert said(plan.flare[0])[0][0] == "When needed: redness, at the most once a day"
    assert (plan.daily, plan.taken) == ([], [])


def test_daily_use_has_its_own_heading_and_no_colour_denies_it(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(amount=Decimal(2), amount_unit="ftu"), make_emollient(), by=by)
    DoseSettings.objects.create(clinic=adult.clinic, green_words="Our green words.")
    above, colours = shown(client, adult).replace("\u00a0", " ").split("Green: the skin is well")
    green, rest = colours.split("Yellow: the eczema flares")
    assert "What you use now, every day Tacrolimus 0.1 % ointment Twice daily" in above
    assert "2 fingertip units" in above
    assert "Emollient" in green
    assert "Our green words." in green
    assert "prescribed for skin that is well" not in green
    assert "Tacrolimus" not in rest.split("Red: call at once")[0]


def test_what_is_on_hold_is_paused_and_no_colour_names_it(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    actions.hold(by, line, reason="Infection.", look_again_on=TODAY + 7 * DAY, version=line.version, at=NOW)
    plan = plan_of(adult)
    assert (names(plan.paused), plan.flare, plan.how) == (["Tacrolimus 0.1 % ointment"], [], [])
    words = shown(client, adult)
    assert (
        "Face · On hold: not to be used until the clinic says so. Your clinic looks at it again on 27 November 2026."
        in words
    )
    assert "Infection." not in words
    held = "Tacrolimus 0.1\u00a0% ointment (Face) is on hold"
    assert plan.hints == [f"{held}: the plan says that it is not to be used until the clinic says so."]


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
    assert bool(plan.daily) is stands
    assert any("has passed and nobody has said what comes next" in hint for hint in plan.hints) is not stands
    if stands:
        assert plan.daily[0].uses[0].days == "until 26\u00a0November\u00a02026"


def test_what_ended_is_gone_and_what_begins_later_says_when(adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), make_emollient(on=TODAY + 3 * DAY), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    actions.stop(by, line, reason="cleared", version=line.version, at=NOW, no_look_reason="Cleared.")
    plan = plan_of(adult)
    assert (plan.daily, plan.flare, plan.kept) == ([], [], [])
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
    assert "No other treatment is prescribed for skin that is well." in words
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
    assert said(plan.daily[0])[0][2] == amount
    assert plan.has_most is amount.startswith("at the most")
    assert "Long" in plan.notes[plan.fingertips - 1]


def test_the_amount_of_the_line_goes_before_any_estimate(adult: Patient, by: Actor) -> None:
    order = make_order("tacrolimus-0.1", "face", "hands", amount=Decimal(1), amount_unit="ftu")
    make_regimen(adult, order, make_emollient(amount=Decimal(20), amount_unit="g"), by=by)
    plan = plan_of(adult)
    assert said(plan.daily[0])[0][2] == "1 fingertip unit"
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


@pytest.mark.parametrize(
    ("site", "side", "since", "until", "warns"),
    [
        ("hands", "left", -1, None, True),
        ("hands", "right", -1, None, False),  # the line goes on the left hand
        ("back", "", -1, None, False),
        ("", "", -1, None, True),  # where it is was not recorded
        ("hands", "left", 0, 0, True),
        ("hands", "left", -9, -1, False),  # over
        ("hands", "left", 1, None, False),  # not yet
        ("hands", "left", None, None, True),
    ],
)
def test_staff_are_told_of_an_infection_where_a_calcineurin_inhibitor_goes(
    adult: Patient, by: Actor, site: str, side: str, since: int | None, until: int | None, warns: bool
) -> None:
    steroid = make_order("hydrocortisone-1", "chest")
    make_regimen(adult, make_order("tacrolimus-0.1", "hands:left"), steroid, make_emollient(), by=by)
    days = {"from_on": since, "until_on": until}
    Precaution.objects.create(
        patient=adult,
        kind="skin_infection",
        state="present",
        site=site,
        side=side,
        recorded_at=NOW,
        recorded_by=by.user,
        **{name: None if value is None else TODAY + value * DAY for name, value in days.items()},
    )
    text = (
        "An infection is recorded on skin where Tacrolimus 0.1\u00a0% ointment goes (Hands (left)). Look before you print."
    )
    assert plan_of(adult).hints == ([text] if warns else [])


def test_an_infection_that_was_not_found_or_taken_back_warns_of_nothing(adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    common: dict[str, Any] = {"patient": adult, "kind": "skin_infection", "recorded_at": NOW, "recorded_by": by.user}
    Precaution.objects.create(state="absent", **common)
    gone = {"withdrawn_at": NOW, "withdrawn_by": by.user, "withdrawn_reason": "Wrong record."}
    Precaution.objects.create(state="present", **common, **gone)
    assert plan_of(adult).hints == []


@pytest.mark.parametrize(
    ("kind", "severity", "ended", "warns"),
    [
        ("eczema_herpeticum", "mild", None, True),
        ("eczema_herpeticum", "mild", 0, True),  # its last day
        ("eczema_herpeticum", "mild", -1, False),
        ("conjunctivitis", "severe", None, True),
        ("conjunctivitis", "moderate", None, False),
    ],
)
def test_staff_are_told_of_a_red_flag_that_goes_on(
    client: Client, adult: Patient, by: Actor, kind: str, severity: str, ended: int | None, warns: bool
) -> None:
    last = None if ended is None else TODAY + ended * DAY
    more: dict[str, Any] = {"onset_on": TODAY - 2 * DAY, "ended_on": last, "action_taken": "none"}
    AdverseEvent.objects.create(patient=adult, kind=kind, severity=severity, recorded_at=NOW, recorded_by=by.user, **more)
    found = [hint for hint in plan_of(adult).hints if hint.startswith("Red flag: ")]
    assert bool(found) is warns
    if warns:
        assert found[0].endswith(f", {severity}, since 18\u00a0November\u00a02026. Look before you print.")
        page = text_of(client.get(url("action_plan", adult)))
        assert found[0].replace("\u00a0", " ") in page.split("My plan for eczema")[0]
        assert "Red flag:" not in shown(client, adult)


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"closed_at": NOW, "close_reason": "moved"}, "The record is closed: nothing is printed as in use."),
        ({"deceased_on": TODAY}, "The patient has died: nothing is printed as in use."),
    ],
)
def test_a_closed_record_and_one_of_the_dead_print_nothing_as_in_use(
    client: Client, adult: Patient, by: Actor, change: dict[str, Any], hint: str
) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    closer = {"closed_by": by.user} if "closed_at" in change else {}
    Patient.objects.filter(pk=adult.pk).update(**change, **closer)
    adult.refresh_from_db()
    plan = plan_of(adult)
    assert (plan.is_empty, plan.hints) == (True, [hint])
    words = shown(client, adult)
    assert "Nothing is prescribed at the moment." in words
    assert "Tacrolimus" not in words


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
    with django_assert_num_queries(7):
        plan_of(patient)
