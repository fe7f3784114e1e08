"""One resolution: its tree of provisions with the tasks that each sets, and how many of them have become rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q

from tracker.boards.task_list import accountable_cells, four_cells
from tracker.choices import Stage, TaskKind
from tracker.models import Provision, Resolution, ResolutionLink, Responsibility, Task
from tracker.rules.status import FourCells

MOST_TASKS = 500


@dataclass
class Node:
    """A provision with the tasks that it sets and the provisions below it."""

    provision: Provision
    tasks: list[Task] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Document:
    tree: list[Node]
    objectives: list[Task]
    loose_tasks: list[Task]
    accountable: dict[int, Responsibility]
    cells: FourCells
    is_cut: bool
    links_back: list[ResolutionLink]
    links_forward: list[ResolutionLink]


def document(resolution: Resolution, user: Any, today: date) -> Document:
    """Return what `user` may read of `resolution`. Six queries, whatever the number of rows.

    Parts of a cascade are left out; at most 500 tasks are shown, all of them are counted.
    """
    seen = Task.objects.visible_to(user).filter(resolution=resolution)
    tasks = list(seen.filter(parent=None).order_by("position", "pk")[: MOST_TASKS + 1])
    shown = tasks[:MOST_TASKS]
    duties = [task for task in shown if task.kind != TaskKind.OBJECTIVE]
    return Document(
        tree=_tree(Provision.objects.filter(resolution=resolution), duties),
        objectives=[task for task in shown if task.kind == TaskKind.OBJECTIVE],
        loose_tasks=[task for task in duties if task.provision_id is None],
        accountable=accountable_cells([task.pk for task in duties], today),
        cells=four_cells(seen, today),
        is_cut=len(tasks) > MOST_TASKS,
        links_back=list(resolution.links_back.select_related("earlier")),
        links_forward=list(resolution.links_forward.select_related("later")),
    )


def _tree(provisions: Iterable[Provision], tasks: Iterable[Task]) -> list[Node]:
    nodes = {provision.pk: Node(provision) for provision in provisions}
    for task in tasks:
        if task.provision_id in nodes:
            nodes[task.provision_id].tasks.append(task)
    below: dict[int | None, list[Node]] = defaultdict(list)
    for node in nodes.values():
        below[node.provision.parent_id].append(node)
    for pk, node in nodes.items():
        node.children = below[pk]
    return below[None]


def shares(user: Any, resolutions: Iterable[Resolution]) -> dict[int, tuple[int, int]]:
    """Return for each resolution how many of the tasks that `user` may read became rules, and how many there are.

    Objectives and what was withdrawn do not count. One query.
    """
    rows = Task.objects.visible_to(user).filter(resolution__in=[row.pk for row in resolutions])
    counted = rows.exclude(kind=TaskKind.OBJECTIVE).exclude(stage=Stage.WITHDRAWN).order_by()
    done = Count("pk", filter=Q(stage=Stage.INSTITUTIONALIZED))
    groups = counted.values("resolution").annotate(done=done, whole=Count("pk"))
    return {group["resolution"]: (group["done"], group["whole"]) for group in groups}
