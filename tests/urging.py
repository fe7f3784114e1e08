"""What the tests of urging share: late tasks with their flags, made as rows, and letters issued about them."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

from accounts.models import User
from tests.builders import make_body, make_resolution, noon
from tests.working import TODAY
from tracker.choices import Clock, Role
from tracker.exchange.letters import as_docx
from tracker.models import (
    Body,
    Calendar,
    CalendarDay,
    CalendarVersion,
    Flag,
    Policy,
    Resolution,
    Responsibility,
    Task,
    Urging,
)
from tracker.services import urgings

START = date(2026, 1, 5)
FIRST, LAST = date(2026, 1, 1), date(2027, 3, 31)
ANSWER_BY = TODAY + timedelta(days=7)
SIGNED = {"place": "Hà Nội", "signer_title": "Trưởng ban", "signer_name": "Trần Thị Thử"}
_numbers = itertools.count(1)


def make_days() -> CalendarVersion:
    """A calendar of weeks: Monday to Friday are worked."""
    calendar, _made = Calendar.objects.get_or_create(code="VN", defaults={"name_vi": "Lịch", "name_en": "Calendar"})
    if version := calendar.versions.first():
        return version
    version = CalendarVersion.objects.create(calendar=calendar, valid_from=FIRST, applied_at=noon(FIRST))
    every = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    ordinals = itertools.accumulate(day.weekday() < 5 for day in every)
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar=version, day=day, is_working=day.weekday() < 5, ordinal=ordinal)
        for day, ordinal in zip(every, ordinals, strict=True)
    )
    return version


def _policy(version: CalendarVersion) -> Policy:
    facts = {"calendar": version.calendar, "valid_from": FIRST, "applied_at": noon(FIRST)}
    return Policy.objects.get_or_create(code="default", defaults=facts)[0]


def make_late(
    body: Body | None = None, *, clock: Clock = Clock.DUE, late: int = 20, day: date = TODAY, **facts: Any
) -> Flag:
    """A flag that is late for `late` calendar days on `day`, of a new task of `body` (False: of nobody)."""
    number = next(_numbers)
    limit = day - timedelta(days=late)
    values = {
        "code": f"U{number}",
        "resolution": Resolution.objects.first() or make_resolution(signed_on=date(2013, 6, 3)),
        "title_vi": f"Nhiệm vụ chậm {number}",
        "title_en": f"Late task {number}",
        "assigned_on": START,
        "stage_since": START,
        "due_on": limit,
        "effective_due_on": limit,
        "recorded_at": noon(START),
        **facts,
    }
    task = Task.objects.create(**values)
    if body is not False:
        hold(task, body or make_body("BO-A"))
    return flag(task, clock=clock, limit=limit)


def hold(task: Task, body: Body, role: Role = Role.ACCOUNTABLE) -> Responsibility:
    return Responsibility.objects.create(task=task, body=body, role=role, valid_from=START, recorded_at=noon(START))


def flag(task: Task, *, clock: Clock, limit: date) -> Flag:
    version = make_days()
    return Flag.objects.create(
        task=task,
        clock=clock,
        policy=_policy(version),
        calendar_version=version,
        limit_on=limit,
        since=limit + timedelta(days=1),
        opened_at=noon(limit),
    )


def issue(by: User, *flags: Flag, day: date = TODAY, **facts: Any) -> list[Urging]:
    """Issue the letters about `flags`, as the commission would."""
    rows = Flag.objects.filter(pk__in=[row.pk for row in flags])
    values = {**SIGNED, "answer_by": day + timedelta(days=7), "render": as_docx, "at": noon(day), **facts}
    return urgings.issue(rows, by=by, **values)
