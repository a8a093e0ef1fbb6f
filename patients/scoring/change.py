"""What became of a score since an earlier one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from patients.scoring import easi

EASI_STEPS = (50, 75, 90, 100)


def percent_change(baseline: Decimal | int, value: Decimal | int) -> Decimal | None:
    """The reduction since the baseline in per cent, exact to 28 digits; negative when worse, None from a baseline of 0.

    For display round it once (`shown`); never decide on it: `reached` compares without dividing.
    """
    if baseline == 0:
        return None
    return (Decimal(baseline) - Decimal(value)) * 100 / Decimal(baseline)


def shown(percent: Decimal) -> Decimal:
    """A percentage as it is shown: one decimal, halves away from zero, and never -0.0."""
    return percent.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP) + 0


def reached(baseline: Decimal, value: Decimal, percent: int) -> bool:
    """Whether the score fell by at least this many per cent; False from a baseline of 0, of which there is no share."""
    return baseline > 0 and value * 100 <= baseline * (100 - percent)


def easi_response(baseline: Decimal, value: Decimal) -> int | None:
    """The highest of EASI-50, -75, -90, -100 that was reached; None below EASI-50 or from a baseline of 0."""
    return max((step for step in EASI_STEPS if reached(baseline, value, step)), default=None)


@dataclass(frozen=True)
class EasiPair:
    """Two EASI made comparable: both with the weights of the later date; `recomputed` when the earlier age had others."""

    earlier: easi.Score
    later: easi.Score
    recomputed: bool


def comparable(
    earlier: tuple[date, Mapping[easi.Region, easi.Findings]],
    later: tuple[date, Mapping[easi.Region, easi.Findings]],
    born_on: date,
) -> EasiPair:
    """Both EASI with one weight set, that of the later date: the same skin must not change by a birthday.

    ValueError when the first lies after the second, or the findings are not complete.
    """
    if earlier[0] > later[0]:
        raise ValueError("the earlier assessment lies after the later one")
    weights = easi.weight_set(born_on, later[0])
    recomputed = easi.weight_set(born_on, earlier[0]) is not weights
    return EasiPair(easi.score(earlier[1], weights), easi.score(later[1], weights), recomputed)
