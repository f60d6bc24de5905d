"""Settings, read from the environment once (see ``.env.example`` for every name).

Three modes: ``production`` (the default: refuses to start on missing secrets), ``demo``
(embedded stores, tour, mail kept locally) and ``test``.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from newsroom.mail_urls import mail_settings
from newsroom.redis_urls import celery_broker_url

BASE_DIR = Path(__file__).resolve().parent.parent

MODE = os.environ.get("NEWSROOM_MODE", "production")
if MODE not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"NEWSROOM_MODE is {MODE!r}; use production, demo or test.")
DEMO = MODE == "demo"
DEBUG = False


def env(name: str, *, default: str | None = None) -> str:
    """The value of an environment variable; without default it must be set."""
    value = os.environ.get(name, default)
    if value is None or value == "":
        if default is not None:
            return default
        raise ImproperlyConfigured(f"{name} is not set. See .env.example for what it holds.")
    return value


def env_list(name: str, *, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def retention_days(text: str) -> dict[str, int]:
    """Days by kind, of ``addresses=30,networks=7``."""
    days = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, _, number = part.partition("=")
        if not number.isdigit():
            raise ImproperlyConfigured(f"NEWSROOM_RETENTION holds {part!r}; write addresses=90,networks=30.")
        days[key.strip()] = int(number)
    return days


def hourly_rates(text: str) -> dict[str, int]:
    """Micros an hour by site's code, of ``30.00`` (every site, under an empty code) or ``tribune=30.00``."""
    rates = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        code, _, amount = part.rpartition("=")
        found = re.fullmatch(r"([0-9]{1,6})(?:\.([0-9]{1,6}))?", amount.strip())
        if found is None:
            raise ImproperlyConfigured(
                f"NEWSROOM_MODERATION_RATE holds {part!r}; write 30.00, or tribune=30.00,herald=24.50."
            )
        rates[code.strip()] = int(found[1]) * 1_000_000 + int((found[2] or "").ljust(6, "0"))
    return rates


# --- secrets: never derived from each other, so that each can be rotated alone ---------------
SECRET_KEY = env("NEWSROOM_SECRET_KEY")
NEWSROOM_EMAIL_KEYS = env("NEWSROOM_EMAIL_KEYS")
NEWSROOM_TOKEN_KEYS = env("NEWSROOM_TOKEN_KEYS")
NEWSROOM_AUDIT_KEY = env("NEWSROOM_AUDIT_KEY")

