"""Settings: one file, environment in, safe by default.

ADTRACK_DEMO=1 (set by `make demo`) is the only other mode: an embedded database, a broker made of files, plain http on
loopback. Everywhere else a missing secret stops the start and names the variable.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
env.read_env(str(BASE_DIR / ".env"), recurse=False)

DEMO = env.bool("ADTRACK_DEMO", False)
DEMO_DIR = Path(env.str("ADTRACK_DEMO_DIR", str(BASE_DIR / "var" / "demo")))
DEBUG = env.bool("DEBUG", False)


def required(name: str, hint: str) -> str:
    """The value of an environment variable production cannot do without, or a start-up error that says what to do."""
    try:
        value = env.str(name)
    except EnvError:
        value = ""
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def demo_secret() -> str:
    """A key made once for this demonstration and kept beside its database."""
    from django.core.management.utils import get_random_secret_key

    path = DEMO_DIR / "secret-key"
    if not path.exists():
        DEMO_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(get_random_secret_key())
    return path.read_text()


SECRET_KEY = demo_secret() if DEMO else required("SECRET_KEY", "Make one with: openssl rand -base64 48")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"] if DEMO else env.list("ALLOWED_HOSTS", [])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "adtrack",
    "clinics",
    "patients",
    "regimens",
    "allauth",
    "allauth.account",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # the templates our form renderer falls back to
    "django_htmx",
    "js_lib_bootstrap5",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "clinics.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinics.middleware.AnswerHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "clinics.middleware.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "clinics.middleware.AccessMiddleware",
    "clinics.middleware.SessionLimitMiddleware",
    "clinics.middleware.FormGuardMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clinics.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "adtrack.urls"
WSGI_APPLICATION = "adtrack.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "adtrack" / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "clinics.templatetags.adtrack"],
        },
    },
]
FORM_RENDERER = "clinics.fields.FormRenderer"

# --- Database ---------------------------------------------------------------------------------------------------------

SQLITE_OPTIONS = {
    # Measured: with Django's defaults most concurrent read-then-write transactions fail as "locked"; so, none.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
}


def database() -> dict[str, Any]:
    """Where the rows live: DATABASE_URL, or in demo mode an SQLite file."""
    url = (
        f"sqlite:///{DEMO_DIR / 'adtrack.sqlite3'}"
        if DEMO
        else required("DATABASE_URL", "For example postgresql://adtrack:…@db:5432/adtrack")
    )
    config = parse_database_url(url)
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = SQLITE_OPTIONS
    else:
        config["ENGINE"] = "adtrack.postgresql"
        config["CONN_MAX_AGE"] = env.int("DB_CONN_MAX_AGE", 60)
        config["CONN_HEALTH_CHECKS"] = True
        # Statements are bound and kept prepared by the server: planning them anew cost more than running them.
        prepared = {"server_side_binding": True, "prepare_threshold": 1}
        # A server that vanished without a word must not hold a page for longer than one that refuses.
        # What the address says (sslmode, for example) wins.
        config["OPTIONS"] = {**prepared, "connect_timeout": 2, "tcp_user_timeout": 2000} | config.get("OPTIONS", {})
    return config


def parse_database_url(url: str) -> dict[str, Any]:
    """DATABASE_URL as Django's dictionary; the error names the variable."""
    import dj_database_url

    try:
        return dict(dj_database_url.parse(url))
    except (ValueError, dj_database_url.ParseError, dj_database_url.UnknownSchemeError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}") from error


DATABASES = {"default": database()}

# Only rate limits live in the cache. It is a table, so that the limits are shared between processes on every set-up and
# Redis may be absent without closing the door.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "adtrack_cache",
        # Past this many a third is dropped, live counters too: with Django's 300 a stranger could wash every limit away.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}

# --- Who may come in --------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "clinics.User"
AUTHENTICATION_BACKENDS = ["clinics.backend.Backend"]
# Argon2 at OWASP's floor of 19 MiB would do; 46 MiB with one lane keeps a sign-in near 50 ms without making
# a burst of sign-ins a way to exhaust memory (see docs/security.md).
PASSWORD_HASHERS = [
    "clinics.hashers.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "clinics.adapter.Adapter"
ACCOUNT_FORMS = {
    "login": "clinics.door.SignIn",
    "reset_password": "clinics.door.Reset",
    "reset_password_from_key": "clinics.door.ResetKey",
    "change_password": "clinics.door.ChangePassword",
    "reauthenticate": "clinics.door.Confirm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is proved by the invitation that reached it
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_CHANGE_EMAIL = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Counted per address and per account *from that address* (clinics/adapter.py), so a stranger cannot lock anybody out.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/5m/ip,5/5m/key",
    "reset_password": "10/10m/ip",
    "reset_mail": "5/h/key",  # mails, not answers: clinics/door.py
    "reset_password_from_key": "20/10m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    "token": "20/5m/ip",
}
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=1).total_seconds())
# How many proxies in front of us write X-Forwarded-For; 0 means the header is not believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)

