"""How a session becomes an account: allauth's way in, and one query for what every request asks."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from clinics.models import Membership, User


class Backend(AuthenticationBackend):
    """Signs in by e-mail address; reads an account together with its roles."""

    def get_user(self, user_id: Any) -> User | None:
        """The active account of a session, its memberships already read; None when it may not come in."""
        held = Membership.objects.of_account(user_id)
        user: User | None = held[0].user if held else super().get_user(user_id)
        if user is None or not user.is_active:
            return None
        user.held = held
        return user
