"""Pages of assessments, and who may be named in one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from clinics.models import Clinic, Membership, User
from patients.models import Assessment, AssessmentState, Patient
from patients.queries.lists import PAGE_SIZE

RELATED = ("recorded_by", "rater", "signed_by", "edition", "replaces")
COUNTED = (AssessmentState.SIGNED,)
KEPT_BACK = (AssessmentState.AMENDED, AssessmentState.WITHDRAWN)


@dataclass(frozen=True)
class Which:
    """Which assessments of a patient: of one instrument, between two days (both included), signed ones or drafts."""

    instrument: str = ""
    from_on: date | None = None
    until_on: date | None = None
    drafts: bool = False
    with_withdrawn: bool = False


def assessments(
    patient: Patient, which: Which, *, after: UUID | None = None, size: int = PAGE_SIZE
) -> tuple[list[Assessment], bool]:
    """Assessments in trend order, the latest first, those that follow `after`; and whether more follow."""
    rows = Assessment.objects.filter(patient=patient)
    states = (AssessmentState.DRAFT,) if which.drafts else (*COUNTED, *(KEPT_BACK if which.with_withdrawn else ()))
    wanted = Q(state__in=states)
    if which.instrument:
        wanted &= Q(instrument=which.instrument)
    if which.from_on is not None:
        wanted &= Q(assessed_on__gte=which.from_on)
    if which.until_on is not None:
        wanted &= Q(assessed_on__lte=which.until_on)
    if after is not None:
        place = rows.filter(public_id=after).values_list("assessed_on", "recorded_at", "id").first()
        if place is None:
            return [], False
        on, at, pk = place
        earlier = Q(recorded_at__lt=at) | Q(recorded_at=at, id__lt=pk)
        wanted &= Q(assessed_on__lte=on) & (Q(assessed_on__lt=on) | earlier)
    part = list(rows.filter(wanted).select_related(*RELATED).in_trend_order()[: size + 1])
    return part[:size], len(part) > size


def colleague(clinic: Clinic, public_id: UUID) -> User | None:
    """The account with this public id that works in the clinic now."""
    held = Membership.objects.live().filter(clinic=clinic, user__public_id=public_id).select_related("user").first()
    return held.user if held else None
