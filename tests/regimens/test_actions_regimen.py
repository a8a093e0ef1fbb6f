"""Starting a regimen, adding, changing and ending lines: the change, the audit row, the rollback, every refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinics.access import Access, Actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions as records
from patients.models import Patient
from regimens import actions, queries
from regimens.actions import Order, Reply
from regimens.errors import Misshapen, Unsafe
from regimens.models import DosePlan, Override, PlanSite, Product, Regimen, RegimenLine
from regimens.protocol.base import RULES
from regimens.protocol.facts import Phase
from regimens.queries.checks import findings_in
from tests.factories import NOW, actor_for, make_emollient, make_member, make_order, make_patient, make_regimen, place
from tests.regimens.every_action import (
    ACTS,
    LATER,
    begun,
    every_action,
    phases,
    refused,
    stopped,
    verbs_since,
    writes_that_fail,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
KNOWN = Reply("known", "Seen weekly.")


# --- Asked of every action --------------------------------------------------------------------------------------------


@every_action
def test_each_action_is_audited_with_actor_patient_and_instant(by: Actor, adult: Patient, name: str) -> None:
    act = ACTS[name]
    world = act.prepare(by, adult)
    before = AuditEvent.objects.count()
    act.do(by, world)
    assert tuple(verbs_since(before)) == act.verbs
    for event in AuditEvent.objects.order_by("pk")[before:]:
        assert (event.patient, event.actor) == (adult.public_id, by.account.public_id)
        assert (event.clinic, event.recorded_at, event.reason) == (adult.clinic.public_id, LATER, "")


@every_action
def test_each_action_leaves_nothing_when_any_of_its_writes_fails(by: Actor, adult: Patient, name: str) -> None:
    act = ACTS[name]
    world = act.prepare(by, adult)
    assert writes_that_fail(lambda: act.do(by, world)) >= 3  # a row, what stands beside it, and its audit row


@every_action
def test_no_action_without_the_right_to_prescribe(
    by: Actor, adult: Patient, clinic: Clinic, nurse: User, clinic_admin: User, outsider: User, name: str
) -> None:
    act = ACTS[name]
    world = act.prepare(by, adult)
    unflagged = make_member(clinic, Role.DERMATOLOGIST, may_score=True)
    elsewhere = actor_for(outsider, outsider.memberships.get().clinic)
    reading = Access(user=by.account, limit=frozenset()).actor(clinic)  # a token that may only read
    for who in (*(actor_for(user, clinic) for user in (nurse, clinic_admin, unflagged, outsider)), elsewhere, reading):
        with refused(NotAllowed):
            act.do(who, world)


@every_action
def test_a_nurse_with_the_flag_may(by: Actor, adult: Patient, clinic: Clinic, name: str) -> None:
    act = ACTS[name]
    act.do(actor_for(make_member(clinic, Role.NURSE, may_prescribe=True), clinic), act.prepare(by, adult))


@pytest.mark.parametrize("name", [name for name, act in ACTS.items() if act.has_version])
@pytest.mark.parametrize("off", [-1, 1])
def test_an_action_from_a_stale_page_carries_what_is_stored(by: Actor, adult: Patient, name: str, off: int) -> None:
    act = ACTS[name]
    world = act.prepare(by, adult)
    with refused(Stale) as caught:
        act.do(by, replace(world, seen=off))
    assert caught.value.current in {world.line, world.regimen}


@every_action
@pytest.mark.parametrize("reason", ["moved", "died"])
def test_a_closed_record_is_not_treated(by: Actor, adult: Patient, name: str, reason: str) -> None:
    act = ACTS[name]
    world = act.prepare(by, adult)
    died = date(2026, 12, 1) if reason == "died" else None
    records.close_patient(by, adult, reason=reason, deceased_on=died, version=adult.version, at=LATER)
    with refused(ValidationError) as caught:
        act.do(by, world)
    assert "closed" in caught.value.messages[0]


# --- Starting ---------------------------------------------------------------------------------------------------------


def test_start_regimen_keeps_every_word_of_the_order(by: Actor, adult: Patient) -> None:
    order = make_order(
        "tacrolimus-0.1",
        "face",
        "hands:left",
        until_on=date(2027, 2, 1),
        review_on=date(2027, 1, 1),
        amount=Decimal("1.5"),
        amount_unit="ftu",
        dose=" thin ",
        instructions=" At night. ",
    )
    regimen = make_regimen(adult, order, make_emollient(), by=by)
    line = regimen.lines.get(product__key="tacrolimus-0.1")
    assert (regimen.patient, regimen.started_on, regimen.started_at) == (adult, TODAY, NOW)
    assert (regimen.started_by, regimen.ended_on, regimen.version) == (by.account, None, 1)
    assert (line.patient, line.starts_on, line.until_on) == (adult, TODAY, date(2027, 2, 1))
    assert (line.review_on, line.replaces, line.version) == (date(2027, 1, 1), None, 1)
    assert (line.amount, line.amount_unit, line.dose) == (Decimal("1.5"), "ftu", "thin")
    assert (line.instructions, line.is_elsewhere) == ("At night.", False)
    plan = line.plans.get()
    assert (plan.phase, plan.per_day, plan.weekdays, plan.from_on, plan.until_on) == ("induction", 2, "", TODAY, None)
    assert phases(line) == [("face", "induction", TODAY, None), ("hands:left", "induction", TODAY, None)]
    assert not Override.objects.exists()


@pytest.mark.parametrize(
    ("key", "more", "kept"),
    [
        ("tacrolimus-0.1", {"phase": Phase.MAINTENANCE, "weekdays": (3, 0)}, ("maintenance", None, "0,3", None, None, "")),
        (
            "dupilumab-300",
            {"phase": Phase.INTERVAL, "every_days": 14, "loading_dose": " 600 mg "},
            ("interval", None, "", 14, None, "600 mg"),
        ),
        ("prednisolone-oral", {"phase": Phase.COURSE, "per_day": 1, "course_days": 5}, ("course", 1, "", None, 5, "")),
        ("emollient", {"per_day": 12}, ("induction", 12, "", None, None, "")),
    ],
)
def test_each_phase_keeps_its_schedule(
    by: Actor, adult: Patient, key: str, more: dict[str, Any], kept: tuple[Any, ...]
) -> None:
    make_regimen(adult, make_order(key, **more), by=by)
    plan = DosePlan.objects.get()
    seen = (plan.phase, plan.per_day, plan.weekdays, plan.every_days, plan.course_days, plan.loading_dose)
    assert seen == kept


def test_as_needed_keeps_its_condition_and_maximum(by: Actor, adult: Patient) -> None:
    make_regimen(adult, make_order("cetirizine", phase=Phase.AS_NEEDED, condition=" itch ", most_per_day=1), by=by)
    plan = DosePlan.objects.get()
    assert (plan.phase, plan.condition, plan.most_per_day) == ("as_needed", "itch", 1)
    assert phases(plan.line) == [("", "as_needed", TODAY, None)]


def test_a_second_regimen_is_refused_while_one_is_open(by: Actor, adult: Patient) -> None:
    make_regimen(adult, by=by)
    with refused(ValidationError) as caught:
        make_regimen(adult, by=by)
    assert "open already" in caught.value.messages[0]


def test_a_regimen_without_a_line_is_refused(by: Actor, adult: Patient) -> None:
    with refused(ValidationError):
        actions.start_regimen(by, adult, [], at=NOW)


def test_a_regimen_can_be_started_after_one_has_ended(by: Actor, adult: Patient) -> None:
    first = make_regimen(adult, by=by)
    actions.stop_regimen(by, first, reason="wish", no_look_reason="moves", version=1, at=NOW)
    second = make_regimen(adult, by=by)
    assert list(Regimen.objects.live()) == [second]


def test_the_regimen_begins_with_its_earliest_line_and_today_at_the_latest(by: Actor, adult: Patient) -> None:
    early = make_regimen(adult, make_order(on=TODAY - 30 * DAY), make_emollient(), by=by)
    assert early.started_on == date(2026, 10, 21)
    other = make_patient(adult.clinic, birth_date=date(1980, 5, 4))
    assert make_regimen(other, make_order(on=TODAY + 30 * DAY), by=by).started_on == TODAY


# --- The shape of an order --------------------------------------------------------------------------------------------

MISSHAPEN: list[tuple[str, str, dict[str, Any]]] = [
    ("phase", "tacrolimus-0.1", {"phase": Phase.HOLD}),
    ("per_day", "tacrolimus-0.1", {"per_day": None}),
    ("per_day", "tacrolimus-0.1", {"per_day": 0}),
    ("per_day", "tacrolimus-0.1", {"per_day": 3}),
    ("per_day", "emollient", {"per_day": 13}),
    ("weekdays", "tacrolimus-0.1", {"phase": Phase.MAINTENANCE}),
    ("weekdays", "tacrolimus-0.1", {"phase": Phase.MAINTENANCE, "weekdays": (0, 0)}),
    ("weekdays", "tacrolimus-0.1", {"phase": Phase.MAINTENANCE, "weekdays": (0, 7)}),
    ("weekdays", "tacrolimus-0.1", {"phase": Phase.MAINTENANCE, "weekdays": (-1, 3)}),
    ("weekdays", "tacrolimus-0.1", {"weekdays": (0, 3)}),
    ("every_days", "dupilumab-300", {"phase": Phase.INTERVAL}),
    ("every_days", "dupilumab-300", {"phase": Phase.INTERVAL, "every_days": 367}),
    ("loading_dose", "tacrolimus-0.1", {"loading_dose": "double"}),
    ("course_days", "prednisolone-oral", {"phase": Phase.COURSE, "per_day": 1}),
    ("course_days", "prednisolone-oral", {"phase": Phase.COURSE, "per_day": 1, "course_days": 367}),
    ("condition", "cetirizine", {"phase": Phase.AS_NEEDED, "most_per_day": 1}),
    ("condition", "cetirizine", {"phase": Phase.AS_NEEDED, "most_per_day": 1, "condition": "  "}),
    ("condition", "cetirizine", {"phase": Phase.AS_NEEDED, "most_per_day": 1, "condition": "x" * 201}),
    ("most_per_day", "cetirizine", {"phase": Phase.AS_NEEDED, "condition": "itch"}),
    ("most_per_day", "cetirizine", {"phase": Phase.AS_NEEDED, "condition": "itch", "most_per_day": 13}),
    ("places", "tacrolimus-0.1", {"places": ()}),
    ("places", "cetirizine", {"places": (place("face"),)}),
    ("places", "tacrolimus-0.1", {"places": (place("moon"),)}),
    ("places", "tacrolimus-0.1", {"places": (place("face:left"),)}),
    ("places", "tacrolimus-0.1", {"places": (place("face"), place("face"))}),
    ("places", "tacrolimus-0.1", {"places": (place("face"), place("eyelids:left"))}),
    ("places", "tacrolimus-0.1", {"places": (place("hands:left"), place("hands:both"))}),
    ("starts_on", "tacrolimus-0.1", {"starts_on": TODAY - 367 * DAY}),
    ("starts_on", "tacrolimus-0.1", {"starts_on": TODAY + 367 * DAY, "review_on": TODAY + 380 * DAY}),
    ("starts_on", "tacrolimus-0.1", {"starts_on": date(1980, 5, 3), "is_elsewhere": True}),
    ("starts_on", "tacrolimus-0.1", {"starts_on": TODAY + 367 * DAY, "is_elsewhere": True, "review_on": None}),
    ("until_on", "tacrolimus-0.1", {"until_on": TODAY - DAY}),
    ("review_on", "tacrolimus-0.1", {"review_on": TODAY - DAY}),
    ("amount", "tacrolimus-0.1", {"amount": Decimal(1)}),
    ("amount", "tacrolimus-0.1", {"amount_unit": "g"}),
    ("amount", "tacrolimus-0.1", {"amount": Decimal("0.004"), "amount_unit": "g"}),
    ("amount", "tacrolimus-0.1", {"amount": Decimal("500.01"), "amount_unit": "g"}),
    ("amount_unit", "tacrolimus-0.1", {"amount": Decimal(1), "amount_unit": "cup"}),
    ("dose", "ciclosporin", {"dose": "x" * 121}),
    ("instructions", "tacrolimus-0.1", {"instructions": "x" * 1001}),
    ("loading_dose", "dupilumab-300", {"phase": Phase.INTERVAL, "every_days": 14, "loading_dose": "x" * 121}),
]


@pytest.mark.parametrize(("field", "key", "more"), MISSHAPEN)
def test_a_misshapen_order_names_its_field_and_saves_nothing(
    by: Actor, adult: Patient, field: str, key: str, more: dict[str, Any]
) -> None:
    with refused(Misshapen, field):
        make_regimen(adult, make_order(key, **more), by=by)


WELL_SHAPED: list[tuple[str, dict[str, Any]]] = [
    ("tacrolimus-0.1", {"per_day": 1}),
    ("tacrolimus-0.1", {"places": (place("hands:left"), place("hands:right"))}),
    ("tacrolimus-0.1", {"starts_on": TODAY - 366 * DAY, "review_on": TODAY + DAY}),
    ("tacrolimus-0.1", {"starts_on": TODAY + 366 * DAY, "review_on": TODAY + 380 * DAY}),
    ("tacrolimus-0.1", {"starts_on": date(1980, 5, 4), "is_elsewhere": True}),
    ("tacrolimus-0.1", {"until_on": TODAY, "review_on": None}),
    ("tacrolimus-0.1", {"review_on": TODAY}),
    ("tacrolimus-0.1", {"amount": Decimal("0.01"), "amount_unit": "g"}),
    ("tacrolimus-0.1", {"amount": Decimal(500), "amount_unit": "g"}),
    ("tacrolimus-0.1", {"instructions": "x" * 1000}),
    ("ciclosporin", {"dose": "x" * 120}),
    ("cetirizine", {"phase": Phase.AS_NEEDED, "condition": "x" * 200, "most_per_day": 12}),
    ("dupilumab-300", {"phase": Phase.INTERVAL, "every_days": 366}),
]


@pytest.mark.parametrize(("key", "more"), WELL_SHAPED)
def test_the_last_order_inside_each_limit_is_saved(by: Actor, adult: Patient, key: str, more: dict[str, Any]) -> None:
    make_regimen(adult, make_order(key, **more), by=by)
    assert RegimenLine.objects.count() == 1


def test_today_is_the_clinics_day(other_clinic: Clinic, outsider: User) -> None:
    """At 02:00 UTC on the 21st it is the 20th in New York: a year before that day may be ordered, one more may not."""
    at = NOW.replace(day=21, hour=2)
    by = actor_for(outsider, other_clinic)
    there = make_patient(other_clinic, birth_date=date(1980, 5, 4))
    late = date(2027, 1, 1)
    with refused(Misshapen, "starts_on"):
        make_regimen(there, make_order(on=TODAY - 367 * DAY, review_on=late), by=by, at=at)
    make_regimen(there, make_order(on=TODAY - 366 * DAY, review_on=late), by=by, at=at)


def test_problems_of_other_orders_are_said_with_their_product(by: Actor, adult: Patient) -> None:
    with refused(Misshapen, "more", "per_day") as caught:
        make_regimen(adult, make_order(per_day=None), make_order("hydrocortisone-1", "trunk", per_day=3), by=by)
    product = Product.objects.get(key="hydrocortisone-1")
    assert caught.value.message_dict["more"] == [f"{product}: Once or twice daily."]


def test_everything_that_is_wrong_with_an_order_is_said_at_once(by: Actor, adult: Patient) -> None:
    wrong = make_order(
        per_day=None, places=(), until_on=TODAY - DAY, review_on=TODAY - DAY, amount=Decimal(501), amount_unit="cup"
    )
    with refused(Misshapen, "per_day", "places", "until_on", "review_on", "amount", "amount_unit"):
        make_regimen(adult, wrong, by=by)
    with refused(Misshapen, "phase", "places", "starts_on"):
        make_regimen(adult, make_order(phase=Phase.HOLD, places=(), starts_on=date(1980, 5, 3)), by=by)


def test_a_product_that_is_no_longer_offered_begins_no_line(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    actions.stop(by, world.line, reason="cleared", no_look_reason="clear", version=1, at=NOW)
    emollient = world.regimen.lines.get(product__key="emollient")
    Product.objects.filter(key="tacrolimus-0.1").update(is_offered=False)
    order = make_order()
    for act in (
        lambda: make_regimen(make_patient(adult.clinic, birth_date=date(1980, 5, 4)), order, by=by),
        lambda: actions.add_line(by, world.regimen, [order], at=NOW),
        lambda: actions.change_product(by, emollient, order, version=1, at=NOW),
        lambda: actions.start_again(by, world.line, order, at=NOW),
        lambda: actions.look_at(by, adult, [order], at=NOW),
    ):
        with refused(Misshapen, "product") as caught:
            act()
        assert str(order.product) in caught.value.message_dict["product"][0]


def test_a_running_line_keeps_a_product_that_is_no_longer_offered(by: Actor, adult: Patient) -> None:
    line = begun(by, adult).line
    Product.objects.filter(key="tacrolimus-0.1").update(is_offered=False)
    actions.step_down(by, line, [place("face")], version=1, at=LATER)
    actions.hold(by, line, look_again_on=LATER.date() + DAY, reason="infection", version=2, at=LATER)
    actions.resume(by, line, version=3, at=LATER)
    assert [row[1] for row in phases(line) if row[3] is None] == ["induction", "induction"]


# --- Warnings and stops -----------------------------------------------------------------------------------------------


def infect(by: Actor, patient: Patient, site: str = "face") -> None:
    values = {"kind": "skin_infection", "state": "present", "site": site}
    records.record_precaution(by, patient, values, at=NOW)


def test_a_stop_saves_nothing_and_carries_every_answer(by: Actor, adult: Patient) -> None:
    with refused(Unsafe) as caught:
        make_regimen(adult, make_order(review_on=None), make_emollient(), by=by, replies={"use-without-end": KNOWN})
    first, second = caught.value.checked
    assert [found.rule.id for found in first.stops] == ["use-without-end"]
    assert (second.line.product.key, second.stops) == ("emollient", [])


def test_what_somebody_else_prescribed_is_answered_where_ours_is_stopped(by: Actor, adult: Patient) -> None:
    records.record_precaution(by, adult, {"kind": "immunocompromise", "state": "present"}, at=NOW)
    order = make_order(is_elsewhere=True)
    with refused(Unsafe) as caught:
        make_regimen(adult, order, by=by)
    assert caught.value.rules == {"immunocompromise"}
    with refused(Unsafe):
        make_regimen(adult, replace(order, is_elsewhere=False), by=by, replies={"immunocompromise": KNOWN})
    make_regimen(adult, order, by=by, replies={"immunocompromise": KNOWN})
    assert Override.objects.get().level == 2


@pytest.mark.parametrize(
    ("reply", "lacks"),
    [
        (None, {"reason", "sentence"}),
        (Reply("", "Treated since Monday."), {"reason"}),
        (Reply("because", "Treated since Monday."), {"reason"}),
        (Reply("known", "  "), {"sentence"}),
        (Reply("known", "Antibiotics"), {"sentence"}),  # one word
        (Reply("known", "Antibiotics ..."), {"sentence"}),  # still one
        (Reply("known", "Is fine"), {"sentence"}),  # six letters
        (Reply("known", "Is fine now 12"), set()),  # nine letters
        (Reply("known", "Is fine ok"), set()),  # eight
        (Reply("known", "Is fine o 1234"), {"sentence"}),  # seven
        (Reply("known", "Лечение идёт"), set()),
        (Reply("known", "xx " * 100), set()),
        (Reply("known", "xx " * 100 + "xx"), {"sentence"}),  # 302 characters
        (Reply("known", "Seen\x00 weekly here."), {"sentence"}),
        (Reply("", "x"), {"reason", "sentence"}),
    ],
)
def test_a_warning_needs_a_listed_reason_and_a_sentence(
    by: Actor, adult: Patient, reply: Reply | None, lacks: set[str]
) -> None:
    infect(by, adult)
    key = keys_of(lambda: make_regimen(adult, by=by))["infection-tci", 0]
    start = lambda: actions.start_regimen(  # noqa: E731
        by, adult, [make_order(), make_emollient()], replies={key: reply} if reply else {}, at=NOW
    )
    if not lacks:
        start()
        assert Override.objects.count() == 1
        return
    with refused(Unsafe) as caught:
        start()
    assert caught.value.unanswered.keys() == {key}
    assert caught.value.unanswered[key].problems.keys() == lacks


def test_an_answered_warning_is_kept_with_rule_inputs_and_fingerprint(by: Actor, adult: Patient) -> None:
    infect(by, adult)
    before = AuditEvent.objects.count()
    regimen = make_regimen(adult, by=by, replies={"infection-tci": Reply("short", " Antibiotic since Monday. ")})
    kept = Override.objects.get()
    assert (kept.line.product.key, kept.rule, kept.rule_version, kept.level) == (
        "tacrolimus-0.1",
        "infection-tci",
        RULES["infection-tci"].version,
        2,
    )
    assert (kept.reason, kept.sentence, kept.by, kept.at) == ("short", "Antibiotic since Monday.", by.account, NOW)
    assert "Caution: an infection is recorded" in kept.text
    assert "%(" not in kept.text
    assert [(one["what"], one["on"], one["by"]) for one in kept.inputs] == [("skin infection", "2026-11-20", "Dana Derm")]
    assert len(kept.fingerprint) == 24
    assert verbs_since(before) == ["regimen started", "line added", "line added", "warning answered"]
    event = AuditEvent.objects.get(verb="warning answered")
    assert (event.fields, event.object_id) == ("infection-tci", kept.line.public_id)
    assert regimen.lines.count() == 2


def keys_of(act: Callable[[], object]) -> dict[tuple[str, int], str]:
    """The keys of the warnings an act meets, by rule and number of the line."""
    with refused(Unsafe) as caught:
        act()
    return {(one.finding.rule.id, one.number): one.key for one in findings_in(caught.value.checked)}


def test_each_finding_of_each_line_has_a_reply_of_its_own(by: Actor, adult: Patient) -> None:
    infect(by, adult)
    orders = [make_order("tacrolimus-0.1", "cheeks:left"), make_order("tacrolimus-0.1", "cheeks:right"), make_emollient()]

    def start(replies: dict[str, Reply]) -> Regimen:
        return actions.start_regimen(by, adult, orders, replies=replies, at=NOW)

    keys = keys_of(lambda: start({}))
    left, right = keys["infection-tci", 0], keys["infection-tci", 1]
    assert left != right
    with refused(Unsafe) as caught:
        start({left: KNOWN})
    assert (set(caught.value.unanswered), caught.value.unknown) == ({right}, [])
    start({left: KNOWN, right: Reply("short", "Treated since Monday.")})
    rows = Override.objects.order_by("line__pk").values_list("line__places__side", "reason", "sentence")
    assert list(rows) == [("left", "known", "Seen weekly."), ("right", "short", "Treated since Monday.")]


def test_a_reply_belongs_to_what_was_shown(by: Actor, adult: Patient) -> None:
    """Another product, another fact or another place in the order is another finding."""
    infect(by, adult)
    key = keys_of(lambda: make_regimen(adult, make_order(), by=by))["infection-tci", 0]

    def start(*orders: Order) -> Regimen:
        return actions.start_regimen(by, adult, orders, replies={key: KNOWN}, at=NOW)

    for orders in ([make_order("pimecrolimus-1")], [make_emollient(), make_order()]):
        with refused(Unsafe) as caught:
            start(*orders)
        assert (caught.value.rules, caught.value.unknown) == ({"infection-tci"}, [key])
    infect(by, adult, "neck")
    start(make_order())  # nothing new on the face
    assert Override.objects.get().rule == "infection-tci"


def test_a_fact_that_came_after_it_was_shown_asks_anew(by: Actor, adult: Patient) -> None:
    infect(by, adult)
    key = keys_of(lambda: make_regimen(adult, by=by))["infection-tci", 0]
    infect(by, adult, "head_neck")
    with refused(Unsafe) as caught:
        actions.start_regimen(by, adult, [make_order(), make_emollient()], replies={key: KNOWN}, at=NOW)
    assert (caught.value.rules, caught.value.unknown) == ({"infection-tci"}, [key])


def test_a_key_is_the_same_on_another_day(by: Actor, adult: Patient) -> None:
    infect(by, adult)
    keys = [
        keys_of(lambda at=at: make_regimen(adult, make_order(review_on=TODAY + 9 * DAY), by=by, at=at))["infection-tci", 0]
        for at in (NOW, NOW + DAY)
    ]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("is_earlier", [False, True])
def test_a_reply_about_nothing_is_refused_unless_it_was_typed_on_an_earlier_page(
    by: Actor, adult: Patient, is_earlier: bool
) -> None:
    replies = {"0-" + "a" * 24: replace(KNOWN, is_earlier=is_earlier)}
    if is_earlier:
        actions.start_regimen(by, adult, [make_order(), make_emollient()], replies=replies, at=NOW)
        assert not Override.objects.exists()
        return
    with refused(Unsafe) as caught:
        actions.start_regimen(by, adult, [make_order(), make_emollient()], replies=replies, at=NOW)
    assert (caught.value.unanswered, caught.value.unknown) == ({}, list(replies))


def test_a_correct_order_asks_nothing(by: Actor, adult: Patient, other_clinic: Clinic, outsider: User) -> None:
    make_regimen(adult, make_order("tacrolimus-0.1", "face", "neck"), make_emollient(), by=by)
    nine = make_patient(other_clinic, birth_date=date(2017, 6, 1))
    make_regimen(nine, make_order("tacrolimus-0.03", "trunk"), make_emollient(), by=actor_for(outsider, other_clinic))
    assert RegimenLine.objects.count() == 4


# --- Adding, changing, starting again ---------------------------------------------------------------------------------


def test_add_line_checks_the_lines_in_use(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    wrap = make_order("wet-wrap", "face", phase=Phase.COURSE, per_day=1, course_days=5)
    with refused(Unsafe) as caught:
        actions.add_line(by, world.regimen, [wrap], at=NOW)
    assert [found.rule.id for found in caught.value.checked[0].stops] == ["wrap-over-tci"]
    actions.add_line(by, world.regimen, [replace(wrap, places=(place("trunk"),))], at=NOW)
    assert RegimenLine.objects.live().count() == 3


def test_add_line_needs_an_order_and_an_open_regimen(by: Actor, adult: Patient) -> None:
    regimen = make_regimen(adult, by=by)
    with refused(ValidationError):
        actions.add_line(by, regimen, [], at=NOW)
    actions.stop_regimen(by, regimen, reason="wish", no_look_reason="moves", version=1, at=NOW)
    with refused(ValidationError):
        actions.add_line(by, regimen, [make_order()], at=NOW)


def test_a_regimen_that_got_a_line_is_not_ended_unseen(by: Actor, adult: Patient) -> None:
    regimen = make_regimen(adult, by=by)
    actions.add_line(by, regimen, [make_order("hydrocortisone-1", "trunk")], at=NOW)
    with refused(Stale):
        actions.stop_regimen(by, regimen, reason="wish", no_look_reason="moves", version=1, at=NOW)
    actions.stop_regimen(by, regimen, reason="wish", no_look_reason="moves", version=2, at=NOW)


def test_change_product_ends_one_line_where_the_other_begins(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    old = world.line
    order = make_order("pimecrolimus-1", "face", on=TODAY + 20 * DAY)
    new = actions.change_product(by, old, order, version=1, text=" burns ", at=LATER)
    old.refresh_from_db()
    assert (old.ended_on, old.end_reason, old.end_text) == (TODAY + 20 * DAY, "changed", "burns")
    assert (old.ended_by, old.ended_at, old.version) == (by.account, LATER, 2)
    assert (new.replaces, new.starts_on, new.regimen) == (old, TODAY + 20 * DAY, world.regimen)
    assert phases(old) == [
        ("face", "induction", TODAY, TODAY + 20 * DAY),
        ("hands:both", "induction", TODAY, TODAY + 20 * DAY),
    ]


def test_what_is_replaced_later_is_in_use_until_then(by: Actor, adult: Patient) -> None:
    """Tacrolimus until the 29th, hydrocortisone from the 30th: a wrap that ends on the 30th still meets tacrolimus."""
    world = begun(by, adult)
    order = make_order("hydrocortisone-1", "face", on=TODAY + 10 * DAY)
    new = actions.change_product(by, world.line, order, version=1, at=NOW)
    assert (new.starts_on, world.line.ended_on) == (date(2026, 11, 30), date(2026, 11, 30))
    in_use = {line.product.key: line.until_on for line in queries.lines(adult, on=TODAY)}
    assert in_use == {"tacrolimus-0.1": date(2026, 11, 29), "hydrocortisone-1": None, "emollient": None}
    wrap = make_order("wet-wrap", "face", on=date(2026, 11, 29), phase=Phase.COURSE, per_day=1, course_days=2)
    with refused(Unsafe):
        actions.add_line(by, world.regimen, [wrap], at=NOW)
    later = replace(wrap, starts_on=date(2026, 11, 30))
    actions.add_line(by, world.regimen, [later], at=NOW)
    on_the_day = [line.product.key for line in queries.lines(adult, on=date(2026, 11, 30))]
    assert sorted(on_the_day) == ["emollient", "hydrocortisone-1", "wet-wrap"]


def test_change_product_does_not_begin_before_today(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    order = make_order("pimecrolimus-1", "face", on=TODAY + 19 * DAY)
    with refused(ValidationError, "starts_on"):
        actions.change_product(by, world.line, order, version=1, at=LATER)


def test_change_product_that_is_stopped_leaves_the_line_in_use(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    with refused(Unsafe):
        order = make_order("pimecrolimus-1", "face", on=TODAY + 20 * DAY, review_on=None)
        actions.change_product(by, world.line, order, version=1, at=LATER)
    assert world.line.ended_on is None


def test_change_product_is_not_a_double_of_what_it_replaces(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    actions.change_product(by, world.line, make_order("pimecrolimus-1", "face"), version=1, at=NOW)
    assert not Override.objects.exists()


def test_start_again_names_the_line_before_and_happens_once(by: Actor, adult: Patient) -> None:
    world = stopped(by, adult)
    before = world.line
    new = actions.start_again(by, before, make_order(on=date(2026, 12, 10)), at=LATER)
    assert (new.replaces, new.regimen, new.version) == (before, world.regimen, 1)
    with refused(ValidationError):
        actions.start_again(by, before, make_order(on=date(2026, 12, 10)), at=LATER)


def test_start_again_is_for_an_ended_line_of_that_product_in_an_open_regimen(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    with refused(ValidationError):
        actions.start_again(by, world.line, make_order(), at=NOW)
    actions.stop(by, world.line, reason="cleared", no_look_reason="well", version=1, at=NOW)
    with refused(ValidationError, "product"):
        actions.start_again(by, world.line, make_order("pimecrolimus-1"), at=NOW)
    with refused(Unsafe):
        actions.start_again(by, world.line, make_order(review_on=None), at=NOW)
    actions.stop_regimen(by, world.regimen, reason="wish", no_look_reason="moves", version=1, at=NOW)
    with refused(ValidationError):
        actions.start_again(by, world.line, make_order(), at=NOW)


# --- Ending -----------------------------------------------------------------------------------------------------------


def test_stop_keeps_why_and_when_to_look(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    actions.stop(by, world.line, reason="other", text=" not wanted ", next_look_on=date(2026, 12, 10), version=1, at=LATER)
    line = world.line
    assert (line.ended_on, line.ended_at, line.ended_by) == (date(2026, 12, 10), LATER, by.account)
    assert (line.end_reason, line.end_text, line.next_look_on) == ("other", "not wanted", date(2026, 12, 10))
    assert (line.no_look_reason, line.version) == ("", 2)
    assert not DosePlan.objects.live().filter(line=line).exists()
    assert not PlanSite.objects.filter(line=line, ended_on=None).exists()
    assert Regimen.objects.live().count() == 1


ENDINGS: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("reason",), {"reason": "", "no_look_reason": "well"}),
    (("reason",), {"reason": "bored", "no_look_reason": "well"}),
    (("text",), {"reason": "other", "no_look_reason": "well"}),
    (("text",), {"reason": "other", "text": " ", "no_look_reason": "well"}),
    (("text",), {"reason": "wish", "text": "x" * 301, "no_look_reason": "well"}),
    (("next_look_on",), {"reason": "cleared"}),
    (("next_look_on",), {"reason": "cleared", "no_look_reason": " "}),
    (("next_look_on",), {"reason": "cleared", "next_look_on": date(2027, 1, 1), "no_look_reason": "well"}),
    (("next_look_on",), {"reason": "cleared", "next_look_on": date(2026, 12, 9)}),
    (("no_look_reason",), {"reason": "cleared", "no_look_reason": "x" * 201}),
    (("next_look_on", "reason"), {"reason": ""}),
]


@pytest.mark.parametrize(("fields", "values"), ENDINGS)
def test_an_ending_that_says_too_little_names_the_field(
    by: Actor, adult: Patient, fields: tuple[str, ...], values: dict[str, Any]
) -> None:
    world = begun(by, adult)
    with refused(ValidationError, *fields):
        actions.stop(by, world.line, **values, version=1, at=LATER)
    with refused(ValidationError, *fields):
        actions.stop_regimen(by, world.regimen, **values, version=1, at=LATER)


def test_a_line_ends_once(by: Actor, adult: Patient) -> None:
    world = stopped(by, adult)
    with refused(ValidationError):
        actions.stop(by, world.line, reason="cleared", no_look_reason="well", version=2, at=LATER)
    with refused(Stale):
        actions.stop(by, world.line, reason="cleared", no_look_reason="well", version=1, at=LATER)


def test_a_line_that_has_not_begun_ends_on_its_first_day(by: Actor, adult: Patient) -> None:
    regimen = make_regimen(adult, make_order(on=TODAY + 10 * DAY), by=by)
    line = regimen.lines.get()
    actions.stop(by, line, reason="wish", no_look_reason="well", version=1, at=NOW)
    line.refresh_from_db()
    assert (line.ended_on, phases(line)) == (
        TODAY + 10 * DAY,
        [("face", "induction", TODAY + 10 * DAY, TODAY + 10 * DAY)],
    )
    assert queries.lines(adult, on=TODAY) == []


def test_stop_regimen_ends_every_line_in_use(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    actions.stop(by, world.line, reason="cleared", no_look_reason="well", version=1, at=NOW)
    before = AuditEvent.objects.count()
    actions.stop_regimen(
        by, world.regimen, reason="wish", text="moves", next_look_on=date(2026, 12, 10), version=1, at=LATER
    )
    regimen = Regimen.objects.get()
    assert (regimen.ended_on, regimen.ended_at, regimen.ended_by) == (date(2026, 12, 10), LATER, by.account)
    assert (regimen.end_reason, regimen.end_text, regimen.version) == ("wish", "moves", 2)
    assert (regimen.next_look_on, regimen.no_look_reason) == (date(2026, 12, 10), "")
    assert sorted(RegimenLine.objects.values_list("end_reason", "ended_on")) == [
        ("cleared", TODAY),
        ("wish", date(2026, 12, 10)),
    ]
    assert verbs_since(before) == ["line stopped", "regimen stopped"]
    with refused(ValidationError):
        actions.stop_regimen(by, regimen, reason="wish", no_look_reason="moves", version=2, at=LATER)


def test_an_order_is_a_value_with_no_default_for_how_often() -> None:
    assert [Order.__dataclass_fields__[name].default for name in ("per_day", "every_days", "course_days", "amount")] == [
        None
    ] * 4
    assert Order.__dataclass_fields__["weekdays"].default == ()


# --- Methotrexate with a second dose of its own -------------------------------------------------------------------------


def methotrexate(second: int | None) -> Order:
    return make_order("methotrexate", phase=Phase.INTERVAL, every_days=7, second_after_days=second, dose="10 mg")


@pytest.mark.parametrize(("second", "is_stopped"), [(1, True), (6, True), (7, False), (None, False)])
def test_the_second_dose_of_methotrexate_is_a_week_after_the_first(
    by: Actor, adult: Patient, second: int | None, is_stopped: bool
) -> None:
    (checked,) = actions.look_at(by, adult, [methotrexate(second)], at=NOW)
    assert ([found.rule.id for found in checked.stops] == ["methotrexate-weekly"]) is is_stopped
    if is_stopped:
        with refused(Unsafe):
            make_regimen(adult, methotrexate(second), by=by)


def test_a_saved_line_keeps_the_distance_of_its_second_dose_for_the_rules(by: Actor, adult: Patient) -> None:
    order = make_order("dupilumab-300", phase=Phase.INTERVAL, every_days=28, second_after_days=14, dose="300 mg")
    make_regimen(adult, order, by=by)
    (line,) = queries.lines(adult, on=TODAY)
    assert (line.every_days, line.second_after_days) == (28, 14)
