"""Why a clock of a task says what it says, for people and machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.boards.workdays import workdays_of
from tracker.choices import Clock, Stage
from tracker.models import Policy, PolicyLimit, Task
from tracker.rules import clocks as rules
from tracker.rules.clocks import ClockFacts, Explanation, Limit, Step


@dataclass(frozen=True)
class Explained:
    """One clock of one task on one day, with the policy version that limits it."""

    clock: Clock
    policy: Policy
    explanation: Explanation | None
    flagged_since: date | None


def facts_of(task: Task) -> ClockFacts:
    """Return what the clocks of `task` depend on."""
    return ClockFacts(
        stage=task.stage,
        kind=task.kind,
        stage_since=task.stage_since,
        assigned_on=task.assigned_on,
        due_on=task.due_on,
        last_report_on=task.last_report_on,
        unowned_since=task.unowned_since,
        running_since=task.running_since,
        suspended=task.stage == Stage.SUSPENDED,
        done_on=task.done_on,
    )


def explain(task: Task, *, on: date) -> list[Explained]:
    """Return the four clocks of `task` as they stand on `on`, in the order of Clock. Five queries.

    Raises Policy.DoesNotExist when no policy is in force on that day.
    """
    policy = Policy.objects.default_on(on).select_related("calendar").prefetch_related("limits", "steps").first()
    if policy is None:
        raise Policy.DoesNotExist(f"No default policy is in force on {on}.")
    workdays = workdays_of(policy.calendar)
    flags = {flag.clock: flag.since for flag in task.flags.open()}
    found = []
    for clock in Clock:
        steps = [Step(s.number, s.offset_days, s.addressee) for s in policy.steps.all() if s.clock == clock]
        text = rules.explain(facts_of(task), clock, _limit(policy, clock, task.stage), workdays, on, steps=steps)
        found.append(Explained(clock, policy, text, flags.get(clock)))
    return found


def _limit(policy: Policy, clock: Clock, stage: str) -> Limit:
    wanted = stage if clock == Clock.STAGE else ""
    row = next((row for row in policy.limits.all() if (row.clock, row.stage) == (clock, wanted)), None)
    return _as_limit(clock, row)


def _as_limit(clock: Clock, row: PolicyLimit | None) -> Limit:
    return Limit(clock, row.days, row.unit) if row else Limit(clock)
