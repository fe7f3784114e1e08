"""Whether the parts of the system are alive and what waits, told from rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet

from tracker.choices import JobPart, JobState, MessageState
from tracker.clock import local_day
from tracker.models import Flag, Heartbeat, JobRun, Message, Recalculation, SetAside, Task

SCAN = "scan"
# What has waited so long was not waiting for its turn: nobody takes it.
MESSAGE_WAIT = timedelta(minutes=10)
MOST_DAYS_UNSETTLED = 1
# Nothing is counted further: that so much waits says enough, and counting it all would cost more than it tells.
MOST_COUNTED = 10_000
MOST_RUNS = 20
MOST_SET_ASIDE = 100


@dataclass(frozen=True)
class Heard:
    """A part, when it was last heard, how many seconds ago (None: never), and whether that is recent enough."""

    part: JobPart
    at: datetime | None
    age: float | None
    is_alive: bool


@dataclass(frozen=True)
class Backlog:
    """What waits, each number up to 10,000. `messages_late` is due for more than ten minutes, and nobody took it."""

    messages_queued: int
    messages_late: int
    tasks_due: int
    ranges_open: int
    set_aside: int

    @property
    def is_behind(self) -> bool:
        return bool(self.messages_late or self.set_aside)


@dataclass(frozen=True)
class Health:
    """The parts and what waits. `scan_age` is in days: None before the first scan, 0 for today.

    Below 0 days to come are settled already, by a drill or by a clock that was ahead: no scan looks before they pass.
    """

    parts: tuple[Heard, ...]
    scan_age: int | None
    backlog: Backlog

    @property
    def is_scan_behind(self) -> bool:
        return self.scan_age is not None and self.scan_age > MOST_DAYS_UNSETTLED

    @property
    def is_scan_ahead(self) -> bool:
        return self.scan_age is not None and self.scan_age < 0

    @property
    def is_alive(self) -> bool:
        return all(one.is_alive for one in self.parts) and not self.is_scan_behind


def health(*, at: datetime, limit_seconds: int) -> Health:
    """Return what is known at `at`. Seven queries, on partial indexes or small tables."""
    through = settled_through()
    age = (local_day(at) - through).days if through else None
    return Health(heard(at=at, limit_seconds=limit_seconds), age, backlog(at))


def heard(*, at: datetime, limit_seconds: int) -> tuple[Heard, ...]:
    """Return each part: alive while its heartbeat is at most `limit_seconds` old. One query.

    A heartbeat from the future (the clock was set back since) tells nothing.
    """
    rows = dict(Heartbeat.objects.filter(part__in=JobPart.values).values_list("part", "at"))
    ages = {part: (at - heard_at).total_seconds() for part, heard_at in rows.items()}
    alive = {part for part, age in ages.items() if abs(age) <= limit_seconds}
    return tuple(Heard(part, rows.get(part), ages.get(part), part in alive) for part in JobPart)


def settled_through() -> date | None:
    """Return the last day that a scan has settled. One query."""
    return _last_scans().values_list("through_on", flat=True).first()


def _last_scans() -> QuerySet[JobRun]:
    return JobRun.objects.filter(job=SCAN, state=JobState.DONE).order_by("-through_on", "-pk")


def backlog(at: datetime) -> Backlog:
    """Return what waits at `at`. Five queries."""
    queued = Message.objects.filter(state=MessageState.QUEUED)
    late = Message.objects.due(at - MESSAGE_WAIT)
    due = Task.objects.to_check(local_day(at))
    left_alone = SetAside.objects.filter(task__next_check_on__isnull=True)
    waiting = (queued, late, due, open_ranges(), left_alone)
    return Backlog(*(rows.order_by()[:MOST_COUNTED].count() for rows in waiting))


def open_ranges() -> QuerySet[JobRun]:
    """Return the ranges of recalculations that are not done."""
    return JobRun.objects.filter(recalculation__isnull=False).exclude(state=JobState.DONE)


@dataclass(frozen=True)
class Figures:
    """What the operator's monitoring asks for beside Health; counts of rows, no names."""

    last_scan: JobRun | None
    messages: dict[str, int]
    flags: dict[str, int]
    runs: dict[tuple[str, str], int]


def figures() -> Figures:
    """Return the figures of now. Four queries; the open flags are counted, whatever their number."""
    return Figures(
        last_scan=_last_scans().first(),
        messages=dict(Message.objects.order_by().values_list("state").annotate(n=Count("pk"))),
        flags=dict(Flag.objects.open().order_by().values_list("clock").annotate(n=Count("pk"))),
        runs={(job, state): n for job, state, n in _runs_by_state()},
    )


def _runs_by_state() -> QuerySet[JobRun, tuple[str, str, int]]:
    return JobRun.objects.order_by().values_list("job", "state").annotate(n=Count("pk"))


@dataclass(frozen=True)
class System:
    """What the system administrator sees: runs, newest first, and what needs a hand."""

    health: Health
    runs: list[JobRun]
    set_aside: list[SetAside]
    recalculations: list[Recalculation]


def system(*, at: datetime, limit_seconds: int) -> System:
    """Return the state of the jobs for a person. Ten queries, whatever the number of rows.

    Each recalculation has `ranges_all` and `ranges_done`.
    """
    done = Count("ranges", filter=Q(ranges__state=JobState.DONE))
    unfinished = Recalculation.objects.filter(finished_at__isnull=True).select_related("policy", "calendar_version")
    return System(
        health=health(at=at, limit_seconds=limit_seconds),
        runs=list(JobRun.objects.filter(recalculation__isnull=True)[:MOST_RUNS]),
        set_aside=list(SetAside.objects.select_related("task")[:MOST_SET_ASIDE]),
        recalculations=list(unfinished.annotate(ranges_all=Count("ranges"), ranges_done=done)[:MOST_RUNS]),
    )