NEWSROOM_STATE = Path(env("NEWSROOM_STATE", default=str(BASE_DIR / ".state")))
NEWSROOM_AUDIT_HEAD_FILE = Path(
    env("NEWSROOM_AUDIT_HEAD_FILE", default=str(NEWSROOM_STATE / "audit-head.jsonl"))
)
# Outside the database, so that a restored backup can be told what was erased since.
NEWSROOM_ERASURE_LEDGER_FILE = Path(
    env("NEWSROOM_ERASURE_LEDGER_FILE", default=str(NEWSROOM_STATE / "erasures.jsonl"))
)
NEWSROOM_BASE_URL = env("NEWSROOM_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
# Where other people's clients reach the ports' process; shown to whoever makes a key.
NEWSROOM_PORTS_URL = env("NEWSROOM_PORTS_URL", default="http://127.0.0.1:8100").rstrip("/")
NEWSROOM_TRUSTED_PROXIES = env_list("NEWSROOM_TRUSTED_PROXIES")
NEWSROOM_LIMITS = env("NEWSROOM_LIMITS", default="default")
NEWSROOM_LIMIT_RATES = env("NEWSROOM_LIMIT_RATES", default="")  # address=10/minute 60/hour,article=off
# Seconds that a process may use what it knows of articles, switches, budgets and bookings; below 1.
ADS_FRESH_S = 0.4  # What stands on it may be half as old again, twice over: under a second in all.
ADS_EVENT_RATE = env("ADS_EVENT_RATE", default="120/minute")  # of one network; off: no limit
# For targeting by country: "header:CF-IPCountry" (set by a trusted proxy), or the dotted path of a function
# that takes the request and returns two letters. Empty: no targeting by country.
ADS_COUNTRY_RESOLVER = env("ADS_COUNTRY_RESOLVER", default="")
NEWSROOM_RECONCILER = env("NEWSROOM_RECONCILER", default="on")
# Texts that break whoever judges them (moderation.faults); nothing outside test mode.
NEWSROOM_TEST_FAULTS: dict[str, str] = (
    json.loads(env("NEWSROOM_TEST_FAULTS", default="{}")) if MODE == "test" else {}
)

ALLOWED_HOSTS = env_list(
    "NEWSROOM_ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1],testserver" if MODE != "production" else ""
)
CSRF_TRUSTED_ORIGINS = env_list("NEWSROOM_CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "newsroom.apps.NewsroomConfig",
    "newsroom.apps.NewsroomAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "newsroom.audit",
    "newsroom.access",
    "newsroom.outbox",
    "articles",
    "comments",
    "comments.reports",
    "comments.rights",
    "moderation",
    "moderation.appeals",
    "moderation.desk",
    "moderation.lifecycle",
    "moderation.ports",
    "ads",
    "ads.delivery",
    "newsroom.pages",
    "seeds",
]
if DEMO:
    INSTALLED_APPS.append("newsroom.demo")

MIDDLEWARE = [
    "newsroom.health.ProbeMiddleware",
    "articles.cors.CrossOriginMiddleware",
    "newsroom.api.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "newsroom.pages.language.SiteLanguageMiddleware",
]

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- stores ----------------------------------------------------------------------------------
REDIS_URL = env("REDIS_URL")
REDIS_SOCKET_TIMEOUT_S = 0.3  # Limits and cache: the first time-out opens the breaker.


def database(url: str) -> dict[str, Any]:
    config: dict[str, Any] = {**dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)}
    options = config.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 2)
    # Django switches prepared statements off; newsroom.prepared asks for them, and nobody else gets them.
    options.setdefault("prepare_threshold", 5)
    # A session left open by a killed client must not hold locks for long.
    options.setdefault("options", "-c idle_in_transaction_session_timeout=30s -c timezone=UTC")
    config["TEST"] = {"NAME": os.environ.get("NEWSROOM_TEST_DATABASE")}
    return config


DATABASES = {"default": database(env("DATABASE_URL"))}
DATABASE_OWNER_URL = os.environ.get("DATABASE_OWNER_URL", "")
if DATABASE_OWNER_URL and MODE != "test":
    # Only `migrate` uses it (newsroom/management/commands/migrate.py): the running product has no DDL.
    DATABASES["owner"] = database(DATABASE_OWNER_URL)
# The role that `migrate` grants rights to; empty where one role does everything.
_runtime_url = os.environ.get("NEWSROOM_TEST_RUNTIME_URL", "") if MODE == "test" else env("DATABASE_URL")
RUNTIME_ROLE = str(database(_runtime_url)["USER"]) if DATABASE_OWNER_URL and _runtime_url else ""
if RUNTIME_ROLE and database(DATABASE_OWNER_URL)["USER"] == RUNTIME_ROLE:
    RUNTIME_ROLE = ""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Nothing of ours uses Django's cache over Redis: its serializer is pickle. Limits talk to Redis
# themselves (newsroom.limits), threads are cached in process and checked against PostgreSQL.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Celery: each value with its reason --------------------------------------------------------
CELERY_BROKER_URL = celery_broker_url(REDIS_URL, database=0)
CELERY_TASK_SERIALIZER = "json"  # JSON only: a writable Redis must not run code in a worker.
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_BACKEND = None  # Results live in PostgreSQL; a result backend grows and holds arguments.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # Faster redelivery after a crash; safety itself comes from the row.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # Few parked messages behind a dead worker.
CELERY_TASK_REJECT_ON_WORKER_LOST = (
    False  # True loops a killer comment for ever; the row retries, bounded by attempts.
)
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = True  # The row is the retry, never the message.
# soft 20 s < hard 30 s < lease 60 s < visibility 120 s. Proofs shorten all four together, to wait less.
NEWSROOM_LEASE_S = int(env("NEWSROOM_LEASE_S", default="60"))
CELERY_TASK_SOFT_TIME_LIMIT = max(1, NEWSROOM_LEASE_S // 3)
CELERY_TASK_TIME_LIMIT = NEWSROOM_LEASE_S // 2
CELERY_TASK_PUBLISH_RETRY = False  # The reconciler is the retry; a reader's request waits for nobody.
CELERY_TASK_DEFAULT_QUEUE = "newsroom"
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # Never give up silently (the default stops after 100).
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # Tasks end in 30 s and may run twice.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10.0  # Lets running tasks finish before a cold stop.
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_WORKER_MAX_TASKS_PER_CHILD = 5000  # Bounds slow leaks.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KiB: an over-grown child is replaced, not the machine.
CELERY_WORKER_SEND_TASK_EVENTS = False  # Events carry arguments.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Celery closes the database's connection before and after each task, which then costs more than judging;
# with this it does so every 20,000 tasks, and newsroom.celery drops a connection that broke or is old.
CELERY_DB_REUSE_MAX = 10_000
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    # > lease: a redelivered message finds the lease taken or expired.
    "visibility_timeout": 2 * NEWSROOM_LEASE_S,
    "unacked_restore_interval": 10,
    "socket_timeout": 5.0,  # Workers; the web process lowers both to 1 s (newsroom.celery).
    "socket_connect_timeout": 2.0,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "max_connections": 20,
    "global_keyprefix": os.environ.get("NEWSROOM_BROKER_PREFIX", "newsroom:"),
}

