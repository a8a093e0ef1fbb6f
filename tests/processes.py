"""Real processes in tests: started in a group of their own, talked to over http, and always ended."""

from __future__ import annotations

import http.client
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

ROOT = Path(__file__).resolve().parent.parent
# What a process needs of ours to run at all. The rest of the environment is the test's own: nothing of this run leaks in.
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


Found = TypeVar("Found")


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    body: str


def free_port() -> int:
    """A free port below those the system hands to outgoing connections."""
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(**values: str) -> dict[str, str]:
    """A bare environment with these values."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return kept | {"PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"} | values


def start(command: list[str], env: Mapping[str, str], log: Path, *, cwd: Path = ROOT) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own; what it prints goes to the log."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )


def end(process: subprocess.Popen[bytes], seconds: float = 20) -> int:
    """End a process we started; whatever is left of its group is killed. Returns its exit code."""
    if process.poll() is None:
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def ask(
    port: int, path: str, *, method: str = "GET", body: str = "", headers: Mapping[str, str] | None = None
) -> Answer | None:
    """One http request to this machine, no redirect followed; None while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body.encode(), dict(headers or {}))
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return Answer(response.status, dict(response.getheaders()), response.headers.get_all("Set-Cookie") or [], text)


def wait_for(look: Callable[[], Found | None], seconds: float, what: str, log: Path | None = None) -> Found:
    """What `look` finds, as soon as it finds something; fails with the log when it does not in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {seconds} s\n{log.read_text() if log and log.exists() else ''}")


def children(pid: int) -> list[int]:
    """The processes a process started, and theirs."""
    rows = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split("\n")
    pairs = [tuple(map(int, row.split())) for row in rows if row.strip()]
    found: list[int] = []
    wanted = [pid]
    while wanted:
        wanted = [child for child, parent in pairs if parent in wanted]
        found += wanted
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be noticed as ended."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")
