"""The very commands of docker-compose.yml, as processes on a real PostgreSQL and Redis, behind the proxy's headers.

The order of the stack fixture is that of compose: migrate, redis, web, then worker and beat. Web, worker and beat
work as the role of docs/operations.md that owns nothing.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import psycopg
import pytest
import yaml

from tests.left_out import find_postgresql
from tests.processes import ROOT, Answer, ask, end, environment, free_port, start, wait_for

HOST = "adtrack.example.org"
PROXY = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
EMAIL = "first-admin@example.org"
PASSWORD = "correct horse battery staple"
WELL = {"database": "ok", "broker": "ok", "heartbeat": "ok"}
NEEDED = ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "ALLOWED_HOSTS", "EMAIL_HOST", "DEFAULT_FROM_EMAIL")

# ${NAME}, ${NAME:-value} and ${NAME:?words} whose innards hold no further one: replaced from the inside outwards.
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^${}]*))?\}")


def compose(values: Mapping[str, str]) -> dict[str, Any]:
    """The services of docker-compose.yml with these variables put in, as compose would; LookupError names a missing one."""
    parsed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return _put_in(parsed["services"], values)


def _put_in(node: Any, values: Mapping[str, str]) -> Any:
    def value(match: re.Match[str]) -> str:
        name, sign, text = match.groups()
        if values.get(name):
            return values[name]
        if sign == "-":
            return text
        raise LookupError(f"{name}: {text}")

    if isinstance(node, dict):
        return {key: _put_in(inner, values) for key, inner in node.items()}
    if isinstance(node, list):
        return [_put_in(inner, values) for inner in node]
    while isinstance(node, str) and VARIABLE.search(node):
        node = VARIABLE.sub(value, node)
    return node


@pytest.mark.parametrize("name", NEEDED)
def test_compose_without_a_secret_is_refused_by_name(name: str) -> None:
    values = dict.fromkeys(NEEDED, "some-value")
    compose(values)
    with pytest.raises(LookupError, match=name):
        compose(values | {name: ""})


def test_compose_worker_and_beat_are_the_web_service_with_another_command() -> None:
    services = compose(dict.fromkeys(NEEDED, "some-value"))
    for name in ("worker", "beat"):
        assert services[name]["environment"] | {"PORT": "8000"} == services["web"]["environment"]
        assert services[name]["image"] == services["web"]["image"]
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert name == "migrate" or service["healthcheck"]["test"], name


@dataclass
class Stack:
    """What runs, and how to reach it."""

    folder: Path
    admin: str  # address of a superuser of the PostgreSQL server
    database: str
    role: str
    services: dict[str, Any]
    port: int = field(default_factory=free_port)
    redis_port: int = field(default_factory=free_port)
    running: dict[str, Popen[bytes]] = field(default_factory=dict)
    before: Answer | None = None

    @property
    def log(self) -> Path:
        """What all of them print."""
        return self.folder / "log"

    def environment(self, name: str) -> dict[str, str]:
        """What compose gives a service, and for the web server an address on this machine."""
        more = {"GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{self.port}", "STATIC_ROOT": str(self.folder / "static")}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return environment(**self.services[name].get("environment", {}), **more) | {"PATH": path}

    def start(self, name: str, *more: str) -> Popen[bytes]:
        """Start a service by its own command; /tmp is each container's own, here a folder of the test."""
        command = shlex.split(self.services[name]["command"].replace("/tmp", str(self.folder)))  # noqa: S108
        self.running[name] = start([*command, *more], self.environment(name), self.log)
        return self.running[name]

    def start_redis(self) -> None:
        """Redis, with its append-only file in the folder of the test."""
        (self.folder / "redis").mkdir(exist_ok=True)
        self.start("redis", *f"--port {self.redis_port} --bind 127.0.0.1 --dir {self.folder / 'redis'}".split())

    def run(self, *command: str, **env: str) -> None:
        """One command in the environment of the migrate step, to its end; it has to succeed."""
        done = self.try_to_run(*command, **env)
        assert done.returncode == 0, done.stderr

    def try_to_run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        """One command in the environment of the migrate step, to its end."""
        values = self.environment("migrate") | env
        return subprocess.run(command, cwd=ROOT, env=values, capture_output=True, text=True, timeout=120, check=False)

    def ready(self) -> dict[str, str] | None:
        """What /readyz says."""
        answer = ask(self.port, "/readyz", headers={"Host": HOST})
        return json.loads(answer.body) | {"status": answer.status} if answer else None

    def wait_until(self, **state: str) -> None:
        """Wait until /readyz says this."""
        wanted = WELL | state
        status = 200 if wanted == WELL else 503
        wait_for(lambda: self.ready() == wanted | {"status": status}, 120, f"/readyz says {wanted}", self.log)

    def sql(self, statement: str, *, database: str = "postgres", role: str = "") -> None:
        """One statement as the server's superuser, or as a role."""
        with psycopg.connect(self.admin, dbname=database, autocommit=True) as connection:
            if role:
                connection.execute(f"SET ROLE {role}")
            connection.execute(statement)


