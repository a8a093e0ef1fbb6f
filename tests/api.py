"""A caller of the API, for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.test import Client

from clinics import actions
from clinics.access import SCOPES, system_actor
from clinics.models import ApiToken, User

ROOT = "/api/v1/"


def make_token(user: User, *scopes: str, days: int = 30, at: datetime | None = None) -> tuple[ApiToken, str]:
    """A token of the account, by default with every scope, and its text."""
    wanted = list(scopes or SCOPES)
    return actions.issue_token(system_actor("command"), user, scopes=wanted, days=days, at=at or datetime.now(UTC))


class Api:
    """Speaks JSON; as an account by a token, or as nobody, or through the client it is given."""

    def __init__(self, user: User | None = None, *scopes: str, client: Client | None = None):
        self.client = client or Client()
        self.headers = {"Authorization": f"Bearer {make_token(user, *scopes)[1]}"} if user else {}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; headers by name with underscores (`If_Match`)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        more: dict[str, Any] = {} if body is None else {"data": body, "content_type": "application/json"}
        address = path if path.startswith("/") else ROOT + path
        return getattr(self.client, method)(address, headers=self.headers | named, **more)

    def get(self, path: str, **headers: str) -> Any:
        """GET."""
        return self.call("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST; without a body, an empty object."""
        return self.call("post", path, {} if body is None else body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        """PUT."""
        return self.call("put", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """PATCH."""
        return self.call("patch", path, body, **headers)
