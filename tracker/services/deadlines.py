"""The written deadline of a task: moved by a granted extension, or by a suspension whose document says so."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from tracker.choices import Role
from tracker.errors import refuse
from tracker.models import Body, CalendarDay, Responsibility, Task
from tracker.services import history


def accountable_is(task: Task, body: Body, *, on: date) -> bool:
    """Tell whether `body` is accountable for `task` on the day. One query."""
    cells = Responsibility.objects.valid_on(on).filter(task=task, role=Role.ACCOUNTABLE, body=body)
    return bool(cells.exists())


def check_later(task: Task, day: date, *, today: date, field: str) -> None:
    """Raise ValidationError on `field` unless `day` is later than the deadline in effect, not past and countable."""
    if task.effective_due_on is not None and day <= task.effective_due_on:
        raise refuse(**{field: _("Give a day later than the deadline in effect.")})
    if day < today:
        raise refuse(**{field: _("This day has passed already: give today or a later day.")})
    if not CalendarDay.objects.filter(day=day).exists():
        raise refuse(**{field: _("The calendar does not reach this day: extend it or give another day.")})


def move(task: Task, due_on: date, *, original: date | None, by: Any, at: datetime, why: str) -> None:
    """Move the deadline of a task that `clocks.changing` has locked; the very first one stays known.

    `original` is what was in effect before, for a task that had no written deadline until now.
    """
    before = history.values_of(task, "due_on", "original_due_on")
    task.original_due_on = task.original_due_on or task.due_on or original
    task.due_on = due_on
    task.save(update_fields=["due_on", "original_due_on"])
    after = history.values_of(task, "due_on", "original_due_on")
    history.record("task.deadline", task, by=by, at=at, task=task, before=before, after=after, why=why)
