"""All that is known of one task, as one reader may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Prefetch, When

from tracker.boards.disputes import disputes
from tracker.boards.lateness import NamedShare, outcome_of, shares_of, together
from tracker.boards.moments import Moment, moments
from tracker.boards.overdue import remarks_of
from tracker.boards.reasons import why
from tracker.boards.task_list import four_cells, in_cell
from tracker.boards.waiting import Wait, waits
from tracker.choices import Clock, Coverage, EvidenceState, FieldStatus, Role
from tracker.models import (
    Dispute,
    Event,
    Extension,
    Flag,
    FlagRemark,
    FlagStep,
    Institutionalization,
    InstrumentLink,
    JointCoverage,
    Obstacle,
    ProgressReport,
    Responsibility,
    Task,
    TaskLink,
    Tenure,
)
from tracker.rules.lateness import Outcome
from tracker.rules.status import FourCells

NEWEST = 50
LATEST = 8
ROLE_ORDER = (Role.LEADS, Role.ACCOUNTABLE, Role.RESPONSIBLE, Role.CONSULTED, Role.SUPERVISES, Role.INFORMED)


@dataclass(frozen=True)
class Cell:
    """One responsibility with who holds its post today; `is_vacant` where nobody does."""

    row: Responsibility
    holder: Tenure | None

    @property
    def is_vacant(self) -> bool:
        return self.row.post_id is not None and self.holder is None


@dataclass(frozen=True)
class LevelState:
    """A level that the task must reach: the evidence that covers it today, or the parts that do so together.

    `parts` are the pieces that count in part and that nobody has put together yet.
    """

    level: str
    ranks: list[str]
    covering: Institutionalization | None
    together: list[Institutionalization]
    parts: list[Institutionalization]

    @property
    def is_covered(self) -> bool:
        return self.covering is not None or bool(self.together)

    @property
    def can_be_joined(self) -> bool:
        return not self.is_covered and len(self.parts) > 1


@dataclass(frozen=True)
class OpenFlag:
    """A flag that stands, why, the steps that it has climbed, on whom its lateness lay, and what the body says of it.

    `is_late` is false for one that only reminds of a limit to come.
    """

    row: Flag
    reason: str
    steps: list[FlagStep]
    is_late: bool
    shares: list[NamedShare]
    remark: FlagRemark | None


@dataclass(frozen=True)
class Dossier:
    cells: list[Cell]
    ended_cells: list[Responsibility]
    levels: list[LevelState]
    evidence: list[Institutionalization]
    flags: list[OpenFlag]
    moments: list[Moment]
    reports: list[ProgressReport]
    events: list[Event]
    wait: Wait
    children: list[Task]
    children_cells: FourCells
    links: list[tuple[TaskLink, Task]]
    changed_by: dict[int, list[InstrumentLink]]
    extensions: list[Extension]
    obstacles: list[Obstacle]
    disputes: list[Dispute]
    outcome: Outcome
    shares: list[NamedShare]

    @property
    def late_flags(self) -> list[OpenFlag]:
        return [flag for flag in self.flags if flag.is_late]

    @property
    def reminders(self) -> list[OpenFlag]:
        return [flag for flag in self.flags if not flag.is_late]

    @property
    def late_children(self) -> list[Task]:
        return [child for child in self.children if getattr(child, "is_late", False)]

    @property
    def other_children(self) -> list[Task]:
        return self.children[len(self.late_children) :]

    @property
    def open_obstacles(self) -> list[Obstacle]:
        return [row for row in self.obstacles if row.ended_on is None]

    @property
    def pending_request(self) -> Extension | None:
        return next((row for row in self.extensions if row.decided_on is None), None)

    @property
    def latest_events(self) -> list[Event]:
        return self.events[:LATEST]

    @property
    def older_events(self) -> list[Event]:
        return self.events[LATEST:]

    @property
    def accountable(self) -> Cell | None:
        return next((cell for cell in self.cells if cell.row.role == Role.ACCOUNTABLE), None)

    @property
    def missing_levels(self) -> list[LevelState]:
        return [state for state in self.levels if not state.is_covered]


def dossier(task: Task, user: Any, today: date) -> Dossier:
    """Return what `user` may read of `task`, which they may read. 32 queries at most, whatever the number of rows."""
    cells, ended = _cells(task, today)
    evidence = _evidence(task, user)
    flags = list(Flag.objects.visible_to(user).filter(task=task).prefetch_related(_steps()))
    for flag in flags:
        flag.task = task
    shares = shares_of([flag for flag in flags if flag.closed_on is None or flag.clock == Clock.DUE], today)
    return Dossier(
        cells=cells,
        ended_cells=ended,
        levels=_levels(task, evidence, today),
        evidence=evidence,
        flags=_open_flags([flag for flag in flags if flag.closed_on is None], shares, today),
        moments=moments(task, flags=flags, evidence=evidence, today=today),
        reports=_reports(task, user),
        events=list(Event.objects.visible_to(user).filter(task=task).select_related("actor")[:NEWEST]),
        wait=waits([task.pk], today)[task.pk],
        children=_children(task, user, today),
        children_cells=four_cells(Task.objects.visible_to(user).filter(parent=task), today),
        links=_links(task, user),
        changed_by=_changed_by(evidence),
        extensions=_extensions(task, user),
        obstacles=_obstacles(task, user),
        disputes=list(disputes(user).filter(task=task)[:NEWEST]),
        outcome=outcome_of(task, flags, today),
        shares=together(shares.get(flag.pk, []) for flag in flags if flag.clock == Clock.DUE),
    )


def _open_flags(flags: list[Flag], shares: dict[int, list[NamedShare]], today: date) -> list[OpenFlag]:
    said = remarks_of(flags) if flags else {}
    return [
        OpenFlag(
            flag,
            why(flag),
            list(flag.steps.all()),
            flag.is_late_on(today),
            shares.get(flag.pk, []),
            said.get(flag.pk),
        )
        for flag in flags
    ]


def _extensions(task: Task, user: Any) -> list[Extension]:
    rows = Extension.objects.visible_to(user).filter(task=task)
    return list(rows.select_related("body", "asked_by", "decided_by")[:NEWEST])


def _obstacles(task: Task, user: Any) -> list[Obstacle]:
    rows = Obstacle.objects.visible_to(user).filter(task=task).order_by("-since", "-id")
    return list(rows.select_related("body", "declared_body", "declared_by", "ended_by")[:NEWEST])


def _cells(task: Task, today: date) -> tuple[list[Cell], list[Responsibility]]:
    rows = list(task.responsibilities.select_related("body", "post"))
    held = Tenure.objects.valid_on(today).filter(post__in=[row.post_id for row in rows if row.post_id])
    # A full holder stands before an acting one.
    holders = {tenure.post_id: tenure for tenure in held.select_related("cadre").order_by("-is_acting", "pk")}
    now = [row for row in rows if row.valid_to is None or row.valid_to > today]
    now.sort(key=lambda row: (ROLE_ORDER.index(Role(row.role)), row.body.name_sort))
    return [Cell(row, holders.get(row.post_id or 0)) for row in now], [row for row in rows if row not in now]


def _evidence(task: Task, user: Any) -> list[Institutionalization]:
    rows = Institutionalization.objects.visible_to(user).filter(task=task)
    return list(
        rows.select_related(
            "instrument", "instrument__ended_by", "ended_by", "continues__instrument", "body", "verified_by"
        )
    )


def _changed_by(evidence: Iterable[Institutionalization]) -> dict[int, list[InstrumentLink]]:
    """The instruments that amend or replace those of the evidence."""
    rows = InstrumentLink.objects.filter(other__in=[row.instrument_id for row in evidence]).select_related("instrument")
    found: dict[int, list[InstrumentLink]] = {}
    for row in rows:
        found.setdefault(row.other_id, []).append(row)
    return found


def _levels(task: Task, evidence: Iterable[Institutionalization], today: date) -> list[LevelState]:
    counting = [row for row in evidence if row.counts_on(today)]
    joint = JointCoverage.objects.covering_on(today).filter(task=task).prefetch_related("parts")
    together = {row.level: {part.pk for part in row.parts.all()} for row in joint}
    found = []
    for row in task.levels.all():
        here = [one for one in counting if one.level == row.level]
        whole = next((one for one in here if one.coverage == Coverage.FULL), None)
        parts = [one for one in here if one.coverage == Coverage.PARTIAL]
        joined = [one for one in parts if one.pk in together.get(row.level, ())]
        found.append(LevelState(row.level, row.accepted_ranks, whole, joined, parts))
    return found


def parts_at(task: Task, level: str) -> list[Institutionalization]:
    """Return the evidence that was verified in part at `level` and has not changed since. One query."""
    rows = Institutionalization.objects.filter(task=task, level=level, coverage=Coverage.PARTIAL)
    stands = rows.filter(state=EvidenceState.VERIFIED, stale_since=None, ends_on=None)
    return list(stands.select_related("instrument").order_by("instrument__number", "pk"))


def _steps() -> Prefetch[Any]:
    return Prefetch("steps", FlagStep.objects.select_related("body"))


def _reports(task: Task, user: Any) -> list[ProgressReport]:
    rows = ProgressReport.objects.visible_to(user).filter(task=task).prefetch_related("attachments")
    return list(rows.select_related("body", "author", "instrument", "decided_by")[:NEWEST])


def _children(task: Task, user: Any, today: date) -> list[Task]:
    """The parts that are late first, so that they are named however many there are."""
    rows = Task.objects.visible_to(user).filter(parent=task)
    is_late = Case(When(in_cell(FieldStatus.OPEN_OVERDUE, today), then=True), default=False)
    return list(rows.annotate(is_late=is_late).order_by("-is_late", "position", "code", "pk")[:NEWEST])


def _links(task: Task, user: Any) -> list[tuple[TaskLink, Task]]:
    seen = Task.objects.visible_to(user)
    out = TaskLink.objects.filter(task=task, other__in=seen).select_related("other")
    back = TaskLink.objects.filter(other=task, task__in=seen).select_related("task")
    return [(link, link.other) for link in out] + [(link, link.task) for link in back]
