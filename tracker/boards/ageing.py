"""Ageing: how long open tasks have stood in their present stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from tracker.boards.standing import still_open, tasks_on

BOUNDS = (30, 90, 180, 365)
"""The last calendar day of each bucket but the open one at the end."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tasks that have stood for `first` to `last` calendar days; `last=None` is the open end. `tone` is its colour."""

    first: int
    last: int | None
    tone: str
    tasks: int

    @property
    def label(self) -> str:
        if self.last is None:
            return _("Over %(days)d days") % {"days": self.first - 1}
        return _("%(first)d–%(last)d days") % {"first": self.first, "last": self.last}


def ageing(user: Any, day: date, *, is_now: bool = False) -> list[Bucket]:
    """Return the buckets from young to old, empty ones too. One query."""
    edges = [
        (0, BOUNDS[0]),
        *((low + 1, high) for low, high in pairwise(BOUNDS)),
        (BOUNDS[-1] + 1, None),
    ]
    counts = {f"bucket_{number}": Count("pk", filter=_within(edge, day)) for number, edge in enumerate(edges)}
    found = still_open(tasks_on(user, day, is_now=is_now)).aggregate(**counts)
    tones = ("calm", "calm", "warn", "late", "late")
    return [Bucket(*edge, tones[number], found[f"bucket_{number}"]) for number, edge in enumerate(edges)]


def _within(edge: tuple[int, int | None], day: date) -> Q:
    first, last = edge
    since = Q(since_then__lte=day - timedelta(days=first))
    return since if last is None else since & Q(since_then__gte=day - timedelta(days=last))
