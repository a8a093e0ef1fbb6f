"""What the pages of unwanted events show: each event with its rows before, and which lines may be suspected."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinics.models.base import day, local_date, unbroken
from patients.models import Patient
from patients.sites import Side
from regimens import words
from regimens.models import AdverseEvent, RegimenLine
from regimens.models.events import INFECTIONS
from regimens.protocol.facts import Place
from regimens.queries.events import adverse_events

LATELY = timedelta(days=365)  # lines that ended within can still be suspected


class RowView(NamedTuple):
    """One row of an event in words."""

    what: str
    where: str
    severity: str
    since: str
    until: str
    action: str
    text: str
    line: str
    recorded: str
    by: str
    gone: str  # of a row that counts no more: when, by whom and why


class InfectionView(NamedTuple):
    """The infection of the record that an event opened or cites."""

    public_id: UUID
    text: str
    is_opened: bool  # by this event
    is_changed: bool  # replaced or taken back since
    is_open: bool


class EventView(NamedTuple):
    """An event as it stands, and how it stood before."""

    public_id: UUID
    now: RowView
    is_red_flag: bool
    is_open: bool
    days: str  # how long it lasts, or lasted
    infection: InfectionView | None
    before: list[RowView]  # the latest first


class EventPage(NamedTuple):
    """The unwanted events of a patient: those that go on first, then those that ended, then what was taken back."""

    open: list[EventView]
    ended: list[EventView]
    taken_back: list[EventView]


class Suspect(NamedTuple):
    """A line that may be suspected."""

    line: RegimenLine
    label: str


def event_page(patient: Patient, *, on: date) -> EventPage:
    """Every event of a patient, the latest first within its group. Two queries."""
    events = adverse_events(patient)
    before: dict[UUID, list[AdverseEvent]] = {}
    for row in _gone(AdverseEvent.objects.filter(patient=patient)):
        before.setdefault(row.episode, []).append(row)
    zone = patient.clinic.zone
    views = [_view(row, before.pop(row.episode, []), on, zone) for row in events]
    back = [_view(rows[0], rows[1:], on, zone) for rows in before.values()]
    return EventPage([one for one in views if one.is_open], [one for one in views if not one.is_open], back)


def event_view(row: AdverseEvent, *, on: date) -> EventView:
    """One event with its rows before."""
    before = _gone(AdverseEvent.objects.filter(episode=row.episode).exclude(pk=row.pk))
    return _view(row, before, on, row.patient.clinic.zone)


def event_now(row: AdverseEvent) -> AdverseEvent | None:
    """The row that counts for the event of this one; None where the event was taken back."""
    rows = AdverseEvent.objects.live().filter(episode=row.episode)
    return rows.select_related("patient__clinic", "line__product", "infection", "recorded_by").first()


def suspects(patient: Patient, *, on: date, but_also: int | None = None) -> list[Suspect]:
    """The lines that may be suspected: in use or ended within the last year, also those prescribed elsewhere.

    The line that an event names already (its key) is among them however long ago it ended.
    """
    used = Q(ended_on__isnull=True) | (Q(ended_on__gte=on - LATELY) & Q(ended_on__gt=F("starts_on")))
    rows = RegimenLine.objects.filter(used | Q(pk=but_also), patient=patient).select_related("product")
    latest_first = rows.order_by(F("ended_on").desc(nulls_first=True), "-starts_on", "-pk")
    return [Suspect(row, _suspect(row, on)) for row in latest_first]


def _suspect(row: RegimenLine, on: date) -> str:
    parts = [unbroken(row.product.name), _("since %(day)s") % {"day": day(row.starts_on)}]
    if row.has_ended(on):
        parts.append(_("ended %(day)s") % {"day": day(row.ended_on)})
    if row.is_elsewhere:
        parts.append(_("prescribed elsewhere"))
    return ", ".join(parts)


def _gone(rows: QuerySet[AdverseEvent]) -> list[AdverseEvent]:
    """Rows that count no more, the latest first."""
    found = rows.filter(withdrawn_at__isnull=False).order_by("-pk")
    return list(found.select_related("line__product", "infection", "recorded_by", "withdrawn_by"))


def _view(row: AdverseEvent, before: list[AdverseEvent], on: date, zone: str) -> EventView:
    last = row.ended_on or on
    count = max((last - row.onset_on).days + 1, 1)
    return EventView(
        public_id=row.public_id,
        now=_row(row, zone),
        is_red_flag=row.is_red_flag,
        is_open=row.ended_on is None,
        days=ngettext("%(n)s day", "%(n)s days", count) % {"n": count},
        infection=_infection(row, before, on) if row.kind in INFECTIONS else None,
        before=[_row(one, zone) for one in before],
    )


def _infection(row: AdverseEvent, before: list[AdverseEvent], on: date) -> InfectionView | None:
    if (found := row.infection) is None:
        return None
    where = words.where([Place(found.site, Side(found.side))] if found.site else [])
    since = _("since %(day)s") % {"day": day(found.from_on)} if found.from_on else ""
    until = _("until %(day)s") % {"day": day(found.until_on)} if found.until_on else ""
    return InfectionView(
        public_id=found.public_id,
        text=", ".join(text for text in (str(found.get_kind_display()), where, since, until) if text),
        is_opened=found.recorded_at in {one.recorded_at for one in (row, *before)},
        is_changed=found.withdrawn_at is not None,
        is_open=found.until_on is None or found.until_on >= on,
    )


def _row(row: AdverseEvent, zone: str) -> RowView:
    gone = ""
    if row.withdrawn_at is not None:
        said = {"day": day(local_date(row.withdrawn_at, zone)), "who": getattr(row.withdrawn_by, "name", "–")}
        gone = _("%(day)s, %(who)s: %(why)s") % {**said, "why": _(row.withdrawn_reason)}
    return RowView(
        what=str(row),
        where=words.where([Place(row.site, Side(row.side))] if row.site else []),
        severity=str(row.get_severity_display()),
        since=day(row.onset_on),
        until=day(row.ended_on),
        action=str(row.get_action_taken_display()),
        text=row.text,
        line=unbroken(row.line.product.name) if row.line is not None else "",
        recorded=day(local_date(row.recorded_at, zone)),
        by=row.recorded_by.name if row.recorded_by else "–",
        gone=gone,
    )
