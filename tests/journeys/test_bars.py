"""Treatment under the chart in a real browser: for axe, on a phone, from right to left, by keyboard, on paper."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from clinics.access import Actor
from clinics.models import Clinic, User
from patients import actions as records
from patients.models import Patient
from regimens import actions, queries
from regimens.actions import Reply, Said
from regimens.models import RegimenLine
from regimens.protocol import slots
from regimens.protocol.facts import Phase
from tests.factories import actor_for, make_assessment, make_emollient, make_order, make_patient, make_regimen, place
from tests.journeys.conftest import Journey
from tests.journeys.test_accessibility import LONG, look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Answers(dict[str, Reply]):
    """The same reply to every warning, as long as it may be with one space."""

    def get(self, key: str, default: object = None) -> Reply:  # type: ignore[override]
        return Reply("other", f"Long {LONG}")

    def __bool__(self) -> bool:
        return True


@pytest.fixture
def treated(clinic: Clinic, clinician: User) -> Patient:
    """Somebody with every kind of bar and mark; names and texts as long as they may be."""
    clinician.name = f"Dr {LONG}"
    clinician.save()
    now = timezone.now()
    today, answers = clinic.today(now), Answers()
    by = actor_for(clinician, clinic)
    patient = make_patient(clinic, birth_date=today.replace(year=1989, day=1), at=now - timedelta(days=200))
    for days in (150, 80, 10):
        make_assessment(patient, "itch", by=by, on=today - timedelta(days=days), at=now - timedelta(days=days))
    infected = {"kind": "skin_infection", "state": "present", "site": "face", "text": LONG}
    day = {days: today - timedelta(days=days) for days in (140, 130, 110, 60, 0)}
    records.record_precaution(by, patient, infected | {"from_on": day[130], "until_on": day[110]}, at=now)
    records.record_precaution(by, patient, infected | {"site": "hands", "side": "left"}, at=now - timedelta(days=130))
    orders = [
        make_order("tacrolimus-0.1", "face", "hands:both", on=day[140]),
        make_order("hydrocortisone-1", "neck", on=day[140], phase=Phase.AS_NEEDED, condition=LONG, most_per_day=1),
        make_order(
            "dupilumab-300", on=day[60], phase=Phase.INTERVAL, every_days=14, loading_dose="600 mg", is_elsewhere=True
        ),
        make_order("mometasone-furoate-0.1", "trunk", on=day[140], per_day=1),
        make_order("betamethasone-valerate-0.1", "feet:both", on=day[0] + timedelta(days=9), per_day=1),
        make_emollient(on=day[140]),
    ]
    make_regimen(patient, *orders, by=by, replies=answers, at=now - timedelta(days=140))

    def line(key: str) -> RegimenLine:
        return RegimenLine.objects.select_related("product", "patient__clinic").get(patient=patient, product__key=key)

    def at(days: int) -> dict[str, object]:
        return {"version": line("tacrolimus-0.1").version, "at": now - timedelta(days=days)}

    key, face = "tacrolimus-0.1", [place("face")]
    maintained = {"weekdays": [0, 3], "flares_in_a_year": 4, "review_on": None, "replies": answers}
    actions.step_to_maintenance(by, line(key), face, **maintained, **at(120))  # type: ignore[arg-type]
    again = {"per_day": 2, "reason": LONG, "review_on": today, "replies": answers}
    actions.return_to_induction(by, line(key), face, **again, **at(90))  # type: ignore[arg-type]
    paused = {"look_again_on": day[0] - timedelta(days=20), "reason": LONG}
    actions.hold(by, line(key), **paused, **at(40))  # type: ignore[arg-type]
    ended = {"no_look_reason": LONG, "at": now}
    for other, reason in (("mometasone-furoate-0.1", "wish"), ("hydrocortisone-1", "error")):
        row = line(other)
        actions.stop(by, row, reason=reason, text=LONG, version=row.version, **ended)  # type: ignore[arg-type]
    used(by, line(key), now)
    return patient


def used(by: Actor, line: RegimenLine, now: datetime) -> None:
    """Doses of every state, two extra ones, and unwanted events: over, going on, and a red flag."""
    plans = {plan.pk: plan for plan in line.plans.select_related("line__product", "patient")}
    since, until = line.starts_on, line.patient.clinic.today(now)
    (doses,) = queries.line_doses(line.patient, since=since, until=until, at=now, lines=[line])
    for number, (plan, slot) in enumerate(doses.expected):
        week = slot.on.isocalendar().week % 4  # the steps of the strip are weeks
        if week == 3 or (week == 1 and number % 2):
            continue
        said = Said("skipped", skip_reason="forgot", note=LONG) if week == 2 else Said("done")
        actions.record_dose(by, plans[plan], slot, said, at=slots.due_at(plans[plan].schedule, slot))
    for days in (100, 99):
        extra = now - timedelta(days=days)
        actions.record_application(by, line, kind="extra", applied_at=extra, note=LONG, at=extra)
    event = {"site": "face", "severity": "moderate", "action_taken": "advice", "line": line, "text": LONG}
    for kind, first, last in (("burning", 139, 133), ("folliculitis", 60, 50), ("burning", 12, None)):
        when = {"onset_on": until - timedelta(days=first), "ended_on": last and until - timedelta(days=last)}
        actions.record_adverse_event(by, line.patient, event | when | {"kind": kind}, at=now)
    red = event | {"kind": "eczema_herpeticum", "onset_on": until - timedelta(days=7), "severity": "mild"}
    actions.record_adverse_event(by, line.patient, red, at=now)


def path(patient: Patient, wanted: str = "6m") -> str:
    return f"{reverse('patient_chart', args=[patient.public_id])}?range={wanted}"


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
def test_treatment_under_the_chart_is_accessible(page_of: Journey, clinician: User, treated: Patient, locale: str) -> None:
    page = page_of(clinician, path=path(treated), locale=locale)
    assert page.locator("html").get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")
    for name in ("solid", "hatched", "dotted", "infection", "event"):
        expect(page.locator(f".plot .bar-{name}").first).to_be_visible()
    for name in ("done", "partly", "skipped", "no_record", "beside"):
        expect(page.locator(f".plot .strip-{name} .strip-fill").first).to_be_visible()
    expect(page.locator(".plot .event-word")).to_have_text("Red flag")
    look(page, f"bars {locale}")


def test_bars_share_the_time_axis_of_the_panels(page_of: Journey, clinician: User, treated: Patient) -> None:
    for width in (1280, 768, 320):
        page = page_of(clinician, path=path(treated))
        page.set_viewport_size({"width": width, "height": 900})
        boxes = [box for one in page.locator(".plot > svg > .frame").all() if (box := one.bounding_box()) is not None]
        assert len(boxes) == 7  # itch, four lines, infections, unwanted events
        assert len({(round(box["x"]), round(box["width"])) for box in boxes}) == 1


def test_a_bar_says_what_it_is_on_focus_and_leads_to_its_row_without_javascript(
    page_of: Journey, clinician: User, treated: Patient
) -> None:
    page = page_of(clinician, path=path(treated), java_script_enabled=False)
    bar = page.locator(".plot .bar-hatched")
    expect(bar.locator(".tip")).to_be_hidden()
    bar.focus()
    expect(bar.locator(".tip")).to_contain_text("once a day on Monday and Thursday · ")
    page.keyboard.press("Enter")
    row = page.locator(".bars-table tr:target")
    expect(row).to_contain_text("Proactive maintenance")
    expect(row).to_contain_text(LONG)


def test_a_strip_of_doses_says_its_counts_on_focus_and_leads_to_the_table(
    page_of: Journey, clinician: User, treated: Patient
) -> None:
    page = page_of(clinician, path=path(treated), java_script_enabled=False)
    strip = page.locator(".bar-row:not(.is-pale) .strip").first
    expect(strip.locator(".tip")).to_be_hidden()
    strip.focus()
    expect(strip.locator("text.tip")).to_contain_text(re.compile(r"^done \d+, skipped \d+, no record \d+; 2 extra$"))
    page.keyboard.press("Enter")
    expect(page.locator(".bars-table tr:target")).to_contain_text("no record")
    assert "%" not in "".join(page.locator(".strip svg, .strip text.tip").all_text_contents())


def test_a_red_flag_is_a_word_and_leads_to_its_row(page_of: Journey, clinician: User, treated: Patient) -> None:
    page = page_of(clinician, path=path(treated), java_script_enabled=False)
    page.locator(".bar-event", has_text="Red flag").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".bars-table tr:target .name")).to_have_text("Red flag: Eczema herpeticum")
    expect(page.locator(".bars .chart-legend")).to_contain_text("red flag: an unwanted event to look at once")


def test_on_paper_bars_are_black_and_patterns_stay(page_of: Journey, clinician: User, treated: Patient) -> None:
    page = page_of(clinician, path=path(treated))
    page.emulate_media(media="print")
    get = "all => [...new Set(all.map(one => getComputedStyle(one).fill))]"
    assert page.locator(".bar-row:not(.is-pale) .bar-solid .bar-fill").evaluate_all(get) == ["rgb(0, 0, 0)"]
    assert page.locator(".plot .bar-hatched .bar-fill").evaluate_all(get) == ['url("#bar-hatched")']
    for name in ("done", "partly", "no_record", "beside"):
        assert page.locator(f".strip-{name} .strip-fill").evaluate_all(get) == ["rgb(0, 0, 0)"]
    assert page.locator(".strip-skipped .strip-fill").first.evaluate("one => getComputedStyle(one).fill") == (
        'url("#strip-skipped")'
    )
    assert page.locator("#bar-hatched .bar-stripe").evaluate_all(get) == ["rgb(0, 0, 0)"]
    expect(page.locator(".bars-table thead th").first).to_be_visible()
