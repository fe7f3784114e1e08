"""All settings, from environment variables; docs/reference/settings.md lists them.

Production is the default and safe by default. DEMO (what `make run` sets) eases things on loopback only.
"""

import hashlib
import hmac
import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")

DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
IS_LOCAL = DEBUG or DEMO
PORT = env.number("PORT", 8000, low=1, high=65535)

# Secrets. A demonstration makes its own; production must be given one.
SECRET_KEY = env.secret("SECRET_KEY", shortest=50, kept_in=VAR_DIR / "secret_key" if IS_LOCAL else None)
_DERIVED_PEPPER = hmac.new(SECRET_KEY.encode(), b"token pepper", hashlib.sha256).hexdigest()
_PEPPER = env.kept_secret(VAR_DIR / "token_pepper") if IS_LOCAL else _DERIVED_PEPPER
TOKEN_PEPPER = env.text("TOKEN_PEPPER", _PEPPER)
if len(TOKEN_PEPPER) < 32:
    env.refuse("TOKEN_PEPPER", "is too short", "write at least 32 random characters or leave it out")
# While peppers change: tokens of the one before are accepted, and digested anew with the current one at their next use.
TOKEN_PEPPER_BEFORE = env.text("TOKEN_PEPPER_BEFORE")
# The demonstration users' one password: given, or made once and kept, so that every start can tell it again.
DEMO_PASSWORD = env.text("DEMO_PASSWORD") or (env.kept_secret(VAR_DIR / "demo_password", length=12) if DEMO else "")

# Where the site is. Without ALLOWED_HOSTS it answers to its own address and loopback, nothing else.
SITE_URL = env.site_url("SITE_URL", f"http://localhost:{PORT}", is_local=DEMO)
_SITE = urlsplit(SITE_URL)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", sorted({*env.LOOPBACK, _SITE.hostname or "localhost"}))
if DEMO and not set(ALLOWED_HOSTS) <= set(env.LOOPBACK):
    env.refuse("ALLOWED_HOSTS", "goes beyond loopback while DEMO is on", "leave it out or switch DEMO off")
if "*" in ALLOWED_HOSTS and not DEBUG:
    env.refuse("ALLOWED_HOSTS", "allows every host", "list the names under which the site is reached")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

# An index of PostgreSQL carries columns beside its key; SQLite leaves them out and is right without them.
SILENCED_SYSTEM_CHECKS = ["models.W040"]

INSTALLED_APPS = [
    "tracker",
    "accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "config.middleware.TrustedProxyMiddleware",
    "config.middleware.RequestIdMiddleware",
    "config.metrics.RequestMetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tracker.views.errors.DatabaseTroubleMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "tracker.views.context.site",
            ],
        },
    },
]

