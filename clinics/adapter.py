"""allauth, with our door for mail, our audit rows and limits that no stranger can turn into a lock-out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit as counted
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from clinics import audit, mail
from clinics.access import Access
from clinics.models import Kind, Outcome, User

# allauth's mail -> our mail and how to fill it
MAILS = {
    "account/email/password_reset_key": ("password_reset", {"url": "password_reset_url"}),
    "account/email/unknown_account": ("password_reset_unknown", {}),
    "account/email/password_changed": ("password_changed", {}),
    "account/email/password_reset": ("password_changed", {}),
}


class Adapter(DefaultAccountAdapter):
    """How allauth behaves here. Nobody signs up: accounts come from invitations."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("We could not sign you in. Check the address and the password."),
        "too_many_login_attempts": _("Too many tries from here. Wait a few minutes, or choose a new password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures per account and address together: others' failures do not close the door for its owner."""
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}:{counted.get_ip(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """A try beyond the limits leaves a security row."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            _record(request, "sign-in refused, too many tries", user=None, outcome=Outcome.REFUSED)
            raise

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """A deactivated account is answered, counted and noted like a wrong password: nobody learns that it was right."""
        user = super().authenticate(request, **credentials)
        if user is None or user.is_active:
            return user
        self.pre_authenticate(request, **credentials)
        self.authentication_failed(request, **credentials)
        return None

    def reauthenticate(self, user: Any, password: str) -> bool:
        """With the address of the account: the first platform administrator has no row of allauth's own."""
        found = self.authenticate(self.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """To the address of the account, whether allauth has a row for it or not."""
        super().send_notification_mail(template_prefix, user, context, email or user.email)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A failed sign-in leaves a security row; the account's public id only if there is one."""
        email = str(credentials.get("email", "")).strip().lower()
        _record(request, "sign-in failed", user=User.objects.filter(email=email).first(), outcome=Outcome.FAILED)

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign in, remember when, and when it was the last time."""
        before = user.last_login
        super().login(request, user)
        request.session["previous_sign_in"] = before.isoformat() if before else ""
        request.session["signed_in_at"] = request.session["seen_at"] = int(datetime.now(UTC).timestamp())
        _record(request, "signed in", user=user)

    def logout(self, request: HttpRequest) -> None:
        """Sign out, with its row."""
        _record(request, "signed out", user=request.user)
        super().logout(request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Every change and reset of a password passes here."""
        super().set_password(user, password)
        _record(self.request, "password changed", user=user, kind=Kind.UPDATE)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """All of allauth's mail goes through our one door; a kind we do not know is an error, not a surprise mail."""
        template, variables = MAILS[template_prefix]
        if template in ("password_reset", "password_reset_unknown"):
            _record(self.request, "password reset asked", user=User.objects.filter(email=email.lower()).first())
        mail.send(template, email, {ours: context[theirs] for ours, theirs in variables.items()})


def _record(request: Any, verb: str, *, user: Any, kind: Kind = Kind.EXECUTE, outcome: Outcome = Outcome.DONE) -> None:
    access = Access(user=request.user, channel="web", request_id=request.request_id, address=request.access.address)
    by = access.actor(None)
    audit.record(by, verb, kind, at=datetime.now(UTC), obj=user, outcome=outcome)
