"""More time: asked for by the accountable body in a letter, granted or refused by the commission.

Nothing else moves a deadline, but a suspension whose document says so. Source: rulings.md, Flags and ladder.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.choices import ExtensionState, Stage, TaskKind
from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Body, Extension, Task
from tracker.policies import require
from tracker.services import clocks, deadlines, history, notices

ENDED = (Stage.INSTITUTIONALIZED, Stage.WITHDRAWN)


def ask(
    task: Task,
    *,
    body: Body,
    letter_number: str,
    letter_on: date,
    signer: str,
    reason: str,
    wanted_on: date,
    by: Any,
    at: datetime,
) -> Extension:
    """Ask for more time on an open duty, before its deadline or after it. From now on the ball is the commission's.

    Raises ValidationError that names the field; Conflict where a request on this task awaits its decision already.
    """
    require(by, "extension.ask", task)
    with clocks.changing(task, at=at):
        extension = Extension(
            task=task,
            body=body,
            asked_by=by,
            asked_on=local_day(at),
            asked_at=at,
            letter_number=letter_number.strip(),
            letter_on=letter_on,
            signer=signer.strip(),
            reason=reason.strip(),
            due_on_before=task.effective_due_on,
            wanted_on=wanted_on,
        )
        _check(extension)
        extension.full_clean(exclude=["asked_by"])
        extension.save(force_insert=True)
        after = history.values_of(extension, "body", "letter_number", "letter_on", "due_on_before", "wanted_on")
        history.record("extension.asked", extension, by=by, at=at, task=task, after=after, why=extension.reason)
    return extension


def _check(extension: Extension) -> None:
    task = extension.task
    if task.kind != TaskKind.DUTY:
        raise refuse(task=_("A standing duty has no deadline: there is nothing to extend."))
    if not task.is_open:
        raise refuse(task=_("This task is no longer open: it is %(stage)s.") % {"stage": task.get_stage_display()})
    if Extension.objects.awaiting_decision().filter(task=task).exists():
        raise Conflict(_("A request for more time on this task awaits its decision already."))
    if not deadlines.accountable_is(task, extension.body, on=extension.asked_on):
        raise refuse(body=_("Only the body that is accountable for the task asks for more time."))
    if extension.letter_on > extension.asked_on:
        raise refuse(letter_on=_("The letter is dated later than today: check its date."))
    deadlines.check_later(task, extension.wanted_on, today=extension.asked_on, field="wanted_on")


def grant(
    extension: Extension,
    *,
    due_on: date,
    decision_number: str,
    note: str = "",
    by: Any,
    at: datetime,
    version: int | None = None,
) -> Extension:
    """Grant more time, until the day that was asked for or another one. The deadline moves; what was late stays late.

    Of two who decide at once one does, the other gets Conflict; Stale where `version` is no longer the current one.
    """
    require(by, "extension.decide", extension)
    if not decision_number.strip():
        raise refuse(decision_number=_("Give the number of the decision that grants it."))
    with clocks.changing(extension.task, at=at, cause=f"extension:{extension.pk}") as task:
        decision = {"granted_on": due_on, "decision_number": decision_number.strip()}
        _decide(extension, ExtensionState.GRANTED, by=by, at=at, note=note, version=version, **decision)
        if task.stage in ENDED:
            raise Conflict(_("This task is no longer open: it is %(stage)s.") % {"stage": task.get_stage_display()})
        deadlines.check_later(task, due_on, today=local_day(at), field="due_on")
        task.extension_count += 1
        task.save(update_fields=["extension_count"])
        deadlines.move(task, due_on, original=extension.due_on_before, by=by, at=at, why=decision_number.strip())
        _tell(extension, by=by, at=at)
    return extension


def refuse_(
    extension: Extension,
    *,
    note: str,
    decision_number: str = "",
    by: Any,
    at: datetime,
    version: int | None = None,
) -> Extension:
    """Refuse more time, with the reason. The request stays and so does the deadline."""
    require(by, "extension.decide", extension)
    if not note.strip():
        raise refuse(note=_("Say why, so that the body knows what to do."))
    with clocks.changing(extension.task, at=at, cause=f"extension:{extension.pk}"):
        decision = {"decision_number": decision_number.strip()}
        _decide(extension, ExtensionState.REFUSED, by=by, at=at, note=note, version=version, **decision)
        _tell(extension, by=by, at=at)
    return extension


def _decide(
    extension: Extension,
    state: ExtensionState,
    *,
    by: Any,
    at: datetime,
    note: str,
    version: int | None,
    **decision: Any,
) -> None:
    """Claim the request by one conditional UPDATE and record what was decided."""
    rows = Extension.objects.awaiting_decision().filter(pk=extension.pk)
    expected = rows if version is None else rows.filter(version=version)
    values = {"state": state, "decided_by": by, "decided_on": local_day(at), "decided_at": at, **decision}
    if not expected.update(decision_note=note.strip(), version=F("version") + 1, **values):
        extension.refresh_from_db()
        if version is not None and extension.version != version:
            raise Stale(extension.version)
        raise Conflict(_("This request has been decided by now."))
    extension.refresh_from_db(fields=[*values, "decision_note", "version"])
    after = history.values_of(extension, "state", "granted_on", "decision_number")
    kind = f"extension.{state}"
    history.record(kind, extension, by=by, at=at, task=extension.task, after=after, why=extension.decision_note)


def _tell(extension: Extension, *, by: Any, at: datetime) -> None:
    """The one place where the decision is told to whoever asked, in the transaction of the decision."""
    notices.extension_decided(extension, at=at)
