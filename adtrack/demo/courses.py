"""How the skin of the made-up people went, worked out from the day it is loaded on. Pure and seeded, like the people.

A course is a line of severity between 0 and 1. Everything else follows from it: what is seen in each region and answered
to each question, so that items and totals fit each other. Who has which course is written down below by name, the rest is
drawn. The lines look plausible; they are nobody's and from no study.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from math import exp
from random import Random
from typing import Any

from patients.ages import completed_years
from patients.models.assessments import area_column, percent_column, poem_column, sign_column
from patients.scoring import easi, viga
from patients.scoring.bands import Band
from patients.scoring.easi import Findings, Region, Sign
from patients.scoring.poem import Question

SEED = "adtrack demonstration, courses"
ANSWERS_FROM = 12  # completed years; before, a parent or carer answers

Line = tuple[tuple[float, float], ...]  # share of the course that has passed, share of the severity at its start

# The names are what the chart should look like.
SHAPES: dict[str, Line] = {
    "responder": ((0, 1), (0.1, 0.6), (0.25, 0.25), (0.4, 0.12), (1, 0.08)),
    "partial": ((0, 1), (0.3, 0.65), (1, 0.55)),
    "relapsing": ((0, 1), (0.2, 0.35), (0.35, 0.15), (0.5, 0.9), (0.65, 0.3), (0.8, 0.15), (0.92, 0.75), (1, 0.5)),
    "worsening": ((0, 0.35), (0.4, 0.5), (0.7, 0.6), (1, 1)),
    "mild": ((0, 0.25), (0.5, 0.15), (1, 0.2)),
    "cleared": ((0, 1), (0.2, 0.4), (0.5, 0), (1, 0)),
    "unchanged": ((0, 0.8), (1, 0.8)),
}
OFTEN = ("responder", "responder", "responder", "partial", "partial", "relapsing", "relapsing", "worsening", "mild")

# How much of a severity shows in a region, by age, and as which sign.
REGIONS = {
    "infant": (1.2, 0.9, 0.9, 0.8),
    "child": (0.8, 1.1, 0.7, 1.0),
    "adult": (1.0, 1.1, 0.7, 0.8),
}
SIGNS = {"infant": (1.0, 0.8, 0.8, 0.1), "child": (1.0, 0.8, 0.9, 0.5), "adult": (1.0, 0.85, 0.8, 0.85)}
QUESTIONS = (1.1, 0.8, 0.5, 0.4, 0.7, 0.8, 1.1)
LEVEL_OF = {band: level for level, band in enumerate(viga.BANDS)} | {Band.VERY_SEVERE: 4}


@dataclass(frozen=True)
class Plan:
    """What is special about one course; what is not said is drawn."""

    shape: str = ""
    weeks: int | None = None
    start: float | None = None  # severity the line begins from
    visits: tuple[int, ...] | None = None  # weeks before the end, instead of every few weeks
    ends_weeks_ago: int = 0
    asks_often: bool = True  # POEM at every visit, else at every other
    asks_itch: bool = False
    weekly_itch: bool = False
    tarc: bool = False
    both_answer: bool = False  # patient and parent, on one day
    helped: bool = False
    paper: bool = False  # forms entered days later
    leaves_open: bool = False  # one question open, then two
    afterwards: str = ""  # amended, withdrawn or draft: what became of an EASI


# By name; where two bear it, both have the plan. No visits: nothing was ever scored.
PLANS: dict[str, Plan] = {
    "Beispiel, Jonas": Plan("responder", 36, start=0.75, weekly_itch=True, tarc=True),
    "Schmidt, Anna": Plan("relapsing", 50),
    "Müller, Jan": Plan("worsening", 40, start=0.7, tarc=True),
    "Mueller, Jann": Plan("partial", 32, start=0.6, afterwards="withdrawn"),  # meant for the one above
    "Chen, Li": Plan("responder", 20, afterwards="draft", asks_itch=True),
    "O'Connor, Rory": Plan("worsening", 30, start=0.85, afterwards="amended"),
    "D'Angelo, Maria Grazia": Plan("cleared", 44, start=0.6, tarc=True),
    "García Fernández de la Vega, María de los Ángeles Inmaculada Concepción": Plan(
        "partial", 28, paper=True, helped=True, asks_itch=True
    ),
    "Шевченко, Олександр": Plan("mild", 40, ends_weeks_ago=13),
    "Łukaszewska, Małgorzata": Plan("relapsing", 50, start=0.65, weekly_itch=True),
    "bin Abdullah, Ahmad Faiz": Plan("partial", 30, ends_weeks_ago=20),
    "Ng'ang'a, Wanjirũ": Plan("unchanged", visits=(104, 61), start=0.4),
    "E, Wei": Plan(visits=()),
    "山田, 花子": Plan("relapsing", 24, helped=True, leaves_open=True),
    "Örnek-Yıldız, Defne": Plan("responder", 30, start=0.6, both_answer=True, asks_itch=True),
    "Örnek-Yıldız, Deniz": Plan("unchanged", 50, start=0.5, asks_itch=True),  # the 8th birthday lies in the middle
    "Örnek-Yıldız, Ada": Plan("relapsing", 40, weekly_itch=True),
    "Dubois-Lefèvre, Zoé": Plan("responder", 12, start=0.6),
    "van der Berg, Fleur": Plan("mild", visits=(0,), start=0.5),
    "Novák, Matěj": Plan("worsening", 30, start=0.8, tarc=True),
}


@dataclass(frozen=True)
class Entry:
    """One instrument, or a serum TARC, on one day, ready for the actions; `corrected` are the values of its amendment."""

    what: str
    on: date
    values: dict[str, Any]
    by: str = "nurse"  # role of who enters it, and of the rater
    days_late: int = 0
    afterwards: str = ""
    corrected: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Skin:
    """One person's: how much more or less than others each region shows, and the dice."""

    born_on: date
    regions: tuple[float, ...]
    drawn: Random

    def age_group(self, on: date) -> str:
        """Infant below two years, child below twelve: where the eczema sits."""
        years = completed_years(self.born_on, on)
        return "infant" if years < 2 else "child" if years < 12 else "adult"


