"""allauth's forms in our house style: labels that stay, no placeholder that vanishes when somebody types."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class Plain:
    """Take the placeholders and the repeated help off every field."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""
            if name in {"login", "email"}:
                field.label = _("E-mail")


class SignIn(Plain, allauth.LoginForm):
    """Address and password."""


class Reset(Plain, allauth.ResetPasswordForm):
    """The address a reset is asked for."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """An unknown address gets a mail too. allauth's own way would link to a sign-up page, and there is none."""
        email: str = self.cleaned_data["email"]
        if not ratelimit.consume(request, action="reset_mail", key=email.lower()):
            return email  # enough mails are under way; a stranger who asks again closes nothing for the owner
        if self.users:
            return super().save(request, **kwargs)
        get_adapter().send_mail("account/email/unknown_account", email, {})
        return email


class ResetKey(Plain, allauth.ResetPasswordKeyForm):
    """A new password after a reset."""


class ChangePassword(Plain, allauth.ChangePasswordForm):
    """The old and the new password."""


class Confirm(Plain, allauth.ReauthenticateForm):
    """The password once more."""
