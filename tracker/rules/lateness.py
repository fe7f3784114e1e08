"""How late a task was, and on whom it lay: what stays known of it after it is done."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tracker.choices import Lateness, Stage
from tracker.rules.workdays import DAY, Workdays


class Party(StrEnum):
    """Who can hold the ball, the first before the later ones where several do.

    What awaits a decision lies with the commission, whoever else is waited on; another body that is waited on stands
    before the accountable one; a day on which nobody answers for the task is nobody's.
    """

    COMMISSION = "commission"
    OTHER = "other"
    ACCOUNTABLE = "accountable"
    NOBODY = "nobody"


_ORDER = list(Party)


@dataclass(frozen=True, slots=True)
class Hold:
    """A party holds the ball on the days [start, end); `end` None: it still does. `body` is the key of a body."""

    party: Party
    start: date
    end: date | None = None
    body: int | None = None

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of the working days late lay with this party."""

    party: Party
    body: int | None
    days: int


_NOBODY = Hold(Party.NOBODY, date.min)


def split(*, since: date, through: date, holds: Iterable[Hold], workdays: Workdays) -> tuple[Share, ...]:
    """Return how the working days of [since, through] lie among the parties, most days first.

    Each day counts once, for the party that comes first in Party; of two bodies that are waited on, for the one that
    has been longer. A day that no hold covers is nobody's. The sum of the shares is `days_late(since, through)`.
    """
    rows = sorted(holds, key=lambda hold: (_ORDER.index(hold.party), hold.start, hold.body or 0))
    days: Counter[tuple[Party, int | None]] = Counter()
    for start, end in itertools.pairwise(_cuts(since, through, rows)):
        hold = next((row for row in rows if row.covers(start)), _NOBODY)
        days[hold.party, hold.body] += days_late(start, end - DAY, workdays)
    shares = [Share(party, body, number) for (party, body), number in days.items() if number]
    return tuple(sorted(shares, key=lambda share: (-share.days, _ORDER.index(share.party), share.body or 0)))


def _cuts(since: date, through: date, holds: Iterable[Hold]) -> list[date]:
    """The days on which the ball may change hands, with both ends of the whole."""
    if through < since:
        return []
    edges = {edge for hold in holds for edge in (hold.start, hold.end) if edge and since < edge <= through}
    return sorted(edges | {since, through + DAY})


def days_late(since: date, through: date, workdays: Workdays) -> int:
    """Return the number of working days in [since, through]; 0 when `through` lies before `since`."""
    if through < since:
        return 0
    return workdays.count(since, through) + workdays.is_working(since)


@dataclass(frozen=True, slots=True)
class Late:
    """The deadline had passed on the days from `since` on: through `until` where the task was done, else before it.

    `until` None: it still has. `is_done` tells that the task was done on `until`: a day on which it was late, too.
    """

    since: date
    until: date | None = None
    is_done: bool = False

    def through(self, today: date) -> date:
        """Return the last late day by `today`."""
        if self.until is None or self.until > today:
            return today
        return self.until if self.is_done else self.until - DAY

    def stands_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or self.until > day)

    def was_on(self, day: date) -> bool:
        """Tell whether it stands on `day` or did before; what ended before it began never did."""
        return self.since <= day and (self.until is None or self.until >= self.since)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The lasting class of a task with a deadline. `code` is None for one that cannot be late."""

    code: Lateness | None
    days_late: int = 0
    extensions: int = 0
    original_due_on: date | None = None

    @property
    def text(self) -> str:
        """The class in words, with its figures: "Late by 12 working days, after 2 extensions"."""
        if self.code is None:
            return ""
        words = str(_WORDS[self.code] % {"late": _days(self.days_late)})
        if not self.extensions:
            return words
        after = ngettext("%(words)s, after %(n)d extension", "%(words)s, after %(n)d extensions", self.extensions)
        return after % {"words": words, "n": self.extensions}


_WORDS: dict[Lateness, Any] = {
    Lateness.ON_TIME: gettext_lazy("On time"),
    Lateness.ON_TIME_EXTENDED: gettext_lazy("On time"),
    Lateness.LATE: gettext_lazy("Late by %(late)s"),
    Lateness.LATE_EXTENDED: gettext_lazy("Late by %(late)s"),
    Lateness.OPEN: gettext_lazy("In progress, not late so far"),
    Lateness.OPEN_LATE: gettext_lazy("In progress, late by %(late)s so far"),
    Lateness.OPEN_WAS_LATE: gettext_lazy("In progress and in time, but was late by %(late)s"),
}


def _days(number: int) -> str:
    if number == 0:
        return _("less than one working day")
    return ngettext("%(n)d working day", "%(n)d working days", number) % {"n": number}


def outcome(
    *,
    due_on: date | None,
    original_due_on: date | None,
    extension_count: int,
    stage: str,
    late: Sequence[tuple[Late, Workdays]],
    today: date,
) -> Outcome:
    """Return the lasting class of a task on `today`, from its deadline in effect and the periods of its due clock.

    `late` are its flags of the due clock, each with the calendar in which its days are counted, in any order. What
    was late stays so when an extension moves the deadline, when the task is done, and when it is withdrawn. Without a
    deadline nothing is late.
    """
    known = [(period, workdays) for period, workdays in late if period.was_on(today)]
    if due_on is None and not known:
        return Outcome(None)
    number = sum(days_late(period.since, period.through(today), workdays) for period, workdays in known)
    stands = any(period.stands_on(today) for period, _calendar in known)
    code = _class(stage, was_late=bool(known), is_late=stands, is_extended=extension_count > 0)
    return Outcome(code, number, extension_count, original_due_on)


def _class(stage: str, *, was_late: bool, is_late: bool, is_extended: bool) -> Lateness | None:
    if stage == Stage.WITHDRAWN and not was_late:
        return None
    if stage in (Stage.INSTITUTIONALIZED, Stage.WITHDRAWN):
        if was_late:
            return Lateness.LATE_EXTENDED if is_extended else Lateness.LATE
        return Lateness.ON_TIME_EXTENDED if is_extended else Lateness.ON_TIME
    if is_late:
        return Lateness.OPEN_LATE
    return Lateness.OPEN_WAS_LATE if was_late else Lateness.OPEN
