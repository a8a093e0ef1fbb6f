"""The API's tokens at the door. The session is the other way in (with CSRF), for pages of this site."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

# The public wrapper does not count GET, and a token is tried with any method.
from allauth.core.internal import ratelimit
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from clinics import actions, audit
from clinics.access import SCOPES, Access
from clinics.models import ApiToken, Kind, Outcome


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer adt_…`. A wrong, revoked or expired token and one of a closed account are answered alike."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """The token's account; `request.access` is narrowed to the token's scopes."""
        kind, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        plain: Any = request._request
        token = actions.authenticate_token(text.strip(), at=datetime.now(UTC))
        if token is None:
            by = plain.access.actor(None)
            audit.record(by, "token refused", Kind.EXECUTE, at=datetime.now(UTC), outcome=Outcome.FAILED)
            # Only wrong ones are counted, by address: nobody can use up the tries of a right token.
            if not ratelimit.consume(plain, app="allauth.account", action="token", limit_get=True):
                raise exceptions.Throttled(wait=300)
            raise exceptions.AuthenticationFailed("The token is not valid.")
        limit = frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in token.scopes))
        plain.access = Access(
            user=token.user, channel="api", request_id=plain.request_id, address=plain.access.address, limit=limit
        )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="adtrack"'


class TokenScheme(OpenApiAuthenticationExtension):
    """The token in the OpenAPI schema."""

    target_class = "clinics.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """How to send it."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Made by `manage.py issue_token`; scopes: " + ", ".join(SCOPES) + ".",
        }
