"""Worst itch of the past 24 hours, 0 to 10 (peak pruritus numerical rating scale).

Source of the bands (0-3 mild, 4-6 moderate, 7-10 severe): the strata quoted in the clinical reference, 1.4.
"""

from __future__ import annotations

from decimal import Decimal

from patients.scoring.bands import Band, Stratum, band_of, strata

VERSION = "itch-nrs-1"
LEVELS = range(11)
STRATA: tuple[Stratum, ...] = strata((Band.MILD, "3"), (Band.MODERATE, "6"), (Band.SEVERE, "10"))


def band(level: int) -> Band:
    """The band of a level: mild 0-3, moderate 4-6, severe 7-10. ValueError outside 0 to 10."""
    if level not in LEVELS:
        raise ValueError("an itch lies between 0 and 10")
    return band_of(Decimal(level), STRATA)
