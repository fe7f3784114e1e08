"""The flags that are late, with why, since when, how far they have climbed, and on whom the task waits and waited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from tracker.boards.lateness import NamedShare, flag_days, shares_of
from tracker.boards.reasons import why
from tracker.boards.waiting import Wait, waits
from tracker.choices import Role
from tracker.models import Body, Flag, FlagRemark, FlagStep, Responsibility


@dataclass(frozen=True, slots=True)
class OverdueRow:
    """One flag. `days_late` are working days since it is late, in the calendar of the flag, and `shares` says on whom
    they lay, where it was asked for; `step` is 0 before the first one, `remark` what the body itself says.
    """

    flag: Flag
    body: Body | None
    why: str
    step: int
    days_late: int
    wait: Wait
    shares: list[NamedShare] = field(default_factory=list)
    remark: FlagRemark | None = None


def rows_of(flags: Any, day: date, *, order: tuple[str, ...], limit: int) -> list[OverdueRow]:
    """Return at most `limit` rows of the queryset `flags`, which the caller has narrowed; no remarks. Four queries."""
    return _rows(list(described(flags, day).order_by(*order)[:limit]), day, {}, {})


def row_of(flag: Flag, day: date) -> OverdueRow:
    """Return one flag with on whom its lateness lay. Twelve queries at most."""
    return rows_with_shares(list(described(Flag.objects.filter(pk=flag.pk), day)), day)[0]


def rows_with_shares(flags: Sequence[Any], day: date) -> list[OverdueRow]:
    """Return rows of the items of `described`, with on whom their days late lay, and remarks. Eleven queries."""
    return _rows(flags, day, shares_of(flags, day), remarks_of(flags))


def stepped(flags: Any) -> Any:
    """Add the highest step that each flag has climbed, 0 before the first one. Runs no query."""
    steps = FlagStep.objects.filter(flag=OuterRef("pk")).order_by("-number").values("number")
    return flags.annotate(step=Coalesce(Subquery(steps[:1]), 0))


def described(flags: Any, day: date) -> Any:
    """Add to the queryset `flags` what its rows say: step, accountable body, working days late. Runs no query."""
    cells = Responsibility.objects.valid_on(day).filter(task=OuterRef("task"), role=Role.ACCOUNTABLE)
    flags = stepped(flags).select_related("task__resolution", "acknowledged_by", "snoozed_by")
    return flags.annotate(
        body_now=Subquery(cells.order_by("-id").values("body")[:1]),
        days_late=Coalesce(flag_days(day), 0),
    )


def _rows(
    flags: Sequence[Any], day: date, shares: dict[int, list[NamedShare]], said: dict[int, FlagRemark]
) -> list[OverdueRow]:
    bodies = Body.objects.in_bulk({flag.body_now for flag in flags if flag.body_now})
    balls = waits([flag.task_id for flag in flags], day)
    return [
        OverdueRow(
            flag,
            bodies.get(flag.body_now),
            why(flag),
            flag.step,
            flag.days_late,
            balls[flag.task_id],
            shares.get(flag.pk, []),
            said.get(flag.pk),
        )
        for flag in flags
    ]


def remarks_of(flags: Iterable[Flag]) -> dict[int, FlagRemark]:
    """Return the remark that stands beside each flag, by the id of the flag. One query."""
    rows = FlagRemark.objects.filter(flag__in=[flag.pk for flag in flags]).standing().select_related("body")
    return {row.flag_id: row for row in rows}
