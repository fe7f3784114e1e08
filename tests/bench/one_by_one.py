"""What somebody would write with Django's objects, one task after the other: the same rows as the product.

The days are counted in memory, and the rules and the calendar are read once: nothing in it is slow on purpose.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from tests.bench.by_hand import CLOCKS
from tracker.choices import Role, TaskKind
from tracker.models import CalendarDay, CalendarVersion, Event, Flag, FlagStep, Policy, StepRecipient, Task
from tracker.models.tasks import CLOSED_STAGES


class Scan:
    """One day's scan with the rules in force."""

    def __init__(self, day: date, *, at: datetime):
        self.day, self.at = day, at
        self.policy, self.calendar = Policy.objects.get(), CalendarVersion.objects.get()
        self.steps = list(self.policy.steps.order_by("clock", "number"))
        days = CalendarDay.objects.filter(calendar=self.calendar).order_by("day")
        self.ordinals = dict(days.values_list("day", "ordinal"))
        working = days.filter(is_working=True)
        self.working = dict(working.values_list("ordinal", "day"))

    def run(self, tasks: int) -> None:
        """Settle the first `tasks` of those whose next check has come."""
        due = Task.objects.filter(next_check_on__lte=self.day).order_by("pk")[:tasks]
        for task in due.iterator():
            with transaction.atomic():
                self.settle(task)

    def settle(self, task: Task) -> None:
        if task.kind == TaskKind.OBJECTIVE or task.stage in CLOSED_STAGES:
            return
        days = []
        flagged = set(task.flags.filter(closed_on__isnull=True).values_list("clock", flat=True))
        for clock, column in CLOCKS.items():
            limit = getattr(task, column)
            if limit is None:
                continue
            if limit < self.day and clock not in flagged:
                days += self.open(task, clock, limit)
            elif limit >= self.day:
                days += [limit + timedelta(days=1), *self.reminders(clock, limit)]
        task.next_check_on = min((day for day in days if day > self.day), default=None)
        task.save(update_fields=["next_check_on"])

    def open(self, task: Task, clock: str, limit: date) -> list[date]:
        """Open a flag with its event and the steps of its day; return the days of the steps to come."""
        flag = Flag.objects.create(
            task=task,
            clock=clock,
            policy=self.policy,
            calendar_version=self.calendar,
            limit_on=limit,
            since=limit + timedelta(days=1),
            opened_at=self.at,
        )
        Event.objects.create(
            at=self.at,
            on=flag.since,
            kind="flag.opened",
            object_kind="flag",
            object_id=str(flag.pk),
            task=task,
            after={"clock": clock, "since": flag.since, "closed_on": None, "why": ""},
        )
        to_come = []
        for step in (step for step in self.steps if step.clock == clock and step.offset_days >= 0):
            on = flag.since if step.offset_days == 0 else self.working_days_after(flag.since, step.offset_days)
            if on <= self.day:
                self.take(task, flag, step, on)
            else:
                to_come.append(on)
        return to_come

    def take(self, task: Task, flag: Flag, step, on: date) -> None:
        holds = Q(valid_from__lte=on) & (Q(valid_to__isnull=True) | Q(valid_to__gt=on))
        cell = task.responsibilities.filter(holds, role=Role.ACCOUNTABLE).select_related("body", "post").first()
        tenure = cell.post.tenures.filter(holds).select_related("cadre__user").first()
        taken = FlagStep.objects.create(
            flag=flag,
            number=step.number,
            due_on=on,
            addressee=step.addressee,
            reached=step.addressee,
            body=cell.body,
        )
        StepRecipient.objects.create(
            step=taken,
            recipient=f"p{cell.post_id}",
            body=cell.body,
            post=cell.post,
            cadre=tenure.cadre,
            user=getattr(tenure.cadre, "user", None),
        )

    def reminders(self, clock: str, limit: date) -> list[date]:
        offsets = [step.offset_days for step in self.steps if step.clock == clock and step.offset_days < 0]
        return [self.working_days_after(limit, offset + 1) for offset in offsets]

    def working_days_after(self, day: date, count: int) -> date:
        return self.working[self.ordinals[day] + count]
