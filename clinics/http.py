"""What a request carries on this site, for type checkers: the names middleware puts on it (clinics/middleware.py)."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from clinics.access import Access
from clinics.models import User


class Request(HttpRequest):
    """A request after the middleware. Behind the closed door `user` is an account; at public pages ask `is_authenticated`."""

    access: Access
    kept: QueryDict | None
    request_id: str
    session_ends_in: int | None
    user: User
