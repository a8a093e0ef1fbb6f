"""What people who tried to break the orders found, and what holds now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, Role, User
from patients.models import Patient
from patients.queries.audit import CLINICAL_VERBS
from regimens import actions, queries
from regimens.actions import Reply
from regimens.models import RegimenLine, WorkItem
from regimens.protocol.facts import Phase
from tests.factories import NOW, TODAY, actor_for, make_emollient, make_member, make_order, make_patient, make_regimen
from tests.regimens.pages import everything_in, order_form, text_of, typed_in, url

DAY = timedelta(days=1)
KNOWN = Reply("known", "Talked over with the family.")


@pytest.fixture
def by(clinician: User, clinic: Clinic) -> Actor:
    return actor_for(clinician, clinic)


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("prescribe", "lines"):
        monkeypatch.setattr(f"regimens.views.{module}.now", lambda: NOW)


def refused(patient: Patient, by: Actor, **more: Any) -> set[str]:
    """The fields that are named when this order is refused."""
    key = more.pop("key", "tacrolimus-0.1")
    with pytest.raises(ValidationError) as caught:
        actions.start_regimen(by, patient, [make_order(key, **more), make_emollient()], at=NOW)
    return set(caught.value.error_dict)


def test_what_goes_on_the_skin_has_no_interval(by: Actor, adult: Patient) -> None:
    assert refused(adult, by, phase=Phase.INTERVAL, every_days=1, review_on=None) == {"phase"}
    assert refused(adult, by, key="mometasone-furoate-0.1", phase=Phase.INTERVAL, every_days=14) == {"phase"}


@pytest.mark.parametrize(("often", "is_refused"), [(2, False), (3, True)])
def test_a_course_or_as_needed_is_no_way_around_twice_daily(
    by: Actor, adult: Patient, often: int, is_refused: bool
) -> None:
    course = {"phase": Phase.COURSE, "per_day": often, "course_days": 7}
    needed = {"phase": Phase.AS_NEEDED, "most_per_day": often, "condition": "itch"}
    if is_refused:
        assert refused(adult, by, **course) == {"per_day"}
        assert refused(adult, by, **needed) == {"most_per_day"}
    else:
        actions.start_regimen(by, adult, [make_order(**course), make_emollient()], at=NOW)
        actions.add_line(by, queries.open_regimen(adult), [make_order("tacrolimus-0.1", "hands:left", **needed)], at=NOW)


def test_a_day_to_look_again_is_not_over(by: Actor, adult: Patient) -> None:
    assert refused(adult, by, on=TODAY - 30 * DAY, review_on=TODAY - DAY) == {"review_on"}
    make_regimen(adult, make_order(on=TODAY - 30 * DAY, review_on=TODAY), make_emollient(), by=by)


@pytest.mark.parametrize("text", ["left\u202eright", "two\x00words"])
def test_texts_hold_nothing_unseen(by: Actor, adult: Patient, text: str) -> None:
    assert refused(adult, by, instructions=text) == {"instructions"}
    make_regimen(adult, make_order(instructions="One line.\r\nAnd another."), make_emollient(), by=by)


def test_a_change_is_planned_two_weeks_ahead_at_the_most(by: Actor, adult: Patient) -> None:
    line = make_regimen(adult, by=by).lines.get(product__key="tacrolimus-0.1")
    with pytest.raises(ValidationError, match="two weeks"):
        actions.change_product(by, line, make_order("pimecrolimus-1", on=TODAY + 15 * DAY), version=line.version, at=NOW)
    actions.change_product(by, line, make_order("pimecrolimus-1", on=TODAY + 14 * DAY), version=line.version, at=NOW)


def test_a_corrected_birth_date_asks_again_what_was_answered_for_another(by: Actor, clinic: Clinic) -> None:
    child = make_patient(clinic, birth_date=date(2010, 12, 1))
    orders = [make_order("tacrolimus-0.1", "hands:left"), make_emollient()]
    make_regimen(child, *orders, by=by, replies={"tacrolimus-0.1-age": KNOWN})
    assert not WorkItem.objects.exists()
    actions.check_again(by, child, at=NOW + 5 * DAY)
    assert not WorkItem.objects.exists()  # older, not another date of birth
    actions.update_patient(by, child, {"birth_date": date(2020, 12, 1)}, version=child.version, at=NOW)
    assert [item.subject.split(":")[1] for item in WorkItem.objects.live()] == ["tacrolimus-0.1-age"]


def test_a_course_of_oral_steroid_counts_as_long_as_it_was_meant(by: Actor, adult: Patient) -> None:
    start = TODAY - 40 * DAY
    at: datetime = NOW - 40 * DAY
    steroid = make_order("prednisolone-oral", on=start, phase=Phase.COURSE, per_day=1, course_days=5, review_on=None)
    line = make_regimen(adult, steroid, make_emollient(on=start), by=by, at=at).lines.get(product__key="prednisolone-oral")
    for on, days in (
        (start + 4 * DAY, []),
        (start + 5 * DAY, [5]),
        (TODAY, [5]),
    ):  # still running; over; nobody pressed stop
        assert [course.days for course in queries.person(adult, on=on).courses] == days
    actions.stop(by, line, reason="course_over", no_look_reason="short", version=line.version, at=NOW)
    assert [course.days for course in queries.person(adult, on=TODAY).courses] == [5]  # stopped late


def test_numbers_of_a_stop_stay(clinic: Clinic) -> None:
    lead = make_member(clinic, Role.DERMATOLOGIST, may_prescribe=True, is_medical_lead=True)
    by = actor_for(lead, clinic)
    choice = {"level": None, "source": "Our own experience", "reason": "Fewer questions", "at": NOW}
    with pytest.raises(ValidationError, match="numbers of this stop"):
        actions.choose_rule(by, clinic, "pregnancy-systemic", params={"asked_from_years": 0}, **choice)
    actions.choose_rule(by, clinic, "pregnancy-tci", params={"asked_from_years": 12}, **choice)


def test_what_is_saved_is_what_was_shown(client: Client, clinician: User, adult: Patient) -> None:
    client.force_login(clinician)
    page = url("regimen_prescribe", adult)
    looked = client.post(page, order_form("hydrocortisone-1", "trunk", per_day="1") | {"do": "look"})
    sent = everything_in(looked)
    changed = client.post(page, sent | {"per_day": ["2"], "do": ["save"]})
    assert (changed.status_code, RegimenLine.objects.count()) == (200, 0)
    assert "changed after it was checked" in text_of(changed)
    assert typed_in(changed)["per_day"] == ["2"]
    assert client.post(page, everything_in(changed) | {"do": ["save"]}).status_code == 302
    assert RegimenLine.objects.get().plans.get().per_day == 2


def test_what_waits_stands_on_the_regimen(client: Client, clinician: User, by: Actor, adult: Patient) -> None:
    make_regimen(adult, by=by)
    found = {"kind": "skin_infection", "state": "present", "site": "face", "side": "", "from_on": TODAY}
    actions.record_precaution(by, adult, found, at=NOW)
    client.force_login(clinician)
    assert text_of(client.get(url("patient_regimen", adult))).count("Waits for a look") == 1


def test_the_last_day_of_the_calendar_is_refused_and_not_an_error(client: Client, clinician: User, adult: Patient) -> None:
    client.force_login(clinician)
    typed = order_form("tacrolimus-0.1", "face", on=date(9999, 12, 31), review="14")
    assert client.post(url("regimen_prescribe", adult), typed | {"do": "look"}).status_code == 422


def test_administrators_read_no_verb_of_treatment(client: Client, clinician: User, by: Actor, adult: Patient) -> None:
    make_regimen(adult, by=by)
    client.force_login(clinician)
    before = AuditEvent.objects.count()
    for name in ("patient_regimen", "regimen_history", "regimen_prescribe"):
        client.get(url(name, adult))
    verbs = set(AuditEvent.objects.order_by("pk")[before:].values_list("verb", flat=True))
    assert verbs
    assert verbs <= CLINICAL_VERBS
