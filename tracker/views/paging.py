"""Pages of long lists without COUNT: one row more than is shown tells whether there is a next page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

PAGE_SIZE = 50
LAST_PAGE = 1000


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    number: int
    has_next: bool

    @property
    def previous_number(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next_number(self) -> int | None:
        return self.number + 1 if self.has_next else None


def page_of(rows: Any, request: HttpRequest, *, size: int = PAGE_SIZE) -> Page:
    """Return the page of `rows` (a queryset in a total order) that ?page= names; a wrong number is the first page."""
    text = request.GET.get("page", "")
    number = min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    start = (number - 1) * size
    found = list(rows[start : start + size + 1])
    return Page(found[:size], number, has_next=len(found) > size and number < LAST_PAGE)
