"""Many rows of a queue decided in one act: each by its own service, each on its own, the clocks wound once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tracker.boards.queues import QUEUES
from tracker.choices import QueueCode
from tracker.clock import local_day
from tracker.errors import Conflict, Stale
from tracker.models import Extension, Flag, Institutionalization, Obstacle, ProgressReport
from tracker.policies import require
from tracker.services import clocks, extensions, flags, institutionalizations, obstacles, reports, staleness

logger = logging.getLogger(__name__)
MOST = 200
ACCEPT, RETURN = "accept", "return"


class Outcome(StrEnum):
    DONE = "done"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row: the id of its task, and for what was not done why."""

    task_id: int
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was chosen for all rows. `number` is that of the decision that grants more time."""

    accepts: bool
    note: str = ""
    number: str = ""


def seen_of(item: Any) -> str:
    """Return what binds a decision to what was shown of a row: its version, and for evidence the hash of its content.

    Runs no query where the instrument of the evidence is loaded with its files.
    """
    version = str(item.version)
    return f"{version}.{staleness.hash_of(item)}" if isinstance(item, Institutionalization) else version


def decide(queue: str, chosen: Mapping[int, str], decision: Decision, *, by: Any, at: datetime) -> list[Result]:
    """Decide on the rows `chosen` of a queue, at most 200: their ids, each with what was seen of it.

    One row that is refused, changed meanwhile or cannot be written leaves the others alone. Rows that `by` may not
    read give no result. By task.
    """
    require(by, QUEUES[queue].action)
    try:
        with clocks.together(at=at):
            return _each(queue, chosen, decision, by=by, at=at)
    except clocks.BREAKS:
        # The clocks of one task cannot be wound: one by one, it fails alone.
        return _each(queue, chosen, decision, by=by, at=at)


def _each(queue: str, chosen: Mapping[int, str], decision: Decision, *, by: Any, at: datetime) -> list[Result]:
    # By the task, as the scan locks them: two who decide on the same rows wait for each other and do not deadlock.
    rows = QUEUES[queue].model.objects.visible_to(by).filter(pk__in=list(chosen)[:MOST])
    items = rows.select_related(*QUEUES[queue].joined).order_by("task_id", "pk")
    items = items.prefetch_related("instrument__files") if queue == QueueCode.EVIDENCE else items
    act = ACTS[QueueCode(queue)]
    return [_one(item, chosen[item.pk], act, decision, by=by, at=at) for item in items]


def _one(item: Any, seen: str, act: Act, decision: Decision, **who: Any) -> Result:
    try:
        with transaction.atomic():
            if seen != seen_of(item):
                raise Stale(item.version)
            act(item, decision, **who)
    except Stale as error:
        return Result(item.task_id, Outcome.CHANGED, str(error.message))
    except Conflict as error:
        return Result(item.task_id, Outcome.REFUSED, str(error.message))
    except ValidationError as error:
        return Result(item.task_id, Outcome.REFUSED, " ".join(error.messages))
    except PermissionDenied:
        return Result(item.task_id, Outcome.REFUSED, _why_denied(item, who["by"]))
    except clocks.BREAKS:
        logger.exception("A row of a queue could not be decided: %s %s", type(item).__name__, item.pk)
        return Result(item.task_id, Outcome.REFUSED, _("It could not be written: whoever runs the product sees why."))
    return Result(item.task_id, Outcome.DONE)


def _why_denied(item: Any, by: Any) -> str:
    queue = next(queue for queue in QUEUES.values() if queue.model is type(item))
    if queue.sender and getattr(item, f"{queue.sender}_id") == by.pk:
        return _("Nobody decides on what is their own: ask a colleague.")
    return _("Your duty does not allow this.")


Act = Callable[..., Any]


def _report(report: ProgressReport, decision: Decision, **who: Any) -> None:
    act = reports.accept if decision.accepts else reports.send_back
    act(report, note=decision.note, version=report.version, **who)


def _evidence(evidence: Institutionalization, decision: Decision, **who: Any) -> None:
    act = institutionalizations.verify if decision.accepts else institutionalizations.send_back
    act(evidence, note=decision.note, **who)


def _extension(extension: Extension, decision: Decision, **who: Any) -> None:
    facts = {"note": decision.note, "decision_number": decision.number, "version": extension.version, **who}
    if decision.accepts:
        extensions.grant(extension, due_on=extension.wanted_on, **facts)
    else:
        extensions.refuse_(extension, **facts)


def _obstacle(obstacle: Obstacle, decision: Decision, **who: Any) -> None:
    obstacles.end(obstacle, note=decision.note, version=obstacle.version, **who)


def _flag(flag: Flag, decision: Decision, *, by: Any, at: datetime) -> None:
    if not flag.is_late_on(local_day(at)):
        raise Conflict(_("This flag is closed by now."))
    flags.acknowledge(flag, note=decision.note, version=flag.version, by=by, at=at)


ACTS: dict[QueueCode, Act] = {
    QueueCode.REPORTS: _report,
    QueueCode.EVIDENCE: _evidence,
    QueueCode.EXTENSIONS: _extension,
    QueueCode.OBSTACLES: _obstacle,
    QueueCode.OVERDUE: _flag,
}
