"""POEM, the Patient-Oriented Eczema Measure: seven questions about the last week, 0 to 28.

Sources: Charman 2004 and the instrument's own instructions (one question left open counts 0, with two or more there is no
score); Charman 2013 for the bands; Howells 2018 for what a change means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from patients.scoring.bands import Band, Stratum, band_of, strata

VERSION = "poem-1/charman-2013"
HIGHEST = 28
ANSWERS = range(5)  # no days, 1-2, 3-4, 5-6, every day
MOST_OPEN = 1

STRATA: tuple[Stratum, ...] = strata(
    (Band.CLEAR, "2"), (Band.MILD, "7"), (Band.MODERATE, "16"), (Band.SEVERE, "24"), (Band.VERY_SEVERE, "28")
)


class Question(StrEnum):
    """The seven symptoms, in the order of the form."""

    ITCH = "itch"
    SLEEP = "sleep"
    BLEEDING = "bleeding"
    WEEPING = "weeping"
    CRACKING = "cracking"
    FLAKING = "flaking"
    DRYNESS = "dryness"


@dataclass(frozen=True)
class Score:
    """A POEM. `total` and `band` are None when it is not scored; `is_imputed` when one open question counted 0."""

    total: int | None
    band: Band | None
    is_imputed: bool
    open: tuple[Question, ...]


def score(answers: Mapping[Question, int | None]) -> Score:
    """The POEM of seven answers, 0 to 4 or None for a question left open. ValueError for any other answer."""
    given = {question: answers.get(question) for question in Question}
    if any(answer is not None and answer not in ANSWERS for answer in given.values()):
        raise ValueError("an answer lies between 0 and 4")
    left_open = tuple(question for question, answer in given.items() if answer is None)
    if len(left_open) > MOST_OPEN:
        return Score(None, None, False, left_open)
    total = sum(answer or 0 for answer in given.values())
    return Score(total, band_of(Decimal(total), STRATA), bool(left_open), left_open)


class Change(StrEnum):
    """What a change of so many points is likely to mean (Howells 2018), in either direction; totals are whole points."""

    WITHIN_ERROR = "within_error"  # up to 2
    PROBABLY_IMPORTANT = "probably_important"  # 3
    VERY_LIKELY_IMPORTANT = "very_likely_important"  # 4 and more


def change_class(baseline: int, total: int) -> Change:
    """The class of the difference between two POEM totals."""
    points = abs(total - baseline)
    if points >= 4:
        return Change.VERY_LIKELY_IMPORTANT
    return Change.PROBABLY_IMPORTANT if points >= 3 else Change.WITHIN_ERROR
