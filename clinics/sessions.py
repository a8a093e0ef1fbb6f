"""Sessions in the database, as Django keeps them; only the statement that finds one is written once."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from clinics.statements import Given, Statement


def _session() -> QuerySet:
    live = Session.objects.filter(
        session_key=Given("key", Session._meta.get_field("session_key")),
        expire_date__gt=Given("at", Session._meta.get_field("expire_date")),
    )
    return live.values_list("session_data")


SESSION = Statement(_session)


class SessionStore(db.SessionStore):
    """What `django.contrib.sessions.backends.db` does."""

    def load(self) -> dict[str, Any]:
        """The data of the session of this key; of none, nothing, and the key is forgotten."""
        rows = SESSION.run(key=self.session_key, at=timezone.now())
        if not rows:
            self._session_key = None
            return {}
        return self.decode(rows[0][0])
