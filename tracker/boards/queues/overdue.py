"""The flags that are late, as a queue: the commission acknowledges them, and urges who owes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from tracker.boards.overdue import OverdueRow, described, rows_with_shares, stepped
from tracker.boards.queues.shape import Queue, Row, Wanted, covers
from tracker.choices import QueueCode
from tracker.models import Flag


def _describe(queue: Queue, flags: Sequence[Flag], user: Any, day: date) -> list[Row]:
    """Ten queries at most: the bodies, on whom the tasks wait, and on whom the days late lay."""
    return [_row(row, user, day) for row in rows_with_shares(flags, day)]


def _row(late: OverdueRow, user: Any, day: date) -> Row:
    flag, is_ours = late.flag, covers(user, late.flag.task, late.body)
    return Row(
        item=flag,
        task=flag.task,
        since=flag.since,
        days=(day - flag.since).days,
        why=late.why,
        body=late.body,
        may_decide=is_ours and flag.acknowledged_at is None,
        is_ours=is_ours,
        more=late,
    )


def _narrow(flags: Any, day: date, wanted: Wanted) -> Any:
    if wanted.clock:
        flags = flags.filter(clock=wanted.clock)
    if wanted.acknowledged:
        flags = flags.filter(acknowledged_at__isnull=wanted.acknowledged == "no")
    if wanted.snoozed:
        is_snoozed = Q(snoozed_until__isnull=False, snoozed_until__gt=day)
        flags = flags.filter(is_snoozed if wanted.snoozed == "yes" else ~is_snoozed)
    if wanted.step is None and wanted.order != "-step":
        return flags
    flags = stepped(flags)
    return flags if wanted.step is None else flags.filter(step=wanted.step)


OVERDUE = Queue(
    code=QueueCode.OVERDUE,
    action="overdue.read",
    model=Flag,
    # Reminders before a limit are left out: nothing is late yet.
    rows=lambda user, day: Flag.objects.visible_to(user).late_on(day),
    since="since",
    describe=_describe,
    joined=("task__resolution__issuer", "acknowledged_by", "snoozed_by"),
    waiting=Q(acknowledged_at__isnull=True),
    narrow=_narrow,
    annotated=described,
    more_orders={"-step": ("-step", "since", "id"), "clock": ("clock", "since", "id")},
    more_fields=("clock", "step", "acknowledged", "snoozed"),
    parts="clock",
)
