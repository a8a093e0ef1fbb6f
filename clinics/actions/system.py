"""Housekeeping of the software itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.sessions.models import Session

from clinics import audit
from clinics.access import Actor
from clinics.models import Heartbeat, KeptForm, Kind, User
from clinics.queries import KEPT_FOR

LARGEST_KEPT = 256 * 1024
MOST_KEPT = 20  # forms of one person; the oldest go first


def open_audit(by: Actor, *, patient: UUID | None, at: datetime) -> None:
    """Note that somebody looked at the clinic's audit, and about which patient if they asked for one."""
    audit.record(by, "audit opened", Kind.READ, at=at, patient=patient)


def beat(name: str, *, at: datetime) -> None:
    """Note that a scheduled thing ran to its end."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": at})


def keep_form(user_id: str, path: str, body: str, *, at: datetime) -> KeptForm | None:
    """Keep what was typed for the person a form was made for; None when the account is gone or the input too large."""
    user = User.objects.filter(public_id=user_id, is_active=True).first()
    if user is None or len(body) > LARGEST_KEPT:
        return None
    kept = KeptForm.objects.create(user=user, path=path[:300], body=body, kept_at=at)
    newest = KeptForm.objects.filter(user=user).order_by("-id").values_list("id", flat=True)[:MOST_KEPT]
    KeptForm.objects.filter(user=user).exclude(id__in=list(newest)).delete()
    return kept


def forget_kept_forms(user: User, path: str) -> None:
    """Drop what was kept for this person and page, once something was saved there."""
    KeptForm.objects.filter(user=user, path=path).delete()


def sweep_leftovers(*, at: datetime) -> None:
    """Delete kept forms and sessions that are past their time. Safe to run twice."""
    KeptForm.objects.filter(kept_at__lt=at - KEPT_FOR - timedelta(hours=1)).delete()
    Session.objects.filter(expire_date__lt=at).delete()
