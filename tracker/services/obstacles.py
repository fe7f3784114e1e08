"""Obstacles: a task waits on another body, since a day, because of something. They stop no clock."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Body, Obstacle, Task
from tracker.policies import require
from tracker.services import clocks, deadlines, history


def declare(
    task: Task, *, body: Body, declared_body: Body, since: date, reason: str, by: Any, at: datetime
) -> Obstacle:
    """Record that `task` waits on `body` since a day, as its accountable body says. That body sees it on its desk.

    Raises ValidationError that names the field; Conflict where it is recorded already that the task waits on it.
    """
    require(by, "obstacle.declare", task)
    with clocks.changing(task, at=at):
        obstacle = Obstacle(
            task=task, body=body, declared_body=declared_body, since=since, reason=reason.strip(), recorded_at=at
        )
        obstacle.declared_by = by
        _check(obstacle, today=local_day(at))
        obstacle.full_clean(exclude=["declared_by"])
        obstacle.save(force_insert=True)
        after = history.values_of(obstacle, "body", "declared_body", "since")
        history.record("obstacle.declared", obstacle, by=by, at=at, on=since, task=task, after=after, why=reason)
    return obstacle


def _check(obstacle: Obstacle, *, today: date) -> None:
    task = obstacle.task
    if not task.is_open:
        raise refuse(task=_("This task is no longer open: it is %(stage)s.") % {"stage": task.get_stage_display()})
    if not deadlines.accountable_is(task, obstacle.declared_body, on=today):
        raise refuse(declared_body=_("Only the body that is accountable for the task says on whom it waits."))
    if obstacle.body_id == obstacle.declared_body_id:
        raise refuse(body=_("A body cannot wait on itself: name the other one."))
    if obstacle.since > today:
        raise refuse(since=_("It cannot wait since a day to come: give today or an earlier day."))
    if obstacle.since < task.assigned_on:
        raise refuse(since=_("The task was assigned later: give the day of assignment or a later one."))
    if not Body.objects.valid_on(today).filter(pk=obstacle.body_id).exists():
        raise refuse(body=_("This body no longer exists: name the one that took over from it."))
    if Obstacle.objects.open().filter(task=task, body=obstacle.body).exists():
        raise Conflict(_("It is already recorded that the task waits on this body."))


def end(obstacle: Obstacle, *, note: str, by: Any, at: datetime, version: int | None = None) -> Obstacle:
    """End an obstacle today: either body says that it is done, or the commission; the note says how."""
    require(by, "obstacle.end", obstacle)
    if not note.strip():
        raise refuse(note=_("Say in a sentence how it ended."))
    with clocks.changing(obstacle.task, at=at):
        ended = {"ended_on": local_day(at), "ended_by": by, "end_note": note.strip(), "end_recorded_at": at}
        rows = Obstacle.objects.open().filter(pk=obstacle.pk)
        expected = rows if version is None else rows.filter(version=version)
        changed = expected.update(version=F("version") + 1, **ended)
        obstacle.refresh_from_db(fields=[*ended, "version"])
        if not changed:
            raise _too_late(obstacle, version)
        after = history.values_of(obstacle, "body", "ended_on")
        history.record("obstacle.ended", obstacle, by=by, at=at, task=obstacle.task, after=after, why=note.strip())
    return obstacle


def _too_late(obstacle: Obstacle, version: int | None) -> Conflict:
    if version is not None and obstacle.version != version:
        return Stale(obstacle.version)
    return Conflict(_("This obstacle has ended by now."))
