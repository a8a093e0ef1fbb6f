"""What the pages of the clinic and the doors read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clinics.access import Access
from clinics.errors import NotYours
from clinics.models import (
    AuditEvent,
    Clinic,
    ClinicSettings,
    Heartbeat,
    Invitation,
    KeptForm,
    Membership,
    Outcome,
    Role,
    User,
)
from clinics.models.base import day

KEPT_FOR = timedelta(hours=2)
EXPIRED_SHOWN_FOR = timedelta(days=30)
ENDED_SHOWN = 100
AUDIT_PAGE = 50
Row = TypeVar("Row", Membership, Invitation)


def kept_form(user: User, path: str, public_id: str, *, at: datetime) -> str | None:
    """The urlencoded input kept for this person and page, while it is fresh."""
    try:
        wanted = UUID(public_id)
    except ValueError:
        return None
    row = KeptForm.objects.filter(public_id=wanted, user=user, path=path, kept_at__gte=at - KEPT_FOR).first()
    return row.body if row else None


def kept_for(user: User, path: str, *, at: datetime) -> KeptForm | None:
    """The last input of this person on this page that was kept and not saved, while it is fresh."""
    return KeptForm.objects.filter(user=user, path=path, kept_at__gte=at - KEPT_FOR).order_by("-kept_at").first()


def foreign_clinic(public_id: str) -> Http404:
    """What to raise for a clinic that is not one of the person's: NotYours if it exists; the answers look the same."""
    try:
        found = Clinic.objects.filter(public_id=UUID(public_id)).first()
    except ValueError:
        found = None
    if found is None:
        return Http404()
    return NotYours(object_type="clinic", object_id=found.public_id, clinic=found.public_id)


def clinic_values(clinic: Clinic) -> dict[str, Any]:
    """What a clinic chose, as its settings page shows it."""
    own = ClinicSettings.objects.filter(clinic=clinic).first() or ClinicSettings(clinic=clinic)
    return {
        "name": clinic.name,
        "jurisdiction": clinic.jurisdiction,
        "zone": clinic.zone,
        "idle_minutes": own.idle_minutes,
        "sender_name": own.sender_name,
        "languages": clinic.languages,
    }


def staff(clinic: Clinic) -> list[Membership]:
    """Roles that were not ended, by name; among them those of deactivated accounts, which open nothing."""
    rows = Membership.objects.filter(clinic=clinic, ended_at__isnull=True)
    return list(rows.select_related("user").order_by("user__name", "user_id", "role"))


def ended_roles(clinic: Clinic) -> list[Membership]:
    """The roles ended last, the latest first."""
    rows = Membership.objects.filter(clinic=clinic, ended_at__isnull=False)
    return list(rows.select_related("user", "ended_by").order_by("-ended_at", "-id")[:ENDED_SHOWN])


def pending_invitations(clinic: Clinic, at: datetime) -> list[Invitation]:
    """Invitations nobody accepted or revoked, the newest first; expired ones for some weeks, to be sent again."""
    rows = Invitation.objects.filter(clinic=clinic, accepted_at__isnull=True, revoked_at__isnull=True)
    return list(
        rows.filter(expires_at__gt=at - EXPIRED_SHOWN_FOR).select_related("created_by").order_by("-created_at", "-id")
    )


def membership(access: Access, public_id: UUID) -> Membership:
    """A role in one of the person's clinics; NotYours for another clinic's, Http404 for none: the answers look the same."""
    row = Membership.objects.select_related("user", "clinic").filter(public_id=public_id).first()
    return _of_their_clinics(access, row)


def invitation(access: Access, public_id: UUID) -> Invitation:
    """An invitation into one of the person's clinics; NotYours for another clinic's, Http404 for none."""
    row = Invitation.objects.select_related("clinic", "clinic__settings").filter(public_id=public_id).first()
    return _of_their_clinics(access, row)


def _of_their_clinics(access: Access, row: Row | None) -> Row:
    if row is None:
        raise Http404
    if not access.roles(row.clinic):
        raise NotYours(object_type=str(row._meta.model_name), object_id=row.public_id, clinic=row.clinic.public_id)
    return row


def open_invitation(at: datetime, *, token_hash: str = "", public_id: str = "") -> Invitation | None:
    """The invitation with this token, or with the id a browser was given for it, while it can be accepted."""
    found = Invitation.objects.open(at).select_related("clinic")
    return (found.filter(token_hash=token_hash) if token_hash else found.filter(public_id=public_id)).first()


def has_account(email: str) -> bool:
    """Whether somebody signs in with this address already."""
    return User.objects.filter(email=email).exists()


def staff_accounts() -> QuerySet[User]:
    """Accounts that hold or held a role, and platform administrators; not those of patients and guardians."""
    return User.objects.filter(Q(is_staff=True) | Exists(Membership.objects.filter(user=OuterRef("pk"))))


