"""What rules about the person look at and say alike: precautions, weight, scores, spans of age. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from patients.sites import SITES, Side
from regimens.protocol.facts import Case, Input, Line, Measured, Place, Precaution
from regimens.protocol.told import age_day

WORDS = {
    "immunocompromise": "immunocompromise",
    "barrier_defect": "barrier defect",
    "pregnancy": "pregnancy",
    "breastfeeding": "breastfeeding",
    "skin_infection": "skin infection",
    "phototherapy": "phototherapy",
    "skin_malignancy": "skin malignancy",
    "helminth_infection": "helminth infection",
}
YEAR = 12


def span(months: int) -> str:
    """An age as a limit: "16 years", "3 months", "1 year and 6 months"."""
    years, rest = divmod(months, YEAR)
    parts = [f"{n} {unit if n == 1 else unit + 's'}" for n, unit in ((years, "year"), (rest, "month")) if n]
    return " and ".join(parts) or "0 months"


def day_in_words(day: date) -> str:
    """ "1 March 2026"."""
    return f"{day.day} {day:%B %Y}"


def number(value: Decimal) -> str:
    """Without trailing zeros: "28.5", "70"."""
    return f"{value.normalize():f}"


def weight_seen(weight: Measured) -> Input:
    """The weight as an input, with its day."""
    return Input("weight", f"{number(weight.value)} kg", weight.on, weight.by)


def place_in_words(place: Place) -> str:
    """ "face", "hands (left)"."""
    return SITES[place.site].label.lower() + (f" ({place.side})" if place.side != Side.NONE else "")


def precaution_seen(row: Precaution) -> Input:
    """The answer to a precaution as an input, with its place, its days and its words."""
    parts = [row.answer.replace("_", " ")]
    parts += [place_in_words(row.place)] if row.place and row.place.site else []
    parts += [f"from {day_in_words(row.from_on)}"] if row.from_on else []
    parts += [f"until {day_in_words(row.until_on)}"] if row.until_on else []
    parts += [row.text] if row.text else []
    return Input(WORDS.get(row.kind, row.kind), ", ".join(parts), row.on, row.by)


def present(case: Case, line: Line, kind: str) -> list[Precaution]:
    """The answers "present" that hold on some day of the line that is not over yet."""
    return [row for row in case.person.answers(kind) if row.holds(age_day(case, line), line.until_on)]
