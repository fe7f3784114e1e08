"""Writes the parts that a cascade gives: set-based, with the same rows, events and clocks as one task after the other.

The clocks of one part of each group that the rules treat alike are wound; the others are inserted with its days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import BigIntegerField, F, Value
from django.utils.translation import gettext_lazy as _

from tracker.boards.cascade_plan import Part
from tracker.boards.governing import Rules
from tracker.choices import DueRule, Role, Stage
from tracker.clock import local_day
from tracker.errors import refuse
from tracker.models import Cascade, Flag, Responsibility, StageChange, Task, TaskLevel
from tracker.models.many import insert_like
from tracker.models.statements import Batch, Insert, execute
from tracker.rules.text import fold
from tracker.services import clocks, history
from tracker.services.limits import COLUMNS
from tracker.services.matrix import CELL_FIELDS
from tracker.services.tasks import CREATED_FIELDS

LONGEST_CODE, LONGEST_TITLE = 60, 500
WOUND = ("unowned_since", *COLUMNS.values(), "next_check_on")
"""What the clocks write on a new task."""
SAME = (
    "resolution_id",
    "provision_id",
    "position",
    "kind",
    "title_vi",
    "title_en",
    "detail_vi",
    "detail_en",
    "target_groups",
    "derived_from_commentary",
    "source",
    "is_demo",
)
"""What a part takes over from the task above."""
OWN = ("code", "title_vi", "title_en", "folded", "due_on", "original_due_on")
Written = list[tuple[Part, int]]
"""Parts, each with the key of its task."""


def write(cascade: Cascade, parts: Sequence[Part], *, on: date, by: Any, at: datetime) -> list[int]:
    """Write `parts` of the cascade's task, assigned on `on`, with levels, cells, events and clocks; return their keys.

    Raises ValidationError where a code would be too long.
    """
    _check_codes(parts)
    writer = _Writer(cascade, on=on, by=by, at=at)
    if on != local_day(at):
        # What began in the past may have become late since, each part on a day of its own.
        ids = writer.write(parts)
        clocks.wind_now(ids, at=at, since=on)
        return ids
    groups = _groups(parts, Rules.on(on))
    firsts = writer.write([group[0] for group in groups])
    clocks.wind_now(firsts, at=at, since=on)
    wound = {row.pop("code"): row for row in Task.objects.filter(pk__in=firsts).values("code", *WOUND)}
    others = writer.write_like([(group[1:], wound[group[0].code]) for group in groups])
    if others and Flag.objects.filter(task__in=firsts).exists():
        clocks.wind_now(others, at=at, since=on)
    return firsts + others


def _check_codes(parts: Sequence[Part]) -> None:
    longest = max(parts, key=lambda part: len(part.code), default=None)
    if longest and len(longest.code) > LONGEST_CODE:
        raise refuse(
            whom=_("The code %(code)s would be longer than %(most)d signs: give the task above a shorter one.")
            % {"code": longest.code, "most": LONGEST_CODE}
        )


def _groups(parts: Iterable[Part], rules: Rules) -> list[list[Part]]:
    """The parts by what their clocks depend on: deadline, level, local calendars, and who holds the post until when."""
    found: dict[Any, list[Part]] = defaultdict(list)
    for part in parts:
        local = tuple(days.version_id for days in rules.locals if part.answers.path.startswith(days.path))
        answers = (part.is_held, part.changes) if part.post else None
        found[part.due_on, part.answers.level, local, answers].append(part)
    return list(found.values())


class _Writer:
    """The rows of one act, a few statements for any number of parts."""

    def __init__(self, cascade: Cascade, *, on: date, by: Any, at: datetime):
        self.cascade, self.on, self.by, self.at = cascade, on, by, at
        self.ranks = {row.level: row.accepted_ranks for row in cascade.task.levels.all()}

    def write(self, parts: Sequence[Part]) -> list[int]:
        return self.write_like([(parts, {})])

    def write_like(self, groups: Iterable[tuple[Sequence[Part], Mapping[str, Any]]]) -> list[int]:
        """Write groups of parts, each with the columns that its clocks have; return their keys."""
        written = [(part, key) for parts, wound in groups for part, key in self._tasks(parts, wound)]
        if not written:
            return []
        ids = [key for _part, key in written]
        tasks = Batch.of(ids).tasks(self.on)
        self._levels(written)
        execute(Insert(StageChange, self._stage(), tasks))
        self._record("task.created", tasks, CREATED_FIELDS)
        self._cells(written)
        self._record("responsibility.assigned", Responsibility.objects.filter(task__in=tasks.values("pk")), CELL_FIELDS)
        return ids

    def _record(self, kind: str, rows: Any, after: Sequence[str]) -> None:
        history.record_rows(kind, rows, by=self.by, at=self.at, on=self.on, after=after)

    def _tasks(self, parts: Sequence[Part], wound: Mapping[str, Any]) -> list[tuple[Part, int]]:
        pattern = self._pattern()
        for name, value in wound.items():
            setattr(pattern, name, value)
        rows = [_own(part, pattern) for part in parts]
        keys = {code: key for key, code in insert_like(pattern, OWN, rows, returning=("id", "code"))}
        return [(part, keys[part.code]) for part in parts]

    def _pattern(self) -> Task:
        """A part as far as all are alike: what the task above says of it, on its first day."""
        above = self.cascade.task
        part = Task(parent=above, assigned_on=self.on, recorded_at=self.at, stage=Stage.ASSIGNED)
        for name in SAME:
            setattr(part, name, getattr(above, name))
        part.stage_since = part.running_since = self.on
        if self.cascade.due_rule == DueRule.SAME:
            part.due_text, part.submit_by = above.due_text, above.submit_by
        return part

    def _levels(self, written: Written) -> None:
        levels = {part.answers.level for part, _key in written}
        for level in sorted(levels):
            rows = [(key,) for part, key in written if part.answers.level == level]
            insert_like(TaskLevel(level=level, accepted_ranks=self.ranks.get(level, [])), ("task_id",), rows)

    def _stage(self) -> dict[str, Any]:
        none = Value("")
        change = {"task": F("pk"), "from_stage": none, "to_stage": F("stage"), "on": F("assigned_on")}
        change |= {"recorded_at": Value(self.at), "reason": none, "document": none, "is_lapse": Value(False)}
        return change | {"by": Value(self.by.pk if self.by else None, output_field=BigIntegerField())}

    def _cells(self, written: Written) -> None:
        basis, source = self.cascade.document[:300], self.cascade.task.source
        pattern = Responsibility(valid_from=self.on, legal_basis=basis, source=source, recorded_at=self.at)
        rows = [(key, Role.ACCOUNTABLE.value, part.answers.pk, part.post) for part, key in written]
        rows += [(key, role, body, None) for part, key in written for role, body in part.cells]
        insert_like(pattern, ("task_id", "role", "body_id", "post_id"), rows)


def _own(part: Part, pattern: Task) -> tuple[Any, ...]:
    """What a part alone has, in the order of OWN."""
    vi, en = _titled(pattern.title_vi, part.answers.vi), _titled(pattern.title_en, part.answers.en)
    return part.code, vi, en, _folded(part.code, vi, en), part.due_on, part.due_on


def _titled(title: str, label: str) -> str:
    tail = f" – {label}"
    return f"{title[: LONGEST_TITLE - len(tail)]}{tail}"


def _folded(*texts: str) -> str:
    """What people search, as FoldedField derives it: word by word, because the words of one act are few."""
    return " ".join(filter(None, (_word(word) for text in texts for word in text.split())))


@lru_cache(maxsize=20_000)
def _word(word: str) -> str:
    return fold(word)
