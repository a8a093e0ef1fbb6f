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


def text(born_on: date, on: date, died_on: date | None = None) -> str:
    """The age as clinics write it: "12 d", "7 m", "7 y 6 m" below 16, then "42 y"; at death, if that was before."""
    on = min(on, died_on) if died_on else on
    if on < born_on:
        return ""
    years = completed_years(born_on, on)
    if years >= 16:
        return f"{years} y"
    months = completed_months(born_on, on)
    if months < 1:
        return f"{(on - born_on).days} d"
    return f"{months} m" if years < 2 else f"{years} y {months % 12} m"
