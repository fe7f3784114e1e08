"""The four cells of the field's periodic reports: done on time or late, in progress in time or overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tracker.choices import FieldStatus


def due_status(*, due_on: date | None, done_on: date | None, today: date) -> FieldStatus:
    """Return the FieldStatus of one task on `today`.

    Dates are local (Asia/Ho_Chi_Minh). The deadline day itself is in time. `due_on=None` (a standing duty) is never
    overdue. Raises ValueError if done_on > today: on that day it was not known yet.
    Source: P26; the four cells of the field's reports.
    """
    if done_on is not None and done_on > today:
        raise ValueError(f"Done on {done_on}, after {today}: pass done_on=None for a day before it was done.")
    is_late = due_on is not None and (done_on or today) > due_on
    if done_on is None:
        return FieldStatus.OPEN_OVERDUE if is_late else FieldStatus.OPEN_IN_TIME
    return FieldStatus.DONE_LATE if is_late else FieldStatus.DONE_ON_TIME


@dataclass(frozen=True, slots=True)
class FourCells:
    """How many tasks stand in each of the four cells."""

    done_on_time: int = 0
    done_late: int = 0
    open_in_time: int = 0
    open_overdue: int = 0

    @property
    def done(self) -> int:
        return self.done_on_time + self.done_late

    @property
    def open(self) -> int:
        return self.open_in_time + self.open_overdue

    @property
    def total(self) -> int:
        return self.done + self.open


def count_cells(statuses: Iterable[str]) -> FourCells:
    """Return the four cells of `statuses`; a status that is none of the four raises ValueError."""
    return FourCells(**Counter(FieldStatus(status).value for status in statuses))
