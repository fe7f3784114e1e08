"""A task of body A that was given to a body below it, and what is sent to give one."""

from __future__ import annotations

from typing import Any

from tests.builders import make_body, make_task, noon
from tests.working import TODAY
from tracker.choices import Whom
from tracker.models import Body, Cascade, Task
from tracker.services import cascades


def _cascade(task: Task) -> Cascade:
    return Cascade(task=task, whom=Whom.LIST, kind="state", document="1/QĐ", on=TODAY)


def add_cascades(world: Any, a: Body) -> None:
    """Add the rows of the pages of cascades to the world."""
    task, below = make_task(accountable=a), make_body("A-1", parent=a)
    facts: dict[str, Any] = {"listed": [below], "by": None, "at": noon(TODAY)}
    seal = cascades.preview(_cascade(task), **facts).seal
    given = cascades.give(_cascade(make_task(accountable=a)), **facts)
    world.arguments |= {"cascade_new": {"pk": task.pk}, "cascade": {"pk": given.pk}}
    form = {"whom": "list", "kind": "state", "listed": below.code, "due_rule": "same", "joining": "offer"}
    form |= {"document": "1/QĐ", "on": f"{TODAY:%Y-%m-%d}", "version": task.version, "seal": seal, "act": "give"}
    world.payloads |= {"cascade_new": form, "cascade": {"act": "joining", "joining": "add", "version": given.version}}
