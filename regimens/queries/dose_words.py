"""What is recorded of a dose, in words: of which dose, what, by whom and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinics.models.base import day
from regimens import words
from regimens.models import Application, ApplicationKind, DosePlan, RecordedAs, RegimenLine
from regimens.protocol.slots import Slot


class RecordView(NamedTuple):
    """Something recorded about a dose; `gone` says how it was taken back, where it was."""

    public_id: UUID
    what: str
    of: str
    applied: str
    by: str
    recorded: str
    note: str
    is_late: bool
    is_extra: bool
    gone: str
    may_change: bool


@dataclass(frozen=True)
class Clock:
    """Writes instants in the clinic's zone, or in another one that it names."""

    zone: str

    def moment(self, at: datetime, zone: str = "") -> str:
        """ "20-Nov-2026 20:05", in another zone "... (America/New_York)"."""
        local = at.astimezone(ZoneInfo(zone or self.zone))
        return f"{day(local.date())} {local:%H:%M}{self.named(zone)}"

    def named(self, zone: str) -> str:
        """The zone behind a time, where it is not the clinic's."""
        return f" ({zone})" if zone and zone != self.zone else ""


def day_words(on: date) -> str:
    """ "20-Nov-2026 (Friday)": the date first, whose letters give the whole its direction from left to right."""
    return f"{day(on)} ({words.WEEKDAYS[on.weekday()]})"


def dose_words(on: date, slot: str) -> str:
    """ "20-Nov-2026 (Friday), evening"."""
    return f"{day_words(on)}, {words.dose_name(slot)}"


def record_view(row: Application, clock: Clock) -> RecordView:
    """A record (with plan, and the people who made and withdrew it) in words."""
    is_slot = row.kind == ApplicationKind.SLOT
    what = str(row.get_outcome_display() if is_slot else row.get_kind_display())
    if row.skip_reason:
        what = _("%(outcome)s: %(why)s") % {"outcome": what, "why": str(row.get_skip_reason_display()).lower()}
    by = row.recorded_by.name if row.recorded_by else ""
    if row.recorded_as != RecordedAs.PATIENT:
        by = _("%(name)s (%(place)s)") % {"name": by, "place": row.get_recorded_as_display()}
    return RecordView(
        public_id=row.public_id,
        what=what,
        of=dose_words(row.slot_on, row.slot) if row.slot_on else day_words(row.on),
        applied=clock.moment(row.applied_at, row.plan.zone if row.plan else "") if row.applied_at else "",
        by=by,
        recorded=clock.moment(row.recorded_at),
        note=row.note,
        is_late=row.is_late,
        is_extra=row.kind == ApplicationKind.EXTRA,
        gone=_gone(row, clock),
        may_change=is_slot,
    )


def _gone(row: Application, clock: Clock) -> str:
    if row.withdrawn_at is None or row.withdrawn_by is None:
        return ""
    said = {"who": row.withdrawn_by.name, "when": clock.moment(row.withdrawn_at)}
    if row.withdrawn_reason == "changed":
        return _("changed by %(who)s on %(when)s") % said
    return _("undone by %(who)s on %(when)s") % said


def recorded_dose(row: Application) -> RecordView:
    """One record, for somebody who came second."""
    known = Application.objects.select_related("recorded_by", "withdrawn_by", "plan", "patient__clinic").get(pk=row.pk)
    return record_view(known, Clock(known.patient.clinic.zone))


def zone_of(line: RegimenLine) -> str:
    """The zone in which a line (with its plans) is used: its last plan's."""
    plans = sorted(line.plans.all(), key=lambda plan: (plan.from_on, plan.pk))
    return plans[-1].zone if plans else line.patient.zone or line.patient.clinic.zone


def slot_key(plan: DosePlan, slot: Slot) -> str:
    """A slot as a form sends it."""
    return f"{plan.public_id}.{slot.on.isoformat()}.{slot.name}"
