"""The last days in time of a task's clocks, as SQL over its columns: what `rules.clocks` says of one task."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Exists, F, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from tracker.choices import Clock, DayUnit, Role, Stage, TaskKind
from tracker.models import Policy, Responsibility
from tracker.models.expressions import NEVER, DaysLater, latest, working_days_after
from tracker.models.tasks import CLOSED_STAGES

COLUMNS = {
    Clock.DUE: "effective_due_on",
    Clock.STAGE: "stage_limit_on",
    Clock.SILENCE: "silence_limit_on",
    Clock.UNOWNED: "unowned_limit_on",
}
RUNNING = ~Q(stage__in=CLOSED_STAGES) & ~Q(kind=TaskKind.OBJECTIVE)


@dataclass(frozen=True)
class Rules:
    """The policy version that governs a day, with its limits at hand: (clock, stage, days, unit). Hashable."""

    policy_id: int
    calendar_id: int
    limits: tuple[tuple[str, str, int, str], ...]

    @classmethod
    def on(cls, day: date) -> Rules:
        """Return the default policy in force on `day`. Raises Policy.DoesNotExist when there is none. Two queries."""
        policy = Policy.objects.default_on(day).first()
        if policy is None:
            raise Policy.DoesNotExist(f"No default policy is in force on {day}: load the shipped one or enter one.")
        limits = policy.limits.order_by("clock", "stage").values_list("clock", "stage", "days", "unit")
        return cls(policy.pk, policy.calendar_id, tuple(limits))

    def limit(self, clock: str, stage: str = "") -> tuple[int, str] | None:
        """Return (days, unit) of a clock, or None where the policy sets no limit."""
        return next(((days, unit) for c, s, days, unit in self.limits if (c, s) == (clock, stage)), None)

    def after(self, clock: Clock, *columns: str, stage: str = "") -> Any:
        """Return the last day in time of `clock`, counted from the latest of `columns`; the last one is never null."""
        limit = self.limit(clock, stage)
        if limit is None:
            return Value(None)
        days, unit = limit
        if unit == DayUnit.CALENDAR:
            return DaysLater(latest(*(F(name) for name in columns)), days)
        return working_days_after(*columns, days=days, calendar=self.calendar_id)


def limit_columns(rules: Rules) -> dict[str, Any]:
    """Return the columns of due, stage and silence; null where the clock does not run.

    The deadline stays known when the task is done: the four cells need it. Source: rulings.md, Flags.
    """
    stages = [
        When(RUNNING & Q(stage=stage), then=rules.after(Clock.STAGE, "stage_since", stage=stage))
        for stage in Stage.values
        if rules.limit(Clock.STAGE, stage)
    ]
    due = Coalesce(F("due_on"), rules.after(Clock.DUE, "assigned_on"))
    silence = rules.after(Clock.SILENCE, "last_report_on", "running_since")
    return {
        "effective_due_on": Case(When(kind=TaskKind.DUTY, then=due), default=None),
        "stage_limit_on": Case(*stages, default=None),
        "silence_limit_on": Case(When(RUNNING, then=silence), default=None),
    }


def unowned_since(day: date) -> Any:
    """Return since when, seen on `day`, nobody answers for the task; null where somebody does.

    Somebody answers while an A cell holds whose post, if it names one, is held. The answer is the last day on which
    such a time ended, or the day of assignment.
    """
    return Case(
        When(~RUNNING, then=None),
        When(Exists(_owning_cells(day)), then=None),
        default=Greatest(F("running_since"), _last_owned(day), _last_held(day)),
    )


def unowned_limit(rules: Rules) -> Any:
    """Return the last day in time of the unowned clock."""
    return Case(When(unowned_since__isnull=True, then=None), default=rules.after(Clock.UNOWNED, "unowned_since"))


def _cells() -> Any:
    return Responsibility.objects.filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE)


def _owning_cells(day: date) -> Any:
    tenures = Q(post__tenures__valid_from__lte=day) & (
        Q(post__tenures__valid_to__isnull=True) | Q(post__tenures__valid_to__gt=day)
    )
    return _cells().valid_on(day).filter(Q(post__isnull=True) | tenures)


def _last_owned(day: date) -> Any:
    """When the last A cell without a post ended; the day of assignment where there was none."""
    ended = _cells().filter(post__isnull=True, valid_to__lte=day)
    return Coalesce(Subquery(_maximum(ended, F("valid_to"))), F("assigned_on"))


def _last_held(day: date) -> Any:
    """When a holder of the post of an A cell last stopped answering: the cell or the tenure ended."""
    never = Value(NEVER)
    cell_end, tenure_end = Coalesce("valid_to", never), Coalesce("post__tenures__valid_to", never)
    overlapping = _cells().filter(post__tenures__valid_from__lte=day).annotate(until=Least(cell_end, tenure_end))
    overlapping = overlapping.filter(
        until__lte=day, until__gt=F("valid_from"), post__tenures__valid_from__lt=F("until")
    )
    return Coalesce(Subquery(_maximum(overlapping, F("until"))), F("assigned_on"))


def _maximum(cells: Any, value: Any) -> Any:
    return cells.order_by().values("task").annotate(latest=Max(value)).values("latest")
