"""`manage.py explain CODE`: why the clocks of a task say what they say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from tracker import clock
from tracker.boards.clock_story import ExplainedRequest, ExplainedStep, Pause, Snooze
from tracker.boards.explain import Explained, explain
from tracker.choices import Addressee
from tracker.management.arguments import iso_day
from tracker.models import Task


class Command(BaseCommand):
    help = "Explain the clocks of a task: start, limit, days off, pauses, extensions, the last day in time, steps."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="code of the task, such as 2.6")
        parser.add_argument("--date", type=iso_day, default=None, help="local day, as 2026-12-31; today unless told")

    def handle(self, *, code: str, **options: Any) -> None:
        task = Task.objects.filter(code=code).first()
        if task is None:
            raise CommandError(f"There is no task {code}: give a code such as 2.6.")
        today = clock.local_today()
        with translation.override("en"):
            self.stdout.write(f"{task.code} {task.title} ({task.get_stage_display()})")
            try:
                rows = explain(task, on=options["date"] or today, today=today)
            except ValueError as outside:
                raise CommandError(f"The calendar does not reach this day: {outside}") from None
            for explained in rows:
                for line in lines_of(explained):
                    self.stdout.write(line)


def lines_of(explained: Explained) -> list[str]:
    """Return the sentences about one clock."""
    return [_sum(explained), *(f"  {line}" for line in _details(explained))]


def _sum(explained: Explained) -> str:
    text = explained.explanation
    if text is None:
        return f"{explained.clock.label}: does not run."
    limit = f"{text.limit_days} {text.unit} days" if text.limit_days is not None else "the written deadline"
    decided = f"{explained.policy}, calendar {explained.calendar}"
    return (
        f"{explained.clock.label}: from {_day(text.starts_on)} ({text.start_reason_code}), {limit} by {decided}; "
        f"last day in time {_day(text.limit_on)}, late since {_day(text.late_since)}, "
        f"{text.days_late} working days late by {_day(text.counted_through)}."
    )


def _details(explained: Explained) -> Iterator[str]:
    if text := explained.explanation:
        yield from (f"not counted: {_day(day)} {names[0]}" for day, names in text.days_off)
        if text.paused_days:
            yield f"at rest, not counted: {text.paused_days} working days"
    yield from (_pause(row) for row in explained.pauses)
    if explained.original_due_on:
        yield f"original deadline {_day(explained.original_due_on)}"
    for move in explained.moves:
        yield f"deadline moved on {_day(move.on)} from {_day(move.before)} to {_day(move.after)} by {move.document}"
    yield from (_request(row) for row in explained.requests)
    yield from (_step(row) for row in explained.steps)
    yield from (_snooze(row) for row in explained.snoozes)
    if explained.flagged_since:
        yield f"flagged since {_day(explained.flagged_since)}"


def _pause(row: Pause) -> str:
    until = _day(row.end or row.until) + ("" if row.end else " (goes on)")
    counted = "" if row.is_counted else ", not passed over: the limit had passed before"
    paper = f", by {row.document}" if row.document else ""
    return f"suspended from {_day(row.start)} until {until}{paper}: {row.days} working days{counted}"


def _request(row: ExplainedRequest) -> str:
    asked = row.row
    said = f"asked on {_day(asked.asked_on)} by {asked.letter_number} for {_day(asked.wanted_on)}"
    if not row.is_decided:
        return f"{said}: awaits decision"
    day = f" until {_day(asked.granted_on)}" if asked.granted_on else ""
    number = f" by {asked.decision_number}" if asked.decision_number else ""
    return f"{said}: {row.state.value} on {_day(asked.decided_on)}{number}{day}"


def _step(row: ExplainedStep) -> str:
    said = f"step {row.number} on {_day(row.due_on)} to {Addressee(row.addressee).label}"
    if not row.is_taken:
        return f"{said}, to come"
    climbed = f", climbed to {Addressee(row.reached).label}" if row.reached != row.addressee else ""
    told = "; ".join(str(told.post or told.body or "nobody") for told in row.recipients)
    return f"{said}{climbed}, told: {told or 'nobody'}"


def _snooze(row: Snooze) -> str:
    ended = f", ended on {_day(row.ended_on)}" if row.ended_on else ""
    return f"steps stopped on {_day(row.on)} until {_day(row.until)}{ended}: {row.reason}"


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else "an unknown day"
