"""The cursor of a page: where it begins, in which direction. Opaque to clients, checked on the way in."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tracker.api.declaration import Ordering
from tracker.api.parsers import LARGEST_INTEGER, Refused

LONGEST_CURSOR = 4000


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Start after the row with these values of the ordering's columns; `is_backward`: before it."""

    values: tuple[Any, ...]
    is_backward: bool = False


def write_cursor(ordering: Ordering, values: tuple[Any, ...], *, is_backward: bool = False) -> str:
    """Return the cursor as a text that is safe in a URL."""
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    packed = json.dumps([ordering.name, int(is_backward), *plain], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).rstrip(b"=").decode()


def read_cursor(text: str, ordering: Ordering) -> Cursor:
    """Return the cursor that `write_cursor` wrote for the same ordering; refuses anything else."""
    try:
        name, backward, *values = _unpack(text)
        if name != ordering.name or backward not in (0, 1) or len(values) != len(ordering.types):
            raise ValueError(name)
        pairs = zip(values, ordering.types, strict=True)
        return Cursor(values=tuple(_typed(value, kind) for value, kind in pairs), is_backward=bool(backward))
    except (ValueError, TypeError, RecursionError, Refused):
        raise Refused(_("Take the cursor from next or previous of a page with the same ordering.")) from None


def _unpack(text: str) -> list[Any]:
    if len(text) > LONGEST_CURSOR or not text.isascii():
        raise ValueError(text)
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
    unpacked = json.loads(raw)
    if not isinstance(unpacked, list) or not unpacked:
        raise ValueError(text)
    return unpacked


def _typed(value: Any, kind: type) -> Any:
    if kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    if type(value) is not kind:
        raise ValueError(value)
    if isinstance(value, int) and not 0 <= value <= LARGEST_INTEGER:
        raise ValueError(value)
    if isinstance(value, str) and "\x00" in value:
        raise ValueError(value)
    return value.encode().decode() if isinstance(value, str) else value
