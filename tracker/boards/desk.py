"""The desk of an official: what waits on their bodies, by urgency, with the reason and the next step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, When, prefetch_related_objects

from tracker.boards.disputes import of_bodies
from tracker.boards.overdue import OverdueRow, rows_of
from tracker.choices import Clock, EvidenceState, ReportState, Role, TaskKind
from tracker.models import (
    Dispute,
    Extension,
    Flag,
    Institutionalization,
    Obstacle,
    ProgressReport,
    Responsibility,
    Task,
)
from tracker.models.expressions import earliest
from tracker.policies import REPORTING_ROLES

LIMIT = 50
"""Rows of each list at most; the task list has the rest."""

SOON_DAYS = 30
DECIDED_DAYS = 30
"""So long a decision on a request for time stays on the desk."""

CLOCKS = {
    Clock.DUE: "effective_due_on",
    Clock.SUBMIT: "submit_limit_on",
    Clock.STAGE: "stage_limit_on",
    Clock.SILENCE: "silence_limit_on",
}


@dataclass(frozen=True, slots=True)
class Soon:
    """A task whose first clock, `clock`, ends on `on`, in `days` calendar days (0: today)."""

    task: Task
    clock: Clock
    on: date
    days: int


@dataclass(frozen=True, slots=True)
class Late:
    """A task with its late flags, the oldest first."""

    task: Task
    flags: list[OverdueRow]


@dataclass(frozen=True, slots=True)
class WaitsOnUs:
    """Another body waits on this one. `may_read` tells whether the reader may open the task as well."""

    obstacle: Obstacle
    days: int
    may_read: bool


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests for time of the bodies: undecided, and decided lately. `askable` are tasks that may have a new one."""

    pending: list[Extension]
    decided: list[Extension]
    askable: set[int]


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits, most urgent first. `open_tasks` is how many open tasks the bodies carry.

    `pending` has, by task, the id of the report that awaits the commission: there nothing is to be done for now.
    `handed` are the drafts that await the leader, `asked` the reports about which the commission has a question.
    """

    late: list[Late]
    returned: list[ProgressReport]
    returned_evidence: list[Institutionalization]
    soon: list[Soon]
    drafts: list[ProgressReport]
    handed: list[ProgressReport]
    asked: list[ProgressReport]
    awaiting: list[ProgressReport]
    pending: dict[int, int]
    waits_on_us: list[WaitsOnUs]
    requests: Requests
    disputes: list[Dispute]
    open_tasks: int

    @property
    def is_empty(self) -> bool:
        theirs = self.waits_on_us or self.requests.pending or self.requests.decided or self.disputes
        reports = self.returned or self.returned_evidence or self.drafts or self.handed or self.asked or self.awaiting
        return not (self.late or self.soon or reports or theirs)


def desk(user: Any, day: date, body_ids: Iterable[int]) -> Desk:
    """Return the desk of the bodies `body_ids` of `user`, by the tasks where they hold A or R. 17 queries at most."""
    bodies = list(body_ids)
    carried = Responsibility.objects.valid_on(day).filter(body__in=bodies, role__in=REPORTING_ROLES).values("task")
    tasks = Task.objects.visible_to(user).filter(pk__in=carried).open()
    flags = Flag.objects.visible_to(user).late_on(day).filter(task__in=tasks.values("pk"))
    reports = ProgressReport.objects.visible_to(user).filter(body__in=bodies).select_related("task", "author")
    submitted = list(reports.submitted().order_by("submitted_on", "id")[:LIMIT])
    awaiting = [report for report in submitted if report.review_since is not None]
    asked = [report for report in submitted if report.review_since is None]
    if asked:
        prefetch_related_objects(asked, "questions")
    drafts = list(reports.filter(state=ReportState.DRAFT).order_by("-created_at", "-id")[:LIMIT])
    late, soon = _late(rows_of(flags, day, order=("since", "id"), limit=LIMIT)), _soon(tasks, day)
    return Desk(
        late=late,
        returned=list(_returned(reports)[:LIMIT]),
        returned_evidence=list(_returned_evidence(user, bodies)[:LIMIT]),
        soon=soon,
        drafts=[report for report in drafts if report.handed_at is None],
        handed=[report for report in drafts if report.handed_at is not None],
        asked=asked,
        awaiting=awaiting,
        pending={report.task_id: report.pk for report in awaiting},
        waits_on_us=_waits_on_us(user, bodies, day),
        requests=_requests(user, bodies, [*(row.task for row in late), *(row.task for row in soon)], day),
        disputes=of_bodies(user, bodies, day, limit=LIMIT),
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


def _waits_on_us(user: Any, bodies: list[int], day: date) -> list[WaitsOnUs]:
    """The open obstacles that name one of the bodies, the oldest first. Two queries."""
    rows = Obstacle.objects.visible_to(user).open().filter(body__in=bodies, task__in=Task.objects.open().values("pk"))
    found = list(rows.select_related("task", "body", "declared_body").order_by("since", "id")[:LIMIT])
    readable = Task.objects.visible_to(user).filter(pk__in=[row.task_id for row in found] or [0])
    ids = set(readable.values_list("pk", flat=True))
    return [WaitsOnUs(row, (day - row.since).days, row.task_id in ids) for row in found]


def _requests(user: Any, bodies: list[int], shown: list[Task], day: date) -> Requests:
    """Two queries."""
    rows = Extension.objects.visible_to(user).filter(body__in=bodies).select_related("task", "body")
    lately = rows.awaiting_decision() | rows.decided_since(day - timedelta(days=DECIDED_DAYS))
    found = list(lately.order_by("-decided_at", "-id")[:LIMIT])
    pending = [row for row in found if row.decided_on is None]
    cells = Responsibility.objects.valid_on(day).filter(role=Role.ACCOUNTABLE, body__in=bodies)
    duties = [task.pk for task in shown if task.kind == TaskKind.DUTY]
    ours = set(cells.filter(task__in=duties or [0]).values_list("task", flat=True))
    decided = [row for row in found if row.decided_on is not None]
    return Requests(pending, decided, ours - {row.task_id for row in pending})
