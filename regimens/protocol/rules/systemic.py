"""Systemic treatments and antihistamines: methotrexate once a week, epilepsy, what labels ask to look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from regimens.protocol.asked import precaution_seen, unknown
from regimens.protocol.base import Level, Outcome, Rule, Source, rule, source_of
from regimens.protocol.facts import Answer, Case, Family, Input, LabelFact, Line, Phase, Product
from regimens.protocol.schedule import dose_days
from regimens.protocol.sources import AAD_SYSTEMIC, AAD_TOPICAL, S0, S3
from regimens.protocol.told import NO_LABEL, age_day, line_seen, named, use_in_words

# --- Methotrexate -----------------------------------------------------------------------------------------------------

WEEKLY = Source("Fact sheet 2.3: once weekly (AAD guideline 2023, guidelinecentral.com)")
ONCE_A_WEEK = 7


def _methotrexate_gap(line: Line) -> int | None:
    """Days between two doses: 1 for daily or as-needed use, a share of the week for several weekdays; None: not known."""
    if line.per_day or line.phase in (Phase.INDUCTION, Phase.COURSE, Phase.AS_NEEDED):
        return 1
    if line.phase == Phase.MAINTENANCE:
        return ONCE_A_WEEK // len(line.weekdays) if line.weekdays else None
    return line.every_days


def _methotrexate_gaps(line: Line) -> list[int]:
    """The days between two doses that are known: the usual ones, and those from the first dose to the second."""
    second = line.second_after_days if line.phase == Phase.INTERVAL else None
    return [gap for gap in (_methotrexate_gap(line), second) if gap is not None]


def _methotrexate_days(line: Line, since: date, until: date) -> set[date]:
    """The days of these on which a dose is due; every day where it is used daily or as needed."""
    is_daily = _methotrexate_gap(line) == 1
    days = dose_days(
        Phase.COURSE if is_daily else line.phase,
        line.starts_on,
        since=since,
        until=until,
        until_on=line.last_on,
        weekdays=line.weekdays,
        every_days=line.every_days,
        second_after_days=line.second_after_days,
    )
    return {day for day, _times in days}


def _too_close(case: Case, line: Line, others: list[Line]) -> list[Line]:
    """The others with a dose less than a week from one of this line, within a year."""
    first = age_day(case, line)
    since, until = first - timedelta(days=ONCE_A_WEEK - 1), first + timedelta(days=366)
    own = _methotrexate_days(line, first, until)
    near = {day + timedelta(days=n) for day in own for n in range(1 - ONCE_A_WEEK, ONCE_A_WEEK)}
    return [other for other in others if _methotrexate_days(other, since, until) & near]


@rule(
    "methotrexate-weekly",
    version=3,
    level=Level.STOP,
    title="Methotrexate is once weekly",
    logic="Methotrexate every day, as needed, or more than one dose within 7 days, all lines of it taken together.",
    sources=[WEEKLY, AAD_SYSTEMIC],
)
def methotrexate_weekly(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.drug != "methotrexate" or line.phase == Phase.HOLD:
        return
    others = [one for one in case.lines if one.product.drug == line.product.drug and one.phase != Phase.HOLD]
    facts = [fact for fact in line.product.facts if fact.kind == "dose" and fact.is_verified]
    near = _too_close(case, line, others)
    if any(gap < ONCE_A_WEEK for gap in _methotrexate_gaps(line)):
        near, text = [], "%(product)s is planned %(use)s; methotrexate is taken once weekly only."
    elif near:
        text = (
            "%(product)s is planned %(use)s beside %(beside)s: together more than one dose within 7 days; "
            "methotrexate is taken once weekly only."
        )
    else:
        if any(_methotrexate_gap(one) is None for one in (line, *others)):
            yield this.cannot("How many days lie between two doses is not recorded.", "interval")
        return
    yield this.finds(
        case,
        text,
        Input("how often", use_in_words(line)),
        *map(line_seen, near),
        sources=map(source_of, facts),
        others=near,
        product=line.product.name,
        use=use_in_words(line),
        beside=named(near),
    )


@rule(
    "methotrexate-interval",
    version=2,
    level=Level.WARN,
    title="Methotrexate less often than weekly",
    logic="Methotrexate with more than 7 days between two doses.",
    sources=[WEEKLY, AAD_SYSTEMIC],
)
def methotrexate_interval(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    gaps = _methotrexate_gaps(line)
    if line.product.drug != "methotrexate" or line.phase == Phase.HOLD or not gaps:
        return
    if min(gaps) >= ONCE_A_WEEK and max(gaps) > ONCE_A_WEEK:
        yield this.finds(
            case,
            "%(product)s is planned %(use)s; the source says once weekly, every 7 days.",
            Input("how often", use_in_words(line)),
            sources=[WEEKLY],
            product=line.product.name,
            use=use_in_words(line),
        )


# --- Antihistamines ---------------------------------------------------------------------------------------------------


@rule(
    "antihistamine-oral",
    level=Level.INFORM,
    title="Oral antihistamine",
    logic="An oral antihistamine: what the sources think of it, and whether it makes sleepy.",
    sources=[S0, S3],
    topic="C7",
)
def antihistamine_oral(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.ANTIHISTAMINE_ORAL:
        return
    sedation = [fact for fact in line.product.facts if fact.kind == "evidence" and "sedating" in fact.text.lower()]
    yield this.finds(
        case,
        "%(product)s: one source sees oral antihistamines as an addition against itch, for sedation only; another says "
        "not to rely on them. %(sedation)s",
        sources=[S0, S3, *map(source_of, sedation)],
        product=line.product.name,
        sedation=" ".join(map(_told, sedation)),
    )


@rule(
    "antihistamine-epilepsy",
    version=2,
    level=Level.WARN,
    title="Oral antihistamine and epilepsy",
    logic="An oral antihistamine for someone with epilepsy.",
    sources=[S0],
    topic="C7",
)
def antihistamine_epilepsy(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.ANTIHISTAMINE_ORAL:
        return
    answers = case.person.answers("epilepsy")
    present = [row for row in answers if row.answer == Answer.PRESENT]
    if present:
        seen = map(precaution_seen, present)
        text = "Caution with %(product)s: epilepsy is recorded, and the source advises caution with antihistamines then."
        yield this.finds(case, text, *seen, product=line.product.name)
    elif because := unknown(case, line, "epilepsy"):
        yield this.cannot(because, "epilepsy")


@rule(
    "antihistamine-topical",
    level=Level.WARN,
    title="Topical antihistamine",
    logic="Any topical antihistamine.",
    sources=[S3, AAD_TOPICAL],
    topic="C7",
)
def antihistamine_topical(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family == Family.ANTIHISTAMINE_TOPICAL:
        yield this.finds(
            case,
            "Caution with %(product)s: one source says not to use it, and for adults the AAD guideline of 2023 advises "
            "against it (conditional).",
            product=line.product.name,
        )


# --- What labels ask to look at ---------------------------------------------------------------------------------------

SYSTEMIC = frozenset({Family.BIOLOGIC, Family.JAK_ORAL, Family.IMMUNOSUPPRESSANT})
KINDS = {"monitoring": "", "do-not-use": "Not for: ", "warning": "", "interaction": ""}  # in this order
_JAK = (
    "tuberculosis test",
    "severe infection",
    "liver disease and liver values",
    "blood count",
    "lipids",
    "risk of blood clots, heart attack, stroke and cancer",
    "smoking",
)
# What these texts name and adtrack does not record, so that nobody takes it for looked at.
NOT_RECORDED: dict[str, tuple[str, ...]] = {
    "abrocitinib": (*_JAK, "platelets", "kidney function"),
    "ciclosporin": ("kidney function", "blood pressure", "liver values", "lipids", "potassium, magnesium, urate"),
    "methotrexate": ("blood count", "liver values", "kidney function"),
    "azathioprine": ("TPMT and NUDT15", "blood count", "liver values"),
}
NOT_RECORDED_OF_FAMILY = {
    Family.JAK_ORAL: _JAK,
    Family.BIOLOGIC: ("eye problems", "live vaccines"),
    Family.IMMUNOSUPPRESSANT: ("results of blood tests",),
}


def _told(fact: LabelFact) -> str:
    return KINDS.get(fact.kind, "") + fact.text + ("" if fact.is_verified else " (not verified)")


def _asked(product: Product, jurisdiction: str) -> tuple[list[LabelFact], bool]:
    """What is on file to look at, unverified too, and whether it speaks for this jurisdiction (or for every one)."""
    known = [fact for kind in KINDS for fact in product.facts if fact.kind == kind and fact.jurisdiction != "JP"]
    own = [fact for fact in known if fact.jurisdiction in (jurisdiction, "any")]
    return own or known, bool(own)


@rule(
    "systemic-look-at",
    level=Level.INFORM,
    title="What to look at with a systemic treatment",
    logic="A biologic, oral JAK inhibitor or immunosuppressant: what its texts ask to look at, and what is not recorded.",
    sources=[Source("The labels and guidelines the catalogue names for the product")],
)
def systemic_look_at(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    product = line.product
    if product.family not in SYSTEMIC:
        return
    facts, is_own = _asked(product, case.jurisdiction)
    if not facts:
        yield this.cannot("Nothing is on file about what to look at with this product.", "label facts")
        return
    missing = NOT_RECORDED.get(product.drug) or NOT_RECORDED_OF_FAMILY[product.family]
    yield this.finds(
        case,
        "On file for %(product)s to look at: %(label)s Not recorded in adtrack, so not checked: %(missing_here)s."
        + ("" if is_own else NO_LABEL),
        missing=missing,
        sources=dict.fromkeys(map(source_of, facts)),
        product=product.name,
        label=" ".join(map(_told, facts)),
        missing_here=", ".join(missing),
    )