def database_address(admin: str, database: str, role: str = "") -> str:
    """The superuser's address with another database, and working as a role."""
    parts = urlsplit(admin)
    query = "&".join(filter(None, [parts.query, f"options={quote(f'-c role={role}')}" if role else ""]))
    return f"postgresql://{parts.netloc}/{database}?{query}"


def role_statements(role: str, owner: str, database: str) -> list[str]:
    """The statements of docs/operations.md for this role, owner and database."""
    block = re.search(r"```sql\n(.*?)```", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL)
    assert block is not None
    text = block[1].replace("adtrack_app", role)
    text = text.replace("DATABASE adtrack ", f"DATABASE {database} ").replace("FOR ROLE adtrack ", f'FOR ROLE "{owner}" ')
    return [statement for statement in text.split(";") if statement.strip()]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole of compose, running."""
    admin = find_postgresql()
    assert admin is not None
    unique = secrets.token_hex(4)
    database, role = f"adtrack_compose_{unique}", f"adtrack_app_{unique}"
    stack = Stack(tmp_path_factory.mktemp("compose"), admin, database, role, {})
    redis_password = secrets.token_hex(24)
    stack.services = compose(
        {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "POSTGRES_PASSWORD": "not used: the address below stands for it",
            "REDIS_PASSWORD": redis_password,
            "ALLOWED_HOSTS": HOST,
            "EMAIL_HOST": "127.0.0.1",
            "DEFAULT_FROM_EMAIL": "Appointments <no-reply@example.org>",
            "DATABASE_URL": database_address(admin, database, role),
            "MIGRATE_DATABASE_URL": database_address(admin, database),
            "CELERY_BROKER_URL": f"redis://:{redis_password}@127.0.0.1:{stack.redis_port}/0",
        }
    )
    stack.sql(f"CREATE DATABASE {database}")
    try:
        _start(stack)
        yield stack
    finally:
        for process in reversed(stack.running.values()):
            end(process)
        stack.sql(f"DROP DATABASE {database} WITH (FORCE)")
        stack.sql(f"DROP ROLE IF EXISTS {role}")


def _start(stack: Stack) -> None:
    assert stack.start("migrate").wait(120) == 0, stack.log.read_text()
    with psycopg.connect(stack.admin, dbname="postgres") as connection:
        owner = connection.info.user
    for statement in role_statements(stack.role, owner, stack.database):
        stack.sql(statement, database=stack.database)
    # Done in the image by the Dockerfile.
    stack.run("python", "manage.py", "collectstatic", "--noinput")
    stack.run("python", "manage.py", "check", "--deploy", "--database", "default", "--fail-level", "WARNING")
    stack.run(
        *("python", "manage.py", "createsuperuser", "--noinput", "--email", EMAIL, "--name", "First Admin"),
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    stack.start_redis()
    stack.start("web")
    stack.before = wait_for(lambda: ask(stack.port, "/readyz", headers={"Host": HOST}), 60, "web answers", stack.log)
    stack.wait_until(heartbeat="failed")
    stack.start("worker")
    stack.start("beat")
    stack.wait_until()


class Browser:
    """As much of a browser as signing in takes, behind the proxy."""

    def __init__(self, stack: Stack):
        self.port = stack.port
        self.cookies: dict[str, str] = {}

    def go(self, path: str, form: Mapping[str, str] | None = None) -> Answer:
        """Open a page, or send a form."""
        headers = PROXY | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is None:
            answer = ask(self.port, path, headers=headers)
        else:
            headers |= {"Origin": f"https://{HOST}", "Content-Type": "application/x-www-form-urlencoded"}
            answer = ask(self.port, path, method="POST", body=urlencode(form), headers=headers)
        assert answer is not None
        for cookie in answer.cookies:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def sign_in(self, password: str = PASSWORD) -> Answer:
        """Fill in the form of the sign-in page."""
        page = self.go("/sign-in/")
        assert page.status == 200, page
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.body))
        return self.go("/sign-in/", hidden | {"login": EMAIL, "password": password})


class TestStack:
    """Everything that needs the running stack."""

    pytestmark = pytest.mark.services

    def test_ready_only_once_a_heartbeat_arrived(self, stack: Stack) -> None:
        assert stack.before is not None
        assert (stack.before.status, json.loads(stack.before.body)) == (503, WELL | {"heartbeat": "failed"})
        stack.wait_until()

    @pytest.mark.parametrize("name", ["web", "worker", "beat"])
    def test_health_check_of_the_container_passes(self, stack: Stack, name: str) -> None:
        probe = [*stack.services[name]["healthcheck"]["test"][1:5], f"127.0.0.1:{stack.port}"]
        # Each of the two web processes may still remember, for a moment, what was before.
        wait_for(lambda: stack.try_to_run(*probe).returncode == 0, 60, f"{probe} succeeds", stack.log)
        refused = stack.try_to_run(*probe, ALLOWED_HOSTS="other.example")
        assert (refused.returncode, " 400 " in refused.stderr) == (1, True)

    def test_plain_http_is_sent_to_https_and_probes_are_not(self, stack: Stack) -> None:
        page = ask(stack.port, "/sign-in/", headers={"Host": HOST})
        assert page is not None
        assert (page.status, page.headers["Location"]) == (301, f"https://{HOST}/sign-in/")
        probe = ask(stack.port, "/healthz", headers={"Host": HOST})
        assert probe is not None
        assert (probe.status, probe.body) == (200, "ok\n")

    def test_sign_in_with_an_account_made_by_the_management_command(self, stack: Stack) -> None:
        browser = Browser(stack)
        assert browser.go("/").status == 302
        assert browser.sign_in("a wrong password").status == 200
        signed_in = browser.sign_in()
        assert (signed_in.status, signed_in.headers["Location"]) == (302, "/")
        assert "__Host-session" in browser.cookies
        cookie = next(text for text in signed_in.cookies if text.startswith("__Host-session="))
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        page = browser.go("/admin/")
        assert page.status == 200
        assert EMAIL in page.body or "First Admin" in page.body
        assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")

    def test_static_files_are_there_compressed_and_cached_for_good(self, stack: Stack) -> None:
        style = re.search(r'href="(/static/[^"]+\.css)"', Browser(stack).go("/sign-in/").body)
        assert style is not None
        answer = ask(stack.port, style[1], headers=PROXY | {"Accept-Encoding": "gzip"})
        assert answer is not None
        assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
        assert "immutable" in answer.headers["Cache-Control"]

    @pytest.mark.parametrize("verb", ["UPDATE clinics_auditevent SET verb = ''", "DELETE FROM clinics_auditevent"])
    def test_audit_rows_are_refused_to_the_owner_by_trigger_and_to_the_role_by_right(self, stack: Stack, verb: str) -> None:
        Browser(stack).sign_in()  # leaves at least one row
        with pytest.raises(psycopg.errors.RestrictViolation):
            stack.sql(verb, database=stack.database)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            stack.sql(verb, database=stack.database, role=stack.role)

    def test_audit_table_cannot_be_emptied_by_the_role(self, stack: Stack) -> None:
        for statement in ("TRUNCATE clinics_auditevent", "ALTER TABLE clinics_auditevent DISABLE TRIGGER ALL"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                stack.sql(statement, database=stack.database, role=stack.role)

    def test_while_postgresql_is_away_pages_say_503_and_recover(self, stack: Stack) -> None:
        browser = Browser(stack)
        assert browser.sign_in().status == 302
        stack.sql(f"ALTER DATABASE {stack.database} WITH ALLOW_CONNECTIONS false")
        try:
            stack.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{stack.database}'")  # noqa: S608
            page = browser.go("/admin/")
            assert (page.status, page.headers["Retry-After"]) == (503, "30")
            assert "cannot reach its database" in page.body
            api = browser.go("/api/v1/patients/")
            assert (api.status, api.headers["Content-Type"]) == (503, "application/problem+json")
            stack.wait_until(database="failed", heartbeat="failed")
            alive = ask(stack.port, "/healthz", headers={"Host": HOST})
            assert alive is not None
            assert alive.status == 200
        finally:
            stack.sql(f"ALTER DATABASE {stack.database} WITH ALLOW_CONNECTIONS true")
        assert browser.go("/admin/").status == 200
        stack.wait_until()

    def test_while_redis_is_away_pages_work_and_readiness_says_so(self, stack: Stack) -> None:
        end(stack.running["redis"])
        try:
            stack.wait_until(broker="failed")
            browser = Browser(stack)
            assert browser.sign_in().status == 302
            assert browser.go("/admin/").status == 200
        finally:
            stack.start_redis()
        stack.wait_until()
