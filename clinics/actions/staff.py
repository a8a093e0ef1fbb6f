"""Clinics, their settings, their people."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.actions.tokens import hash_token
from clinics.errors import NotAllowed, Stale
from clinics.models import Clinic, ClinicSettings, Invitation, Kind, Membership, Outcome, Role, User

FLAGS = ("may_prescribe", "may_score", "is_medical_lead")


def _must_manage(by: Actor, clinic: Clinic) -> None:
    """Clinic administrators manage their clinic; the platform administrator opens clinics and invites the first one."""
    if by.role == "system" or (by.user is not None and by.user.is_staff and by.channel == "admin"):
        return
    by.must(May.MANAGE_STAFF, clinic)


def _check_flags(role: str, flags: dict[str, bool]) -> None:
    if role == Role.CLINIC_ADMIN and any(flags.get(flag) for flag in FLAGS):
        raise ValidationError({"role": _("A clinic administrator has no clinical permission.")})
    if flags.get("is_medical_lead") and role != Role.DERMATOLOGIST:
        raise ValidationError({"is_medical_lead": _("Only a dermatologist can be medical lead.")})


def check_has_no_such_role(clinic: Clinic, email: str, role: str) -> None:
    """ValidationError when the account with this address holds the role already."""
    held = Membership.objects.filter(clinic=clinic, user__email=email.strip().lower(), role=role, ended_at__isnull=True)
    if held.exists():
        raise ValidationError(_("This person already has that role in the clinic."))


def check_is_not_oneself(by: Actor, email: str, *, field: str) -> None:
    """ValidationError when the address is the actor's own: nobody gives a right to themselves."""
    if by.user is not None and by.user.email == email.strip().lower():
        raise ValidationError({field: _("Somebody else has to invite you.")})


def _one_at_a_time(clinic: Clinic) -> None:
    """Two who invite wait for each other; rows that only refer to the clinic (an acceptance) do not wait for them."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


@transaction.atomic
def open_clinic(by: Actor, *, name: str, zone: str, jurisdiction: str, languages: list[str], at: datetime) -> Clinic:
    """A new clinic; by a platform administrator or a command."""
    if by.role != "system" and not (by.user and by.user.is_staff):
        raise NotAllowed("open a clinic")
    clinic = Clinic(name=name, zone=zone, jurisdiction=jurisdiction, languages=languages, opened_at=at)
    clinic.full_clean()
    clinic.save()
    audit.record(by, "clinic opened", Kind.CREATE, at=at, obj=clinic, clinic=clinic.public_id)
    return clinic


@transaction.atomic
def change_clinic(by: Actor, clinic: Clinic, values: dict[str, Any], *, version: int, at: datetime) -> Clinic:
    """Change a clinic's name, zone, jurisdiction, languages and settings; Stale when somebody else was faster."""
    if not (by.user and by.user.is_staff and by.channel == "admin"):
        by.must(May.MANAGE_SETTINGS, clinic)
    current = Clinic.objects.select_for_update().get(pk=clinic.pk)
    if current.version != version:
        raise Stale(current)
    own, _created = ClinicSettings.objects.get_or_create(clinic=current)
    changed = []
    for row, names in ((current, ("name", "zone", "jurisdiction", "languages")), (own, ("idle_minutes", "sender_name"))):
        for name in names:
            if name in values and getattr(row, name) != values[name]:
                setattr(row, name, values[name])
                changed.append(name)
        row.full_clean()
    if changed:
        current.version = version + 1
        current.save()
        own.save()
        audit.record(
            by, "clinic settings changed", Kind.UPDATE, at=at, obj=current, clinic=current.public_id, fields=changed
        )
    return current


