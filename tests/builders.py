"""Small builders for tests: `make_task(**overrides)` and the fixed cast. Invented names, no fixture files.

Lan is an official of body A (the ministry), Minh of body B, Hoa is commission staff, Quang edits, Vinh supervises.
"""

from __future__ import annotations

import itertools
import json
from datetime import date, datetime
from typing import Any
from unittest import mock

from django.db import connection

from accounts.models import Membership, User
from tracker.choices import BodyKind, Duty, Level, MessageKind, Rank, ResolutionKind, Role, TaskKind
from tracker.clock import now, start_of
from tracker.models import (
    Body,
    Cadre,
    Calendar,
    CalendarDay,
    CalendarVersion,
    Instrument,
    Message,
    Policy,
    PolicyLimit,
    PolicyStep,
    Post,
    Provision,
    Resolution,
    Responsibility,
    Task,
    Tenure,
    Webhook,
)
from tracker.services import calendars, matrix, tasks, webhooks

START = date(2026, 1, 5)
DAY = ("day", "is_working", "ordinal", "name_vi", "name_en")
_days: list[tuple[Any, ...]] = []
_numbers = itertools.count(1)
STAGE_LIMITS = {"assigned": 30, "planned": 60, "drafting": 120, "consultation": 60, "appraisal": 45, "promulgated": 30}


def noon(day: date) -> datetime:
    """A moment within the local day."""
    return start_of(day).replace(hour=12)


def make_calendar() -> Calendar:
    calendar = Calendar.objects.filter(code="VN").first()
    if calendar is None:
        _begin_with_the_same_keys()
        named = Calendar(code="VN", name_vi="Lịch Việt Nam", name_en="Viet Nam")
        with mock.patch.object(calendars, "write_days", _write_days):
            calendar = calendars.create(named, by=None, at=noon(START), first_year=2024, last_year=2028)
    return calendar


def _begin_with_the_same_keys() -> None:
    """Give the rules of each test the same keys, so that statements that were compiled for another's serve it too.

    A sequence of PostgreSQL goes on after a rollback. One that has rows by now is left as it is.
    """
    if connection.vendor != "postgresql":
        return
    empty = [model for model in (Calendar, CalendarVersion, Policy) if not model.objects.exists()]
    with connection.cursor() as cursor:
        for model in empty:
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 1, false)", [model._meta.db_table])


def _write_days(version: CalendarVersion, service: Any = calendars.write_days) -> int:
    """What the service writes, without its objects after the first time: nearly every test has this calendar."""
    if not _days:
        service(version)
        _days.extend(CalendarDay.objects.filter(calendar=version).values_list(*DAY))
        return len(_days)
    rows = [{"calendar": version.pk} | dict(zip(DAY, row, strict=True)) for row in _days]
    columns = f"INSERT INTO tracker_calendarday (calendar_id, {', '.join(DAY)})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"{columns} SELECT * FROM json_to_recordset(%s) AS"
                " row(calendar bigint, day date, is_working bool, ordinal int, name_vi text, name_en text)",
                [json.dumps(rows, default=str)],
            )
        else:
            places = ", ".join(f"%({name})s" for name in ("calendar", *DAY))
            cursor.executemany(f"{columns} VALUES ({places})", rows)
    return len(_days)


LADDER = ((1, 0, "holder", None), (2, 10, "supervisor", None), (3, 20, "commission", 10))
LIMITS = (("due", 250, "working"), ("silence", 90, "calendar"), ("unowned", 5, "working"))


def make_policy(
    *, limits: Any = None, ladder: Any = LADDER, clocks: Any = ("due", "stage", "silence", "unowned"), **overrides: Any
) -> Policy:
    """The default policy, or another one in force; `limits` are (clock, days, unit) or (clock, days, unit, stage)."""
    existing = Policy.objects.filter(code="default").first()
    if existing and not overrides and limits is None:
        return existing
    values = {
        "code": "default",
        "version": 1,
        "calendar": make_calendar(),
        "valid_from": date(2016, 1, 1),
        "applied_at": noon(START),
        **overrides,
    }
    policy = Policy.objects.create(**values)
    stages = [("stage", days, "working", stage) for stage, days in STAGE_LIMITS.items()]
    for clock, days, unit, *stage in limits if limits is not None else (*LIMITS, *stages):
        PolicyLimit.objects.create(policy=policy, clock=clock, days=days, unit=unit, stage="".join(stage))
    for clock in clocks:
        for number, offset, addressee, repeat in ladder:
            step = {"clock": clock, "number": number, "offset_days": offset, "addressee": addressee}
            PolicyStep.objects.create(policy=policy, repeat_days=repeat, **step)
    return policy


def make_body(code: str = "", **overrides: Any) -> Body:
    code = code or f"B{next(_numbers)}"
    if existing := Body.objects.filter(code=code).first():
        return existing
    parent = None if code == "HTCT" else overrides.pop("parent", None) or make_body("HTCT", kind=BodyKind.SYSTEM)
    values = {
        "name_vi": f"Cơ quan {code}",
        "name_en": f"Body {code}",
        "kind": BodyKind.STATE,
        "level": Level.CENTRAL,
        "parent": parent,
        **overrides,
    }
    return Body.objects.create(code=code, **values)


