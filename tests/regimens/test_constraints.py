"""What the database refuses of treatment, whoever writes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Model

from clinics.access import Actor
from patients.models import Patient
from regimens.models import (
    DosePlan,
    PastTreatment,
    PlanSite,
    Product,
    ProductFact,
    Regimen,
    RegimenLine,
    RuleChoice,
    WorkItem,
)
from tests.factories import NOW, make_regimen

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
BEFORE = TODAY - timedelta(days=1)


@pytest.fixture
def regimen(by: Actor, adult: Patient) -> Regimen:
    return make_regimen(adult, by=by)


@pytest.fixture
def line(regimen: Regimen) -> RegimenLine:
    return regimen.lines.get(product__key="tacrolimus-0.1")


def is_refused(row: Model, constraint: str, /, **values: Any) -> None:
    """Changing the stored row to these values breaks the constraint of this name."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        type(row)._default_manager.filter(pk=row.pk).update(**values)
    assert constraint in str(caught.value) or "UNIQUE" in str(caught.value)


def is_taken(row: Model, **values: Any) -> None:
    assert type(row)._default_manager.filter(pk=row.pk).update(**values) == 1


def ended(by: Actor, on: date = TODAY, **more: Any) -> dict[str, Any]:
    return {"ended_on": on, "ended_at": NOW, "ended_by": by.account} | more


def test_one_open_regimen(by: Actor, regimen: Regimen) -> None:
    def again() -> Regimen:
        return Regimen.objects.create(patient=regimen.patient, started_on=TODAY, started_at=NOW, started_by=by.account)

    with pytest.raises(DatabaseError), transaction.atomic():
        again()
    is_taken(regimen, **ended(by))
    again()


@pytest.mark.parametrize("left_out", ["ended_on", "ended_at", "ended_by"])
def test_an_end_has_its_day_its_instant_and_its_person(
    by: Actor, regimen: Regimen, line: RegimenLine, left_out: str
) -> None:
    plan = line.plans.get()
    for row, more in ((regimen, {}), (line, {"end_reason": "wish"}), (plan, {})):
        is_refused(row, "ended_on_at_and_by", **ended(by, **{left_out: None}), **more)


def test_nothing_ends_before_it_begins(by: Actor, regimen: Regimen, line: RegimenLine) -> None:
    plan, place = line.plans.get(), line.places.get()
    is_refused(regimen, "regimen_ends_after_its_start", **ended(by, BEFORE))
    is_refused(plan, "plan_ends_after_its_start", **ended(by, BEFORE))
    is_refused(place, "plansite_ends_after_its_start", ended_on=BEFORE)
    is_refused(line, "line_until_after_start", until_on=BEFORE)
    is_taken(regimen, **ended(by))
    is_taken(plan, **ended(by))
    is_taken(place, ended_on=TODAY)
    is_taken(line, until_on=TODAY)


def test_a_line_ends_with_a_reason(by: Actor, line: RegimenLine) -> None:
    is_refused(line, "line_ended_with_a_reason", **ended(by))
    is_taken(line, **ended(by, end_reason="wish"))


@pytest.mark.parametrize(
    ("amount", "unit", "is_fine"),
    [(None, "", True), (Decimal("0.01"), "g", True), (None, "g", False), (Decimal(1), "", False), (Decimal(0), "g", False)],
)
def test_an_amount_has_its_unit(line: RegimenLine, amount: Decimal | None, unit: str, is_fine: bool) -> None:
    if is_fine:
        is_taken(line, amount=amount, amount_unit=unit)
    else:
        is_refused(line, "line_amount_with_unit", amount=amount, amount_unit=unit)


