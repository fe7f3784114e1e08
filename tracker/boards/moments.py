"""The time line of one task: stages, deadlines, flags and instruments, merged in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tracker.choices import EvidenceState, Stage
from tracker.models import Flag, Institutionalization, Instrument, Task


@dataclass(frozen=True)
class Moment:
    """Something that happened, or will, on a day. `tone` is the colour of its dot, never its only sign."""

    on: date
    tone: str
    title: str
    detail: str = ""
    is_ahead: bool = False


TONES = {Stage.INSTITUTIONALIZED: "done", Stage.SUSPENDED: "risk", Stage.WITHDRAWN: "idle"}


def moments(
    task: Task, *, flags: Iterable[Flag], evidence: Iterable[Institutionalization], today: date
) -> list[Moment]:
    """Return the time line of `task`, oldest first. One query (the changes of stage)."""
    found = [*_stages(task), *_deadlines(task, today), *_flags(flags), *_evidence(evidence)]
    return sorted((_dated(moment, today) for moment in found), key=lambda moment: moment.on)


def _dated(moment: Moment, today: date) -> Moment:
    return Moment(moment.on, moment.tone, moment.title, moment.detail, is_ahead=moment.on > today)


def _stages(task: Task) -> Iterator[Moment]:
    changes = list(task.stage_changes.all())
    wrong = {change.corrects_id for change in changes}
    for change in changes:
        if change.pk in wrong:
            title = _("%(stage)s: entered in error, corrected") % {"stage": change.get_to_stage_display()}
            yield Moment(change.on, "idle", title, change.reason)
            continue
        tone = "late" if change.is_lapse else TONES.get(Stage(change.to_stage), "ok")
        title = _("Lapsed: open again") if change.is_lapse else str(change.get_to_stage_display())
        yield Moment(change.on, tone, title, " · ".join(filter(None, (change.document, change.reason))))


def _deadlines(task: Task, today: date) -> Iterator[Moment]:
    if task.original_due_on and task.has_moved_deadline:
        yield Moment(task.original_due_on, "idle", _("Original deadline"))
    if task.due_on:
        is_missed = task.due_on < (task.done_on or today)
        yield Moment(task.due_on, "late" if is_missed else "ok", _("Deadline"), task.due_text)
    elif task.effective_due_on and not task.done_on:
        tone = "late" if task.effective_due_on < today else "ok"
        yield Moment(task.effective_due_on, tone, _("Deadline by the age rule of the policy"))
    if task.suspended_until and task.stage == Stage.SUSPENDED:
        yield Moment(task.suspended_until, "risk", _("The suspension ends"))


def _flags(flags: Iterable[Flag]) -> Iterator[Moment]:
    for flag in flags:
        if flag.closed_on and flag.closed_on < flag.since:  # only a reminder: it was never late
            continue
        yield Moment(flag.since, "late", _("Flag: %(clock)s") % {"clock": flag.get_clock_display()})
        if flag.closed_on:
            yield Moment(flag.closed_on, "idle", _("Flag closed: %(clock)s") % {"clock": flag.get_clock_display()})


def _evidence(evidence: Iterable[Institutionalization]) -> Iterator[Moment]:
    for row in evidence:
        names: dict[str, Any] = {"number": row.instrument.number, "level": row.get_level_display()}
        if row.state == EvidenceState.VERIFIED and row.verified_on:
            yield Moment(row.verified_on, "done", _("Evidence verified: %(number)s (%(level)s)") % names)
        elif row.state == EvidenceState.DECLARED:
            yield Moment(row.declared_on, "ok", _("Evidence declared: %(number)s (%(level)s)") % names)
        if row.stale_since:
            yield Moment(row.stale_since, "late", _("Changed since it was verified: %(number)s (%(level)s)") % names)
        if row.ends_on:
            text = _("%(number)s no longer holds in what it covered") % names
            yield Moment(row.ends_on, "late", text, _ended_by(row.ended_by))
        if row.instrument.ends_on:
            text = _("%(number)s no longer in force") % names
            yield Moment(row.instrument.ends_on, "late", text, _ended_by(row.instrument.ended_by))


def _ended_by(instrument: Instrument | None) -> str:
    return _("ended by %(number)s") % {"number": instrument.number} if instrument else ""
