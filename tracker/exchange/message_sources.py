"""Finds what has to be translated: in this project's own files, and where the packages leave a gap in Vietnamese.

Knows nothing of Django's settings, so it works before they are read.
"""

from __future__ import annotations

import io
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(sysconfig.get_path("purelib"))

OWN = ("accounts", "config", "tracker")
# These ship little or no Vietnamese: whatever they can say to somebody is ours to translate.
SILENT = (
    "allauth/account",
    "allauth/core",
    "allauth/mfa",
    "allauth/socialaccount",
    "allauth/templates/account",
    "allauth/templates/mfa",
    "allauth/templates/socialaccount",
    "rest_framework/exceptions.py",
)
# These ship Vietnamese with gaps: only the gaps are ours.
GAPPED = ("django/conf", "django/contrib/admin", "django/contrib/auth", "django/contrib/sessions")

_LAZY = {f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext", "npgettext")}
KEYWORDS = {**DEFAULT_KEYWORDS, **_LAZY, "gettext_noop": None}


def found() -> Catalog:
    """Return every message that needs a translation, each with the files that say it, in a stable order."""
    catalog = Catalog(charset="utf-8")
    for top in OWN:
        _collect(ROOT, ROOT / top, catalog)
    for top in SILENT:
        _collect(PACKAGES, PACKAGES / top, catalog)
    for top in GAPPED:
        _collect_gaps(PACKAGES / top / "locale/vi/LC_MESSAGES/django.po", catalog)
    return catalog


def _collect(root: Path, top: Path, catalog: Catalog) -> None:
    for path in [top] if top.is_file() else sorted(top.rglob("*")):
        if path.suffix not in (".py", ".html", ".txt") or "migrations" in path.parts:
            continue
        where = path.relative_to(root).as_posix()
        for ids, comments, context in messages_of(path.read_text("utf-8"), is_template=path.suffix != ".py"):
            catalog.add(ids, locations=[(where, 0)], auto_comments=comments, context=context)


def messages_of(text: str, *, is_template: bool) -> Iterator[tuple[str | tuple[str, ...], list[str], str | None]]:
    """Give (msgid or (singular, plural), comments for translators, context) for each message of one file."""
    code = _as_code(text) if is_template else text
    source = io.BytesIO(code.encode())
    for _line, ids, comments, context in extract("python", source, KEYWORDS, ("Translators:",), {"encoding": "utf-8"}):
        yield (ids if isinstance(ids, str) else tuple(ids)), comments, context


def _as_code(template: str) -> str:
    # Django blanks out all but the messages; without their indentation the lines are harmless Python tokens.
    return "\n".join(line.strip() for line in templatize(template).splitlines())


def _collect_gaps(path: Path, catalog: Catalog) -> None:
    with path.open("rb") as file:
        for message in read_po(file):
            if message.id and (message.fuzzy or not is_translated(message.string)):
                where = path.relative_to(PACKAGES).as_posix()
                catalog.add(message.id, locations=[(where, 0)], context=message.context)


def is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Tell whether a message, and each of its plural forms, has a text."""
    return bool(string) if isinstance(string, str) else all(string or [""])
