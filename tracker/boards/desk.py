"""The desk of an official: what waits on their bodies, by urgency, with the reason and the next step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, When

from tracker.boards.overdue import OverdueRow, rows_of
from tracker.choices import Clock, EvidenceState, ReportState
from tracker.models import Flag, Institutionalization, ProgressReport, Responsibility, Task
from tracker.models.expressions import earliest
from tracker.policies import REPORTING_ROLES

LIMIT = 50
"""Rows of each list at most; the task list has the rest."""

SOON_DAYS = 30
CLOCKS = {Clock.DUE: "effective_due_on", Clock.STAGE: "stage_limit_on", Clock.SILENCE: "silence_limit_on"}


@dataclass(frozen=True, slots=True)
class Soon:
    """A task whose first clock, `clock`, ends on `on`, in `days` calendar days (0: today)."""

    task: Task
    clock: Clock
    on: date
    days: int


@dataclass(frozen=True, slots=True)
class Late:
    """A task with its open flags, the oldest first."""

    task: Task
    flags: list[OverdueRow]


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits, most urgent first. `open_tasks` is how many open tasks the bodies carry.

    `pending` has, by task, the id of the report that awaits the commission: there nothing is to be done for now.
    """

    late: list[Late]
    returned: list[ProgressReport]
    returned_evidence: list[Institutionalization]
    soon: list[Soon]
    drafts: list[ProgressReport]
    awaiting: list[ProgressReport]
    pending: dict[int, int]
    open_tasks: int

    @property
    def is_empty(self) -> bool:
        return not (self.late or self.returned or self.returned_evidence or self.soon or self.drafts or self.awaiting)


def desk(user: Any, day: date, body_ids: Iterable[int]) -> Desk:
    """Return the desk of the bodies `body_ids` of `user`, by the tasks where they hold A or R. Nine queries."""
    bodies = list(body_ids)
    carried = Responsibility.objects.valid_on(day).filter(body__in=bodies, role__in=REPORTING_ROLES).values("task")
    tasks = Task.objects.visible_to(user).filter(pk__in=carried).open()
    flags = Flag.objects.visible_to(user).late_on(day).filter(task__in=tasks.values("pk"))
    reports = ProgressReport.objects.visible_to(user).filter(body__in=bodies).select_related("task", "author")
    awaiting = list(reports.awaiting_review().order_by("submitted_on", "id")[:LIMIT])
    return Desk(
        late=_late(rows_of(flags, day, order=("since", "id"), limit=LIMIT)),
        returned=list(_returned(reports)[:LIMIT]),
        returned_evidence=list(_returned_evidence(user, bodies)[:LIMIT]),
        soon=_soon(tasks, day),
        drafts=list(reports.filter(state=ReportState.DRAFT).order_by("-created_at", "-id")[:LIMIT]),
        awaiting=awaiting,
        pending={report.task_id: report.pk for report in awaiting},
        open_tasks=tasks.count(),
    )


def _late(rows: list[OverdueRow]) -> list[Late]:
    """One entry a task, in the order of its oldest flag."""
    found: dict[int, Late] = {}
    for row in rows:
        found.setdefault(row.flag.task_id, Late(row.flag.task, [])).flags.append(row)
    return list(found.values())


def _returned(reports: Any) -> Any:
    """Returned reports that the body has not followed up: no later report of it on that task."""
    later = ProgressReport.objects.filter(task=OuterRef("task"), body=OuterRef("body"), pk__gt=OuterRef("pk"))
    return reports.filter(~Exists(later), state=ReportState.RETURNED).order_by("-decided_at", "-id")


def _returned_evidence(user: Any, bodies: list[int]) -> Any:
    rows = Institutionalization.objects.visible_to(user).filter(state=EvidenceState.RETURNED, body__in=bodies)
    return rows.filter(task__in=Task.objects.open().values("pk")).select_related("task", "instrument").order_by("-id")


def _soon(tasks: Any, day: date) -> list[Soon]:
    last = day + timedelta(days=SOON_DAYS)
    ends = [Case(When(**{f"{column}__range": (day, last)}, then=F(column)), default=None) for column in CLOCKS.values()]
    rows = tasks.annotate(ends_on=earliest(*ends)).exclude(ends_on=None).order_by("ends_on", "pk")
    return [_first(task, day, last) for task in rows[:LIMIT]]


def _first(task: Task, day: date, last: date) -> Soon:
    """The first of the task's clocks that ends in the window."""
    ends = [(getattr(task, column), clock) for clock, column in CLOCKS.items() if getattr(task, column)]
    on, clock = min((on, clock) for on, clock in ends if day <= on <= last)
    return Soon(task, clock, on, (on - day).days)
