"""Change since a baseline, against fractions; and EASI on both sides of the 8th birthday."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.scoring.bands import Band, band_of
from patients.scoring.change import comparable, easi_response, percent_change, reached, shown
from patients.scoring.easi import STRATA, Findings, Region, Sign, WeightSet

STEPS = (50, 75, 90, 100)
HIGHEST = 1440  # of an EASI, in twentieths of a point: the 0.05 grid


def easi(twentieths: int) -> Decimal:
    """An EASI on the 0.05 grid."""
    return Decimal(twentieths * 5).scaleb(-2)


def half_up(exact: Fraction) -> Fraction:
    """To one decimal, halves away from zero."""
    tenths = (abs(exact) * 20 + 1) // 2
    return Fraction(tenths, 10) * (1 if exact >= 0 else -1)


# The vectors of the clinical reference.


@pytest.mark.parametrize(
    ("baseline", "value", "percent"),
    [
        pytest.param("4", "2", "50.0", id="R1-vIGA-AD"),
        pytest.param("30.0", "9.0", "70.0", id="R2-EASI"),
        pytest.param("4.75", "1.20", "74.7", id="R3-head-and-neck"),
        pytest.param("3.75", "0.95", "74.7", id="R3-other-pair"),
        pytest.param("5000", "320", "93.6", id="R4-TARC"),
        pytest.param("19", "5", "73.7", id="R5-POEM"),
        pytest.param("28.4", "7.1", "75.0", id="R6-EASI"),
        pytest.param("14.0", "7.0", "50.0", id="R7-EASI"),
        pytest.param("10", "12", "-20.0", id="R9-worse"),
        pytest.param("16", "0", "100.0", id="R10-EASI"),
        # Others: halves away from zero on both sides, no change, far worse.
        ("20.00", "19.95", "0.3"),
        ("20.00", "20.05", "-0.3"),
        ("20.00", "19.85", "0.8"),
        ("72", "71.95", "0.1"),
        ("72", "72.00", "0.0"),
        ("0.1", "72", "-71900.0"),
        ("28", "1", "96.4"),
        ("3", "1", "66.7"),
        ("3", "4", "-33.3"),
    ],
)
def test_percent_as_it_is_shown(baseline: str, value: str, percent: str) -> None:
    change = percent_change(Decimal(baseline), Decimal(value))
    assert change is not None
    assert str(shown(change)) == percent


def test_percent_is_not_rounded_before_it_is_shown() -> None:
    one, other = percent_change(Decimal("4.75"), Decimal("1.20")), percent_change(Decimal("3.75"), Decimal("0.95"))  # R3
    assert one is not None
    assert other is not None
    assert abs(Fraction(one) - Fraction(355, 475) * 100) < Fraction(1, 10**20)
    assert abs(Fraction(other) - Fraction(280, 375) * 100) < Fraction(1, 10**20)
    assert percent_change(4, 2) == 50  # whole numbers too: R1


@pytest.mark.parametrize("value", ["0", "3", "72"])
def test_percent_is_undefined_from_a_baseline_of_0(value: str) -> None:  # R8: 0 to 3
    assert percent_change(Decimal("0.00"), Decimal(value)) is None
    assert percent_change(0, int(value)) is None


@pytest.mark.parametrize(("baseline", "value"), [("5000", "5001"), ("5000", "5002.4"), ("5000", "4998"), ("5000", "5000")])
def test_percent_near_nothing_is_shown_without_a_sign(baseline: str, value: str) -> None:
    change = percent_change(Decimal(baseline), Decimal(value))
    assert change is not None
    assert str(shown(change)) == "0.0"


def test_no_pair_of_poems_is_shown_as_the_studys_group_value() -> None:  # R5
    pairs = [percent_change(baseline, total) for baseline in range(1, 29) for total in range(29)]
    assert len(pairs) == 812
    assert Decimal("73.6") not in {shown(change) for change in pairs if change is not None}
    assert Decimal("73.7") in {shown(change) for change in pairs if change is not None}


@given(st.integers(1, HIGHEST), st.integers(0, HIGHEST))
def test_percent_equals_fractions(baseline: int, value: int) -> None:
    change = percent_change(easi(baseline), easi(value))
    assert change is not None
    assert Fraction(shown(change)) == half_up(Fraction((baseline - value) * 100, baseline))


# EASI-50, -75, -90, -100.


@pytest.mark.parametrize(
    ("baseline", "value", "response"),
    [
        pytest.param("30.0", "9.0", 50, id="R2"),
        pytest.param("28.4", "7.1", 75, id="R6"),
        pytest.param("14.0", "7.0", 50, id="R7"),
        pytest.param("0", "3", None, id="R8"),
        pytest.param("10", "12", None, id="R9"),
        pytest.param("16", "0", 100, id="R10"),
        ("0", "0", None),
        ("28.4", "7.15", 50),
        ("28.4", "7.05", 75),
        ("14.0", "7.05", None),
        ("14.0", "6.95", 50),
        ("4.5", "0.45", 90),
        ("4.5", "0.5", 75),
        ("4.5", "0.40", 90),
        ("72", "0.1", 90),
        ("72", "72", None),
        ("0.1", "0", 100),
        ("0.1", "0.1", None),
        # The float traps the reference prints
        ("1.4", "0.35", 75),
        ("11.2", "2.8", 75),
        ("22.4", "5.6", 75),
        ("30.4", "7.6", 75),
    ],
)
def test_easi_response_is_the_highest_step_reached(baseline: str, value: str, response: int | None) -> None:
    assert easi_response(Decimal(baseline), Decimal(value)) == response
    steps = [step for step in STEPS if reached(Decimal(baseline), Decimal(value), step)]
    assert steps == [step for step in STEPS if response is not None and step <= response]


@pytest.mark.parametrize(("baseline", "value", "step", "text"), [("67.9", "17.0", 75, "75.0"), ("67.9", "6.8", 90, "90.0")])
def test_reached_is_not_decided_on_what_is_shown(baseline: str, value: str, step: int, text: str) -> None:
    change = percent_change(Decimal(baseline), Decimal(value))
    assert change is not None
    assert str(shown(change)) == text
    assert not reached(Decimal(baseline), Decimal(value), step)


def test_r7_also_reaches_a_mild_easi() -> None:
    assert band_of(Decimal("7.0"), STRATA) is Band.MILD


@pytest.mark.parametrize(("step", "how_many"), [(75, 44), (90, 34)])
def test_reached_where_binary_floats_say_no(step: int, how_many: int) -> None:
    """The 78 pairs on the 0.05 grid that fall by exactly 75 or 90 per cent, and by less in floats."""
    left = 100 - step
    exact = [(baseline, baseline * left // 100) for baseline in range(1, HIGHEST + 1) if baseline * left % 100 == 0]
    traps = [(one, other) for one, other in exact if not (one / 20 - other / 20) / (one / 20) * 100 >= step]
    assert len(traps) == how_many
    for baseline, value in traps:
        assert reached(easi(baseline), easi(value), step)
        assert easi_response(easi(baseline), easi(value)) == step


@pytest.mark.parametrize("step", STEPS)
def test_reached_on_both_sides_of_every_limit_of_the_grid(step: int) -> None:
    for baseline in range(1, HIGHEST + 1):
        limit = baseline * (100 - step) // 100
        assert reached(easi(baseline), easi(limit), step)
        assert not reached(easi(baseline), easi(limit + 1), step)


@pytest.mark.parametrize("step", STEPS)
def test_reached_is_never_true_from_a_baseline_of_0(step: int) -> None:
    assert not reached(Decimal("0.00"), Decimal("0.00"), step)
    assert not reached(Decimal(0), Decimal(3), step)


# Across the 8th birthday.

REGIONS = [Region.HEAD_NECK, Region.UPPER_LIMBS, Region.TRUNK, Region.LOWER_LIMBS]
SIGNS = [Sign.REDNESS, Sign.THICKNESS, Sign.SCRATCHING, Sign.LICHENIFICATION]
BORN = date(2018, 11, 20)
EVE, BIRTHDAY = date(2026, 11, 19), date(2026, 11, 20)
CHILD, ADULT = WeightSet.UNDER_8, WeightSet.FROM_8


def seen(*regions: str) -> dict[Region, Findings]:
    """Head and neck, upper limbs, trunk, lower limbs; each its four signs and then the area."""
    return {
        region: Findings(int(text[4]), dict(zip(SIGNS, map(Decimal, text[:4]), strict=True)))
        for region, text in zip(REGIONS, regions, strict=True)
    }


SAME = seen("21102", "22113", "11002", "22213")  # E5 and E6: 14.0 and 12.7
LESS = seen("10001", "00000", "11002", "00000")  # from 8 years 0.1 + 1.2 = 1.3, under 8 years 0.2 + 1.2 = 1.4


@pytest.mark.parametrize(
    ("earlier", "later", "born", "weights", "recomputed"),
    [
        (date(2026, 8, 1), EVE, BORN, CHILD, False),
        (EVE, EVE, BORN, CHILD, False),
        (EVE, BIRTHDAY, BORN, ADULT, True),
        (date(2018, 11, 20), date(2030, 1, 1), BORN, ADULT, True),
        (BIRTHDAY, BIRTHDAY, BORN, ADULT, False),
        (BIRTHDAY, date(2026, 11, 21), BORN, ADULT, False),
        (date(2028, 2, 28), date(2028, 2, 29), date(2020, 2, 29), ADULT, True),
        (date(2100, 2, 27), date(2100, 2, 28), date(2092, 2, 29), CHILD, False),
        (date(2100, 2, 28), date(2100, 3, 1), date(2092, 2, 29), ADULT, True),
    ],
)
def test_comparable_uses_the_weights_of_the_later_date(
    earlier: date, later: date, born: date, weights: WeightSet, recomputed: bool
) -> None:
    pair = comparable((earlier, SAME), (later, LESS), born)
    assert (pair.earlier.weights, pair.later.weights) == (weights, weights)
    expected = ("14.0", "1.3", "0.8", "0.1") if weights is ADULT else ("12.7", "1.4", "1.6", "0.2")
    found = (pair.earlier.total, pair.later.total, pair.earlier.head_neck, pair.later.head_neck)
    assert found == tuple(Decimal(number) for number in expected)
    assert pair.recomputed is recomputed


def test_comparable_finds_no_change_in_the_same_skin_across_the_birthday() -> None:
    pair = comparable((EVE, SAME), (BIRTHDAY, SAME), BORN)
    assert percent_change(pair.earlier.total, pair.later.total) == 0
    assert percent_change(pair.earlier.head_neck, pair.later.head_neck) == 0


def test_comparable_refused_when_the_first_lies_after_the_second() -> None:
    with pytest.raises(ValueError, match="after the later"):
        comparable((BIRTHDAY, SAME), (EVE, SAME), BORN)


def test_comparable_refused_before_the_birth() -> None:
    with pytest.raises(ValueError, match="before the birth"):
        comparable((date(2018, 11, 19), SAME), (BIRTHDAY, SAME), BORN)


@pytest.mark.parametrize("region", REGIONS)
def test_comparable_refused_for_incomplete_findings(region: Region) -> None:
    incomplete = SAME | {region: Findings()}
    for earlier, later in ((incomplete, SAME), (SAME, incomplete)):
        with pytest.raises(ValueError, match="not scored"):
            comparable((EVE, earlier), (BIRTHDAY, later), BORN)
