"""Comparing bodies fairly: few tasks are no basis for a rank, and a load stands beside what it is compared with."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from tracker.rules.status import FourCells

Key = TypeVar("Key", bound=Hashable)

FEWEST_TO_RANK = 5
"""With fewer counted tasks one late task would move a body from the first place to the last."""


def late_share(cells: FourCells) -> float:
    """Return which part of the tasks was done late or is overdue; 0 without tasks."""
    return (cells.done_late + cells.open_overdue) / cells.total if cells.total else 0.0


def ranks(cells: Mapping[Key, FourCells]) -> dict[Key, int]:
    """Return the place of each that has tasks enough, the largest late share first; equal shares share a place."""
    shares = {key: late_share(found) for key, found in cells.items() if found.total >= FEWEST_TO_RANK}
    return {key: 1 + sum(other > share for other in shares.values()) for key, share in shares.items()}


def medians(loads: Iterable[tuple[Key, int]]) -> dict[Key, float]:
    """Return the median load of each group of peers."""
    found: defaultdict[Key, list[int]] = defaultdict(list)
    for group, load in loads:
        found[group].append(load)
    return {group: statistics.median(values) for group, values in found.items()}
