"""Fingertip units by site and age: the printed tables, both sides of each age, shares, and the same skin named twice."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.sites import SITES, Side
from regimens.protocol.facts import Place
from regimens.protocol.fingertips import Amount, amount_for

ADULT = 12 * 40
# Long, Mills and Finlay 1998 as leaflets reprint it; adults: Long and Finlay 1991 (arm 3 with hand 1, leg 6 with foot 2).
TABLE = [  # months, head and neck, one arm, one leg, front, back with buttocks
    (3, "1", "1", "1.5", "1", "1.5"),
    (6, "1", "1", "1.5", "1", "1.5"),
    (11, "1", "1", "1.5", "1", "1.5"),  # the table ends at six months and goes on at a year: the smaller one
    (12, "1.5", "1.5", "2", "2", "3"),
    (35, "1.5", "1.5", "2", "2", "3"),
    (36, "1.5", "2", "3", "3", "3.5"),
    (71, "1.5", "2", "3", "3", "3.5"),
    (72, "2", "2.5", "4.5", "3.5", "5"),
    (131, "2", "2.5", "4.5", "3.5", "5"),
    (132, "2.5", "4", "8", "7", "7"),
    (1200, "2.5", "4", "8", "7", "7"),
]


def amount(*written: str, months: int | None = ADULT) -> Amount | None:
    places = [Place(site, Side(side)) for site, _colon, side in (text.partition(":") for text in written)]
    return amount_for(places, months)


@pytest.mark.parametrize("row", TABLE, ids=[str(row[0]) for row in TABLE])
def test_the_table(row: tuple[int, str, str, str, str, str]) -> None:
    months = row[0]
    head, arm, leg, front, back = map(Decimal, row[1:])
    assert amount("head_neck", months=months) == Amount(head, False)
    assert amount("upper_limbs:left", months=months) == Amount(arm, False)
    assert amount("upper_limbs:both", months=months) == Amount(2 * arm, False)
    assert amount("lower_limbs:right", months=months) == Amount(leg, False)
    assert amount("trunk", months=months) == Amount(front + back, False)
    assert amount("whole_body", months=months) == Amount(head + 2 * arm + 2 * leg + front + back, False)


def test_a_whole_adult_is_about_twenty_grams() -> None:
    found = amount("whole_body")
    assert found is not None
    assert (found.units, found.grams) == (Decimal("40.5"), Decimal("20.25"))


@pytest.mark.parametrize(
    ("written", "units", "is_at_most"),
    [
        (["face"], "2.5", True),
        (["eyelids:left"], "2.5", True),
        (["scalp", "neck"], "2.5", True),  # one part of the table, named twice
        (["hands"], "8", True),  # without a side: both
        (["hands:left"], "4", True),
        (["hands:left", "hands:right"], "8", True),
        (["hands:left", "elbow_folds:left"], "4", True),
        (["hands:left", "elbow_folds:right"], "8", True),
        (["hands:left", "upper_limbs:both"], "8", True),
        (["soles:right"], "8", True),
        (["buttocks"], "7", True),  # counted with the back, although they lie on the lower limbs
        (["buttocks:left", "buttocks:right"], "7", True),
        (["thighs:left", "buttocks"], "15", True),
        (["chest"], "7", True),
        (["chest", "abdomen", "axillae:left", "groin", "genitals"], "7", True),
        (["chest", "back"], "14", True),
        (["back"], "7", True),
        (["trunk", "chest"], "14", True),
        (["head_neck", "trunk"], "16.5", False),
        (["whole_body", "hands:left"], "40.5", True),
        (["face", "hands:both"], "10.5", True),
    ],
)
def test_places(written: list[str], units: str, is_at_most: bool) -> None:
    assert amount(*written) == Amount(Decimal(units), is_at_most)


@pytest.mark.parametrize(("months", "is_known"), [(None, False), (0, False), (2, False), (3, True)])
def test_without_an_age_or_below_three_months_nothing_is_said(months: int | None, is_known: bool) -> None:
    assert (amount("face", months=months) is not None) is is_known


def test_without_a_place_on_the_skin_nothing_is_said() -> None:
    assert amount_for([], ADULT) is None
    assert amount_for([Place("")], ADULT) is None
    assert amount_for([Place(""), Place("head_neck")], ADULT) == Amount(Decimal("2.5"), False)


@pytest.mark.parametrize("site", list(SITES))
def test_every_site_has_an_amount_and_none_is_more_than_all(site: str) -> None:
    found, whole = amount(site), amount("whole_body")
    assert found is not None
    assert whole is not None
    assert 0 < found.units <= whole.units


PLACES = st.lists(
    st.builds(Place, st.sampled_from(list(SITES)), st.sampled_from(list(Side))).map(
        lambda place: place if SITES[place.site].paired else Place(place.site)
    ),
    min_size=1,
    max_size=6,
)


@given(PLACES, PLACES, st.integers(3, 240))
def test_more_places_never_take_less_and_the_same_twice_no_more(one: list[Place], other: list[Place], months: int) -> None:
    first, both, again = (amount_for(places, months) for places in (one, one + other, one + one))
    assert first is not None
    assert both is not None
    assert first == again
    assert both.units >= first.units
    assert both.is_at_most or not first.is_at_most