def test_a_line_is_replaced_once(by: Actor, adult: Patient, line: RegimenLine) -> None:
    first = RegimenLine.objects.get(product__key="emollient")
    is_taken(first, replaces=line)
    values = {
        name: getattr(first, name) for name in ("patient", "regimen", "product", "starts_on", "started_at", "started_by")
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        RegimenLine.objects.create(**values, replaces=line)


NONE: dict[str, Any] = {
    "per_day": None,
    "weekdays": "",
    "every_days": None,
    "course_days": None,
    "condition": "",
    "most_per_day": None,
    "look_again_on": None,
}
FINE: list[dict[str, Any]] = [
    {"phase": "induction", "per_day": 1},
    {"phase": "induction", "per_day": 12},
    {"phase": "maintenance", "weekdays": "0"},
    {"phase": "maintenance", "weekdays": "0,1,2,3,4,5,6"},
    {"phase": "interval", "every_days": 1},
    {"phase": "course", "per_day": 1, "course_days": 1},
    {"phase": "as_needed", "condition": "itch", "most_per_day": 1},
    {"phase": "hold", "look_again_on": TODAY},
]
WRONG: list[dict[str, Any]] = [
    {"phase": "induction"},
    {"phase": "induction", "per_day": 0},
    {"phase": "induction", "per_day": 13},
    {"phase": "induction", "per_day": 2, "weekdays": "0"},
    {"phase": "induction", "per_day": 2, "every_days": 1},
    {"phase": "induction", "per_day": 2, "course_days": 1},
    {"phase": "maintenance"},
    {"phase": "maintenance", "weekdays": "0", "per_day": 1},
    {"phase": "maintenance", "weekdays": "0", "every_days": 7},
    {"phase": "interval"},
    {"phase": "interval", "every_days": 0},
    {"phase": "interval", "every_days": 7, "weekdays": "0"},
    {"phase": "course", "per_day": 1},
    {"phase": "course", "course_days": 5},
    {"phase": "course", "per_day": 1, "course_days": 0},
    {"phase": "as_needed", "most_per_day": 1},
    {"phase": "as_needed", "condition": "itch"},
    {"phase": "as_needed", "condition": "itch", "most_per_day": 0},
    {"phase": "hold"},
    {"phase": "hold", "look_again_on": TODAY, "per_day": 2},
    {"phase": "sometimes", "per_day": 2},
]


@pytest.mark.parametrize("values", FINE)
def test_a_plan_that_says_what_its_phase_needs(line: RegimenLine, values: dict[str, Any]) -> None:
    is_taken(line.plans.get(), **(NONE | values))


@pytest.mark.parametrize("values", WRONG)
def test_a_plan_that_says_too_little_or_too_much(line: RegimenLine, values: dict[str, Any]) -> None:
    is_refused(line.plans.get(), "plan_", **(NONE | values))


def test_a_place_is_in_one_open_phase(line: RegimenLine) -> None:
    plan, row = line.plans.get(), line.places.get()

    def again(**more: Any) -> PlanSite:
        return PlanSite.objects.create(
            **({"plan": plan, "line": line, "site": "face", "side": "", "from_on": TODAY} | more)
        )

    with pytest.raises(DatabaseError), transaction.atomic():
        again()
    again(site="hands", side="left")
    again(site="hands", side="right")
    again(ended_on=TODAY)
    is_taken(row, ended_on=TODAY)
    again()


def test_a_potency_is_of_a_steroid() -> None:
    product = Product.objects.get(key="tacrolimus-0.1")
    is_refused(product, "product_potency_only_of_steroids", potency="weak")
    is_taken(Product.objects.get(key="hydrocortisone-1"), potency="")


def test_keys_and_names_of_products_are_one_of_a_kind() -> None:
    product = Product.objects.get(key="tacrolimus-0.1")
    is_refused(product, "key", key="tacrolimus-0.03")
    is_refused(product, "name", name=Product.objects.get(key="emollient").name)
    assert ProductFact.objects.filter(product=product).exists()


def test_past_treatment_keeps_its_months_in_order_and_its_words(by: Actor, adult: Patient) -> None:
    row = PastTreatment.objects.create(
        patient=adult,
        family="tcs",
        response="good",
        why_stopped="cleared",
        from_on=date(2025, 3, 1),
        recorded_at=NOW,
        recorded_by=by.account,
    )
    is_refused(row, "pasttreatment_until_after_from", until_on=date(2025, 2, 28))
    is_taken(row, until_on=date(2025, 3, 1))
    is_taken(row, until_on=date(2025, 2, 28), from_on=None)
    is_refused(row, "pasttreatment_other_has_text", why_stopped="other")
    is_taken(row, why_stopped="other", text="moved")


def test_a_rule_has_one_live_choice_at_a_known_level(by: Actor, adult: Patient) -> None:
    values = {"clinic": adult.clinic, "rule": "allergy", "source": "S", "reason": "R", "valid_from_on": TODAY}
    values |= {"chosen_at": NOW, "chosen_by": by.account}
    row = RuleChoice.objects.create(**values, level=2)
    for level in (0, 4):
        is_refused(row, "rulechoice_level", level=level)
    for level in (None, 1, 2, 3):
        is_taken(row, level=level)
    with pytest.raises(DatabaseError), transaction.atomic():
        RuleChoice.objects.create(**values)
    is_refused(row, "rulechoice_replaced_at_and_by", replaced_at=NOW)
    is_taken(row, replaced_at=NOW, replaced_by=by.account)
    RuleChoice.objects.create(**values)


def test_one_open_item_of_a_subject_closed_with_its_outcome(by: Actor, adult: Patient) -> None:
    values = {"clinic": adult.clinic, "patient": adult, "reason": "finding", "subject": "s", "text": "t", "raised_at": NOW}
    row = WorkItem.objects.create(**values)
    with pytest.raises(DatabaseError), transaction.atomic():
        WorkItem.objects.create(**values)
    is_refused(row, "workitem_closed_with_outcome", closed_at=NOW)
    is_refused(row, "workitem_closed_with_outcome", outcome="handled")
    is_refused(row, "workitem_snoozed_with_why", snoozed_until_on=TODAY)
    is_refused(row, "workitem_acknowledged_at_and_by", acknowledged_at=NOW)
    is_taken(row, snoozed_until_on=TODAY, snooze_why="later", acknowledged_at=NOW, acknowledged_by=by.account)
    is_refused(row, "workitem_gone_has_ceased", closed_at=NOW, outcome="gone")
    is_taken(row, closed_at=NOW, outcome="gone", ceased_at=NOW)
    WorkItem.objects.create(**values)


def test_what_treatment_rests_on_is_not_deleted(regimen: Regimen, line: RegimenLine) -> None:
    for row in (regimen, line, line.plans.get(), line.product, regimen.started_by):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()
    assert DosePlan.objects.filter(line=line).exists()
