"""Courses: how long an oral steroid, a wet wrap or an antibiotic is used, and whether there is an infection to treat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from patients.sites import overlaps
from regimens.protocol.asked import GROWS_OLD, OLD_AFTER, day_in_words, precaution_seen, unknown
from regimens.protocol.base import Level, Outcome, Rule, rule
from regimens.protocol.facts import Answer, Case, Family, Input, Line, Phase, Precaution
from regimens.protocol.runs import Run, family_run, last_of
from regimens.protocol.schedule import months_later
from regimens.protocol.sources import AAD_SYSTEMIC, AAD_TOPICAL, OWN, S0, S1, S2, S3
from regimens.protocol.told import ADULT_MONTHS, age_seen, course_length, months_of_age

LONGEST_STEROID = 15  # days no source allows: a clinic may stop earlier, not later
UNKNOWN_LENGTH = "How many days it is used is not recorded."


def _length_seen(line: Line) -> Input:
    days = course_length(line)
    return Input("days planned", "not known" if days is None else str(days), line.starts_on, line.by)


# --- Oral steroid -----------------------------------------------------------------------------------------------------

PLANNED = "%(product)s is planned for %(days)s days"
IN_A_ROW = "%(product)s makes %(days)s days of oral steroid in a row with what meets or adjoins it (%(beside)s)"
LENGTH_OPEN = "%(product)s has no planned length; three sources allow less than 7 days, one up to 14, in a crisis only."
OPEN_BESIDE = (
    "%(product)s meets or adjoins oral steroid without a planned length (%(beside)s); three sources allow less than "
    "7 days, one up to 14, in a crisis only."
)
TOO_LONG = "; fewer than %(block)s can be saved. The longest any source allows is 14."
IN_A_CHILD = " at %(age)s; one source explicitly does not recommend it in children."
LONG = (
    "; consider fewer than %(limit)s. Three sources allow less than 7 days, one up to 14, and the guideline, written for "
    "adults, advises against it."
)


@rule(
    "oral-steroid-length",
    version=2,
    level=Level.WARN,
    title="Length of an oral steroid",
    logic="An oral steroid for 7 days or more, or under 18 years (caution); over 14 days or without an end (stop). "
    "Days in a row count together: those of orders and courses that meet or adjoin.",
    sources=[S0, S1, S2, S3, AAD_SYSTEMIC],
    topic="C5",
    warn_from=7,
    block_from=LONGEST_STEROID,
)
def oral_steroid_length(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.STEROID_ORAL:
        return
    run, months = family_run(case, line), months_of_age(case, line)
    is_child = months is not None and months < ADULT_MONTHS
    beside = run.seen("oral steroid in a row")
    missing = [] if months is not None else ["birth date"]
    if line.last_on is None:
        missing.insert(0, "length of the course")
        yield this.cannot(UNKNOWN_LENGTH, "length of the course")
    text, level = _on_length(this, case, line, run, is_child=is_child)
    if text:
        yield this.finds(
            case,
            text,
            _length_seen(line),
            *([age_seen(case, line)] if months is not None else []),
            *beside,
            level=level,
            missing=missing,
            sources=[S2, S0, S1, S3] if is_child else this.sources,
            others=run.lines,
            product=line.product.name,
            days=str(run.days),
            age=age_seen(case, line).value,
            beside=", ".join(f"{one.value} from {day_in_words(one.on)}" for one in beside if one.on),
            limit=str(this.param(case, "warn_from")),
            block=str(_block_from(this, case)),
        )
    elif months is None:
        yield this.cannot("Whether it is for a child is not known without the birth date.", "birth date")


def _block_from(this: Rule, case: Case) -> int:
    return min(this.param(case, "block_from"), LONGEST_STEROID)


def _on_length(this: Rule, case: Case, line: Line, run: Run, *, is_child: bool) -> tuple[str, Level | None]:
    """What is said of so many days, and how gravely (None: the clinic's level); nothing of a short course of an adult."""
    opening = IN_A_ROW if run.lines or run.courses else PLANNED
    if run.days is None:
        return LENGTH_OPEN if line.last_on is None else OPEN_BESIDE, Level.STOP
    if run.days >= _block_from(this, case):
        return opening + TOO_LONG, Level.STOP
    if is_child:
        return opening + IN_A_CHILD, None
    return (opening + LONG, None) if run.days >= this.param(case, "warn_from") else ("", None)


@rule(
    "oral-steroid-earlier",
    version=2,
    level=Level.INFORM,
    title="Earlier oral steroid",
    logic="The days of oral steroid in the twelve months before this course, those of other orders too.",
    sources=[OWN],
    topic="C5",
    months=12,
)
def oral_steroid_earlier(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.STEROID_ORAL:
        return
    months = this.param(case, "months")
    since = months_later(line.starts_on, -months)
    taken, seen = set(), []
    for first, last, label in _steroid_before(case, line):
        span = (last - first).days + 1
        days = {day for n in range(span) if since <= (day := first + timedelta(days=n)) < line.starts_on}
        if days:
            taken |= days
            seen.append(Input("earlier oral steroid", f"{span} days {label}".strip(), first))
    if taken:
        yield this.finds(
            case,
            "Oral steroid is counted on %(days)s days in the %(months)s months before %(starts_on)s (courses: %(count)s).",
            *seen,
            days=str(len(taken)),
            months=str(months),
            starts_on=day_in_words(line.starts_on),
            count=str(len(seen)),
        )


def _steroid_before(case: Case, line: Line) -> list[tuple[date, date, str]]:
    """First day, last day and name of earlier courses, and of other orders that begin before this one."""
    earlier = [
        (course.starts_on, last_of(course), course.label)
        for course in case.person.courses
        if course.family == Family.STEROID_ORAL
    ]
    return earlier + [
        (other.starts_on, other.last_on or line.starts_on - timedelta(days=1), other.product.name)
        for other in case.lines
        if other.product.family == Family.STEROID_ORAL and other.phase != Phase.HOLD and other.starts_on < line.starts_on
    ]


# --- Wet wraps --------------------------------------------------------------------------------------------------------


@rule(
    "wet-wrap-length",
    version=2,
    level=Level.WARN,
    title="Length of wet wraps",
    logic="Wet wraps for 8 to 14 days (told: severe cases only) or for more than 14 days (caution)."
    " Days in a row on the same skin count together.",
    sources=[S2],
    inform_from=8,
    warn_from=15,
)
def wet_wrap_length(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.WET_WRAP:
        return
    run = family_run(case, line)
    seen, days = run.seen("wet wraps in a row"), str(run.days)
    together = ", counted with what meets or adjoins them on this skin" if seen else ""
    if run.days is None:
        yield this.cannot(UNKNOWN_LENGTH, "length of the course")
    elif run.days >= this.param(case, "warn_from"):
        text = f"Wet wraps are planned for %(days)s days{together}; the source says 3 to 7 days, up to 14 in severe cases."
        yield this.finds(case, text, _length_seen(line), *seen, others=run.lines, days=days)
    elif run.days >= this.param(case, "inform_from"):
        text = (
            f"Wet wraps are planned for %(days)s days{together}; the source says 3 to 7 days, and up to 14 in severe cases "
            "only."
        )
        yield this.finds(case, text, _length_seen(line), *seen, level=Level.INFORM, others=run.lines, days=days)


# --- Antibiotics and antiseptics --------------------------------------------------------------------------------------


@rule(
    "topical-antibiotic-length",
    version=2,
    level=Level.INFORM,
    title="Long topical antibiotic",
    logic="A topical antibiotic for more than 14 days. Days in a row on the same skin count together.",
    sources=[OWN],
    inform_from=15,
)
def topical_antibiotic_length(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.ANTIBIOTIC_TOPICAL:
        return
    run = family_run(case, line)
    seen = run.seen("topical antibiotic in a row")
    if run.days is None:
        yield this.cannot(UNKNOWN_LENGTH, "length of the course")
    elif run.days >= this.param(case, "inform_from"):
        together = ", counted with what meets or adjoins it on this skin" if seen else ""
        text = (
            f"%(product)s is planned for %(days)s days{together}; consider an earlier look (adtrack's own limit, no source "
            "has one)."
        )
        yield this.finds(
            case, text, _length_seen(line), *seen, others=run.lines, product=line.product.name, days=str(run.days)
        )


SKIN_TREATED = frozenset({Family.ANTIBIOTIC_TOPICAL, Family.ANTISEPTIC})
ANTIMICROBIALS = SKIN_TREATED | {Family.ANTIBIOTIC_ORAL, Family.BLEACH_BATH}


def _is_on(infection: Precaution, line: Line) -> bool:
    """Whether an infection lies on the treated skin; without a place on either side nobody can say it does not."""
    place, places = infection.place, [place for place in line.places if place.site]
    if line.product.family not in SKIN_TREATED or place is None or not place.site or not places:
        return True
    return any(overlaps(place.site, place.side, own.site, own.side) for own in places)


@rule(
    "antimicrobial-without-infection",
    version=2,
    level=Level.INFORM,
    title="Antimicrobial without an infection",
    logic="An antibiotic, antiseptic or bleach bath while no infection of the skin is recorded where it is used."
    + GROWS_OLD,
    sources=[S3, AAD_TOPICAL],
    max_days=OLD_AFTER,
)
def antimicrobial_without_infection(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family not in ANTIMICROBIALS:
        return
    answers = case.person.answers("skin_infection")
    present = [row for row in answers if row.holds(line.starts_on, line.until_on)]
    if any(_is_on(row, line) for row in present):
        return
    asked_of = line if line.product.family in SKIN_TREATED else replace(line, places=())
    if because := unknown(case, asked_of, "skin_infection", max_days=this.param(case, "max_days")):
        yield this.cannot(because, "skin infection")
        return
    if line.product.family in SKIN_TREATED:
        text = (
            "%(product)s is planned where no infection is recorded; one source and, for adults, the AAD guideline of 2023 "
            "advise against routine use (conditional)."
        )
        sources = [S3, AAD_TOPICAL]
    elif line.product.family == Family.BLEACH_BATH:
        text = "%(product)s is planned and no infection is recorded; the source speaks of disease with signs of infection."
        sources = [S3]
    else:
        text = "%(product)s is planned and no infection is recorded; the source speaks of short courses on infected skin."
        sources = [S3]
    known = [row for row in answers if row.answer != Answer.NOT_ASKED]
    seen = map(precaution_seen, known)
    yield this.finds(case, text, *seen, sources=sources, product=line.product.name)
