"""What rules about the person look at and say alike: precautions, weight, scores, spans of age. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from patients.sites import SITES, Side, contains
from regimens.protocol.facts import Case, Input, Line, Measured, Place, Precaution
from regimens.protocol.told import age_day

WORDS = {
    "immunocompromise": "immunocompromise",
    "barrier_defect": "barrier defect",
    "pregnancy": "pregnancy",
    "breastfeeding": "breastfeeding",
    "epilepsy": "epilepsy",
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


NOT_ASKED = {kind: f"Nobody has recorded whether there is {words}." for kind, words in WORDS.items()} | {
    "barrier_defect": "Nobody has recorded whether there is a barrier defect such as Netherton syndrome.",
    "epilepsy": "Nobody asked about epilepsy.",
    "skin_infection": "Nobody has recorded whether the skin is infected.",
    "phototherapy": "Nobody has recorded whether phototherapy is planned or under way.",
    "helminth_infection": "Nobody has recorded whether there is a helminth infection.",
}
OLD_AFTER = 90  # days after which "absent" is asked again (pregnancy, infection); ours: no source on file has a number
GROWS_OLD = ' An answer "absent" is asked again after some days; their number is adtrack\'s own.'


def unknown(case: Case, line: Line, kind: str, *, max_days: int | None = None) -> str:
    """Why nobody can say whether there is this now, where the line is used; empty when an answer speaks of it.

    An answer without a place speaks of the whole person, one with a place of that skin only, and none of a day after its
    own end. With `max_days`, an answer grows old.
    """
    rows = [row for row in case.person.answers(kind) if row.speaks_of(age_day(case, line))]
    asked_on = []
    for spot in _spots(line):
        days = [row.on or date.min for row in rows if _is_about(row.place, spot)]
        if not days:
            return NOT_ASKED[kind]
        asked_on.append(max(days))
    first = min(asked_on)
    if max_days is None or (case.on - first).days <= max_days:
        return ""
    when = "on a day that is not recorded" if first == date.min else f"on {day_in_words(first)}"
    return f"Not checked because it was asked {when}, more than {max_days} days ago: {WORDS[kind]}."


def _spots(line: Line) -> list[Place]:
    """The places of a line, each side of a pair on its own; one without a site for what is not on the skin."""
    spots = []
    for place in line.places:
        both = place.site and SITES[place.site].paired and place.side in (Side.NONE, Side.BOTH)
        spots += [Place(place.site, side) for side in (Side.LEFT, Side.RIGHT)] if both else [place]
    return spots or [Place("")]


def _is_about(asked: Place | None, spot: Place) -> bool:
    """Whether an answer for a place holds for all of a spot; one without a place does."""
    if asked is None or not asked.site:
        return True
    is_in = bool(spot.site) and contains(asked.site, spot.site)
    return is_in and asked.side in (Side.NONE, Side.BOTH, spot.side)


def present(case: Case, line: Line, kind: str) -> list[Precaution]:
    """The answers "present" that hold on some day of the line that is not over yet."""
    return [row for row in case.person.answers(kind) if row.holds(age_day(case, line), line.until_on)]
