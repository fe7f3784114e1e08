"""The register of policies, one version of them, and which one governs a task."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q

from tracker.boards.governing import Rules, place_of
from tracker.choices import Clock, JobState, Stage
from tracker.models import Policy, PolicyLimit, PolicyStep, Recalculation, Task
from tracker.rules.governing import specificity

JOINED = ("task", "resolution", "calendar")


@dataclass
class Listed:
    """One policy by its code: the version in force, one to come, one that ended, and a draft, where there are such."""

    code: str
    in_force: Policy | None = None
    to_come: Policy | None = None
    ended: Policy | None = None
    draft: Policy | None = None

    @property
    def shown(self) -> Policy:
        """The version that the list speaks of."""
        found = self.in_force or self.to_come or self.draft or self.ended
        if found is None:
            raise ValueError(f"{self.code} has no version.")
        return found


def listed(policies: Iterable[Policy], today: date) -> list[Listed]:
    """Return the policies by code, the most specific scope first."""
    found: dict[str, Listed] = {}
    for policy in policies:
        row = found.setdefault(policy.code, Listed(policy.code))
        if policy.applied_at is None:
            row.draft = policy
        elif policy.valid_from and policy.valid_from > today:
            row.to_come = policy
        elif policy.valid_to is None or policy.valid_to > today:
            row.in_force = policy
        else:
            row.ended = row.ended or policy
    return sorted(found.values(), key=_most_specific_first)


def _most_specific_first(row: Listed) -> tuple[int, str]:
    shown = row.shown
    return -specificity(shown.task_id, shown.resolution_id, shown.level), row.code


@dataclass(frozen=True)
class ClockRules:
    """What a policy says of one clock: its limits (several for the stage clock) and its ladder."""

    clock: Clock
    limits: list[PolicyLimit]
    steps: list[PolicyStep]
    changed: bool = False


@dataclass(frozen=True)
class PolicyPage:
    """One version: its clocks, the other versions of its code, and the last recalculation that it began."""

    policy: Policy
    clocks: list[ClockRules]
    versions: list[Policy]
    recalculation: Recalculation | None
    before: Policy | None = field(default=None)


def policy_page(policy: Policy, versions: Iterable[Policy]) -> PolicyPage:
    """Return what the page of a version shows. Six queries; a draft is compared with the version before it."""
    rows = list(versions)
    before = next((row for row in rows if row.applied_at and row.version < policy.version), None)
    return PolicyPage(policy, _clocks(policy, before), rows, recalculation_of(policy), before)


def _clocks(policy: Policy, before: Policy | None) -> list[ClockRules]:
    limits, steps = list(policy.limits.all()), list(policy.steps.all())
    old = _said(before.limits.all(), before.steps.all()) if before else None
    new = _said(limits, steps)
    found = []
    for clock in Clock:
        own = sorted((row for row in limits if row.clock == clock), key=_position)
        ladder = [row for row in steps if row.clock == clock]
        is_changed = old is not None and old.get(clock) != new.get(clock)
        if own or ladder or is_changed:
            found.append(ClockRules(clock, own, ladder, is_changed))
    return found


def _said(limits: Iterable[PolicyLimit], steps: Iterable[PolicyStep]) -> dict[str, set[Any]]:
    found: dict[str, set[Any]] = {}
    for limit in limits:
        found.setdefault(limit.clock, set()).add((limit.stage, limit.days, limit.unit))
    for step in steps:
        found.setdefault(step.clock, set()).add((step.offset_days, step.addressee, step.repeat_days))
    return found


def _position(limit: PolicyLimit) -> int:
    return Stage.values.index(limit.stage) if limit.stage else -1


def recalculation_of(policy: Policy) -> Recalculation | None:
    """Return the last recalculation of a policy with `ranges_all` and `ranges_done`. One query."""
    done = Count("ranges", filter=Q(ranges__state=JobState.DONE))
    rows = Recalculation.objects.filter(policy=policy).annotate(ranges_all=Count("ranges"), ranges_done=done)
    return rows.order_by("-pk").first()


@dataclass(frozen=True)
class Governed:
    """Which policy governs a clock of a task, with its limit, and those that reach the task but stand behind it."""

    clock: Clock
    policy: Policy
    days: int | None
    unit: str
    behind: list[Policy]


def governed(task: Task, day: date) -> list[Governed]:
    """Return for each clock of `task` on `day` the policy that governs it and why no other does. Eight queries."""
    rules, place = Rules.on(day), place_of(task)
    reaching = rules.reaching(place)
    policies = Policy.objects.select_related(*JOINED).in_bulk([terms.policy_id for terms in reaching])
    found = []
    for clock in Clock:
        stage = task.stage if clock == Clock.STAGE else ""
        first = rules.governing(place, clock, stage)
        days, unit = first.limit(clock, stage) or (None, "")
        behind = [policies[terms.policy_id] for terms in reaching if terms.limit(clock, stage) and terms != first]
        found.append(Governed(clock, policies[first.policy_id], days, unit, behind))
    return found
