"""Production's settings for `make bench-doses`: a database of the moment, on the server of DATABASE_URL or in memory."""

import os
from urllib.parse import urlsplit

from bench.load import own_database

DATABASE = "adtrack_bench_doses"

_given = os.environ.get("DATABASE_URL", "")
_is_postgresql = urlsplit(_given).scheme.startswith("postgres")
os.environ["DATABASE_URL"] = own_database(_given, DATABASE) if _is_postgresql else "sqlite:///:memory:"
os.environ.pop("ADTRACK_DEMO", None)
os.environ.setdefault("SECRET_KEY", "only-for-the-benchmark-and-never-anywhere-else-0123456789")
os.environ["ALLOWED_HOSTS"] = "127.0.0.1"
os.environ.setdefault("LOG_LEVEL", "WARNING")

from adtrack.settings import *  # noqa: E402, F403

DATABASES["default"]["TEST"] = {"NAME": DATABASE if _is_postgresql else None}  # noqa: F405
CELERY_BROKER_URL = "memory://"
