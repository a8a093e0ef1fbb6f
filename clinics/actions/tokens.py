"""Keys to the API: random, stored hashed, scoped, expiring, shown once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import SCOPES, Actor
from clinics.models import ApiToken, Kind, User

PREFIX = "adt_"
LONGEST_DAYS = 366


def hash_token(token: str) -> str:
    """What is stored of a random 256-bit token. A fast hash is right: the token cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def issue_token(
    by: Actor, user: User, *, scopes: list[str], days: int, name: str = "", at: datetime
) -> tuple[ApiToken, str]:
    """A new key for an account and, this once, its text. Scopes as in access.SCOPES; 1 to 366 days."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise ValidationError({"scopes": _("Choose scopes from: %(known)s.") % {"known": ", ".join(SCOPES)}})
    if not 1 <= days <= LONGEST_DAYS:
        raise ValidationError({"days": _("Between 1 and %(most)d days.") % {"most": LONGEST_DAYS}})
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user=user,
        name=name,
        token_hash=hash_token(text),
        scopes=sorted(set(scopes)),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    token.full_clean()
    token.save()
    audit.record(by, "token issued", Kind.CREATE, at=at, obj=token)
    return token, text


@transaction.atomic
def revoke_token(by: Actor, token: ApiToken, *, at: datetime) -> None:
    """Stop a key; it fails on its next use. A second call changes nothing."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=at):
        audit.record(by, "token revoked", Kind.DELETE, at=at, obj=token)


def authenticate_token(text: str, *, at: datetime) -> ApiToken | None:
    """The live key with this text, its last use noted at most once a minute; None when there is none."""
    token = ApiToken.objects.live(at).select_related("user").filter(token_hash=hash_token(text)).first()
    if token and (token.last_used_at is None or at - token.last_used_at >= timedelta(minutes=1)):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return token