def make_post(body: Body, *, holder: str = "", since: date = START, **overrides: Any) -> Post:
    values = {"code": "head", "title_vi": "Thủ trưởng", "title_en": "Head", "is_head": True, **overrides}
    post = Post.objects.create(body=body, **values)
    if holder:
        cadre = Cadre.objects.create(code=f"C{next(_numbers)}", name=holder)
        Tenure.objects.create(cadre=cadre, post=post, valid_from=since, recorded_at=noon(since))
    return post


def make_resolution(**overrides: Any) -> Resolution:
    values = {
        "code": f"NQ{next(_numbers)}",
        "kind": ResolutionKind.RESOLUTION,
        "number": "25-NQ/TW",
        "title_vi": "Nghị quyết về công tác dân vận",
        "title_en": "Resolution on mass mobilization",
        "issuer": make_body("BCHTW", kind=BodyKind.PARTY),
        **overrides,
    }
    return Resolution.objects.create(**values)


def make_provision(resolution: Resolution, **overrides: Any) -> Provision:
    values = {"label": f"I.{next(_numbers)}", "heading_vi": "Điểm", "heading_en": "Point", **overrides}
    return Provision.objects.create(resolution=resolution, **values)


def make_task(
    *, accountable: Body | None = None, post: Post | None = None, on: date = START, levels: Any = (), **overrides: Any
) -> Task:
    """A task assigned on `on` through the service, with an accountable body unless `accountable=False`."""
    make_policy()
    resolution = overrides.pop("resolution", None) or Resolution.objects.first() or make_resolution()
    number = next(_numbers)
    values = {
        "code": f"T{number}",
        "resolution": resolution,
        "title_vi": f"Nhiệm vụ {number}",
        "title_en": f"Task {number}",
        "kind": TaskKind.DUTY,
        "assigned_on": on,
        **overrides,
    }
    task = tasks.create(Task(**values), levels=levels, by=None, at=noon(on))
    if accountable is not False and task.kind != TaskKind.OBJECTIVE:
        body = accountable or make_body("BO-A")
        matrix.assign(task, body=body, role=Role.ACCOUNTABLE, post=post, on=on, by=None, at=noon(on))
    task.refresh_from_db()
    return task


def make_cell(task: Task, body: Body, role: Role, **overrides: Any) -> Responsibility:
    on = overrides.pop("on", task.assigned_on)
    return matrix.assign(task, body=body, role=role, on=on, by=None, at=noon(on), **overrides)


def make_instrument(**overrides: Any) -> Instrument:
    values = {
        "number": f"{next(_numbers)}/2026/NĐ-CP",
        "rank": Rank.DECREE,
        "title_vi": "Nghị định",
        "title_en": "Decree",
        "signed_on": date(2026, 2, 2),
        "in_force_on": date(2026, 3, 2),
        **overrides,
    }
    return Instrument.objects.create(**values)


def make_user(username: str, duty: Duty | None, body: Body, root: Body | None = None, **overrides: Any) -> User:
    user = User.objects.create_user(username=username, password="mot-mat-khau-dai", **overrides)
    if duty:
        Membership.objects.create(user=user, body=body, root=root or body, duty=duty, valid_from=date(2026, 1, 1))
    return user


def make_message(user: User, **overrides: Any) -> Message:
    """A decision that waits to be sent since noon of START."""
    number = next(_numbers)
    values = {
        "key": f"test:{number}",
        "kind": MessageKind.DECISION,
        "user": user,
        "address": user.email or f"{user.username}@example.invalid",
        "language": "en",
        "subject": f"Subject {number}",
        "text": "Text\n",
        "html": "<p>Text</p>",
        "message_id": f"<{number}.{START:%Y%m%d}@example.invalid>",
        "created_at": noon(START),
        "next_attempt_at": noon(START),
        **overrides,
    }
    return Message.objects.create(**values)


def make_webhook(owner: User, url: str = "https://hooks.example.vn/in", **facts: Any) -> tuple[Webhook, str]:
    """A webhook with its secret, told of what is sealed from now on."""
    return webhooks.make(owner=owner, by=owner, at=facts.pop("at", None) or now(), name="hub", url=url, **facts)


def make_cast() -> dict[str, User]:
    """The fixed cast of style.md."""
    system = make_body("HTCT", kind=BodyKind.SYSTEM)
    commission = make_body("BDV", kind=BodyKind.PARTY, is_mobilization=True)
    return {
        "lan": make_user("lan", Duty.OFFICIAL, make_body("BO-A")),
        "minh": make_user("minh", Duty.OFFICIAL, make_body("BO-B")),
        "hoa": make_user("hoa", Duty.COMMISSION, commission, system),
        "quang": make_user("quang", Duty.EDITOR, commission, system),
        "vinh": make_user("vinh", Duty.SUPERVISOR, make_body("UBKT", kind=BodyKind.PARTY), system),
    }