@dataclass(frozen=True)
class AuditFilter:
    """Which audit rows are wanted; empty means all. `on` is a date of the clinic."""

    actor: UUID | None = None
    patient: UUID | None = None
    kind: str = ""
    outcome: str = ""
    on: date | None = None


def clinic_audit(clinic: Clinic, wanted: AuditFilter, *, before: int | None = None) -> tuple[list[AuditEvent], bool]:
    """A page of the clinic's audit rows, the newest first, from the one that follows `before`; and whether more follow."""
    return _audit_page(AuditEvent.objects.filter(clinic=clinic.public_id), wanted, clinic, before)


def own_audit(
    user: User, clinic: Clinic, wanted: AuditFilter, *, before: int | None = None
) -> tuple[list[AuditEvent], bool]:
    """A page of what this account did, in whatever clinic; dates are those of `clinic`."""
    return _audit_page(AuditEvent.objects.filter(actor=user.public_id), wanted, clinic, before)


def _audit_page(
    rows: QuerySet[AuditEvent], wanted: AuditFilter, clinic: Clinic, before: int | None
) -> tuple[list[AuditEvent], bool]:
    exact = {name: getattr(wanted, name) for name in ("actor", "patient", "kind", "outcome") if getattr(wanted, name)}
    rows = rows.filter(**exact)
    if wanted.on is not None:
        midnight = datetime.combine(wanted.on, time.min, ZoneInfo(clinic.zone))
        try:
            begin, end = midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC)
        except OverflowError:  # the first or the last day Python knows
            return [], False
        rows = rows.filter(recorded_at__gte=begin, recorded_at__lt=end)
    if before is not None:
        rows = rows.filter(id__lt=before)
    part = list(rows.order_by("-id")[: AUDIT_PAGE + 1])
    return part[:AUDIT_PAGE], len(part) > AUDIT_PAGE


def people_of(clinic: Clinic) -> list[tuple[str, str]]:
    """Public id and name of everybody who works or worked in the clinic, by name."""
    known = Membership.objects.filter(clinic=clinic).order_by("user__name", "user__email")
    pairs = dict(known.values_list("user__public_id", "user__name"))
    return [(str(public_id), name) for public_id, name in pairs.items()]


def names_of(clinic: Clinic, people: Iterable[UUID]) -> dict[UUID, str]:
    """Names of those who work or worked in the clinic; nobody else is named."""
    known = Membership.objects.filter(clinic=clinic, user__public_id__in=set(people))
    return dict(known.values_list("user__public_id", "user__name").distinct())


@dataclass(frozen=True)
class AuditLine:
    """One audit row in words, for the page: no name of a patient, no clinical value."""

    when: str
    who: str
    role: str
    what: str
    about: str
    number: str
    outcome: str
    is_done: bool
    channel: str
    request_id: str


def audit_lines(
    rows: Iterable[AuditEvent], clinic: Clinic, names: dict[UUID, str], numbers: dict[UUID, str]
) -> list[AuditLine]:
    """Audit rows in words; instants in the clinic's zone, patients by the record numbers given."""
    words = _Words()
    zone = ZoneInfo(clinic.zone)
    return [
        AuditLine(
            when=f"{day(local)} {local:%H:%M:%S}",
            who=words.who(row, names),
            role=words.roles.get(row.actor_role, row.actor_role),
            what=words.what(row),
            about=words.objects.get(row.object_type, row.object_type),
            number=numbers.get(row.patient, "") if row.patient else "",
            outcome=words.outcomes[row.outcome],
            is_done=row.outcome == Outcome.DONE,
            channel=words.channels.get(row.channel, row.channel),
            request_id=row.request_id,
        )
        for row in rows
        for local in [row.recorded_at.astimezone(zone)]
    ]


class _Words:
    """What the codes of an audit row are called, looked up once for a page."""

    def __init__(self) -> None:
        self.roles = {role.value: str(role.label) for role in Role}
        self.roles |= {"platform_admin": _("Platform administrator"), "system": "", "none": ""}
        self.objects = {model._meta.model_name: capfirst(str(model._meta.verbose_name)) for model in apps.get_models()}
        self.outcomes = {outcome.value: str(outcome.label) for outcome in Outcome}
        self.channels = {"web": _("pages"), "api": _("API"), "admin": _("administration"), "task": _("task")}
        self.channels |= {"command": _("command")}

    @staticmethod
    def who(row: AuditEvent, names: dict[UUID, str]) -> str:
        """A colleague's name; others stay unnamed."""
        if row.actor is None:
            return _("The software") if row.actor_role == "system" else _("Somebody who was not signed in")
        return names.get(row.actor) or _("Someone outside this clinic")

    @staticmethod
    def what(row: AuditEvent) -> str:
        """The verb; for a refusal also the right that was missing."""
        verb = capfirst(_(row.verb))
        return f"{verb}: {_(row.reason)}" if row.outcome == Outcome.REFUSED and row.reason else verb


def last_beat(name: str = "beat") -> datetime | None:
    """When a heartbeat was last written."""
    return Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True).first()
