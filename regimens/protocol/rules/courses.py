"""Courses: how long an oral steroid, a wet wrap or an antibiotic is used, and whether there is an infection to treat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from patients.sites import overlaps
from regimens.protocol.asked import day_in_words, precaution_seen
from regimens.protocol.base import Level, Outcome, Rule, rule
from regimens.protocol.facts import Answer, Case, Family, Input, Line, Precaution
from regimens.protocol.schedule import months_later
from regimens.protocol.sources import AAD_SYSTEMIC, AAD_TOPICAL, OWN, S0, S1, S2, S3
from regimens.protocol.told import ADULT_MONTHS, age_seen, course_length, months_of_age

LONGEST_STEROID = 15  # days no source allows: a clinic may stop earlier, not later
UNKNOWN_LENGTH = "How many days it is used is not recorded."


def _length_seen(line: Line) -> Input:
    days = course_length(line)
    return Input("days planned", "not known" if days is None else str(days), line.starts_on, line.by)


# --- Oral steroid -----------------------------------------------------------------------------------------------------

LENGTH_OPEN = "%(product)s has no planned length; three sources allow less than 7 days, one up to 14, in a crisis only."
TOO_LONG = (
    "%(product)s is planned for %(days)s days; fewer than %(limit)s can be saved. The longest any source allows is 14."
)
IN_A_CHILD = "%(product)s is planned for %(days)s days at %(age)s; one source explicitly does not recommend it in children."
LONG = (
    "%(product)s is planned for %(days)s days; consider fewer than %(limit)s. Three sources allow less than 7 days, one up "
    "to 14, and the guideline, written for adults, advises against it."
)


@rule(
    "oral-steroid-length",
    level=Level.WARN,
    title="Length of an oral steroid",
    logic="An oral steroid for 7 days or more, of unknown length or under 18 years (caution); over 14 days (stop).",
    sources=[S0, S1, S2, S3, AAD_SYSTEMIC],
    topic="C5",
    warn_from=7,
    block_from=LONGEST_STEROID,
)
def oral_steroid_length(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.STEROID_ORAL:
        return
    days, months = course_length(line), months_of_age(case, line)
    is_child = months is not None and months < ADULT_MONTHS
    warn_from, block_from = this.param(case, "warn_from"), min(this.param(case, "block_from"), LONGEST_STEROID)
    seen = [_length_seen(line), age_seen(case, line)] if months is not None else [_length_seen(line)]
    missing = () if months is not None else ("birth date",)
    sources = [S2, S0, S1, S3] if is_child else this.sources
    product, planned = line.product.name, str(days)
    if days is None:
        yield this.cannot(UNKNOWN_LENGTH, "length of the course")
        missing = ("length of the course", *missing)
        yield this.finds(case, LENGTH_OPEN, *seen, missing=missing, sources=sources, product=product)
    elif days >= block_from:
        yield this.finds(
            case,
            TOO_LONG,
            *seen,
            level=Level.STOP,
            missing=missing,
            sources=sources,
            product=product,
            days=planned,
            limit=str(block_from),
        )
    elif is_child:
        age = age_seen(case, line).value
        yield this.finds(case, IN_A_CHILD, *seen, sources=sources, product=product, days=planned, age=age)
    elif days >= warn_from:
        yield this.finds(
            case, LONG, *seen, missing=missing, sources=sources, product=product, days=planned, limit=str(warn_from)
        )
    elif months is None:
        yield this.cannot("Whether it is for a child is not known without the birth date.", "birth date")


@rule(
    "oral-steroid-earlier",
    level=Level.INFORM,
    title="Earlier oral steroid",
    logic="The days of oral steroid in the twelve months before this course.",
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
    for course in case.person.courses:
        days = {course.starts_on + timedelta(days=n) for n in range(course.days)} if course.days > 0 else set()
        days = {day for day in days if since <= day < line.starts_on}
        if course.family == Family.STEROID_ORAL and days:
            taken |= days
            seen.append(Input("earlier oral steroid", f"{course.days} days {course.label}".strip(), course.starts_on))
    if taken:
        yield this.finds(
            case,
            "Oral steroid was taken on %(days)s days in the %(months)s months before %(starts_on)s (courses: %(count)s).",
            *seen,
            days=str(len(taken)),
            months=str(months),
            starts_on=day_in_words(line.starts_on),
            count=str(len(seen)),
        )


# --- Wet wraps --------------------------------------------------------------------------------------------------------


@rule(
    "wet-wrap-length",
    level=Level.WARN,
    title="Length of wet wraps",
    logic="Wet wraps for 8 to 14 days (told: severe cases only) or for more than 14 days (caution).",
    sources=[S2],
    inform_from=8,
    warn_from=15,
)
def wet_wrap_length(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.WET_WRAP:
        return
    days = course_length(line)
    if days is None:
        yield this.cannot(UNKNOWN_LENGTH, "length of the course")
    elif days >= this.param(case, "warn_from"):
        text = "Wet wraps are planned for %(days)s days; the source says 3 to 7 days, up to 14 in severe cases."
        yield this.finds(case, text, _length_seen(line), days=str(days))
    elif days >= this.param(case, "inform_from"):
        text = "Wet wraps are planned for %(days)s days; the source says 3 to 7 days, and up to 14 in severe cases only."
        yield this.finds(case, text, _length_seen(line), level=Level.INFORM, days=str(days))


# --- Antibiotics and antiseptics --------------------------------------------------------------------------------------


@rule(
    "topical-antibiotic-length",
    level=Level.INFORM,
    title="Long topical antibiotic",
    logic="A topical antibiotic for more than 14 days.",
    sources=[OWN],
    inform_from=15,
)
def topical_antibiotic_length(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family != Family.ANTIBIOTIC_TOPICAL:
        return
    days = course_length(line)
    if days is None:
        yield this.cannot(UNKNOWN_LENGTH, "length of the course")
    elif days >= this.param(case, "inform_from"):
        text = (
            "%(product)s is planned for %(days)s days; consider an earlier look (adtrack's own limit, no source has one)."
        )
        yield this.finds(case, text, _length_seen(line), product=line.product.name, days=str(days))


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
    level=Level.INFORM,
    title="Antimicrobial without an infection",
    logic="An antibiotic, antiseptic or bleach bath while no infection of the skin is recorded where it is used.",
    sources=[S3, AAD_TOPICAL],
)
def antimicrobial_without_infection(this: Rule, case: Case, line: Line) -> Iterator[Outcome]:
    if line.product.family not in ANTIMICROBIALS:
        return
    answers = case.person.answers("skin_infection")
    present = [row for row in answers if row.holds(line.starts_on, line.until_on)]
    if any(_is_on(row, line) for row in present):
        return
    if not case.person.is_known("skin_infection"):
        yield this.cannot("Nobody asked about an infection of the skin.", "skin infection")
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
