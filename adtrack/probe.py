"""Ask a web process how it is, for container health checks: `python -P adtrack/probe.py /readyz [host:port]`.

Only the standard library, and run as a file, so that a probe costs no start of Django. It says the first of ALLOWED_HOSTS
as its Host, because an address that is not allowed is refused, also from inside.
"""

import http.client
import os
import sys

SECONDS = 4


def main(path: str, address: str = "127.0.0.1:8000") -> int:
    """0 when the answer is 200; otherwise 1 and the answer on standard error."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".") or "localhost"
    connection = http.client.HTTPConnection(address, timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        body = answer.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{address}{path}: {error}\n")
        return 1
    finally:
        connection.close()
    if answer.status != 200:
        sys.stderr.write(f"{address}{path}: {answer.status} {body}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
