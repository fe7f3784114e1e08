"""Every refusal of the API as application/problem+json (RFC 9457), in the reader's language."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions

from tracker.errors import Conflict, Stale

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5
# type → (status, title, what it means). The types are stable: clients may compare them.
PROBLEMS: dict[str, tuple[int, Any, Any]] = {
    "bad-request": (400, gettext_lazy("The request cannot be read"), gettext_lazy("The request cannot be read.")),
    "unknown-parameter": (
        400,
        gettext_lazy("Unknown parameter"),
        gettext_lazy("A query parameter is not known here: errors names it."),
    ),
    "invalid-parameter": (
        400,
        gettext_lazy("Invalid parameter"),
        gettext_lazy("A query parameter has a value that cannot be used: errors says which and why."),
    ),
    "unknown-field": (
        400,
        gettext_lazy("Unknown field"),
        gettext_lazy("A field of the body is not known here: errors names it."),
    ),
    "invalid-field": (
        400,
        gettext_lazy("Invalid field"),
        gettext_lazy("A field is missing or has a value that cannot be used: errors says which and why."),
    ),
    "invalid-header": (
        400,
        gettext_lazy("Invalid header"),
        gettext_lazy("A header has a value that cannot be used: errors says which and why."),
    ),
    "not-authenticated": (
        401,
        gettext_lazy("Not signed in"),
        gettext_lazy("Sign in, or send a token as Authorization: Bearer rmt_…."),
    ),
    "invalid-token": (
        401,
        gettext_lazy("Token not accepted"),
        gettext_lazy("The token is not known, has expired or was revoked, or its owner is no longer active."),
    ),
    "forbidden": (
        403,
        gettext_lazy("Not allowed"),
        gettext_lazy("Your duty or the scope of your token does not allow this."),
    ),
    "not-found": (404, gettext_lazy("Not found"), gettext_lazy("There is nothing here, or nothing that you may see.")),
    "method-not-allowed": (
        405,
        gettext_lazy("Method not allowed"),
        gettext_lazy("This address does not take this method: Allow names those that it takes."),
    ),
    "not-acceptable": (
        406,
        gettext_lazy("Not acceptable"),
        gettext_lazy("This address sends no such type: accept application/json, or the type of the file."),
    ),
    "already-there": (
        409,
        gettext_lazy("Already there"),
        gettext_lazy("A row with this external_id was made before: existing is its address."),
    ),
    "conflict": (
        409,
        gettext_lazy("Conflict"),
        gettext_lazy("It is no longer in the state that this needs: read it again."),
    ),
    "stale": (
        412,
        gettext_lazy("Changed meanwhile"),
        gettext_lazy("Somebody changed it after you read it: current_version says to what. Read it again."),
    ),
    "too-large": (
        413,
        gettext_lazy("Too large"),
        gettext_lazy("The body is larger than 2 MB or has more than 10,000 rows."),
    ),
    "unsupported-media-type": (
        415,
        gettext_lazy("Unsupported media type"),
        gettext_lazy("Send the body as application/json."),
    ),
    "key-reused": (
        422,
        gettext_lazy("Key used before"),
        gettext_lazy("This Idempotency-Key was sent within 24 hours with another request: take a new one."),
    ),
    "rows-refused": (
        422,
        gettext_lazy("Rows refused"),
        gettext_lazy("With atomic=true nothing is written unless every row is sound: rows names those that are not."),
    ),
    "precondition-required": (
        428,
        gettext_lazy("Precondition required"),
        gettext_lazy("Send If-Match with the ETag of the row as you read it."),
    ),
    "too-many-requests": (
        429,
        gettext_lazy("Too many requests"),
        gettext_lazy("Wait for the seconds that Retry-After names, then try again."),
    ),
    "internal-error": (
        500,
        gettext_lazy("Internal error"),
        gettext_lazy("Something went wrong here. Tell the operator the X-Request-ID of this answer."),
    ),
    "unavailable": (
        503,
        gettext_lazy("Not available"),
        gettext_lazy("The database did not answer in time. Try again after the seconds that Retry-After names."),
    ),
}


class NamedProblem(exceptions.APIException):
    """Query parameters, headers or fields are unknown or cannot be used; `errors` says which and why."""

    status_code = 400

    def __init__(self, kind: str, errors: Mapping[str, list[str]] | None = None):
        super().__init__(kind)
        self.kind = kind
        self.errors = dict(errors or {})


class AlreadyThere(Conflict):
    """A row with this external_id is there; `address` is where its maker finds it, empty where they may not."""

    def __init__(self, address: str):
        super().__init__(_("A row with this external_id was made before."))
        self.address = address


class RowsRefused(Exception):
    """Rows of a request with atomic=true were refused, so none was written; `rows` tells of each."""

    def __init__(self, rows: list[dict[str, Any]]):
        super().__init__(len(rows))
        self.rows = rows


def problem(kind: str, request: HttpRequest, **more: Any) -> HttpResponse:
    """Return the answer of one problem; `more` are further members."""
    return _answer(members(kind, request.path, **more))


def _answer(body: dict[str, Any]) -> HttpResponse:
    text = json.dumps(body, ensure_ascii=False)
    return keep_private(HttpResponse(text, status=body["status"], content_type=CONTENT_TYPE))


def members(kind: str, path: str, *, detail: str = "", **more: Any) -> dict[str, Any]:
    """Return the members of a problem at the address `path`; those of `more` that tell nothing are left out."""
    status, title, meaning = PROBLEMS[kind]
    body: dict[str, Any] = {
        "type": f"/problems/{kind}",
        "title": str(title),
        "status": status,
        "detail": detail or str(meaning),
        "instance": escape_uri_path(path.encode("utf-8", "replace").decode()),
    }
    return body | {name: value for name, value in more.items() if value or value == 0}


def members_of(error: Exception, path: str) -> dict[str, Any]:
    """Return the members of the problem that an exception stands for.

    `errors` maps a parameter or field to sentences for a person.
    """
    more = {
        "errors": _errors(error),
        "current_version": error.current if isinstance(error, Stale) else None,
        "existing": error.address if isinstance(error, AlreadyThere) else None,
        "rows": error.rows if isinstance(error, RowsRefused) else None,
    }
    return members(kind_of(error), path, detail=_detail(error), **more)


def keep_private(response: HttpResponse) -> HttpResponse:
    """Forbid shared and stored copies: what is sent depends on who asks."""
    response["Cache-Control"] = "private, no-store"
    patch_vary_headers(response, ["Authorization", "Cookie", "Accept", "Accept-Language"])
    return response


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Turn whatever a view raised into a problem; what nobody foresaw is logged and told as a 500."""
    request = context["request"]._request
    kind = kind_of(error)
    if kind == "internal-error":
        logger.exception("Unforeseen error at %s", request.path)
        got_request_exception.send(sender=None, request=request)
    response = _answer(members_of(error, request.path))
    for name, value in _headers(error, kind, context).items():
        response[name] = value
    return response


