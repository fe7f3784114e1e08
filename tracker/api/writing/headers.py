"""The headers that make writing safe: If-Match says which version was read, Idempotency-Key which request it is."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.utils.translation import gettext as _

from tracker.api.errors import NamedProblem

_ETAG = re.compile(r'"([0-9]{1,9})"')
_KEY = re.compile(r'"?([\x21\x23-\x5b\x5d-\x7e]{1,255})"?')


def read_version(headers: Any) -> int:
    """Return the version that If-Match names. Source: RFC 9110, 13.1.1; RFC 6585, 3.

    Raises NamedProblem where there is none, or where it is not the ETag of one version: `*` would overwrite whatever
    somebody else has written.
    """
    text = headers.get("If-Match")
    if text is None:
        raise NamedProblem("precondition-required")
    match = _ETAG.fullmatch(text.strip())
    if match is None:
        raise NamedProblem("invalid-header", {"If-Match": [_("Send the ETag of the row as you read it, such as “3”.")]})
    return int(match[1])


def read_key(headers: Any) -> str | None:
    """Return the Idempotency-Key, with or without its quotation marks; None where there is none."""
    text = headers.get("Idempotency-Key")
    if text is None:
        return None
    match = _KEY.fullmatch(text.strip())
    if match is None:
        sentence = _("Send 1 to 255 visible ASCII characters, such as a UUID.")
        raise NamedProblem("invalid-header", {"Idempotency-Key": [sentence]})
    return match[1]


def fingerprint(request: Any) -> str:
    """Return the SHA-256 (hex) of what makes two requests the same one."""
    told = (request.method, request.get_full_path(), request.headers.get("If-Match", ""))
    return hashlib.sha256("\n".join(told).encode("utf-8", "replace") + b"\n" + request.body).hexdigest()
