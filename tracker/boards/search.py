"""Search over all registers: words in any order, without regard to marks and case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.boards.body_page import bodies_of_posts
from tracker.boards.words import matching
from tracker.models import Body, Cadre, Instrument, Provision, Resolution, Task, Tenure
from tracker.rules.text import fold

MOST_FOUND = 15


@dataclass(frozen=True)
class Group:
    """What was found of one noun; `more` tells that there is more than is shown."""

    noun: str
    rows: list[Any]
    more: bool


@dataclass(frozen=True)
class Found:
    groups: list[Group]
    tenures: dict[int, list[Tenure]]


def search(user: Any, text: str, today: date) -> Found:
    """Return what `user` may read and `text` names, at most 15 of each noun. Seven queries; none without a word."""
    if not fold(text):
        return Found([], {})
    groups = [_group(noun, rows, text) for noun, rows in _registers(user)]
    cadres = [row.pk for group in groups if group.noun == "cadre" for row in group.rows]
    return Found([group for group in groups if group.rows], bodies_of_posts(cadres, today))


def _registers(user: Any) -> list[tuple[str, Any]]:
    tasks = Task.objects.visible_to(user).select_related("resolution")
    provisions = Provision.objects.visible_to(user).select_related("resolution")
    return [
        ("task", tasks.order_by("resolution_id", "position", "pk")),
        ("body", Body.objects.visible_to(user).order_by("name_sort", "pk")),
        ("resolution", Resolution.objects.visible_to(user).order_by("code", "pk")),
        ("provision", provisions.order_by("resolution_id", "position", "pk")),
        ("instrument", Instrument.objects.visible_to(user).order_by("number", "pk")),
        ("cadre", Cadre.objects.visible_to(user).order_by("name_sort", "pk")),
    ]


def _group(noun: str, rows: Any, text: str) -> Group:
    found = list(matching(rows, text)[: MOST_FOUND + 1])
    return Group(noun, found[:MOST_FOUND], more=len(found) > MOST_FOUND)
