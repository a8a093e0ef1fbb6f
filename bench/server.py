"""gunicorn with five sync workers, as production runs it, and a browser that can sign in to it over real HTTP."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from random import SystemRandom
from urllib.parse import urlencode

PORTS = range(20_000, 32_000)  # higher ones are taken by outgoing sockets


def free_port(wanted: int = 0) -> int:
    """The wanted port, or a free one below 32768; a port that is taken is refused: it would be measured by mistake."""
    for port in [wanted] if wanted else SystemRandom().sample(PORTS, 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                continue
            with contextlib.suppress(OSError):
                probe.close()
                with socket.socket() as taken:
                    taken.bind(("127.0.0.1", port))
                return port
    raise SystemExit(f"Port {wanted or 'of 20000 to 32000'} is taken.")


@contextlib.contextmanager
def gunicorn(settings: str, port: int) -> Iterator[None]:
    """A server under these settings while the block runs."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "adtrack.wsgi:application",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "5",
    ]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings}
    process = subprocess.Popen([*command, "--no-control-socket", "--log-level", "warning"], env=environment)
    try:
        _wait(process, port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"gunicorn ended with {process.returncode}.")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if Browser(port).ask("GET", "/healthz")[0] == 200:
                return
        time.sleep(0.1)
    raise SystemExit("gunicorn did not answer within 30 seconds.")


class Browser:
    """Just enough of one: keeps cookies, fills in forms, speaks as the proxy in front would."""

    def __init__(self, port: int):
        self.port = port
        self.cookies: dict[str, str] = {}

    def headers(self) -> dict[str, str]:
        """What every request says."""
        host = f"127.0.0.1:{self.port}"
        headers = {"Host": host, "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1", "Origin": f"https://{host}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return headers

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, Location and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = self.headers() | ({"Content-Type": "application/x-www-form-urlencoded"} if form else {})
        connection.request(method, path, urlencode(form) if form else None, headers)
        response = connection.getresponse()
        body = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(cookie).items()})
        connection.close()
        return response.status, response.headers.get("Location", ""), body

    def send_form(self, path: str, typed: dict[str, str]) -> str:
        """Open a page, fill in its form, send it; the address it leads to."""
        _status, _location, body = self.ask("GET", path)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body))
        status, location, _body = self.ask("POST", path, hidden | typed)
        if status != 302:
            raise SystemExit(f"{path} answered {status} to its form.")
        return location

    def sign_in(self, email: str, password: str) -> None:
        """Through the door everybody takes."""
        self.send_form("/sign-in/", {"login": email, "password": password})

    def raw(self, path: str) -> str:
        """The text of a GET as it goes over the wire."""
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers().items()), "", ""]
        return "\r\n".join(lines)