# --- API ---------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["newsroom.parsing.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["newsroom.access.authentication.ApiTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_PAGINATION_CLASS": "newsroom.api.CursorPages",
    "DEFAULT_FILTER_BACKENDS": [],
    "EXCEPTION_HANDLER": "newsroom.api.problem_handler",
    "DEFAULT_SCHEMA_CLASS": "newsroom.openapi.ProblemAutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": 0,
    "COMPACT_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Newsroom API",
    "DESCRIPTION": "Articles, comments judged before they are published, and ad slots. "
    "Every error is an RFC 9457 problem document.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "newsroom.openapi.add_problem_schema",
    ],
    "ENUM_NAME_OVERRIDES": {"CommentStatus": "comments.models.Comment.Status"},
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
API_MAX_BODY_BYTES = 65_536

# --- security ------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = False
if MODE == "production":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env("NEWSROOM_SSL_REDIRECT", default="on") == "on"
    SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|metrics)$"]
    SECURE_HSTS_SECONDS = int(env("NEWSROOM_HSTS_SECONDS", default="31536000"))
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env("NEWSROOM_HSTS_SUBDOMAINS", default="on") == "on"
    SECURE_HSTS_PRELOAD = env("NEWSROOM_HSTS_PRELOAD", default="on") == "on"
    if NEWSROOM_TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
if MODE == "test":  # Hundreds of passwords are made and checked there; how slow guessing is, is Django's own.
    PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("MD5", "PBKDF2")]
LOGIN_URL = "admin:login"
# Whether staff must sign in with a code of an authenticator app too, or may.
STAFF_SECOND_FACTOR = env("STAFF_SECOND_FACTOR", default="required" if MODE == "production" else "optional")
if STAFF_SECOND_FACTOR not in {"required", "optional"}:
    raise ImproperlyConfigured(f"STAFF_SECOND_FACTOR is {STAFF_SECOND_FACTOR!r}; use required or optional.")
# For so long after a password or code an export, or a change of the model, does not ask for another.
STAFF_STEP_UP_MINUTES = int(env("STAFF_STEP_UP_MINUTES", default="10"))

# --- language, time, files -------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["newsroom.formats"]
LOCALE_PATHS = [BASE_DIR / "newsroom" / "locale"]  # docs/translating.md
STATIC_URL = "/static/"
# Collected for production only; elsewhere the finders serve, and WhiteNoise warns of an empty root.
STATIC_ROOT = (
    Path(env("NEWSROOM_STATIC_ROOT", default=str(NEWSROOM_STATE / "static")))
    if MODE == "production"
    else None
)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEMO  # Style sheets may change under a running demo.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MODE == "production"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = Path(env("NEWSROOM_MEDIA_ROOT", default=str(NEWSROOM_STATE / "media")))
MEDIA_URL = "/media/"

