"""The change feed: pages of the sealed history with the place from which to go on, and long-poll."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.policies import scope_of
from tracker.api.declaration import Words
from tracker.api.errors import NamedProblem
from tracker.api.pages import Page, read_page
from tracker.api.parameters import PageQuery, read_list
from tracker.api.resources.history import CHANGES
from tracker.api.schema import DeclaredSchema, describe_list
from tracker.api.views import ListView, page_text, send
from tracker.services import sealing

SCHEMA_VERSION = 1
"""Grows when a client that reads the feed has to read it differently."""
PAUSE = 0.25  # seconds between two looks at the head
# A request that waits holds a thread of the web server: half of them are always free for others.
_waiters = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))

ABOUT: dict[str, tuple[dict[str, Any], Words, Any]] = {
    "schema_version": (
        {"type": "integer"},
        Words("Version of what a change looks like.", "Phiên bản của cấu trúc thay đổi."),
        SCHEMA_VERSION,
    ),
    "head": (
        {"type": "integer", "format": "int64"},
        Words("The last number that is sealed.", "Số thứ tự cuối cùng đã niêm phong."),
        57,
    ),
    "through": (
        {"type": ["integer", "null"], "format": "int64"},
        Words(
            "Up to which number you have read with this answer; null in the other order.",
            "Số đã đọc đến với câu trả lời này; null nếu theo thứ tự ngược lại.",
        ),
        57,
    ),
    "view": (
        {"type": "string"},
        Words(
            "A mark of what you may see. When it changes, read everything anew: what left your view is not told one by "
            "one.",
            "Dấu hiệu của phạm vi được xem. Khi dấu này đổi, hãy đọc lại toàn bộ: những gì ra khỏi phạm vi không được "
            "báo từng mục.",
        ),
        "5f2c9a1b7d3e4f60",
    ),
}
"""What stands beside the rows: schema, words and example of each member."""


class ChangesView(ListView):
    """One page of the feed: three queries, and two each quarter of a second while it waits."""

    resource = CHANGES

    def get(self, request: Any) -> HttpResponse:
        query = read_list(request.query_params, self.resource, request.user)
        head, page = _read(query)
        seconds = query.context.values.get("wait", 0)
        if seconds and not page.rows and _waiters.acquire(blocking=False):
            try:
                head, page = _wait(query, head, until=time.monotonic() + seconds)
            finally:
                _waiters.release()
        beside = {
            "schema_version": SCHEMA_VERSION,
            "head": head,
            "through": _through(query, head, page),
            "view": view_of(request.user),
        }
        return send(page_text(page, request, beside))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        members: dict[str, Any] = {
            name: {**said, "description": str(words)} for name, (said, words, _example) in ABOUT.items()
        }
        example = {name: example for name, (_schema, _words, example) in ABOUT.items()}
        return describe_list(self.resource, schema, beside=members, example=example)


def _read(query: PageQuery) -> tuple[int, Page]:
    """Return the head and a page, the head first: what is sealed between is in the page or comes after the head."""
    head = sealing.head().number
    if query.context.values.get("after", 0) > head:
        raise NamedProblem(
            "invalid-parameter", {"after": [_("The history ends at %(head)d: read it anew from 0.") % {"head": head}]}
        )
    return head, read_page(CHANGES, query)


def _wait(query: PageQuery, head: int, *, until: float) -> tuple[int, Page]:
    """Look again until there is a row or the time is over. No transaction is open meanwhile."""
    seen, page = head, Page(rows=(), next=None, previous=None)
    while time.monotonic() < until:
        time.sleep(min(PAUSE, max(0.0, until - time.monotonic())))
        if sealing.head().number > seen:
            seen, page = _read(query)
            if page.rows:
                break
    return seen, page


def _through(query: PageQuery, head: int, page: Page) -> int | None:
    """Up to where everything was told that the reader may see; a page that has a next one ends at its last row."""
    if query.ordering.is_descending or (query.cursor is not None and query.cursor.is_backward):
        return None
    last = page.last[0] if page.last else 0
    return last if page.next else max(head, last)


def view_of(user: Any) -> str:
    """Return the mark of what `user` may see: the same for the same duties in the same bodies."""
    return hashlib.sha256(repr(scope_of(user)).encode()).hexdigest()[:16]
