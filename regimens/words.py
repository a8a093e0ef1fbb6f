"""Treatment in words: how often, in which phase, where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinics.models.base import unbroken
from patients import sites
from patients.sites import Side
from regimens.protocol.facts import Phase, Place

WEEKDAYS: tuple[Any, ...] = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
PHASE_WORDS: dict[str, Any] = {
    Phase.INDUCTION: gettext_lazy("Daily"),
    Phase.MAINTENANCE: gettext_lazy("Proactive maintenance"),
    Phase.INTERVAL: gettext_lazy("At an interval"),
    Phase.COURSE: gettext_lazy("Course"),
    Phase.AS_NEEDED: gettext_lazy("As needed"),
    Phase.HOLD: gettext_lazy("On hold"),
}


def times_a_day(count: int | None) -> str:
    """ "once daily", "twice daily", "3 times daily"."""
    if count == 1:
        return _("once daily")
    return _("twice daily") if count == 2 else _("%(n)s times daily") % {"n": count}


def weekdays(numbers: Iterable[int]) -> str:
    """ "Monday and Thursday"."""
    names = [str(WEEKDAYS[number]) for number in sorted(numbers)]
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def every(days: int | None) -> str:
    """ "every 2 weeks", "every 10 days"."""
    days = days or 0
    if days and days % 7 == 0:
        return ngettext("every week", "every %(n)s weeks", days // 7) % {"n": days // 7}
    return ngettext("every day", "every %(n)s days", days) % {"n": days}


def after(days: int) -> str:
    """ "after 2 weeks", "after 10 days"."""
    if days % 7 == 0:
        return ngettext("after %(n)s week", "after %(n)s weeks", days // 7) % {"n": days // 7}
    return ngettext("after %(n)s day", "after %(n)s days", days) % {"n": days}


def how(use: Any) -> str:
    """How something is used: an order, a plan or a line of the rules, which share these names."""
    phase, found = use.phase, ""
    if phase == Phase.INDUCTION:
        found = times_a_day(use.per_day)
    elif phase == Phase.MAINTENANCE:
        days = use.days if hasattr(use, "days") else use.weekdays
        found = _("once a day on %(days)s") % {"days": weekdays(days)}
    elif phase == Phase.INTERVAL:
        found = every(use.every_days)
        if use.loading_dose:
            found = _("%(often)s, first %(loading)s") % {"often": found, "loading": unbroken(use.loading_dose)}
        if use.second_after_days:
            found = _("%(often)s, the second dose %(after)s") % {"often": found, "after": after(use.second_after_days)}
    elif phase == Phase.COURSE:
        count = use.course_days or 0
        days_text = ngettext("for %(n)s day", "for %(n)s days", count) % {"n": count}
        found = f"{times_a_day(use.per_day)}, {days_text}"
    elif phase == Phase.AS_NEEDED:
        most = ngettext("at the most once a day", "at the most %(n)s times a day", use.most_per_day or 0)
        found = _("when needed: %(when)s, %(most)s") % {"when": use.condition, "most": most % {"n": use.most_per_day}}
    elif phase == Phase.HOLD:
        found = _("not at present")
    return found


DOSE_NAMES: dict[str, Any] = {
    "morning": gettext_lazy("morning"),
    "midday": gettext_lazy("midday"),
    "afternoon": gettext_lazy("afternoon"),
    "evening": gettext_lazy("evening"),
}


def dose_name(slot: str) -> str:
    """Name of a dose of the day: "evening", "dose 5"."""
    if slot in DOSE_NAMES:
        return str(DOSE_NAMES[slot])
    return _("dose %(number)s") % {"number": slot.removeprefix("dose-")}


SIDES: dict[str, Any] = {
    Side.LEFT: gettext_lazy("left"),
    Side.RIGHT: gettext_lazy("right"),
    Side.BOTH: gettext_lazy("both sides"),
}


def where(places: Iterable[Place]) -> str:
    """ "Face, Hands (left)"; nothing for what is not applied to the skin."""
    found = []
    for place in places:
        if place.site:
            name = _(sites.SITES[place.site].label)
            found.append(f"{name} ({SIDES[place.side]})" if place.side else name)
    return ", ".join(found)
