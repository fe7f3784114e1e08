"""What a row of the file would change in the task that it is."""

from __future__ import annotations

from typing import Any

from tracker.rules.annex.draft import Draft
from tracker.rules.annex.issues import ERROR
from tracker.rules.annex.matching import answer
from tracker.rules.annex.questions import Asked, row_issue
from tracker.rules.annex.register import KnownTask

KEEP, CORRECT = "keep", "correct"
Change = dict[str, Any]


def changes_of(draft: Draft, task: KnownTask, asked: Asked) -> list[Change]:
    """Return the changes, each with what is now and what will be; none where the file says what is entered.

    Only what the file has a column for is compared. A deadline is never moved by a file: it is kept, or corrected as
    entered in error, as somebody says.
    """
    changes = [*_words(draft, task), *_cells(draft, task), *_deadline(draft, task, asked)]
    if changes and not task.is_open:
        answer(draft, row_issue(draft.line, "closed", ERROR, task=task.code), asked)
        return []
    return changes


def _words(draft: Draft, task: KnownTask) -> list[Change]:
    pairs = [("title", task.title, draft.title)]
    if draft.detail:
        pairs.append(("detail", task.detail, draft.detail))
    if draft.kind == task.kind == "standing":
        pairs.append(("due_text", task.due_text, draft.due_text))
    return [{"what": what, "old": old, "new": new} for what, old, new in pairs if old != new]


def _cells(draft: Draft, task: KnownTask) -> list[Change]:
    """An accountable body is replaced by another one, and ended by none; without a column of theirs none are ended."""
    changes = []
    columns = draft.line.layout.meanings if draft.line.layout else set()
    for role, bodies in draft.roles.items():
        held, has_column = task.cells.get(role, ()), role in columns
        added = [pk for pk in bodies if pk not in held]
        ended = [pk for pk in held if pk not in bodies] if has_column else []
        if role in draft.unsettled or not (added or ended) or (role == "A" and (not bodies or not has_column)):
            continue
        changes.append({"what": "cells", "role": role, "added": added, "ended": ended})
    return changes


def _deadline(draft: Draft, task: KnownTask, asked: Asked) -> list[Change]:
    if "due" in draft.unsettled:
        return []
    if draft.kind != task.kind:
        kinds = {"old": task.kind, "new": draft.kind}
        answer(
            draft, row_issue(draft.line, "kind_differs", offers=(KEEP,), at=draft.line.at("deadline"), **kinds), asked
        )
        return []
    if draft.due_on == task.due_on or (draft.due_on and draft.due_on == task.original_due_on):
        return []
    days = {"old": _day(task.due_on), "new": _day(draft.due_on)}
    code, offers = ("due_moved", (KEEP,)) if task.is_moved else ("due_differs", (KEEP, CORRECT))
    issue = row_issue(draft.line, code, offers=offers, at=draft.line.at("deadline"), **days)
    if answer(draft, issue, asked) == CORRECT:
        return [{"what": "due", "old": days["old"], "new": days["new"]}]
    return []


def _day(day: Any) -> str:
    return f"{day:%d/%m/%Y}" if day else "—"