INVITATION_LIFETIME = timedelta(hours=72)

# --- Sessions, cookies, headers ---------------------------------------------------------------------------------------

SESSION_ENGINE = "clinics.sessions"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "clinics.views.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # messages name patients: never in a cookie

if DEMO:
    SESSION_COOKIE_NAME = "adtrack-session"
    CSRF_COOKIE_NAME = "adtrack-csrf"
else:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes come from inside, without the proxy
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if ALLAUTH_TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its select arrows as data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}

# --- Words and time ---------------------------------------------------------------------------------------------------

# Strings are translatable everywhere; a language is offered once its translation exists.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files -----------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
WHITENOISE_USE_FINDERS = DEMO
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# --- Mail -------------------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Appointments <no-reply@localhost>")
SAFETY_CONTACT: str = env.str("SAFETY_CONTACT", "")  # shown to people who report that something looked unsafe
EMAIL_TIMEOUT = 10
if DEMO:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
    EMAIL_PORT = env.int("EMAIL_PORT", 587)
    EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)

# --- Celery -----------------------------------------------------------------------------------------------------------

if DEMO:
    CELERY_BROKER_URL = "filesystem://localhost"  # the host is not used; without one kombu warns
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(DEMO_DIR / "queue"),
        "data_folder_out": str(DEMO_DIR / "queue"),
        "control_folder": str(DEMO_DIR / "queue-control"),
        "polling_interval": 0.2,  # the default of 1 s drains five messages a second
    }
else:
    CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "")
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_TIME_LIMIT = 300

# --- API --------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "clinics.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "clinics.problems.handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "URL_FORMAT_OVERRIDE": None,  # the query holds nothing but what an operation documents
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "adtrack",
    "DESCRIPTION": "Treatment tracker for people with atopic dermatitis. Errors are problem JSON (RFC 9457).",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "OAS_VERSION": "3.1.1",
    # Several lists of choices are called kind, state or scope; clients made from the schema need a name for each.
    "ENUM_NAME_OVERRIDES": {
        "AllergyKindEnum": "patients.models.AllergyKind",
        "MeasurementKindEnum": "patients.models.MeasurementKind",
        "PrecautionKindEnum": "patients.models.PrecautionKind",
        "PrecautionStateEnum": "patients.models.PrecautionState",
        "ContactKindEnum": "patients.models.ContactKind",
        "CloseReasonEnum": "patients.models.CloseReason",
        "InstrumentEnum": "patients.models.Instrument",
        "SeriesEnum": "patients.api.score_shapes.SERIES_CHOICES",
        "RespondentEnum": "patients.models.Respondent",
        "AnsweredByEnum": "patients.api.score_shapes.ANSWERED_BY",
        "AssessmentStateEnum": "patients.models.AssessmentState",
        "SiteEnum": "regimens.api.choices.SITES",
        "PhaseEnum": "regimens.api.choices.PHASE_CHOICES",
        "OrderPhaseEnum": "regimens.api.choices.ORDER_PHASES",
        "FamilyEnum": "regimens.api.choices.FAMILY_CHOICES",
        "LevelEnum": "regimens.api.choices.LEVEL_CHOICES",
        "EndReasonEnum": "regimens.models.EndReason",
        "OverrideReasonEnum": "regimens.models.OverrideReason",
        "DoseKindEnum": "regimens.api.dose_shapes.DOSE_KINDS",
        "DoseBesideEnum": "regimens.api.dose_shapes.BESIDE_KINDS",
        "DoseOutcomeEnum": "regimens.models.DoseOutcome",
        "SlotStateEnum": "regimens.api.dose_shapes.SLOT_STATES",
        "DayStateEnum": "regimens.api.dose_shapes.DAY_STATES",
        "EventKindEnum": "regimens.models.EventKind",
        "DoseNumberEnum": "regimens.api.dose_shapes.NUMBER_NAMES",
    },
}

# --- Logs: ids only ---------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "clinics.logs.RequestIdFilter"}},
    "formatters": {
        "line": {
            "()": "clinics.logs.LineFormatter",
            "format": "{asctime} {levelname} {name} request={request_id} {message}",
            "style": "{",
        },
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]},
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.security": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
