"""Unwanted events: recorded, followed to their end, and put in front of somebody when they must be."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Kind
from patients import sites
from patients.actions.locks import locked
from patients.actions.texts import lines_of, reason_of
from patients.models import Patient, Precaution, PrecautionKind, PrecautionState
from patients.sites import Side
from regimens.actions.facts import record_precaution
from regimens.actions.orders import too_long
from regimens.actions.work import check_again
from regimens.models import ActionTaken, AdverseEvent, EventKind, Severity
from regimens.models.events import INFECTIONS

FIELDS = ("kind", "site", "side", "line", "severity", "onset_on", "ended_on", "action_taken", "text")
AGAIN = timedelta(minutes=1)  # the same by the same person within is a second press
AMENDED = "written anew"  # why a row was withdrawn that a later one replaces


@transaction.atomic
def record_adverse_event(by: Actor, patient: Patient, values: dict[str, Any], *, at: datetime) -> AdverseEvent:
    """Record an unwanted event (FIELDS; a line of this patient, or none).

    An infection of the skin cites the open infection of that site, or opens one, so that the rules know of it at once.
    The same by the same person within a minute is the row that is there.
    """
    by.must(May.RECORD_FACTS, patient.clinic)
    row = AdverseEvent(patient=locked(patient), **{name: values[name] for name in FIELDS if name in values})
    _must_be_sound(row, at)
    if same := _just_recorded(by, row, at):
        return same
    _save(by, row, at)
    audit.record(by, "adverse event recorded", Kind.CREATE, at=at, obj=row, patient=patient.public_id)
    check_again(by, patient, at=at)
    return row


@transaction.atomic
def amend_adverse_event(by: Actor, row: AdverseEvent, values: dict[str, Any], *, at: datetime) -> AdverseEvent:
    """Write an event anew with what has been learned since, its end for example; the row before stays in history.

    ValidationError when somebody else has changed it meanwhile.
    """
    by.must(May.RECORD_FACTS, row.patient.clinic)
    patient = locked(row.patient)
    known = {name: getattr(row, name) for name in FIELDS} | {name: values[name] for name in FIELDS if name in values}
    withdrawn = AdverseEvent.objects.live().filter(pk=row.pk)
    if not withdrawn.update(withdrawn_at=at, withdrawn_by=by.account, withdrawn_reason=AMENDED):
        raise ValidationError(_("Somebody else has changed this meanwhile: open it again."))
    fresh = AdverseEvent(patient=patient, episode=row.episode, replaces=row, infection=row.infection, **known)
    _must_be_sound(fresh, at)
    _save(by, fresh, at)
    audit.record(by, "adverse event amended", Kind.UPDATE, at=at, obj=fresh, patient=patient.public_id)
    check_again(by, patient, at=at)
    return fresh


@transaction.atomic
def withdraw_adverse_event(by: Actor, row: AdverseEvent, *, reason: str, at: datetime) -> None:
    """Take an event back that was recorded in error; the infection it opened is a fact of its own and stays."""
    by.must(May.RECORD_FACTS, row.patient.clinic)
    patient = locked(row.patient)
    reason = reason_of(reason)
    rows = AdverseEvent.objects.live().filter(pk=row.pk)
    if not rows.update(withdrawn_at=at, withdrawn_by=by.account, withdrawn_reason=reason):
        raise ValidationError(_("Somebody else has changed this meanwhile: open it again."))
    audit.record(by, "adverse event withdrawn", Kind.DELETE, at=at, obj=row, patient=patient.public_id)
    check_again(by, patient, at=at)


def _just_recorded(by: Actor, row: AdverseEvent, at: datetime) -> AdverseEvent | None:
    said = {name: getattr(row, name) for name in FIELDS}
    rows = AdverseEvent.objects.live().filter(patient=row.patient, recorded_by=by.account, replaces=None, **said)
    return rows.filter(recorded_at__gt=at - AGAIN).first()


def _must_be_sound(row: AdverseEvent, at: datetime) -> None:
    """Its text as it is stored; ValidationError by field. Before any value reaches a query."""
    row.text = lines_of(row.text or "")
    if found := _problems(row, row.patient.clinic.today(at)):
        raise ValidationError(found)


def _save(by: Actor, row: AdverseEvent, at: datetime) -> None:
    row.recorded_at, row.recorded_by = at, by.account
    row.infection = _known_infection(row, at) if row.kind in INFECTIONS else None
    row.full_clean()
    row.save()
    if row.kind in INFECTIONS and row.infection is None:
        row.infection = _opened_infection(by, row, at)
        row.save(update_fields=["infection"])


def _problems(row: AdverseEvent, today: date) -> dict[str, str]:
    """What is wrong with the shape of an event, by field."""
    found: dict[str, str] = {}
    for name, choices in (("kind", EventKind), ("severity", Severity), ("action_taken", ActionTaken)):
        if getattr(row, name) not in choices.values:
            found[name] = _("Choose one from the list.")
    if row.side not in list(Side):
        found["side"] = _("Choose one from the list.")
    elif row.site and (problem := sites.problem_with(row.site, Side(row.side))):
        found["site"] = _(problem)
    if not row.site and (row.side or row.kind in INFECTIONS):
        found["site"] = _("Say where.")
    if row.line is not None and row.line.patient_id != row.patient_id:
        found["line"] = _("This is not a line of this patient.")
    if row.kind == EventKind.OTHER and not row.text:
        found["text"] = _("Write what it is.")
    found |= too_long(AdverseEvent, text=row.text)
    for name in ("onset_on", "ended_on"):
        day: date | None = getattr(row, name)
        if day is not None and not row.patient.birth_date <= day <= today:
            found[name] = _("This date is in the future.") if day > today else _("This date is before the birth.")
    if row.onset_on is None:
        found["onset_on"] = _("Say since when.")
    elif row.ended_on is not None and row.ended_on < row.onset_on:
        found["ended_on"] = _("The end is before the start.")
    return found


def _known_infection(row: AdverseEvent, at: datetime) -> Precaution | None:
    """The infection of that time that shares skin with the event: what it cites already first, as long as that counts."""
    today = row.patient.clinic.today(at)
    known = Precaution.objects.live().filter(
        patient=row.patient, kind=PrecautionKind.SKIN_INFECTION, state=PrecautionState.PRESENT
    )
    rows = sorted(known.order_by("-recorded_at"), key=lambda one: one.pk != row.infection_id)
    return next((one for one in rows if _is_then(one, row, today) and _is_there(one, row)), None)


def _opened_infection(by: Actor, row: AdverseEvent, at: datetime) -> Precaution:
    """A new infection there, as long as the event lasts. It asks the rules at once: the event has to be saved before."""
    values = {
        "kind": PrecautionKind.SKIN_INFECTION,
        "state": PrecautionState.PRESENT,
        "site": row.site,
        "side": row.side,
        "from_on": row.onset_on,
        "until_on": row.ended_on,
        "text": str(EventKind(row.kind).label),
    }
    return record_precaution(by, row.patient, values, at=at)


def _is_then(infection: Precaution, row: AdverseEvent, today: date) -> bool:
    """Whether an infection is of the time of the event; while the event goes on, only one that goes on too."""
    last = row.ended_on or today
    is_late_enough = infection.until_on is None or infection.until_on >= (row.onset_on if row.ended_on else last)
    return is_late_enough and (infection.from_on is None or infection.from_on <= last)


def _is_there(infection: Precaution, row: AdverseEvent) -> bool:
    """Whether an infection shares skin with the event."""
    return bool(infection.site) and sites.overlaps(infection.site, Side(infection.side), row.site, Side(row.side))
