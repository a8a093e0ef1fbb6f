"""Rows for tests, made through the actions wherever one exists."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from clinics.access import Access, Actor
from clinics.models import Clinic, Membership, Role, User
from patients import actions
from patients.models import Patient

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"

_numbers = count(1)


def make_clinic(name: str = "", **more: Any) -> Clinic:
    """An open clinic in Berlin under EU rules."""
    values = {"zone": "Europe/Berlin", "jurisdiction": "EU", "languages": ["en"], "opened_at": NOW}
    return Clinic.objects.create(name=name or f"Clinic {next(_numbers)}", **(values | more))


def make_user(email: str = "", name: str = "", **more: Any) -> User:
    """An account that can sign in with PASSWORD."""
    number = next(_numbers)
    return User.objects.create_user(email or f"user{number}@example.org", name or f"User {number}", PASSWORD, **more)


def make_member(clinic: Clinic, role: Role, *, user: User | None = None, **flags: bool) -> User:
    """An account with a live role in a clinic."""
    user = user or make_user(f"{role.value}{next(_numbers)}@example.org", f"{role.label} {next(_numbers)}")
    Membership.objects.create(user=user, clinic=clinic, role=role, started_at=NOW, **flags)
    return user


def actor_for(user: User, clinic: Clinic, channel: str = "web") -> Actor:
    """The account as an actor in a clinic, as the edge would make it."""
    return Access(user=user, channel=channel, request_id="test").actor(clinic)


def patient_values(**more: Any) -> dict[str, Any]:
    """Values of a clearly made-up patient, each call another record number."""
    number = next(_numbers)
    return {
        "record_number": f"T{number:05d}",
        "family_name": f"Example{number}",
        "given_name": "Robin",
        "birth_date": date(2019, 5, 4),
        "sex": "female",
        "no_guardian_reason": "later",
    } | more


def make_patient(clinic: Clinic, *, at: datetime = NOW, **more: Any) -> Patient:
    """A registered patient of the clinic."""
    by = Membership.objects.live().filter(clinic=clinic).select_related("user").first()
    user = by.user if by else make_member(clinic, Role.NURSE)
    return actions.register_patient(actor_for(user, clinic), clinic, patient_values(**more), at=at)