def course(
    name: str,
    number: str,
    born_on: date,
    on: date,
    *,
    until: date | None = None,
    languages: Sequence[str] = ("en",),
    weeks: int | None = None,
) -> list[Entry]:
    """Everything that was scored about one person up to a date (or `until`, where earlier), the oldest first.

    `number` makes the dice their own; `weeks` is the length where no plan gives one.
    """
    drawn = Random(f"{SEED} {name} {number}")  # noqa: S311 - made-up people are no secret, and must come out the same
    plan = _plan(PLANS.get(name), drawn, weeks)
    skin = Skin(born_on, tuple(drawn.uniform(0.75, 1.3) for _ in Region), drawn)
    last = min(on, until or on) - timedelta(weeks=plan.ends_weeks_ago)
    days = _visits(plan, born_on, last, drawn)
    entries = [entry for number, day in enumerate(days) for entry in _visit(plan, skin, day, days, number, languages)]
    if plan.weekly_itch and days:
        entries += _weekly_itch(plan, skin, days)
    if plan.afterwards and days:
        entries = _with_a_slip(plan.afterwards, entries, drawn)
    return sorted(entries, key=lambda entry: (entry.on, entry.what == "easi" and entry.afterwards == "draft"))


def _plan(known: Plan | None, drawn: Random, weeks: int | None) -> Plan:
    """The plan with everything that it leaves open drawn; one in ten without a plan was never scored."""
    share = drawn.random()
    plan = known or Plan(visits=() if share < 0.1 else None)
    return replace(
        plan,
        shape=plan.shape or drawn.choice(OFTEN),
        weeks=plan.weeks or weeks or drawn.randrange(12, 40),
        start=plan.start or drawn.uniform(0.4, 0.8),
        asks_often=known is not None,
        asks_itch=plan.asks_itch or (known is None and 0.1 < share < 0.3),
        tarc=plan.tarc or (known is None and share > 0.85),
    )


