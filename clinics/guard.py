"""The signed hidden field of a form: for whom and for which page it was made.

It binds a form to its user and to its address (which holds the patient's id), so that a form sent after a change of user,
after the session ended, or for another patient than the page shows saves nothing and loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.http import QueryDict

from clinics.http import Request

FIELD = "form_guard"
CLINIC = "form_clinic"  # the clinic that was active when the form was made (clinics/views/base.py)
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
LIFETIME = timedelta(hours=12)
NOT_KEPT = {FIELD, "csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword"}


@dataclass(frozen=True)
class MadeFor:
    """The person (public id) and the path a form was made for."""

    user: str
    path: str


def made_for(request: Request, path: str = "") -> str:
    """The field's value for the person of this request and a path (default: this page)."""
    return signing.dumps([str(request.user.public_id), path or request.path], salt=FIELD)


def read(value: str) -> MadeFor | None:
    """Whom a field was made for; None when it is missing, forged or too old."""
    try:
        user, path = signing.loads(value, salt=FIELD, max_age=LIFETIME)
    except (signing.BadSignature, ValueError):
        return None
    return MadeFor(user, path)


def fits(made: MadeFor, request: Request) -> bool:
    """Whether the form came back from the same person to the same page."""
    return request.user.is_authenticated and str(request.user.public_id) == made.user and request.path == made.path


def input_of(post: QueryDict) -> str:
    """What the person typed, urlencoded, without tokens and secrets."""
    kept = post.copy()
    for name in NOT_KEPT:
        kept.pop(name, None)
    return kept.urlencode()
