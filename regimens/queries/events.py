"""Unwanted events of a patient, and which of them wait for somebody."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.utils.translation import gettext as _

from clinics.models.base import day
from patients.models import Patient
from patients.sites import Side
from regimens import words
from regimens.models import AdverseEvent, EventKind, Severity, WorkReason
from regimens.protocol.facts import Place
from regimens.queries.doses import OPEN_EVENT_DAYS, dose_settings


class Waiting(NamedTuple):
    """A reason for an item of work."""

    reason: WorkReason
    text: str


def adverse_events(patient: Patient) -> list[AdverseEvent]:
    """The events that count, the latest first, with line, infection and who recorded them."""
    rows = AdverseEvent.objects.live().filter(patient=patient)
    return list(rows.select_related("line__product", "infection", "recorded_by").order_by("-onset_on", "-pk"))


def events_waiting(patient: Patient, *, on: date) -> dict[str, Waiting]:
    """What waits because of unwanted events, by the subject of the item.

    A red flag waits from the moment it is recorded until somebody closes it, and anew when it becomes another kind of
    event or becomes severe; burning that goes on for longer than the
    clinic's number of days (default seven, clinical.md C15), until it ends or is closed.
    """
    ever = list(AdverseEvent.objects.filter(patient=patient).select_related("line__product").order_by("pk"))
    rows = [row for row in ever if row.withdrawn_at is None]
    burning = [row for row in rows if row.kind == EventKind.BURNING and row.ended_on is None]
    days = dose_settings(patient.clinic).open_event_days if burning else OPEN_EVENT_DAYS
    found: dict[str, Waiting] = {}
    for row in rows:
        if row.is_red_flag:
            text = _("%(what)s since %(day)s. Look at once.") % {"what": event_words(row), "day": day(row.onset_on)}
            times = _times_worse([one for one in ever if one.episode == row.episode])
            found[f"event:{row.episode}:red:{row.kind}:{times}"] = Waiting(WorkReason.RED_FLAG, text)
    for row in burning:
        if on > row.onset_on + timedelta(days=days):
            text = _("%(what)s goes on since %(day)s: longer than %(days)s days.")
            said = {"what": event_words(row), "day": day(row.onset_on), "days": days}
            found[f"event:{row.episode}:long"] = Waiting(WorkReason.ADVERSE_EVENT, text % said)
    return found


def red_flags(patient: Patient) -> list[str]:
    """The red flags that go on, in words, the latest first."""
    rows = AdverseEvent.objects.live().filter(patient=patient, ended_on=None).order_by("-onset_on", "-pk")
    said = _("Red flag: %(what)s, since %(day)s")
    return [said % {"what": _what_where(row), "day": day(row.onset_on)} for row in rows if row.is_red_flag]


def _what_where(row: AdverseEvent) -> str:
    where = words.where([Place(row.site, Side(row.side))] if row.site else [])
    return ", ".join(part for part in (str(row), where) if part)


def _times_worse(rows: list[AdverseEvent]) -> int:
    """How often an event became severe that was not so before; its rows in the order they were recorded."""
    is_severe = [row.severity == Severity.SEVERE for row in rows]
    return sum(now and not before for before, now in pairwise(is_severe))


def event_words(row: AdverseEvent) -> str:
    """ "Burning or stinging, Face, mild (Tacrolimus 0.1 % ointment)"."""
    said = f"{_what_where(row)}, {str(row.get_severity_display()).lower()}"
    return f"{said} ({row.line.product.name})" if row.line is not None else said


def event_now(row: AdverseEvent) -> AdverseEvent:
    """What counts now of an event; where nothing does, the row as it was withdrawn."""
    rows = AdverseEvent.objects.select_related("line", "infection", "recorded_by", "replaces")
    found: AdverseEvent | None = rows.live().filter(episode=row.episode, patient=row.patient_id).first()
    return found or rows.get(pk=row.pk)
