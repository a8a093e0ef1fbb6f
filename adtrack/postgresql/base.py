"""The connection. Named as Django names a database backend; the rest of it is Django's."""

from __future__ import annotations

from time import monotonic

from django.db.backends.postgresql import base

TRUSTED_SECONDS = 0.5  # as HikariCP, the pool of the Java world, has it


class DatabaseWrapper(base.DatabaseWrapper):
    """A kept connection that answered a moment ago is not asked whether it lives (CONN_HEALTH_CHECKS asks every request).

    On a quiet server every page asks; on a busy one hardly any does. After an error Django asks in any case.
    """

    _answered = float("-inf")

    def is_usable(self) -> bool:
        """Whether the server answers on this connection."""
        usable: bool = super().is_usable()
        self._answered = monotonic() if usable else float("-inf")
        return usable

    def close_if_health_check_failed(self) -> None:
        """Once a request, before its first statement."""
        if monotonic() - self._answered < TRUSTED_SECONDS:
            self.health_check_done = True
        super().close_if_health_check_failed()
