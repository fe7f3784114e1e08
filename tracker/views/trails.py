"""The queue from which somebody came to a row, so that the next row of it opens after their decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from tracker import clock
from tracker.boards.queues import QUEUES
from tracker.boards.queues.shape import Queue, next_of, place_of
from tracker.choices import QueueCode
from tracker.forms.queue_filters import QueueForm, filter_of
from tracker.models import SavedFilter
from tracker.policies import may

ROUTES = {
    QueueCode.OVERDUE: ("overdue", "flag_acknowledge"),
    QueueCode.REPORTS: ("review", "report"),
    QueueCode.EVIDENCE: ("review_evidence", "evidence_decide"),
    QueueCode.EXTENSIONS: ("review_extensions", "extension"),
    QueueCode.OBSTACLES: ("review_obstacles", "obstacle_end"),
    QueueCode.LAPSED: ("lapsed", "task"),
    QueueCode.UNOWNED: ("unowned", "task"),
}
"""The page of each queue, and that of one of its rows."""


@dataclass(frozen=True)
class Trail:
    """A queue as it was asked for, and the row of it that is open. `query` is its filter and order, cleaned."""

    queue: Queue
    form: QueueForm
    user: Any
    pk: int = 0

    @property
    def query(self) -> str:
        return self.form.query()

    @property
    def url(self) -> str:
        return address_of(self.queue, self.query)

    @property
    def suffix(self) -> str:
        """What the address of a row carries, so that its page knows the queue."""
        return "?" + urlencode({"queue": self.queue.code.value, "filter": self.query})

    @property
    def next_url(self) -> str:
        """The page of the row after this one that waits for a decision of the reader; "" where none does."""
        today, wanted = clock.local_today(), self.form.wanted()
        place = place_of(self.queue, self.pk, today, wanted)
        item = next_of(self.queue, self.user, today, wanted, place)
        if item is None or item.pk == self.pk:
            return ""
        return reverse(ROUTES[self.queue.code][1], args=[item.pk]) + self.suffix


def address_of(queue: Queue, query: str = "") -> str:
    """Return where a queue is, with a filter."""
    return reverse(ROUTES[queue.code][0]) + (f"?{query}" if query else "")


def address_of_saved(saved: SavedFilter) -> str:
    """Return where the queue is with this filter, its fields in the order of the queue: PostgreSQL keeps its own."""
    queue = QUEUES[saved.queue]
    return address_of(queue, urlencode({field: saved.query[field] for field in queue.fields if field in saved.query}))


def trail_of(request: HttpRequest, pk: int) -> Trail | None:
    """Return the queue that the form, or else the address, names; None where it names none that the reader may read."""
    given = request.POST if "queue" in request.POST else request.GET
    queue = QUEUES.get(given.get("queue", ""))
    if queue is None or not may(request.user, queue.action):
        return None
    return Trail(queue, filter_of(queue, query_of(given.get("filter", ""))), request.user, pk)


def query_of(text: str) -> QueryDict:
    """Return a query string that came inside another one; nothing of one that is too long to be ours."""
    return QueryDict(text if len(text) <= 2000 else "")


def onward(request: HttpRequest, pk: int, code: QueueCode) -> HttpResponse:
    """Go on after a decision on row `pk`: to the next row of the queue that one came from, else to the queue."""
    trail = trail_of(request, pk)
    if trail is None or trail.queue.code != code:
        return redirect(address_of(QUEUES[code]))
    if url := trail.next_url:
        return redirect(url)
    messages.info(request, _("That was the last one: nothing else in this queue waits for your decision."))
    return redirect(trail.url)