@transaction.atomic
def invite_member(
    by: Actor, clinic: Clinic, *, email: str, name: str, role: str, at: datetime, **flags: bool
) -> tuple[Invitation, str]:
    """Offer a role to an address. Returns the invitation and, this once, its token; earlier open offers end."""
    _must_manage(by, clinic)
    _check_flags(role, flags)
    _one_at_a_time(clinic)
    email = email.strip().lower()
    check_is_not_oneself(by, email, field="email")
    check_has_no_such_role(clinic, email, role)
    for earlier in Invitation.objects.open(at).filter(clinic=clinic, email=email, role=role):
        revoke_invitation(by, earlier, at=at)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        clinic=clinic,
        email=email,
        name=name.strip(),
        role=role,
        token_hash=hash_token(token),
        created_at=at,
        created_by=by.account,
        expires_at=at + settings.INVITATION_LIFETIME,
        **{flag: flags.get(flag, False) for flag in FLAGS},
    )
    invitation.full_clean()
    invitation.save()
    audit.record(by, "staff invited", Kind.CREATE, at=at, obj=invitation, clinic=clinic.public_id)
    return invitation, token


@transaction.atomic
def invite_again(by: Actor, invitation: Invitation, *, at: datetime) -> tuple[Invitation, str]:
    """The same offer with a new token and a new time; the old one ends. ValidationError when it was accepted meanwhile."""
    _one_at_a_time(invitation.clinic)  # before the invitation, as in invite_member: in the other order they would block
    if Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=False).exists():
        raise ValidationError(_("This invitation was accepted already."))
    revoke_invitation(by, invitation, at=at)
    return invite_member(
        by,
        invitation.clinic,
        email=invitation.email,
        name=invitation.name,
        role=invitation.role,
        at=at,
        **{flag: getattr(invitation, flag) for flag in FLAGS},
    )


@transaction.atomic
def appoint_administrator(by: Actor, clinic: Clinic, user: User, *, at: datetime) -> Membership:
    """Make an account administrator of a clinic without an invitation; by a platform administrator."""
    if not (by.user and by.user.is_staff and by.channel == "admin"):
        raise NotAllowed("appoint an administrator", clinic=clinic.public_id)
    check_is_not_oneself(by, user.email, field="user")
    check_has_no_such_role(clinic, user.email, Role.CLINIC_ADMIN)
    membership = Membership.objects.create(
        clinic=clinic, user=user, role=Role.CLINIC_ADMIN, started_at=at, started_by=by.account
    )
    audit.record(by, "administrator appointed", Kind.CREATE, at=at, obj=membership, clinic=clinic.public_id)
    return membership


@transaction.atomic
def revoke_invitation(by: Actor, invitation: Invitation, *, at: datetime) -> bool:
    """Withdraw an offer that was not accepted. False, and nothing changed, when it was used or revoked before."""
    _must_manage(by, invitation.clinic)
    open_rows = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True, revoked_at__isnull=True)
    if not open_rows.update(revoked_at=at, revoked_by=by.account):
        return False
    audit.record(by, "invitation revoked", Kind.DELETE, at=at, obj=invitation, clinic=invitation.clinic.public_id)
    return True


def note_wrong_link(by: Actor, *, at: datetime) -> None:
    """Leave a security row for an invitation link that is wrong, used, revoked or expired."""
    audit.record(by, "invitation link refused", Kind.EXECUTE, at=at, outcome=Outcome.FAILED)


@transaction.atomic
def accept_invitation(
    by: Actor, invitation: Invitation, *, at: datetime, user: User | None = None, name: str = "", password: str = ""
) -> Membership:
    """Take up an offer, once: with the signed-in account of its address, or by making that account.

    Raises ValidationError when the offer is used, revoked or expired, or the account is another person's.
    """
    # The lock makes the second of two answers wait, and then find the offer taken.
    if Invitation.objects.open(at).select_for_update(of=("self",)).filter(pk=invitation.pk).first() is None:
        raise ValidationError(_("This invitation can no longer be used."))
    is_new = user is None
    if user is None:
        user = _new_account(invitation.email, name or invitation.name, password)
    elif user.email != invitation.email:
        raise ValidationError(_("This invitation was made for another address."))
    elif user.pk == invitation.created_by_id:
        raise ValidationError(_("Somebody else has to invite you."))
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=at, accepted_by=user)
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    membership, _created = Membership.objects.get_or_create(
        user=user,
        clinic=invitation.clinic,
        role=invitation.role,
        ended_at=None,
        defaults={
            "started_at": at,
            "started_by": invitation.created_by,
            **{flag: getattr(invitation, flag) for flag in FLAGS},
        },
    )
    actor = replace(by, user=user, role=membership.role, clinic=invitation.clinic)
    if is_new:
        audit.record(actor, "account created", Kind.CREATE, at=at, obj=user)
    audit.record(actor, "invitation accepted", Kind.CREATE, at=at, obj=membership)
    return membership


