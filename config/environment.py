"""Reads environment variables for `settings.py` and refuses wrong ones with one sentence.

A refusal is a SystemExit: whoever imports the settings (manage.py, the web server, Celery) ends with
that sentence on stderr and no traceback. Nothing here knows what a variable is for.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Never
from urllib.parse import SplitResult, urlsplit

from environ import Env

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
BROKER_SCHEMES = ("redis", "rediss", "unix", "redis+socket")
DATABASE_SCHEMES = ("sqlite", "postgres", "postgresql")
EMAIL_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl", "submission", "consolemail", "filemail", "memorymail", "dummymail")
_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off", "")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def refuse(name: str, wrong: str, right: str) -> Never:
    """End the process with one sentence that names the variable and says what would be right."""
    raise SystemExit(f"{name} {wrong}: {right}. See docs/reference/settings.md.")


def text(name: str, default: str = "") -> str:
    """Return the variable without surrounding blanks; an empty one counts as not given."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    """Return a switch. A misspelt one is refused: read as "off" it would hide for months."""
    given = os.environ.get(name)
    if given is None:
        return default
    value = given.strip().lower()
    if value not in _TRUE + _FALSE:
        refuse(name, f"is {given!r}", "write 1 or 0")
    return value in _TRUE


def number(name: str, default: int, *, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`."""
    given = text(name, str(default))
    if not given.isascii() or not given.isdigit() or not low <= int(given) <= high:
        refuse(name, f"is {given!r}", f"write a whole number from {low} to {high}")
    return int(given)


def choice(name: str, default: str, allowed: Sequence[str]) -> str:
    """Return one of `allowed`."""
    given = text(name, default)
    if given not in allowed:
        refuse(name, f"is {given!r}", f"write one of {', '.join(allowed)}")
    return given


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Return a comma-separated list."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)


def networks(name: str) -> list[Network]:
    """Return a comma-separated list of addresses or networks such as 10.0.0.0/8."""
    try:
        return [ipaddress.ip_network(word) for word in words(name)]
    except ValueError as error:
        refuse(name, f"cannot be read ({error})", "write addresses or networks, e.g. 10.0.0.5,10.1.0.0/16")


def folder(name: str, default: Path) -> Path:
    """Return an absolute folder; relative paths would mean another folder for each process."""
    given = Path(text(name, str(default)))
    if not given.is_absolute():
        refuse(name, f"is {str(given)!r}", "write an absolute path")
    try:
        given.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(name, f"is {str(given)!r}, which cannot be made ({error.strerror})", "name a folder that can be written")
    return given


def secret(name: str, *, shortest: int, kept_in: Path | None) -> str:
    """Return a secret: from the environment, or (demonstration only) generated once into `kept_in`."""
    given = text(name)
    if not given and kept_in:
        return kept_secret(kept_in)
    if not given:
        refuse(name, "is missing", f"set it to at least {shortest} random characters, or DEMO=1 to try it out here")
    if len(given) < shortest or len(set(given)) < 8:
        refuse(name, "is too weak", f"write at least {shortest} random characters")
    return given


def kept_secret(path: Path, *, length: int = 64) -> str:
    """Return the secret in the file, which is made on first use and readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(length)[:length])
        # A link appears whole or not at all: of two processes that start together one wins, both read the same.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip() or refuse("VAR_DIR", f"holds an empty {path.name}", "delete that file")


def _has_bad_port(parts: SplitResult) -> bool:
    try:
        return parts.port == 0
    except ValueError:
        return True


def site_url(name: str, default: str, *, is_local: bool) -> str:
    """Return the address under which people reach the site, without a trailing slash."""
    given = text(name, default).rstrip("/")
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or _has_bad_port(parts):
        refuse(name, f"is {given!r}", "write scheme and host, e.g. https://tracker.example.vn")
    on_loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if is_local and not on_loopback:
        refuse(name, f"is {given!r} while DEMO is on", "a demonstration is served on localhost only")
    if parts.scheme == "http" and not on_loopback:
        refuse(name, f"is {given!r}", "use https:// for every host but localhost")
    return given


def database(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings for one database: SQLite or PostgreSQL."""
    given = text(name, default)
    scheme = given.partition(":")[0]
    if scheme not in DATABASE_SCHEMES or "://" not in given:
        refuse(name, f"has the scheme {scheme!r}", "write sqlite:////path/file or postgres://user:password@host/name")
    try:
        config: dict[str, Any] = Env.db_url_config(given)
    except ValueError:
        refuse(name, "cannot be read", "write postgres://user:password@host:5432/name, odd characters %-encoded")
    if not config["NAME"]:
        refuse(name, "names no database", "write its name after the last slash")
    return config


def broker(name: str) -> str:
    """Return Celery's form of a Redis or Valkey address, "" when none is given."""
    given = text(name)
    parts = urlsplit(given)
    is_address = (
        parts.scheme in BROKER_SCHEMES and (parts.hostname or parts.path.strip("/")) and not _has_bad_port(parts)
    )
    if given and not is_address:
        refuse(name, "is not the address of a Redis or Valkey server", "write redis://host:6379/0 or unix:///path")
    if parts.scheme == "unix":
        db = dict(pair.partition("=")[::2] for pair in parts.query.split("&")).get("db") or "0"
        return f"redis+socket://{parts.path}?virtual_host={db}"
    return given


def mail(name: str, default: str) -> dict[str, Any]:
    """Return Django's EMAIL_… settings from one address."""
    given = text(name, default)
    if given.partition(":")[0] not in EMAIL_SCHEMES:
        refuse(name, f"has the scheme {given.partition(':')[0]!r}", "write e.g. smtp+tls://user:password@host:587")
    try:
        config: dict[str, Any] = Env.email_url_config(given)
    except ValueError:
        refuse(name, "cannot be read", "write e.g. smtp+tls://user:password@host:587, odd characters %-encoded")
    if given.startswith("filemail:"):
        config["EMAIL_BACKEND"] = "config.mail.FolderBackend"
    return config
