"""A task given to many units in one act, to those that come later, and what an editor says of them."""

from __future__ import annotations

import copy
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.boards import cascades as board
from tracker.boards.cascade_plan import Plan, plan
from tracker.choices import BodyKind, DueRule, Joining, PartRole, TaskKind, Whom
from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Body, CalendarDay, Cascade, CascadeBody
from tracker.models.tasks import CLOSED_STAGES
from tracker.policies import require
from tracker.services import clocks, history, parts, rules_lock

FIELDS = ("whom", "level", "kind", "words", "below", "roles", "due_rule", "due_days", "due_on", "joining", "document")
logger = logging.getLogger(__name__)


def preview(
    cascade: Cascade, *, listed: Sequence[Body] = (), left_out: Sequence[Body] = (), by: Any, at: datetime
) -> Plan:
    """Return what `give` would do. Raises ValidationError as `give`. Writes nothing."""
    require(by, "matrix.edit", cascade.task)
    _check(cascade, local_day(at))
    _check_named(cascade, listed, left_out)
    return plan(cascade, listed=_keys(listed), left_out=_keys(left_out), day=cascade.on)


@transaction.atomic
def give(
    cascade: Cascade,
    *,
    listed: Sequence[Body] = (),
    left_out: Sequence[Body] = (),
    seal: str = "",
    by: Any,
    at: datetime,
    version: int | None = None,
) -> Cascade:
    """Give the task of `cascade` to every unit that it is for and that has no part yet, in one act.

    `listed` are the bodies of a chosen list, `left_out` those that it passes over for good. `seal` binds it to a
    preview: Conflict where something else would be given by now. Raises ValidationError that names the field.
    """
    task = cascade.task
    require(by, "matrix.edit", task)
    rules_lock.read()
    with clocks.changing(task, at=at, version=version):
        _check(cascade, local_day(at))
        _check_named(cascade, listed, left_out)
        planned = plan(cascade, listed=_keys(listed), left_out=_keys(left_out), day=cascade.on)
        _need(planned, seal, "whom")
        cascade.by, cascade.recorded_at = by, at
        cascade.save(force_insert=True)
        _name(cascade, listed, left_out)
        _told(cascade, "task.cascaded", planned, by=by, at=at)
        parts.write(cascade, planned.parts, on=cascade.on, by=by, at=at)
    return cascade


def _keys(bodies: Iterable[Body]) -> frozenset[int]:
    return frozenset(body.pk for body in bodies)


def _check(cascade: Cascade, today: date) -> None:
    """Raise ValidationError for what no preview could show."""
    task = cascade.task
    if task.kind == TaskKind.OBJECTIVE:
        raise refuse(whom=_("An objective or principle is carried out by nobody: it is not cascaded."))
    if task.stage in CLOSED_STAGES:
        raise refuse(whom=_("This cannot be decided now: the task is %(stage)s.") % {"stage": task.get_stage_display()})
    if not task.assigned_on <= cascade.on <= today:
        raise refuse(on=_("Give a day from %(day)s to today.") % {"day": task.assigned_on.strftime("%d/%m/%Y")})
    if cascade.kind in (BodyKind.SYSTEM, BodyKind.GROUP):
        raise refuse(kind=_("Nobody answers for a system or a group: choose another kind of body."))
    if unknown := sorted(set(cascade.roles) - set(PartRole.values)):
        raise refuse(roles=_("“%(value)s” is not one of the choices: take one from the list.") % {"value": unknown[0]})
    _check_deadline(cascade)
    cascade.clean_fields(exclude=["by", "recorded_at", "roles"])
    cascade.validate_constraints()


def _check_deadline(cascade: Cascade) -> None:
    if cascade.task.kind != TaskKind.DUTY and cascade.due_rule != DueRule.SAME:
        raise refuse(due_rule=_("A standing duty has no deadline: leave it as in the task above."))
    if cascade.due_rule in (DueRule.WORKING, DueRule.CALENDAR) and not cascade.due_days:
        raise refuse(due_days=_("Give the number of days, from 1 to 3660."))
    if cascade.due_rule == DueRule.FIXED and cascade.due_on is None:
        raise refuse(due_on=_("Give the fixed day."))


def _need(planned: Plan, seal: str, field: str) -> None:
    if seal and seal != planned.seal:
        raise Conflict(_("Something else would be given now than you saw: look at it again."))
    if not planned.parts:
        raise refuse(**{field: _("No unit is left that could get a part of the task.")})
    beyond = {part.due_on for part in planned.parts if part.due_on} - _countable(planned)
    if beyond:
        raise refuse(due_rule=_("The calendar does not reach this day: extend it or give another day."))


def _countable(planned: Plan) -> set[date]:
    days = {part.due_on for part in planned.parts if part.due_on}
    return set(CalendarDay.objects.filter(day__in=days).values_list("day", flat=True)) if days else set()


def _check_named(cascade: Cascade, listed: Sequence[Body], left_out: Sequence[Body]) -> None:
    if cascade.whom == Whom.LIST and not listed:
        raise refuse(listed=_("Name at least one body."))
    if twice := _keys(listed) & _keys(left_out):
        code = next(body.code for body in left_out if body.pk in twice)
        raise refuse(left_out=_("%(code)s is listed and left out: do one or the other.") % {"code": code})


