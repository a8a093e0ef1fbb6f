"""The catalogue in the admin for the platform; treatment in the admin for clinicians who also run it, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from clinics.access import Actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Clinic, Outcome, Role, User
from patients.models import Patient
from regimens.actions import record_past_treatment
from regimens.actions.catalogue import add_fact, change_fact, edit_product, stamp
from regimens.actions.work import raise_item
from regimens.models import PastTreatment, Product, ProductFact, Regimen, RegimenLine, WorkItem, WorkReason
from tests.factories import NOW, actor_for, make_line, make_member, make_user

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
COUNTS = {"product": 5, "productfact": 7}
CLINICAL = ["regimen", "regimenline", "pasttreatment", "workitem"]


@pytest.fixture
def platform(platform_admin: User, signed_in: SignIn) -> Client:
    return signed_in(platform_admin)


@pytest.fixture
def at_the_admin(platform_admin: User, clinic: Clinic) -> Actor:
    return actor_for(platform_admin, clinic, "admin")


@pytest.fixture
def reader(clinic: Clinic, clinician: User, signed_in: SignIn) -> Client:
    """A nurse of the clinic who is also platform administrator."""
    user = make_user("both@example.org", "Bea Both", is_staff=True)
    return signed_in(make_member(clinic, Role.NURSE, user=user))


@pytest.fixture
def treated(patient: Patient, by: Actor) -> dict[str, Any]:
    """One of each clinical row."""
    line = make_line(patient, by=by)
    values = {"family": "tcs", "response": "none", "why_stopped": "no_effect", "text": "a cream from abroad"}
    past = record_past_treatment(by, patient, values, at=NOW)
    item = raise_item(by, patient, WorkReason.FINDING, "a subject", "Something to look at", at=NOW)
    return {"regimen": line.regimen, "regimenline": line, "pasttreatment": past, "workitem": item}


def list_of(model: str) -> str:
    return reverse(f"admin:regimens_{model}_changelist")


def page_of(row: Any) -> str:
    return reverse(f"admin:regimens_{row._meta.model_name}_change", args=[row.pk])


def text_of(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


# --- The catalogue -----------------------------------------------------------------------------------------------------


def product_form(product: Product, **more: Any) -> dict[str, Any]:
    """What the page of a product sends, with `more` typed."""
    names = ("name", "family", "potency", "atc", "cross_groups")
    sent = {name: getattr(product, name) for name in names} | {"seen": stamp(product)}
    return sent | ({"is_offered": "on"} if product.is_offered else {}) | more


def fact_form(fact: ProductFact, **more: Any) -> dict[str, Any]:
    names = ("jurisdiction", "value", "text", "source", "section", "source_on")
    sent = {name: "" if getattr(fact, name) is None else getattr(fact, name) for name in names} | {"seen": stamp(fact)}
    return sent | ({"is_verified": "on"} if fact.is_verified else {}) | more


def test_platform_administrator_changes_a_product_and_that_is_noted(platform: Client):
    product = Product.objects.get(key="tacrolimus-0.1")
    answer = platform.post(page_of(product), product_form(product, cross_groups=["macrolides", "biologics"]), follow=True)
    assert "lines in use are checked again within the next hours" in text_of(answer)
    product.refresh_from_db()
    assert product.cross_groups == ["macrolides", "biologics"]
    row = AuditEvent.objects.get(verb="product changed")
    assert (row.object_type, row.object_id, row.fields, row.channel, row.actor_role) == (
        "product",
        product.public_id,
        "cross_groups",
        "admin",
        "platform_admin",
    )


def test_what_a_product_is_stays(platform: Client):
    product = Product.objects.get(key="tacrolimus-0.1")
    typed = {"key": "x", "drug": "y", "strength": "10 %", "form": "cream", "route": "oral", "is_offered": ""}
    assert platform.post(page_of(product), product_form(product, **typed)).status_code == 302
    product.refresh_from_db()
    assert (product.key, product.drug, product.strength, product.form, product.route) == (
        "tacrolimus-0.1",
        "tacrolimus",
        "0.1 %",
        "ointment",
        "topical",
    )
    assert product.is_offered is False
    assert AuditEvent.objects.get(verb="product changed").fields == "is_offered"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "Tacrolimus ointment"}, "The name holds the strength as it is written: 0.1 %."),
        ({"name": "Tacrolimus .1 % ointment"}, "The name holds the strength as it is written: 0.1 %."),
        ({"name": "Tacrolimus 0.03 % ointment"}, "The name holds the strength as it is written: 0.1 %."),
        ({"potency": "potent"}, "Only a topical corticosteroid has a potency."),
        ({"cross_groups": ["magic"]}, "Select a valid choice."),
        ({"seen": "0" * 16}, "Somebody else changed this."),
        ({"seen": ""}, "Somebody else changed this."),
    ],
)
def test_impossible_product_is_refused_and_nothing_changes(platform: Client, typed: dict[str, Any], said: str):
    product = Product.objects.get(key="tacrolimus-0.1")
    before = Product.objects.filter(pk=product.pk).values().get()
    answer = platform.post(page_of(product), product_form(product, **typed))
    assert answer.status_code == 200
    assert said in text_of(answer)
    assert Product.objects.filter(pk=product.pk).values().get() == before
    assert not AuditEvent.objects.filter(verb="product changed").exists()


def test_name_of_another_product_is_refused(at_the_admin: Actor):
    product = Product.objects.get(key="cetirizine")
    with pytest.raises(ValidationError) as refused:
        edit_product(at_the_admin, product, {"name": "Hydroxyzine tablet"}, seen=stamp(product), at=NOW)
    assert list(refused.value.message_dict) == ["name"]


def test_page_from_before_another_change_is_refused(at_the_admin: Actor):
    product = Product.objects.get(key="cetirizine")
    seen = stamp(product)
    edit_product(at_the_admin, product, {"is_offered": False}, seen=seen, at=NOW)
    with pytest.raises(Stale):
        edit_product(at_the_admin, product, {"atc": "R06AE09"}, seen=seen, at=NOW)
    product.refresh_from_db()
    assert (product.is_offered, product.atc) == (False, "R06AE07")


def test_saving_the_same_product_leaves_no_row(platform: Client):
    product = Product.objects.get(key="emollient")
    assert platform.post(page_of(product), product_form(product)).status_code == 302
    assert not AuditEvent.objects.filter(verb="product changed").exists()


def test_label_fact_is_changed_and_that_is_noted(platform: Client):
    fact = ProductFact.objects.get(product__key="tacrolimus-0.1", kind="min-age-months", jurisdiction="EU")
    assert (fact.value, fact.is_verified) == (Decimal(192), True)
    answer = platform.post(page_of(fact), fact_form(fact, value="144", source_on="2026-11-19"), follow=True)
    assert "lines in use are checked again within the next hours" in text_of(answer)
    fact.refresh_from_db()
    assert (fact.value, fact.source_on, fact.kind) == (Decimal(144), date(2026, 11, 19), "min-age-months")
    row = AuditEvent.objects.get(verb="label fact changed")
    assert (row.object_id, row.fields) == (fact.public_id, "value,source_on")


def test_wrong_fact_is_marked_as_not_verified_and_stays(platform: Client):
    fact = ProductFact.objects.filter(product__key="cetirizine").first()
    assert fact is not None
    sent = fact_form(fact)
    sent.pop("is_verified", None)
    platform.post(page_of(fact), sent)
    fact.refresh_from_db()
    assert fact.is_verified is False
    assert platform.post(reverse("admin:regimens_productfact_delete", args=[fact.pk]), {"post": "yes"}).status_code == 403
    assert ProductFact.objects.filter(pk=fact.pk).exists()


def test_label_fact_is_added_with_kind_and_source(platform: Client):
    product = Product.objects.get(key="crisaborole-2")
    sent = {"product": product.pk, "kind": "status", "jurisdiction": "UK", "text": "licensed", "source": "MHRA", "seen": ""}
    before = product.facts.count()
    answer = platform.post(reverse("admin:regimens_productfact_add"), sent | {"is_verified": "on"}, follow=True)
    assert "lines in use are checked again within the next hours" in text_of(answer)
    fact = product.facts.latest("pk")
    assert (product.facts.count(), fact.kind, fact.text, fact.source, fact.is_verified, fact.value) == (
        before + 1,
        "status",
        "licensed",
        "MHRA",
        True,
        None,
    )
    assert AuditEvent.objects.get(verb="label fact added").object_id == fact.public_id


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"text": "ok"}, "One of these words: licensed, off-label, not-marketed."),
        ({"source": " "}, "This field is required."),
        ({"jurisdiction": "FR"}, "Select a valid choice."),
        ({"value": "3"}, "A fact of this kind has no number."),
        ({"kind": "min-age-months", "text": "x"}, "A fact of this kind needs its number."),
        ({"kind": "min-age-months", "text": "x", "value": "-1"}, "Not below 0."),
    ],
)
def test_fact_the_rules_could_not_read_is_refused(platform: Client, typed: dict[str, Any], said: str):
    product = Product.objects.get(key="crisaborole-2")
    sent = {"product": product.pk, "kind": "status", "jurisdiction": "UK", "text": "licensed", "source": "MHRA"}
    before = ProductFact.objects.count()
    answer = platform.post(reverse("admin:regimens_productfact_add"), sent | typed)
    assert answer.status_code == 200
    assert said in text_of(answer)
    assert ProductFact.objects.count() == before
    assert not AuditEvent.objects.filter(verb="label fact added").exists()


def test_catalogue_is_not_changed_through_another_door(by: Actor, platform_admin: User, clinic: Clinic):
    product = Product.objects.get(key="emollient")
    fact = ProductFact.objects.first()
    assert fact is not None
    for actor in (by, actor_for(platform_admin, clinic, "web")):
        with pytest.raises(NotAllowed):
            edit_product(actor, product, {"name": "X"}, seen=stamp(product), at=NOW)
        with pytest.raises(NotAllowed):
            add_fact(actor, product, {}, at=NOW)
        with pytest.raises(NotAllowed):
            change_fact(actor, fact, {"text": "X"}, seen=stamp(fact), at=NOW)


def test_catalogue_is_closed_to_people_of_a_clinic(clinician: User, clinic_admin: User, signed_in: SignIn):
    product = Product.objects.get(key="emollient")
    for user in (clinician, clinic_admin):
        client = signed_in(user)
        assert client.get(list_of("product")).status_code == 403
        assert client.post(page_of(product), product_form(product, name="X")).status_code == 403
    product.refresh_from_db()
    assert product.name == "Emollient"


@pytest.mark.parametrize("model", ["product", "productfact"])
def test_list_of_the_catalogue_asks_the_same_for_every_length(platform: Client, model: str, django_assert_num_queries):
    url = list_of(model)
    platform.get(url)
    with django_assert_num_queries(COUNTS[model]):
        platform.get(url)
    with django_assert_num_queries(COUNTS[model]):
        platform.get(url, {"q": "tacrolimus-0.1" if model == "product" else "Rinvoq"})


# --- Treatment, to read ------------------------------------------------------------------------------------------------


def test_clinician_of_the_platform_reads_treatment_and_that_is_noted(reader: Client, treated: dict[str, Any]):
    shown = {
        "regimen": ["Emollient", "EXAMPLE, Mia"],
        "regimenline": ["Emollient", "Daily · twice daily · Whole body · 20-Nov-2026 · Dana Derm"],
        "pasttreatment": ["a cream from abroad", "Topical corticosteroid"],
        "workitem": ["Something to look at"],
    }
    for model, row in treated.items():
        answer = reader.get(page_of(row))
        text = text_of(answer)
        assert answer.status_code == 200
        for part in shown[model]:
            assert part in text, (model, part)
        assert 'name="_save"' not in answer.content.decode()
    verbs = ["past treatments opened", "regimen opened", "regimen opened", "work item opened"]
    noted = AuditEvent.objects.filter(verb__in=verbs, channel="admin").order_by("verb")
    assert [row.verb for row in noted] == verbs
    assert {row.patient for row in noted} == {treated["regimen"].patient.public_id}


def test_answered_warning_is_read_with_its_line(reader: Client, patient: Patient, by: Actor):
    line = make_line(patient, by=by)
    line.overrides.create(
        rule="tacrolimus-0.1-age",
        rule_version=1,
        level=2,
        text="Under 16 years",
        fingerprint="x",
        reason="specialist",
        sentence="We talked about it",
        at=NOW,
        by=by.account,
    )
    text = text_of(reader.get(page_of(line)))
    said = "tacrolimus-0.1-age v1: Under 16 years – Specialist decision for this patient: We talked about it"
    assert said in text


@pytest.mark.parametrize("model", CLINICAL)
def test_list_is_scoped_and_noted(
    reader: Client, treated: dict[str, Any], model: str, other_patient: Patient, outsider: User, other_clinic: Clinic
):
    theirs = make_line(other_patient, by=actor_for(outsider, other_clinic))
    text = reader.get(list_of(model)).content.decode()
    assert str(treated[model].public_id) in text
    assert "Noah" not in text
    assert str(theirs.public_id) not in text
    verb = {"pasttreatment": "past treatments listed", "workitem": "work items listed"}.get(model, "regimens listed")
    assert AuditEvent.objects.filter(verb=verb, clinic=treated[model].patient.clinic.public_id).count() == 1


def test_another_clinics_treatment_is_answered_like_none(
    reader: Client, other_patient: Patient, outsider: User, other_clinic: Clinic
):
    theirs = make_line(other_patient, by=actor_for(outsider, other_clinic))
    for row in (theirs, theirs.regimen):
        assert reader.get(page_of(row)).status_code == 404
    refused = AuditEvent.objects.filter(verb="access refused", outcome=Outcome.REFUSED)
    assert {(row.object_type, row.object_id, row.patient) for row in refused} == {
        ("regimenline", theirs.public_id, other_patient.public_id),
        ("regimen", theirs.regimen.public_id, other_patient.public_id),
    }


@pytest.mark.parametrize("model", CLINICAL)
def test_platform_and_clinic_administrators_see_no_treatment(
    treated: dict[str, Any], model: str, platform_admin: User, clinic: Clinic, signed_in: SignIn
):
    office = make_member(clinic, Role.CLINIC_ADMIN, user=make_user("office2@example.org", is_staff=True))
    for user in (platform_admin, office):
        client = signed_in(user)
        assert client.get(list_of(model)).status_code == 403
        assert client.get(page_of(treated[model])).status_code in {403, 404}
        assert list_of(model) not in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("model", CLINICAL)
def test_nothing_of_treatment_is_written_here(reader: Client, treated: dict[str, Any], model: str):
    row = treated[model]
    kinds = {"regimen": Regimen, "regimenline": RegimenLine, "pasttreatment": PastTreatment, "workitem": WorkItem}
    before = kinds[model].objects.filter(pk=row.pk).values().get()
    assert reader.post(page_of(row), {"text": "X", "dose": "X", "end_text": "X"}).status_code == 403
    assert reader.get(reverse(f"admin:regimens_{model}_add")).status_code == 403
    assert reader.post(reverse(f"admin:regimens_{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert reader.get(reverse(f"admin:regimens_{model}_history", args=[row.pk])).status_code == 404
    assert kinds[model].objects.filter(pk=row.pk).values().get() == before


def test_models_of_treatment_in_the_admin_are_these() -> None:
    names = {model._meta.model_name for model in admin.site._registry if model._meta.app_label == "regimens"}
    assert names == {*CLINICAL, "product", "productfact"}
