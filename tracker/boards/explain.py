"""Why a clock of a task says what it says, for people and machines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from tracker.boards.governing import Days, Rules, place_of
from tracker.boards.workdays import workdays_of
from tracker.choices import Clock, Role, Stage
from tracker.models import CalendarVersion, Flag, Policy, Responsibility, Task
from tracker.rules import clocks as rules
from tracker.rules.clocks import ClockFacts, Explanation, Limit, Step
from tracker.rules.governing import Terms
from tracker.rules.workdays import Workdays

FACTS = tuple(field.name for field in fields(ClockFacts) if field.name != "suspended")


@dataclass(frozen=True)
class Explained:
    """One clock of one task on one day, with the versions of the policy and of the calendar that decide.

    `flag` is the open one, if any; `explanation` is None where the clock does not run.
    """

    clock: Clock
    policy: Policy
    calendar: CalendarVersion
    explanation: Explanation | None
    flag: Flag | None

    @property
    def flagged_since(self) -> date | None:
        return self.flag.since if self.flag else None


def facts_of(task: Task) -> ClockFacts:
    """Return what the clocks of `task` depend on."""
    return ClockFacts(suspended=task.stage == Stage.SUSPENDED, **{name: getattr(task, name) for name in FACTS})


def explain(task: Task, *, on: date, clocks: Iterable[Clock] = tuple(Clock)) -> list[Explained]:
    """Return `clocks` of `task` as they stand on `on`, in the order given. At most eleven queries.

    An open flag is explained by the versions in force on its crossing day, which it carries; what has none, by those
    of `on`. Raises Policy.DoesNotExist when there is no default policy.
    """
    decide, place, path = Rules.on(on), place_of(task), _accountable_path(task, on)
    flags = {flag.clock: flag for flag in task.flags.open()}
    found = []
    for clock in clocks:
        terms = decide.governing(place, clock, task.stage if clock == Clock.STAGE else "")
        found.append((clock, terms, decide.days(terms.calendar_id, path), flags.get(clock)))
    return _explained(task, found, on)


def _explained(task: Task, found: list[tuple[Clock, Terms, Days, Flag | None]], on: date) -> list[Explained]:
    policies = Policy.objects.in_bulk({terms.policy_id for _, terms, _, _ in found})
    calendars = CalendarVersion.objects.select_related("calendar").in_bulk({days.version_id for _, _, days, _ in found})
    workdays = {pk: workdays_of(calendar) for pk, calendar in calendars.items()}
    return [
        Explained(
            clock,
            policies[terms.policy_id],
            calendars[days.version_id],
            _explain(task, clock, terms, days, workdays[days.version_id], on),
            flag,
        )
        for clock, terms, days, flag in found
    ]


def _explain(task: Task, clock: Clock, terms: Terms, days: Days, workdays: Workdays, on: date) -> Explanation | None:
    limit = terms.limit(clock, task.stage if clock == Clock.STAGE else "")
    steps = [Step(*row[1:]) for row in terms.steps if row[0] == clock]
    bound = Limit(clock, *limit, floor=max(terms.floor, days.floor)) if limit else Limit(clock)
    return rules.explain(facts_of(task), clock, bound, workdays, on, steps=steps)


def _accountable_path(task: Task, day: date) -> str:
    cells = Responsibility.objects.valid_on(day).filter(task=task, role=Role.ACCOUNTABLE)
    return cells.values_list("body__path", flat=True).first() or ""
