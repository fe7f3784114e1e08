"""Policies: drafted whole with their limits and steps, applied from a day on; a new version rewrites nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.choices import Clock
from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Policy, PolicyLimit, PolicyStep
from tracker.models.policies import DEFAULT
from tracker.policies import require
from tracker.services import history, recalculations, rules_lock
from tracker.services.registers import enter

FIELDS = ("code", "version", "calendar", "task", "resolution", "level", "rank", "valid_from", "document_vi")
SCOPE = ("task", "resolution", "level", "rank")
LIMIT = ("clock", "stage", "days", "unit")
STEP = ("clock", "number", "offset_days", "repeat_days", "addressee")
AT_LEAST_A_DAY = (Clock.DUE, Clock.SUBMIT, Clock.STAGE, Clock.SILENCE)


@transaction.atomic
def create(
    policy: Policy, *, limits: Iterable[PolicyLimit], steps: Iterable[PolicyStep], by: Any, at: datetime
) -> Policy:
    """Record a version of a policy and apply it at once. See `draft()` and `apply()` for what they raise."""
    return apply(draft(policy, limits=limits, steps=steps, by=by, at=at), by=by, at=at)


@transaction.atomic
def draft(
    policy: Policy, *, limits: Iterable[PolicyLimit], steps: Iterable[PolicyStep], by: Any, at: datetime
) -> Policy:
    """Record a draft with its limits and the steps of its ladder; it decides nothing before it is applied.

    With the code of a policy that is there it is the next version of that one and has its scope; else the first.
    Raises ValidationError that names the field, Conflict where the policy has a draft already.
    """
    require(by, "policy.edit", policy)
    before = latest(policy.code)
    if before is not None:
        _take_scope(policy, before)
    if Policy.objects.filter(code=policy.code, applied_at__isnull=True).exists():
        raise Conflict(_("This policy has a draft already: go on with that one."))
    policy.author, policy.applied_at = by, None
    enter(policy, by=by, at=at, kind="policy.drafted", fields=FIELDS, action="policy.edit")
    _write_rows(policy, limits, steps)
    return policy


def copy_of(policy: Policy) -> tuple[Policy, list[PolicyLimit], list[PolicyStep]]:
    """Return a version that says the same, with its limits and steps, none of them saved: what a draft begins with."""
    fresh = Policy(code=policy.code, calendar=policy.calendar, snooze_max_days=policy.snooze_max_days)
    limits = [PolicyLimit(**_values(row, LIMIT)) for row in policy.limits.all()]
    return fresh, limits, [PolicyStep(**_values(row, STEP)) for row in policy.steps.all()]


def _values(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def latest(code: str) -> Policy | None:
    """Return the last applied version of a policy. One query."""
    found: Policy | None = Policy.objects.applied().filter(code=code).order_by("-version").first()
    return found


def _take_scope(policy: Policy, before: Policy) -> None:
    policy.version = before.version + 1
    for name in SCOPE:
        setattr(policy, name, getattr(before, name))


@transaction.atomic
def rewrite(
    policy: Policy,
    *,
    limits: Iterable[PolicyLimit],
    steps: Iterable[PolicyStep],
    by: Any,
    at: datetime,
    revision: int | None = None,
) -> Policy:
    """Change a draft: what was set on `policy`, and its limits and steps whole.

    Raises Stale where `revision` is no longer the current one, Conflict where it was applied meanwhile.
    """
    require(by, "policy.edit", policy)
    _claim(policy, revision)
    before = history.values_of(Policy.objects.get(pk=policy.pk), *FIELDS)
    policy.author = by
    policy.full_clean()
    policy.save()
    PolicyLimit.objects.filter(policy=policy).delete()
    PolicyStep.objects.filter(policy=policy).delete()
    _write_rows(policy, limits, steps)
    after = history.values_of(policy, *FIELDS)
    history.record("policy.redrafted", policy, by=by, at=at, before=before, after=after)
    return policy


@transaction.atomic
def apply(
    policy: Policy,
    *,
    valid_from: date | None = None,
    document_vi: str = "",
    document_en: str = "",
    by: Any,
    at: datetime,
    revision: int | None = None,
) -> Policy:
    """Put a draft in force from its day, or the one given; the version before holds until the day before it.

    What was late stays known as late: a stricter version makes nothing late before its own day, a laxer one closes
    flags on that day. Source: rulings.md, Flags and ladder. Only the system may let it begin in the past.
    """
    require(by, "policy.edit", policy)
    given = {"valid_from": valid_from, "document_vi": document_vi, "document_en": document_en}
    for name, value in given.items():
        setattr(policy, name, value or getattr(policy, name))
    day = _start_of(policy, by=by, at=at)
    rules_lock.change()
    _claim(policy, revision)
    before = latest(policy.code)
    if before is not None:
        _end_before(before, day)
    policy.author, policy.applied_at = by, at
    policy.save(update_fields=["author", "applied_at", *given])
    kind = "policy.created" if before is None else "policy.replaced"
    after = history.values_of(policy, *FIELDS)
    history.record(kind, policy, by=by, at=at, on=day, after=after, why=policy.document_vi)
    recalculations.start(policy=policy, on=day, by=by, at=at)
    return policy


def _end_before(before: Policy, day: date) -> None:
    """Let the version before hold until `day`, where it has no earlier end."""
    if before.valid_from is None or day <= before.valid_from:
        raise refuse(valid_from=_("The version before begins on that day or later: give a later day."))
    if before.valid_to and day < before.valid_to:
        raise refuse(valid_from=_("The version before holds until then: give that day or a later one."))
    Policy.objects.filter(pk=before.pk, valid_to__isnull=True).update(valid_to=day)


@transaction.atomic
def discard(policy: Policy, *, by: Any, at: datetime, revision: int | None = None) -> None:
    """Delete a draft. Its event stays."""
    require(by, "policy.edit", policy)
    _claim(policy, revision)
    history.record("policy.discarded", policy, by=by, at=at, before=history.values_of(policy, *FIELDS))
    policy.delete()


@transaction.atomic
def end(policy: Policy, *, on: date, document: str, by: Any, at: datetime) -> Policy:
    """Let a policy of a scope hold until the day before `on`; what it governed falls to the next less specific one."""
    require(by, "policy.edit", policy)
    if policy.code == DEFAULT:
        raise refuse(code=_("The default policy governs what no other does: replace it by a new version."))
    if not document.strip():
        raise refuse(document=_("Name the document that ends it."))
    if on < local_day(at) or policy.valid_from is None or on <= policy.valid_from:
        raise refuse(on=_("Rules do not reach back: give a day after its first one, today or later."))
    rules_lock.change()
    if not Policy.objects.applied().filter(pk=policy.pk, valid_to__isnull=True).update(valid_to=on):
        raise Conflict(_("This version has an end already."))
    policy.valid_to = on
    history.record("policy.ended", policy, by=by, at=at, on=on, why=document.strip())
    recalculations.start(policy=policy, on=on, by=by, at=at)
    return policy


def _claim(policy: Policy, revision: int | None) -> None:
    """Lock the draft for this change; of two who change it at once, one does."""
    rows = Policy.objects.filter(pk=policy.pk, applied_at__isnull=True)
    expected = rows if revision is None else rows.filter(revision=revision)
    if not expected.update(revision=F("revision") + 1):
        current = rows.values_list("revision", flat=True).first()
        if current is None:
            raise Conflict(_("This draft is no longer there: it was applied or discarded."))
        raise Stale(current)
    policy.revision = Policy.objects.values_list("revision", flat=True).get(pk=policy.pk)


def _start_of(policy: Policy, *, by: Any, at: datetime) -> date:
    """Return the first day of the version; raises ValidationError where it has none or reaches back."""
    day = policy.valid_from
    if day is None:
        raise refuse(valid_from=_("Say from which day on this version holds."))
    if by is not None and day < local_day(at):
        raise refuse(valid_from=_("Rules do not reach back: give today or a later day."))
    return day


def _write_rows(policy: Policy, limits: Iterable[PolicyLimit], steps: Iterable[PolicyStep]) -> None:
    ladder = list(steps)
    rows: list[PolicyLimit | PolicyStep] = [*limits, *ladder]
    for row in rows:
        row.policy = policy
        if isinstance(row, PolicyLimit) and row.clock in AT_LEAST_A_DAY and row.days < 1:
            raise refuse(days=_("This clock needs one day or more."))
        row.full_clean()
        row.save()
    _check_ladder({row.clock for row in rows if isinstance(row, PolicyLimit)}, ladder)


def _check_ladder(limited: set[str], steps: list[PolicyStep]) -> None:
    """An open flag is never silent: each clock with a limit has a step, the last one comes again, and is no reminder.

    A limit that is known too late for its reminders would be flagged without a step.
    """
    if silent_clocks := limited - {step.clock for step in steps}:
        named = {"clock": str(Clock(min(silent_clocks)).label)}
        raise refuse(steps=_("%(clock)s: a limit needs at least one step, or nobody hears of it.") % named)
    last = {step.clock: step for step in sorted(steps, key=lambda step: step.number)}
    for step in last.values():
        clock = {"clock": step.get_clock_display()}
        if not step.repeat_days:
            raise refuse(repeat_days=_("%(clock)s: say after how many working days the last step comes again.") % clock)
        if step.offset_days < 0:
            raise refuse(offset_days=_("%(clock)s: let the last step come on the first late day or later.") % clock)
