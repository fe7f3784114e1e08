"""What the registers know that an annex is compared with, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tracker.rules.annex.bodies import Bodies


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task of the resolution as it is entered now; `cells` are the bodies by role, `is_moved` by a decision."""

    pk: int
    code: str
    title: str
    kind: str = "duty"
    due_on: date | None = None
    original_due_on: date | None = None
    due_text: str = ""
    detail: str = ""
    is_open: bool = True
    is_moved: bool = False
    cells: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Register:
    """`taken` are codes of tasks of other documents. The calendar reaches from `first_day` to `last_day`."""

    resolution: str
    assigned_on: date
    first_day: date
    last_day: date
    bodies: Bodies
    tasks: Sequence[KnownTask] = ()
    taken: frozenset[str] = frozenset()
