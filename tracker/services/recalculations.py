"""New rules reach the tasks: every open one looks again on the day on which they begin."""

from __future__ import annotations

from datetime import date, datetime

from tracker.clock import local_day
from tracker.models import CalendarVersion, Policy, Task
from tracker.services import history


def start(
    *, policy: Policy | None = None, calendar_version: CalendarVersion | None = None, by: object, at: datetime
) -> None:
    """Let every open task look again on the day from which `policy` or `calendar_version` holds, today at the earliest.

    One UPDATE of those whose next check lies later: a change made meanwhile is neither lost nor reverted.
    """
    rules = policy or calendar_version
    if rules is None:
        raise ValueError("Name the policy or the version of a calendar.")
    begins: date = max(rules.valid_from or local_day(at), local_day(at))
    Task.objects.open().look_again(begins)
    history.record("policy.reached", rules, by=None, at=at, on=begins, after={"from": begins})
