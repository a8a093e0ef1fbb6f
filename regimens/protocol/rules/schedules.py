"""How often and for how long: maintenance weekdays, an end to daily use, the three weeks of children, twelve months."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from patients.sites import contains, overlaps
from regimens.protocol.asked import day_in_words
from regimens.protocol.base import Level, Outcome, Rule, Source, rule, source_of, strictest
from regimens.protocol.facts import Case, Family, Input, Jurisdiction, LabelFact, Line, Phase, Place, Product
from regimens.protocol.runs import run_of
from regimens.protocol.schedule import is_apart, months_later
from regimens.protocol.sources import AAD_TOPICAL, ELSEVIER, OWN, S0, S1, S2, S3
from regimens.protocol.told import (
    ANTI_INFLAMMATORY,
    NO_LABEL,
    age_seen,
    line_seen,
    months_of_age,
    named,
    on_same_skin,
    speaks_here,
    use_in_words,
    weekdays_in_words,
)

EU_LEAFLET = Source("EMA package leaflet EU/1/02/201/001 and SmPC (Protopic)", on=date(2024, 10, 14))
US_LABEL = Source("US label of Protopic (rxlist.com, druglib.com, renalandurologynews.com)")


def _label_per_week(product: Product) -> list[LabelFact]:
    """What a label says about how often a week; of a steroid only a guideline for adults speaks."""
    return [fact for fact in product.facts if fact.kind == "per-week" and fact.is_verified and product.family != Family.TCS]


@dataclass(frozen=True)
class Together:
    """The maintenance days of one substance on one piece of skin, from all lines that cover it."""

    weekdays: frozenset[int]
    beside: tuple[Line, ...]  # the lines other than the checked one

    @property
    def seen(self) -> list[Input]:
        """The days as an input, and the other lines."""
        return [Input("maintenance days", weekdays_in_words(self.weekdays)), *map(line_seen, self.beside)]


def _is_kin(line: Line, other: Line) -> bool:
    """Whether another line is of the same substance, of any strength, and in the same phase."""
    one, two = line.product, other.product
    return (one.drug, one.family) == (two.drug, two.family) and line.phase == other.phase


def _at(case: Case, line: Line, spot: Place) -> Together:
    """The days on one place, from the line and from every other of its substance that covers it."""
    kin, _unclear = on_same_skin(case, line, lambda other: _is_kin(line, other))
    over = tuple(other for other in kin if _covers(other, spot))
    return Together(line.weekdays.union(*(other.weekdays for other in over)), over)


def _together(case: Case, line: Line) -> list[Together]:
    """The line alone, and with others of its substance for every piece of skin they share; the fewest lines first."""
    kin, _unclear = on_same_skin(case, line, lambda other: _is_kin(line, other))
    spots = [place for one in (line, *kin) for place in one.places if _covers(line, place)]
    found = [Together(line.weekdays, ()), *(_at(case, line, spot) for spot in spots)]
    return sorted(found, key=lambda one: len(one.beside))


def _covers(line: Line, spot: Place) -> bool:
    """Whether the line is used on all of this place (a side that is not named may be either)."""
    return any(
        one.site and contains(one.site, spot.site) and overlaps(one.site, one.side, spot.site, spot.side)
        for one in line.places
    )


BESIDE = " It is counted with %(beside)s on the same skin."


TOO_OFTEN = "%(product)s is planned on %(count)s days a week (%(days)s): off-label; twice a week is what "


@rule(
    "maintenance-weekdays",
    version=2,
    level=Level.WARN,
    title="Maintenance days",
    logic="Maintenance on more days a week than the sources describe (off-label), or with too few free days between."
    " Lines of one substance on the same skin count together.",
    sources=[EU_LEAFLET, S0, S1, S2],
    topic="C8",
    per_week=2,
    free_days=2,
)
def maintenance_weekdays(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    product = line.product
    is_steroid, labels = product.family == Family.TCS, _label_per_week(product)
    if line.phase != Phase.MAINTENANCE or not (is_steroid or labels):
        return
    if not line.weekdays:
        yield this.cannot("On which weekdays it is used is not recorded.", "weekdays")
        return
    most, free = this.param(case, "per_week"), this.param(case, "free_days")
    wants_gap = any(fact.kind == "free-days" and fact.is_verified for fact in product.facts)
    for one in _together(case, line):
        days = one.weekdays
        is_too_often = len(days) > most
        if is_too_often or (wants_gap and len(days) > 1 and not is_apart(days, free)):
            yield _on_weekdays(this, case, line, one, free, is_too_often=is_too_often)
            return


def _on_weekdays(this: Rule, case: Case, line: Line, one: Together, free: int, *, is_too_often: bool) -> Outcome:
    """The days of one piece of skin that are too many, or too close."""
    product, is_steroid = line.product, line.product.family == Family.TCS
    facts, is_own = speaks_here(product, "per-week" if is_too_often else "free-days", case)
    sources = [*map(source_of, facts), S0, S1, S2]
    text = "%(product)s is planned on %(days)s: fewer than %(free)s days without it between two applications."
    if is_too_often and is_steroid:
        text, sources = (
            TOO_OFTEN + "one source and a guideline, written for adults, describe.",
            [S3, AAD_TOPICAL],
        )
    elif is_too_often:
        text, sources = TOO_OFTEN + "the label with a maintenance schedule describes.", [*sources, ELSEVIER]
    return this.finds(
        case,
        text + (BESIDE if one.beside else "") + ("" if is_own or is_steroid else NO_LABEL),
        *one.seen,
        sources=sources,
        others=one.beside,
        product=product.name,
        days=weekdays_in_words(one.weekdays),
        count=str(len(one.weekdays)),
        free=str(free),
        beside=named(one.beside),
    )


@rule(
    "maintenance-off-label",
    version=2,
    level=Level.WARN,
    title="Maintenance that no label describes",
    logic="Maintenance on two or more days a week with a product for which neither a label nor a guideline describes it."
    " Lines of one substance on the same skin count together.",
    sources=[OWN],
    topic="C8",
    from_days=2,
)
def maintenance_off_label(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    product = line.product
    is_described = product.family == Family.TCS or bool(_label_per_week(product))
    if line.phase != Phase.MAINTENANCE or product.family not in ANTI_INFLAMMATORY or is_described:
        return
    if not line.weekdays:
        yield this.cannot("On which weekdays it is used is not recorded.", "weekdays")
        return
    least = this.param(case, "from_days")
    one = next((one for one in _together(case, line) if len(one.weekdays) >= least), None)
    if one is not None:
        doses, _ = speaks_here(product, "dose", case)
        yield this.finds(
            case,
            "%(product)s is planned as maintenance on %(days)s: off-label; nothing on file describes maintenance with it."
            + (BESIDE if one.beside else ""),
            *one.seen,
            sources=[*dict.fromkeys(map(source_of, doses)), OWN],
            others=one.beside,
            product=product.name,
            days=weekdays_in_words(one.weekdays),
            beside=named(one.beside),
        )


@rule(
    "maintenance-once-weekly",
    version=2,
    level=Level.INFORM,
    title="Maintenance once a week",
    logic="Maintenance with a calcineurin inhibitor on one day a week, while the label says twice weekly."
    " Lines of one substance on the same skin count together.",
    sources=[EU_LEAFLET],
    topic="C8",
)
def maintenance_once_weekly(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    is_one_day = line.phase == Phase.MAINTENANCE and any(len(_at(case, line, one).weekdays) == 1 for one in line.places)
    if not is_one_day or not _label_per_week(line.product) or case.jurisdiction == Jurisdiction.US:  # US: the rule below
        return
    facts, is_own = speaks_here(line.product, "per-week", case)
    yield this.finds(
        case,
        "%(product)s is planned on %(days)s only; the EU label says twice weekly." + ("" if is_own else NO_LABEL),
        Input("maintenance days", weekdays_in_words(line.weekdays)),
        sources=map(source_of, facts),
        product=line.product.name,
        days=weekdays_in_words(line.weekdays),
    )


@rule(
    "maintenance-not-on-the-label",
    level=Level.INFORM,
    title="Maintenance outside the label",
    logic="Maintenance with tacrolimus under the US label, or where no label of the jurisdiction speaks of it: both texts.",
    sources=[US_LABEL, EU_LEAFLET, S0, S1],
    topic="C9",
)
def maintenance_not_on_the_label(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.phase != Phase.MAINTENANCE or not _label_per_week(line.product):
        return
    _, is_own = speaks_here(line.product, "maintenance", case)
    if is_own and case.jurisdiction != Jurisdiction.US:
        return
    known = [fact for fact in line.product.facts if fact.is_verified]
    us = [fact for fact in known if fact.jurisdiction == "US" and fact.kind == "maintenance"]
    eu = [fact for fact in known if fact.jurisdiction == "EU" and fact.kind in ("per-week", "free-days")]
    yield this.finds(
        case,
        "%(product)s as maintenance: %(us)s EU label: %(eu)s One source is against treating flares only, "
        "another wants short periods with breaks." + ("" if is_own else NO_LABEL),
        Input("maintenance days", weekdays_in_words(line.weekdays)),
        sources=[*dict.fromkeys(map(source_of, [*us, *eu])), S0, S1],
        product=line.product.name,
        us=" ".join(fact.text for fact in us),
        eu=" ".join(fact.text for fact in eu),
    )


@rule(
    "use-without-end",
    level=Level.STOP,
    title="Daily use without an end",
    logic="Once or twice daily use of a topical anti-inflammatory product has an end or a review date.",
    sources=[S0, S1],
)
def use_without_end(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family not in ANTI_INFLAMMATORY or line.phase != Phase.INDUCTION:
        return
    if line.until_on or line.review_on:
        return
    if line.is_elsewhere:  # its end is not ours to set, and what somebody really uses has to be recorded
        yield this.cannot("It is prescribed elsewhere, and until when is not recorded.", "end or review date")
        return
    facts, _ = speaks_here(line.product, "recheck-days", case)
    yield this.finds(
        case,
        "%(product)s is planned %(use)s with neither an end nor a review date.",
        Input("end or review date", "none"),
        sources=[*map(source_of, facts), S0, S1],
        product=line.product.name,
        use=use_in_words(line),
    )


def _since(case: Case, line: Line, wanted: Callable[[Line], bool]) -> date:
    """Since when this skin is in this phase with this substance: other lines that meet or adjoin count, pauses do not."""
    run = run_of(case, line, lambda other: _is_kin(line, other) and line.touches(other) and wanted(other))
    return min(one.since for one in (line, *run.lines))


def _is_twice_daily(line: Line) -> bool:
    return (line.per_day or 0) >= 2


CHILD = range(2 * 12, 16 * 12)  # months: "2 to 15 years"


@rule(
    "child-three-weeks",
    version=2,
    level=Level.INFORM,
    title="Children: twice daily for three weeks",
    logic="From 2 to 15 years twice daily use is planned or running for longer than the label's limit, then once daily."
    " Lines of one substance in a row on the same skin count together; days on hold do not count.",
    sources=[EU_LEAFLET],
)
def child_three_weeks(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.TCI or line.phase != Phase.INDUCTION or not _is_twice_daily(line):
        return
    facts, is_own = speaks_here(line.product, "max-course-days", case)
    fact = strictest(facts, is_lowest=True)
    if fact is None or case.jurisdiction == Jurisdiction.US:  # the US label says twice daily until the signs resolve
        return
    days = int(fact.value or 0)
    since = _since(case, line, _is_twice_daily)
    over_on = since + timedelta(days=days)  # the first day after them
    is_over = case.on >= over_on or bool(line.review_on and line.review_on > over_on)
    if not (line.until_on >= over_on if line.until_on else is_over):
        return
    months = months_of_age(case, line)
    if months is None:
        yield this.cannot("Whether the limit for children applies is not known without the birth date.", "birth date")
    elif months in CHILD:
        last = line.until_on or line.review_on
        yield this.finds(
            case,
            "%(product)s twice daily goes on past %(days)s days (day %(next)s is %(over_on)s) at %(age)s; "
            "consider once daily from then on. The label says: %(label)s" + ("" if is_own else NO_LABEL),
            age_seen(case, line),
            Input("twice daily since", day_in_words(since), since, line.by),
            Input("until or review", day_in_words(last) if last else "none"),
            sources=[source_of(fact)],
            product=line.product.name,
            days=str(days),
            next=str(days + 1),
            over_on=day_in_words(over_on),
            age=age_seen(case, line).value,
            label=fact.text,
        )


@rule(
    "maintenance-without-review",
    version=2,
    level=Level.WARN,
    title="A year of maintenance without a review",
    logic="Maintenance that is planned or running for longer than twelve months has a review date within them."
    " Lines of one substance in a row on the same skin count together; days on hold do not count.",
    sources=[EU_LEAFLET, S0],
    months=12,
)
def maintenance_without_review(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family not in ANTI_INFLAMMATORY or line.phase != Phase.MAINTENANCE:
        return
    if line.is_elsewhere and not line.until_on and not line.review_on:
        yield this.cannot("It is prescribed elsewhere, and until when is not recorded.", "end or review date")
        return
    months = this.param(case, "months")
    since = _since(case, line, lambda other: True)
    due_on = months_later(since, months)
    if line.until_on and line.until_on <= due_on:
        return
    # A review that is overdue counts until the twelve months are over: it has a reminder of its own.
    latest = max(due_on, months_later(case.on, months))
    is_over = case.on > due_on
    if line.review_on and line.review_on <= latest and not (is_over and line.review_on < case.on):
        return
    facts, is_own = speaks_here(line.product, "review-months", case)
    text = "Maintenance with %(product)s goes on past %(due_on)s, %(months)s months, without a review by then."
    if is_over:
        text = "Maintenance with %(product)s, since %(since)s, is longer than %(months)s months and has no review date."
    yield this.finds(
        case,
        text + (NO_LABEL if facts and not is_own else ""),
        Input("maintenance since", day_in_words(since), since, line.by),
        Input("review date", day_in_words(line.review_on) if line.review_on else "none"),
        sources=[*map(source_of, facts)] if facts else [OWN],
        product=line.product.name,
        due_on=day_in_words(due_on),
        since=day_in_words(since),
        months=str(months),
    )
