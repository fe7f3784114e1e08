"""A request is carried out once for each Idempotency-Key, and told again what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse

from tracker import clock
from tracker.api.errors import NamedProblem
from tracker.api.writing.headers import fingerprint, read_key
from tracker.services import idempotency


def once(request: Any, do: Callable[[], Any]) -> tuple[Any, bool]:
    """Return what `do` has returned for this request, an id or JSON, and whether that was before.

    Without a key it is done each time.
    """
    key = read_key(request.headers)
    if key is None:
        return do(), False
    sent = fingerprint(request._request)
    with transaction.atomic():
        claim, is_new = idempotency.claim(request.user, key, sent, at=clock.now())
        if is_new:
            done = do()
            kept = {"row_id": done} if isinstance(done, int) else {"answer": done}
            idempotency.keep(claim, **kept)
            return done, False
    if claim.fingerprint != sent:
        raise NamedProblem("key-reused")
    return (claim.row_id if claim.answer is None else claim.answer), True


def marked(response: HttpResponse, *, is_replayed: bool) -> HttpResponse:
    """Say of an answer that it is not the first one."""
    if is_replayed:
        response["Idempotency-Replayed"] = "true"
    return response
