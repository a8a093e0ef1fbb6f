"""A load generator of its own process: a few connections, each asking again as soon as it is answered. Standard library.

Reads one job (JSON) from standard input and prints what came back. Every answer is looked at: status and size.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from dataclasses import asdict, dataclass, field
from threading import Thread
from typing import Any

CHUNK = 1 << 16


@dataclass
class Job:
    """Ask `request` (the bytes of a whole GET as text) until `count` answers or `seconds` are reached."""

    port: int
    request: str
    seconds: float
    count: int
    connections: int = 4


@dataclass
class Result:
    """How long it took, how long each answer took, and what was wrong."""

    elapsed: float = 0.0
    took: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    smallest: int = 0
    largest: int = 0


class Connection:
    """Asks and reads one answer after the other; opens anew when the server closed, as gunicorn's sync workers do."""

    def __init__(self, port: int):
        self.port = port
        self.socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, int]:
        """Status and size of the body."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        return self._read(self.socket)

    def _read(self, source: socket.socket) -> tuple[int, int]:
        data = b""
        while b"\r\n\r\n" not in data:
            more = source.recv(CHUNK)
            if not more:
                raise ConnectionError("the server closed before it answered")
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        headers = dict(line.split(b": ", 1) for line in lines[1:])
        length, size = int(headers[b"content-length"]), len(body)
        while size < length:
            size += len(source.recv(CHUNK))
        if headers.get(b"connection") == b"close":
            source.close()
            self.socket = None
        return int(lines[0].split()[1]), size


def run(job: Job) -> Result:
    """Ask with every connection at once; bounded by count and by time."""
    result = Result()
    sizes: list[int] = []
    until = time.perf_counter() + job.seconds
    request = job.request.encode()

    def ask_again() -> None:
        connection = Connection(job.port)
        while len(result.took) < job.count and (began := time.perf_counter()) < until:
            status, size = connection.ask(request)
            result.took.append(time.perf_counter() - began)
            result.statuses[str(status)] = result.statuses.get(str(status), 0) + 1
            sizes.append(size)

    threads = [Thread(target=ask_again) for _ in range(job.connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.elapsed = time.perf_counter() - began
    result.smallest, result.largest = min(sizes), max(sizes)
    return result


def main() -> None:
    """One job in, one result out."""
    job: dict[str, Any] = json.load(sys.stdin)
    print(json.dumps(asdict(run(Job(**job)))))


if __name__ == "__main__":
    main()
