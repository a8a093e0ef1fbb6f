"""When a plan is due next, and at which times of the day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.models import Kind
from patients.actions.locks import locked
from regimens.models import DosePlan, RegimenLine
from regimens.protocol import slots

AT_ONCE = 500


def keep_next_due(plans: Iterable[DosePlan], *, at: datetime) -> int:
    """Write when each of these plans (with their lines) is due next, after `at`; how many changed. Inside an action."""
    changed = 0
    for plan in plans:
        due = None if plan.line.is_elsewhere else slots.next_due(plan.schedule, at)
        if due != plan.next_due_at:
            changed += DosePlan.objects.filter(pk=plan.pk).update(next_due_at=due)
    return changed


def advance_due(*, at: datetime, most: int = 10 * AT_ONCE) -> int:
    """Move on the plans whose next dose has come by `at`; how many. Safe to run twice, late, or beside another.

    A plan that somebody is changing is left to them: they write when it is due next.
    """
    moved = 0
    while moved < most:
        with transaction.atomic():
            rows = DosePlan.objects.filter(next_due_at__lte=at).select_related("line").order_by("next_due_at", "pk")
            found = list(rows.select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
            moved += keep_next_due(found, at=at)
        if len(found) < AT_ONCE:
            break
    return moved


@transaction.atomic
def set_times(
    by: Actor, line: RegimenLine, times: Sequence[tuple[str, time]], *, zone: str = "", version: int, at: datetime
) -> None:
    """Move the times of a line's doses, for all its plans that ask for as many a day; the slots stay what they are.

    Names as they are, each once; rising through the day. With a zone the times are of that zone from now on.
    """
    by.must(May.RECORD_FACTS, line.patient.clinic)
    patient = locked(line.patient)
    current = RegimenLine.objects.get(pk=line.pk)
    if current.version != version:
        raise Stale(current)
    plans = DosePlan.objects.in_use(patient.clinic.today(at)).filter(line=line).select_related("line", "patient")
    names = [name for name, _at in times]
    fitting = [plan for plan in plans if plan.times and [name for name, _at in plan.slot_times] == names]
    if not fitting:
        raise ValidationError({"times": _("These are not the doses of a day of this line.")})
    if any(later[1] <= earlier[1] for earlier, later in pairwise(times)):
        raise ValidationError({"times": _("Each dose is later in the day than the one before.")})
    text = ",".join(f"{name} {at_time:%H:%M}" for name, at_time in times)
    for plan in fitting:
        plan.times, plan.zone = text, zone or plan.zone
        plan.full_clean(exclude=["started_by", "ended_by"])
        plan.save(update_fields=["times", "zone"])
    keep_next_due(fitting, at=at)
    RegimenLine.objects.filter(pk=line.pk).update(version=F("version") + 1)
    audit.record(by, "dose times changed", Kind.UPDATE, at=at, obj=line, patient=patient.public_id)