# --- mail (newsroom.outbox): every letter goes through rows that outlive the mail server's absence -------
# Off until a mail server is named: verification, reply notices, "My comments" and statements by mail need it.
NEWSROOM_MAIL = env("NEWSROOM_MAIL", default="off" if MODE == "production" else "on") == "on"
NEWSROOM_MAIL_URL = env("NEWSROOM_MAIL_URL", default="")
NEWSROOM_MAIL_FROM = env(
    "NEWSROOM_MAIL_FROM", default=f"newsroom@{urlsplit(NEWSROOM_BASE_URL).hostname or 'localhost'}"
)
EMAIL_BACKEND = (
    "django.core.mail.backends.filebased.EmailBackend"
    if MODE == "demo"
    else "django.core.mail.backends.smtp.EmailBackend"
)
EMAIL_FILE_PATH = NEWSROOM_STATE / "mail"
EMAIL_TIMEOUT = 10
if MODE == "production" and NEWSROOM_MAIL and not NEWSROOM_MAIL_URL:
    raise ImproperlyConfigured(
        "NEWSROOM_MAIL is on, but no mail server is named. Set NEWSROOM_MAIL_URL, or NEWSROOM_MAIL=off."
    )
if NEWSROOM_MAIL_URL:
    try:
        globals().update(mail_settings(NEWSROOM_MAIL_URL))
    except ValueError as error:
        raise ImproperlyConfigured(f"NEWSROOM_MAIL_URL is not usable: {error}.") from error

# --- logs: no query strings of token paths, no bodies, no addresses ----------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "newsroom": {"level": "INFO"},
        "moderation": {"level": "INFO"},
        "comments": {"level": "INFO"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}


# --- jobs that may wait (beat); nothing that must happen rests on them ---------------------------------
CELERY_BEAT_SCHEDULE = {
    "enforce-retention": {
        "task": "moderation.tasks.enforce_retention",
        "schedule": crontab(hour="2", minute="40"),
    },
    "send-reply-notices": {"task": "comments.rights.tasks.send_reply_notices", "schedule": 300.0},
    "forget-seen-texts": {"task": "moderation.ports.tasks.forget_seen_texts", "schedule": 24 * 3600.0},
}

# What an hour of moderation costs, in the site's currency, for what a thread earns: 30.00 for every site, or
# tribune=30.00,herald=24.50. Empty: minutes are told, costs are not.
NEWSROOM_MODERATION_RATE = hourly_rates(env("NEWSROOM_MODERATION_RATE", default=""))

# --- how long personal data is kept (comments.retention names the kinds) --------------------------------
NEWSROOM_RETENTION = retention_days(env("NEWSROOM_RETENTION", default=""))
if NEWSROOM_RETENTION.get("ads", 400) < 28:
    raise ImproperlyConfigured("NEWSROOM_RETENTION: ads=28 or more; forecasts look back so far.")

# --- the desk ------------------------------------------------------------------------------------------
# After so many days a hold on a closed article ends as "not reviewed in time". 0: never.
NEWSROOM_HOLD_DAYS = int(env("NEWSROOM_HOLD_DAYS", default="14"))
# Who is told by mail when comments wait too long, and what too long is. 0: that limit is off.
DESK_ALERTS_TO = env_list("DESK_ALERTS_TO")
DESK_ALERT_QUEUE_MINUTES = int(env("DESK_ALERT_QUEUE_MINUTES", default="240"))
DESK_ALERT_PENDING_SECONDS = int(env("DESK_ALERT_PENDING_SECONDS", default="120"))

# --- the classifier's life (docs/model-life-cycle.md) --------------------------------------------------
# Share of what the machine publishes or rejects that a person judges again, drawn at random.
NEWSROOM_AUDIT_SHARE = float(env("NEWSROOM_AUDIT_SHARE", default="0.02"))
if not 0.0 <= NEWSROOM_AUDIT_SHARE <= 1.0:
    raise ImproperlyConfigured("NEWSROOM_AUDIT_SHARE is a share between 0 and 1.")
# Folder of the public data sets for retraining on a schedule; without days there is no schedule.
NEWSROOM_TRAINING_DATA = env("NEWSROOM_TRAINING_DATA", default="")
NEWSROOM_RETRAIN_DAYS = float(env("NEWSROOM_RETRAIN_DAYS", default="0"))
if NEWSROOM_RETRAIN_DAYS > 0:
    if not NEWSROOM_TRAINING_DATA:
        raise ImproperlyConfigured("NEWSROOM_RETRAIN_DAYS is set, but NEWSROOM_TRAINING_DATA is not.")
    CELERY_BEAT_SCHEDULE["retrain-classifier"] = {
        "task": "moderation.lifecycle.tasks.retrain",
        "schedule": NEWSROOM_RETRAIN_DAYS * 24 * 3600.0,
    }
