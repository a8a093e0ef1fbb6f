"""Ages on both sides of every birthday, against values worked out by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.ages import completed_months, completed_years
from patients.models import Patient

DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        ("2018-11-20", "2026-11-19", 7),
        ("2018-11-20", "2026-11-20", 8),
        ("2018-11-20", "2026-11-21", 8),
        ("2016-02-29", "2024-02-28", 7),
        ("2016-02-29", "2024-02-29", 8),
        ("2016-02-29", "2023-02-28", 6),
        ("2016-02-29", "2023-03-01", 7),
        ("2018-12-31", "2026-12-30", 7),
        ("2018-12-31", "2026-12-31", 8),
        ("2018-01-01", "2025-12-31", 7),
        ("2018-01-01", "2026-01-01", 8),
        ("2026-11-20", "2026-11-20", 0),
    ],
)
def test_completed_years(born: str, on: str, years: int) -> None:
    assert completed_years(date.fromisoformat(born), date.fromisoformat(on)) == years


@pytest.mark.parametrize(
    ("born", "on", "months"),
    [
        ("2026-01-31", "2026-02-28", 0),
        ("2026-01-31", "2026-03-01", 1),
        ("2026-01-31", "2026-03-31", 2),
        ("2025-12-15", "2026-01-14", 0),
        ("2025-12-15", "2026-01-15", 1),
        ("2024-02-29", "2025-02-28", 11),
        ("2024-02-29", "2025-03-01", 12),
    ],
)
def test_completed_months(born: str, on: str, months: int) -> None:
    assert completed_months(date.fromisoformat(born), date.fromisoformat(on)) == months


def test_no_age_before_birth() -> None:
    with pytest.raises(ValueError, match="before the birth"):
        completed_years(date(2020, 1, 2), date(2020, 1, 1))
    with pytest.raises(ValueError, match="before the birth"):
        completed_months(date(2020, 1, 2), date(2020, 1, 1))


@given(DATES, DATES)
def test_a_birthday_is_the_only_day_the_age_changes(one: date, other: date) -> None:
    born, on = sorted((one, other))
    tomorrow = on + timedelta(days=1)
    turned = completed_years(born, tomorrow) - completed_years(born, on)
    is_birthday = (tomorrow.month, tomorrow.day) == (born.month, born.day)
    is_leapling_in_common_year = (
        (born.month, born.day) == (2, 29) and (tomorrow.month, tomorrow.day) == (3, 1) and (on.month, on.day) == (2, 28)
    )
    assert turned == int(is_birthday or is_leapling_in_common_year)
    assert completed_months(born, on) // 12 == completed_years(born, on)


@pytest.mark.parametrize(
    ("born", "died", "text"),
    [
        ("2026-11-08", None, "12 d"),
        ("2026-10-20", None, "1 m"),
        ("2024-11-21", None, "23 m"),
        ("2024-11-20", None, "2 y 0 m"),
        ("2019-05-04", None, "7 y 6 m"),
        ("2010-11-21", None, "15 y 11 m"),
        ("2010-11-20", None, "16 y"),
        ("1984-03-09", None, "42 y"),
        ("1940-03-09", "2020-03-08", "79 y"),
        ("2026-11-21", None, ""),
    ],
)
def test_age_as_clinics_write_it(born: str, died: str | None, text: str) -> None:
    patient = Patient(birth_date=date.fromisoformat(born), deceased_on=date.fromisoformat(died) if died else None)
    assert patient.age_text(date(2026, 11, 20)) == text
