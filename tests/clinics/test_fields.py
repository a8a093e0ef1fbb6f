"""Dates typed in three boxes, and dates shown."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from clinics.fields import DateField, parse_date
from clinics.models.base import MONTHS, day, one_line
from clinics.queries import AuditFilter, clinic_audit
from tests.factories import make_clinic


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
        ("1" * 20, "5", "2019", "day as a number"),
        ("4", "1" * 5000, "2019", "month as a word"),
        ("4", "September" + "x", "2019", "month as a word"),
        ("4", "5", "2" * 5000, "year with four digits"),
    ],
)
def test_dates_that_are_refused_say_which_part(day_: str, month: str, year: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        parse_date(day_, month, year)


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
@pytest.mark.parametrize("on", [date.min, date.max])
def test_the_audit_of_a_day_at_the_end_of_time_is_empty(zone: str, on: date) -> None:
    assert clinic_audit(make_clinic(zone=zone), AuditFilter(on=on)) == ([], False)


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_a_name_may_join_letters(joiner: str) -> None:
    one_line(f"\u0646\u0627\u0645{joiner}\u0646\u0627\u0645")


@pytest.mark.parametrize(
    "unseen",
    [
        *["\n", "\0", "\x85", "\u2028", "\u2029", "\u202e", "\u2066", "\ud800"],
        *["\u00ad", "\u061c", "\u200b", "\u200e", "\u200f", "\u2060", "\u2064", "\ufeff", "\U000e0041"],
    ],
)
def test_a_name_holds_nothing_unseen(unseen: str) -> None:
    with pytest.raises(ValidationError, match="invisible"):
        one_line(f"Winter{unseen}mann")


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
