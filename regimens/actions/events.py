"""Unwanted events: recorded, followed to their end, and put in front of somebody when they must be."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Kind
from patients import sites
from patients.actions.locks import locked
from patients.models import Patient, Precaution, PrecautionKind, PrecautionState
from patients.sites import Side
from regimens.actions.facts import record_precaution
from regimens.actions.work import check_again
from regimens.models import ActionTaken, AdverseEvent, EventKind, Severity
from regimens.models.events import INFECTIONS

FIELDS = ("kind", "site", "side", "line", "severity", "onset_on", "ended_on", "action_taken", "text")
AMENDED = "written anew"  # why a row was withdrawn that a later one replaces


@transaction.atomic
def record_adverse_event(by: Actor, patient: Patient, values: dict[str, Any], *, at: datetime) -> AdverseEvent:
    """Record an unwanted event (FIELDS; a line of this patient, or none).

    An infection of the skin cites the open infection of that site, or opens one, so that the rules know of it at once.
    """
    by.must(May.RECORD_FACTS, patient.clinic)
    row = AdverseEvent(patient=locked(patient), **{name: values[name] for name in FIELDS if name in values})
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
    _save(by, fresh, at)
    audit.record(by, "adverse event amended", Kind.UPDATE, at=at, obj=fresh, patient=patient.public_id)
    check_again(by, patient, at=at)
    return fresh


@transaction.atomic
def withdraw_adverse_event(by: Actor, row: AdverseEvent, *, reason: str, at: datetime) -> None:
    """Take an event back that was recorded in error; the infection it opened is a fact of its own and stays."""
    by.must(May.RECORD_FACTS, row.patient.clinic)
    patient = locked(row.patient)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    rows = AdverseEvent.objects.live().filter(pk=row.pk)
    if not rows.update(withdrawn_at=at, withdrawn_by=by.account, withdrawn_reason=reason.strip()[:200]):
        raise ValidationError(_("Somebody else has changed this meanwhile: open it again."))
    audit.record(by, "adverse event withdrawn", Kind.DELETE, at=at, obj=row, patient=patient.public_id)
    check_again(by, patient, at=at)


def _save(by: Actor, row: AdverseEvent, at: datetime) -> None:
    row.recorded_at, row.recorded_by = at, by.account
    row.text = (row.text or "").strip()
    if found := _problems(row, row.patient.clinic.today(at)):
        raise ValidationError(found)
    if row.kind not in INFECTIONS:
        row.infection = None
    elif row.infection is None or not _is_there(row.infection, row):
        row.infection = _infection(by, row, at)
    row.full_clean()
    row.save()


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
    for name in ("onset_on", "ended_on"):
        day: date | None = getattr(row, name)
        if day is not None and not row.patient.birth_date <= day <= today:
            found[name] = _("This date is in the future.") if day > today else _("This date is before the birth.")
    if row.onset_on is None:
        found["onset_on"] = _("Say since when.")
    elif row.ended_on is not None and row.ended_on < row.onset_on:
        found["ended_on"] = _("The end is before the start.")
    return found


def _infection(by: Actor, row: AdverseEvent, at: datetime) -> Precaution:
    """The infection of that time that shares skin with the event, else a new one there, as long as the event lasts.

    While the event goes on, only an infection that goes on too: the rules must know of it.
    """
    last = row.ended_on or row.patient.clinic.today(at)
    known = Precaution.objects.live().filter(
        patient=row.patient, kind=PrecautionKind.SKIN_INFECTION, state=PrecautionState.PRESENT
    )
    for one in known.order_by("-recorded_at"):
        is_then = one.until_on is None or one.until_on >= (row.onset_on if row.ended_on else last)
        if is_then and (one.from_on is None or one.from_on <= last) and _is_there(one, row):
            return one
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


def _is_there(infection: Precaution, row: AdverseEvent) -> bool:
    """Whether an infection shares skin with the event."""
    return bool(infection.site) and sites.overlaps(infection.site, Side(infection.side), row.site, Side(row.side))
