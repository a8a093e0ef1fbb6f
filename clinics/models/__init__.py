"""Who may sign in, for which clinic, and who did what."""

from clinics.models.base import paired
from clinics.models.clinic import Clinic, ClinicSettings, Jurisdiction
from clinics.models.people import ApiToken, Invitation, Membership, Role, User
from clinics.models.records import AuditEvent, Heartbeat, KeptForm, Kind, Outcome

__all__ = [
    "ApiToken",
    "AuditEvent",
    "Clinic",
    "ClinicSettings",
    "Heartbeat",
    "Invitation",
    "Jurisdiction",
    "KeptForm",
    "Kind",
    "Membership",
    "Outcome",
    "Role",
    "User",
    "paired",
]
