"""Dates typed in three boxes, and dates shown."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from clinics.fields import DateField, parse_date
from clinics.models.base import MONTHS, day


@pytest.mark.parametrize(
    ("day_", "month", "year", "expected"),
    [
        ("4", "5", "2019", date(2019, 5, 4)),
        ("04", "05", "2019", date(2019, 5, 4)),
        ("4", "May", "2019", date(2019, 5, 4)),
        ("4", "may", "2019", date(2019, 5, 4)),
        ("4", "September", "2019", date(2019, 9, 4)),
        ("29", "Feb", "2024", date(2024, 2, 29)),
        ("31", "12", "1880", date(1880, 12, 31)),
    ],
)
def test_dates_that_are_read(day_: str, month: str, year: str, expected: date) -> None:
    assert parse_date(day_, month, year) == expected


@pytest.mark.parametrize(
    ("day_", "month", "year", "says"),
    [
        ("", "5", "2019", "day as a number"),
        ("x", "5", "2019", "day as a number"),
        ("-4", "5", "2019", "day as a number"),
        ("4", "", "2019", "month as a word"),
        ("4", "13", "2019", "month as a word"),
        ("4", "0", "2019", "month as a word"),
        ("4", "Foo", "2019", "month as a word"),
        ("4", "5", "19", "year with four digits"),
        ("4", "5", "", "year with four digits"),
        ("29", "2", "2023", "does not exist"),
        ("31", "4", "2023", "does not exist"),
        ("0", "4", "2023", "does not exist"),
        ("1", "1", "0000", "does not exist"),
    ],
)
def test_dates_that_are_refused_say_which_part(day_: str, month: str, year: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        parse_date(day_, month, year)


@given(st.dates())
def test_what_is_shown_can_be_typed_again(value: date) -> None:
    shown = day(value)
    if value.year >= 1000:
        assert parse_date(*shown.split("-")) == value
    assert shown[3:6] in MONTHS


def test_an_empty_date_is_none_or_required() -> None:
    assert DateField(required=False).clean(["", "", ""]) is None
    with pytest.raises(ValidationError, match="required"):
        DateField().clean(["", "", ""])


def test_the_boxes_show_the_month_as_a_word() -> None:
    assert DateField().widget.decompress(date(2019, 5, 4)) == [4, "May", 2019]
