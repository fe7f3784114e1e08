"""What is wrong in the matrix: one rule a finding, each with its reason, its remedy and its source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median

from tracker.choices import BodyKind, Level, Role, TaskKind
from tracker.rules.findings import CATALOG, Finding

OVERLOAD_FACTOR = 3
OVERLOAD_LEAST = 8
UNITS_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFacts:
    """One cell of the matrix that holds on the day of the lint.

    `body_level=None`: a body that stands for its kind at every level. `body_name` is only shown.
    """

    role: str
    body_code: str
    body_kind: str
    body_level: str | None = None
    is_mobilization: bool = False
    has_post: bool = True
    post_is_vacant: bool = False
    body_ended: bool = False
    body_name: str = ""

    @property
    def shown(self) -> str:
        return self.body_name or self.body_code


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What the linter needs to know of a task.

    `levels` are those that it must reach, `unit_levels` those of the units that its cascade is assigned to,
    `missing_units` the units of the cascaded level that have no part of it, `unasked` the numbers of the instruments
    of its evidence that were promulgated without a consultation.
    """

    code: str
    kind: str = TaskKind.DUTY
    has_provision: bool = True
    levels: tuple[str, ...] = ()
    needs_state_document: bool = False
    cells: tuple[CellFacts, ...] = ()
    unit_levels: frozenset[str] = field(default_factory=frozenset)
    missing_units: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()

    def holding(self, *roles: str) -> tuple[CellFacts, ...]:
        """Return the cells with one of `roles`, in order."""
        return tuple(cell for cell in self.cells if cell.role in roles)


def lint_task(task: TaskFacts) -> tuple[Finding, ...]:
    """Return everything that is wrong with the cells of one task, the gravest first.

    An objective stands outside the division of roles: only its provision and ended bodies are looked at.
    Source: domain, "What a linter of the matrix finds wrong".
    """
    rules = _OBJECTIVE_RULES if task.kind == TaskKind.OBJECTIVE else _RULES
    found = (finding for rule in rules for finding in rule(task))
    return tuple(sorted(found, key=lambda finding: finding.severity_rank))


def overloaded(loads: Mapping[str, int]) -> tuple[Finding, ...]:
    """Return a finding for each body that answers for far more tasks than its peers, the largest load first.

    `loads` are the tasks a body is accountable for. Far more: over three times the median of those who hold any, and
    at least eight, so that small numbers accuse nobody.
    """
    held = [load for load in loads.values() if load > 0]
    usual = median(held) if held else 0
    heavy = [body for body, load in loads.items() if load >= OVERLOAD_LEAST and load > OVERLOAD_FACTOR * usual]
    return tuple(
        Finding("overloaded", body, {"body": body, "load": loads[body], "median": f"{usual:g}"})
        for body in sorted(heavy, key=lambda body: (-loads[body], body))
    )


def idle_provisions(provisions: Iterable[tuple[str, bool]]) -> tuple[Finding, ...]:
    """Return a finding for each (label, has_task) without a task, in the order given.

    Pass only provisions that set something: a heading, or a paragraph listed as carrying no task, is none.
    """
    return tuple(Finding("idle_provision", label, {"label": label}) for label, has_task in provisions if not has_task)


def _no_accountable(task: TaskFacts) -> Iterator[Finding]:
    if not task.holding(Role.ACCOUNTABLE):
        yield Finding("no_accountable", task.code)


def _not_state(task: TaskFacts) -> Iterator[Finding]:
    if not task.needs_state_document:
        return
    for cell in task.holding(Role.ACCOUNTABLE):
        if cell.body_kind != BodyKind.STATE:
            yield Finding("not_state", task.code, {"body": cell.shown})


def _left_alone(task: TaskFacts) -> Iterator[Finding]:
    doers = task.holding(Role.ACCOUNTABLE, Role.RESPONSIBLE)
    if not doers or not all(cell.body_kind == BodyKind.MASS or cell.is_mobilization for cell in doers):
        return
    code = "left_alone" if task.needs_state_document else "left_alone_own_work"
    yield Finding(code, task.code, {"bodies": _names(doers)})


def _nobody_supervises(task: TaskFacts) -> Iterator[Finding]:
    if not task.holding(Role.SUPERVISES):
        yield Finding("nobody_supervises", task.code)


def _supervises_itself(task: TaskFacts) -> Iterator[Finding]:
    accountable = {cell.body_code for cell in task.holding(Role.ACCOUNTABLE)}
    supervisors = task.holding(Role.SUPERVISES)
    if supervisors and all(cell.body_code in accountable for cell in supervisors):
        yield Finding("supervises_itself", task.code, {"body": supervisors[0].shown})


def _no_leader(task: TaskFacts) -> Iterator[Finding]:
    if not any(cell.body_kind == BodyKind.PARTY for cell in task.holding(Role.LEADS)):
        yield Finding("no_leader", task.code)


def _no_cadre(task: TaskFacts) -> Iterator[Finding]:
    for cell in task.holding(Role.ACCOUNTABLE):
        if not cell.has_post:
            yield Finding("no_cadre", task.code, {"body": cell.shown})


def _post_vacant(task: TaskFacts) -> Iterator[Finding]:
    for cell in task.cells:
        if cell.has_post and cell.post_is_vacant:
            yield Finding("post_vacant", task.code, {"body": cell.shown, "role": cell.role})


def _body_ended(task: TaskFacts) -> Iterator[Finding]:
    for cell in task.cells:
        if cell.body_ended:
            yield Finding("body_ended", task.code, {"body": cell.shown, "role": cell.role})


def _level_without_unit(task: TaskFacts) -> Iterator[Finding]:
    doers = task.holding(Role.ACCOUNTABLE, Role.RESPONSIBLE)
    if any(cell.body_level is None for cell in doers):
        return
    reached = {cell.body_level for cell in doers} | task.unit_levels
    for level in task.levels:
        if level not in reached:
            yield Finding("level_without_unit", task.code, {"level": Level(level).label})


def _units_missing(task: TaskFacts) -> Iterator[Finding]:
    if task.missing_units:
        named = ", ".join(task.missing_units[:UNITS_NAMED])
        more = "" if len(task.missing_units) <= UNITS_NAMED else ", …"
        yield Finding("units_missing", task.code, {"count": len(task.missing_units), "units": f"{named}{more}"})


def _unasked(task: TaskFacts) -> Iterator[Finding]:
    for number in task.unasked:
        yield Finding("unasked", task.code, {"instrument": number})


def _no_provision(task: TaskFacts) -> Iterator[Finding]:
    if not task.has_provision:
        yield Finding("no_provision", task.code)


def _names(cells: Iterable[CellFacts]) -> str:
    return ", ".join(dict.fromkeys(cell.shown for cell in cells))


Rule = Callable[[TaskFacts], Iterator[Finding]]
_OBJECTIVE_RULES: tuple[Rule, ...] = (_body_ended, _no_provision)
_RULES: tuple[Rule, ...] = (
    _no_accountable,
    _not_state,
    _body_ended,
    _left_alone,
    _nobody_supervises,
    _supervises_itself,
    _no_leader,
    _no_cadre,
    _post_vacant,
    _level_without_unit,
    _units_missing,
    _unasked,
    _no_provision,
)

__all__ = ["CATALOG", "CellFacts", "Finding", "TaskFacts", "idle_provisions", "lint_task", "overloaded"]
