"""Ages, exact. Pure."""

from __future__ import annotations

from datetime import date


def completed_years(born_on: date, on: date) -> int:
    """Completed years on a date; someone born on 29 February turns a year older on 1 March. ValueError before birth."""
    if on < born_on:
        raise ValueError("the date is before the birth")
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def completed_months(born_on: date, on: date) -> int:
    """Completed calendar months on a date. ValueError before birth."""
    if on < born_on:
        raise ValueError("the date is before the birth")
    return (on.year - born_on.year) * 12 + on.month - born_on.month - (on.day < born_on.day)
