"""The page of disagreements, and how the medical lead changes a rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from clinics.access import Actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Clinic, Outcome, Role, User
from patients.models import Patient
from regimens.actions import choose_rule
from regimens.guidance import TOPICS
from regimens.models import LastCheck, RuleChoice
from regimens.protocol.base import RULES, Level
from regimens.queries import choices
from regimens.queries.guidance import NUMBERS, guidance
from tests.factories import NOW, actor_for, make_member, make_user

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
ORDER = [
    *("C1", "C2", "C3", "C4", "C5", "C6a", "C6b", "C7", "C8", "C9", "C10", "C11", "C12", "C13", "C14", "C15", "C16"),
    *("C17", "C18", "C19", "C20", "C21", "C22", "C23", "C24", "C25", "C26", "C27"),
]
CHECKED = [
    "C1",
    "C2",
    "C3",
    "C4",
    "C5",
    "C6a",
    "C6b",
    "C7",
    "C8",
    "C9",
    "C12",
    "C13",
    "C16",
    "C17",
    "C18",
    "C21",
    "C23",
    "C24",
]
CHOICE: dict[str, Any] = {"level": None, "params": {}, "source": "Decision of the clinic, May 2026", "reason": "As agreed"}


@pytest.fixture
def lead(clinic: Clinic) -> User:
    """The medical lead of the clinic."""
    user = make_user("lead@example.org", "Lena Lead")
    return make_member(clinic, Role.DERMATOLOGIST, user=user, is_medical_lead=True)


@pytest.fixture
def leading(lead: User, clinic: Clinic) -> Actor:
    return actor_for(lead, clinic)


@pytest.fixture
def at_the_desk(lead: User, signed_in: SignIn) -> Client:
    return signed_in(lead)


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def shown(client: Client, topic: str) -> str:
    """One topic of the page as text."""
    page = client.get(reverse("guidance")).content.decode()
    return text_of(page.split(f'id="{topic}"', 1)[1].split("</section>", 1)[0].partition(">")[2])


def page_of(rule: str) -> str:
    return reverse("rule_choose", args=[rule])


# --- What the page says ------------------------------------------------------------------------------------------------


def test_every_contradiction_is_there_with_two_sides_and_sources() -> None:
    assert [topic.id for topic in TOPICS] == ORDER
    for topic in TOPICS:
        for side in (topic.one, topic.other):
            assert side, topic.id
            assert all(str(said.text) and said.by and all(source.name for source in said.by) for said in side), topic.id
        assert str(topic.title), topic.id
        assert str(topic.default), topic.id


def test_machine_written_answers_are_named_as_such_and_never_by_a_file() -> None:
    names = {source.name: source.on for topic in TOPICS for said in (*topic.one, *topic.other) for source in said.by}
    assert {name: on for name, on in names.items() if name.startswith("Machine-written")} == {
        "Machine-written answer S0, not reviewed": date(2026, 1, 30),
        "Machine-written answer S1, not reviewed": date(2025, 9, 8),
        "Machine-written answer S2, not reviewed": date(2026, 2, 13),
        "Machine-written answer S3, not reviewed": date(2025, 11, 3),
    }
    assert not [name for name in names if ".txt" in name or "Oracle" in name]


@pytest.mark.parametrize("topic", CHECKED)
def test_topic_that_an_order_can_trigger_names_its_rules(topic: str) -> None:
    assert [rule.id for rule in RULES.values() if rule.topic == topic]


def test_no_rule_is_left_out_and_none_shown_twice(clinic: Clinic) -> None:
    page = guidance(clinic)
    shown = [rule.id for topic in page.topics for rule in topic.rules] + [rule.id for rule in page.rules]
    assert sorted(shown) == sorted(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_every_number_of_a_rule_has_words(rule: Any) -> None:
    assert set(rule.params) <= set(NUMBERS)


def test_both_sides_stand_side_by_side_with_source_and_day(signed_in: SignIn, nurse: User) -> None:
    text = shown(signed_in(nurse), "C1")
    assert text.startswith(
        "C1 Tacrolimus 0.1 % from 2 to 15 years On one side 0.1 % is approved from 2 years for moderate to severe atopic "
        "dermatitis. Machine-written answer S2, not reviewed · 13-Feb-2026 On the other Under 16 years 0.03 % only; 0.1 % "
        "from 16 years. EMA package leaflet EU/1/02/201/001 (Protopic) · 14-Oct-2024 US label of Protopic"
    )
    assert "tacrolimus-0.1-age version 1" in text
    assert "By default Caution: needs a reason Minimum age (months): 192 This clinic as by default" in text


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("C11", "No emollient within 2 hours of tacrolimus."),
        ("C14", "Very common: more than 1 in 10."),
        ("C20", "“Definitive conclusions cannot be drawn.”"),
        ("C22", "No routine elimination diet."),
        ("C25", "AAD guideline 2023 · written for adults"),
        ("C26", "75 % of 20 are 15, which leaves 5."),
        ("C27", "Dupilumab is injected"),
    ],
)
def test_what_no_order_decides_is_told_as_text(signed_in: SignIn, nurse: User, topic: str, said: str) -> None:
    text = shown(signed_in(nurse), topic)
    assert said in text
    assert topic == "C11" or "No rule decides this." in text


def test_page_is_read_by_every_clinical_role_and_by_nobody_else(
    signed_in: SignIn, nurse: User, clinician: User, clinic_admin: User, portal_user: User
) -> None:
    for user in (nurse, clinician):
        client = signed_in(user)
        assert client.get(reverse("guidance")).status_code == 200
        assert client.get(page_of("allergy")).status_code == 200
        assert "Guidance" in client.get(reverse("patient_list")).content.decode()
    office = signed_in(clinic_admin)
    assert office.get(reverse("guidance")).status_code == 403
    assert reverse("guidance") not in office.get(reverse("patient_list")).content.decode()
    assert signed_in(portal_user).get(reverse("guidance")).status_code == 302


def test_page_asks_the_same_with_one_and_three_choices(
    signed_in: SignIn, nurse: User, leading: Actor, clinic: Clinic, django_assert_num_queries: Any
) -> None:
    client = signed_in(nurse)
    choose_rule(leading, clinic, "allergy", **CHOICE | {"level": 2}, at=NOW)
    client.get(reverse("guidance"))
    with django_assert_num_queries(3):  # session, account with roles, choices
        client.get(reverse("guidance"))
    for rule in ("immunocompromise", "barrier-defect"):
        choose_rule(leading, clinic, rule, **CHOICE | {"level": 2}, at=NOW)
    with django_assert_num_queries(3):
        assert client.get(reverse("guidance")).content.decode().count("rule-chosen") == 3


def test_another_clinics_choice_is_not_shown(signed_in: SignIn, nurse: User, other_clinic: Clinic) -> None:
    theirs = make_member(other_clinic, Role.DERMATOLOGIST, is_medical_lead=True)
    choose_rule(actor_for(theirs, other_clinic), other_clinic, "allergy", **CHOICE | {"level": 2}, at=NOW)
    client = signed_in(nurse)
    assert "rule-chosen" not in client.get(reverse("guidance")).content.decode()
    assert "As agreed" not in client.get(page_of("allergy")).content.decode()


# --- Choosing ----------------------------------------------------------------------------------------------------------


def sent(rule: str, version: int = 0, **more: Any) -> dict[str, Any]:
    numbers = {f"number_{name}": value for name, value in RULES[rule].params.items()}
    typed = {"level": int(RULES[rule].level), "source": "AMELI 2026, section 3", "reason": "Specialised centre"}
    return typed | {"version": version} | numbers | more


def test_lead_changes_a_number_and_everybody_sees_it(
    at_the_desk: Client, lead: User, clinic: Clinic, signed_in: SignIn, nurse: User
) -> None:
    answer = at_the_desk.post(
        page_of("tacrolimus-0.1-age"), sent("tacrolimus-0.1-age", number_min_age_months=144), follow=True
    )
    text = text_of(answer.content.decode())
    assert "New orders are checked with it now; lines in use are checked again shortly." in text
    row = RuleChoice.objects.get()
    assert (row.clinic, row.rule, row.level, row.params, row.source, row.reason, row.chosen_by) == (
        clinic,
        "tacrolimus-0.1-age",
        None,
        {"min_age_months": 144},
        "AMELI 2026, section 3",
        "Specialised centre",
        lead,
    )
    assert choices(clinic)["tacrolimus-0.1-age"].params == {"min_age_months": 144}
    seen = shown(signed_in(nurse), "C1")
    assert "This clinic Caution: needs a reason Minimum age (months): 144" in seen
    assert "Chosen by Lena Lead, since" in seen
    assert "Source: AMELI 2026, section 3. Why: Specialised centre" in seen
    noted = AuditEvent.objects.get(verb="rule chosen")
    assert (noted.object_id, noted.fields, noted.patient) == (row.public_id, "tacrolimus-0.1-age", None)


def test_lowerable_stop_is_lowered_to_a_caution_and_no_further(at_the_desk: Client, clinic: Clinic) -> None:
    page = at_the_desk.get(page_of("allergy")).content.decode()
    assert "This stop may be lowered to a caution" in text_of(page)
    assert re.findall(r'name="level" value="(\d)"', page) == ["2", "3"]
    assert at_the_desk.post(page_of("allergy"), sent("allergy", level=1)).status_code == 422
    assert not RuleChoice.objects.exists()
    assert at_the_desk.post(page_of("allergy"), sent("allergy", level=2)).status_code == 302
    assert choices(clinic)["allergy"].level == Level.WARN


def test_stop_that_stays_has_no_level_to_choose(at_the_desk: Client, leading: Actor, clinic: Clinic) -> None:
    page = at_the_desk.get(page_of("wrap-over-tci")).content.decode()
    assert "This is a stop that no clinic can lower." in text_of(page)
    assert 'name="level"' not in page
    assert 'name="reason"' not in page
    for level in (Level.INFORM, Level.WARN):
        with pytest.raises(ValidationError) as refused:
            choose_rule(leading, clinic, "wrap-over-tci", **CHOICE | {"level": int(level)}, at=NOW)
        assert list(refused.value.message_dict) == ["level"]
    assert at_the_desk.post(page_of("wrap-over-tci"), sent("wrap-over-tci", level=2)).status_code == 302
    assert choices(clinic)["wrap-over-tci"].level is None  # a level that is not offered is not read


@pytest.mark.parametrize(
    ("level", "lowerable", "offered"),
    [
        (Level.INFORM, False, [1, 2, 3]),
        (Level.WARN, False, [1, 2, 3]),
        (Level.STOP, True, [2, 3]),
        (Level.STOP, False, [3]),
    ],
)
def test_levels_a_clinic_may_give(level: Level, lowerable: bool, offered: list[int]) -> None:
    rules = [rule for rule in RULES.values() if (rule.level, rule.is_lowerable) == (level, lowerable)]
    assert rules
    assert all([int(one) for one in rule.levels] == offered for rule in rules)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"source": " "}, "This field is required."),
        ({"reason": ""}, "This field is required."),
        ({"reason": "two\nlines"}, "Line breaks"),
        ({"source": "x" * 301}, "at most 300 characters"),
        ({"number_min_age_months": "-1"}, "greater than or equal to 0"),
        ({"number_min_age_months": "10001"}, "less than or equal to 10000"),
        ({"number_min_age_months": "twelve"}, "Enter a whole number."),
        ({"level": "4"}, "Select a valid choice."),
        ({"level": ""}, "This field is required."),
        ({"version": ""}, "This field is required."),
    ],
)
def test_impossible_choice_is_refused_and_what_was_typed_is_kept(
    at_the_desk: Client, typed: dict[str, str], said: str
) -> None:
    answer = at_the_desk.post(page_of("tacrolimus-0.1-age"), sent("tacrolimus-0.1-age") | typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in unescape(text)
    assert "Specialised centre" in text or "reason" in typed
    assert not RuleChoice.objects.exists()
    assert not AuditEvent.objects.filter(verb="rule chosen").exists()


def test_stop_by_number_comes_earlier_and_never_later(at_the_desk: Client, clinic: Clinic) -> None:
    rule = "oral-steroid-length"
    answer = at_the_desk.post(page_of(rule), sent(rule, number_block_from=16))
    assert answer.status_code == 422
    assert "From 15 on it cannot be saved: a stop may come earlier, never later." in text_of(answer.content.decode())
    assert not RuleChoice.objects.exists()
    assert at_the_desk.post(page_of(rule), sent(rule, number_block_from=14)).status_code == 302
    assert choices(clinic)[rule].params == {"block_from": 14}


def test_lines_of_the_clinic_are_due_for_the_next_run_and_no_others(
    leading: Actor, clinic: Clinic, patient: Patient, other_patient: Patient
) -> None:
    for one in (patient, other_patient):
        LastCheck.objects.create(patient=one, checked_on=NOW.date())
    with pytest.raises(ValidationError):
        choose_rule(leading, clinic, "allergy", **CHOICE | {"level": 1}, at=NOW)
    assert LastCheck.objects.count() == 2
    choose_rule(leading, clinic, "allergy", **CHOICE | {"level": 2}, at=NOW)
    assert LastCheck.objects.get().patient == other_patient


def test_going_back_to_the_default_is_kept_with_who_and_why(
    leading: Actor, at_the_desk: Client, clinic: Clinic, clinician: User
) -> None:
    choose_rule(leading, clinic, "allergy", **CHOICE | {"level": 2, "reason": "A trial"}, at=NOW)
    choose_rule(leading, clinic, "allergy", **CHOICE | {"level": 3, "reason": "It went wrong"}, at=NOW + timedelta(days=1))
    old, new = RuleChoice.objects.order_by("pk")
    assert (old.level, old.replaced_at, old.replaced_by) == (2, NOW + timedelta(days=1), leading.user)
    assert (new.level, new.params, new.reason, new.replaced_at) == (None, {}, "It went wrong", None)
    assert choices(clinic)["allergy"].level is None
    page = at_the_desk.get(page_of("allergy")).content.decode()
    earlier = text_of(page.split('id="earlier-title"', 1)[1].partition("</section>")[0])
    assert earlier.index("It went wrong") < earlier.index("A trial")
    assert "Lena Lead, since 20-Nov-2026 · replaced by Lena Lead on 21-Nov-2026" in earlier
    assert "Lena Lead, since 21-Nov-2026 · in use" in earlier
    assert "rule-chosen" not in at_the_desk.get(reverse("guidance")).content.decode()


def test_stale_page_shows_both_values_and_keeps_the_input(leading: Actor, at_the_desk: Client, clinic: Clinic) -> None:
    rule = "tacrolimus-0.1-age"
    choose_rule(leading, clinic, rule, **CHOICE | {"params": {"min_age_months": 144}}, at=NOW)
    answer = at_the_desk.post(page_of(rule), sent(rule, number_min_age_months=168, level=3))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert re.findall(r"<tr><th[^>]*>([^<]+)</th><td[^>]*>([^<]+)</td><td[^>]*>([^<]+)</td>", page) == [
        ("Level", "Caution: needs a reason", "Cannot be saved"),
        ("Minimum age (months)", "144", "168"),
    ]
    assert 'name="version" value="1"' in page
    assert "Specialised centre" in page
    assert RuleChoice.objects.count() == 1
    assert at_the_desk.post(page_of(rule), sent(rule, version=1, number_min_age_months=168)).status_code == 302
    assert choices(clinic)[rule].params == {"min_age_months": 168}


def test_stale_choice_changes_nothing(leading: Actor, clinic: Clinic) -> None:
    first = choose_rule(leading, clinic, "allergy", **CHOICE | {"level": 2}, version=0, at=NOW)
    with pytest.raises(Stale) as stale:
        choose_rule(leading, clinic, "allergy", **CHOICE | {"level": 3}, version=0, at=NOW)
    assert stale.value.current == first
    assert RuleChoice.objects.get() == first


@pytest.mark.parametrize("person", ["clinician", "nurse", "clinic_admin"])
def test_only_the_medical_lead_chooses(
    request: pytest.FixtureRequest, person: str, clinic: Clinic, signed_in: SignIn
) -> None:
    user = request.getfixturevalue(person)
    client = signed_in(user)
    assert client.post(page_of("allergy"), sent("allergy", level=2)).status_code == 403
    with pytest.raises(NotAllowed):
        choose_rule(actor_for(user, clinic), clinic, "allergy", **CHOICE, at=NOW)
    assert AuditEvent.objects.filter(verb="access refused", outcome=Outcome.REFUSED).count() == 1
    assert not RuleChoice.objects.exists()
    if person != "clinic_admin":
        text = text_of(client.get(page_of("allergy")).content.decode())
        assert "Only the medical lead of the clinic changes a rule." in text
        assert "Save the choice" not in text


def test_lead_of_one_clinic_does_not_choose_for_another(leading: Actor, other_clinic: Clinic) -> None:
    with pytest.raises(NotAllowed):
        choose_rule(leading, other_clinic, "allergy", **CHOICE, at=NOW)


def test_unknown_rule_is_not_found(at_the_desk: Client) -> None:
    assert at_the_desk.get(page_of("no-such-rule")).status_code == 404
    assert at_the_desk.post(page_of("no-such-rule"), {"level": 1}).status_code == 404
