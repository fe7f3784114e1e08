"""Tasks that need somebody: their rule is no longer in force, or nobody answers for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tracker.boards.queues.shape import Queue, Row
from tracker.boards.reasons import short
from tracker.boards.task_list import accountable_cells
from tracker.choices import EvidenceState, QueueCode
from tracker.models import Institutionalization, Instrument, Responsibility, Task

Cell = Responsibility | None


def _lapsed(queue: Queue, tasks: Sequence[Task], user: Any, day: date) -> list[Row]:
    """Two queries: who answers, and the instruments that ended."""
    cells, ended = accountable_cells([task.pk for task in tasks], day), ended_instruments(tasks)
    return [
        _row(
            task, task.lapsed_since, day, cells.get(task.pk), _why_lapsed(task, ended.get(task.pk)), ended.get(task.pk)
        )
        for task in tasks
    ]


def _unowned(queue: Queue, tasks: Sequence[Task], user: Any, day: date) -> list[Row]:
    """One query: the cell whose post is vacant, where there is one."""
    cells = accountable_cells([task.pk for task in tasks], day)
    return [
        _row(task, task.unowned_since, day, cells.get(task.pk), _why_unowned(task, cells.get(task.pk)), None)
        for task in tasks
    ]


def _row(task: Task, since: date | None, day: date, cell: Cell, why: str, more: Any) -> Row:
    start = since or day
    body = cell.body if cell else None
    return Row(item=task, task=task, since=start, days=(day - start).days, why=why, body=body, more=more)


def ended_instruments(tasks: Iterable[Task]) -> dict[int, Instrument]:
    """Return, by task, the verified instrument that was the last to end by the day of the lapse. One query."""
    since = {task.pk: task.lapsed_since for task in tasks if task.lapsed_since}
    rows = Institutionalization.objects.filter(
        task__in=list(since), state=EvidenceState.VERIFIED, instrument__ends_on__isnull=False
    )
    rows = rows.select_related("instrument__ended_by").order_by("instrument__ends_on", "pk")
    found: dict[int, Instrument] = {}
    for row in rows:
        ends_on, lapsed = row.instrument.ends_on, since[row.task_id]
        if ends_on is not None and lapsed is not None and ends_on <= lapsed:
            found[row.task_id] = row.instrument
    return found


def _why_lapsed(task: Task, ended: Instrument | None) -> str:
    facts = {"since": short(task.lapsed_since)}
    if ended is None:
        return _("No verified rule in force has covered it since %(since)s.") % facts
    facts |= {"number": ended.number, "day": short(ended.ends_on)}
    if ended.ended_by is None:
        return _("%(number)s is no longer in force since %(day)s; no rule has taken its place.") % facts
    facts["by"] = ended.ended_by.number
    return _(
        "%(number)s is no longer in force since %(day)s: %(by)s ended it, and no verified rule covers the task."
    ) % (facts)


def _why_unowned(task: Task, cell: Cell) -> str:
    facts = {"since": short(task.unowned_since)}
    if cell is None:
        return _("No body has answered for it since %(since)s.") % facts
    facts |= {"body": cell.body.label, "post": cell.post.title if cell.post else ""}
    return _("The post “%(post)s” of %(body)s, which answers for it, has been vacant since %(since)s.") % facts


LAPSED = Queue(
    code=QueueCode.LAPSED,
    action="overdue.read",
    model=Task,
    rows=lambda user, day: Task.objects.visible_to(user).lapsed(),
    since="lapsed_since",
    describe=_lapsed,
    joined=("resolution",),
    task="",
)
UNOWNED = Queue(
    code=QueueCode.UNOWNED,
    action="overdue.read",
    model=Task,
    rows=lambda user, day: Task.objects.visible_to(user).unowned(),
    since="unowned_since",
    describe=_unowned,
    joined=("resolution",),
    task="",
)
