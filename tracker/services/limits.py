"""The last days in time of a task's clocks, as SQL over its columns: what `rules.clocks` says of one task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    DateField,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from tracker.boards.governing import Rules
from tracker.choices import Clock, DayUnit, ExtensionState, ReportState, Role, Stage, TaskKind
from tracker.models import Extension, Institutionalization, ProgressReport, Responsibility, TaskLevel
from tracker.models.evidence import WAITS_SINCE
from tracker.models.expressions import NEVER, DaysLater, latest, working_days_after
from tracker.models.tasks import CLOSED_STAGES
from tracker.rules.clocks import BEFORE_APPRAISAL
from tracker.rules.governing import Terms

COLUMNS = {
    Clock.DUE: "effective_due_on",
    Clock.SUBMIT: "submit_limit_on",
    Clock.STAGE: "stage_limit_on",
    Clock.SILENCE: "silence_limit_on",
    Clock.UNOWNED: "unowned_limit_on",
    Clock.UNVERIFIED: "unverified_limit_on",
    Clock.LAPSED: "lapsed_limit_on",
    Clock.REVIEW: "review_limit_on",
    Clock.REQUEST: "request_limit_on",
}
RUNNING = ~Q(stage__in=CLOSED_STAGES) & ~Q(kind=TaskKind.OBJECTIVE)
WRITTEN = {Clock.DUE: "due_on", Clock.SUBMIT: "submit_by"}
"""The deadlines that somebody wrote down: they win over a limit, and no rule that starts later moves them."""

STARTS = {
    Clock.DUE: ("assigned_on",),
    Clock.SUBMIT: ("assigned_on",),
    Clock.STAGE: ("stage_since",),
    Clock.SILENCE: ("last_report_on", "running_since"),
    Clock.UNOWNED: ("unowned_since",),
    Clock.UNVERIFIED: ("declared_since",),
    Clock.LAPSED: ("lapsed_since",),
    Clock.REVIEW: ("reported_since",),
    Clock.REQUEST: ("requested_since",),
}
"""The columns from the latest of which each clock counts; only the last of several is never null."""

PAUSES = {Clock.DUE: "paused_days", Clock.SUBMIT: "paused_days", Clock.STAGE: "stage_paused_days"}
DAYS_BACK = {Clock.LAPSED: 1}
"""A lapse counts from the day before: the last one on which the rule was in force."""


def scope_of(terms: Terms) -> Q:
    """Return the tasks that the policy reaches, as `rules.governing.reaches` says it."""
    if terms.task_id:
        return Q(pk=terms.task_id)
    scope = Q(resolution=terms.resolution_id) if terms.resolution_id else Q()
    if not terms.level:
        return scope
    levels = TaskLevel.objects.filter(task=OuterRef("pk"), level=terms.level)
    if terms.rank:
        levels = levels.alias(ranks=Cast("accepted_ranks", TextField())).filter(ranks__contains=f'"{terms.rank}"')
    return scope & Q(Exists(levels))


def by_policy(rules: Rules, clock: Clock, value: Callable[[Terms, str], Any]) -> Any:
    """Return `value(terms, stage)` of the policy that governs `clock` of each task, else of the default.

    `stage` is that of the stage clock, "" for the others.
    """
    whens, otherwise = [], value(rules.default, "")
    for terms in rules.policies:
        scope = scope_of(terms)
        for stage in Stage.values if clock == Clock.STAGE else [""]:
            if not terms.limit(clock, stage):
                continue
            condition = scope & Q(stage=stage) if stage else scope
            if not condition:
                otherwise = value(terms, stage)
                break
            whens.append(When(condition, then=value(terms, stage)))
    return Case(*whens, default=otherwise) if whens else otherwise


def by_calendar(rules: Rules, terms: Terms, value: Callable[[Any], Any]) -> Any:
    """Return `value(days)` of the calendar that counts for each task: its province's, else that of the policy."""
    days = rules.days(terms.calendar_id)
    cells = Responsibility.objects.filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE, valid_to__isnull=True)
    whens = [
        When(Exists(cells.filter(body__path__startswith=local.path)), then=value(local))
        for local in rules.locals
        if local.calendar_id == terms.calendar_id
    ]
    return Case(*whens, default=value(days)) if whens else value(days)


def _counted(rules: Rules, clock: Clock, terms: Terms, stage: str) -> Any:
    """The last day that `terms` leave to the clock; null where they set no limit."""
    limit = terms.limit(clock, stage)
    if limit is None:
        # Cast: PostgreSQL takes a CASE of untyped NULLs alone for text.
        return Cast(Value(None), DateField())
    (days, unit), columns = limit, STARTS[clock]
    # No working day after a day off is that day itself, which has no ordinal of its own.
    if unit == DayUnit.CALENDAR or days == 0:
        return DaysLater(latest(*(F(name) for name in columns)), days - DAYS_BACK.get(clock, 0))
    return by_calendar(
        rules,
        terms,
        lambda counting: working_days_after(
            *columns,
            days=days,
            calendar=counting.version_id,
            plus=PAUSES.get(clock),
            back=DAYS_BACK.get(clock, 0),
        ),
    )


