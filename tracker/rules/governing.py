"""Which policy governs a clock of a task: the most specific scope that limits it.

Task before resolution and level, before resolution, before level and rank, before everything. What the set-based
statements say in SQL (services.limits) this says of one task, and both must agree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

LimitRow = tuple[str, str, int, str]
"""(clock, stage or "", days, unit)"""

StepRow = tuple[str, int, int, str, int | None]
"""(clock, number, offset in working days, addressee, comes again every … working days or None)"""


@dataclass(frozen=True)
class Terms:
    """One policy version in force: its scope, limits and ladder. Hashable: it names compiled statements."""

    policy_id: int
    code: str
    version: int
    calendar_id: int
    floor: date
    task_id: int | None = None
    resolution_id: int | None = None
    level: str = ""
    rank: str = ""
    limits: tuple[LimitRow, ...] = ()
    steps: tuple[StepRow, ...] = ()

    @property
    def specificity(self) -> int:
        return specificity(self.task_id, self.resolution_id, self.level)

    def limit(self, clock: str, stage: str = "") -> tuple[int, str] | None:
        """Return (days, unit) of a clock, or None where this policy sets no limit."""
        return next(((days, unit) for c, s, days, unit in self.limits if (c, s) == (clock, stage)), None)

    def leads(self, clock: str) -> tuple[int, ...]:
        """Return how many working days before the first late day the ladder reminds, the earliest first."""
        return tuple(sorted((-row[2] for row in self.steps if row[0] == clock and row[2] < 0), reverse=True))


def specificity(task_id: int | None, resolution_id: int | None, level: str) -> int:
    """Return 4 for one task, 3 resolution and level, 2 resolution, 1 level and rank, 0 everything."""
    if task_id:
        return 4
    if resolution_id:
        return 3 if level else 2
    return 1 if level else 0


@dataclass(frozen=True, slots=True)
class Place:
    """What decides which policies reach a task: its resolution, and its levels with the ranks that each accepts."""

    task_id: int
    resolution_id: int
    levels: tuple[tuple[str, tuple[str, ...]], ...] = ()


def reaches(terms: Terms, place: Place) -> bool:
    """Tell whether the scope of the policy holds the task; one for a rank, only where the task names that rank."""
    if terms.task_id:
        return terms.task_id == place.task_id
    if terms.resolution_id and terms.resolution_id != place.resolution_id:
        return False
    if not terms.level:
        return True
    ranks = dict(place.levels).get(terms.level)
    return ranks is not None and (not terms.rank or terms.rank in ranks)


def in_order(policies: Iterable[Terms]) -> tuple[Terms, ...]:
    """Return the policies, the most specific first; of one scope the newer one."""
    return tuple(sorted(policies, key=lambda terms: (-terms.specificity, -terms.floor.toordinal(), terms.policy_id)))


def governing(policies: Collection[Terms], place: Place, clock: str, stage: str = "") -> Terms:
    """Return the policy that governs `clock` of the task (in `stage`, for the stage clock). `policies` are in order.

    Where none limits it the last one that reaches the task does: a deadline that was written down needs a ladder.
    """
    reaching = [terms for terms in policies if reaches(terms, place)]
    return next((terms for terms in reaching if terms.limit(clock, stage)), reaching[-1])