# Database. The same answers on both: SQLite takes the write lock at BEGIN, so nobody upgrades into a deadlock.
DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR}/tracker.sqlite3")}
_DATABASE = DATABASES["default"]
if _DATABASE["ENGINE"].endswith("sqlite3"):
    Path(_DATABASE["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    _DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000;",
    }
    # A file: threads, the browser's server and a worker cannot share a database in memory.
    _DATABASE["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    _DATABASE["CONN_MAX_AGE"] = 60
    _DATABASE["CONN_HEALTH_CHECKS"] = True
    _STATEMENT_SECONDS = env.number("STATEMENT_TIMEOUT", 0, low=0, high=3600)
    _OPTIONS = _DATABASE.setdefault("OPTIONS", {})
    _OPTIONS.setdefault("connect_timeout", 5)
    # Reading here and there costs what reading in a row does, as on any disk without a head: else a million tasks are
    # read through for the few that a list needs. What DATABASE_URL says comes last and wins.
    _SERVER = ["-c random_page_cost=1.1", f"-c statement_timeout={_STATEMENT_SECONDS}s" if _STATEMENT_SECONDS else ""]
    _OPTIONS["options"] = " ".join(filter(None, [*_SERVER, _OPTIONS.get("options", "")]))

# Only allauth's limiter uses the cache; sessions and everything that must be exact are rows.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Who signs in.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATORS = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATORS}UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATORS}MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATORS}CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
# Kept in the cache of each web process, so a limit a process; an attempt is counted by account and by address.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/h/ip,10/h/key", "login": "60/m/ip"}
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Resolution Tracker"
# Browsers accept passkeys over http on localhost only; so do we, and never in production.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO

# Languages, dates, numbers.
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", "vi", ["vi", "en"])
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["config.formats"]

# Files. Attachments lie under VAR_DIR and leave only through a view that checks access.
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MAX_UPLOAD_MB = 20
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# Above the five that a report takes, so that the form can say so; beyond it the request is refused unread.
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_HANDLERS = [
    "config.uploads.CappedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# The browser's side of safety.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = not IS_LOCAL
# Asked by machines on the same host, which speak plain http.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if IS_LOCAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = not IS_LOCAL
SECURE_HSTS_PRELOAD = not IS_LOCAL
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not IS_LOCAL
SESSION_COOKIE_NAME = "sessionid" if IS_LOCAL else "__Host-sessionid"
CSRF_COOKIE_NAME = "csrftoken" if IS_LOCAL else "__Host-csrftoken"
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600

# Mail. All of it leaves through the outbox (tracker/services/outbox.py), in a job.
vars().update(env.mail("EMAIL_URL", f"filemail:///{VAR_DIR}/outbox" if IS_LOCAL else "smtp://localhost:25"))
EMAIL_TIMEOUT = env.number("EMAIL_TIMEOUT", 10, low=1, high=30)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("MAIL_FROM", f"tracker@{_SITE.hostname}")

# Webhooks go to addresses of the public Internet, and to these networks.
WEBHOOK_NETWORKS = env.networks("WEBHOOK_NETWORKS")

# REST.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "tracker.api.errors.exception_handler",
}
# Requests a minute of each token, or of each person with a session, counted by each web process.
API_RATE = env.number("API_RATE", 6000, low=1, high=1_000_000)
SPECTACULAR_SETTINGS = {
    "TITLE": "Resolution Tracker",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # The declaration in tracker/api writes whole schemas; guessed names for its lists of codes would not be stable.
    "POSTPROCESSING_HOOKS": [],
}

# Background jobs (config/celery.py reads these). "" means: `manage.py up` starts its own broker.
REDIS_URL = env.broker("REDIS_URL")
JOB_TIME_LIMIT = env.number("JOB_TIME_LIMIT", 120, low=2, high=3600)
# Scans and recalculations. Below the lease of a scan (services/scan.py), or two could be at it at once.
LONG_JOB_TIME_LIMIT = env.number("LONG_JOB_TIME_LIMIT", 540, low=2, high=3600)
# Threads of the web server that `manage.py up` starts; the change feed lets at most half of them wait.
WEB_THREADS = env.number("WEB_THREADS", min(8, 2 * (os.cpu_count() or 1) + 1), low=2, high=64)
TICK_SECONDS = env.number("TICK_SECONDS", 60, low=1, high=60)
# A dead beat, pool or broker must be told within 3 minutes: oldest heartbeat that still counts as alive.
HEARTBEAT_LIMIT = env.number("HEARTBEAT_LIMIT", 150, low=2, high=180)
# A worker that takes nothing for so long, though messages wait and the broker answers, ends to be started anew.
WORKER_DEAF_SECONDS = env.number("WORKER_DEAF_SECONDS", 30, low=2, high=600)
# The figures at /metrics are for whoever sends this; without it there is no such address.
METRICS_TOKEN = env.text("METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 32:
    env.refuse("METRICS_TOKEN", "is too short", "write at least 32 random characters or leave it out")

# The digests of a working day are written from this hour on, Viet Nam time.
DIGEST_HOUR = env.number("DIGEST_HOUR", 7, low=0, high=23)

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"])
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "config.request_id.RequestIdFilter"}},
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "plain",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    # Django's own handlers would print every line twice and mail tracebacks.
    "loggers": {"django": {"handlers": [], "level": LOG_LEVEL, "propagate": True}},
}
