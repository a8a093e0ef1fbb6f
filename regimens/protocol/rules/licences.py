"""What the label says of atopic dermatitis: licensed or not in the jurisdiction, and for which severity."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import IntEnum

from regimens.protocol.asked import number
from regimens.protocol.base import Level, Outcome, Rule, Source, rule, source_of
from regimens.protocol.facts import Case, Family, Input, Jurisdiction, LabelFact, Line, Phase, Product
from regimens.protocol.rules.ages import is_pimecrolimus, is_tacrolimus
from regimens.protocol.sources import S0, S1, S2, S3
from regimens.protocol.told import NO_LABEL, age_seen, months_of_age, speaks_here

NO_SCORE = "No vIGA-AD and no EASI is recorded, so the severity could not be compared with the label."
LABELS = [Source("The label of the product, as the catalogue has it")]

# --- Licensed or not --------------------------------------------------------------------------------------------------

STRICTNESS = ("licensed", "off-label", "not-marketed")
STATUS_WORDS = {"licensed": "licensed", "off-label": "off-label", "not-marketed": "not marketed"}


def _status(case: Case, product: Product) -> tuple[LabelFact | None, bool]:
    """The status that applies, the strictest where several do, and whether it is of this jurisdiction."""
    facts, is_own = speaks_here(product, "status", case)
    return max(facts, key=lambda fact: STRICTNESS.index(fact.text), default=None), is_own


def _statuses(product: Product) -> list[LabelFact]:
    """What every jurisdiction says, as the catalogue has it, verified or not."""
    facts = [fact for fact in product.facts if fact.kind == "status" and fact.jurisdiction != "JP"]
    return sorted(facts, key=lambda fact: fact.jurisdiction)


def _side_by_side(product: Product) -> str:
    """ "EU: off-label; US: licensed"."""
    return "; ".join(
        f"{fact.jurisdiction}: {STATUS_WORDS[fact.text]}" + ("" if fact.is_verified else " (not verified)")
        for fact in _statuses(product)
    )


def _finds_status(this: Rule, case: Case, product: Product, text: str, note: str) -> Outcome:
    return this.finds(
        case,
        text + " Side by side: %(labels)s." + note,
        Input("jurisdiction", case.jurisdiction.value),
        sources=list(dict.fromkeys(source_of(fact) for fact in _statuses(product))),
        product=product.name,
        labels=_side_by_side(product),
    )


@rule(
    "off-label",
    level=Level.INFORM,
    title="Off-label",
    logic="The product is not licensed for atopic dermatitis in the jurisdiction.",
    sources=[*LABELS, S0],
    topic="C17",
)
def off_label(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    status, is_own = _status(case, line.product)
    if status and status.text == "off-label" and line.product.family != Family.JAK_TOPICAL:
        text = "%(product)s is off-label in atopic dermatitis."
        yield _finds_status(this, case, line.product, text, "" if is_own else NO_LABEL)


@rule(
    "topical-jak-off-label",
    level=Level.WARN,
    title="JAK inhibitor cream that is not licensed",
    logic="A topical JAK inhibitor where no label of the jurisdiction has it for atopic dermatitis.",
    sources=[*LABELS, S3],
    topic="C18",
)
def topical_jak_off_label(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    status, is_own = _status(case, line.product)
    if status and status.text == "off-label" and line.product.family == Family.JAK_TOPICAL:
        text = (
            "Caution: %(product)s is not licensed in atopic dermatitis; "
            "one source (S3) recommends it strongly, without naming an age or a country."
        )
        yield _finds_status(this, case, line.product, text, "" if is_own else NO_LABEL)


@rule(
    "not-marketed",
    level=Level.WARN,
    title="Not on the market",
    logic="The product is not marketed in the jurisdiction.",
    sources=LABELS,
    topic="C17",
)
def not_marketed(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    status, is_own = _status(case, line.product)
    if status and status.text == "not-marketed":
        text = "Caution: %(product)s is not on the market."
        yield _finds_status(this, case, line.product, text, "" if is_own else NO_LABEL)


@rule(
    "no-licence-on-file",
    level=Level.INFORM,
    title="No licence on file",
    logic="Some jurisdiction has the product licensed, but nothing verified is on file for this one.",
    sources=LABELS,
    topic="C17",
)
def no_licence_on_file(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    status, is_own = _status(case, line.product)
    statuses = _statuses(line.product)
    if statuses and not is_own and (status is None or status.text == "licensed"):
        text = "Whether %(product)s is licensed in this jurisdiction is not on file."
        yield _finds_status(this, case, line.product, text, "")


# --- Severity ---------------------------------------------------------------------------------------------------------


class Severity(IntEnum):
    """How severe the last scores say it is. Mild stands for everything below moderate."""

    MILD = 1
    MODERATE = 2
    SEVERE = 3


MODERATE_ABOVE, SEVERE_ABOVE = Decimal(7), Decimal(21)  # EASI, Leshem 2015: 7.1 to 21.0 moderate
WORDS = {Severity.MILD: "mild or clear", Severity.MODERATE: "moderate", Severity.SEVERE: "severe"}
LABEL_WORDS = {
    "mild-moderate": "mild to moderate",
    "moderate-severe": "moderate to severe",
    "severe": "severe",
    "mild": "mild",
}
LEAST = {"moderate-severe": Severity.MODERATE, "severe": Severity.SEVERE}
MOST = {"mild": Severity.MILD, "mild-moderate": Severity.MODERATE}
# From its leaflet; the catalogue's severity is the one from 12 years.
DUPILUMAB_CHILD = Source("EMA package leaflet of Dupixent", "6 months to 11 years: severe only", date(2024, 10, 14))
DUPILUMAB_CHILD_MONTHS = 144


def _of_viga(value: Decimal) -> Severity:
    return Severity.SEVERE if value >= 4 else Severity.MODERATE if value >= 3 else Severity.MILD


def _of_easi(value: Decimal) -> Severity:
    return Severity.SEVERE if value > SEVERE_ABOVE else Severity.MODERATE if value > MODERATE_ABOVE else Severity.MILD


def severity(case: Case, until: date | None = None) -> tuple[Severity | None, list[Input]]:
    """What the last scores say, the graver where they differ, with the scores; only those up to a day, if given."""
    person, grades, seen = case.person, [], []
    for name, score, grade in (("vIGA-AD", person.viga, _of_viga), ("EASI", person.easi, _of_easi)):
        if score and (until is None or score.on <= until):
            grades.append(grade(score.value))
            seen.append(Input(name, number(score.value), score.on, score.by))
    return max(grades, default=None), seen


def _missing_score(case: Case) -> list[str]:
    return [name for name, score in (("vIGA-AD", case.person.viga), ("EASI", case.person.easi)) if score is None]


def _is_unscored(case: Case) -> bool:
    return case.person.viga is None and case.person.easi is None


@rule(
    "pimecrolimus-severe",
    level=Level.INFORM,
    title="Pimecrolimus in severe disease",
    logic="Pimecrolimus while the last vIGA-AD is 4 or the last EASI above 21.",
    sources=[*LABELS, S1, S2],
    topic="C4",
)
def pimecrolimus_severe(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if not is_pimecrolimus(line.product):
        return
    grade, seen = severity(case)
    if grade is None:
        yield this.cannot(NO_SCORE, "severity")
    elif grade == Severity.SEVERE:
        facts, is_own = speaks_here(line.product, "severity", case)
        yield this.finds(
            case,
            "The last scores say severe (%(scores)s); the labels have pimecrolimus for mild to moderate disease, and one "
            "source (S1) prefers tacrolimus when it is severe." + ("" if is_own else NO_LABEL),
            *seen,
            missing=_missing_score(case),
            sources=[*(source_of(fact) for fact in facts), S1, S2],
            scores=_scores(seen),
        )


def _scores(seen: list[Input]) -> str:
    return ", ".join(f"{one.what} {one.value}" for one in seen)


@rule(
    "label-severity",
    level=Level.INFORM,
    title="Severity on the label",
    logic="The last scores lie below the severity on the label when treatment began, or above it now.",
    sources=LABELS,
)
def label_severity(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if is_pimecrolimus(line.product):
        return
    facts, is_own = speaks_here(line.product, "severity", case)
    graded = [fact for fact in facts if fact.text in LEAST or fact.text in MOST]
    if not graded:
        return
    fact = max(graded, key=lambda one: LEAST.get(one.text, 0))
    label, source = fact.text, source_of(fact)
    if line.product.drug == "dupilumab":
        months = months_of_age(case, line)
        if months is None:
            yield this.cannot("The birth date is unknown; under 12 years the label says severe only.", "birth date")
            return
        if months < DUPILUMAB_CHILD_MONTHS:
            label, source = "severe", DUPILUMAB_CHILD
    if _is_unscored(case):
        yield this.cannot(NO_SCORE, "severity")
        return
    grade, seen = _outside(case, line, label)
    if grade is not None:
        yield this.finds(
            case,
            "The last scores say %(severity)s (%(scores)s); the label has %(product)s for %(label)s disease."
            + ("" if is_own else NO_LABEL),
            *seen,
            *([age_seen(case, line)] if source is DUPILUMAB_CHILD else []),
            missing=_missing_score(case),
            sources=[source],
            severity=WORDS[grade],
            scores=_scores(seen),
            product=line.product.name,
            label=LABEL_WORDS[label],
        )


def _outside(case: Case, line: Line, label: str) -> tuple[Severity | None, list[Input]]:
    """The severity when it lies outside the label's.

    Below counts only by scores up to the start: a line that works makes the scores fall, and maintenance is for calm skin.
    """
    if label in MOST:
        grade, seen = severity(case)
        return (grade, seen) if grade is not None and grade > MOST[label] else (None, seen)
    if line.phase == Phase.MAINTENANCE:
        return None, []
    grade, seen = severity(case, line.starts_on)
    return (grade, seen) if grade is not None and grade < LEAST[label] else (None, seen)


ADULT_STRENGTH_MONTHS = 192


@rule(
    "tacrolimus-strength",
    level=Level.INFORM,
    title="Strength of tacrolimus by severity",
    logic="From 16 years the labels choose the strength by age and S2 chooses it by severity; the order differs from one.",
    sources=[S2, Source("EMA package leaflet EU/1/02/201/001"), Source("US label of Protopic (rxlist.com)")],
    topic="C16",
)
def tacrolimus_strength(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    months = months_of_age(case, line)
    if not is_tacrolimus(line.product) or (months is not None and months < ADULT_STRENGTH_MONTHS):
        return
    if months is None:
        yield this.cannot("The birth date is unknown, and the labels choose the strength by age.", "birth date")
    elif line.product.strength == "0.1 %":
        yield from _strong_when_mild(this, case, line)
    else:
        yield from _weak_in_an_adult(this, case, line)


def _strong_when_mild(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.phase == Phase.MAINTENANCE:
        return
    if _is_unscored(case):
        yield this.cannot(NO_SCORE, "severity")
        return
    grade, seen = severity(case, line.starts_on)
    if grade == Severity.MILD:
        yield _differs(
            this,
            case,
            line,
            "The last scores say mild or clear (%(scores)s), for which one source (S2) chooses 0.03 %%; "
            "the labels have 0.1 %% by age (from 16 years), and either strength for moderate to severe disease.",
            seen,
        )


def _weak_in_an_adult(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    """In the US the label leaves an adult either strength, so only the severity can speak against the weaker one."""
    grade, seen = severity(case)
    if case.jurisdiction == Jurisdiction.US:
        if grade is None:
            yield this.cannot(NO_SCORE, "severity")
        elif grade == Severity.SEVERE:
            text = (
                "The last scores say severe (%(scores)s), for which one source (S2) chooses 0.1 %%; "
                "the US label has either strength from 16 years."
            )
            yield _differs(this, case, line, text, seen)
        return
    text = (
        "The EU leaflet starts a flare of someone of 16 years or more with 0.1 %% and lowers to 0.03 %% later; "
        "one source (S2) chooses 0.03 %% for mild to moderate and 0.1 %% for moderate to severe disease. "
        "The last scores: %(scores)s."
    )
    yield _differs(this, case, line, text, seen)


def _differs(this: Rule, case: Case, line: Line, text: str, seen: list[Input]) -> Outcome:
    own = [fact for fact in line.product.facts if fact.kind == "min-age-months" and fact.is_verified]
    _, is_own = speaks_here(line.product, "min-age-months", case)
    return this.finds(
        case,
        text + ("" if is_own else NO_LABEL),
        *seen,
        age_seen(case, line),
        missing=_missing_score(case),
        sources=[S2, *(source_of(fact) for fact in own)],
        scores=_scores(seen) or "not recorded",
    )
