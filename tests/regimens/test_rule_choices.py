"""Where a clinic deviates: who may, how far, with which source; and what the rules then say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinics.access import Actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions as records
from patients.models import Patient
from regimens import actions
from regimens.actions import Reply
from regimens.errors import Unsafe
from regimens.models import Override, RuleChoice
from regimens.protocol.facts import Phase
from tests.factories import NOW, actor_for, make_emollient, make_member, make_order, make_patient, make_regimen
from tests.regimens.every_action import refused, verbs_since, writes_that_fail

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
KNOWN = Reply("known", "Seen weekly.")


@pytest.fixture
def lead(clinic: Clinic) -> Actor:
    """The medical lead of the clinic."""
    return actor_for(make_member(clinic, Role.DERMATOLOGIST, is_medical_lead=True), clinic)


def choose(by: Actor, clinic: Clinic, rule: str, level: int | None = None, at: Any = NOW, **more: Any) -> RuleChoice:
    values = {"params": {}, "source": " AAD 2023 ", "reason": " Board of May ", "at": at} | more
    return actions.choose_rule(by, clinic, rule, level=level, **values)


def test_a_choice_is_kept_with_source_reason_and_day(lead: Actor, clinic: Clinic) -> None:
    before = AuditEvent.objects.count()
    choose(lead, clinic, "oral-steroid-length", 3, params={"warn_from": 5, "block_from": 15})
    row = RuleChoice.objects.get()
    assert (row.clinic, row.rule, row.level, row.params) == (clinic, "oral-steroid-length", 3, {"warn_from": 5})
    assert (row.source, row.reason, row.valid_from_on) == ("AAD 2023", "Board of May", TODAY)
    assert (row.chosen_at, row.chosen_by, row.replaced_at) == (NOW, lead.account, None)
    assert verbs_since(before) == ["rule chosen"]
    event = AuditEvent.objects.latest("pk")
    assert (event.fields, event.object_id, event.clinic) == ("oral-steroid-length", row.public_id, clinic.public_id)


def test_a_new_choice_replaces_the_one_before(lead: Actor, clinic: Clinic) -> None:
    first = choose(lead, clinic, "allergy", 2)
    second = choose(lead, clinic, "allergy", 3, at=NOW + DAY)
    first.refresh_from_db()
    assert (first.replaced_at, first.replaced_by) == (NOW + DAY, lead.account)
    assert list(RuleChoice.objects.filter(replaced_at=None)) == [second]
    assert second.level is None  # the default again, with who and why


@pytest.mark.parametrize(
    ("rule", "level"),
    [("allergy", 2), ("allergy", 3), ("immunocompromise", 2), ("barrier-defect", 2), ("use-without-end", 3)]
    + [("infection-tci", level) for level in (1, 2, 3)]
    + [("no-emollient", level) for level in (1, 2, 3)],
)
def test_levels_that_can_be_chosen(lead: Actor, clinic: Clinic, rule: str, level: int) -> None:
    choose(lead, clinic, rule, level)
    assert RuleChoice.objects.count() == 1


@pytest.mark.parametrize(
    ("rule", "level"),
    [
        ("allergy", 1),
        ("immunocompromise", 1),
        ("wrap-over-tci", 2),
        ("use-without-end", 1),
        ("methotrexate-weekly", 2),
        ("pregnancy-systemic", 2),
        ("pimecrolimus-under-3-months", 2),
        ("infection-tci", 0),
        ("infection-tci", 4),
    ],
)
def test_levels_that_cannot(lead: Actor, clinic: Clinic, rule: str, level: int) -> None:
    with refused(ValidationError, "level"):
        choose(lead, clinic, rule, level)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("params", {"params": {"unknown": 1}}),
        ("params", {"params": {"warn_from": -1}}),
        ("params", {"params": {"warn_from": 10_001}}),
        ("source", {"source": " "}),
        ("reason", {"reason": ""}),
    ],
)
def test_a_choice_that_says_too_little_names_the_field(
    lead: Actor, clinic: Clinic, field: str, values: dict[str, Any]
) -> None:
    with refused(ValidationError, field):
        choose(lead, clinic, "oral-steroid-length", 2, **values)


@pytest.mark.parametrize("number", [0, 10_000])
def test_numbers_at_their_limits(lead: Actor, clinic: Clinic, number: int) -> None:
    assert choose(lead, clinic, "oral-steroid-length", params={"warn_from": number}).params == {"warn_from": number}


def test_there_is_no_such_rule(lead: Actor, clinic: Clinic) -> None:
    with refused(ValidationError, "rule"):
        choose(lead, clinic, "be-nice", 2)


def test_only_the_medical_lead_of_this_clinic_chooses(
    lead: Actor, clinic: Clinic, other_clinic: Clinic, by: Actor, nurse: User, clinic_admin: User
) -> None:
    flagged = make_member(clinic, Role.NURSE, may_score=True, may_prescribe=True)
    for who in (by, *(actor_for(user, clinic) for user in (nurse, clinic_admin, flagged))):
        with refused(NotAllowed):
            choose(who, clinic, "allergy", 2)
    with refused(NotAllowed):
        choose(lead, other_clinic, "allergy", 2)


def test_a_choice_from_a_stale_page(lead: Actor, clinic: Clinic) -> None:
    live = choose(lead, clinic, "allergy", 2, version=0)
    with refused(Stale) as caught:
        choose(lead, clinic, "allergy", 3, version=0)
    assert caught.value.current == live
    choose(lead, clinic, "allergy", 3, version=1)


def test_a_choice_leaves_nothing_when_a_write_fails(lead: Actor, clinic: Clinic) -> None:
    choose(lead, clinic, "allergy", 2)
    assert writes_that_fail(lambda: choose(lead, clinic, "allergy", 3)) >= 3


def test_a_lowered_stop_is_a_warning_to_be_answered_in_this_clinic_only(
    lead: Actor, by: Actor, clinic: Clinic, adult: Patient, other_clinic: Clinic, outsider: User
) -> None:
    choose(lead, clinic, "immunocompromise", 2)
    there = make_patient(other_clinic, birth_date=date(1980, 5, 4))
    elsewhere = actor_for(outsider, other_clinic)
    for who, patient in ((by, adult), (elsewhere, there)):
        records.record_precaution(who, patient, {"kind": "immunocompromise", "state": "present"}, at=NOW)
    with refused(Unsafe) as caught:
        make_regimen(there, by=elsewhere, replies={"immunocompromise": KNOWN})
    assert caught.value.checked[0].stops
    with refused(Unsafe) as caught:
        make_regimen(adult, by=by)
    assert caught.value.rules == {"immunocompromise"}
    make_regimen(adult, by=by, replies={"immunocompromise": KNOWN})
    assert Override.objects.get().level == 2


def test_a_chosen_number_counts_from_that_day_of_the_course(lead: Actor, by: Actor, clinic: Clinic, adult: Patient) -> None:
    choose(lead, clinic, "oral-steroid-length", params={"warn_from": 5})
    course = {"phase": Phase.COURSE, "per_day": 1, "review_on": None}
    with refused(Unsafe):
        make_regimen(adult, make_order("prednisolone-oral", course_days=5, **course), by=by)
    make_regimen(adult, make_order("prednisolone-oral", course_days=4, **course), make_emollient(), by=by)
