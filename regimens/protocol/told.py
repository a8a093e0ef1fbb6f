"""What several families of rules look at and say alike: ages, lines beside a line, labels of the jurisdiction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from patients import ages
from patients.sites import SITES, Side
from regimens.protocol.base import label_facts
from regimens.protocol.facts import Case, Family, Input, LabelFact, Line, Phase, Place, Product

ANTI_INFLAMMATORY = frozenset({Family.TCI, Family.TCS, Family.PDE4, Family.JAK_TOPICAL, Family.AHR})  # topical ones
ADULT_MONTHS = 18 * 12
NO_LABEL = " No label of this jurisdiction is on file: the strictest known is used."
NOT_SITED = "On which skin one of these lines is used is not recorded."
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# --- Ages -------------------------------------------------------------------------------------------------------------


def age_day(case: Case, line: Line) -> date:
    """The day on which the age counts: the first of the line, or today for one that is running."""
    return max(line.starts_on, case.on)


def months_of_age(case: Case, line: Line) -> int | None:
    """Completed months on that day; None where the birth date is unknown or lies after it."""
    born_on, day = case.person.born_on, age_day(case, line)
    return None if born_on is None or born_on > day else ages.completed_months(born_on, day)


def age_seen(case: Case, line: Line) -> Input:
    """The age as an input."""
    born_on, day = case.person.born_on, age_day(case, line)
    return Input("age", ages.text(born_on, day) if born_on else "", day, f"born {born_on:%d-%b-%Y}" if born_on else "")


# --- Lines ------------------------------------------------------------------------------------------------------------


def weekdays_in_words(days: Iterable[int]) -> str:
    """ "Monday, Thursday"."""
    return ", ".join(WEEKDAYS[day] for day in sorted(days))


def places_in_words(places: Iterable[Place]) -> str:
    """ "face, hands (left)"; empty without a site."""
    return ", ".join(
        SITES[place.site].label.lower() + (f" ({place.side})" if place.side != Side.NONE else "")
        for place in places
        if place.site
    )


def use_in_words(line: Line) -> str:
    """How often and where: "twice daily on face"."""
    often = {
        Phase.INDUCTION: {1: "once daily", 2: "twice daily"}.get(line.per_day or 0, f"{line.per_day or '?'} times a day"),
        Phase.MAINTENANCE: weekdays_in_words(line.weekdays) or "maintenance",
        Phase.INTERVAL: _interval_in_words(line),
        Phase.COURSE: "a course" if (days := course_length(line)) is None else f"for {days} days",
        Phase.AS_NEEDED: "as needed",
        Phase.HOLD: "on hold",
    }[line.phase]
    where = places_in_words(line.places)
    return often + (f" on {where}" if where else "") + (", prescribed elsewhere" if line.is_elsewhere else "")


def _interval_in_words(line: Line) -> str:
    often, second = f"every {line.every_days or '?'} days", line.second_after_days
    return often if not second else f"{often}, the second dose after {second} {'day' if second == 1 else 'days'}"


def line_seen(line: Line) -> Input:
    """A line as an input."""
    return Input(line.product.name, use_in_words(line), line.starts_on, line.by)


def named(lines: Iterable[Line]) -> str:
    """Lines in a sentence: "Wet wrap (for 7 days on face); ..."."""
    return "; ".join(f"{line.product.name} ({use_in_words(line)})" for line in lines)


def course_length(line: Line) -> int | None:
    """Days from the first to the last, both counted; None when neither an end nor a length is known."""
    return line.course_days if line.until_on is None else (line.until_on - line.starts_on).days + 1


def is_sited(line: Line) -> bool:
    """Whether it is known on which skin it is used."""
    return any(place.site for place in line.places)


def on_same_skin(case: Case, line: Line, wanted: Callable[[Line], bool]) -> tuple[list[Line], list[Line]]:
    """The wanted lines in use in the same days: those on the same skin, and those of which nobody can tell."""
    beside = [other for other in case.beside(line) if wanted(other)]
    unclear = [other for other in beside if not (is_sited(line) and is_sited(other))]
    return [other for other in beside if line.touches(other)], unclear


# --- Labels -----------------------------------------------------------------------------------------------------------


def speaks_here(product: Product, kind: str, case: Case) -> tuple[list[LabelFact], bool]:
    """The verified facts of a kind that apply, and whether they speak for this jurisdiction (or for every one)."""
    facts = label_facts(product, kind, case.jurisdiction)
    return facts, any(fact.jurisdiction in (case.jurisdiction, "any") for fact in facts)
