"""The findings of the matrix linter over the tasks that a user may read."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from tracker.boards.cascades import missing, standing
from tracker.boards.consulted import unasked_by_task
from tracker.choices import SIDE_RANKS, BodyKind, Role
from tracker.models import Body, Provision, Responsibility, TaskLevel, Tenure
from tracker.rules.findings import Finding
from tracker.rules.lint import CellFacts, TaskFacts, idle_provisions, lint_task, overloaded


def lint(tasks: Any, *, day: date) -> list[Finding]:
    """Return what is wrong with `tasks` (a queryset) on `day`, the gravest first, then by task.

    Ten queries, 14 with cascades.
    """
    facts = _facts(tasks, day)
    found = [finding for task in facts for finding in lint_task(task)]
    found += overloaded(_loads(facts))
    found += idle_provisions(_provisions(tasks))
    return sorted(found, key=lambda finding: finding.severity_rank)


def _facts(tasks: Any, day: date) -> list[TaskFacts]:
    cells, levels, units = _cells(tasks, day), _levels(tasks), _units(tasks, day)
    every_unit, unasked, lacking = _expected_units(day), unasked_by_task(tasks, day), _lacking(tasks, day)
    return [
        TaskFacts(
            code=task.code,
            kind=task.kind,
            has_provision=task.provision_id is not None,
            levels=tuple(row.level for row in levels[task.pk]),
            needs_state_document=_needs_state_document(levels[task.pk]),
            cells=tuple(cells[task.pk]),
            unit_levels=frozenset(unit.level for unit in units[task.pk]),
            missing_units=lacking.get(task.pk, _missing(units[task.pk], every_unit)),
            unasked=tuple(unasked.get(task.pk, ())),
        )
        for task in tasks.order_by("resolution", "position", "pk")
    ]


def _needs_state_document(levels: list[TaskLevel]) -> bool:
    """True where every accepted rank of some level is a document of the State."""
    ranks = [set(row.accepted_ranks) for row in levels if row.accepted_ranks]
    return any(not accepted & SIDE_RANKS for accepted in ranks)


def _cells(tasks: Any, day: date) -> dict[int, list[CellFacts]]:
    rows = Responsibility.objects.valid_on(day).filter(task__in=tasks.values("pk")).select_related("body")
    held = set(Tenure.objects.valid_on(day).values_list("post", flat=True))
    found: dict[int, list[CellFacts]] = defaultdict(list)
    for cell in rows.order_by("role", "pk"):
        found[cell.task_id].append(_cell(cell, held, day))
    return found


def _cell(cell: Responsibility, held: set[int], day: date) -> CellFacts:
    body = cell.body
    return CellFacts(
        role=cell.role,
        body_code=body.code,
        body_kind=body.kind,
        body_level=None if body.kind == BodyKind.GROUP else body.level,
        is_mobilization=body.is_mobilization,
        has_post=cell.post_id is not None,
        post_is_vacant=cell.post_id is not None and cell.post_id not in held,
        body_ended=body.valid_to is not None and body.valid_to <= day,
        body_name=body.label,
    )


def _levels(tasks: Any) -> dict[int, list[TaskLevel]]:
    found: dict[int, list[TaskLevel]] = defaultdict(list)
    for row in TaskLevel.objects.filter(task__in=tasks.values("pk")):
        found[row.task_id].append(row)
    return found


def _units(tasks: Any, day: date) -> dict[int, list[Body]]:
    """Return, by task, the units whose bodies are accountable for its parts."""
    cells = Responsibility.objects.valid_on(day).filter(role=Role.ACCOUNTABLE, task__parent__in=tasks.values("pk"))
    found: dict[int, list[Body]] = defaultdict(list)
    for cell in cells.select_related("task", "body__parent"):
        unit = cell.body.parent
        if unit is not None and unit.kind == BodyKind.SYSTEM and unit.parent_id is not None:
            found[cell.task.parent_id].append(unit)
    return found


def _expected_units(day: date) -> dict[str, dict[str, str]]:
    """Return name by code of the units of each level: the political systems below the whole one."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for unit in Body.objects.valid_on(day).filter(kind=BodyKind.SYSTEM, parent__isnull=False):
        found[unit.level][unit.code] = unit.label
    return found


def _missing(units: list[Body], every: dict[str, dict[str, str]]) -> tuple[str, ...]:
    present = {unit.code for unit in units}
    levels = {unit.level for unit in units}
    return tuple(name for level in sorted(levels) for code, name in every[level].items() if code not in present)


def _lacking(tasks: Any, day: date) -> dict[int, tuple[str, ...]]:
    """Return, for the tasks that were cascaded in one act, the units that the act is for and that have no part."""
    cascades = standing(tasks.values("pk"))
    found: dict[int, tuple[str, ...]] = defaultdict(tuple)
    gaps = missing(cascades, day)
    for cascade in cascades:
        found[cascade.task_id] += tuple(gaps[cascade.pk].names)
    return dict(found)


def _loads(facts: list[TaskFacts]) -> Counter[str]:
    return Counter(cell.body_code for task in facts for cell in task.holding(Role.ACCOUNTABLE))


def _provisions(tasks: Any) -> list[tuple[str, bool]]:
    """Return (label, has a task) of the provisions without parts of their own in the documents that set tasks."""
    with_task = set(tasks.exclude(provision=None).values_list("provision", flat=True))
    rows = Provision.objects.filter(resolution__in=tasks.values("resolution"), children__isnull=True)
    found = rows.select_related("resolution").order_by("resolution", "position", "pk")
    return [(f"{row.resolution.code} {row.label}", row.pk in with_task) for row in found]
