"""Finds what has to be translated: in this project's own files, and where the packages leave a gap in Vietnamese.

Knows nothing of Django's settings, so it works before they are read.
"""

from __future__ import annotations

import ast
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
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
# These ship Vietnamese with gaps, in the catalogue named here: only the gaps are ours.
GAPPED = {
    "django/contrib/admin": "django/contrib/admin",
    "django/contrib/auth": "django/contrib/auth",
    "django/core": "django/conf",
    "django/db/models": "django/conf",
    "django/forms": "django/conf",
    "django/utils": "django/conf",
    "django/views": "django/conf",
}

# Their Vietnamese is wrong or clumsy here: these messages are ours as well.
RETOLD = frozenset(
    {
        "Enter a whole number.",
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value is greater than or equal to %(limit_value)s.",
        "Ensure this value is less than or equal to %(limit_value)s.",
        "Select a valid choice. %(value)s is not one of the available choices.",
        "The submitted file is empty.",
        "This field is required.",
    }
)

# Which arguments of a call are the context, the message and its plural.
CALLS = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
    "gettext_noop": (None, 0, None),
    "_": (None, 0, None),
}

_TEXT = r"""u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*\""""
_CALL = re.compile(rf"\b(?:n?p?gettext|_)\((?:{_TEXT}|count|[,\s])*\)")

Said = tuple[str | tuple[str, str], str | None]


def found() -> Catalog:
    """Return every message that needs a translation, each with the files that say it, in a stable order."""
    catalog = Catalog(charset="utf-8")
    for top in OWN:
        _collect(ROOT, ROOT / top, catalog)
    for top in SILENT:
        _collect(PACKAGES, PACKAGES / top, catalog)
    for top, catalogue in GAPPED.items():
        _collect(PACKAGES, PACKAGES / top, catalog, but=_vietnamese_of(catalogue))
    return catalog


def _vietnamese_of(package: str) -> Catalog:
    with (PACKAGES / package / "locale/vi/LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file)


def _collect(root: Path, top: Path, catalog: Catalog, *, but: Catalog | None = None) -> None:
    for path in [top] if top.is_file() else sorted(top.rglob("*")):
        if path.suffix not in (".py", ".html", ".txt") or "migrations" in path.parts:
            continue
        where = path.relative_to(root).as_posix()
        for ids, context in messages_of(path.read_text("utf-8"), is_template=path.suffix != ".py"):
            known = but.get(ids, context) if but else None
            if known is None or known.fuzzy or not is_translated(known.string) or first_of(ids) in RETOLD:
                catalog.add(ids, locations=[(where, 0)], context=context)


def first_of(ids: str | tuple[str, str]) -> str:
    return ids if isinstance(ids, str) else ids[0]


def messages_of(text: str, *, is_template: bool) -> Iterator[Said]:
    """Give (msgid or (singular, plural), context or None) for each message of one file."""
    tree = ast.parse(_as_code(text) if is_template else text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        places = CALLS.get(_name_of(call.func).removesuffix("_lazy"))
        if places:
            yield from _message_of(call, *places)


def _as_code(template: str) -> str:
    # Django turns the tags into calls and blanks out the rest with X, which is dropped here.
    lines = templatize(template).splitlines()
    return "\n".join("; ".join(found.group() for found in _CALL.finditer(line)) for line in lines)


def _name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _message_of(call: ast.Call, context: int | None, one: int, many: int | None) -> Iterator[Said]:
    texts = {place: _text_of(argument) for place, argument in enumerate(call.args)}
    if all(texts.get(place) for place in (context, one, many) if place is not None):
        ids = texts[one] if many is None else (texts[one], texts[many])
        yield ids, None if context is None else texts[context]


def _text_of(argument: ast.expr) -> str:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""


def is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Tell whether a message, and each of its plural forms, has a text."""
    return bool(string) if isinstance(string, str) else all(string or [""])
