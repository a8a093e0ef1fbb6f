"""Who stands around a patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from patients.models import (
    Consent,
    ContactPoint,
    GuardianLink,
    Patient,
    PatientLink,
)


@dataclass(frozen=True)
class People:
    """Everybody around a patient, live rows first."""

    account: PatientLink | None
    guardians: list[GuardianLink]
    contacts: list[ContactPoint]
    consents: list[Consent]


def people(patient: Patient) -> People:
    """Accounts, guardians, addresses and consents of a patient; withdrawn ones stay visible below."""
    return People(
        account=PatientLink.objects.live().filter(patient=patient).select_related("user").first(),
        guardians=_live_first(
            GuardianLink.objects.filter(patient=patient).select_related("user", "evidence_checked_by", "withdrawn_by")
        ),
        contacts=_live_first(ContactPoint.objects.filter(patient=patient).select_related("guardian", "withdrawn_by")),
        consents=_live_first(Consent.objects.filter(patient=patient).select_related("recorded_by", "withdrawn_by")),
    )


def _live_first(rows: Any) -> list[Any]:
    return sorted(rows.order_by("-recorded_at", "-id"), key=lambda row: row.withdrawn_at is not None)
