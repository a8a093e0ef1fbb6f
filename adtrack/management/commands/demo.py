"""`make demo`: web server, Celery worker and beat together in the foreground, on an embedded database."""

from __future__ import annotations

import fcntl
import http.client
import io
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from adtrack.demo.accounts import OTHER_STAFF, PLATFORM_ADMIN, STAFF

HOST = "127.0.0.1"
START_SECONDS = 60  # how long the web server may take on a slow machine
STOP_SECONDS = 10  # how long the three may take to end by themselves
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no two that look alike
SHOWN = (*STAFF[1:], STAFF[0], PLATFORM_ADMIN, OTHER_STAFF[1])


class Stop:
    """Whether to end. No threading.Event: a signal in the middle of its wait() would lock for ever."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, number: int, frame: FrameType | None) -> None:
        """The signal handler."""
        self.asked = True

    def wait(self, seconds: float) -> bool:
        """Wait a little, then say whether to end."""
        if not self.asked:
            time.sleep(seconds)
        return self.asked or self._terminal_is_gone()

    @staticmethod
    def _terminal_is_gone() -> bool:
        """Closing a terminal tells its first process only: under `ssh -t host make demo` that is make, which keeps it."""
        poll = select.poll()
        poll.register(1, 0)
        return any(event & select.POLLHUP for _, event in poll.poll(0))


class Command(BaseCommand):
    """Prepare the data, start the three, watch over them, end all of them."""

    help = "Start the demonstration on this machine (use `make demo`)."
    requires_system_checks: list[str] = []  # migrate runs the ones that matter

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Two options; the password comes from DEMO_PASSWORD, because command lines are visible to everybody."""
        parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (default 8000)")
        parser.add_argument("--reset", action="store_true", help="delete the demonstration's data and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C, or until one of the three ends by itself."""
        if not settings.DEMO:
            raise CommandError("This starts the demonstration only: use `make demo`, or set ADTRACK_DEMO=1.")
        settings.DEMO_DIR.mkdir(parents=True, exist_ok=True)
        with self._only_one():
            if options["reset"]:
                self._reset()
                return
            self._refuse_taken_port(options["port"])
            try:
                password = self._prepare()
            except KeyboardInterrupt:
                raise CommandError("Stopped before the start.", returncode=130) from None
            self._run(options["port"], password)

    def _only_one(self) -> TextIO:
        """A lock that ends with this process, however it ends."""
        lock = (settings.DEMO_DIR / "running").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise CommandError("A demonstration is running from this folder. End it with Ctrl-C first.") from None
        return lock

    def _reset(self) -> None:
        """Delete what the demonstration made, by name: ADTRACK_DEMO_DIR might point at a folder with more in it."""
        for pattern in ("adtrack.sqlite3*", "secret-key", "password", "beat*", "queue*", "running"):
            for path in settings.DEMO_DIR.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.stdout.write("The demonstration's data is deleted. `make demo` starts over.")

    def _refuse_taken_port(self, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError):
                raise CommandError(f"Port {port} is taken or not allowed. Choose another: make demo PORT=8123") from None

    def _prepare(self) -> str:
        """Bring the database up to date, load the demonstration once, and return the password of its sign-ins."""
        for name in ("queue", "queue-control"):
            (settings.DEMO_DIR / name).mkdir(exist_ok=True)
        self.stdout.write("Preparing the demonstration ...")
        stored = settings.DEMO_DIR / "password"
        password = os.environ.get("DEMO_PASSWORD") or (stored.read_text() if stored.exists() else new_password())
        call_command("migrate", verbosity=0, interactive=False)
        call_command("load_demo", password=password, stdout=io.StringIO())
        stored.touch(mode=0o600)
        stored.write_text(password)
        connections.close_all()
        return password

    def _run(self, port: int, password: str) -> None:
        stop = Stop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop.ask)
        processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for name, command in commands(port).items():
                processes[name] = start(command)
            if self._wait_for_web(port, processes, stop):
                self._banner(port, password)
            while not stop.wait(0.3):
                self._refuse_dead(processes)
        finally:
            end(processes)
        with suppress(OSError):  # the terminal may have been closed
            self.stdout.write("\nThe demonstration has ended. Its data is kept; `make demo` goes on with it.")

    def _wait_for_web(self, port: int, processes: dict[str, subprocess.Popen[bytes]], stop: Stop) -> bool:
        """Whether the web server answers; False when somebody pressed Ctrl-C meanwhile."""
        until = time.monotonic() + START_SECONDS
        while not stop.wait(0.1):
            self._refuse_dead(processes)
            if answers(port):
                return True
            if time.monotonic() > until:
                raise CommandError(f"The web server did not answer within {START_SECONDS} seconds; everything was stopped.")
        return False

    def _refuse_dead(self, processes: dict[str, subprocess.Popen[bytes]]) -> None:
        for name, process in processes.items():
            if process.poll() is not None:
                raise CommandError(f"The {name} ended by itself (exit {process.returncode}), so everything was stopped.")

    def _banner(self, port: int, password: str) -> None:
        lines = [
            "",
            f"  adtrack is ready:  http://{HOST}:{port}/",
            "",
            *(f"    {account.email:<38} {account.what}" for account in SHOWN),
            f"    password of all:  {password}",
            "",
            "  The people in it are made up. Mail that adtrack would send appears here in the terminal.",
            "  Ctrl-C ends everything; the data stays until `make demo-reset`.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def new_password() -> str:
    """Twelve random characters in groups, easy to type: 59 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def commands(port: int) -> dict[str, list[str]]:
    """What runs: name and command line."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "adtrack"]
    return {
        "web server": [
            *(sys.executable, "-m", "gunicorn", "adtrack.wsgi", "--bind", f"{HOST}:{port}"),
            *("--threads", "4", "--no-control-socket", "--log-level", "warning", "--graceful-timeout", "3"),
        ],
        # One task at a time and no child processes: enough for a demonstration, and safe on macOS, where fork is not.
        "worker": [
            *(*celery, "worker", "--pool", "solo", "--loglevel", "WARNING"),
            *("--without-mingle", "--without-gossip", "--without-heartbeat"),
        ],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(settings.DEMO_DIR / "beat"), "--pidfile", ""],
    }


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start one in a session of its own: the terminal's Ctrl-C reaches only us, and we end them in order."""
    # Python's warnings are for developers (Celery, for one, warns whoever is root).
    environment = {"LOG_LEVEL": "WARNING", "PYTHONWARNINGS": "ignore"} | os.environ | {"PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )


def end(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask each to end, wait, and then kill whatever is left of its group, children of children too."""
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    until = time.monotonic() + STOP_SECONDS
    for process in processes.values():
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, until - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(port: int) -> bool:
    """Whether our web server answers. By http.client, because a proxy in the environment must not be asked."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
