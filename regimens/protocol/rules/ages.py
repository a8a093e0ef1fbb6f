"""Ages and weights the labels name. Ages count in completed months on the first day of the line, or today if it runs."""

from __future__ import annotations

from collections.abc import Iterator

from regimens.protocol.asked import number, span, weight_seen
from regimens.protocol.base import RULES, Level, Outcome, Rule, Source, rule, source_of, strictest
from regimens.protocol.facts import Case, Family, LabelFact, Line, Product
from regimens.protocol.sources import OWN, S0, S1, S2
from regimens.protocol.told import ADULT_MONTHS, NO_LABEL, age_seen, months_of_age, speaks_here

NO_AGE = "The birth date is unknown or lies after the first day, so the age could not be compared with the label."
PROTOPIC_EU = Source("EMA package leaflet EU/1/02/201/001")
PROTOPIC_US = Source("US label of Protopic (rxlist.com, druglib.com, renalandurologynews.com)")
UNDER_2 = "tacrolimus-under-2"
INFANT_MONTHS = 3  # under it no source on file speaks for pimecrolimus, so no clinic can move it


def is_tacrolimus(product: Product) -> bool:
    """Tacrolimus for the skin, of any strength."""
    return product.drug == "tacrolimus" and product.family == Family.TCI


def is_pimecrolimus(product: Product) -> bool:
    """Pimecrolimus for the skin."""
    return product.drug == "pimecrolimus" and product.family == Family.TCI


def _limit(line: Line, kind: str, case: Case, *, is_lowest: bool = False) -> tuple[LabelFact | None, str]:
    """The strictest fact of a kind that applies here, and what the sentence adds when it is another country's."""
    facts, is_own = speaks_here(line.product, kind, case)
    return strictest(facts, is_lowest=is_lowest), "" if is_own else NO_LABEL


def _labels(product: Product, kind: str) -> list[Source]:
    """Every verified label with a fact of this kind."""
    facts = [fact for fact in product.facts if fact.kind == kind and fact.is_verified]
    return [source_of(fact) for fact in facts]


