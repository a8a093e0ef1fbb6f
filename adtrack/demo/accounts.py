"""Who can sign in to the demonstration. `.example` is reserved (RFC 2606): no mail to these addresses can reach anybody."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """A demo sign-in; without a role it is the platform administrator's, a patient's or a guardian's."""

    email: str
    name: str
    what: str
    role: str = ""
    flags: dict[str, bool] = field(default_factory=dict)


PLATFORM_ADMIN = Account("admin@demo.example", "Demo Platform Administrator", "platform administrator, no clinic")
PATIENT = Account("patient@demo.example", "Jonas Beispiel", "a patient's own account")
GUARDIAN = Account("guardian@demo.example", "Selin Örnek-Yıldız", "mother of three patients")

# The clinic administrator stands first: she invites the others.
STAFF = (
    Account("clinic-admin@demo.example", "Olga Office", "clinic administrator", "clinic_admin"),
    Account(
        "dermatologist@demo.example",
        "Dr Dana Derm",
        "dermatologist, medical lead",
        "dermatologist",
        {"may_prescribe": True, "may_score": True, "is_medical_lead": True},
    ),
    Account("nurse@demo.example", "Nico Nurse", "nurse trained to score", "nurse", {"may_score": True}),
)
OTHER_STAFF = (
    Account("clinic-admin@other.demo.example", "Avery Office", "administrator of the other clinic", "clinic_admin"),
    Account(
        "dermatologist@other.demo.example",
        "Dr Sam Skin",
        "dermatologist of the other clinic",
        "dermatologist",
        {"may_prescribe": True, "may_score": True},
    ),
)

ACCOUNTS = (*STAFF[1:], STAFF[0], PLATFORM_ADMIN, PATIENT, GUARDIAN, *OTHER_STAFF)
