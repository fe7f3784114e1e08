"""Disputes: a body says that a role is not its own, the matrix editor decides. The clocks go on meanwhile."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.choices import DisputeState, Role
from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Body, Dispute, Responsibility, Task
from tracker.policies import disputable_cells, require
from tracker.services import clocks, history, matrix, notices

FIELDS = ("cell", "body", "wanted_body", "answer_by")


def open_dispute(
    task: Task,
    *,
    cell: Responsibility,
    reason: str,
    answer_by: date,
    wanted_body: Body | None = None,
    by: Any,
    at: datetime,
) -> Dispute:
    """Dispute a role that a body of `by` holds in `task`, with the reason and the day by which it wants an answer.

    Raises ValidationError that names the field; Conflict where the role is disputed already.
    """
    require(by, "dispute.raise", task)
    with clocks.changing(task, at=at):
        raised = {"raised_by": by, "raised_on": local_day(at), "raised_at": at, "reason": reason.strip()}
        dispute = Dispute(task=task, cell=cell, body=cell.body, answer_by=answer_by, wanted_body=wanted_body, **raised)
        _check(dispute, by=by)
        dispute.full_clean(exclude=["raised_by"])
        dispute.save(force_insert=True)
        after = {**history.values_of(dispute, *FIELDS), "role": cell.role}
        history.record("dispute.raised", dispute, by=by, at=at, task=task, after=after, why=dispute.reason)
    return dispute


def _check(dispute: Dispute, *, by: Any) -> None:
    task, cell = dispute.task, dispute.cell
    if not task.is_open:
        raise refuse(task=_("This task is no longer open: it is %(stage)s.") % {"stage": task.get_stage_display()})
    if by is not None and not disputable_cells(by, task).filter(pk=cell.pk).exists():
        raise refuse(cell=_("A body disputes the roles that it holds itself: choose one of them."))
    if dispute.answer_by < dispute.raised_on:
        raise refuse(answer_by=_("This day has passed already: give today or a later day."))
    if dispute.wanted_body is not None and dispute.wanted_body.pk == dispute.body_id:
        raise refuse(wanted_body=_("This is your own body: name another one, or none."))
    if Dispute.objects.open().filter(cell=cell).exists():
        raise Conflict(_("This role is disputed already: the editor decides on it."))


def uphold(
    dispute: Dispute,
    *,
    moved_on: date,
    new_body: Body | None = None,
    legal_basis: str = "",
    note: str = "",
    by: Any,
    at: datetime,
    version: int | None = None,
) -> Dispute:
    """Decide that the body is right: its role ends on `moved_on`, from which day `new_body` holds it.

    An accountable role needs a new body, the others may end with none. Raises ValidationError that names the field.
    """
    require(by, "dispute.decide", dispute)
    with clocks.changing(dispute.task, at=at, cause=f"dispute:{dispute.pk}") as task:
        decision = {"new_body": new_body, "moved_on": moved_on}
        _decide(dispute, DisputeState.UPHELD, by=by, at=at, note=note, version=version, **decision)
        cell = Responsibility.objects.get(pk=dispute.cell_id)
        _check_move(cell, moved_on, new_body, at=at)
        matrix.end(cell, on=moved_on, by=by, at=at, why=note.strip() or dispute.reason)
        if new_body is not None:
            matrix.assign(task, body=new_body, role=Role(cell.role), on=moved_on, legal_basis=legal_basis, by=by, at=at)
    return dispute


def _check_move(cell: Responsibility, on: date, new_body: Body | None, *, at: datetime) -> None:
    if cell.valid_to is not None:
        raise Conflict(_("This role has ended by now: reject the dispute, or ask the body to take it back."))
    if on < local_day(at):
        raise refuse(moved_on=_("A role moves today or later: what was entered in error is corrected instead."))
    if on < cell.valid_from:
        raise refuse(moved_on=_("The role begins later: give its first day or a later one."))
    if new_body is None and cell.role == Role.ACCOUNTABLE:
        raise refuse(new_body=_("A task needs one accountable body: name the new one."))
    if new_body is not None and new_body.pk == cell.body_id:
        raise refuse(new_body=_("This is the body that disputes it: name another one."))
    if new_body is not None and not Body.objects.valid_on(on).filter(pk=new_body.pk).exists():
        raise refuse(new_body=_("This body does not exist on that day: name the one that took over from it."))
    held = Responsibility.objects.filter(task=cell.task_id, role=cell.role, body=new_body, valid_to__isnull=True)
    if new_body is not None and held.exists():
        raise refuse(new_body=_("This body already holds that role in this task."))


def reject(dispute: Dispute, *, note: str, by: Any, at: datetime, version: int | None = None) -> Dispute:
    """Decide that the role stays where it is, with the reasons."""
    require(by, "dispute.decide", dispute)
    if not note.strip():
        raise refuse(note=_("Say why, so that the body knows where it stands."))
    with clocks.changing(dispute.task, at=at, cause=f"dispute:{dispute.pk}"):
        _decide(dispute, DisputeState.REJECTED, by=by, at=at, note=note, version=version)
    return dispute


def withdraw(dispute: Dispute, *, note: str = "", by: Any, at: datetime, version: int | None = None) -> Dispute:
    """Take the dispute back, as the body that raised it."""
    require(by, "dispute.withdraw", dispute)
    with clocks.changing(dispute.task, at=at):
        _decide(dispute, DisputeState.WITHDRAWN, by=by, at=at, note=note, version=version)
    return dispute


def _decide(
    dispute: Dispute, state: DisputeState, *, by: Any, at: datetime, note: str, version: int | None, **decision: Any
) -> None:
    """Claim the dispute by one conditional UPDATE, record what was decided, and tell whoever raised it."""
    rows = Dispute.objects.open().filter(pk=dispute.pk)
    expected = rows if version is None else rows.filter(version=version)
    values = {"state": state, "decided_by": by, "decided_on": local_day(at), "decided_at": at, **decision}
    changed = expected.update(decision_note=note.strip(), version=F("version") + 1, **values)
    dispute.refresh_from_db(fields=[*values, "decision_note", "version"])
    if not changed:
        if version is not None and dispute.version != version:
            raise Stale(dispute.version)
        raise Conflict(_("This dispute has been decided by now."))
    after = history.values_of(dispute, "state", "body", "new_body", "moved_on")
    kind = f"dispute.{state}"
    history.record(kind, dispute, by=by, at=at, task=dispute.task, after=after, why=dispute.decision_note)
    if state != DisputeState.WITHDRAWN:
        notices.dispute_decided(dispute, at=at)
