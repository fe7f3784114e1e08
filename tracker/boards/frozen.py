"""Frozen reports: the rows that are frozen, a report read from them, and what changed since the one before."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, Value
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from tracker.boards import figures
from tracker.boards.four_cell import CellRow, Wanted, counted_tasks, grouped, labelled
from tracker.choices import ChangeWhy, ExtensionState, FieldStatus, Grouping, Role
from tracker.models import DeadlineMove, Extension, FrozenReport, Responsibility, StageChange, Task
from tracker.models.expressions import KeysOf
from tracker.rules.frozen import EXTENDED, Facts, StageFact, digest, reasons
from tracker.rules.status import FourCells

MOST_TASKS = 100_000
"""A report keeps the id of each task that it counts: about 800 KB for so many."""

LANGUAGES = ("vi", "en")


# What is frozen


def snapshot(user: Any, wanted: Wanted, by: str, *, is_now: bool) -> list[dict[str, Any]]:
    """Return the rows to freeze: each line in both languages with the ids of its tasks by cell.

    Numbers are not stored beside them: a line counts what it lists. Raises ValidationError over MOST_TASKS.
    """
    tasks = counted_tasks(user, wanted, is_now=is_now, with_body=by == Grouping.BODY)
    rows = grouped(tasks, by, wanted).values_list("group", "status_then", "extended_then", "pk").order_by("pk")
    held: defaultdict[Any, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, (group, status, is_extended, pk) in enumerate(rows.iterator(5000)):
        if number >= MOST_TASKS:
            raise ValidationError(_("A report can hold %(most)d tasks: narrow it.") % {"most": MOST_TASKS})
        held[group][status + EXTENDED if is_extended else status].append(pk)
    counts = {group: _counted(cells) for group, cells in held.items()}
    names = {language: _labelled(by, counts, wanted, language) for language in LANGUAGES}
    lines = figures.lines_of(user, names["vi"], by, wanted.day)
    groups = {row.key: row.group for row in names["vi"]}
    english = {row.key: row.label for row in names["en"]}
    return [_frozen_row(line, english[line.key], held[groups[line.key]]) for line in lines]


def _labelled(by: str, counts: dict[Any, Any], wanted: Wanted, language: str) -> list[CellRow]:
    with override(language):
        return labelled(by, counts, wanted)


def _counted(cells: dict[str, list[int]]) -> tuple[FourCells, FourCells]:
    every: Counter[str] = Counter()
    extended: Counter[str] = Counter()
    for name, ids in cells.items():
        every[name.removesuffix(EXTENDED)] += len(ids)
        if name.endswith(EXTENDED):
            extended[name.removesuffix(EXTENDED)] += len(ids)
    return FourCells(**every), FourCells(**extended)


def _frozen_row(line: figures.Line, english: str, tasks: dict[str, list[int]]) -> dict[str, Any]:
    row: dict[str, Any] = {"key": line.key, "vi": line.label, "en": english, "tasks": dict(tasks)}
    if line.median is not None:
        remarks = [{"task": remark.task, "text": remark.text, "on": remark.on} for remark in line.remarks]
        row |= {"rank": line.rank, "median": float(line.median), "remarks": remarks, "remark_count": line.remark_count}
    return row


def said(wanted: Wanted) -> dict[str, list[list[str]]]:
    """Return the filters in words of both languages."""
    found = {}
    for language in LANGUAGES:
        with override(language):
            found[language] = [list(pair) for pair in figures.said(wanted)]
    return found


def content_of(report: FrozenReport) -> dict[str, Any]:
    """Return what the hash of a report is of: all that it says, and the hash of the one before."""
    return {
        "number": report.number,
        "year": report.year,
        "body": report.body.code,
        "root": report.root.code if report.root else None,
        "day": report.day.isoformat(),
        "known_at": report.known_at.astimezone(UTC).isoformat(),
        "recorded_at": report.recorded_at.astimezone(UTC).isoformat(),
        "query": report.query,
        "said": report.said,
        "rows": report.rows,
        "remark": report.remark,
        "previous": report.previous.sha256 if report.previous else None,
    }


def is_intact(report: FrozenReport) -> bool:
    """Tell whether the report still says what it said when it was frozen."""
    return digest(content_of(report)) == report.sha256


# What is read from it


def report_of(frozen: FrozenReport) -> figures.Report:
    """Return the table of a frozen report in the reader's language. No query."""
    language = "en" if (get_language() or "vi").startswith("en") else "vi"
    lines = [_line(row, language) for row in frozen.rows]
    every: defaultdict[str, set[int]] = defaultdict(set)
    for row in frozen.rows:
        for name, ids in row["tasks"].items():
            every[name].update(ids)
    cells = _counted({name: sorted(ids) for name, ids in every.items()})
    return figures.Report(
        day=frozen.day,
        by=frozen.query["by"],
        filters=[(name, value) for name, value in frozen.said.get(language, [])],
        lines=lines,
        total=figures.Line("", _("All tasks"), *cells),
        made_at=frozen.recorded_at,
        symbol=frozen.symbol,
        sha256=frozen.sha256,
        remark=frozen.remark,
    )