def etag(version: int) -> str:
    """Return the strong validator of a row at `version`. Source: RFC 9110, 8.8.3."""
    return f'"{version}"'


def kind_of(error: Exception) -> str:
    """Return the problem type of an exception."""
    if isinstance(error, NamedProblem):
        return error.kind
    for known, kind in _KINDS:
        if isinstance(error, known):
            return kind
    return "internal-error"


_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (RowsRefused, "rows-refused"),
    (Stale, "stale"),
    (AlreadyThere, "already-there"),
    (Conflict, "conflict"),
    (ValidationError, "invalid-field"),
    (RequestDataTooBig, "too-large"),
    (exceptions.NotAuthenticated, "not-authenticated"),
    (exceptions.AuthenticationFailed, "invalid-token"),
    (exceptions.PermissionDenied, "forbidden"),
    (PermissionDenied, "forbidden"),
    (exceptions.NotFound, "not-found"),
    (Http404, "not-found"),
    (exceptions.MethodNotAllowed, "method-not-allowed"),
    (exceptions.NotAcceptable, "not-acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported-media-type"),
    (exceptions.Throttled, "too-many-requests"),
    (exceptions.ParseError, "bad-request"),
    (SuspiciousOperation, "bad-request"),
    (OperationalError, "unavailable"),
    (InterfaceError, "unavailable"),
)


def _errors(error: Exception) -> Mapping[str, list[str]] | None:
    """What is wrong with each field, as a service or a door tells it; "" stands for the whole."""
    if isinstance(error, ValidationError):
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        return {"" if name == NON_FIELD_ERRORS else name: texts for name, texts in found.items()}
    return getattr(error, "errors", None)


def _detail(error: Exception) -> str:
    """The sentence that fits better than the general one."""
    if isinstance(error, Conflict):
        return str(error.message)
    names = [name for name in _errors(error) or () if name]
    return _("See errors: %(names)s.") % {"names": ", ".join(names)} if names else ""


def _headers(error: Exception, kind: str, context: dict[str, Any]) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        is_refused = kind == "invalid-token" and challenge.startswith("Bearer")
        headers["WWW-Authenticate"] = challenge + (', error="invalid_token"' if is_refused else "")
    if isinstance(error, Stale):
        headers["ETag"] = etag(error.current)
    if isinstance(error, AlreadyThere) and error.address:
        headers["Location"] = error.address
    if kind == "method-not-allowed":
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    wait = getattr(error, "wait", None)
    if kind in ("unavailable", "too-many-requests"):
        headers["Retry-After"] = str(int(wait or RETRY_SECONDS))
    return headers
