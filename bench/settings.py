"""Production's settings for the benchmark: its own database on the server of DATABASE_URL, secrets and files of its own."""

import os
from pathlib import Path

from bench.load import own_database

FILES = Path(__file__).resolve().parent.parent / "var" / "bench"


os.environ["DATABASE_URL"] = own_database(os.environ.get("DATABASE_URL", ""))
os.environ.pop("ADTRACK_DEMO", None)
os.environ.setdefault("SECRET_KEY", "only-for-the-benchmark-and-never-anywhere-else-0123456789")
os.environ["ALLOWED_HOSTS"] = "127.0.0.1"
os.environ["TRUSTED_PROXY_COUNT"] = "1"  # the load generator says X-Forwarded-Proto: https, as the proxy would
os.environ.setdefault("LOG_LEVEL", "WARNING")

from adtrack.settings import *  # noqa: E402, F403

ROOT_URLCONF = "bench.urls"
STATIC_ROOT = FILES / "static"
CELERY_BROKER_URL = "memory://"
