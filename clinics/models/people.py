"""Accounts, roles, invitations and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models.base import PublicIdModel, one_line, paired
from clinics.models.clinic import Clinic, ClinicSettings
from clinics.statements import Given, Statement


class UserManager(BaseUserManager["User"]):
    """Accounts arise from invitations; `createsuperuser` makes the first platform administrator."""

    def create_user(self, email: str, name: str, password: str | None = None, **extra: Any) -> User:
        """An account with its address in lower case; without a password it cannot sign in."""
        user = self.model(email=email.strip().lower(), name=name.strip(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, name: str, password: str | None = None, **extra: Any) -> User:
        """A platform administrator (Django admin: clinics, users, memberships; no clinical content)."""
        return self.create_user(email, name, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, email: str | None) -> User:
        """The account with this address, whatever its case."""
        return self.get(email=(email or "").strip().lower())


class User(PublicIdModel, AbstractBaseUser, PermissionsMixin):
    """Someone who signs in with an e-mail address: staff by membership, later also patients and guardians."""

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120, validators=[one_line])
    language = models.CharField(_("language"), max_length=16, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("platform administrator"), default=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    held: list[Membership]  # its live memberships, where it was read for a request (clinics.backend)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["email"]
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_in_lower_case")]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """How the person is shown to colleagues."""
        return self.name

    def get_short_name(self) -> str:
        """The same; we do not take names apart."""
        return self.name


class Role(models.TextChoices):
    """What somebody is in a clinic."""

    DERMATOLOGIST = "dermatologist", _("Dermatologist")
    NURSE = "nurse", _("Nurse")
    CLINIC_ADMIN = "clinic_admin", _("Clinic administrator")


class RoleFields(models.Model):
    """A role in a clinic with its flags: what an invitation offers and a membership holds."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="%(class)ss")
    role = models.CharField(_("role"), max_length=16, choices=Role)
    may_prescribe = models.BooleanField(_("may prescribe"), default=False)
    may_score = models.BooleanField(_("trained to score EASI and vIGA-AD"), default=False)
    is_medical_lead = models.BooleanField(_("medical lead"), default=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=~Q(role=Role.CLINIC_ADMIN) | Q(may_prescribe=False, may_score=False, is_medical_lead=False),
                name="%(class)s_clinic_admin_has_no_clinical_flag",
            ),
            models.CheckConstraint(
                condition=Q(is_medical_lead=False) | Q(role=Role.DERMATOLOGIST),
                name="%(class)s_medical_lead_is_dermatologist",
            ),
        ]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def live(self) -> MembershipQuerySet:
        """Memberships that count now: not ended, in an open clinic, of an active account."""
        return self.filter(ended_at__isnull=True, clinic__closed_at__isnull=True, user__is_active=True)

    def of_account(self, user_id: int) -> list[Membership]:
        """The live memberships of an account with account, clinic and settings, by clinic: what every request asks.

        What `live` asks of clinic and account is looked at here, and the rows are sorted here: both cost less than in SQL.
        """
        rows = [_with_account(values) for values in OF_ACCOUNT.run(user=user_id)]
        live = [row for row in rows if row.user.is_active and row.clinic.closed_at is None]
        return sorted(live, key=lambda row: (row.clinic.name, row.role))


class Membership(PublicIdModel, RoleFields):
    """A person's role in a clinic. A person may hold several; ending one works on the next request."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta(RoleFields.Meta):
        ordering = ["clinic", "user", "role"]
        constraints = [
            *RoleFields.Meta.constraints,
            models.UniqueConstraint(
                fields=["user", "clinic", "role"], condition=Q(ended_at__isnull=True), name="membership_one_live_per_role"
            ),
            paired("membership_ended_at_and_by", "ended_at", "ended_by"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.clinic}"


# Each model of a row of `of_account` with the way to it, and the columns that are its own.
READ_TOGETHER: list[tuple[type[models.Model], str, list[str]]] = [
    (model, way, [column.attname for column in model._meta.concrete_fields])
    for model, way in ((Membership, ""), (User, "user__"), (Clinic, "clinic__"), (ClinicSettings, "clinic__settings__"))
]


def _of_account() -> models.QuerySet:
    columns = [f"{way}{column}" for _model, way, own in READ_TOGETHER for column in own]
    mine = Membership.objects.filter(user_id=Given("user", models.BigIntegerField()), ended_at__isnull=True)
    return mine.order_by().values_list(*columns)


OF_ACCOUNT = Statement(_of_account)


def _with_account(values: tuple) -> Membership:
    """A membership with account, clinic and settings, from one row of OF_ACCOUNT."""
    found: list[Any] = []
    for model, _way, own in READ_TOGETHER:
        found.append(model.from_db("default", own, values[: len(own)]))
        values = values[len(own) :]
    membership, user, clinic, settings = found
    membership.user, membership.clinic = user, clinic
    Clinic._meta.get_field("settings").set_cached_value(clinic, settings if settings.pk is not None else None)
    return membership


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, at: datetime) -> InvitationQuerySet:
        """Invitations that can still be accepted at this instant."""
        return self.filter(
            accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at, clinic__closed_at__isnull=True
        )


class Invitation(PublicIdModel, RoleFields):
    """An offer of a role, sent to an address. Only the hash of its token is stored; it works once and expires."""

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120, validators=[one_line])
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = InvitationQuerySet.as_manager()

    class Meta(RoleFields.Meta):
        ordering = ["-created_at"]
        constraints = [
            *RoleFields.Meta.constraints,
            paired("invitation_accepted_at_and_by", "accepted_at", "accepted_by"),
            paired("invitation_revoked_at_and_by", "revoked_at", "revoked_by"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True), name="invitation_accepted_or_revoked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.get_role_display()} · {self.clinic}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self, at: datetime) -> ApiTokenQuerySet:
        """Tokens that still open the API at this instant."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=at, user__is_active=True)


class ApiToken(PublicIdModel):
    """A key to the API for one account. Only its hash is stored; it never allows more than the account may do."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.user} · {self.name or self.public_id}"
