"""Frozen reports: their canonical form and hash, and why a task stands elsewhere in the next one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tracker.choices import ChangeWhy, FieldStatus, Stage

EXTENDED = "+"
"""Stands behind the code of a cell for its tasks that had been granted more time."""

DONE = (FieldStatus.DONE_ON_TIME, FieldStatus.DONE_LATE)


def canonical(content: Any) -> bytes:
    """Return JSON that is the same for the same content: names in order, no spaces, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(content: Any) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal digits."""
    return hashlib.sha256(canonical(content)).hexdigest()


@dataclass(frozen=True, slots=True)
class StageFact:
    """A change of stage that was not known in the earlier report."""

    from_stage: str
    to_stage: str
    on: date
    is_lapse: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What happened to a task between two reports, and where it stood in each: codes of cells, empty where nowhere.

    `earlier_on` is the day of the earlier report.
    """

    before: frozenset[str]
    after: frozenset[str]
    earlier_on: date
    assigned_on: date
    is_entered_since: bool
    stages: Sequence[StageFact] = field(default=())
    is_extended: bool = False
    is_moved: bool = False
    has_other_body: bool = False


def reasons(facts: Facts) -> list[ChangeWhy]:
    """Return why the task stands elsewhere, at least one reason."""
    return list(_reasons(facts)) or [ChangeWhy.OTHER]


def _reasons(facts: Facts) -> Iterator[ChangeWhy]:
    if not facts.before and facts.is_entered_since:
        yield ChangeWhy.ENTERED_LATE if facts.assigned_on <= facts.earlier_on else ChangeWhy.ASSIGNED
    elif not facts.before and facts.assigned_on > facts.earlier_on:
        yield ChangeWhy.ASSIGNED
    yield from dict.fromkeys(why for fact in facts.stages for why in _of_stage(fact, facts))
    if facts.is_extended:
        yield ChangeWhy.EXTENDED
    elif facts.is_moved:
        is_suspended = any(Stage.SUSPENDED in (fact.from_stage, fact.to_stage) for fact in facts.stages)
        yield ChangeWhy.SUSPENDED if is_suspended else ChangeWhy.RULES
    if facts.has_other_body and facts.before:
        yield ChangeWhy.BODY
    if FieldStatus.OPEN_IN_TIME in facts.before and FieldStatus.OPEN_OVERDUE in facts.after:
        yield ChangeWhy.TIME


def _of_stage(fact: StageFact, facts: Facts) -> Iterator[ChangeWhy]:
    if fact.is_lapse:
        yield ChangeWhy.REOPENED
    if fact.to_stage == Stage.INSTITUTIONALIZED and facts.after & set(DONE):
        yield ChangeWhy.DONE if fact.on > facts.earlier_on else ChangeWhy.DONE_EARLIER
    if fact.to_stage == Stage.WITHDRAWN and not facts.after:
        yield ChangeWhy.WITHDRAWN
    if fact.from_stage == Stage.WITHDRAWN and not facts.before:
        yield ChangeWhy.RESUMED
