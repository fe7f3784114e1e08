"""`manage.py explain CODE`: why the clocks of a task say what they say."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from tracker import clock
from tracker.boards.explain import Explained, explain
from tracker.choices import Addressee
from tracker.management.arguments import iso_day
from tracker.models import Task


class Command(BaseCommand):
    help = "Explain the clocks of a task: start, limit, days off, the last day in time, steps."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="code of the task, such as 2.6")
        parser.add_argument("--date", type=iso_day, default=None, help="local day, as 2026-12-31; today unless told")

    def handle(self, *, code: str, **options: Any) -> None:
        task = Task.objects.filter(code=code).first()
        if task is None:
            raise CommandError(f"There is no task {code}: give a code such as 2.6.")
        with translation.override("en"):
            self.stdout.write(f"{task.code} {task.title} ({task.get_stage_display()})")
            for explained in explain(task, on=options["date"] or clock.local_today()):
                for line in lines_of(explained):
                    self.stdout.write(line)


def lines_of(explained: Explained) -> list[str]:
    """Return the sentences about one clock."""
    text = explained.explanation
    if text is None:
        return [f"{explained.clock.label}: does not run."]
    limit = f"{text.limit_days} {text.unit} days" if text.limit_days is not None else "the written deadline"
    decided = f"{explained.policy}, calendar {explained.calendar}"
    lines = [
        f"{explained.clock.label}: from {text.starts_on:%d/%m/%Y} ({text.start_reason_code}), {limit} by {decided}; "
        f"last day in time {text.limit_on:%d/%m/%Y}, late since {text.late_since:%d/%m/%Y}, "
        f"{text.days_late} working days late by {text.counted_through:%d/%m/%Y}."
    ]
    if text.paused_days:
        lines.append(f"  at rest, not counted: {text.paused_days} working days")
    lines += [f"  not counted: {day:%d/%m/%Y} {names[0]}" for day, names in text.days_off]
    lines += [
        f"  step {step.number} on {step.due_on:%d/%m/%Y} to {Addressee(step.addressee).label}" for step in text.steps
    ]
    if explained.flagged_since:
        lines.append(f"  flagged since {explained.flagged_since:%d/%m/%Y}")
    return lines
