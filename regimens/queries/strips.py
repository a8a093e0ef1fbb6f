"""The strip of doses under the bars of a line: what is recorded of each day, week or month, by shape and in words."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.models.base import day
from patients.chart import Span
from regimens import bars
from regimens.bars import Days
from regimens.models import ApplicationKind
from regimens.protocol.adherence import DayState, Outcome, Tally, day_state, tally
from regimens.queries.doses import LineDoses

LEGEND: dict[str, Any] = {
    DayState.DONE: gettext_lazy("doses: all done"),
    DayState.PARTLY: gettext_lazy("doses: some done"),
    DayState.SKIPPED: gettext_lazy("doses: all said to be skipped"),
    DayState.NO_RECORD: gettext_lazy("doses: none done, no record of some or all"),
    "beside": gettext_lazy("applied beside the plan: extra, or as needed"),
}
STEPS: dict[str, Any] = {
    "day": gettext_lazy("In the strip of doses each step is a day."),
    "week": gettext_lazy("In the strip of doses each step is a week, from Monday."),
    "month": gettext_lazy("In the strip of doses each step is a month."),
}


class Part(NamedTuple):
    """Neighbouring steps of which the same is recorded."""

    x: str
    width: str
    look: str
    title: str


@dataclass(frozen=True)
class Strip:
    """The doses of a line in the time shown; `by_plan` in words, by the key of the plan."""

    parts: list[Part] = field(default_factory=list)
    text: str = ""
    by_plan: dict[int, str] = field(default_factory=dict)


class Step(NamedTuple):
    """A day, a week or a month with what was due in it."""

    number: int
    days: Days
    tally: Tally
    state: DayState


def strip_of(doses: LineDoses, span: Span) -> Strip | None:
    """The strip of a line; None where nothing was due, recorded or applied in the time shown."""
    if not doses.expected and not doses.extra:
        return None
    steps = _steps(doses, span)
    parts = [_part(list(run), span) for _key, run in groupby(steps, lambda one: (one.state, one.number - steps.index(one)))]
    parts += [
        _placed(Days(on, on), span, "beside", f"{day(on)}: {_beside(kinds)}")
        for on, kinds in sorted(_by_day(doses).items())
        if span.holds(on)
    ]
    return Strip(parts, _words(doses.tally, _kinds(doses)), _by_plan(doses))


def _steps(doses: LineDoses, span: Span) -> list[Step]:
    """The steps in which something was due, in order; the first and the last are cut to the days on which something was."""
    by_day = doses.by_day()
    firsts = [cell.first for cell in bars.steps(span)]
    begin, end = min(by_day, default=span.since), max(by_day, default=span.until)
    cells = [Days(max(cell.first, begin), min(cell.last or end, end)) for cell in bars.steps(span)]
    counted: dict[int, Tally] = {}
    for on, found in by_day.items():
        number = bisect(firsts, on) - 1
        counted[number] = counted.get(number, Tally()) + found
    return [
        Step(number, cells[number], found, day_state(cells[number].first, found, span.until))
        for number, found in sorted(counted.items())
    ]


def _part(run: list[Step], span: Span) -> Part:
    days = Days(run[0].days.first, run[-1].days.last)
    counted = sum((step.tally for step in run), Tally())
    period = day(days.first)
    if days.last != days.first:
        period = _("%(since)s to %(until)s") % {"since": period, "until": day(days.last)}
    return _placed(days, span, run[0].state, f"{period}: {_words(counted)}")


def _placed(days: Days, span: Span, look: str, title: str) -> Part:
    place = bars.bar(days, span)
    if place is None:
        raise ValueError(f"{days} lie outside")
    return Part(f"{place.x:.2f}%", f"{place.width:.2f}%", look, title)


def _by_plan(doses: LineDoses) -> dict[int, str]:
    """What is recorded of each phase, in words."""
    said = {due: Outcome(row.outcome) for due, row in doses.records.items()}
    found = {}
    for plan in doses.plans:
        counted = tally([due for due in doses.expected if due.plan == plan.pk], said)
        kinds = Counter(row.kind for row in doses.extra if row.plan_id == plan.pk)
        found[plan.pk] = _words(counted, kinds)
    return found


def _kinds(doses: LineDoses) -> Counter[str]:
    return Counter(row.kind for row in doses.extra)


def _by_day(doses: LineDoses) -> dict[date, Counter[str]]:
    found: dict[date, Counter[str]] = {}
    for row in doses.extra:
        found.setdefault(row.on, Counter())[row.kind] += 1
    return found


def _words(counted: Tally, beside: Counter[str] | None = None) -> str:
    """ "done 18, skipped 6, no record 4; 1 extra"; nothing where nothing was due or applied. Never a percentage."""
    said = ""
    if counted.expected:
        said = _("done %(done)s, skipped %(skipped)s, no record %(no_record)s") % {
            "done": counted.done,
            "skipped": counted.skipped,
            "no_record": counted.no_record,
        }
    return "; ".join(text for text in (said, _beside(beside or Counter())) if text)


def _beside(kinds: Counter[str]) -> str:
    """ "1 extra, 2 as needed"."""
    words = ((ApplicationKind.EXTRA, _("%(n)s extra")), (ApplicationKind.AS_NEEDED, _("%(n)s as needed")))
    return ", ".join(text % {"n": kinds[kind]} for kind, text in words if kinds[kind])


def legend(strips: Iterable[Strip]) -> list[tuple[str, str]]:
    """What the shapes mean that are drawn."""
    looks = {part.look for strip in strips for part in strip.parts}
    return [(f"strip-{look}", str(text)) for look, text in LEGEND.items() if look in looks]
