"""The catalogue: the file and the rows agree, strengths are written one way, and nothing unverified decides."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from patients.models.facts import CLASSES
from regimens.actions.catalogue import MEASURED, WORDED
from regimens.catalogue import entries, products
from regimens.models import Product, ProductFact, Route
from regimens.protocol.base import label_facts, strictest
from regimens.protocol.facts import Family, Jurisdiction, LabelFact, Potency
from regimens.protocol.facts import Product as Known
from regimens.queries import product_facts

ENTRIES = entries()
KEYS = [entry["key"] for entry in ENTRIES]
FACTS = [(entry["key"], fact) for entry in ENTRIES for fact in entry.get("fact", [])]
# "0.1 %", "1.5 %", "30 mg"; never ".1 %", "0.10 %", "01 %", "1.0 %", "0.1%".
STRENGTH = re.compile(r"(?:0|[1-9]\d*)(?:\.\d*[1-9])? (?:%|mg)")
# A number before a unit, anywhere in a text: what is written wrongly there is found too.
IN_A_TEXT = re.compile(r"(?<![\d.,])([\d.]*\d)(\s?)%")
# What the issue names, with the strength where it names one, and where it is to be found.
NAMED: dict[str, tuple[str, ...]] = {
    "tacrolimus ointment 0.03 %": ("tacrolimus-0.03",),
    "tacrolimus ointment 0.1 %": ("tacrolimus-0.1",),
    "pimecrolimus 1 %": ("pimecrolimus-1",),
    "topical corticosteroids, weak": ("hydrocortisone-1",),
    "topical corticosteroids, moderate": ("clobetasone-butyrate-0.05", "hydrocortisone-butyrate-0.1"),
    "topical corticosteroids, potent": ("betamethasone-valerate-0.1", "mometasone-furoate-0.1"),
    "topical corticosteroids, very potent": ("clobetasol-propionate-0.05",),
    "crisaborole": ("crisaborole-2",),
    "ruxolitinib cream": ("ruxolitinib-1.5",),
    "roflumilast": ("roflumilast-0.15", "roflumilast-0.05"),
    "tapinarof": ("tapinarof-1",),
    "emollients": ("emollient",),
    "soap-free cleanser and bathing": ("cleanser-soap-free", "bathing"),
    "wet wraps": ("wet-wrap",),
    "bleach baths": ("bleach-bath",),
    "topical and oral antibiotics": ("antibiotic-topical", "antibiotic-oral"),
    "antiseptics": ("antiseptic",),
    "topical and oral antihistamines": ("antihistamine-topical", "cetirizine", "hydroxyzine"),
    "dupilumab": ("dupilumab-300", "dupilumab-200"),
    "tralokinumab": ("tralokinumab",),
    "lebrikizumab": ("lebrikizumab",),
    "nemolizumab": ("nemolizumab",),
    "upadacitinib": ("upadacitinib-15", "upadacitinib-30"),
    "abrocitinib": ("abrocitinib-50", "abrocitinib-100", "abrocitinib-200"),
    "baricitinib": ("baricitinib-2", "baricitinib-4"),
    "ciclosporin": ("ciclosporin",),
    "methotrexate": ("methotrexate",),
    "azathioprine": ("azathioprine",),
    "narrowband UVB": ("nb-uvb",),
    "oral corticosteroid": ("prednisolone-oral",),
}


# --- The file ----------------------------------------------------------------------------------------------------------


def test_every_product_of_the_issue_is_there_and_nothing_else() -> None:
    assert Counter(KEYS) == Counter(key for keys in NAMED.values() for key in keys)


def test_keys_and_names_are_unique_words() -> None:
    assert len(set(KEYS)) == len(KEYS)
    assert len({entry["name"] for entry in ENTRIES}) == len(ENTRIES)
    assert [key for key in KEYS if not re.fullmatch(r"[a-z0-9]+(?:[-.][a-z0-9]+)*", key)] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=KEYS)
def test_strength_is_written_one_way_and_stands_in_the_name(entry: dict[str, Any]) -> None:
    strength, name = entry["strength"], entry["name"]
    if strength:
        assert STRENGTH.fullmatch(strength), strength
        assert f" {strength} " in name
        assert entry["key"].endswith("-" + strength.split()[0])
    else:
        assert not re.search(r"\d", name.partition("(")[0])
    for text in (name, *(fact["text"] for fact in entry.get("fact", []))):
        for number, space in IN_A_TEXT.findall(text):
            assert STRENGTH.fullmatch(f"{number} %") and space == " ", text  # noqa: PT018 - one statement about one match


@pytest.mark.parametrize("wrong", [".1 %", "0.10 %", "1.0 %", "01 %", "0.1%", "0,1 %", "1. %", "30mg", "0.1 percent"])
def test_these_would_be_found(wrong: str) -> None:
    assert not STRENGTH.fullmatch(wrong)


@pytest.mark.parametrize("entry", ENTRIES, ids=KEYS)
def test_words_of_a_product_are_those_the_rules_know(entry: dict[str, Any]) -> None:
    assert entry["family"] in list(Family)
    assert (entry["potency"] in list(Potency)) and (bool(entry["potency"]) == (entry["family"] == Family.TCS))  # noqa: PT018
    assert entry["route"] in Route.values
    assert entry["atc"] == "" or re.fullmatch(r"[A-Z]\d\d[A-Z]{2}\d\d", entry["atc"])
    assert set(entry["cross_groups"]) <= {code for code, _label in CLASSES}


def test_topical_and_systemic_tacrolimus_are_never_interchanged() -> None:
    codes = {entry["atc"] for entry in ENTRIES if entry["drug"] == "tacrolimus"}
    assert codes == {"D11AH01"}  # L04AD02 is what is swallowed


@pytest.mark.parametrize("entry", ENTRIES, ids=KEYS)
def test_fact_says_where_what_and_who_says_so(entry: dict[str, Any]) -> None:
    for fact in entry.get("fact", []):
        assert fact["jurisdiction"] in {"EU", "UK", "US", "JP", "any"}
        assert fact["text"].strip()
        assert fact["source"].strip()
        assert len(fact["text"]) <= 600
        assert isinstance(fact["verified"], bool)
        assert (fact["kind"] in MEASURED) == ("value" in fact), fact
        assert fact["text"] in WORDED.get(fact["kind"], (fact["text"],))
        # What nobody opened is not verified, and what a machine wrote is evidence of nothing but its own words.
        unread = ("general knowledge", "not opened", "no source opened", "was not read")
        assert not (fact["verified"] and any(words in fact["source"] for words in unread)), fact
        assert fact["kind"] == "evidence" or "machine-written answer" not in fact["source"], fact


def test_boxed_warnings_are_named_and_their_words_are_not_there() -> None:
    boxed = {(key, fact["text"]) for key, fact in FACTS if fact["kind"] == "boxed-warning"}
    said = "The label carries a boxed warning; its text is shown once the clinic supplies it."
    assert boxed == {(key, said) for key in ("tacrolimus-0.03", "tacrolimus-0.1", "pimecrolimus-1", "ruxolitinib-1.5")}


# --- Label facts, by hand from the fact sheet (months; kilograms) --------------------------------------------------------

AGES = [
    ("tacrolimus-0.03", "EU", 24),
    ("tacrolimus-0.03", "US", 24),
    ("tacrolimus-0.1", "EU", 192),
    ("tacrolimus-0.1", "US", 192),
    ("pimecrolimus-1", "EU", 3),
    ("pimecrolimus-1", "UK", 3),
    ("pimecrolimus-1", "US", 24),
    ("crisaborole-2", "US", 3),
    ("ruxolitinib-1.5", "US", 24),
    ("roflumilast-0.15", "US", 72),
    ("tapinarof-1", "US", 24),
    ("dupilumab-300", "EU", 6),
    ("tralokinumab", "EU", 144),
    ("lebrikizumab", "EU", 144),
    ("nemolizumab", "UK", 144),
    ("upadacitinib-15", "EU", 144),
    ("upadacitinib-30", "EU", 216),
    ("abrocitinib-100", "EU", 216),
    ("baricitinib-4", "EU", 24),
]


@pytest.mark.parametrize(("key", "where", "months"), AGES)
def test_minimum_age_of_the_label(key: str, where: str, months: int) -> None:
    fact = strictest(label_facts(products()[key], "min-age-months", Jurisdiction(where)))
    assert fact is not None
    assert fact.value == Decimal(months)


@pytest.mark.parametrize(
    ("key", "where", "kilograms"), [("lebrikizumab", "EU", 40), ("nemolizumab", "UK", 30), ("upadacitinib-15", "EU", 30)]
)
def test_minimum_weight_of_the_label(key: str, where: str, kilograms: int) -> None:
    fact = strictest(label_facts(products()[key], "min-weight-kg", Jurisdiction(where)))
    assert fact is not None
    assert fact.value == Decimal(kilograms)


@pytest.mark.parametrize(
    ("key", "where", "status"),
    [
        ("tacrolimus-0.1", "EU", "licensed"),
        ("ciclosporin", "EU", "licensed"),
        ("ciclosporin", "UK", "licensed"),
        ("ciclosporin", "US", "off-label"),
        ("ruxolitinib-1.5", "EU", "off-label"),
        ("ruxolitinib-1.5", "US", "licensed"),
        ("baricitinib-4", "US", "off-label"),
        ("methotrexate", "US", "off-label"),
    ],
)
def test_status_of_the_label(key: str, where: str, status: str) -> None:
    own = [fact.text for fact in label_facts(products()[key], "status", Jurisdiction(where)) if fact.jurisdiction == where]
    assert own == [status]


@pytest.mark.parametrize("kind", sorted(MEASURED | set(WORDED)))
def test_what_nobody_verified_never_decides(kind: str) -> None:
    for product in products().values():
        for where in Jurisdiction:
            assert all(fact.is_verified for fact in label_facts(product, kind, where)), (product.key, where)


def test_an_unverified_fact_is_passed_over_even_when_it_is_the_only_one() -> None:
    said = LabelFact("EU", "min-age-months", Decimal(192), "from 16 years", "general knowledge", is_verified=False)
    product = Known("x", "x", "X", "", "tablet", Family.IMMUNOSUPPRESSANT, facts=(said,))
    assert label_facts(product, "min-age-months", Jurisdiction.EU) == []
    assert strictest(label_facts(product, "min-age-months", Jurisdiction.OTHER)) is None


# --- The rows ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_rows_are_what_the_file_says() -> None:
    stored = {row.key: product_facts(row) for row in Product.objects.prefetch_related("facts")}
    written = products()
    assert set(stored) == set(written)

    def order(fact: LabelFact) -> tuple[str, ...]:
        return (fact.kind, fact.jurisdiction, fact.text, fact.source, str(fact.on))

    for key, product in written.items():
        row = stored[key]
        assert sorted(row.facts, key=order) == sorted(product.facts, key=order), key
        plain = ("key", "drug", "name", "strength", "form", "family", "potency", "route", "cross_groups")
        assert [getattr(row, name) for name in plain] == [getattr(product, name) for name in plain]


@pytest.mark.django_db
def test_rows_would_pass_the_checks_of_the_admin() -> None:
    for product in Product.objects.all():
        product.full_clean()
        assert product.is_offered
    for fact in ProductFact.objects.select_related("product"):
        fact.full_clean()
    assert {entry["key"]: entry["atc"] for entry in ENTRIES} == dict(Product.objects.values_list("key", "atc"))


@pytest.mark.django_db
def test_what_the_leaflet_tells_patients_is_added_to_a_catalogue_loaded_before_and_added_once() -> None:
    add = import_module("regimens.migrations.0007_how_tacrolimus_is_applied").add
    whole = ProductFact.objects.count()
    told = ProductFact.objects.filter(product__drug="tacrolimus", section__in=["section 2", "section 3"])
    assert told.count() == 10  # five of each strength: thin layer, hands, nose and eyes, sun, symptoms that come back
    assert not ProductFact.objects.exclude(product__drug="tacrolimus").filter(kind__in=["sun", "flare"]).exists()
    before = set(told.values_list("product__key", "jurisdiction", "kind", "text", "source", "source_on", "is_verified"))
    told.delete()
    add(apps, None)
    add(apps, None)
    after = set(told.values_list("product__key", "jurisdiction", "kind", "text", "source", "source_on", "is_verified"))
    assert (ProductFact.objects.count(), after) == (whole, before)