def _new_account(email: str, name: str, password: str) -> User:
    User(email=email, name=name.strip()).clean_fields(exclude=["password"])
    try:
        with transaction.atomic():
            return User.objects.create_user(email, name, password)
    except IntegrityError:
        raise ValidationError(_("There is an account with this address already. Sign in to accept.")) from None


@transaction.atomic
def change_membership(
    by: Actor, membership: Membership, flags: dict[str, bool], *, version: int, at: datetime
) -> Membership:
    """Change the flags of a live role; Stale when somebody else was faster."""
    _must_manage(by, membership.clinic)
    _check_flags(membership.role, flags)
    current = Membership.objects.select_related("clinic", "user").get(pk=membership.pk)
    changed = [flag for flag in FLAGS if flag in flags and getattr(current, flag) != flags[flag]]
    rows = Membership.objects.filter(pk=membership.pk, version=version, ended_at__isnull=True)
    if not rows.update(version=F("version") + (1 if changed else 0), **{flag: flags[flag] for flag in changed}):
        raise Stale(current)
    if not changed:
        return current
    audit.record(by, "role changed", Kind.UPDATE, at=at, obj=membership, clinic=membership.clinic.public_id, fields=changed)
    membership.refresh_from_db()
    return membership


@transaction.atomic
def end_membership(by: Actor, membership: Membership, *, at: datetime) -> None:
    """Take a role away; it stops on the person's next request. The last administrator of a clinic stays."""
    _must_manage(by, membership.clinic)
    Clinic.objects.select_for_update().get(pk=membership.clinic_id)
    others = Membership.objects.live().filter(clinic=membership.clinic, role=Role.CLINIC_ADMIN).exclude(pk=membership.pk)
    if membership.role == Role.CLINIC_ADMIN and by.channel != "admin" and not others.exists():
        raise ValidationError(_("A clinic needs at least one administrator. Invite another one first."))
    rows = Membership.objects.filter(pk=membership.pk, ended_at__isnull=True)
    if rows.update(ended_at=at, ended_by=by.account, version=F("version") + 1):
        audit.record(by, "role ended", Kind.DELETE, at=at, obj=membership, clinic=membership.clinic.public_id)


@transaction.atomic
def set_account_active(by: Actor, user: User, active: bool, *, at: datetime) -> None:
    """Switch an account on or off everywhere; by a platform administrator. Works on the next request of any door."""
    if by.role != "system" and not (by.user and by.user.is_staff):
        raise NotAllowed("deactivate an account")
    if User.objects.filter(pk=user.pk).exclude(is_active=active).update(is_active=active):
        user.is_active = active
        audit.record(by, "account activated" if active else "account deactivated", Kind.UPDATE, at=at, obj=user)


@transaction.atomic
def set_platform_admin(by: Actor, user: User, is_staff: bool, *, at: datetime) -> None:
    """Make an account platform administrator, or end that; by a superuser."""
    if by.role != "system" and not (by.user and by.user.is_superuser):
        raise NotAllowed("appoint a platform administrator")
    if User.objects.filter(pk=user.pk).exclude(is_staff=is_staff).update(is_staff=is_staff):
        user.is_staff = is_staff
        verb = "platform administrator appointed" if is_staff else "platform administrator dismissed"
        audit.record(by, verb, Kind.UPDATE, at=at, obj=user)
