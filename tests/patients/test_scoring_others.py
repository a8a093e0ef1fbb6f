"""vIGA-AD, itch, the limits of TARC by age, and the rule of the bands, each on both sides of every limit."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.scoring import easi, itch, poem, viga
from patients.scoring.bands import Band, band_of, strata
from patients.scoring.tarc import reference_limit

# vIGA-AD


@pytest.mark.parametrize(
    ("level", "band"), [(0, Band.CLEAR), (1, Band.ALMOST_CLEAR), (2, Band.MILD), (3, Band.MODERATE), (4, Band.SEVERE)]
)
def test_viga_band_of_every_level(level: int, band: Band) -> None:
    assert viga.band(level) is band


@pytest.mark.parametrize("level", [-1, 5, 40])
def test_viga_refused_outside_0_to_4(level: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 4"):
        viga.band(level)


def test_viga_success_of_every_pair() -> None:
    successes = {(2, 0), (3, 0), (4, 0), (3, 1), (4, 1)}
    assert {pair for pair in product(range(5), repeat=2) if viga.is_success(*pair)} == successes


# Itch


@pytest.mark.parametrize(
    ("levels", "band"), [(range(4), Band.MILD), (range(4, 7), Band.MODERATE), (range(7, 11), Band.SEVERE)]
)
def test_itch_band_of_every_level(levels: range, band: Band) -> None:
    assert {itch.band(level) for level in levels} == {band}


@pytest.mark.parametrize("level", [-1, 11, 100])
def test_itch_refused_outside_0_to_10(level: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 10"):
        itch.band(level)


# TARC

NO_LIMIT = None


@pytest.mark.parametrize(
    ("born", "on", "limit"),
    [
        ("2025-05-20", "2025-05-20", NO_LIMIT),
        ("2025-05-20", "2025-11-19", NO_LIMIT),
        ("2025-05-20", "2025-11-20", 1367),
        ("2025-05-20", "2026-05-19", 1367),
        ("2025-05-20", "2026-05-20", 998),
        ("2025-05-20", "2027-05-19", 998),
        ("2025-05-20", "2027-05-20", 743),
        ("2025-05-20", "2041-05-19", 743),
        ("2025-05-20", "2041-05-20", 450),
        ("1940-05-20", "2026-05-20", 450),
        # There is no 31 February and no 31 June: the month is complete the day after.
        ("2025-08-31", "2026-02-28", NO_LIMIT),
        ("2025-08-31", "2026-03-01", 1367),
        ("2025-12-31", "2026-06-30", NO_LIMIT),
        ("2025-12-31", "2026-07-01", 1367),
        # Born on 29 February
        ("2024-02-29", "2024-08-28", NO_LIMIT),
        ("2024-02-29", "2024-08-29", 1367),
        ("2024-02-29", "2025-02-28", 1367),
        ("2024-02-29", "2025-03-01", 998),
        ("2024-02-29", "2026-02-28", 998),
        ("2024-02-29", "2026-03-01", 743),
        ("2024-02-29", "2040-02-28", 743),
        ("2024-02-29", "2040-02-29", 450),
        ("2084-02-29", "2100-02-28", 743),
        ("2084-02-29", "2100-03-01", 450),
    ],
)
def test_tarc_limit_on_both_sides_of_each_age(born: str, on: str, limit: int | None) -> None:
    assert reference_limit(date.fromisoformat(born), date.fromisoformat(on)) == limit


def test_no_tarc_limit_before_the_birth() -> None:
    with pytest.raises(ValueError, match="before the birth"):
        reference_limit(date(2026, 11, 20), date(2026, 11, 19))


def first_day_of_month(born: date, months: int) -> date:
    """The day somebody has completed so many months: the same day of the month, else the first of the next."""
    year, month = divmod(born.month - 1 + months, 12)
    for later in (0, 1):
        try:
            return date(born.year + year + (month + later) // 12, (month + later) % 12 + 1, 1 if later else born.day)
        except ValueError:
            continue
    raise AssertionError


@given(st.dates(date(1930, 1, 1), date(2100, 12, 31)))
def test_tarc_limit_changes_only_at_its_four_ages(born: date) -> None:
    starts = [first_day_of_month(born, months) for months in (6, 12, 24, 192)]
    before, after = [NO_LIMIT, 1367, 998, 743], [1367, 998, 743, 450]
    assert [reference_limit(born, start - timedelta(days=1)) for start in starts] == before
    assert [reference_limit(born, start) for start in starts] == after


# Bands

EASI_LIMITS = [
    ("0", Band.CLEAR, Band.ALMOST_CLEAR),
    ("1.0", Band.ALMOST_CLEAR, Band.MILD),
    ("7.0", Band.MILD, Band.MODERATE),
    ("21.0", Band.MODERATE, Band.SEVERE),
    ("50.0", Band.SEVERE, Band.VERY_SEVERE),
]


@pytest.mark.parametrize(("limit", "band", "above"), EASI_LIMITS)
@pytest.mark.parametrize("step", ["0.05", "0.01", "0.0001"])
def test_easi_band_is_taken_on_the_unrounded_value(limit: str, band: Band, above: Band, step: str) -> None:
    assert band_of(Decimal(limit), easi.STRATA) is band
    assert band_of(Decimal(limit) + Decimal(step), easi.STRATA) is above


@pytest.mark.parametrize(("limit", "band"), [(limit, band) for limit, band, above in EASI_LIMITS if limit != "0"])
def test_easi_band_just_below_a_limit_is_the_limits_own(limit: str, band: Band) -> None:
    assert band_of(Decimal(limit) - Decimal("0.05"), easi.STRATA) is band


@pytest.mark.parametrize(
    ("among", "highest"),
    [(easi.STRATA, Decimal(72)), (poem.STRATA, Decimal(28)), (itch.STRATA, Decimal(10))],
    ids=["easi", "poem", "itch"],
)
def test_no_band_above_the_highest_value(among: tuple, highest: Decimal) -> None:
    assert band_of(highest, among) is among[-1].band
    with pytest.raises(ValueError, match="above every band"):
        band_of(highest + Decimal("0.05"), among)


def test_bands_from_pairs_of_text_are_exact() -> None:
    among = strata((Band.MILD, "0.1"), (Band.SEVERE, "0.3"))
    assert band_of(Decimal("0.1"), among) is Band.MILD
    assert band_of(Decimal("0.3"), among) is Band.SEVERE
    assert band_of(0, among) is Band.MILD
