"""Whether this process is alive, and whether the installation can do its work. No version, no data, no error text."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from adtrack.celery import app
from clinics import queries

# Beat writes every 30 s (adtrack/schedule.py); ten missed in a row are no hiccup.
HEARTBEAT_LIMIT = timedelta(minutes=5)
# Anybody may ask /readyz: however often they do, each process looks once in this time.
KEPT_SECONDS = 3.0
# One try, one second: kombu's own defaults would wait and repeat for longer than a probe waits for us.
ONE_TRY = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "retry_on_timeout": False,
    "max_retries": 0,
    "interval_start": 0,
}

_lock = threading.Lock()
_kept: dict[str, str] = {}
_kept_until = 0.0


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. Nothing else is asked, so that an outage elsewhere restarts nothing."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: 200 when database, broker and heartbeat are "ok", otherwise 503 with the same three words."""
    state = readiness()
    return JsonResponse(state, status=200 if set(state.values()) == {"ok"} else 503)


def readiness() -> dict[str, str]:
    """The state of the three parts, at most KEPT_SECONDS old, looked up by one thread at a time."""
    global _kept, _kept_until
    with _lock:
        if time.monotonic() >= _kept_until:
            _kept = _look()
            _kept_until = time.monotonic() + KEPT_SECONDS
        return _kept


def _look() -> dict[str, str]:
    broker = _broker_answers()
    try:
        beat_at = queries.last_beat("beat")
    except Error:
        return _words(database=False, broker=broker, heartbeat=False)
    # Beat, broker, worker and database worked together lately. A clock that jumped either way is a failure too.
    is_beating = beat_at is not None and abs(datetime.now(UTC) - beat_at) <= HEARTBEAT_LIMIT
    return _words(database=True, broker=broker, heartbeat=is_beating)


def _words(**is_fine: bool) -> dict[str, str]:
    return {name: "ok" if fine else "failed" for name, fine in is_fine.items()}


def _broker_answers() -> bool:
    options = dict(app.conf.broker_transport_options) | ONE_TRY
    try:
        with app.connection_for_write(connect_timeout=1, transport_options=options) as broker:
            broker.default_channel  # noqa: B018  # reading it connects, signs in and sends a ping
    except Exception:
        # Every transport has errors of its own, and whatever they are, the answer is the same.
        return False
    return True
