"""Settings of the test run: production's, with a database of the moment, a fast password hash and plain static names."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-and-never-anywhere-else-0123456789abcdef")
os.environ.setdefault("DATABASE_URL", "sqlite:///var/test.sqlite3")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")

from adtrack.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405
    # Nothing here has to survive a crash: no commit waits for the disk.
    options = DATABASES["default"]["OPTIONS"]  # noqa: F405
    options["options"] = f"{options.get('options', '')} -c synchronous_commit=off".strip()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = None  # nothing is collected; the finders serve what browser tests need
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_BROKER_URL = "memory://"
# The test client and the live server speak plain http; tests/test_deployment.py looks at production's own values.
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "session"
CSRF_COOKIE_NAME = "csrf"
SECURE_HSTS_SECONDS = 0
# An Arabic page proves that right-to-left works before the first translation exists.
LANGUAGES = [*LANGUAGES, ("ar", "Arabic")]  # noqa: F405
