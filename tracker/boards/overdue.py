"""The flags that are late, with why, since when, how far they have climbed, and on whom the task waits and waited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from tracker.boards.lateness import NamedShare, flag_days, shares_of
from tracker.boards.reasons import why
from tracker.boards.waiting import Wait, waits
from tracker.boards.words import matching
from tracker.choices import Clock, Role
from tracker.models import Body, Flag, FlagRemark, FlagStep, Responsibility, Task

PAGE = 50
ORDERS: dict[str, tuple[str, ...]] = {
    "since": ("since", "id"),
    "-since": ("-since", "-id"),
    "-step": ("-step", "since", "id"),
    "task": ("task__resolution", "task__position", "id"),
    "clock": ("clock", "since", "id"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueFilter:
    """What the reader asked for; every field empty asks for everything. `body` takes those below it too."""

    clock: str = ""
    body: str = ""
    resolution: str = ""
    level: str = ""
    step: int | None = None
    acknowledged: str = ""
    snoozed: str = ""
    q: str = ""
    order: str = "since"
    page: int = 1


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


@dataclass(frozen=True, slots=True)
class OverduePage:
    """One page of rows, and how many flags the filter finds by clock."""

    rows: list[OverdueRow]
    counts: dict[str, int]
    page: int
    has_next: bool
    total: int = field(default=0)


def overdue(user: Any, day: date, wanted: OverdueFilter) -> OverduePage:
    """Return one page of the late flags of tasks that `user` may read, by `wanted`. Fourteen queries at most.

    Reminders before a limit are left out: nothing is late yet.
    """
    flags = _filtered(Flag.objects.visible_to(user).late_on(day), day, wanted)
    counts = dict(flags.order_by().values_list("clock").annotate(Count("pk")))
    start = (wanted.page - 1) * PAGE
    rows = list(_described(flags, day).order_by(*ORDERS[wanted.order])[start : start + PAGE + 1])
    shown = rows[:PAGE]
    page = _rows(shown, day, shares_of(shown, day), remarks_of(shown))
    ordered = {clock.value: counts.get(clock.value, 0) for clock in Clock}
    return OverduePage(page, ordered, wanted.page, len(rows) > PAGE, sum(ordered.values()))


def rows_of(flags: Any, day: date, *, order: tuple[str, ...], limit: int) -> list[OverdueRow]:
    """Return at most `limit` rows of the queryset `flags`, which the caller has narrowed; no remarks. Four queries."""
    return _rows(list(_described(flags, day).order_by(*order)[:limit]), day, {}, {})


def row_of(flag: Flag, day: date) -> OverdueRow:
    """Return one flag with on whom its lateness lay. Thirteen queries at most."""
    flags = list(_described(Flag.objects.filter(pk=flag.pk), day))
    return _rows(flags, day, shares_of(flags, day), remarks_of(flags))[0]


def _filtered(flags: Any, day: date, wanted: OverdueFilter) -> Any:
    found = flags.annotate(step=Coalesce(Subquery(_steps()), 0))
    if wanted.clock:
        found = found.filter(clock=wanted.clock)
    if wanted.resolution:
        found = found.filter(task__resolution__code=wanted.resolution)
    if wanted.level:
        found = found.filter(task__in=Task.objects.filter(levels__level=wanted.level).values("pk"))
    if wanted.body:
        found = found.filter(task__in=_accountable_below(wanted.body, day))
    if wanted.step is not None:
        found = found.filter(step=wanted.step)
    if wanted.acknowledged:
        found = found.filter(acknowledged_at__isnull=wanted.acknowledged == "no")
    if wanted.snoozed:
        is_snoozed = Q(snoozed_until__isnull=False, snoozed_until__gt=day)
        found = found.filter(is_snoozed if wanted.snoozed == "yes" else ~is_snoozed)
    return matching(found, wanted.q, "task__folded")


def _accountable_below(code: str, day: date) -> Any:
    paths = Body.objects.filter(code=code).values_list("path", flat=True)
    path = Subquery(paths[:1])
    cells = Responsibility.objects.valid_on(day).filter(role=Role.ACCOUNTABLE, body__path__startswith=path)
    return cells.values("task")


def _steps() -> Any:
    return FlagStep.objects.filter(flag=OuterRef("pk")).order_by("-number").values("number")[:1]


def _described(flags: Any, day: date) -> Any:
    cells = Responsibility.objects.valid_on(day).filter(task=OuterRef("task"), role=Role.ACCOUNTABLE)
    return flags.select_related("task__resolution", "acknowledged_by", "snoozed_by").annotate(
        step=Coalesce(Subquery(_steps()), 0),
        body_now=Subquery(cells.order_by("-id").values("body")[:1]),
        days_late=Coalesce(flag_days(day), 0),
    )


def _rows(
    flags: list[Any], day: date, shares: dict[int, list[NamedShare]], said: dict[int, FlagRemark]
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
