"""Policies: entered whole with their limits and steps; a new version takes over on its day and rewrites nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tracker.choices import Clock
from tracker.clock import local_day
from tracker.errors import refuse
from tracker.models import Policy, PolicyLimit, PolicyStep, Task
from tracker.policies import require
from tracker.services import history
from tracker.services.registers import enter

FIELDS = ("code", "version", "calendar", "task", "resolution", "level", "rank", "valid_from", "document_vi")
AT_LEAST_A_DAY = (Clock.DUE, Clock.SUBMIT, Clock.STAGE, Clock.SILENCE)


@transaction.atomic
def create(
    policy: Policy, *, limits: Iterable[PolicyLimit], steps: Iterable[PolicyStep], by: Any, at: datetime
) -> Policy:
    """Record the first version of a policy with its limits and the steps of its ladder, in force from its day.

    Only the system may let it begin in the past. Raises ValidationError that names the field.
    """
    _check_start(policy.valid_from, by=by, at=at)
    policy.author, policy.applied_at = by, at
    enter(policy, by=by, at=at, kind="policy.created", fields=FIELDS, action="policy.edit")
    _add_rows(policy, limits, steps)
    _reach(policy, at=at)
    return policy


@transaction.atomic
def replace(
    policy: Policy, *, limits: Iterable[PolicyLimit], steps: Iterable[PolicyStep], by: Any, at: datetime
) -> Policy:
    """Record a new version of a policy that is there; the one before holds until the day before it.

    What was late stays known as late: a stricter version makes nothing late before its own day, a laxer one closes
    flags on that day. Source: rulings.md, Flags and ladder.
    """
    require(by, "policy.edit", policy)
    _check_start(policy.valid_from, by=by, at=at)
    before = Policy.objects.applied().filter(code=policy.code).order_by("-version").first()
    if before is None:
        raise refuse(code=_("There is no policy with this code yet: enter its first version."))
    if policy.valid_from <= before.valid_from:
        raise refuse(valid_from=_("The version before begins on that day or later: give a later day."))
    Policy.objects.filter(pk=before.pk).update(valid_to=policy.valid_from)
    for name in ("task", "resolution", "level", "rank"):
        setattr(policy, name, getattr(before, name))
    policy.version, policy.author, policy.applied_at = before.version + 1, by, at
    enter(policy, by=by, at=at, kind="policy.replaced", fields=FIELDS, action="policy.edit")
    _add_rows(policy, limits, steps)
    _reach(policy, at=at)
    return policy


def _check_start(day: date | None, *, by: Any, at: datetime) -> None:
    if day is None:
        raise refuse(valid_from=_("Say from which day on this version holds."))
    if by is not None and day < local_day(at):
        raise refuse(valid_from=_("Rules do not reach back: give today or a later day."))


def _add_rows(policy: Policy, limits: Iterable[PolicyLimit], steps: Iterable[PolicyStep]) -> None:
    ladder = list(steps)
    rows: list[PolicyLimit | PolicyStep] = [*limits, *ladder]
    for row in rows:
        row.policy = policy
        if isinstance(row, PolicyLimit) and row.clock in AT_LEAST_A_DAY and row.days < 1:
            raise refuse(days=_("This clock needs one day or more."))
        row.full_clean()
        row.save()
    _check_ladder(ladder)


def _check_ladder(steps: list[PolicyStep]) -> None:
    """An open flag is never silent: the last step of each clock comes again, and it is no reminder.

    A limit that is known too late for its reminders would be flagged without a step.
    """
    last = {step.clock: step for step in sorted(steps, key=lambda step: step.number)}
    for step in last.values():
        clock = {"clock": step.get_clock_display()}
        if not step.repeat_days:
            raise refuse(repeat_days=_("%(clock)s: say after how many working days the last step comes again.") % clock)
        if step.offset_days < 0:
            raise refuse(offset_days=_("%(clock)s: let the last step come on the first late day or later.") % clock)


def _reach(policy: Policy, *, at: datetime) -> None:
    """Let every open task look again on the day on which the policy begins; a day that has come is settled by the scan.

    One UPDATE of those whose next check lies later: a change made meanwhile is neither lost nor reverted.
    """
    begins = max(policy.valid_from or local_day(at), local_day(at))
    Task.objects.open().look_again(begins)
    history.record("policy.reached", policy, by=None, at=at, on=begins, after={"from": begins})
