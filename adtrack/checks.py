"""Deployment mistakes, each with an id and a hint: `manage.py check --deploy --fail-level WARNING`.

Django's own security checks run beside these. Errors open a door or stop the work; warnings are likely mistakes that
somebody may have reasons for (SILENCED_SYSTEM_CHECKS takes an id).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

# What .env.example says in the place of a secret.
PLACEHOLDER = "change-me"
SHORTEST_SECRET = 50
# Backends that answer "sent" and send nothing.
NOT_MAIL = ("console", "locmem", "dummy", "filebased")
# allauth's switches for developing with a second factor.
MFA_BYPASSES = ("MFA_TOTP_INSECURE_BYPASS_CODE", "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN")


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Everything that can be read from the settings."""
    if settings.DEMO:
        return [
            Error(
                "This is the demonstration: embedded database, plain http, sign-ins that are printed on a screen.",
                hint="Unset ADTRACK_DEMO where real people are treated.",
                id="adtrack.E001",
            )
        ]
    return [*_web(), *_secrets(), *_mail(), *_broker(), *_database()]


def _web() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error("DEBUG is on: error pages show code and data.", hint="Unset DEBUG.", id="adtrack.E002")
    if not settings.ALLOWED_HOSTS or any("*" in host for host in settings.ALLOWED_HOSTS):
        yield Error(
            "ALLOWED_HOSTS is empty or accepts any name, so links in mails could be made to lead elsewhere.",
            hint="Name the hosts people use: ALLOWED_HOSTS=adtrack.your-clinic.org",
            id="adtrack.E003",
        )
    for name in ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME"):
        if not getattr(settings, name).startswith("__Host-"):
            yield Error(
                f"{name} lacks the __Host- prefix, so a neighbouring host could plant this cookie.",
                hint=f"Leave {name} as adtrack/settings.py sets it.",
                id="adtrack.E004",
            )
    if settings.SECURE_SSL_REDIRECT and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        yield Warning(
            "TRUSTED_PROXY_COUNT is 0: behind a proxy every page redirects to itself, and rate limits count the proxy.",
            hint="Set it to the number of proxies that write X-Forwarded-For and X-Forwarded-Proto, usually 1.",
            id="adtrack.W005",
        )


def _secrets() -> Iterator[CheckMessage]:
    for name, keys in (("SECRET_KEY", [settings.SECRET_KEY]), ("SECRET_KEY_FALLBACKS", settings.SECRET_KEY_FALLBACKS)):
        if any(len(key) < SHORTEST_SECRET or PLACEHOLDER in key for key in keys):
            yield Error(
                f"{name} is short or still a placeholder: sessions and reset links could be forged.",
                hint="Make one with: openssl rand -base64 48",
                id="adtrack.E006",
            )
    places = {
        "DATABASE_URL": str(settings.DATABASES["default"].get("PASSWORD", "")),
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "EMAIL_HOST_PASSWORD": getattr(settings, "EMAIL_HOST_PASSWORD", ""),
    }
    for name, value in places.items():
        if PLACEHOLDER in value:
            yield Error(
                f"{name} still holds the placeholder of .env.example.",
                hint="Make a password with: openssl rand -hex 24",
                id="adtrack.E007",
            )
    for name in MFA_BYPASSES:
        if getattr(settings, name, None):
            yield Error(f"{name} is set: the second factor can be bypassed.", hint="Remove it.", id="adtrack.E008")


def _mail() -> Iterator[CheckMessage]:
    if any(word in settings.EMAIL_BACKEND for word in NOT_MAIL):
        yield Error(
            "EMAIL_BACKEND sends nothing: invitations and password resets would not arrive.",
            hint="Leave EMAIL_BACKEND as it is and set EMAIL_HOST.",
            id="adtrack.E009",
        )
    if "@localhost" in settings.DEFAULT_FROM_EMAIL:
        yield Warning(
            "DEFAULT_FROM_EMAIL is an address other mail servers refuse.",
            hint="For example: DEFAULT_FROM_EMAIL='Appointments <no-reply@your-clinic.org>'",
            id="adtrack.W010",
        )


def _broker() -> Iterator[CheckMessage]:
    url = urlsplit(settings.CELERY_BROKER_URL)
    if not url.scheme:
        yield Error(
            "CELERY_BROKER_URL is not set: nothing scheduled would run.",
            hint="For example: CELERY_BROKER_URL=redis://:PASSWORD@redis:6379/0",
            id="adtrack.E011",
        )
    elif url.scheme in ("redis", "rediss") and not url.password:
        yield Error(
            "Redis has no password in CELERY_BROKER_URL: whoever reaches it can make the worker run tasks.",
            hint="Start Redis with --requirepass and write redis://:PASSWORD@host:6379/0",
            id="adtrack.E012",
        )


def _database() -> Iterator[CheckMessage]:
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        yield Warning(
            "The database is SQLite: one machine, one writer at a time, and no role that may not change the audit rows.",
            hint="Use PostgreSQL: DATABASE_URL=postgresql://adtrack:PASSWORD@host:5432/adtrack",
            id="adtrack.W013",
        )


@register(Tags.database)
def check_demo_accounts(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """No sign-in of the demonstration works in a real database. Runs with `migrate` and `check --database default`."""
    from clinics.models import User

    if settings.DEMO or "default" not in (databases or ()):
        return []
    if User._meta.db_table not in connections["default"].introspection.table_names():
        return []  # before the first migration
    if not User.objects.filter(email__endswith="demo.example", is_active=True).exists():
        return []
    return [
        Error(
            "Sign-ins of the demonstration work in this database.",
            hint="Start with an empty database, or deactivate every account at demo.example.",
            id="adtrack.E014",
        )
    ]
