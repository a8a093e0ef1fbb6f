"""TARC (serum CCL17) in pg/mL: the reference limit by age.

Source: upper limits used by Japanese laboratories (BML, Falco; children after Fujisawa 2005). They belong to those assays:
the laboratory's own limit, where the report states one, comes first. The age at which "child" becomes "adult" is not
printed; 16 years is ours.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from patients.ages import completed_months

VERSION = "tarc-1"
ADULT_FROM_YEARS = 16
# From this many completed months on: the upper limit in pg/mL (values below it are within reference).
LIMITS: tuple[tuple[int, Decimal], ...] = (
    (6, Decimal(1367)),
    (12, Decimal(998)),
    (24, Decimal(743)),
    (ADULT_FROM_YEARS * 12, Decimal(450)),
)


def reference_limit(born_on: date, on: date) -> Decimal | None:
    """The upper reference limit (pg/mL) at the age on a date; None below six months, where none is published."""
    months = completed_months(born_on, on)
    reached = [limit for start, limit in LIMITS if months >= start]
    return reached[-1] if reached else None