def counted(rules: Rules, clock: Clock) -> Any:
    """Return the last day in time of `clock` by the policy that governs it, as if nothing were written down."""
    return by_policy(rules, clock, lambda terms, stage: _counted(rules, clock, terms, stage))


def limit_columns(rules: Rules, *clocks: Clock) -> dict[str, Any]:
    """Return the columns of `clocks` (all but unowned, unless told); null where the clock does not run.

    The deadline stays known when the task is done: the four cells need it. Source: rulings.md, Flags.
    """
    wanted = clocks or tuple(clock for clock in COLUMNS if clock != Clock.UNOWNED)
    return {COLUMNS[clock]: _column(rules, clock) for clock in wanted}


def _column(rules: Rules, clock: Clock) -> Any:
    limit = counted(rules, clock)
    if clock in WRITTEN:
        limit = Coalesce(F(WRITTEN[clock]), limit)
    return Case(When(defined(clock), then=limit), default=None, output_field=DateField())


def defined(clock: Clock) -> Q:
    """Return the tasks in which the clock has a last day. Source: rules.clocks."""
    return defined_while_running(clock) if clock in WRITTEN else RUNNING & defined_while_running(clock)


def defined_while_running(clock: Clock) -> Q:
    """Return the running tasks in which the clock has a last day: what `defined` asks of them beside."""
    if clock == Clock.DUE:
        return Q(kind=TaskKind.DUTY)
    if clock == Clock.SUBMIT:
        return Q(kind=TaskKind.DUTY, stage__in=BEFORE_APPRAISAL)
    return Q(**{f"{STARTS[clock][-1]}__isnull": False})


def floors(rules: Rules, clock: Clock, turned_on: date | None = None) -> tuple[Any, ...]:
    """Return the days before which the governing rules can make nothing late; none for what was written down.

    `turned_on`: a day on which rules began or ended, so that others govern from it on.
    """
    floor = by_policy(
        rules,
        clock,
        lambda terms, stage: by_calendar(
            rules, terms, lambda days: Value(max(terms.floor, days.floor), output_field=DateField())
        ),
    )
    if turned_on is not None:
        floor = Greatest(floor, Value(turned_on, output_field=DateField()))
    if clock not in WRITTEN:
        return (floor,)
    return (Case(When(**{f"{WRITTEN[clock]}__isnull": True}, then=floor), default=F(COLUMNS[clock])),)


def policy_of(rules: Rules, clock: Clock) -> Any:
    """Return the key of the policy that governs `clock`."""
    return by_policy(rules, clock, lambda terms, stage: Value(terms.policy_id, output_field=IntegerField()))


def calendar_of(rules: Rules, clock: Clock) -> Any:
    """Return the key of the calendar version that counts for `clock`."""
    return by_policy(
        rules,
        clock,
        lambda terms, stage: by_calendar(
            rules, terms, lambda days: Value(days.version_id, output_field=IntegerField())
        ),
    )


def waiting_columns() -> dict[str, Any]:
    """Return since when a report, evidence and a request for time await the commission; null: none does.

    A report does not while it waits for the answer to a question, and from that answer on anew.
    """
    reports = ProgressReport.objects.filter(task=OuterRef("pk"), state=ReportState.SUBMITTED)
    evidence = Institutionalization.objects.awaiting_verification().filter(task=OuterRef("pk"))
    requests = Extension.objects.filter(task=OuterRef("pk"), state=ExtensionState.ASKED)
    return {
        "reported_since": Subquery(_first(reports, "review_since")),
        "declared_since": Subquery(_first(evidence, WAITS_SINCE)),
        "requested_since": Subquery(_first(requests, "asked_on")),
    }


def _first(rows: Any, name: Any) -> Any:
    return rows.order_by().values("task").annotate(first=Min(name)).values("first")


def unowned_since(day: Any) -> Any:
    """Return since when, seen on `day`, nobody answers for the task; null where somebody does.

    Somebody answers while an A cell holds whose post, if it names one, is held. The answer is the last day on which
    such a time ended, or the day of assignment.
    """
    return Case(
        When(~RUNNING, then=None),
        When(Exists(_owning_cells(day)), then=None),
        default=Greatest(F("running_since"), _last_owned(day), _last_held(day)),
    )


def _cells() -> Any:
    return Responsibility.objects.filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE)


def _owning_cells(day: Any) -> Any:
    tenures = Q(post__tenures__valid_from__lte=day) & (
        Q(post__tenures__valid_to__isnull=True) | Q(post__tenures__valid_to__gt=day)
    )
    return _cells().valid_on(day).filter(Q(post__isnull=True) | tenures)


def _last_owned(day: Any) -> Any:
    """When the last A cell without a post ended; the day of assignment where there was none."""
    ended = _cells().filter(post__isnull=True, valid_to__lte=day)
    return Coalesce(Subquery(_maximum(ended, F("valid_to"))), F("assigned_on"))


def _last_held(day: Any) -> Any:
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
