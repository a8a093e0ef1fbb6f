"""`make demo` as a process: it starts without Redis, its parts work together, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

from tests.processes import ROOT, ask, children, end, environment, free_port, is_alive, start, wait_for

PASSWORD = "demo-password-for-this-test"

Demo = Callable[..., Popen[bytes]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the demonstration keeps its data."""
    return tmp_path / "demo"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a demonstration that was never started: migrated and loaded, which takes longest, and no password yet."""
    folder = tmp_path_factory.mktemp("prepared") / "demo"
    env = environment(ADTRACK_DEMO="1", ADTRACK_DEMO_DIR=str(folder))
    for command in ("migrate", "load_demo"):
        subprocess.run([sys.executable, "manage.py", command], cwd=ROOT, env=env, capture_output=True, check=True)
    return folder


@pytest.fixture
def loaded_folder(prepared: Path, folder: Path) -> Path:
    """The folder with those data in it; only the first test starts from nothing."""
    return Path(shutil.copytree(prepared, folder))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What the demonstration printed."""
    return tmp_path / "log"


@pytest.fixture
def demo(folder: Path, log: Path):
    """Starts `manage.py demo`; whatever still runs at the end of the test is ended."""
    started: list[Popen[bytes]] = []

    def run(*options: str, **env: str) -> Popen[bytes]:
        log.unlink(missing_ok=True)
        command = [sys.executable, "manage.py", "demo", *options]
        started.append(start(command, environment(ADTRACK_DEMO="1", ADTRACK_DEMO_DIR=str(folder)) | env, log))
        return started[-1]

    yield run
    for process in started:
        parts = children(process.pid)
        end(process)
        for pid in filter(is_alive, parts):
            os.kill(pid, signal.SIGKILL)


def wait_for_banner(process: Popen[bytes], log: Path) -> str:
    """What was printed, once the demonstration says that it is ready."""

    def banner() -> str:
        assert process.poll() is None, log.read_text()
        text = log.read_text()
        return text if "Ctrl-C" in text else ""

    return wait_for(banner, 120, "the demonstration starts", log)


def heartbeat(folder: Path) -> str | None:
    """The heartbeat row, read from the file of the demonstration."""
    with sqlite3.connect(folder / "adtrack.sqlite3", timeout=20) as database:
        row = database.execute("SELECT beat_at FROM clinics_heartbeat WHERE name = 'beat'").fetchone()
    database.close()
    return row[0] if row else None


def test_demo_starts_beats_and_ends_without_a_process_left(demo: Demo, folder: Path, log: Path) -> None:
    port = free_port()
    process = demo("--port", str(port), DEMO_PASSWORD=PASSWORD)
    text = wait_for_banner(process, log)
    assert f"http://127.0.0.1:{port}/" in text
    assert PASSWORD in text
    for who in ("dermatologist", "nurse", "clinic-admin", "admin"):
        assert f" {who}@demo.example " in text
    page = ask(port, "/sign-in/")
    assert page is not None
    assert page.status == 200
    style = re.search(r'href="(/static/[^"]+\.css)"', page.body)
    assert style is not None
    stylesheet = ask(port, style[1])
    assert stylesheet is not None
    assert stylesheet.status == 200
    assert (folder / "password").stat().st_mode & 0o777 == 0o600

    wait_for(lambda: heartbeat(folder), 120, "beat, queue, worker and database work together", log)
    ready = wait_for(lambda: (found := ask(port, "/readyz")) and found.status == 200 and found, 30, "ready", log)
    assert ready.body == '{"database": "ok", "broker": "ok", "heartbeat": "ok"}'

    parts = children(process.pid)
    assert len(parts) >= 3
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(60) == 0
    assert [pid for pid in parts if is_alive(pid)] == []
    assert ask(port, "/healthz") is None
    assert "Traceback" not in log.read_text()


def test_demo_second_start_keeps_password_and_data_until_reset(demo: Demo, loaded_folder: Path, log: Path) -> None:
    folder = loaded_folder
    first = demo("--port", str(free_port()))
    password = re.search(r"password of all:\s+(\S+)", wait_for_banner(first, log))
    assert password is not None

    # Not while one is running.
    refused = demo("--reset")
    assert refused.wait(60) == 1
    assert "is running" in log.read_text()
    assert (folder / "adtrack.sqlite3").exists()

    os.kill(first.pid, signal.SIGTERM)
    assert first.wait(60) == 0
    second = demo("--port", str(free_port()))
    assert password[1] in wait_for_banner(second, log)
    for _ in range(5):  # somebody impatient
        os.kill(second.pid, signal.SIGHUP)
    assert second.wait(60) == 0

    (folder / "letters.txt").write_text("somebody else's")
    assert demo("--reset").wait(60) == 0
    assert [path.name for path in folder.iterdir()] == ["letters.txt"]


@pytest.mark.usefixtures("loaded_folder")
def test_demo_when_one_part_dies_all_end_and_it_says_so(demo: Demo, log: Path) -> None:
    process = demo("--port", str(free_port()))
    wait_for_banner(process, log)
    parts = children(process.pid)
    os.kill(parts[0], signal.SIGKILL)
    assert process.wait(60) == 1
    assert "ended by itself" in log.read_text()
    assert [pid for pid in parts if is_alive(pid)] == []


def test_demo_whose_terminal_is_closed_ends(loaded_folder: Path) -> None:
    screen, terminal = os.openpty()
    command = [sys.executable, "manage.py", "demo", "--port", str(free_port())]
    env = environment(ADTRACK_DEMO="1", ADTRACK_DEMO_DIR=str(loaded_folder))
    process = Popen(command, cwd=ROOT, env=env, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True)
    os.close(terminal)
    try:
        text = b""
        while b"Ctrl-C" not in text:
            text += os.read(screen, 4096)
        parts = children(process.pid)
        os.close(screen)
        process.wait(60)
        assert [pid for pid in parts if is_alive(pid)] == []
    finally:
        end(process)


def test_demo_with_a_taken_port_names_the_way_out(demo: Demo, log: Path) -> None:
    with socket.socket() as taken:
        port = free_port()
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert demo("--port", str(port)).wait(60) == 1
    text = log.read_text()
    assert f"Port {port} is taken" in text
    assert "make demo PORT=" in text
    assert "Traceback" not in text


def test_demo_outside_demo_mode_is_refused(log: Path) -> None:
    settings = environment(SECRET_KEY="s" * 60, DATABASE_URL="sqlite:///:memory:")
    process = start([sys.executable, "manage.py", "demo"], settings, log)
    try:
        assert process.wait(60) == 1
    finally:
        end(process)
    assert "make demo" in log.read_text()
