"""Policies and calendars: entered whole, with their limits, steps and days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from tracker.models import Calendar, DayOff, Policy, PolicyLimit, PolicyStep
from tracker.services import calendars
from tracker.services.registers import enter


@transaction.atomic
def create_calendar(calendar: Calendar, *, days_off: Iterable[DayOff], by: Any, at: datetime) -> Calendar:
    """Record a calendar with its edits and write out its days."""
    enter(
        calendar,
        by=by,
        at=at,
        kind="calendar.created",
        fields=("code", "first_year", "last_year"),
        action="policy.edit",
    )
    for edit in days_off:
        edit.calendar = calendar
        edit.full_clean()
        edit.save()
    calendars.write_days(calendar)
    return calendar


@transaction.atomic
def create(
    policy: Policy, *, limits: Iterable[PolicyLimit], steps: Iterable[PolicyStep], by: Any, at: datetime
) -> Policy:
    """Record a version of a policy with its limits and the steps of its ladder."""
    fields = ("code", "version", "calendar", "valid_from", "document_vi")
    enter(policy, by=by, at=at, kind="policy.created", fields=fields, action="policy.edit")
    rows: list[PolicyLimit | PolicyStep] = [*limits, *steps]
    for row in rows:
        row.policy = policy
        row.full_clean()
        row.save()
    return policy
