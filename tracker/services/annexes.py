"""The annex of an action plan: laid out against the registers, then entered whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Min
from django.utils.translation import gettext_lazy as _

from tracker.choices import Role
from tracker.clock import local_day
from tracker.errors import refuse
from tracker.models import Body, CalendarDay, Event, Resolution, Responsibility, SuccessionMember, Task
from tracker.policies import require
from tracker.rules.annex.answering import WrongAnswer, checked
from tracker.rules.annex.bodies import Bodies, Known
from tracker.rules.annex.grid import Grid
from tracker.rules.annex.plan import CHANGED, NEW, OPEN, Plan, Planned, lay_out
from tracker.rules.annex.questions import Answers
from tracker.rules.annex.register import KnownTask, Register
from tracker.services import clocks, corrections, matrix, tasks

Told = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """For which document a file is laid out, from which day its tasks hold, and by which document they are given."""

    resolution: Resolution
    assigned_on: date
    document: str = ""


def planned(grids: Sequence[Grid], wanted: Wanted, answers: Answers, *, told: Told | None = None) -> Plan:
    """Return what each row of the file would be now. Seven queries, six more where a code is taken."""
    register = register_of(wanted)
    plan = lay_out(grids, register, answers, told=told)
    codes = [line.draft.code for line in plan.lines if line.draft and not line.task]
    rows = Task.objects.exclude(resolution=wanted.resolution).filter(code__in=codes)
    taken = frozenset(rows.values_list("code", flat=True)) if codes else frozenset()
    if taken:
        plan = lay_out(grids, register_of(wanted, taken), answers)
    return plan


MOST_ROUNDS = 8


def settled(
    grids: Sequence[Grid], wanted: Wanted, raw: Mapping[str, Any], *, told: Told | None = None
) -> tuple[Plan, list[tuple[str, str]]]:
    """Return the plan with the answers `raw` by the key of the question, and what is wrong with some of them.

    An answer may bring up the next question, so they are taken round by round.
    """
    bodies, known, wrong = Bodies(_bodies(wanted.assigned_on)), dict[str, Any](), dict[str, str]()
    plan = planned(grids, wanted, known, told=told)
    for _round in range(MOST_ROUNDS):
        fresh = {key: said for key, said in _left_out(plan, raw).items() if key not in known}
        for question in plan.questions:
            if question.key in raw and question.key not in {*known, *wrong}:
                try:
                    fresh[question.key] = checked(question, raw[question.key], bodies)
                except WrongAnswer as error:
                    wrong[question.key] = str(error)
        if not fresh:
            break
        known |= fresh
        plan = planned(grids, wanted, known, told=told)
    unasked = [key for key in raw if key not in known and key not in wrong]
    return plan, [*wrong.items(), *((key, str(UNASKED)) for key in unasked)]


def _left_out(plan: Plan, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Rows that somebody leaves out without having been asked, with the reason."""
    keys = {f"skip:{line.line.key}" for line in plan.lines if line.draft}
    rows = {key: raw[key] for key in raw if key in keys and isinstance(raw[key], Mapping)}
    return {key: {"why": str(said["why"])[:300]} for key, said in rows.items() if str(said.get("why", "")).strip()}


UNASKED = _("Nothing is asked under this key, or its reason is missing.")


def register_of(wanted: Wanted, taken: frozenset[str] = frozenset()) -> Register:
    """Return what the registers say on the day of the assignment. Six queries."""
    days = CalendarDay.objects.aggregate(first=Min("day"), last=Max("day"))
    return Register(
        wanted.resolution.code,
        wanted.assigned_on,
        days["first"] or wanted.assigned_on,
        days["last"] or wanted.assigned_on,
        Bodies(_bodies(wanted.assigned_on)),
        _tasks(wanted.resolution),
        taken,
    )


def _bodies(day: date) -> list[Known]:
    followers = _followers()
    columns = ("pk", "code", "name_vi", "name_en", "short_vi", "short_en", "aliases", "valid_from", "valid_to")
    found = []
    for row in Body.objects.order_by("pk").values(*columns):
        names = tuple(name for name in (*(row[column] for column in columns[2:6]), *row["aliases"]) if name)
        is_ended = row["valid_from"] > day or (row["valid_to"] is not None and row["valid_to"] <= day)
        found.append(Known(row["pk"], row["code"], row["name_vi"], names, is_ended, followers.get(row["pk"], ())))
    return found


def _followers() -> dict[int, tuple[int, ...]]:
    """The bodies that came after a body, by a merger, a split or a new name."""
    sides: dict[int, tuple[list[int], list[int]]] = {}
    rows = SuccessionMember.objects.order_by("pk").values_list("succession_id", "body_id", "is_predecessor")
    for succession, body, is_predecessor in rows:
        sides.setdefault(succession, ([], []))[0 if is_predecessor else 1].append(body)
    return {body: tuple(after) for before, after in sides.values() for body in before}