@rule(
    "tacrolimus-0.1-age",
    level=Level.WARN,
    title="Tacrolimus 0.1 % under 16 years",
    logic="Tacrolimus 0.1 % from 2 years until the age from which the labels have it.",
    sources=[PROTOPIC_EU, PROTOPIC_US, S0, S1, S2],
    topic="C1",
    min_age_months=192,
)
def tacrolimus_strong_age(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if not is_tacrolimus(line.product) or line.product.strength != "0.1 %":
        return
    limit, lower = this.param(case, "min_age_months"), RULES[UNDER_2].param(case, "min_age_months")
    _, note = _limit(line, "min-age-months", case)
    months = months_of_age(case, line)
    if months is None:
        yield this.cannot(NO_AGE, "birth date")
        return
    if lower <= months < limit:
        yield this.finds(
            case,
            "Caution: at the age of %(age)s, consider the weaker strength: %(product)s is used from %(limit)s here. "
            "Both labels have it from 16 years; one source (S2) calls it approved from 2 years." + note,
            age_seen(case, line),
            sources=[*_labels(line.product, "min-age-months"), S0, S1, S2],
            product=line.product.name,
            age=age_seen(case, line).value,
            limit=span(limit),
        )


@rule(
    UNDER_2,
    level=Level.WARN,
    title="Tacrolimus under 2 years",
    logic="Tacrolimus ointment of any strength under the age from which the labels have it.",
    sources=[PROTOPIC_EU, PROTOPIC_US, S0, S1, S2],
    topic="C2",
    min_age_months=24,
)
def tacrolimus_under_2(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if not is_tacrolimus(line.product):
        return
    limit, months = this.param(case, "min_age_months"), months_of_age(case, line)
    _, note = _limit(line, "min-age-months", case)
    if months is None:
        if line.product.strength != "0.1 %":  # else said by the rule above
            yield this.cannot(NO_AGE, "birth date")
    elif months < limit:
        yield this.finds(
            case,
            "Caution: the age is %(age)s; tacrolimus ointment is used from %(limit)s here. Both labels have it from 2 "
            "years; one source (S0) says that severe cases may need it earlier, off-label." + note,
            age_seen(case, line),
            sources=[PROTOPIC_EU, PROTOPIC_US, S0, S1, S2],
            age=age_seen(case, line).value,
            limit=span(limit),
        )


@rule(
    "pimecrolimus-under-3-months",
    level=Level.STOP,
    title="Pimecrolimus under 3 months",
    logic="Pimecrolimus under 3 months: no label on file has it so early.",
    sources=[
        Source("UK SmPC of Elidel, 2022 (medicines.org.uk emc 4966)"),
        Source("Package leaflet of Elidel, Poland (oladoctor.com)"),
        S1,
    ],
    topic="C3",
)
def pimecrolimus_infant(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if not is_pimecrolimus(line.product):
        return
    months = months_of_age(case, line)
    if months is None:
        yield this.cannot(NO_AGE, "birth date")
    elif months < INFANT_MONTHS:
        yield this.finds(
            case,
            "Pimecrolimus is not given under %(limit)s; the age is %(age)s. Consider another treatment.",
            age_seen(case, line),
            age=age_seen(case, line).value,
            limit=span(INFANT_MONTHS),
        )


@rule(
    "pimecrolimus-age",
    level=Level.WARN,
    title="Pimecrolimus under the age of the label",
    logic="Pimecrolimus from 3 months until the age from which the label of the jurisdiction has it.",
    sources=[
        Source("US label of Elidel (elidel-us.com)"),
        Source("UK SmPC of Elidel, 2022 (medicines.org.uk emc 4966)"),
        Source("Package leaflet of Elidel, Poland (oladoctor.com)"),
        S1,
        S2,
    ],
    topic="C3",
)
def pimecrolimus_age(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if not is_pimecrolimus(line.product):
        return
    fact, note = _limit(line, "min-age-months", case)
    months = months_of_age(case, line)
    if months is None or fact is None or fact.value is None:
        return  # an unknown birth date is said by the rule above
    if INFANT_MONTHS <= months < fact.value:
        yield this.finds(
            case,
            "Caution: the age is %(age)s; the label has pimecrolimus from %(limit)s. "
            "The labels disagree: EU and UK from 3 months, US from 2 years." + note,
            age_seen(case, line),
            sources=[
                source_of(fact),
                *(one for one in _labels(line.product, "min-age-months") if one != source_of(fact)),
                S1,
                S2,
            ],
            age=age_seen(case, line).value,
            limit=span(int(fact.value)),
        )


def _has_own_age_rule(product: Product) -> bool:
    return is_tacrolimus(product) or is_pimecrolimus(product)


@rule(
    "label-age",
    level=Level.WARN,
    title="Under the age of the label",
    logic="The age is below the least age on the label of the jurisdiction (calcineurin inhibitors: see their own rules).",
    sources=[Source("The label of the product, as the catalogue has it")],
)
def label_age(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    fact, note = _limit(line, "min-age-months", case)
    if _has_own_age_rule(line.product) or fact is None or fact.value is None:
        return
    months = months_of_age(case, line)
    if months is None:
        yield this.cannot(NO_AGE, "birth date")
    elif months < fact.value:
        yield this.finds(
            case,
            "Caution: the age is %(age)s; the label has %(product)s from %(limit)s." + note,
            age_seen(case, line),
            sources=[source_of(fact)],
            product=line.product.name,
            age=age_seen(case, line).value,
            limit=span(int(fact.value)),
        )


@rule(
    "label-age-above",
    level=Level.WARN,
    title="Over the age of the label",
    logic="The age is above the highest age on the label of the jurisdiction.",
    sources=[Source("The label of the product, as the catalogue has it")],
)
def label_age_above(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    fact, note = _limit(line, "max-age-months", case, is_lowest=True)
    if fact is None or fact.value is None:
        return
    months = months_of_age(case, line)
    if months is None:
        yield this.cannot(NO_AGE, "birth date")
    elif months > fact.value:
        yield this.finds(
            case,
            "Caution: the age is %(age)s; the label has %(product)s for people under %(limit)s." + note,
            age_seen(case, line),
            sources=[source_of(fact)],
            product=line.product.name,
            age=age_seen(case, line).value,
            limit=span(int(fact.value) + 1),
        )


@rule(
    "label-age-not-verified",
    level=Level.INFORM,
    title="An age that was not verified",
    logic="The catalogue has an age limit only as a note that nobody verified, and the age lies outside it.",
    sources=[Source("The label of the product, as the catalogue has it, not verified")],
)
def label_age_not_verified(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    for kind, is_lower in (("min-age-months", True), ("max-age-months", False)):
        facts = [fact for fact in line.product.facts if fact.kind == kind and fact.jurisdiction != "JP"]
        if not facts or any(fact.is_verified for fact in facts):
            continue
        own = [fact for fact in facts if fact.jurisdiction == case.jurisdiction] or facts
        fact, months = strictest(own, is_lowest=not is_lower), months_of_age(case, line)
        if fact is None or fact.value is None:
            continue
        if months is None:
            yield this.cannot(NO_AGE, "birth date")
            return
        if months < fact.value if is_lower else months > fact.value:
            yield this.finds(
                case,
                "A note in the catalogue that was not verified says of %(product)s: %(note)s The age is %(age)s.",
                age_seen(case, line),
                sources=[source_of(fact)],
                product=line.product.name,
                note=fact.text,
                age=age_seen(case, line).value,
            )
            return


@rule(
    "label-weight",
    level=Level.WARN,
    title="Under the weight of the label",
    logic="The last weight is below the least weight on the label of the jurisdiction.",
    sources=[Source("The label of the product, as the catalogue has it")],
)
def label_weight(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    fact, note = _limit(line, "min-weight-kg", case)
    if fact is None or fact.value is None:
        return
    weight = case.person.weight
    if weight is None:
        yield this.cannot("No weight is recorded, so it could not be compared with the label.", "weight")
    elif weight.value < fact.value:
        yield this.finds(
            case,
            "Caution: the last weight is %(weight)s kg; the label has %(product)s from %(limit)s kg." + note,
            weight_seen(weight),
            sources=[source_of(fact)],
            product=line.product.name,
            weight=number(weight.value),
            limit=number(fact.value),
        )


@rule(
    "weight-old",
    level=Level.INFORM,
    title="An old weight",
    logic="The product has a least weight, the person is under 18 years, and the last weight is older than so many days.",
    sources=[OWN],
    max_days=90,
)
def weight_old(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    fact, _ = _limit(line, "min-weight-kg", case)
    weight = case.person.weight
    if fact is None or weight is None:
        return
    days = (case.on - weight.on).days
    if days <= this.param(case, "max_days"):
        return
    months = months_of_age(case, line)
    if months is None:
        yield this.cannot("The birth date is unknown, so nobody can tell whether a child has grown since.", "birth date")
    elif months < ADULT_MONTHS:
        yield this.finds(
            case,
            "The last weight is %(days)s days old, and the label of %(product)s has a least weight; consider a new one.",
            weight_seen(weight),
            age_seen(case, line),
            product=line.product.name,
            days=str(days),
        )
