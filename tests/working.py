"""What the tests of the working pages and their boards share: a day, clients, tasks in each of the four cells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.builders import make_body, make_instrument, make_task, noon
from tracker.choices import Level
from tracker.models import Body, Flag, Instrument, ProgressReport, Task
from tracker.services import institutionalizations, reports, scan

TODAY = date(2026, 6, 15)
PDF = b"%PDF-1.7 evidence"


def frozen() -> Iterator[None]:
    """Hold the clock at noon of TODAY."""
    with time_machine.travel(noon(TODAY), tick=False):
        yield


def client_of(user: User, language: str = "en") -> Client:
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = language
    return client


def get(user: User, name: str, *args: Any, **query: Any) -> Any:
    return client_of(user).get(reverse(name, args=args), query)


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.status_code
    return str(response.content.decode())


def submitted(task: Task, by: User, *, body: Body | None = None, on: date = TODAY, **texts: Any) -> ProgressReport:
    values = {"stage": task.stage, "done_text": "Plan issued", **texts}
    report = reports.save_draft(task, body=body or make_body("BO-A"), by=by, at=noon(on), **values)
    return reports.submit(report, by=by, at=noon(on))


def verified(task: Task, cast: dict[str, User], *, on: date, level: Level = Level.CENTRAL, **facts: Any) -> Instrument:
    """Give the task an instrument in force from `on`, declared and verified on that day."""
    instrument = make_instrument(signed_on=on, in_force_on=on, **facts)
    evidence = institutionalizations.declare(task, instrument, level=level, by=cast["lan"], at=noon(on), on=on)
    institutionalizations.verify(evidence, by=cast["hoa"], at=noon(on))
    return instrument


def four_tasks(cast: dict[str, User]) -> dict[str, Task]:
    """Return a task in each of the four cells on TODAY, by the code of the cell."""
    levels = [(Level.CENTRAL, [])]
    due = {"done_on_time": 30, "done_late": -60, "open_in_time": 90, "open_overdue": -20}
    made = {name: make_task(levels=levels, due_on=TODAY + timedelta(days=days)) for name, days in due.items()}
    for name in ("done_on_time", "done_late"):
        verified(made[name], cast, on=TODAY - timedelta(days=10))
    return made


def scan_today() -> None:
    scan.run(TODAY, at=noon(TODAY))


def flag_of(task: Task, clock: str = "due") -> Flag:
    return Flag.objects.get(task=task, clock=clock, closed_on=None)
