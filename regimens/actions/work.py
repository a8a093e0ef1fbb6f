"""What waits for somebody: raised once, closed with an outcome; and the rules asked again when a fact changed."""

from __future__ import annotations

from datetime import date, datetime

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
from regimens.models import Override, WorkItem, WorkOutcome, WorkReason
from regimens.protocol.base import Finding, Level


def raise_item(
    by: Actor, patient: Patient, reason: WorkReason, subject: str, text: str, *, at: datetime
) -> WorkItem | None:
    """Raise an item; None where one of this patient, reason and subject is open or somebody closed one.

    One that closed by itself says nothing about the next time.
    """
    known = WorkItem.objects.filter(patient=patient, reason=reason, subject=subject)
    if known.exclude(outcome=WorkOutcome.GONE).exists():
        return None
    item = WorkItem.objects.create(
        clinic=patient.clinic, patient=patient, reason=reason, subject=subject, text=text[:600], raised_at=at
    )
    _note(by, "work item raised", Kind.CREATE, item, at)
    return item


@transaction.atomic
def check_again(by: Actor, patient: Patient, *, at: datetime) -> list[WorkItem]:
    """Ask the rules about every line in use; what nobody has answered becomes one item, what is no longer so closes its.

    A warning that was answered when the line was ordered is known, and so is one of a pair that was answered at the other
    line. A hold whose day to look again has come becomes an item too. Inside the action that changed a fact, or in the
    nightly sweep. Of a closed record nothing waits.
    """
    patient = locked(patient)
    raised: list[WorkItem] = []
    standing: set[str] = set()
    is_closed = patient.closed_at is not None or patient.deceased_on is not None
    answers = [] if is_closed else queries.checked_again(patient, on=patient.clinic.today(at))
    overrides = set(
        Override.objects.filter(line__patient=patient).values_list("line__public_id", "rule", "rule_version", "fingerprint")
    )
    known = {(str(line), rule, version, print_) for line, rule, version, print_ in overrides}
    pairs = {(line, rule, version) for line, rule, version, _print in known}
    for answer in answers:
        for finding in answer.findings:
            if finding.level == Level.INFORM:
                continue
            subject = f"{answer.line.key}:{finding.rule.id}:{queries.fingerprint(finding)}"
            standing.add(subject)
            if _is_answered(answer.line.key, finding, known, pairs):
                continue
            text = queries.item_text(answer.line.product.name, finding)
            item = raise_item(by, patient, WorkReason.FINDING, subject, text, at=at)
            raised += [item] if item else []
    raised += _look_at_holds(by, patient, standing, at) if not is_closed else []
    _close_gone(by, patient, standing, at)
    return raised


def _look_at_holds(by: Actor, patient: Patient, standing: set[str], at: datetime) -> list[WorkItem]:
    """One item for each line on hold whose day to look again has come; its subject is added to `standing`."""
    raised = []
    for subject, plan in queries.holds_due(patient, on=patient.clinic.today(at)).items():
        standing.add(subject)
        words = {"product": plan.line.product.name, "day": day(plan.look_again_on), "why": plan.reason}
        text = _("%(product)s: on hold, to be looked at again on %(day)s. It was put on hold because: %(why)s") % words
        item = raise_item(by, patient, WorkReason.LOOK_AGAIN, subject, text, at=at)
        raised += [item] if item else []
    return raised


def _is_answered(
    line: str, finding: Finding, known: set[tuple[str, str, int, str]], pairs: set[tuple[str, str, int]]
) -> bool:
    rule, version = finding.rule.id, finding.rule.version
    if (line, rule, version, queries.fingerprint(finding)) in known:
        return True
    return any((other, rule, version) in pairs for other in finding.others)


def _close_gone(by: Actor, patient: Patient, standing: set[str], at: datetime) -> None:
    rows = WorkItem.objects.live().filter(patient=patient, reason__in=[WorkReason.FINDING, WorkReason.LOOK_AGAIN])
    rows = rows.select_related("patient__clinic")
    for item in rows.exclude(subject__in=standing):
        _close(by, item, WorkOutcome.GONE, "", at)


def _close(by: Actor, item: WorkItem, outcome: WorkOutcome | str, note: str, at: datetime) -> bool:
    closed = (
        WorkItem.objects.live()
        .filter(pk=item.pk)
        .update(closed_at=at, closed_by=by.user, outcome=outcome, note=note.strip()[:300], version=F("version") + 1)
    )
    if closed:
        _note(by, "work item closed", Kind.UPDATE, item, at)
    return bool(closed)


@transaction.atomic
def close_item(by: Actor, item: WorkItem, *, outcome: str, note: str = "", version: int, at: datetime) -> None:
    """Close an item as handled or not needed; what is not needed says why. The same again changes nothing."""
    by.must(May.RECORD_FACTS, item.patient.clinic)
    if outcome not in (WorkOutcome.HANDLED, WorkOutcome.NOT_NEEDED):
        raise ValidationError({"outcome": _("Choose handled or not needed.")})
    if outcome == WorkOutcome.NOT_NEEDED and not note.strip():
        raise ValidationError({"note": _("Say why.")})
    current = WorkItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    is_the_same = (current.outcome, current.note) == (outcome, note.strip()[:300])
    if current.version != version and not is_the_same:
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
