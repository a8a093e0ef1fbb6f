"""What meets on the same skin or in the same person: doubles, wraps, steroids, emollients."""

from __future__ import annotations

from collections.abc import Iterator

from patients.sites import SITES, contains
from regimens.protocol.base import Level, Outcome, Rule, Source, rule, source_of, strictest
from regimens.protocol.facts import Case, Family, Input, Line, Phase, Place, Potency
from regimens.protocol.sources import AAD_TOPICAL, OWN, S0, S1, S2, S3
from regimens.protocol.told import (
    ANTI_INFLAMMATORY,
    NO_LABEL,
    NOT_SITED,
    is_sited,
    line_seen,
    named,
    on_same_skin,
    places_in_words,
    speaks_here,
    weekdays_in_words,
)

NEVER_TOO_MUCH = frozenset({Family.EMOLLIENT, Family.CLEANSER})
MODULATORS = frozenset({Family.BIOLOGIC, Family.JAK_ORAL, Family.IMMUNOSUPPRESSANT})
# S3: low to medium potency on face, neck, genitals and folds. Nipples count with the folds of the breast.
THIN_SKIN = ("face", "neck", "axillae", "nipples", "groin", "genitals", "elbow_folds", "knee_folds")
HOLDS_THE_FACE = ("head_neck", "whole_body")  # the trunk and the limbs hold folds too: told, as S3 allows potent ones there


def _is_same(one: Line, other: Line) -> bool:
    """One product; of what is swallowed or injected one drug, whatever its strength."""
    if one.product.route == "topical" or not one.product.drug:
        return one.product.key == other.product.key
    return one.product.drug == other.product.drug and one.product.family == other.product.family