def _visits(plan: Plan, born_on: date, last: date, drawn: Random) -> list[date]:
    """Days of the visits, the oldest first: every 4 weeks in the beginning, later less often unless it comes and goes."""
    if plan.visits is not None:
        return sorted(day for weeks in plan.visits if (day := last - timedelta(weeks=weeks)) >= born_on)
    weeks, behind = plan.weeks or 0, drawn.randrange(3, 12)
    passed = [0]
    while passed[-1] < weeks:
        wait = 4 if passed[-1] < 12 else 6 if plan.shape == "relapsing" else drawn.choice((8, 10, 12))
        passed.append(passed[-1] + wait if passed[-1] + wait + 3 < weeks else weeks)
    days = [last - timedelta(days=(weeks - week) * 7 + behind + drawn.randrange(-2, 3)) for week in passed]
    return [day for day in days if day >= born_on + timedelta(days=14)]


def severity(plan: Plan, days: Sequence[date], on: date) -> float:
    """Where the line of the plan stands on a date, between 0 and 1."""
    length = (days[-1] - days[0]).days or 1
    share = min(max((on - days[0]).days / length, 0), 1)
    line = SHAPES[plan.shape]
    at = min(max(bisect([point[0] for point in line], share), 1), len(line) - 1)
    (from_share, from_part), (to_share, to_part) = list(pairwise(line))[at - 1]
    part = from_part + (share - from_share) / (to_share - from_share) * (to_part - from_part)
    return min((plan.start or 0) * part, 1)


def _visit(
    plan: Plan, skin: Skin, on: date, days: Sequence[date], number: int, languages: Sequence[str]
) -> Iterator[Entry]:
    """What is scored at one visit: the first and every other by the dermatologist."""
    drawn = skin.drawn
    grade = min(severity(plan, days, on) * drawn.uniform(0.88, 1.12), 1)
    rater = "nurse" if number % 2 else "dermatologist"
    late = drawn.randrange(2, 9) if plan.paper and number % 2 else 0
    seen = findings(skin, grade, on)
    typed = rater == "nurse"  # the nurse types the share of each region, the dermatologist chooses the score
    yield Entry("easi", on, _easi_values(seen, with_percent=typed), rater, late)
    score = easi.score({region: found for region, (_, found) in seen.items()}, easi.weight_set(skin.born_on, on))
    if rater == "dermatologist":
        yield Entry("viga_ad", on, {"level": LEVEL_OF[score.band]}, rater, late)
    open_ones = (1 if number == 1 else 2 if number == 2 else 0) if plan.leaves_open else int(drawn.random() < 0.05)
    for respondent in respondents(plan, skin.born_on, on) if rater == "dermatologist" or plan.asks_often else ():
        # Children say less than their parents.
        felt = grade * (0.75 if plan.both_answer and respondent == "self" else 1)
        language = {"language": drawn.choice(languages)}
        yield Entry("poem", on, _answers(felt, drawn, open_ones) | language | {"respondent": respondent}, days_late=late)
    if plan.asks_itch and not plan.weekly_itch:
        yield Entry("itch", on, {"level": _itch(grade, drawn), "respondent": respondents(plan, skin.born_on, on)[-1]})
    if plan.tarc and number % 2 == 0:
        yield Entry("tarc", on, _tarc(grade, drawn, is_haemolysed=number == 2))


def respondents(plan: Plan, born_on: date, on: date) -> tuple[str, ...]:
    """Who answers on a date: the patient from twelve years, before that somebody for them."""
    if plan.both_answer:
        return ("self", "proxy")
    if completed_years(born_on, on) < ANSWERS_FROM:
        return ("proxy",)
    return ("helped",) if plan.helped else ("self",)


