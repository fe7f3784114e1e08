"""What one person has not been told yet, grouped by what they can do about it. Decides nothing and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tracker.boards.reasons import why
from tracker.choices import COMMISSION_CLOCKS, Addressee, Clock
from tracker.models import CalendarDay, Flag, StepRecipient, Task

MOST_ROWS = 5000
"""Steps in one digest; what is left is told on the next working day."""

MOST_LINES = 30
"""Tasks written out a group; the rest is a number, and the pages have them."""


class Group(IntEnum):
    """What the reader can do, the most pressing first; the numbers are the order."""

    LATE = 1
    DECIDE = 2
    UNOWNED = 3
    SOON = 4
    WATCH = 5


TITLES = {
    Group.LATE: _("Yours and late"),
    Group.DECIDE: _("Your decision is waited for"),
    Group.UNOWNED: _("Nobody answers for these"),
    Group.SOON: _("Yours and due soon"),
    Group.WATCH: _("For you to supervise"),
}
ADVICE = {
    Group.LATE: _("Report what was done, ask for more time, or say on whom the task waits."),
    Group.DECIDE: _("Somebody submitted, declared or asked for something, and can only go on once it is decided."),
    Group.UNOWNED: _("Have a body named that answers, or the vacant post filled."),
    Group.SOON: _("Nothing is late yet."),
    Group.WATCH: _("Others answer for these tasks. You are told because the reminders have climbed to you."),
}
OWN = (Addressee.HOLDER, Addressee.HEAD)


@dataclass(frozen=True, slots=True)
class Line:
    """One flag. `days` are working days: late where it `is_late`, else left. `meant_for` names a vacant place."""

    flag: Flag
    why: str
    step: int
    is_late: bool
    days: int
    meant_for: str

    @property
    def task(self) -> Task:
        return self.flag.task

    @property
    def title(self) -> str:
        """On one line: a break in it must not look like the next task."""
        return " ".join(self.task.title.split())


@dataclass(frozen=True, slots=True)
class Part:
    """One group with its lines, the longest late first; `more` says how many are not written out."""

    group: Group
    lines: list[Line]
    more: int

    @property
    def title(self) -> str:
        return str(TITLES[self.group])

    @property
    def advice(self) -> str:
        return str(ADVICE[self.group])

    @property
    def count(self) -> int:
        return len(self.lines) + self.more


@dataclass(frozen=True, slots=True)
class Digest:
    """`row_ids` are the StepRecipient rows that it settles, also of flags that closed meanwhile and are not shown."""

    parts: list[Part]
    row_ids: list[int]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)


def digest_of(user: Any, day: date) -> Digest:
    """Return what `user` has not been told by `day`, in the active language. Three queries, whatever the number.

    A flag is one line, by its latest step. Left out are flags that have closed, and tasks that the person may not
    read any more.
    """
    untold = StepRecipient.objects.filter(user=user, digest__isnull=True).order_by("pk")
    fields = ("pk", "step__flag", "step__due_on", "step__number", "step__addressee", "step__reached")
    rows = list(untold.values_list(*fields)[:MOST_ROWS])
    latest: dict[int, Any] = {}
    for row in sorted(rows, key=lambda row: (row[2], row[3])):
        latest[row[1]] = row
    flags = _open_flags(user, day, list(latest)) if rows else []
    groups: dict[Group, list[Line]] = {}
    for flag in flags:
        _pk, _flag, _on, number, addressee, reached = latest[flag.pk]
        groups.setdefault(_group(flag, reached, day), []).append(_line(flag, number, addressee, reached, day))
    return Digest([_part(group, groups[group]) for group in Group if group in groups], [row[0] for row in rows])


def _open_flags(user: Any, day: date, ids: list[int]) -> list[Any]:
    days = CalendarDay.objects.filter(calendar=OuterRef("calendar_version"))
    today = Coalesce(Subquery(days.filter(day=day).values("ordinal")), 0)
    limit = Coalesce(Subquery(days.filter(day=OuterRef("limit_on")).values("ordinal")), 0)
    flags = Flag.objects.visible_to(user).open().filter(pk__in=ids)
    return list(flags.select_related("task").annotate(days=today - limit).order_by(F("since"), "pk"))


def _group(flag: Flag, reached: str, day: date) -> Group:
    if flag.clock == Clock.UNOWNED:
        return Group.UNOWNED
    if flag.clock in COMMISSION_CLOCKS and reached == Addressee.COMMISSION:
        return Group.DECIDE
    if flag.clock in COMMISSION_CLOCKS or reached not in OWN:
        return Group.WATCH
    return Group.LATE if flag.is_late_on(day) else Group.SOON


def _line(flag: Any, number: int, addressee: str, reached: str, day: date) -> Line:
    is_late = flag.is_late_on(day)
    meant_for = str(Addressee(addressee).label) if reached != addressee else ""
    return Line(flag, why(flag), number, is_late, flag.days if is_late else -flag.days, meant_for)


def _part(group: Group, lines: list[Line]) -> Part:
    return Part(group, lines[:MOST_LINES], max(0, len(lines) - MOST_LINES))