def _line(row: dict[str, Any], language: str) -> figures.Line:
    more = {name: row[name] for name in ("rank", "median", "remark_count") if name in row}
    remarks = [figures.Remark(**remark) for remark in row.get("remarks", [])]
    return figures.Line(row["key"], row[language], *_counted(row["tasks"]), {}, remarks=remarks, **more)


# What changed since the one before


@dataclass(frozen=True, slots=True)
class Change:
    """A task that stands elsewhere than in the report before: in which cells then and now, and why."""

    task: int
    code: str
    title: str
    before: list[str]
    after: list[str]
    why: list[ChangeWhy]


def changes(report: FrozenReport) -> list[Change]:
    """Return each task that stands in another line or cell than in the report before, with why. Five queries.

    By the history that was not known in the earlier report and is in this one; none where there is no earlier report.
    """
    if report.previous is None:
        return []
    before, after = _places(report.previous), _places(report)
    moved = [pk for pk in {*before, *after} if before.get(pk) != after.get(pk)]
    if not moved:
        return []
    keys = KeysOf(Value(json.dumps(moved)))
    since = _Since(report.previous, report, keys)
    tasks = Task.objects.filter(pk__in=keys).order_by("resolution__code", "resolution_id", "position", "pk")
    return [
        _change(task, before.get(task.pk, set()), after.get(task.pk, set()), since) for task in tasks.defer("folded")
    ]


Places = set[tuple[str, str]]


def _places(report: FrozenReport) -> dict[int, Places]:
    """By task: in which lines and cells it stands."""
    found: defaultdict[int, Places] = defaultdict(set)
    for row in report.rows:
        for name, ids in row["tasks"].items():
            for pk in ids:
                found[pk].add((row["key"], name))
    return dict(found)


def _change(task: Task, before: Places, after: Places, since: _Since) -> Change:
    facts = Facts(
        before=_statuses(before),
        after=_statuses(after),
        earlier_on=since.earlier.day,
        assigned_on=task.assigned_on,
        is_entered_since=task.recorded_at >= since.earlier.known_at,
        stages=since.stages[task.pk],
        is_extended=task.pk in since.extended,
        is_moved=task.pk in since.moved,
        has_other_body=task.pk in since.given,
    )
    return Change(task.pk, task.code, task.title, _names(before), _names(after), reasons(facts))


def _statuses(places: Places) -> frozenset[str]:
    return frozenset(name.removesuffix(EXTENDED) for _key, name in places)


def _names(places: Places) -> list[str]:
    """The cells in words, in the order of the reports."""
    found = _statuses(places)
    is_extended = any(name.endswith(EXTENDED) for _key, name in places)
    after = f" ({_('after an extension')})" if is_extended else ""
    return [f"{status.label}{after}" for status in FieldStatus if status in found]


class _Since:
    """What happened to the tasks `keys` between two reports. Four queries."""

    def __init__(self, earlier: FrozenReport, later: FrozenReport, keys: Any):
        self.earlier, self.later = earlier, later
        of = {"task__in": keys}
        stages = StageChange.objects.filter(self._between("on", "recorded_at"), **of).order_by("recorded_at", "id")
        self.stages: defaultdict[int, list[StageFact]] = defaultdict(list)
        for pk, left, reached, on, is_lapse in stages.values_list("task", "from_stage", "to_stage", "on", "is_lapse"):
            self.stages[pk].append(StageFact(left, reached, on, is_lapse))
        granted = Extension.objects.filter(
            self._between("decided_on", "decided_at"), state=ExtensionState.GRANTED, **of
        )
        self.extended = set(granted.values_list("task", flat=True))
        moves = DeadlineMove.objects.filter(self._between("on", "recorded_at"), **of)
        self.moved = set(moves.order_by().values_list("task", flat=True))
        cells = Responsibility.objects.filter(role=Role.ACCOUNTABLE, **of)
        dated = self._between("valid_from", "recorded_at") | self._between("valid_to", "end_recorded_at")
        self.given = set(cells.filter(dated).order_by().values_list("task", flat=True))

    def _between(self, on: str, at: str) -> Q:
        """What was not known in the earlier report and is in the later one."""
        new = Q(**{f"{on}__gt": self.earlier.day}) | Q(**{f"{at}__gte": self.earlier.known_at})
        return new & Q(**{f"{on}__lte": self.later.day, f"{at}__lt": self.later.known_at})


def counted_reasons(found: Iterable[Change]) -> list[tuple[ChangeWhy, int]]:
    """Return how many tasks changed for each reason, the most frequent first."""
    return Counter(why for change in found for why in change.why).most_common()
