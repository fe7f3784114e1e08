"""What was stored of one task by the end of a day, as far as its clocks depend on it: rows in, their facts out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch

from tracker.choices import ReportState, Role, Stage
from tracker.clock import end_of
from tracker.models import (
    Event,
    Extension,
    Flag,
    FlagStep,
    ProgressReport,
    Responsibility,
    StageChange,
    StepRecipient,
    Task,
    Tenure,
)
from tracker.models.flags import TAKEN_BACK
from tracker.rules.clocks import ClockFacts, Stint, unowned_since
from tracker.rules.stages import OPEN

STORED = tuple(row.name for row in fields(ClockFacts) if row.name != "suspended")
DEADLINE, SNOOZED, UNSNOOZED = "task.deadline", "flag.snoozed", "flag.unsnoozed"
AWAITS = ("evidence.declared", "evidence.stale")
DECIDED = ("evidence.verified", "evidence.returned", "evidence.as_verified")
CORRECTED = "task.corrected"
GIVEN, TAKEN = ("report.submitted", "report.answered", "report.corrected"), ("report.asked",)
ACCEPTED, RETURNED = "report.accepted", "report.returned"
REPORTS = (*GIVEN, *TAKEN, ACCEPTED, RETURNED)


@dataclass(frozen=True, slots=True)
class Rest:
    """A suspension: from `start` until the task went on or was withdrawn (`end`; None: not yet), by which document.

    `until` is the end that is planned for an open one, where it is known; `goes_on`: the task was taken up again.
    `entry` numbers the time in the stage in which it rested.
    """

    start: date
    stage: str
    stage_since: date
    entry: int
    document: str
    reason: str
    end: date | None = None
    until: date | None = None
    goes_on: bool = False


@dataclass
class Course:
    """How far a task had come; `entry` counts the times at which it entered a stage, suspensions apart."""

    stage: str
    stage_since: date
    running_since: date
    lapsed_since: date | None = None
    rests: list[Rest] = field(default_factory=list)
    entry: int = 0


@dataclass(frozen=True)
class Record:
    """The rows, oldest first. `events` are those of deadlines, snoozes, evidence and reports."""

    task: Task
    day: date
    changes: Sequence[StageChange]
    cells: Sequence[Responsibility]
    tenures: Sequence[Tenure]
    reports: Sequence[ProgressReport]
    extensions: Sequence[Extension]
    events: Sequence[Event]
    flags: Sequence[Flag]

    @classmethod
    def of(cls, task: Task, day: date) -> Record:
        """Return what was recorded of `task` by the end of `day`. Ten queries."""
        known = end_of(day)
        cells = Responsibility.objects.filter(task=task, role=Role.ACCOUNTABLE, recorded_at__lt=known)
        found = list(cells.select_related("body").order_by("id"))
        extensions = Extension.objects.filter(task=task, asked_at__lt=known).select_related("body")
        events = Event.objects.filter(
            task=task, kind__in=(DEADLINE, CORRECTED, SNOOZED, UNSNOOZED, *AWAITS, *DECIDED, *REPORTS)
        )
        return cls(
            task=task,
            day=day,
            changes=[row for row in task.stage_changes.order_by("id") if _is_known(row, day, known)],
            cells=found,
            tenures=list(Tenure.objects.filter(post__in={cell.post_id for cell in found})),
            reports=list(ProgressReport.objects.filter(task=task, submitted_at__lt=known).order_by("id")),
            extensions=list(extensions.order_by("asked_at", "id")),
            events=list(events.order_by("id")),
            flags=list(task.flags.order_by("since", "id").prefetch_related(_steps(day))),
        )

    @property
    def known_before(self) -> datetime:
        return end_of(self.day)

    def flag(self, clock: str) -> Flag | None:
        """Return the flag of `clock` that stood at the end of the day, one that only reminded too."""
        rows = [row for row in self.flags if row.clock == clock and self._stood(row)]
        return rows[-1] if rows else None

    def _stood(self, flag: Flag) -> bool:
        """From its first step or late day on, whenever the scan found it; over on its day, unless known only later."""
        if flag.since > self.day and not flag.steps.all():
            return False
        if flag.closed_on is None or flag.closed_on > self.day:
            return True
        is_later = flag.closed_at is not None and flag.closed_at >= self.known_before
        return is_later and flag.closed_why in (Stage.INSTITUTIONALIZED, TAKEN_BACK)

    def happened(self, *kinds: str) -> list[Event]:
        """Return the events of these kinds that were recorded by then."""
        return [row for row in self.events if row.kind in kinds and row.at < self.known_before]

    def path(self, day: date) -> str:
        """Return the path of the body that was accountable on `day`; empty where none was."""
        held = (cell.body.path for cell in self.cells if _covers(cell, self._end_of(cell), day))
        return next(held, "")

    def _end_of(self, cell: Responsibility) -> date | None:
        is_known = cell.end_recorded_at is None or cell.end_recorded_at < self.known_before
        return cell.valid_to if is_known else None

    def course(self) -> Course:
        """Return how far the task had come by the changes of its stage."""
        task = self.task
        course = Course(Stage.ASSIGNED, task.assigned_on, task.assigned_on)
        for change in self.changes:
            _go(course, change)
        if course.rests and course.rests[-1].end is None and task.stage == Stage.SUSPENDED:
            course.rests[-1] = replace(course.rests[-1], until=task.suspended_until)
        return course

    def facts(self, course: Course) -> ClockFacts:
        """Return what the clocks depended on; the working days at rest are left to the caller, who knows the rules."""
        task = self.task
        return ClockFacts(
            stage=course.stage,
            stage_since=course.stage_since,
            assigned_on=task.assigned_on,
            kind=task.kind,
            due_on=self.due_on,
            submit_by=task.submit_by,
            last_report_on=self._last_report_on(),
            unowned_since=self._unowned_since(course),
            lapsed_since=course.lapsed_since,
            declared_since=self._declared_since(),
            reported_since=self._reported_since(),
            requested_since=min((row.asked_on for row in self.extensions if not self.is_decided(row)), default=None),
            running_since=course.running_since,
            suspended=course.stage == Stage.SUSPENDED,
            done_on=course.stage_since if course.stage == Stage.INSTITUTIONALIZED else None,
        )

    @property
    def due_on(self) -> date | None:
        """The written deadline, before it was moved later."""
        kinds = (DEADLINE, CORRECTED)
        later = (row for row in self.events if row.kind in kinds and row.at >= self.known_before)
        event = next(later, None)
        return day_of(event.before.get("due_on")) if event else self.task.due_on

    def is_decided(self, extension: Extension) -> bool:
        """Tell whether a request for time had been decided by then."""
        return extension.decided_at is not None and extension.decided_at < self.known_before

    def _is_decided(self, report: ProgressReport) -> bool:
        return report.decided_at is not None and report.decided_at < self.known_before

    def _reported_since(self) -> date | None:
        """By the history, where a report was asked about or decided more than once; by the rows, where it has none."""
        waiting = {str(row.pk): row.submitted_on for row in self.reports if not self._is_decided(row)}
        for event in self.happened(*REPORTS):
            if event.kind in GIVEN:
                waiting[event.object_id] = event.on
            else:
                waiting.pop(event.object_id, None)
        return min((day for day in waiting.values() if day), default=None)

    def _last_report_on(self) -> date | None:
        """A report that is corrected stays accepted until it is returned."""
        days = {str(row.pk): row.submitted_on for row in self.reports}
        rows = (row for row in self.reports if row.state == ReportState.ACCEPTED and self._is_decided(row))
        accepted = {str(row.pk) for row in rows}
        for event in self.happened(ACCEPTED, RETURNED):
            (accepted.add if event.kind == ACCEPTED else accepted.discard)(event.object_id)
        return max((day for pk in accepted if (day := days.get(pk))), default=None)

    def _declared_since(self) -> date | None:
        declared: dict[str, date] = {}
        for event in self.happened(*AWAITS, *DECIDED):
            if event.kind in AWAITS:
                declared[event.object_id] = event.on
            else:
                declared.pop(event.object_id, None)
        return min(declared.values(), default=None)

    def _unowned_since(self, course: Course) -> date | None:
        if course.stage not in OPEN:
            return None
        return unowned_since(self._stints(), day=self.day, begun=course.running_since)

    def _stints(self) -> Iterable[Stint]:
        for cell in self.cells:
            held: list[Stint] = [(cell.valid_from, self._end_of(cell))]
            if cell.post_id:
                of_post = (row for row in self.tenures if row.post_id == cell.post_id)
                held = [_overlap(held[0], (row.valid_from, row.valid_to)) for row in of_post]
            yield from (stint for stint in held if stint[1] is None or stint[0] < stint[1])


def stored(task: Task) -> ClockFacts:
    """Return what the clocks of `task` depend on, as stored now."""
    return ClockFacts(suspended=task.stage == Stage.SUSPENDED, **{name: getattr(task, name) for name in STORED})


def _is_known(change: StageChange, day: date, known: datetime) -> bool:
    """What follows from a date alone was known on it, whenever the scan wrote it down."""
    is_dated = change.is_lapse or (
        change.from_stage == Stage.SUSPENDED and change.by_id is None and change.corrects_id is None
    )
    return change.on <= day and (is_dated or change.recorded_at < known)


def _steps(day: date) -> Prefetch[Any]:
    recipients = Prefetch("recipients", StepRecipient.objects.select_related("post__body", "body"))
    return Prefetch("steps", FlagStep.objects.filter(due_on__lte=day).prefetch_related(recipients))


def _go(course: Course, change: StageChange) -> None:
    if change.corrects_id is not None:
        return _correct(course, change)
    if change.to_stage == Stage.SUSPENDED:
        rest = Rest(change.on, course.stage, course.stage_since, course.entry, change.document, change.reason)
        course.rests.append(rest)
        course.stage_since = change.on
    elif change.from_stage == Stage.SUSPENDED and course.rests:
        _end_rest(course, change)
    else:
        course.stage_since, course.entry = change.on, course.entry + 1
    course.stage = change.to_stage
    if change.is_lapse or change.from_stage == Stage.WITHDRAWN:
        course.running_since = change.on
    if change.is_lapse or change.to_stage == Stage.INSTITUTIONALIZED:
        course.lapsed_since = change.on if change.is_lapse else None


def _correct(course: Course, change: StageChange) -> None:
    """What was entered in error gives way: a stage to another one or another day, a suspension to the time before."""
    if course.stage == Stage.SUSPENDED and course.rests:
        course.rests.pop()
    course.stage, course.stage_since = change.to_stage, change.on


def _end_rest(course: Course, change: StageChange) -> None:
    goes_on = change.to_stage in OPEN
    course.rests[-1] = rest = replace(course.rests[-1], end=change.on, goes_on=goes_on)
    if goes_on:
        course.stage_since, course.running_since = rest.stage_since, change.on
    else:
        course.stage_since, course.entry = change.on, course.entry + 1


def _covers(cell: Responsibility, end: date | None, day: date) -> bool:
    return cell.valid_from <= day and (end is None or end > day)


def _overlap(one: Stint, other: Stint) -> Stint:
    ends = [end for end in (one[1], other[1]) if end is not None]
    return max(one[0], other[0]), min(ends, default=None)


def day_of(text: Any) -> date | None:
    """Return the day that an event names, if any."""
    return date.fromisoformat(text) if text else None
