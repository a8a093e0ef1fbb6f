"""Audit rows. Written in the transaction of the change or of the page; refusals outside the one that was rolled back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from clinics.access import Actor
from clinics.errors import NotAllowed, NotYours
from clinics.models import AuditEvent, Kind, Outcome
from clinics.statements import Insertion

ROW = Insertion(AuditEvent)


def record(
    by: Actor,
    verb: str,
    kind: Kind,
    *,
    at: datetime,
    obj: Any = None,
    clinic: UUID | None = None,
    patient: UUID | None = None,
    fields: Iterable[str] = (),
    reason: str = "",
    outcome: Outcome = Outcome.DONE,
) -> None:
    """Write one row. `fields` are column names and `reason` a code, never values; clinic defaults to the actor's."""
    ROW.run(
        recorded_at=at,
        verb=verb,
        kind=kind,
        outcome=outcome,
        actor=by.user.public_id if by.user else None,
        actor_role=by.role,
        acting_for=by.acting_for,
        clinic=clinic or (by.clinic.public_id if by.clinic else None),
        patient=patient,
        object_type=obj._meta.model_name if obj is not None else "",
        object_id=getattr(obj, "public_id", None),
        fields=",".join(fields)[:400],
        reason=reason,
        channel=by.channel,
        request_id=by.request_id,
        address=by.address,
    )


def record_refusal(by: Actor, refusal: NotYours | NotAllowed, *, at: datetime) -> None:
    """A security row for a try at what is not theirs. Call it where no transaction is open that will be rolled back."""
    ROW.run(
        recorded_at=at,
        verb="access refused",
        kind=Kind.EXECUTE,
        outcome=Outcome.REFUSED,
        actor=by.user.public_id if by.user else None,
        actor_role=by.role,
        acting_for=by.acting_for,
        clinic=refusal.clinic,
        patient=getattr(refusal, "patient", None),
        object_type=refusal.object_type,
        object_id=refusal.object_id,
        fields="",
        reason=getattr(refusal, "what", "other clinic"),
        channel=by.channel,
        request_id=by.request_id,
        address=by.address,
    )
