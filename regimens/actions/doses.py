"""What was applied: recorded once per slot, late entries marked, undone and changed with a trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.models import Kind
from clinics.models.base import local_date
from patients.actions.locks import locked
from patients.models import Patient
from regimens.actions.orders import too_long
from regimens.errors import AlreadyRecorded
from regimens.models import (
    Application,
    ApplicationKind,
    DoseOutcome,
    DosePlan,
    RecordedAs,
    RegimenLine,
    SkipReason,
    TubeReport,
)
from regimens.protocol import slots
from regimens.protocol.facts import Phase
from regimens.protocol.slots import Slot
from regimens.queries.doses import plan_slots

LATE_DAYS = 7  # a dose can be recorded until so many days after its day
UNDONE, CHANGED = "undone", "changed"  # why a row was withdrawn


@dataclass(frozen=True)
class Said:
    """What somebody says about a dose."""

    outcome: str  # DoseOutcome
    applied_at: datetime | None = None  # without: now on the day of the slot, when it was due on a later day
    skip_reason: str = ""
    note: str = ""


@transaction.atomic
def record_dose(by: Actor, plan: DosePlan, slot: Slot, said: Said, *, at: datetime) -> Application:
    """Record a planned dose as done or skipped, on its day or up to seven days later; never ahead.

    AlreadyRecorded carries the row of whoever was first; ValidationError names the field.
    """
    patient = _recordable(by, plan.patient)
    plan = DosePlan.objects.select_related("line__product", "patient__clinic").get(pk=plan.pk)
    _must_be_slot(plan, slot)
    _must_be_time(slot.on, local_date(at, plan.zone))
    known = Application.objects.live().filter(plan=plan, slot_on=slot.on, slot=slot.name, kind=ApplicationKind.SLOT)
    if (row := known.select_related("recorded_by", "patient__clinic").first()) is not None:
        raise AlreadyRecorded(row)
    row = _of_slot(by, plan, slot, said, at)
    return _saved(by, patient, row, "dose recorded", at)


@transaction.atomic
def record_application(
    by: Actor, line: RegimenLine, *, kind: str, applied_at: datetime, note: str = "", at: datetime
) -> Application:
    """Record an application that no slot asked for: an extra one, or one as needed; up to seven days back, never ahead.

    The same moment again is AlreadyRecorded.
    """
    patient = _recordable(by, line.patient)
    plan = _plan_on(line, kind, applied_at)
    today = local_date(at, plan.zone)
    on = local_date(applied_at, plan.zone)
    if applied_at > at:
        raise ValidationError({"applied_at": _("This is in the future.")})
    if on < today - timedelta(days=LATE_DAYS):
        raise ValidationError({"applied_at": _("A dose can be recorded up to seven days later.")})
    known = Application.objects.live().filter(line=line, kind=kind, applied_at=applied_at)
    if (before := known.select_related("recorded_by", "patient__clinic").first()) is not None:
        raise AlreadyRecorded(before)
    row = Application(
        plan=plan, kind=kind, outcome=DoseOutcome.DONE, applied_at=applied_at, on=on, is_late=on < today, note=_note(note)
    )
    row.line = plan.line
    return _saved(by, patient, row, "application recorded", at)


@transaction.atomic
def undo_dose(by: Actor, row: Application, *, at: datetime) -> None:
    """Take a record back: its slot has no record then. The row stays in history. Stale when somebody was first."""
    patient = _recordable(by, row.patient)
    _withdraw(by, row, UNDONE, at)
    audit.record(by, "dose undone", Kind.DELETE, at=at, obj=row, patient=patient.public_id)


@transaction.atomic
def change_dose(by: Actor, row: Application, said: Said, *, at: datetime) -> Application:
    """Say something else about a planned dose: a new row in the place of the old one, which stays in history."""
    patient = _recordable(by, row.patient)
    if row.kind != ApplicationKind.SLOT or row.plan is None or row.slot_on is None:
        raise ValidationError(_("Undo it and record it anew: it is not a planned dose."))
    _withdraw(by, row, CHANGED, at)
    fresh = _of_slot(by, row.plan, Slot(row.slot_on, row.slot), said, at)
    fresh.replaces = row
    return _saved(by, patient, fresh, "dose changed", at)


def _withdraw(by: Actor, row: Application, reason: str, at: datetime) -> None:
    rows = Application.objects.live().filter(pk=row.pk)
    if not rows.update(withdrawn_at=at, withdrawn_by=by.account, withdrawn_reason=reason):
        raise Stale(Application.objects.get(pk=row.pk))


def _recordable(by: Actor, patient: Patient) -> Patient:
    """The patient, locked, for somebody who may record doses; a closed record takes none."""
    by.must(May.RECORD_FACTS, patient.clinic)
    patient = locked(patient)
    if patient.closed_at is not None or patient.deceased_on is not None:
        raise ValidationError(_("This record is closed."))
    return patient


def _must_be_slot(plan: DosePlan, slot: Slot) -> None:
    if plan.line.is_elsewhere:
        raise ValidationError(_("What is prescribed elsewhere has no planned doses here."))
    if slot not in plan_slots(plan, slot.on, slot.on):
        raise ValidationError({"slot": _("No dose is planned then.")})


def _must_be_time(on: date, today: date) -> None:
    if on > today:
        raise ValidationError({"slot_on": _("This dose lies in the future.")})
    if on < today - timedelta(days=LATE_DAYS):
        raise ValidationError({"slot_on": _("A dose can be recorded up to seven days later.")})


def _of_slot(by: Actor, plan: DosePlan, slot: Slot, said: Said, at: datetime) -> Application:
    """The row of a planned dose, not saved yet."""
    if said.outcome not in DoseOutcome.values:
        raise ValidationError({"outcome": _("Choose done or skipped.")})
    is_done = said.outcome == DoseOutcome.DONE
    if not is_done and said.skip_reason not in SkipReason.values:
        raise ValidationError({"skip_reason": _("Choose why.")})
    if not is_done and said.applied_at is not None:
        raise ValidationError({"applied_at": _("What was skipped was not applied.")})
    today = local_date(at, plan.zone)
    applied_at = _applied_at(plan, slot, said, at) if is_done else None
    return Application(
        line=plan.line,
        plan=plan,
        kind=ApplicationKind.SLOT,
        slot_on=slot.on,
        slot=slot.name,
        outcome=said.outcome,
        skip_reason="" if is_done else said.skip_reason,
        applied_at=applied_at,
        on=local_date(applied_at, plan.zone) if applied_at else slot.on,
        is_late=today > slot.on,
        note=_note(said.note),
    )


def _applied_at(plan: DosePlan, slot: Slot, said: Said, at: datetime) -> datetime:
    """When a done dose was applied: as said, not ahead, and not before its day."""
    if said.applied_at is None:
        return at if slot.on == local_date(at, plan.zone) else min(at, slots.due_at(plan.schedule, slot))
    if said.applied_at > at:
        raise ValidationError({"applied_at": _("This is in the future.")})
    if local_date(said.applied_at, plan.zone) < slot.on:
        raise ValidationError({"applied_at": _("This is before the day of the dose.")})
    return said.applied_at


def _note(text: str) -> str:
    text = " ".join(text.split())
    if wrong := too_long(Application, note=text):
        raise ValidationError(wrong)
    return text


def _plan_on(line: RegimenLine, kind: str, applied_at: datetime) -> DosePlan:
    """The plan an application without a slot belongs to: of those in use on its day, the as-needed one for as needed."""
    if line.is_elsewhere:
        raise ValidationError(_("What is prescribed elsewhere is not recorded here."))
    if kind not in (ApplicationKind.EXTRA, ApplicationKind.AS_NEEDED):
        raise ValidationError({"kind": _("Choose extra or as needed.")})
    plans = DosePlan.objects.filter(line=line).select_related("line__product").order_by("-from_on", "-pk")
    used = [plan for plan in plans if _is_used(plan, local_date(applied_at, plan.zone))]
    if kind == ApplicationKind.AS_NEEDED:
        used = [plan for plan in used if plan.phase == Phase.AS_NEEDED]
    if not used:
        raise ValidationError({"applied_at": _("It was not in use like this on that day.")})
    return used[0]


def _is_used(plan: DosePlan, on: date) -> bool:
    last = plan.last_on
    return plan.phase != Phase.HOLD and plan.from_on <= on and (last is None or on <= last)


def _saved(by: Actor, patient: Patient, row: Application, verb: str, at: datetime) -> Application:
    row.patient, row.recorded_at, row.recorded_by = patient, at, by.account
    row.recorded_as = by.role if by.role in (RecordedAs.PATIENT, RecordedAs.GUARDIAN) else RecordedAs.STAFF
    row.save()
    audit.record(by, verb, Kind.CREATE, at=at, obj=row, patient=patient.public_id)
    return row


@transaction.atomic
def report_tubes(
    by: Actor, line: RegimenLine, *, since_on: date, until_on: date, tubes: Decimal, grams_each: int, at: datetime
) -> TubeReport:
    """Record how many tubes of a line were used up from one day to another (not ahead); a half tube is 0.5.

    ValidationError also where the same is reported already.
    """
    patient = _recordable(by, line.patient)
    today = local_date(at, patient.zone or patient.clinic.zone)
    if until_on > today:
        raise ValidationError({"until_on": _("This date is in the future.")})
    if since_on < line.starts_on:
        raise ValidationError({"since_on": _("This is before the start of the line.")})
    row = TubeReport(
        patient=patient,
        line=line,
        since_on=since_on,
        until_on=until_on,
        tubes=tubes,
        grams_each=grams_each,
        recorded_at=at,
        recorded_by=by.account,
    )
    if until_on < since_on:
        raise ValidationError({"until_on": _("This is before the first day.")})
    row.clean_fields(exclude=["withdrawn_by"])
    if not 0 <= row.tubes <= 100:
        raise ValidationError({"tubes": _("Between %(low)s and %(high)s.") % {"low": 0, "high": 100}})
    if not 1 <= row.grams_each <= 1000:
        raise ValidationError({"grams_each": _("Between %(low)s and %(high)s.") % {"low": 1, "high": 1000}})
    same = {"line": line, "since_on": since_on, "until_on": until_on, "tubes": tubes, "grams_each": grams_each}
    if TubeReport.objects.live().filter(**same).exists():
        raise ValidationError(_("The same is reported already."))
    row.save()
    audit.record(by, "tubes reported", Kind.CREATE, at=at, obj=row, patient=patient.public_id)
    return row
