"""Deployment mistakes are found by id, production's own headers hold, and a missing secret stops the start."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.utils import timezone

from adtrack import health
from adtrack.checks import check_demo_accounts, check_deployment
from adtrack.wsgi import in_one_piece
from clinics import actions
from tests.factories import make_user
from tests.processes import ROOT, environment, free_port

# What .env.example becomes once its placeholders are replaced.
PRODUCTION = {
    "SECRET_KEY": "q8Zt3vN1xR7mK5pL2wY9cB4hF6jD0sGaEuIoTyVbXnMkQwErTz",
    "DATABASE_URL": "postgresql://adtrack:3f9c1e@db:5432/adtrack",
    "CELERY_BROKER_URL": "redis://:8d2b7a@redis:6379/0",
    "ALLOWED_HOSTS": "adtrack.example.org",
    "TRUSTED_PROXY_COUNT": "1",
    "EMAIL_HOST": "smtp.example.org",
    "DEFAULT_FROM_EMAIL": "Appointments <no-reply@example.org>",
}
POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "PASSWORD": "3f9c1e"}
GOOD: dict[str, Any] = {
    "DATABASES": {"default": POSTGRESQL},
    "SECRET_KEY": PRODUCTION["SECRET_KEY"],
    "ALLOWED_HOSTS": ["adtrack.example.org"],
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "DEFAULT_FROM_EMAIL": PRODUCTION["DEFAULT_FROM_EMAIL"],
    "SESSION_COOKIE_NAME": "__Host-session",
    "CSRF_COOKIE_NAME": "__Host-csrf",
    "CELERY_BROKER_URL": PRODUCTION["CELERY_BROKER_URL"],
    "SECURE_SSL_REDIRECT": True,
    "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
}


def manage(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """manage.py in an environment of its own."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(**env), capture_output=True, text=True, timeout=120, check=False
    )


def ids(**values: Any) -> list[str]:
    """The ids the deployment check reports with these settings in the place of good ones."""
    with override_settings(**(GOOD | values)):
        return [str(message.id) for message in check_deployment(None)]


pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({}, []),
        ({"DEMO": True}, ["adtrack.E001"]),
        ({"DEBUG": True}, ["adtrack.E002"]),
        ({"ALLOWED_HOSTS": []}, ["adtrack.E003"]),
        ({"ALLOWED_HOSTS": ["adtrack.example.org", "*"]}, ["adtrack.E003"]),
        ({"SESSION_COOKIE_NAME": "sessionid"}, ["adtrack.E004"]),
        ({"CSRF_COOKIE_NAME": "csrftoken"}, ["adtrack.E004"]),
        ({"ALLAUTH_TRUSTED_PROXY_COUNT": 0}, ["adtrack.W005"]),
        ({"SECRET_KEY": "k" * 49}, ["adtrack.E006"]),
        ({"SECRET_KEY": "k" * 50}, []),
        ({"SECRET_KEY": "change-me" * 6}, ["adtrack.E006"]),
        ({"SECRET_KEY_FALLBACKS": ["short"]}, ["adtrack.E006"]),
        ({"DATABASES": {"default": POSTGRESQL | {"PASSWORD": "change-me"}}}, ["adtrack.E007"]),
        ({"CELERY_BROKER_URL": "redis://:change-me@redis:6379/0"}, ["adtrack.E007"]),
        ({"EMAIL_HOST_PASSWORD": "change-me"}, ["adtrack.E007"]),
        ({"MFA_TOTP_INSECURE_BYPASS_CODE": "123456"}, ["adtrack.E008"]),
        ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, ["adtrack.E009"]),
        ({"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}, ["adtrack.E009"]),
        ({"DEFAULT_FROM_EMAIL": "Appointments <no-reply@localhost>"}, ["adtrack.W010"]),
        ({"CELERY_BROKER_URL": ""}, ["adtrack.E011"]),
        ({"CELERY_BROKER_URL": "redis://redis:6379/0"}, ["adtrack.E012"]),
        ({"DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}}}, ["adtrack.W013"]),
    ],
)
def test_deployment_mistake_is_found_by_its_id(wrong: dict[str, Any], expected: list[str]) -> None:
    assert ids(**wrong) == expected


def test_deployment_messages_all_say_what_to_do() -> None:
    everything = {
        "DEBUG": True,
        "ALLOWED_HOSTS": [],
        "SECRET_KEY": "x",
        "CELERY_BROKER_URL": "",
        "DEFAULT_FROM_EMAIL": "a@localhost",
        "ALLAUTH_TRUSTED_PROXY_COUNT": 0,
    }
    with override_settings(**(GOOD | everything)):
        messages = check_deployment(None)
    assert len(messages) == 6
    assert all(message.hint for message in messages)


@pytest.mark.django_db
def test_demo_accounts_are_refused_in_a_real_database_until_deactivated() -> None:
    assert check_demo_accounts(None, ["default"]) == []
    user = make_user("dermatologist@demo.example")
    assert [message.id for message in check_demo_accounts(None, ["default"])] == ["adtrack.E014"]
    assert check_demo_accounts(None, None) == []
    with override_settings(DEMO=True):
        assert check_demo_accounts(None, ["default"]) == []
    user.is_active = False
    user.save()
    assert check_demo_accounts(None, ["default"]) == []


def test_production_settings_pass_every_deployment_check() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_example_environment_is_refused_while_it_holds_placeholders() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    done = manage(
        *("check", "--deploy"),
        **example,
        DATABASE_URL=f"postgresql://adtrack:{example['POSTGRES_PASSWORD']}@db:5432/adtrack",
        CELERY_BROKER_URL=f"redis://:{example['REDIS_PASSWORD']}@redis:6379/0",
    )
    assert done.returncode == 1
    assert "(adtrack.E006) SECRET_KEY " in done.stderr
    assert "(adtrack.E007) DATABASE_URL " in done.stderr
    assert "(adtrack.E007) CELERY_BROKER_URL " in done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL"])
def test_start_without_a_needed_variable_stops_and_names_it(name: str) -> None:
    done = manage("check", **(PRODUCTION | {name: ""}))
    assert done.returncode == 1
    assert f"{name} is not set" in done.stderr


def test_production_settings_harden_cookies_and_transport() -> None:
    names = [
        "SESSION_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "CSRF_COOKIE_NAME",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SECURE_PROXY_SSL_HEADER",
        "DEBUG",
    ]
    code = (
        f"import json; from django.conf import settings; print(json.dumps([getattr(settings, n, None) for n in {names}]))"
    )
    done = manage("shell", "--no-imports", "-c", code, **PRODUCTION)
    assert json.loads(done.stdout) == [
        "__Host-session",
        True,
        True,
        "__Host-csrf",
        True,
        True,
        31536000,
        ["HTTP_X_FORWARDED_PROTO", "https"],
        False,
    ]


def test_forwarded_header_is_not_believed_without_a_proxy() -> None:
    code = "from django.conf import settings; print(settings.SECURE_PROXY_SSL_HEADER)"
    done = manage("shell", "--no-imports", "-c", code, **(PRODUCTION | {"TRUSTED_PROXY_COUNT": "0"}))
    assert done.stdout.strip() == "None"


@pytest.fixture
def look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readiness is looked up anew in every request."""
    monkeypatch.setattr(health, "_kept_until", 0.0)
    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)


@pytest.mark.django_db
def test_healthz_says_that_it_is_alive_and_nothing_else() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert Client().post("/healthz").status_code == 405


@pytest.mark.django_db
def test_readyz_without_or_with_an_old_heartbeat_fails(look_again: None) -> None:
    failing = {"database": "ok", "broker": "ok", "heartbeat": "failed"}
    none = Client().get("/readyz")
    assert (none.status_code, none.json()) == (503, failing)

    now = timezone.now()
    for age, status in ((timedelta(minutes=4), 200), (timedelta(minutes=6), 503), (-timedelta(minutes=6), 503)):
        actions.beat("beat", at=now - age)
        assert Client().get("/readyz").status_code == status, age
    actions.beat("beat", at=now)
    well = Client().get("/readyz")
    assert (well.status_code, well.json()) == (200, {"database": "ok", "broker": "ok", "heartbeat": "ok"})
    assert well["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_readyz_with_a_broker_nobody_answers_at_fails(look_again: None, monkeypatch: pytest.MonkeyPatch) -> None:
    actions.beat("beat", at=timezone.now())
    monkeypatch.setattr(health.app.conf, "broker_url", f"redis://:x@127.0.0.1:{free_port()}/0")
    monkeypatch.setattr(health.app.conf, "broker_write_url", None)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": "ok", "broker": "failed", "heartbeat": "ok"})


@pytest.mark.django_db
def test_readyz_asked_often_looks_once(
    look_again: None, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(health, "KEPT_SECONDS", 60.0)
    with django_assert_num_queries(1):
        for _ in range(5):
            assert Client().get("/readyz").status_code == 503
    monkeypatch.setattr(health, "_kept_until", 0.0)


@pytest.mark.django_db
def test_page_without_its_database_is_503_with_a_time_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused: host=db.internal")

    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    monkeypatch.setattr(connection, "cursor", refuse)
    page = client.get("/")
    assert (page.status_code, page["Retry-After"]) == (503, "30")
    assert "cannot reach its database" in page.content.decode()
    assert "db.internal" not in page.content.decode()
    api = client.get("/api/v1/patients/")
    assert (api.status_code, api["Retry-After"], api["Content-Type"]) == (503, "30", "application/problem+json")


@pytest.mark.django_db
def test_page_with_an_error_of_ours_is_500_and_promises_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    monkeypatch.setattr(connection, "cursor", fail)
    page = client.get("/")
    assert page.status_code == 500
    assert "Retry-After" not in page


def test_the_application_runs_in_a_frame_with_room_for_its_stack() -> None:
    """Below it nothing asks the system for memory at every call; what it is given and gives back stays the same."""
    call = in_one_piece(lambda environ, start_response: [environ, start_response, sys._getframe(1).f_code.co_nlocals])
    environ, start_response, room = call({"PATH_INFO": "/"}, print)
    assert (environ, start_response) == ({"PATH_INFO": "/"}, print)
    assert room * 8 > 64 * 1024
