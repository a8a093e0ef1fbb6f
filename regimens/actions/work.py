"""What waits for somebody: raised once, closed with an outcome; and the rules asked again when a fact changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.models import Kind
from clinics.models.base import day
from patients.actions.locks import locked
from patients.models import Patient
from regimens import queries
from regimens.actions.due import keep_next_due
from regimens.models import WorkItem, WorkOutcome, WorkReason
from regimens.protocol.base import Level

# Raised and closed by asking again; others by whoever raised them.
BY_ITSELF = (WorkReason.FINDING, WorkReason.LOOK_AGAIN, WorkReason.RED_FLAG, WorkReason.ADVERSE_EVENT)
OF_EVENTS = (WorkReason.RED_FLAG, WorkReason.ADVERSE_EVENT)
FEWEST_LETTERS = 3  # of what is said on closing: fewer say nothing


def raise_item(
    by: Actor, patient: Patient, reason: WorkReason, subject: str, text: str, *, at: datetime
) -> WorkItem | None:
    """Raise an item; None where one of this patient, reason and subject is open, or was closed and never ceased since.

    What ceased and comes again is new, whoever closed it then.
    """
    if WorkItem.objects.filter(patient=patient, reason=reason, subject=subject, ceased_at__isnull=True).exists():
        return None
    item = WorkItem.objects.create(
        clinic=patient.clinic, patient=patient, reason=reason, subject=subject, text=text[:600], raised_at=at
    )
    _note(by, "work item raised", Kind.CREATE, item, at)
    return item


class Standing(NamedTuple):
    """Something that is so now, and whether somebody has answered it."""

    reason: WorkReason
    subject: str
    text: str
    is_answered: bool = False


@transaction.atomic
def check_again(by: Actor, patient: Patient, *, at: datetime) -> list[WorkItem]:
    """Ask the rules about every line in use; what nobody has answered becomes one item, what is no longer so closes its.

    A hold whose day to look again has come becomes an item too, and an unwanted event that somebody has to look at; and
    each plan learns when it is due next. Inside the action that changed a fact, or in the nightly sweep. Of a closed record
    nothing waits.
    """
    patient = locked(patient)
    on = patient.clinic.today(at)
    is_closed = patient.closed_at is not None or patient.deceased_on is not None
    standing = [*_findings(patient, on), *_holds(patient, on), *_events(patient, on)]
    raised = []
    for one in standing:
        if not (is_closed or one.is_answered):
            item = raise_item(by, patient, one.reason, one.subject, one.text, at=at)
            raised += [item] if item else []
    _settle(by, patient, {one.subject: one.text for one in standing}, is_closed=is_closed, at=at)
    keep_next_due(queries.plans_ahead(patient, on=on), at=at)
    return raised


def _findings(patient: Patient, on: date) -> list[Standing]:
    """What the rules find that is more than information. A warning answered at the line, or at its partner, is known."""
    answers = queries.answers_of(patient)
    return [
        Standing(
            WorkReason.FINDING,
            f"{checked.line.key}:{finding.rule.id}:{queries.fingerprint(finding)}",
            queries.item_text(checked.line.product.name, finding),
            answers.cover(checked.line.key, finding),
        )
        for checked in queries.checked_again(patient, on=on)
        for finding in checked.findings
        if finding.level != Level.INFORM
    ]


def _holds(patient: Patient, on: date) -> list[Standing]:
    """The lines on hold whose day to look again has come."""
    found = []
    for subject, plan in queries.holds_due(patient, on=on).items():
        words = {"product": plan.line.product.name, "day": day(plan.look_again_on), "why": plan.reason}
        text = _("%(product)s: on hold, to be looked at again on %(day)s. It was put on hold because: %(why)s") % words
        found.append(Standing(WorkReason.LOOK_AGAIN, subject, text))
    return found


def _events(patient: Patient, on: date) -> list[Standing]:
    """The unwanted events that somebody has to look at."""
    waiting = queries.events_waiting(patient, on=on)
    return [Standing(one.reason, subject, one.text) for subject, one in waiting.items()]


def _settle(by: Actor, patient: Patient, standing: dict[str, str], *, is_closed: bool, at: datetime) -> None:
    """Close open items that are no longer so (of a closed record, all); of those closed by hand note that they ceased.

    What an open item says of an unwanted event follows the event.
    """
    rows = WorkItem.objects.filter(patient=patient, reason__in=BY_ITSELF, ceased_at__isnull=True)
    for item in rows.select_related("patient__clinic"):
        if item.closed_at is None:
            if is_closed or item.subject not in standing:
                _close(by, item, WorkOutcome.GONE, "", at, ceased_at=at)
            elif item.reason in OF_EVENTS and item.text != (text := standing[item.subject][:600]):
                WorkItem.objects.live().filter(pk=item.pk).update(text=text, version=F("version") + 1)
        elif item.subject not in standing:
            WorkItem.objects.filter(pk=item.pk).update(ceased_at=at)


def _close(
    by: Actor, item: WorkItem, outcome: WorkOutcome | str, note: str, at: datetime, *, ceased_at: datetime | None = None
) -> None:
    closed = (
        WorkItem.objects.live()
        .filter(pk=item.pk)
        .update(closed_at=at, closed_by=by.user, outcome=outcome, note=note, ceased_at=ceased_at, version=F("version") + 1)
    )
    if closed:
        _note(by, "work item closed", Kind.UPDATE, item, at)


@transaction.atomic
def close_item(by: Actor, item: WorkItem, *, outcome: str, note: str, version: int, at: datetime) -> None:
    """Close an item as handled or not needed, in a few words. The same again changes nothing.

    Stale when it was changed since, or is closed already; ValidationError names the field.
    """
    by.must(May.RECORD_FACTS, item.patient.clinic)
    if outcome not in (WorkOutcome.HANDLED, WorkOutcome.NOT_NEEDED):
        raise ValidationError({"outcome": _("Choose handled or not needed.")})
    note = note.strip()[:300]
    if sum(letter.isalpha() for letter in note) < FEWEST_LETTERS:
        raise ValidationError({"note": _("Say in a few words what was done, or why it is not needed.")})
    current = WorkItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if (current.outcome, current.note) == (outcome, note):
        return
    if current.version != version or current.closed_at is not None:
        raise Stale(current)
    _close(by, item, outcome, note, at)


@transaction.atomic
def snooze_item(by: Actor, item: WorkItem, *, until_on: date, why: str, version: int, at: datetime) -> None:
    """Leave an item until a day (after today, within 90 days), with the reason."""
    by.must(May.RECORD_FACTS, item.patient.clinic)
    today = item.patient.clinic.today(at)
    if not 0 < (until_on - today).days <= 90:
        raise ValidationError({"until_on": _("A day within the next 90.")})
    if not why.strip():
        raise ValidationError({"why": _("Say why.")})
    rows = WorkItem.objects.live().filter(pk=item.pk, version=version)
    if not rows.update(snoozed_until_on=until_on, snooze_why=why.strip()[:200], version=F("version") + 1):
        raise Stale(WorkItem.objects.get(pk=item.pk))
    _note(by, "work item put off", Kind.UPDATE, item, at)


def _note(by: Actor, verb: str, kind: Kind, item: WorkItem, at: datetime) -> None:
    patient = item.patient
    audit.record(by, verb, kind, at=at, obj=item, clinic=patient.clinic.public_id, patient=patient.public_id)
