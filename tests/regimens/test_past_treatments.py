"""What was used before adtrack: what is kept, what is refused, and what the rules make of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinics.access import Actor
from clinics.errors import NotAllowed
from clinics.models import AuditEvent, Clinic, User
from patients.models import Patient
from regimens import actions, queries
from regimens.models import PastTreatment, Product
from tests.factories import NOW, actor_for
from tests.regimens.every_action import refused, verbs_since, writes_that_fail

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


def record(by: Actor, patient: Patient, **values: Any) -> PastTreatment:
    usual = {"family": "tcs", "response": "partial", "why_stopped": "no_effect"}
    return actions.record_past_treatment(by, patient, usual | values, at=NOW)


def test_a_product_brings_its_class(by: Actor, adult: Patient) -> None:
    before = AuditEvent.objects.count()
    product = Product.objects.get(key="tacrolimus-0.1")
    row = record(by, adult, product=product, family="", sites="face,hands", from_on=date(2024, 3, 1), text="burning")
    row.refresh_from_db()
    assert (row.patient, row.product, row.family, row.sites) == (adult, product, "tci", "face,hands")
    assert (row.from_on, row.until_on, row.response, row.text) == (date(2024, 3, 1), None, "partial", "burning")
    assert (row.recorded_by, row.recorded_at) == (by.account, NOW)
    assert verbs_since(before) == ["past treatment recorded"]
    event = AuditEvent.objects.latest("pk")
    assert (event.patient, event.object_id) == (adult.public_id, row.public_id)


def test_a_class_and_nothing_else_is_enough(by: Actor, adult: Patient) -> None:
    row = record(by, adult, response="unknown", why_stopped="unknown")
    assert (str(row), row.from_on, row.days) == ("Topical corticosteroid", None, None)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("product", {"family": ""}),
        ("family", {"family": "herbs"}),
        ("sites", {"sites": "face,moon"}),
        ("from_on", {"from_on": date(1980, 4, 30)}),
        ("from_on", {"from_on": date(2026, 11, 21)}),
        ("until_on", {"until_on": date(2026, 11, 21)}),
        ("until_on", {"from_on": date(2020, 2, 1), "until_on": date(2020, 1, 31)}),
        ("days", {"days": -1}),
        ("response", {"response": "superb"}),
        ("why_stopped", {"why_stopped": "bored"}),
        ("text", {"why_stopped": "other"}),
        ("text", {"why_stopped": "other", "text": "  "}),
        ("text", {"text": "x" * 301}),
    ],
)
def test_what_cannot_be_names_its_field(by: Actor, adult: Patient, field: str, values: dict[str, Any]) -> None:
    with refused(ValidationError, field):
        record(by, adult, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"from_on": date(1980, 5, 1)},  # the month of birth
        {"from_on": TODAY, "until_on": TODAY},
        {"from_on": date(2020, 2, 1), "until_on": date(2020, 2, 1)},
        {"text": "x" * 300},
        {"why_stopped": "other", "text": "moved"},
    ],
)
def test_the_last_value_inside_each_limit_is_kept(by: Actor, adult: Patient, values: dict[str, Any]) -> None:
    record(by, adult, **values)
    assert PastTreatment.objects.count() == 1


def test_a_nurse_records_it_and_an_administrator_or_another_clinic_does_not(
    adult: Patient, clinic: Clinic, other_clinic: Clinic, nurse: User, clinic_admin: User, outsider: User
) -> None:
    for who in (actor_for(clinic_admin, clinic), actor_for(outsider, clinic), actor_for(outsider, other_clinic)):
        with refused(NotAllowed):
            record(who, adult)
    record(actor_for(nurse, clinic), adult)


def test_nothing_is_left_when_a_write_fails(by: Actor, adult: Patient) -> None:
    assert writes_that_fail(lambda: record(by, adult)) == 2


def test_withdrawn_it_is_kept_and_counts_no_more(by: Actor, adult: Patient) -> None:
    row = record(by, adult, family="steroid-oral", from_on=date(2026, 9, 1), days=5)
    assert [(course.starts_on, course.days) for course in queries.person(adult, on=TODAY).courses] == [
        (date(2026, 9, 1), 5)
    ]
    actions.withdraw(by, row, reason="another patient", at=NOW)
    assert queries.person(adult, on=TODAY).courses == ()
    assert PastTreatment.objects.get().withdrawn_reason == "another patient"


@pytest.mark.parametrize("values", [{"days": 5}, {"from_on": date(2026, 9, 1)}])
def test_a_course_without_a_month_or_a_length_cannot_be_counted(by: Actor, adult: Patient, values: dict[str, Any]) -> None:
    record(by, adult, family="steroid-oral", **values)
    assert queries.person(adult, on=TODAY).courses == ()