def _name(cascade: Cascade, listed: Sequence[Body], left_out: Sequence[Body]) -> None:
    rows = [CascadeBody(cascade=cascade, body_id=key) for key in sorted(_keys(listed))]
    rows += [CascadeBody(cascade=cascade, body_id=key, is_left_out=True) for key in sorted(_keys(left_out))]
    CascadeBody.objects.bulk_create(rows)


def _told(cascade: Cascade, kind: str, planned: Plan, *, by: Any, at: datetime) -> None:
    after = history.values_of(cascade, *FIELDS) | {"units": len(planned.parts)}
    history.record(kind, cascade, by=by, at=at, on=cascade.on, task=cascade.task, after=after, why=cascade.document)


@transaction.atomic
def add(
    cascade: Cascade,
    *,
    units: Collection[int] | None = None,
    due_on: date | None = None,
    by: Any,
    at: datetime,
    version: int | None = None,
) -> int:
    """Give parts to units that have none, all of them or those with the keys `units`; returns how many got one.

    They are assigned today, by the rule of the cascade or until `due_on`. Raises ValidationError as `give`.
    """
    require(by, "matrix.edit", cascade.task)
    rules_lock.read()
    _take(cascade, version)
    listed, left_out = board.named_in([cascade])[cascade.pk]
    given = _from_today(cascade, local_day(at), due_on)
    with clocks.changing(given.task, at=at):
        _check(given, given.on)
        planned = _only(plan(given, listed=listed, left_out=left_out, day=given.on), units)
        _need(planned, "", "units")
        _told(given, "task.cascade_joined", planned, by=by, at=at)
        parts.write(given, planned.parts, on=given.on, by=by, at=at)
    return len(planned.parts)


def _take(cascade: Cascade, version: int | None) -> None:
    rows = Cascade.objects.filter(pk=cascade.pk)
    expected = rows if version is None else rows.filter(version=version)
    if not expected.update(version=F("version") + 1):
        raise Stale(rows.values_list("version", flat=True).get())
    cascade.refresh_from_db(fields=["version"])


def _from_today(cascade: Cascade, today: date, due_on: date | None) -> Cascade:
    """The cascade as it gives today; `due_on` stands instead of its own rule."""
    given = copy.copy(cascade)
    given.on = today
    if due_on is not None:
        given.due_rule, given.due_days, given.due_on = DueRule.FIXED, None, due_on
    return given


def _only(planned: Plan, units: Collection[int] | None) -> Plan:
    if units is None:
        return planned
    return replace(planned, parts=[part for part in planned.parts if part.unit.pk in set(units)])


@transaction.atomic
def leave_out(cascade: Cascade, units: Collection[int], *, by: Any, at: datetime, version: int | None = None) -> None:
    """Pass over units without a part for good: they are neither offered nor found missing any more."""
    require(by, "matrix.edit", cascade.task)
    if not units:
        raise refuse(units=_("Choose at least one unit."))
    _take(cascade, version)
    CascadeBody.objects.filter(cascade=cascade, body__in=units).update(is_left_out=True)
    known = set(cascade.named.values_list("body", flat=True))
    new = sorted(set(units) - known)
    CascadeBody.objects.bulk_create(CascadeBody(cascade=cascade, body_id=key, is_left_out=True) for key in new)
    codes = list(Body.objects.filter(pk__in=units).order_by("code").values_list("code", flat=True))
    history.record("task.cascade_left_out", cascade, by=by, at=at, task=cascade.task, after={"left_out": codes})


@transaction.atomic
def set_joining(cascade: Cascade, joining: str, *, by: Any, at: datetime, version: int | None = None) -> None:
    """Say what becomes of units that come later and have no part."""
    require(by, "matrix.edit", cascade.task)
    _take(cascade, version)
    before = {"joining": cascade.joining}
    cascade.joining = Joining(joining)
    cascade.save(update_fields=["joining"])
    after = {"joining": cascade.joining}
    history.record("task.cascade_joining", cascade, by=by, at=at, task=cascade.task, before=before, after=after)


def add_by_rule(*, at: datetime) -> int:
    """Give their parts to the units that came later, where the cascade says so; return how many got one.

    What stands against one cascade leaves the others alone: its units are still offered on its page.
    """
    rows = Cascade.objects.standing().filter(joining=Joining.ADD).exclude(task__stage__in=CLOSED_STAGES)
    cascades = list(rows.select_related("task__resolution__issuer", "below"))
    lacking = board.missing(cascades, local_day(at))
    return sum(_add_by_rule(cascade, at=at) for cascade in cascades if lacking[cascade.pk].every)


def _add_by_rule(cascade: Cascade, *, at: datetime) -> int:
    try:
        return add(cascade, by=None, at=at)
    except (ValidationError, *clocks.BREAKS) as error:
        logger.warning("Units could not join cascade %s of task %s: %s", cascade.pk, cascade.task.code, error)
        return 0
