"""What waits for somebody, and whose lines the sweep has to check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.http import Http404
from django.utils.translation import gettext as _

from clinics.access import May, clinics_where
from clinics.errors import NotYours
from clinics.models import Clinic
from clinics.models.base import day, local_date
from patients.models import Patient
from regimens.models import AdverseEvent, DosePlan, EventKind, LastCheck, RegimenLine, WorkItem, WorkReason
from regimens.protocol.base import Finding
from regimens.protocol.facts import Phase
from regimens.queries.checks import fingerprint

WORK_PAGE = 50


def work_item(user: Any, public_id: UUID) -> WorkItem:
    """An item of a patient this account may see; NotYours for another clinic's, Http404 for none: they look the same.

    That items are clinical is for whoever shows one to ask (May.SEE_CLINICAL).
    """
    row = WorkItem.objects.select_related("patient__clinic").filter(public_id=public_id).first()
    if row is None:
        raise Http404
    patient = row.patient
    if patient.clinic_id not in clinics_where(user, May.SEE_PATIENTS):
        raise NotYours(
            object_type="workitem", object_id=public_id, clinic=patient.clinic.public_id, patient=patient.public_id
        )
    return row


def open_work(
    user: Any, clinic: Clinic, *, on: date, after: UUID | None = None, size: int = WORK_PAGE
) -> tuple[list[WorkItem], bool]:
    """Open items of a clinic, red flags first, then by when they were raised; those that follow `after`; whether more do.

    Left out: what was put off until after `on`, and items of closed records, whose treatment nobody can change.
    An item is never deleted, so one that was the last of a page can be continued from though it was closed meanwhile.
    """
    rows = WorkItem.objects.live().visible_to(user).filter(clinic=clinic, patient__closed_at__isnull=True)
    rows = rows.filter(Q(snoozed_until_on__isnull=True) | Q(snoozed_until_on__lte=on))
    rows = rows.annotate(is_other=~Q(reason=WorkReason.RED_FLAG))
    last = WorkItem.objects.filter(clinic=clinic, public_id=after).first() if after else None
    if last is not None:
        later = Q(raised_at__gt=last.raised_at) | Q(raised_at=last.raised_at, id__gt=last.pk)
        rows = (
            rows.filter(later, is_other=True)
            if last.reason != WorkReason.RED_FLAG
            else rows.filter(later | Q(is_other=True))
        )
    part = list(rows.select_related("patient").order_by("is_other", "raised_at", "id")[: size + 1])
    return part[:size], len(part) > size


@dataclass(frozen=True)
class WorkLine:
    """An open item as the list shows it."""

    public_id: UUID
    patient: UUID
    name: str
    born: str
    number: str
    reason: str
    is_red_flag: bool
    text: str
    raised: str
    put_off: str


def work_lines(items: Iterable[WorkItem], zone: str) -> list[WorkLine]:
    """Items in words; days in the clinic's zone."""
    return [
        WorkLine(
            public_id=item.public_id,
            patient=item.patient.public_id,
            name=str(item.patient),
            born=day(item.patient.birth_date),
            number=item.patient.record_number,
            reason=item.get_reason_display(),
            is_red_flag=item.reason == WorkReason.RED_FLAG,
            text=item.text,
            raised=day(local_date(item.raised_at, zone)),
            put_off=_("Put off until %(day)s: %(why)s") % {"day": day(item.snoozed_until_on), "why": item.snooze_why}
            if item.snoozed_until_on
            else "",
        )
        for item in items
    ]


def raised_at(patient: Patient, at: datetime) -> list[WorkItem]:
    """The items that the action at this instant raised."""
    return list(WorkItem.objects.live().filter(patient=patient, raised_at=at))


def count_of_lines(items: Iterable[WorkItem]) -> int:
    """How many lines these items are about."""
    return len({item.subject.partition(":")[0] for item in items})


@dataclass(frozen=True)
class Answers:
    """The warnings answered at the lines of a patient, and since when each line is recorded; lines by their key."""

    given: set[tuple[str, str, int, str]] = field(default_factory=set)  # line, rule, version, fingerprint
    last_at: dict[tuple[str, str, int], datetime] = field(default_factory=dict)  # line, rule, version
    started_at: dict[str, datetime] = field(default_factory=dict)

    def cover(self, line: str, finding: Finding) -> bool:
        """Whether a finding was answered: at its line, or, about a pair, at the other line since this one is recorded.

        What was answered there before cannot have been about this line.
        """
        rule = finding.rule.id, finding.rule.version
        if (line, *rule, fingerprint(finding)) in self.given:
            return True
        told = (self.last_at.get((other, *rule)) for other in finding.others)
        return any(at is not None and at >= self.started_at[line] for at in told)


def answers_of(patient: Patient) -> Answers:
    """What was answered about the lines of a patient, in one query."""
    found = Answers()
    own = ("overrides__rule", "overrides__rule_version", "overrides__fingerprint", "overrides__at")
    rows = RegimenLine.objects.filter(patient=patient).order_by("overrides__at")
    for public_id, started_at, rule, version, seen, at in rows.values_list("public_id", "started_at", *own):
        line = str(public_id)
        found.started_at[line] = started_at
        if rule is not None:
            found.given.add((line, rule, version, seen))
            found.last_at[line, rule, version] = at
    return found


def holds_due(patient: Patient, *, on: date) -> dict[str, DosePlan]:
    """The holds that are to be looked at again, by the subject of their item: one for each line, the first of its holds."""
    rows = DosePlan.objects.in_use(on).filter(patient=patient, phase=Phase.HOLD, look_again_on__lte=on)
    # A pause whose end lies ahead without that of its line was looked at: it lasts until the next dose.
    rows = rows.filter(Q(ended_on__isnull=True) | Q(ended_on=F("line__ended_on")))
    found: dict[str, DosePlan] = {}
    seen: set[int] = set()
    for plan in rows.select_related("line__product").order_by("id"):
        if plan.line_id not in seen:
            found[f"{plan.line.public_id}:hold:{plan.public_id}"] = plan
            seen.add(plan.line_id)
    return found


def due_for_check(clinic: Clinic, *, on: date, after: int = 0, size: int = 100) -> list[tuple[int, UUID]]:
    """Keys and public ids of patients, by key, whom no sweep has checked on this day of the clinic and who need it.

    Those with a line in use, and those with burning that has not ended, whatever caused it. A check by the labels of
    another jurisdiction, which the clinic had before, is none.
    """
    lines = RegimenLine.objects.in_use(on).filter(patient=OuterRef("pk"))
    burning = AdverseEvent.objects.live().filter(patient=OuterRef("pk"), kind=EventKind.BURNING, ended_on__isnull=True)
    checked = LastCheck.objects.filter(patient=OuterRef("pk"), checked_on__gte=on, jurisdiction=clinic.jurisdiction)
    rows = Patient.objects.filter(clinic=clinic, closed_at__isnull=True, pk__gt=after)
    return list(
        rows.filter(Exists(lines) | Exists(burning), ~Exists(checked)).order_by("pk").values_list("pk", "public_id")[:size]
    )
