"""Asking the rules about an order without saving it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Kind
from patients.models import Patient
from regimens import queries
from regimens.actions.orders import Order, refuse_misshapen
from regimens.models import RegimenLine
from regimens.protocol.check import Checked


@transaction.atomic
def look_at(
    by: Actor, patient: Patient, orders: Sequence[Order], *, replaces: RegimenLine | None = None, at: datetime
) -> list[Checked]:
    """What the rules say about orders, in their order, with the record as it stands; `replaces` is left out of it.

    Nothing is saved but that it was asked. Misshapen (a ValidationError) as in start_regimen.
    """
    by.must(May.SEE_CLINICAL, patient.clinic)
    refuse_misshapen(orders, patient, at)
    audit.record(by, "order checked", Kind.READ, at=at, obj=patient, patient=patient.public_id)
    return queries.checked(
        patient,
        [order.as_line(by.account.name) for order in orders],
        on=patient.clinic.today(at),
        without=[] if replaces is None else [str(replaces.public_id)],
    )
