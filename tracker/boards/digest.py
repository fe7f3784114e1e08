"""What one person has not been told yet, grouped by what they can do about it. Decides nothing and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tracker.boards.reasons import why
from tracker.choices import COMMISSION_CLOCKS, Addressee, Clock
from tracker.models import CalendarDay, Flag, StepRecipient, Task

MOST_ROWS = 5000
"""Steps in one digest; what is left is told on the next working day."""

MOST_ENTRIES = 30
"""Tasks written out a group; the rest is a number, and the pages have them."""


class Group(IntEnum):
    """What the reader can do, the most pressing first; the numbers are the order."""

    LATE = 1
    DECIDE = 2
    UNOWNED = 3
    SOON = 4
    WATCH = 5


TITLES = {
    Group.LATE: gettext_lazy("Yours and late"),
    Group.DECIDE: gettext_lazy("Your decision is waited for"),
    Group.UNOWNED: gettext_lazy("Nobody answers for these"),
    Group.SOON: gettext_lazy("Yours and due soon"),
    Group.WATCH: gettext_lazy("For you to supervise"),
}
ADVICE = {
    Group.LATE: gettext_lazy("Report what was done, ask for more time, or say on whom the task waits."),
    Group.DECIDE: gettext_lazy(
        "Somebody submitted, declared or asked for something, and can only go on once it is decided."
    ),
    Group.UNOWNED: gettext_lazy("Have a body named that answers, or the vacant post filled."),
    Group.SOON: gettext_lazy("Nothing is late yet."),
    Group.WATCH: gettext_lazy("Others answer for these tasks. You are told because the reminders have climbed to you."),
}
OWN = (Addressee.HOLDER, Addressee.HEAD)


@dataclass(frozen=True, slots=True)
class Line:
    """One flag: why it stands and, as sentences, since when, which step this is, and over whose place it climbed."""

    flag: Flag
    why: str
    when: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One task with its flags, the longest late first."""

    task: Task
    lines: list[Line]

    @property
    def title(self) -> str:
        """On one line: a break in it must not look like the next task."""
        return " ".join(self.task.title.split())


@dataclass(frozen=True, slots=True)
class Part:
    """One group with its tasks, the longest late first; `more` says how many are not written out."""

    group: Group
    entries: list[Entry]
    more: int

    @property
    def title(self) -> str:
        return str(TITLES[self.group])

    @property
    def advice(self) -> str:
        return str(ADVICE[self.group])

    @property
    def count(self) -> int:
        return len(self.entries) + self.more


@dataclass(frozen=True, slots=True)
class Digest:
    """`count` is the number of tasks; one may be in several groups.

    `row_ids` are the StepRecipient rows that it settles, also of flags that closed meanwhile and are not shown.
    """

    parts: list[Part]
    row_ids: list[int]
    count: int


def digest_of(user: Any, day: date) -> Digest:
    """Return what `user` has not been told by `day`, in the active language. Three queries, whatever the number.

    A flag is one line, by its latest step, and the flags of a task are together. Left out are flags that have closed,
    and tasks that the person may not read any more.
    """
    untold = StepRecipient.objects.filter(user=user, digest__isnull=True).order_by("pk")
    fields = ("pk", "step__flag", "step__due_on", "step__number", "step__addressee", "step__reached")
    rows = list(untold.values_list(*fields)[:MOST_ROWS])
    latest: dict[int, Any] = {}
    for row in sorted(rows, key=lambda row: (row[2], row[3])):
        latest[row[1]] = row
    flags = _open_flags(user, day, list(latest)) if rows else []
    groups: dict[Group, dict[int, Entry]] = {}
    for flag in flags:
        _pk, _flag, _on, number, addressee, reached = latest[flag.pk]
        entries = groups.setdefault(_group(flag, reached, day), {})
        entry = entries.setdefault(flag.task_id, Entry(flag.task, []))
        entry.lines.append(Line(flag, why(flag), _when(flag, day, number, addressee if reached != addressee else "")))
    parts = [_part(group, list(groups[group].values())) for group in Group if group in groups]
    return Digest(parts, [row[0] for row in rows], len({flag.task_id for flag in flags}))


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


def _when(flag: Any, day: date, number: int, vacant: str) -> str:
    """Three sentences at most. `flag.days` are working days after the last day in time; below 0 they are left."""
    words = _("Late since %(since)s: %(days)s.")
    if not flag.is_late_on(day):
        words = _("Last day in time: %(on)s, %(days)s left.")
    said = [words % {"since": _short(flag.since), "on": _short(flag.limit_on), "days": _workdays(abs(flag.days))}]
    said.append(_("Step %(step)s.") % {"step": number})
    if vacant:
        place = Addressee(vacant).label
        said.append(
            _("Nobody was there for whom it was meant (“%(place)s”), so it has come to you.") % {"place": place}
        )
    return " ".join(said)


def _workdays(number: int) -> str:
    return ngettext("%(n)d working day", "%(n)d working days", number) % {"n": number}


def _short(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def _part(group: Group, entries: list[Entry]) -> Part:
    return Part(group, entries[:MOST_ENTRIES], max(0, len(entries) - MOST_ENTRIES))
