"""The ripple of an instrument that ends, in whole or in part: every task that leans on it, and what becomes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker.boards.task_list import accountable_cells
from tracker.choices import EvidenceState
from tracker.models import Institutionalization, Instrument, Responsibility, TaskLevel
from tracker.models.evidence import level_is_covered
from tracker.rules.articles import Spans, carried, told, touch


class Fate(TextChoices):
    """What becomes of a level of a task when what it leans on ends."""

    LAPSES = "lapses", gettext_lazy("Open again")
    CARRIED = "carried", gettext_lazy("Open again, unless the successor is verified by then")
    CONTINUED = "continued", gettext_lazy("Covered by the successor")
    HELD = "held", gettext_lazy("Covered by another instrument")
    NOT_COUNTED = "not_counted", gettext_lazy("Did not count yet")


Pairs = Sequence[tuple[Spans, Spans]]
"""Which articles of the old instrument are continued by which of its successor."""


@dataclass(frozen=True)
class Leaning:
    """Evidence that is touched, what becomes of its level, and what the successor says instead (None: nothing)."""

    row: Institutionalization
    fate: Fate
    successor_spans: Spans | None
    cell: Responsibility | None

    @property
    def successor_text(self) -> str:
        """The articles of the successor in the reader's language; empty where it drops a part."""
        if self.successor_spans is None:
            return ""
        return told(self.successor_spans) or _("the whole instrument")


@dataclass(frozen=True)
class Ripple:
    rows: list[Leaning]

    @property
    def counts(self) -> list[tuple[Fate, int]]:
        """How many rows meet each fate, those that open tasks first."""
        found = Counter(row.fate for row in self.rows)
        return [(fate, found[fate]) for fate in Fate if found[fate]]

    @property
    def lapsing_tasks(self) -> int:
        """How many tasks are open again on the day, unless something is verified before."""
        return len({row.row.task_id for row in self.rows if row.fate in (Fate.LAPSES, Fate.CARRIED)})


def touched(instrument: Instrument, spans: Spans = ()) -> list[Institutionalization]:
    """Return the evidence that leans on these articles of `instrument` (none: on any), declared or verified. One query.

    Evidence that names no articles leans on all of them.
    """
    rows = instrument.institutionalizations.filter(
        state__in=(EvidenceState.DECLARED, EvidenceState.VERIFIED), ends_on__isnull=True
    )
    joined = rows.select_related("task__resolution", "instrument", "body").order_by("task__code", "level", "pk")
    return [row for row in joined if touch(spans, row.spans)]


def ripple(
    instrument: Instrument,
    *,
    on: date,
    today: date,
    spans: Spans = (),
    successor: Instrument | None = None,
    pairs: Pairs = (),
) -> Ripple:
    """Return what `instrument`, or these articles of it, leave behind when they end on `on`. Three queries, four with
    a successor.

    It is judged by what is known `today`. The caller has checked who may see the tasks.
    """
    rows, day = touched(instrument, spans), max(on, today)
    levels = _levels(rows, day)
    successors = _covered_by(successor, rows, day)
    cells = accountable_cells({row.task_id for row in rows}, day)
    found = []
    for row in rows:
        goes_on = carried(row.spans, pairs) if successor else None
        was, stays = levels.get((row.task_id, row.level), (False, False))
        fate = Fate.CARRIED if goes_on is not None else Fate.LAPSES
        if stays:
            fate = Fate.CONTINUED if (row.task_id, row.level) in successors else Fate.HELD
        found.append(Leaning(row, fate if was else Fate.NOT_COUNTED, goes_on, cells.get(row.task_id)))
    return Ripple(found)


Key = tuple[int, str]
"""A task and a level of it."""


def _levels(rows: Sequence[Institutionalization], day: date) -> dict[Key, tuple[bool, bool]]:
    """Whether each level of the tasks is covered on `day`, and whether it is without these rows."""
    levels = TaskLevel.objects.filter(task__in={row.task_id for row in rows})
    told = levels.annotate(was=level_is_covered(day), stays=level_is_covered(day, without=[row.pk for row in rows]))
    return {
        (task, level): (was, stays) for task, level, was, stays in told.values_list("task", "level", "was", "stays")
    }


def _covered_by(successor: Instrument | None, rows: Sequence[Institutionalization], day: date) -> set[Key]:
    if successor is None:
        return set()
    evidence = Institutionalization.objects.covering_on(day).filter(instrument=successor)
    return set(evidence.filter(task__in={row.task_id for row in rows}).values_list("task", "level"))
