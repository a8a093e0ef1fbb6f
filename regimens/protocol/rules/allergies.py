"""Recorded allergies against the substance, its class and the cross-groups a label names."""

from __future__ import annotations

from collections.abc import Iterator

from regimens.protocol.base import Level, Outcome, Rule, Source, rule, source_of
from regimens.protocol.facts import Allergy, Case, Family, Input, LabelFact, Line, Product
from regimens.protocol.sources import OWN

CLASS_OF = {
    Family.TCI: "calcineurin_inhibitors",
    Family.TCS: "corticosteroids",
    Family.STEROID_ORAL: "corticosteroids",
    Family.JAK_TOPICAL: "jak_inhibitors",
    Family.JAK_ORAL: "jak_inhibitors",
    Family.BIOLOGIC: "biologics",
}
# The words of a class in an allergy that is recorded in free text.
CLASS_WORDS = {
    "calcineurin_inhibitors": "calcineurin",
    "corticosteroids": "corticosteroid",
    "jak_inhibitors": "jak inhibitor",
    "biologics": "biologic",
}
# Products that stand for any substance of their kind: the order names it in words.
UNNAMED = frozenset({Family.ANTIBIOTIC_TOPICAL, Family.ANTIBIOTIC_ORAL, Family.ANTISEPTIC, Family.ANTIHISTAMINE_TOPICAL})
# Ingredients of ointments and creams; the catalogue does not list what a product contains beside its substance.
INGREDIENTS = frozenset(
    {
        "lanolin",
        "propylene_glycol",
        "benzyl_alcohol",
        "cetostearyl_alcohol",
        "parabens",
        "isothiazolinones",
        "fragrance",
    }
)
ON_THE_SKIN = frozenset({"ointment", "cream", "lotion", "foam", "wash", "solution"})


def codes_of(drug: str) -> set[str]:
    """The codes under which an allergy to a drug is recorded: its own, and of an ester the substance's.

    "hydrocortisone butyrate" is hydrocortisone_butyrate and hydrocortisone.
    """
    code = drug.lower().replace("-", "_").replace(" ", "_")
    return {code, code.split("_")[0]} if code else set()


def _relation(allergy: Allergy, product: Product) -> str:
    """How the product meets the allergy, in words; empty when it does not."""
    if not product.drug:
        return ""
    code, is_substance = allergy.code.replace("-", "_"), allergy.kind == "substance"
    if is_substance and code in codes_of(product.drug):
        return "the substance"
    drug_class = CLASS_OF.get(product.family)
    if not is_substance and code == drug_class:
        return "its class"
    if code in {group.replace("-", "_") for group in product.cross_groups}:
        return "a group its label names"
    return _relation_in_words(allergy.label.lower(), product, drug_class)


def _relation_in_words(label: str, product: Product, drug_class: str | None) -> str:
    if product.drug.lower().split()[0] in label:
        return "the substance"
    if drug_class and CLASS_WORDS[drug_class] in label:
        return "its class"
    if any(group.replace("_", " ").removesuffix("s") in label for group in product.cross_groups):
        return "a group its label names"
    return ""


def _says_allergy(fact: LabelFact) -> bool:
    return fact.kind == "do-not-use" and fact.is_verified and ("llergy" in fact.text or "ypersensitiv" in fact.text)


def _sources(case: Case, product: Product) -> list[Source]:
    """The labels that name allergy: of this jurisdiction, else all of them, else our own rule."""
    known = [fact for fact in product.facts if _says_allergy(fact)]
    own = [fact for fact in known if fact.jurisdiction == case.jurisdiction]
    return [source_of(fact) for fact in own or known] or [OWN]


def _seen(allergy: Allergy) -> Input:
    return Input("allergy", allergy.label, allergy.on, allergy.by)


@rule(
    "allergy",
    level=Level.STOP,
    is_lowerable=True,
    title="Recorded allergy",
    logic="An allergy is recorded to the substance, to its class, or to a group that the label of the product names.",
    sources=[
        Source("EMA package leaflet EU/1/02/201/001 and SmPC (Protopic)", "do not use: tacrolimus, macrolides"),
        OWN,
    ],
)
def allergy(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    product, recorded = line.product, case.person.allergies
    is_about = bool(product.drug) or product.family in UNNAMED
    if is_about and not recorded and case.person.allergies_asked_on is None:
        yield this.cannot("Nobody has recorded whether there are allergies.", "allergies")
        return
    met = [(one, relation) for one in recorded if (relation := _relation(one, product))]
    if met:
        yield this.finds(
            case,
            "Caution: an allergy is recorded to %(allergies)s; %(product)s would meet it. Consider another treatment.",
            *(_seen(one) for one, _ in met),
            sources=_sources(case, product),
            product=product.name,
            allergies=", ".join(f"{one.label} ({relation})" for one, relation in met),
        )
    rest = [one for one in recorded if one not in [matched for matched, _ in met]]
    yield from _not_compared(this, product, rest, is_about=is_about)


def _not_compared(this: Rule, product: Product, rest: list[Allergy], *, is_about: bool) -> Iterator[Outcome]:
    """What of the recorded allergies nobody could compare: only in words, an ingredient, a product without a substance."""
    if product.family in UNNAMED and rest:
        yield this.cannot(
            "The order stands for any substance of its kind, so the recorded allergies could not be compared with it.",
            "substance",
            *(one.label for one in rest),
        )
        return
    in_words = [one.label for one in rest if one.code == "other"] if is_about else []
    if in_words:
        yield this.cannot("An allergy is recorded in words only and could not be compared.", *in_words)
    contained = [one.label for one in rest if one.code in INGREDIENTS]
    if contained and product.form in ON_THE_SKIN:
        yield this.cannot(
            "The catalogue does not list the other ingredients of this product, so a recorded allergy to one of them "
            "could not be compared.",
            *contained,
        )
