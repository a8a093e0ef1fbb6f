"""What needs more than Python: left out where it is missing, in one clear line; demanded where ADTRACK_REQUIRE says so.

`browser` tests need Chromium, `services` tests need PostgreSQL and Redis. ADTRACK_REQUIRE=browser,services (set by .ci/run)
turns "left out" into an error, so that a green run there has run everything.
"""

from __future__ import annotations

import os
import shutil
from functools import cache
from typing import Any

import psycopg
import pytest

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@cache
def find_chromium() -> str | None:
    """The path of a Chromium: CHROMIUM, or what the search path has."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


@cache
def find_postgresql() -> str | None:
    """A PostgreSQL address where this person may make databases: DATABASE_URL, or a server on this machine."""
    url = os.environ.get("DATABASE_URL", "")
    candidates = [url] if url.startswith("postgres") else ["postgresql://127.0.0.1:5432/postgres", "postgresql:///postgres"]
    for candidate in candidates:
        try:
            with psycopg.connect(candidate, connect_timeout=2, dbname="postgres") as connection:
                sql = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                row = connection.execute(sql).fetchone()
        except psycopg.Error:
            continue
        if row and row[0]:
            return candidate
    return None


@cache
def missing() -> dict[str, str]:
    """Marker and what is missing for it."""
    found: dict[str, str] = {}
    if find_chromium() is None:
        found["browser"] = "no Chromium (install one, or set CHROMIUM to its path)"
    if shutil.which("redis-server") is None:
        found["services"] = "no redis-server"
    elif find_postgresql() is None:
        found["services"] = "no PostgreSQL on this machine where you may make databases (DATABASE_URL names another)"
    return found


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to start without what ADTRACK_REQUIRE demands."""
    for marker in os.environ.get("ADTRACK_REQUIRE", "").replace(",", " ").split():
        if marker in missing():
            raise pytest.UsageError(f"ADTRACK_REQUIRE demands the {marker} tests: {missing()[marker]}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out what cannot run here, and count it."""
    left_out: dict[str, int] = {}
    staying, going = [], []
    for item in items:
        marker = next((name for name in missing() if item.get_closest_marker(name)), None)
        (going if marker else staying).append(item)
        if marker:
            left_out[marker] = left_out.get(marker, 0) + 1
    if going:
        config.hook.pytest_deselected(items=going)
        items[:] = staying
    config.adtrack_left_out = left_out  # type: ignore[attr-defined]
    if hasattr(config, "workeroutput"):
        config.workeroutput["adtrack_left_out"] = left_out


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Under xdist only the workers collect: take over what one of them left out."""
    node.config.adtrack_left_out = getattr(node, "workeroutput", {}).get("adtrack_left_out", {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One line for each kind of test that was left out."""
    for marker, count in getattr(config, "adtrack_left_out", {}).items():
        terminalreporter.write_line(f"LEFT OUT: {count} {marker} tests, {missing()[marker]}", yellow=True, bold=True)
