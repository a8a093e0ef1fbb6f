"""What the pages of the clinic and the doors read."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from clinics.models import AuditEvent, Clinic, Heartbeat, Invitation, KeptForm, Membership, User

KEPT_FOR = timedelta(hours=2)


def kept_form(user: User, path: str, public_id: str, *, at: datetime) -> str | None:
    """The urlencoded input kept for this person and page, while it is fresh."""
    try:
        wanted = UUID(public_id)
    except ValueError:
        return None
    row = KeptForm.objects.filter(public_id=wanted, user=user, path=path, kept_at__gte=at - KEPT_FOR).first()
    return row.body if row else None


def staff(clinic: Clinic) -> list[Membership]:
    """Who works in the clinic: live roles first, then the ended ones, by name."""
    rows = Membership.objects.filter(clinic=clinic).select_related("user", "ended_by").order_by("user__name", "role")
    return sorted(rows, key=lambda row: row.ended_at is not None)


def open_invitations(clinic: Clinic, at: datetime) -> list[Invitation]:
    """Invitations that can still be accepted, the newest first."""
    return list(Invitation.objects.open(at).filter(clinic=clinic).select_related("created_by"))


def audit_rows(
    clinic: Clinic,
    *,
    actor: UUID | None = None,
    patient: UUID | None = None,
    verb: str = "",
    before: int | None = None,
    size: int = 50,
) -> list[AuditEvent]:
    """The clinic's audit rows, the newest first, at most `size` + 1 so that the page knows whether more follow."""
    rows = AuditEvent.objects.filter(clinic=clinic.public_id)
    if actor is not None:
        rows = rows.filter(actor=actor)
    if patient is not None:
        rows = rows.filter(patient=patient)
    if verb:
        rows = rows.filter(verb=verb)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[: size + 1])


def last_beat(name: str = "beat") -> datetime | None:
    """When a heartbeat was last written."""
    return Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True).first()
