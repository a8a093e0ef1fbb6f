"""Severity bands: upper limits on the unrounded value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Band(StrEnum):
    """The words for severity that the instruments share; not every instrument uses all of them."""

    CLEAR = "clear"
    ALMOST_CLEAR = "almost_clear"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    VERY_SEVERE = "very_severe"


@dataclass(frozen=True)
class Stratum:
    """A band with the highest value that still belongs to it."""

    band: Band
    upto: Decimal


def strata(*pairs: tuple[Band, str]) -> tuple[Stratum, ...]:
    """Bands in rising order, each with its upper limit as text."""
    return tuple(Stratum(band, Decimal(upto)) for band, upto in pairs)


def band_of(value: Decimal | int, among: Sequence[Stratum]) -> Band:
    """The band of an unrounded value: the first whose upper limit is not below it. ValueError beyond the last."""
    for stratum in among:
        if value <= stratum.upto:
            return stratum.band
    raise ValueError(f"{value} lies above every band")
