"""What the tests of requests and obstacles share."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.models import User
from tests.builders import make_body, noon
from tracker.models import Extension, Obstacle, Task
from tracker.services import extensions, obstacles


def asked(task: Task, by: User, *, on: date, wanted_on: date, **facts: Any) -> Extension:
    """Body A asks for more time on its task."""
    values = {"body": make_body("BO-A"), "letter_number": "12/BC-BOA", "letter_on": on, "signer": "Trần Văn An"}
    values |= {"reason": "The draft law was sent back", **facts}
    return extensions.ask(task, wanted_on=wanted_on, by=by, at=noon(on), **values)


def obstructed(task: Task, by: User, *, on: date, **facts: Any) -> Obstacle:
    """Body A declares that its task waits on body B."""
    values = {"body": make_body("BO-B"), "declared_body": make_body("BO-A"), "since": on}
    return obstacles.declare(task, by=by, at=noon(on), **{**values, "reason": "Its opinion is missing", **facts})
