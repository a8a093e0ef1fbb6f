"""Who may do what: one matrix, one actor, one door for rows. docs/authorization.md is the same matrix for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from clinics.errors import NotAllowed
from clinics.models import Clinic, Membership, Role, User
from clinics.models.people import RoleFields


class May(StrEnum):
    """Something a role may do in its clinic."""

    SEE_PATIENTS = "see patients"  # names, birth dates, contacts, who has access
    EDIT_PATIENTS = "edit patients"
    GRANT_ACCESS = "grant access"  # guardians, the patient's own account, consents
    SEE_CLINICAL = "see clinical facts"  # allergies, measurements, precautions
    RECORD_FACTS = "record clinical facts"
    SCORE = "score EASI and vIGA-AD"
    PRESCRIBE = "prescribe"  # start, change and end treatment
    CHOOSE_RULES = "choose rules"  # levels and numbers of the safety rules for the clinic
    MANAGE_STAFF = "manage staff"
    MANAGE_SETTINGS = "manage settings"
    SEE_CLINIC_AUDIT = "see the clinic's audit"
    SEE_OWN_AUDIT = "see own activity"


CLINICAL = frozenset({Role.DERMATOLOGIST, Role.NURSE})
EVERYONE = frozenset(Role)
ADMINISTRATORS = frozenset({Role.CLINIC_ADMIN})

MATRIX: dict[May, frozenset[Role]] = {
    May.SEE_PATIENTS: EVERYONE,
    May.EDIT_PATIENTS: EVERYONE,
    May.GRANT_ACCESS: EVERYONE,
    May.SEE_CLINICAL: CLINICAL,
    May.RECORD_FACTS: CLINICAL,
    May.SCORE: CLINICAL,
    May.PRESCRIBE: CLINICAL,
    May.CHOOSE_RULES: frozenset({Role.DERMATOLOGIST}),
    May.MANAGE_STAFF: ADMINISTRATORS,
    May.MANAGE_SETTINGS: ADMINISTRATORS,
    May.SEE_CLINIC_AUDIT: ADMINISTRATORS,
    May.SEE_OWN_AUDIT: EVERYONE,
}

# Rights a role holds only with the flag of the membership.
NEEDS_FLAG: dict[May, dict[Role, str]] = {
    May.SCORE: {Role.NURSE: "may_score"},
    May.PRESCRIBE: {Role.DERMATOLOGIST: "may_prescribe", Role.NURSE: "may_prescribe"},
    May.CHOOSE_RULES: {Role.DERMATOLOGIST: "is_medical_lead"},
}

# What a token's scope lets through of what its account may do.
SCOPES: dict[str, frozenset[May]] = {
    "patients:read": frozenset({May.SEE_PATIENTS, May.SEE_CLINICAL}),
    "patients:write": frozenset({May.EDIT_PATIENTS, May.RECORD_FACTS, May.SCORE, May.GRANT_ACCESS}),
    "regimens:write": frozenset({May.PRESCRIBE}),
}


def rights_of(held: Iterable[RoleFields]) -> frozenset[May]:
    """Everything these roles, with their flags, may do together."""
    rows = list(held)
    return frozenset(what for what in May if any(_holds(row, what) for row in rows))


def _holds(row: RoleFields, what: May) -> bool:
    role = Role(row.role)
    flag = NEEDS_FLAG.get(what, {}).get(role)
    return role in MATRIX[what] and (flag is None or getattr(row, flag))


def clinics_where(user: Any, what: May) -> Iterable[int] | QuerySet[Membership, int]:
    """Ids of the clinics in which this account may do `what` now; for `filter(clinic_id__in=...)`.

    An account read for this request brings its roles; any other is asked for them in the same query.
    """
    held: list[Membership] | None = getattr(user, "held", None)
    if held is not None:
        return sorted({row.clinic_id for row in held if row.role in MATRIX[what]})
    return (
        Membership.objects.live().filter(user_id=user.pk, role__in=sorted(MATRIX[what])).values_list("clinic_id", flat=True)
    )


@dataclass(frozen=True)
class Actor:
    """On whose behalf something is done. Made at the edge (page, API, task, command), taken by every action."""

    user: User | None
    role: str
    clinic: Clinic | None
    rights: frozenset[May]
    channel: str  # web, api, admin, task, command
    request_id: str = ""
    address: str = ""
    acting_for: UUID | None = None

    def must(self, what: May, clinic: Clinic) -> None:
        """Raise NotAllowed unless this actor may do `what` in the clinic of the record."""
        if self.clinic is None or self.clinic.pk != clinic.pk or what not in self.rights:
            raise NotAllowed(what.value, clinic=clinic.public_id)

    @property
    def account(self) -> User:
        """The account, where a row needs one."""
        if self.user is None:
            raise NotAllowed("no account")
        return self.user


def system_actor(channel: str) -> Actor:
    """The software itself: sweeps and commands that act for nobody."""
    return Actor(user=None, role="system", clinic=None, rights=frozenset(), channel=channel)


@dataclass
class Access:
    """What the person behind this request may do, read once per request from the live memberships."""

    user: Any
    channel: str = "web"
    request_id: str = ""
    address: str = ""
    wanted_clinic: str = ""  # public id the session remembers
    limit: frozenset[May] | None = field(default=None)  # a token's scopes

    @cached_property
    def memberships(self) -> list[Membership]:
        """Live memberships with clinic and settings, by clinic."""
        if not self.user.is_authenticated:
            return []
        held: list[Membership] | None = getattr(self.user, "held", None)
        return Membership.objects.of_account(self.user.pk) if held is None else held

    @cached_property
    def clinics(self) -> list[Clinic]:
        """The clinics this person works in, by name."""
        return list({row.clinic_id: row.clinic for row in self.memberships}.values())

    @cached_property
    def clinic(self) -> Clinic | None:
        """The active clinic: the one chosen, else the first. It filters lists and never changes an open record."""
        chosen = [clinic for clinic in self.clinics if str(clinic.public_id) == self.wanted_clinic]
        return next(iter(chosen or self.clinics), None)

    @property
    def here(self) -> Clinic:
        """The active clinic, for pages that are of one (clinics.views.base.needs has let the person in)."""
        if self.clinic is None:
            raise NotAllowed("work in a clinic")
        return self.clinic

    def roles(self, clinic: Clinic | None) -> list[Role]:
        """Roles held in a clinic, the most clinical first."""
        held = {row.role for row in self.memberships if clinic is not None and row.clinic_id == clinic.pk}
        return [role for role in Role if role in held]

    def may(self, what: May, clinic: Clinic | None = None) -> bool:
        """Whether `what` is allowed in the clinic (default: the active one)."""
        return what in self._rights(clinic if clinic is not None else self.clinic)

    def actor(self, clinic: Clinic | None) -> Actor:
        """This person as an actor in the clinic of a record."""
        roles = self.roles(clinic)
        return Actor(
            user=self.user if self.user.is_authenticated else None,
            role=roles[0] if roles else ("platform_admin" if getattr(self.user, "is_staff", False) else "none"),
            clinic=clinic if roles else None,
            rights=self._rights(clinic),
            channel=self.channel,
            request_id=self.request_id,
            address=self.address,
        )

    def _rights(self, clinic: Clinic | None) -> frozenset[May]:
        rights = rights_of(row for row in self.memberships if clinic is not None and row.clinic_id == clinic.pk)
        return rights if self.limit is None else rights & self.limit


@dataclass(frozen=True)
class SessionLimits:
    """How long a session lasts without activity, and at the most."""

    idle: timedelta
    absolute: timedelta


STAFF_LIMITS = SessionLimits(idle=timedelta(minutes=15), absolute=timedelta(hours=12))
PLATFORM_LIMITS = SessionLimits(idle=timedelta(minutes=15), absolute=timedelta(hours=8))
PORTAL_LIMITS = SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))


def session_limits(access: Access) -> SessionLimits:
    """The limits of this session by role; the active clinic may choose its own idle time (5 to 60 minutes)."""
    limits = PORTAL_LIMITS
    if access.clinic is not None:
        own = getattr(getattr(access.clinic, "settings", None), "idle_minutes", None)
        limits = SessionLimits(timedelta(minutes=own), STAFF_LIMITS.absolute) if own else STAFF_LIMITS
    if access.user.is_staff:
        limits = SessionLimits(min(limits.idle, PLATFORM_LIMITS.idle), PLATFORM_LIMITS.absolute)
    return limits
