"""Flags: the commission acknowledges them and snoozes their steps, the body remarks on them.

Opening and closing is the clocks' work.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext_lazy as _

from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Body, CalendarDay, Flag, FlagRemark
from tracker.policies import accountable_body_id, require
from tracker.services import clocks, history

REMARK_LENGTH = 1000
TOO_LATE = _("This flag is closed or acknowledged by now.")


@transaction.atomic
def acknowledge(flag: Flag, *, note: str, by: Any, at: datetime, version: int | None = None) -> Flag:
    """Say that the commission has seen the flag, with what it will do. It stays open and its ladder goes on."""
    require(by, "flag.acknowledge", flag)
    rows = Flag.objects.open().filter(acknowledged_by__isnull=True)
    values = {"acknowledged_by": by, "acknowledged_at": at, "acknowledged_note": note.strip()}
    _claim(flag, rows, TOO_LATE, version=version, **values)
    history.record("flag.acknowledged", flag, by=by, at=at, task=flag.task, after={"note": note.strip()})
    return flag


def snooze(flag: Flag, *, until: date, reason: str, by: Any, at: datetime, version: int | None = None) -> Flag:
    """Stop the steps of an open flag until a day (exclusive end). The flag stands, and its lateness goes on.

    The policy of the flag says how many working days at most, counted from today in the flag's calendar.
    """
    require(by, "flag.snooze", flag)
    if not reason.strip():
        raise refuse(reason=_("A reason is needed: write it in a sentence."))
    _check_until(flag, until, today=local_day(at))
    with clocks.changing(flag.task, at=at):
        values = {"snoozed_until": until, "snoozed_reason": reason.strip(), "snoozed_by": by}
        rows = Flag.objects.open().filter(version=flag.version)
        _claim(flag, rows, _("This flag is closed or snoozed by now."), version=version, **values)
        after = {"clock": flag.clock, "snoozed_until": until}
        history.record("flag.snoozed", flag, by=by, at=at, task=flag.task, after=after, why=reason.strip())
    return flag


def unsnooze(flag: Flag, *, by: Any, at: datetime, version: int | None = None) -> Flag:
    """Let the steps of a snoozed flag go on from today."""
    require(by, "flag.snooze", flag)
    with clocks.changing(flag.task, at=at):
        before = history.values_of(flag, "clock", "snoozed_until")
        rows = Flag.objects.open().filter(snoozed_until__gt=local_day(at))
        values = {"snoozed_until": None, "snoozed_reason": "", "snoozed_by": None}
        _claim(flag, rows, _("This flag is closed, or not snoozed any more."), version=version, **values)
        history.record("flag.unsnoozed", flag, by=by, at=at, task=flag.task, before=before)
    return flag


@transaction.atomic
def remark(flag: Flag, *, text: str, by: Any, at: datetime, version: int = 0) -> FlagRemark:
    """Write what the accountable body says beside its open flag; it stands in place of an earlier remark, which stays.

    `version` is the number of the remark that was read, 0 for none; Stale where a colleague wrote another one.
    """
    require(by, "flag.remark", flag)
    if not text.strip():
        raise refuse(text=_("Write the remark: an empty one says nothing."))
    if len(text.strip()) > REMARK_LENGTH:
        raise refuse(text=_("A remark has %(most)d characters at most: shorten it.") % {"most": REMARK_LENGTH})
    rows = Flag.objects.select_for_update(of=("self",), no_key=True).filter(pk=flag.pk)
    if rows.get().closed_on is not None:
        raise Conflict(_("This flag is closed by now."))
    current = flag.remarks.aggregate(last=Max("number"))["last"] or 0
    if current != version:
        raise Stale(current)
    body = Body.objects.get(pk=accountable_body_id(by, flag.task) or 0)
    row = FlagRemark(flag=flag, number=current + 1, body=body, text=text.strip(), by=by, recorded_at=at)
    row.full_clean()
    row.save(force_insert=True)
    after = {"clock": flag.clock, "number": row.number, "body": body.code, "text": row.text}
    history.record("flag.remarked", flag, by=by, at=at, task=flag.task, after=after)
    return row


def _check_until(flag: Flag, until: date, *, today: date) -> None:
    if until <= today:
        raise refuse(until=_("A snooze must end later than today: give a later day."))
    days = CalendarDay.objects.filter(calendar=flag.calendar_version_id, day__in=(today, until))
    ordinals = list(days.order_by("day").values_list("ordinal", flat=True))
    most = flag.policy.snooze_max_days
    if len(ordinals) < 2 or ordinals[1] - ordinals[0] > most:
        message = _("The policy allows a snooze of %(days)d working days at most: give an earlier day.")
        raise refuse(until=message % {"days": most})


def _claim(flag: Flag, rows: Any, too_late: Any, *, version: int | None, **values: Any) -> None:
    """Change the flag if it is still among `rows`, in one UPDATE: of two who act at once, one does."""
    expected = rows.filter(pk=flag.pk) if version is None else rows.filter(pk=flag.pk, version=version)
    changed = expected.update(version=F("version") + 1, **values)
    flag.refresh_from_db(fields=[*values, "closed_on", "version"])
    if not changed:
        if version is not None and flag.version != version:
            raise Stale(flag.version)
        raise Conflict(too_late)