def findings(skin: Skin, grade: float, on: date) -> dict[Region, tuple[int, Findings]]:
    """What is seen in each region at a severity: the share affected in per cent, area score and signs, never clashing."""
    group, drawn = skin.age_group(on), skin.drawn
    found = {}
    for region, usual, own in zip(Region, REGIONS[group], skin.regions, strict=True):
        here = min(grade * usual * own * drawn.uniform(0.92, 1.08), 1)
        percent = round(100 * here**1.3)
        if percent < 3 and drawn.random() < 0.6:
            percent = 0  # the last spots do not sit everywhere
        signs = {
            sign: _sign(3 * here**0.7 * usual * drawn.uniform(0.9, 1.1))
            for sign, usual in zip(Sign, SIGNS[group], strict=True)
        }
        if percent == 0:
            signs = dict.fromkeys(Sign, Decimal(0))
        elif not any(signs.values()):
            signs[Sign.REDNESS] = Decimal(1)
        found[region] = (percent, Findings(easi.area_score(Decimal(percent)), dict(signs)))
    return found


def _sign(intensity: float) -> Decimal:
    """The nearest value a sign may have; 0.5 is none."""
    return min(easi.SIGNS, key=lambda value: abs(float(value) - intensity))


def _easi_values(seen: dict[Region, tuple[int, Findings]], *, with_percent: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for region, (percent, found) in seen.items():
        values[area_column(region)] = found.area
        values |= {sign_column(region, sign): value for sign, value in found.signs.items()}
        if with_percent:
            values[percent_column(region)] = Decimal(percent)
    return values


def _answers(grade: float, drawn: Random, open_ones: int) -> dict[str, Any]:
    """Seven answers, 0 to 4; the last so many left open."""
    given = [min(round(4 * grade**0.7 * usual * drawn.uniform(0.8, 1.2)), 4) for usual in QUESTIONS]
    kept = [*given[: len(given) - open_ones], *([None] * open_ones)]
    return {poem_column(question): answer for question, answer in zip(Question, kept, strict=True)}


def _itch(grade: float, drawn: Random) -> int:
    return min(round(10 * grade**0.8 * drawn.uniform(0.85, 1.15)), 10)


def _tarc(grade: float, drawn: Random, *, is_haemolysed: bool) -> dict[str, Any]:
    """A serum TARC in pg/mL that follows the severity: about 250 at rest, some thousands when severe."""
    value = round(250 * exp(3.4 * grade) * drawn.uniform(0.85, 1.15))
    return {"value": Decimal(value), "assay": "chemiluminescence, made-up laboratory", "is_haemolysed": is_haemolysed}


def _weekly_itch(plan: Plan, skin: Skin, days: Sequence[date]) -> Iterator[Entry]:
    """The worst itch of the day before, once a week from the first visit to the last."""
    for week in range((days[-1] - days[0]).days // 7 + 1):
        on = days[0] + timedelta(weeks=week)
        respondent = respondents(plan, skin.born_on, on)[-1]
        yield Entry("itch", on, {"level": _itch(severity(plan, days, on), skin.drawn), "respondent": respondent})


def _with_a_slip(afterwards: str, entries: list[Entry], drawn: Random) -> list[Entry]:
    """The entries with one EASI that was amended, withdrawn, or begun on the last day and not finished."""
    of_easi = [entry for entry in entries if entry.what == "easi"]
    if afterwards == "draft":
        last = of_easi[-1]
        begun = {name: value for name, value in last.values.items() if name.startswith(("hn_", "ul_"))}
        return [*entries, replace(last, values=begun, by="nurse", days_late=0, afterwards="draft")]
    slipped = of_easi[len(of_easi) // 2]
    if afterwards == "withdrawn":
        strange = {name: value for name, value in of_easi[0].values.items() if not name.endswith("_percent")}
        return [*entries, replace(slipped, values=strange, by="dermatologist", afterwards="withdrawn")]
    typed = {name: value for name, value in slipped.values.items() if not name.endswith("_percent")}
    typed["tr_area"] = 6 if typed["tr_area"] < 6 else 1
    if not any(typed[sign_column(Region.TRUNK, sign)] for sign in Sign):
        typed[sign_column(Region.TRUNK, Sign.REDNESS)] = Decimal(drawn.choice((2, 3)))
    wrong = replace(slipped, values=typed, afterwards="amended", corrected=slipped.values)
    return [wrong if entry is slipped else entry for entry in entries]
