"""The calendar of a line: weeks from Monday to Sunday, each day with a sign and a word, and the same as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinics.models.base import day
from regimens import words
from regimens.protocol.adherence import DayState, Tally
from regimens.queries.doses import CalendarDay, LineDoses, calendar

WEEK = timedelta(days=7)
PAGE_WEEKS = 12
STATES: dict[DayState, tuple[str, Any]] = {
    DayState.DONE: ("✓", gettext_lazy("done")),
    DayState.PARTLY: ("◐", gettext_lazy("partly done")),
    DayState.SKIPPED: ("–", gettext_lazy("skipped")),
    DayState.NO_RECORD: ("?", gettext_lazy("no record")),
    DayState.NOT_DUE: ("·", gettext_lazy("not due")),
    DayState.FUTURE: ("○", gettext_lazy("will be due")),
}


class CellView(NamedTuple):
    """A day."""

    on: str
    number: int
    state: str
    sign: str
    word: str
    extra: int  # applications that no dose asked for
    is_today: bool


class WeekView(NamedTuple):
    """A week: its Monday, its days, and the same in words."""

    monday: str
    cells: list[CellView]
    text: str


class MonthView(NamedTuple):
    """The weeks whose Monday lies in a month."""

    name: str
    weeks: list[WeekView]


class CalendarView(NamedTuple):
    """Some weeks of a line, and the pages before and after (0: none)."""

    since: str
    until: str
    months: list[MonthView]
    earlier: int
    later: int


class SignView(NamedTuple):
    """What a sign of the calendar means."""

    state: str
    sign: str
    word: str


def signs() -> list[SignView]:
    """The legend."""
    return [SignView(state.value, sign, str(word)) for state, (sign, word) in STATES.items()]


def span(end: date, page: int) -> tuple[date, date]:
    """Monday and Sunday of the first and the last week of a page; the first page ends with the week of `end`."""
    sunday = end + timedelta(days=6 - end.weekday()) - (page - 1) * PAGE_WEEKS * WEEK
    return sunday - PAGE_WEEKS * WEEK + timedelta(days=1), sunday


def calendar_view(doses: LineDoses, starts_on: date, *, end: date, today: date, page: int) -> CalendarView:
    """A page of the calendar of a line that began on a day; `end` is its last day, or today."""
    since, until = span(end, page)
    days = calendar(doses, since=since, until=until, today=today)
    extra: dict[date, int] = {}
    for row in doses.extra:
        extra[row.on] = extra.get(row.on, 0) + 1
    weeks = [days[first : first + 7] for first in range(0, len(days), 7)]
    months = groupby(weeks, key=lambda week: date_format(week[0].on, "F Y"))
    return CalendarView(
        day(since),
        day(until),
        [MonthView(name, [_week(week, extra, today) for week in found]) for name, found in months],
        page + 1 if since > starts_on else 0,
        page - 1,
    )


def _week(days: Sequence[CalendarDay], extra: dict[date, int], today: date) -> WeekView:
    cells = [_cell(one, extra.get(one.on, 0), today) for one in days]
    return WeekView(day(days[0].on), cells, _text(days, extra))


def _cell(one: CalendarDay, extra: int, today: date) -> CellView:
    sign, word = STATES[one.state]
    said = [str(word), *_counts(one.tally)]
    if extra:
        said.append(_extra(extra))
    return CellView(day(one.on), one.on.day, one.state.value, sign, ", ".join(said), extra, one.on == today)


def _counts(found: Tally) -> list[str]:
    """ "1 done", "1 no record": where a day has several doses."""
    if found.expected < 2:
        return []
    parts = ((found.done, _("done")), (found.skipped, _("skipped")), (found.no_record, _("no record")))
    return [f"{count} {word}" for count, word in parts if count]


def _extra(count: int) -> str:
    return ngettext("%(n)s extra application", "%(n)s extra applications", count) % {"n": count}


def _text(days: Sequence[CalendarDay], extra: dict[date, int]) -> str:
    """The week in words: "done: Monday, Thursday; no record: Friday"."""
    found = []
    for state, (_sign, word) in STATES.items():
        on = [one.on.weekday() for one in days if one.state == state]
        if on and state != DayState.NOT_DUE:
            found.append(f"{word}: {words.weekdays(on)}")
    beside = [one.on.weekday() for one in days if one.on in extra]
    if beside:
        found.append(f"{_('applied beside the plan')}: {words.weekdays(beside)}")
    return "; ".join(found) or _("nothing due")