@rule(
    "same-product-twice",
    level=Level.WARN,
    title="The same product twice",
    logic="The same product on the same skin in the same days (or the same drug twice, when it is swallowed or injected).",
    sources=[OWN],
)
def same_product_twice(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family in NEVER_TOO_MUCH:
        return
    if line.product.route == "topical":
        same, unclear = on_same_skin(case, line, lambda other: _is_same(line, other))
        text = "%(product)s is in use on the same skin in the same days already: %(beside)s."
    else:
        same, unclear = [other for other in case.beside(line) if _is_same(line, other)], []
        text = "%(product)s would be used twice in the same days; the other order is %(beside)s."
    if same:
        seen = (line_seen(other) for other in same)
        yield this.finds(case, text, *seen, others=same, product=line.product.name, beside=named(same))
    elif unclear:
        yield this.cannot(NOT_SITED, "sites")


@rule(
    "two-of-one-class",
    level=Level.WARN,
    title="Two of one class on the same skin",
    logic="Two different topical anti-inflammatory products of one class on the same skin in the same days.",
    sources=[OWN],
)
def two_of_one_class(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family not in ANTI_INFLAMMATORY:
        return
    kin, unclear = on_same_skin(
        case, line, lambda other: other.product.family == line.product.family and other.product.key != line.product.key
    )
    if kin:
        yield this.finds(
            case,
            "%(product)s is of the same class as what the same skin gets in the same days: %(beside)s.",
            *(line_seen(other) for other in kin),
            others=kin,
            product=line.product.name,
            beside=named(kin),
        )
    elif unclear:
        yield this.cannot(NOT_SITED, "sites")


@rule(
    "tci-with-steroid",
    level=Level.INFORM,
    title="Calcineurin inhibitor and steroid on the same skin",
    logic="A topical calcineurin inhibitor and a topical corticosteroid on the same skin in the same days.",
    sources=[OWN],
)
def tci_with_steroid(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    partner = {Family.TCI: Family.TCS, Family.TCS: Family.TCI}.get(line.product.family)
    if partner is None:
        return
    beside, unclear = on_same_skin(case, line, lambda other: other.product.family == partner)
    if not beside:
        if unclear:
            yield this.cannot(NOT_SITED, "sites")
        return
    text = "%(product)s shares skin and days with %(beside)s; consider which of them each area needs."
    same_days = line.weekdays & frozenset().union(*(other.weekdays for other in beside))
    if all(one.phase == Phase.MAINTENANCE for one in (line, *beside)):
        text = "A combined maintenance plan on the same skin: %(product)s on %(days)s, beside %(beside)s."
        if same_days:
            text += " On %(same_days)s more than one of them is due."
    yield this.finds(
        case,
        text,
        *(line_seen(other) for other in beside),
        others=beside,
        product=line.product.name,
        beside=named(beside),
        days=weekdays_in_words(line.weekdays),
        same_days=weekdays_in_words(same_days),
    )


@rule(
    "two-systemic-treatments",
    level=Level.INFORM,
    title="Two systemic treatments together",
    logic="Two of biologic, oral JAK inhibitor and immunosuppressant in the same days: no label on file speaks for it.",
    sources=[OWN],
)
def two_systemic_treatments(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family not in MODULATORS:
        return
    beside = [other for other in case.beside(line) if other.product.family in MODULATORS and not _is_same(line, other)]
    if beside:
        yield this.finds(
            case,
            "No label on file speaks for %(product)s together with %(beside)s.",
            *(line_seen(other) for other in beside),
            others=beside,
            product=line.product.name,
            beside=named(beside),
        )


@rule(
    "wrap-over-tci",
    level=Level.STOP,
    title="Wet wrap over a calcineurin inhibitor",
    logic="A wet wrap and a topical calcineurin inhibitor on the same skin in the same days, whichever of them is ordered.",
    sources=[
        Source("EMA package leaflet EU/1/02/201/001 and SmPC (Protopic): no bandages or wraps"),
        Source("US label of Protopic: no occlusive dressings"),
        S1,
    ],
    topic="C12",
)
def wrap_over_tci(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    partner = {Family.TCI: Family.WET_WRAP, Family.WET_WRAP: Family.TCI}.get(line.product.family)
    if partner is None:
        return
    beside, unclear = on_same_skin(case, line, lambda other: other.product.family == partner)
    if not beside:
        if unclear:
            yield this.cannot(NOT_SITED, "sites")
        return
    wrap = line if line.product.family == Family.WET_WRAP else beside[0]
    facts, is_own = speaks_here(wrap.product, "do-not-use", case)
    yield this.finds(
        case,
        "%(product)s and %(beside)s would meet on the same skin in the same days; "
        "the labels say no wraps over a calcineurin inhibitor." + ("" if is_own or not facts else NO_LABEL),
        *(line_seen(other) for other in beside),
        sources=[*map(source_of, facts), S1] if facts else (),
        others=beside,
        product=line.product.name,
        beside=named(beside),
    )


@rule(
    "nemolizumab-with-tci",
    level=Level.INFORM,
    title="Nemolizumab beside a calcineurin inhibitor",
    logic="What the label of nemolizumab says about topical calcineurin inhibitors, when both are in use.",
    sources=[
        Source("EU product text of Nemluvio, 2025 (rxreasoner.com)"),
        Source("UK SmPC of Nemluvio (medicines.org.uk emc 100635)"),
        Source("US label of nemolizumab, openFDA"),
    ],
)
def nemolizumab_with_tci(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.drug == "nemolizumab":
        beside = [other for other in case.beside(line) if other.product.family == Family.TCI]
        product = line.product
    elif line.product.family == Family.TCI:
        beside = [other for other in case.beside(line) if other.product.drug == "nemolizumab"]
        product = beside[0].product if beside else line.product
    else:
        return
    facts = [fact for fact in product.facts if fact.is_verified and "alcineurin inhibitor" in fact.text]
    facts = [fact for fact in facts if fact.kind in ("application", "indication")]
    own = [fact for fact in facts if fact.jurisdiction == case.jurisdiction]
    facts = own or facts
    if not beside or not facts:
        return
    yield this.finds(
        case,
        "%(product)s is used beside %(beside)s; the label of nemolizumab says: %(label)s" + ("" if own else NO_LABEL),
        *(line_seen(other) for other in beside),
        sources=[source_of(fact) for fact in facts],
        others=beside,
        product=line.product.name,
        beside=named(beside),
        label=" ".join(dict.fromkeys(fact.text for fact in facts)),
    )


def _is_thin(place: Place) -> bool:
    return place.site in HOLDS_THE_FACE or any(place.site and contains(thin, place.site) for thin in THIN_SKIN)


def _thin_within(place: Place) -> str:
    """A place with the thin skin that lies in it: "trunk (armpits, groin)"; empty for one that holds none."""
    held = [SITES[thin].label.lower() for thin in THIN_SKIN if thin != place.site and contains(place.site, thin)]
    return f"{places_in_words([place])} ({', '.join(held)})" if place.site and held else ""


@rule(
    "potent-steroid-on-thin-skin",
    version=2,
    level=Level.WARN,
    title="Potent steroid on thin skin",
    logic="A potent or very potent topical corticosteroid on face, neck, armpits, nipples, groin, genitals or folds "
    "(caution), or on a larger area that holds folds (for information).",
    sources=[S3],
)
def potent_steroid_on_thin_skin(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.TCS or line.product.potency not in (Potency.POTENT, Potency.VERY_POTENT):
        return
    if not is_sited(line):
        yield this.cannot("On which skin this steroid is used is not recorded.", "sites")
        return
    thin = tuple(place for place in line.places if _is_thin(place))
    holds = ", ".join(filter(None, map(_thin_within, line.places)))
    if not thin and not holds:
        return
    where, within = places_in_words(thin), [Input("thin skin within", holds)] if holds else []
    seen = [Input("potency", str(line.product.potency)), *([Input("sites", where)] if thin else []), *within]
    yield this.finds(
        case,
        (ON_THIN_SKIN if thin else NEAR_THIN_SKIN) + (HOLDS_THIN_SKIN if thin and holds else ""),
        *seen,
        level=None if thin else Level.INFORM,
        product=line.product.name,
        potency=str(line.product.potency).replace("-", " "),
        where=where,
        holds=holds,
    )


ADVICE = "the source advises low to medium potency on face, neck, genitals and folds."
ON_THIN_SKIN = "%(product)s is %(potency)s and the order covers thin skin: %(where)s; " + ADVICE
NEAR_THIN_SKIN = "%(product)s is %(potency)s and the area holds thin skin: %(holds)s. Consider leaving it out; " + ADVICE
HOLDS_THIN_SKIN = " Larger areas of the order hold thin skin: %(holds)s."


@rule(
    "no-emollient",
    level=Level.INFORM,
    title="No emollient beside it",
    logic="A topical anti-inflammatory product while no emollient is in use.",
    sources=[S0, S2, S3, AAD_TOPICAL],
    topic="C13",
)
def no_emollient(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family not in ANTI_INFLAMMATORY:
        return
    if not any(other.product.family == Family.EMOLLIENT for other in case.beside(line)):
        yield this.finds(
            case,
            "No emollient is in use beside %(product)s; consider one: the sources want it with every regimen.",
            Input("emollient in use", "none"),
            product=line.product.name,
        )


@rule(
    "emollient-gap",
    level=Level.INFORM,
    title="Time between emollient and calcineurin inhibitor",
    logic="A topical calcineurin inhibitor and an emollient on the same skin: what its text says about the time between.",
    sources=[
        Source("EMA package leaflet EU/1/02/201/001"),
        Source("Product information of Elidel, Singapore SIN12179P (test-moh-ndf)"),
        S1,
    ],
    topic="C11",
)
def emollient_gap(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.TCI:
        return
    beside, unclear = on_same_skin(case, line, lambda other: other.product.family == Family.EMOLLIENT)
    beside += [other for other in unclear if other not in beside]  # an emollient without a site is for all of the skin
    facts, is_own = speaks_here(line.product, "emollient-gap-minutes", case)
    fact = strictest(facts)
    if not beside or fact is None:
        return
    yield this.finds(
        case,
        "%(product)s and an emollient share skin. On file: %(label)s" + ("" if is_own else NO_LABEL),
        *(line_seen(other) for other in beside),
        sources=[source_of(fact), S1],
        others=beside,
        product=line.product.name,
        label=fact.text,
    )
