"""vIGA-AD, the Validated Investigator Global Assessment for Atopic Dermatitis: one level, 0 to 4.

Source: Simpson 2020. Older scales go to 5 and are another instrument. Success, "0 or 1 with at least two levels less than
at the start", is the usual end point of US trials; the clinical reference marks it UNVERIFIED, so it is shown as such and
decides nothing.
"""

from __future__ import annotations

from patients.scoring.bands import Band

VERSION = "viga-ad-1"
LEVELS = range(5)
BANDS = (Band.CLEAR, Band.ALMOST_CLEAR, Band.MILD, Band.MODERATE, Band.SEVERE)


def band(level: int) -> Band:
    """The word of a level. ValueError outside 0 to 4."""
    if level not in LEVELS:
        raise ValueError("a vIGA-AD level lies between 0 and 4")
    return BANDS[level]


def is_success(baseline: int, level: int) -> bool:
    """Clear or almost clear, and at least two levels better than the baseline."""
    return level <= 1 and baseline - level >= 2