def _tasks(resolution: Resolution) -> list[KnownTask]:
    cells: dict[int, dict[str, list[int]]] = {}
    held = Responsibility.objects.filter(task__resolution=resolution, valid_to__isnull=True).order_by("pk")
    for task, role, body in held.values_list("task_id", "role", "body_id"):
        cells.setdefault(task, {}).setdefault(role, []).append(body)
    events = Event.objects.filter(task__resolution=resolution, kind="task.deadline")
    moved = set(events.values_list("task_id", flat=True))
    return [
        KnownTask(
            task.pk, task.code, task.title_vi, task.kind, task.due_on, task.original_due_on, task.due_text,
            task.detail_vi, task.is_open, bool(task.extension_count) or task.pk in moved,
            {role: tuple(bodies) for role, bodies in cells.get(task.pk, {}).items()},
        )
        for task in Task.objects.filter(resolution=resolution).order_by("position", "pk")
    ]  # fmt: skip


@dataclass
class Entered:
    """What was done: the new tasks and the changed ones, and the cascades that are proposed for them."""

    created: list[Task]
    changed: list[Task]
    cascades: list[tuple[Task, Mapping[str, Any]]]


def enter(plan: Plan, wanted: Wanted, *, by: Any, at: datetime) -> Entered:
    """Enter every new row and change every changed one, in one transaction, through the services of tasks and cells.

    Raises ValidationError where a question is open or a row cannot be entered: then nothing is.
    """
    require(by, "matrix.edit")
    require(by, "register.edit")
    waiting = sum(line.outcome == OPEN for line in plan.lines)
    if waiting:
        raise refuse(answers=_("%(number)d rows wait for an answer: nothing was entered.") % {"number": waiting})
    done = Entered([], [], [])
    with clocks.together(at=at):
        stored = Task.objects.select_related("resolution__issuer").in_bulk(
            [line.task.pk for line in plan.lines if line.task and line.outcome == CHANGED]
        )
        position = (Task.objects.filter(resolution=wanted.resolution).aggregate(last=Max("position"))["last"] or 0) + 1
        for line in plan.lines:
            if line.outcome == NEW and line.draft:
                task = _create(line, wanted, position + len(done.created), by=by, at=at)
                done.created.append(task)
                done.cascades += [(task, cascade) for cascade in line.draft.cascades]
            elif line.outcome == CHANGED and line.task:
                done.changed.append(_change(line, stored[line.task.pk], wanted, by=by, at=at))
    return done


def _create(line: Planned, wanted: Wanted, position: int, *, by: Any, at: datetime) -> Task:
    draft = line.draft
    if draft is None:
        raise ValueError(f"Row {line.line.key} is no task.")
    task = Task(
        code=draft.code,
        resolution=wanted.resolution,
        position=position,
        kind=draft.kind,
        title_vi=draft.title,
        title_en=draft.title,
        detail_vi=draft.detail,
        assigned_on=wanted.assigned_on,
        due_on=draft.due_on,
        due_text=draft.due_text,
    )
    pairs = [(role, body) for role, bodies in draft.roles.items() for body in bodies]
    basis = {"valid_from": wanted.assigned_on, "legal_basis": wanted.document}
    cells = [Responsibility(role=Role(role), body_id=body, **basis) for role, body in pairs]
    return tasks.create(task, cells=cells, by=by, at=at)


def _change(line: Planned, task: Task, wanted: Wanted, *, by: Any, at: datetime) -> Task:
    words = {CHANGED_FIELDS[one["what"]]: one["new"] for one in line.changes if one["what"] in CHANGED_FIELDS}
    if words:
        tasks.reword(task, words, why=wanted.document, by=by, at=at)
    for change in line.changes:
        if change["what"] == "cells":
            _change_cells(task, change, wanted, by=by, at=at)
        elif change["what"] == "due":
            due_on = line.draft.due_on if line.draft else None
            corrections.correct_deadline(task, due_on=due_on, why=wanted.document or line.line.key, by=by, at=at)
    return task


CHANGED_FIELDS = {"title": "title_vi", "detail": "detail_vi", "due_text": "due_text"}


def _change_cells(task: Task, change: Mapping[str, Any], wanted: Wanted, *, by: Any, at: datetime) -> None:
    on, role = local_day(at), Role(change["role"])
    ended = Responsibility.objects.filter(task=task, role=role, body__in=change["ended"], valid_to__isnull=True)
    for cell in ended.select_related("task", "body").order_by("pk"):
        matrix.end(cell, on=max(on, cell.valid_from), by=by, at=at, why=wanted.document)
    for body in Body.objects.filter(pk__in=change["added"]).order_by("pk"):
        matrix.assign(task, body=body, role=role, on=on, by=by, at=at, legal_basis=wanted.document)
