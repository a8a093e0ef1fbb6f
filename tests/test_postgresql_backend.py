"""How often a kept connection is asked whether it still lives."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.backends.postgresql import base as django_base

from adtrack.postgresql import base


class Server:
    """What stands behind the connection: whether it answers, how often it was asked, and the clock."""

    def __init__(self) -> None:
        self.lives, self.asked, self.now = True, 0, 1_000.0

    def answers(self, _connection: Any) -> bool:
        self.asked += 1
        return self.lives


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(django_base.DatabaseWrapper, "is_usable", lambda connection: server.answers(connection))
    monkeypatch.setattr(base, "monotonic", lambda: server.now)
    return server


class Kept:
    """The driver's connection, as far as Django closes it."""

    def close(self) -> None:
        pass


def kept_connection() -> base.DatabaseWrapper:
    connection = base.DatabaseWrapper({"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60, "OPTIONS": {}, "AUTOCOMMIT": True})
    connection.connection = Kept()
    return connection


def next_request(connection: base.DatabaseWrapper) -> bool:
    """A request begins and asks its first statement; whether the connection was kept."""
    connection.health_check_enabled, connection.health_check_done = True, False
    connection.close_if_health_check_failed()
    return connection.connection is not None


@pytest.mark.parametrize(("seconds", "asked"), [(0.0, 1), (0.49, 1), (0.5, 2), (60.0, 2)])
def test_a_connection_that_answered_a_moment_ago_is_not_asked_again(server: Server, seconds: float, asked: int) -> None:
    connection = kept_connection()
    assert next_request(connection)
    server.now += seconds
    assert next_request(connection)
    assert server.asked == asked


def test_trust_lasts_from_the_last_answer_not_from_the_last_request(server: Server) -> None:
    connection = kept_connection()
    for _ in range(10):
        assert next_request(connection)
        server.now += 0.2
    assert server.asked == 4  # at 0.0, 0.6, 1.2 and 1.8


def test_a_connection_that_does_not_answer_is_closed(server: Server) -> None:
    connection = kept_connection()
    assert next_request(connection)
    server.lives = False
    server.now += 0.5
    assert not next_request(connection)


def test_after_an_error_it_is_asked_in_any_case(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = kept_connection()
    monkeypatch.setattr(connection, "get_autocommit", lambda: True)
    assert next_request(connection)
    connection.errors_occurred, connection.close_at = True, None
    connection.close_if_unusable_or_obsolete()
    assert server.asked == 2
