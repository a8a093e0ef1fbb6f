"""What a request carries on this site, for type checkers: the names middleware puts on it (clinics/middleware.py)."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from clinics.access import Access
from clinics.models import User


class Request(HttpRequest):
    """A request after the middleware. At public pages `user` may be nobody: ask `is_authenticated` there."""

    access: Access
    kept: QueryDict | None
    request_id: str
    session_ends_in: int | None
    user: User
