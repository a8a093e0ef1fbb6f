"""EASI, the Eczema Area and Severity Index: 0 to 72 from four regions.

Sources: Hanifin 2001 and the HOME EASI user guide v3 (2017) for regions, weights and area scores; Hanifin 2022 for half
points; Leshem 2015 for the bands. The weights change on the 8th birthday ("under 8 years of age" / "8 years or above").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from patients.ages import completed_years
from patients.scoring.bands import Band, Stratum, band_of, strata

VERSION = "easi-1/leshem-2015"
HIGHEST = Decimal(72)
ADULT_WEIGHTS_FROM = 8  # completed years on the date of the assessment


class Region(StrEnum):
    """The four regions; the trunk with axillae and groin, the lower limbs with the buttocks."""

    HEAD_NECK = "head_neck"
    UPPER_LIMBS = "upper_limbs"
    TRUNK = "trunk"
    LOWER_LIMBS = "lower_limbs"


class Sign(StrEnum):
    """The four signs; the form's words for erythema, oedema / papulation, excoriation, lichenification."""

    REDNESS = "redness"
    THICKNESS = "thickness"
    SCRATCHING = "scratching"
    LICHENIFICATION = "lichenification"


class WeightSet(StrEnum):
    """Which weights the regions have."""

    UNDER_8 = "under_8"
    FROM_8 = "from_8"


WEIGHTS: dict[WeightSet, dict[Region, Decimal]] = {
    WeightSet.FROM_8: {
        Region.HEAD_NECK: Decimal("0.1"),
        Region.UPPER_LIMBS: Decimal("0.2"),
        Region.TRUNK: Decimal("0.3"),
        Region.LOWER_LIMBS: Decimal("0.4"),
    },
    WeightSet.UNDER_8: {
        Region.HEAD_NECK: Decimal("0.2"),
        Region.UPPER_LIMBS: Decimal("0.2"),
        Region.TRUNK: Decimal("0.3"),
        Region.LOWER_LIMBS: Decimal("0.3"),
    },
}

AREAS = range(7)
WHOLE_SIGNS = (Decimal(0), Decimal(1), Decimal(2), Decimal(3))
# 0.5 is not among them: a sign that is present at all is at least mild (Hanifin 2022).
SIGNS = (Decimal(0), Decimal(1), Decimal("1.5"), Decimal(2), Decimal("2.5"), Decimal(3))

# Leshem 2015 prints one decimal; half points give values between, such as 7.05, which belong to the band above.
STRATA: tuple[Stratum, ...] = strata(
    (Band.CLEAR, "0"),
    (Band.ALMOST_CLEAR, "1.0"),
    (Band.MILD, "7.0"),
    (Band.MODERATE, "21.0"),
    (Band.SEVERE, "50.0"),
    (Band.VERY_SEVERE, "72.0"),
)

# Upper limits (not included) of the share of the region that is affected, in per cent; 6 is 90 to 100 (NCT05990725).
AREA_LIMITS = (Decimal(10), Decimal(30), Decimal(50), Decimal(70), Decimal(90))


@dataclass(frozen=True)
class Findings:
    """What was seen in one region: the area score (0 to 6) and the four signs; None is "not answered"."""

    area: int | None = None
    signs: Mapping[Sign, Decimal | None] = field(default_factory=dict)


class Wrong(StrEnum):
    """Why a region cannot be scored."""

    MISSING = "missing"
    NOT_ALLOWED = "not_allowed"
    AREA_WITHOUT_SIGN = "area_without_sign"
    SIGN_WITHOUT_AREA = "sign_without_area"


@dataclass(frozen=True)
class Problem:
    """What is wrong, where: the sign, or None for the area."""

    region: Region
    sign: Sign | None
    wrong: Wrong


@dataclass(frozen=True)
class Score:
    """An exact EASI. `head_neck` is the first region's term: up to 7.2, under 8 years 14.4."""

    total: Decimal
    by_region: Mapping[Region, Decimal]
    weights: WeightSet
    band: Band

    @property
    def head_neck(self) -> Decimal:
        """The head and neck sub-score."""
        return self.by_region[Region.HEAD_NECK]


def weight_set(born_on: date, on: date) -> WeightSet:
    """The weights for somebody assessed on a date: they change on the 8th birthday. ValueError before the birth."""
    return WeightSet.FROM_8 if completed_years(born_on, on) >= ADULT_WEIGHTS_FROM else WeightSet.UNDER_8


def area_score(percent: Decimal) -> int:
    """The area score (0 to 6) of an affected share of the region, 0 to 100 per cent. ValueError outside."""
    if not 0 <= percent <= 100:
        raise ValueError("a share lies between 0 and 100 per cent")
    if percent == 0:
        return 0
    return 1 + sum(percent >= limit for limit in AREA_LIMITS)


def problems(findings: Mapping[Region, Findings]) -> list[Problem]:
    """Everything that keeps these findings from being a score, by region; an empty list means they are complete."""
    return [problem for region in Region for problem in _problems_of(region, findings.get(region, Findings()))]


def _problems_of(region: Region, seen: Findings) -> list[Problem]:
    found: list[Problem] = []
    if seen.area is None:
        found.append(Problem(region, None, Wrong.MISSING))
    elif seen.area not in AREAS:
        found.append(Problem(region, None, Wrong.NOT_ALLOWED))
    for sign in Sign:
        value = seen.signs.get(sign)
        if value is None:
            found.append(Problem(region, sign, Wrong.MISSING))
        elif value not in SIGNS:
            found.append(Problem(region, sign, Wrong.NOT_ALLOWED))
    if found:
        return found
    present = [sign for sign in Sign if seen.signs[sign]]
    if seen.area == 0:
        return [Problem(region, sign, Wrong.SIGN_WITHOUT_AREA) for sign in present]
    return [] if present else [Problem(region, None, Wrong.AREA_WITHOUT_SIGN)]


def score(findings: Mapping[Region, Findings], weights: WeightSet) -> Score:
    """The EASI of complete findings: per region (sum of signs) x area x weight. ValueError when something is wrong."""
    if wrong := problems(findings):
        raise ValueError(f"not scored: {wrong}")
    by_region = {region: _term(findings[region], WEIGHTS[weights][region]) for region in Region}
    total = sum(by_region.values(), Decimal(0))
    return Score(total, by_region, weights, band_of(total, STRATA))


def _term(seen: Findings, weight: Decimal) -> Decimal:
    return sum((seen.signs[sign] or Decimal(0) for sign in Sign), Decimal(0)) * (seen.area or 0) * weight
