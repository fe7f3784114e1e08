"""The ladder of a flag: which step is due on a day, whom it reaches then, and when the next one comes. Set-based."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, Greatest

from tracker.choices import Addressee, Duty, Role
from tracker.models import Flag, FlagStep, PolicyStep, Responsibility, StepRecipient
from tracker.models.expressions import DaysBetween, earliest, working_days_after
from tracker.models.statements import Batch, Insert, Raw, run

STEP_ONCE = "(flag_id, number, due_on)"
RECIPIENT_ONCE = "(step_id, recipient)"
ORDER = tuple(Addressee)
STEPS = "policy__steps__"
CELL = "flag__task__responsibilities__"
ACTING = (Duty.OFFICIAL, Duty.BODY_ADMIN)
REMINDS = Q(offset__lt=0, step_on__gte=Coalesce(F("snoozed_until"), Value(date.min)))
"""A step before the first late day that no snooze silences."""
Taken = tuple[int, str]
"""A step that was taken, and whom it reached."""


def climb(batch: Batch, *, day: date, at: datetime) -> list[Taken]:
    """Take every step of the open flags of `batch` whose day has come, each once; return them.

    A snooze stops steps, not the flag: what fell into it is taken on the day on which it ends, but for what reminds
    of a day to come. The last step comes again while the flag is open, so that no open flag is ever silent.
    """
    return [*run(_take_steps, batch, day=day, at=at), *run(_repeat_steps, batch, day=day, at=at)]


def begin(batch: Batch, flags: Sequence[int], *, day: date, at: datetime) -> list[Taken]:
    """Take the steps with which these flags begin, which have opened just now; return them."""
    taken: list[Taken] = run(_first_steps, batch, day=day, at=at, keys=flags)
    return taken


def tell(batch: Batch, taken: Sequence[Taken], *, day: date, at: datetime) -> None:
    """Write whom the steps that were taken just now reach."""
    found = {reached for _, reached in taken}
    keys = [key for key, _ in taken]
    for build, reached in TOLD:
        if found.intersection(reached):
            run(build, batch, day=day, at=at, keys=keys)


def next_step(day: date) -> Any:
    """Return the day of the next step of any open flag of a task, by what has been taken; null where none comes."""
    flags = Flag.objects.open().filter(task=OuterRef("pk")).annotate(next_on=earliest(_first_time(day), _next_time()))
    return Subquery(flags.order_by().values("task").annotate(first=Min("next_on")).values("first"))


def _first_time(day: date) -> Any:
    """Steps come in the order of their offsets, so that the calendar is asked for the first one only."""
    to_come = Q(offset__gte=0) | Q(REMINDS, since__gt=day, step_on__gt=day)
    steps = _dated(_ladder_of_flag()).filter(to_come).filter(~_taken("flag"))
    return Subquery(steps.order_by("offset").values("step_on")[:1])


def _next_time() -> Any:
    steps = _again(_ladder_of_flag().filter(repeat_days__isnull=False), "flag")
    return Subquery(steps.order_by().values("again_on")[:1])


def _ladder_of_flag() -> Any:
    """The steps of the ladder of the outer flag, with its columns that `_dated` and `_again` ask for.

    Not joined to it: SQLite would rather begin with the policy, and so with every flag that it governs.
    """
    columns = {name: ExpressionWrapper(OuterRef(name), DateField()) for name in ("since", "limit_on", "snoozed_until")}
    keys = {"flag": "pk", "calendar_version": "calendar_version"}
    columns |= {name: ExpressionWrapper(OuterRef(key), IntegerField()) for name, key in keys.items()}
    rows = PolicyStep.objects.filter(policy=OuterRef("policy"), clock=OuterRef("clock"))
    return rows.annotate(**columns, offset=F("offset_days"), repeat=F("repeat_days"))


def _joined(flags: Any, condition: Q) -> Any:
    """Each flag with each step of its ladder. One filter: another one would join the steps a second time."""
    rows = flags.filter(Q(**{f"{STEPS}clock": F("clock")}) & condition)
    return rows.annotate(number=F(f"{STEPS}number"), offset=F(f"{STEPS}offset_days"), repeat=F(f"{STEPS}repeat_days"))


def _dated(rows: Any) -> Any:
    """`step_on` is the day of each step; those that do not remind are put off to the end of a snooze."""
    counted = Case(
        # Before the first late day the count starts from the last day in time, whose ordinal it shares.
        When(offset__lt=0, then=working_days_after("limit_on", days="offset", calendar="calendar_version", more=1)),
        When(offset=0, then=F("since")),
        default=working_days_after("since", days="offset", calendar="calendar_version"),
        output_field=DateField(),
    )
    return rows.annotate(step_on=_after_snooze(counted, offset__gte=0))


def _after_snooze(on: Any, **only: int) -> Case:
    return Case(When(snoozed_until__isnull=False, **only, then=Greatest(on, F("snoozed_until"))), default=on)


def _taken(flag: str = "pk") -> Exists:
    return Exists(FlagStep.objects.filter(flag=OuterRef(flag), number=OuterRef("number")))


def _again(rows: Any, flag: str = "pk") -> Any:
    """`again_on` is when the step that comes again does so; those that never came are left out.

    PostgreSQL takes the end of a snooze for the later of it and of no day at all.
    """
    last = FlagStep.objects.filter(flag=OuterRef(flag), number=OuterRef("number")).order_by()
    rows = rows.filter(_taken(flag)).annotate(
        last_on=Subquery(last.values("flag").annotate(on=Max("due_on")).values("on"))
    )
    again = working_days_after("last_on", days="repeat", calendar="calendar_version")
    return rows.annotate(again_on=_after_snooze(again))


def _due(flags: Any, day: date) -> Any:
    """Each flag with each step whose day has come."""
    today = Value(day, output_field=DateField())
    # n working days take at least n days: a cheap test before the calendar is asked.
    offset = f"{STEPS}offset_days"
    near = Q(**{f"{offset}__gte": 0, f"{offset}__lte": DaysBetween(F("since"), today)})
    near |= Q(**{f"{offset}__lt": 0}, since__gt=day)
    # A reminder whose day has passed before its limit was known says nothing any more.
    due = Q(offset__gte=0, step_on__lte=day) | Q(REMINDS, step_on=day)
    return _dated(_joined(flags, near)).filter(due)


def _take_steps(tasks: Any, day: date, at: datetime) -> Insert:
    return _insert(_due(Flag.objects.open().filter(**_of(tasks)), day).filter(~_taken()), "step_on")


def _first_steps(tasks: Any, day: date, at: datetime, keys: Any) -> Insert:
    """Nobody has taken a step of these flags. Not to ask for that matters: the table grows while it is asked."""
    return _insert(_due(Flag.objects.filter(pk__in=keys), day), "step_on")


def _repeat_steps(tasks: Any, day: date, at: datetime) -> Insert:
    repeating = _joined(Flag.objects.open().filter(**_of(tasks)), Q(**{f"{STEPS}repeat_days__isnull": False}))
    return _insert(_again(repeating).filter(again_on__lte=day), "again_on")


def _of(tasks: Any) -> dict[str, Any]:
    return {"task__in": tasks.values("pk")}


def _insert(flags: Any, on: str) -> Insert:
    columns = {
        "flag": F("pk"),
        "number": F("number"),
        "due_on": F(on),
        "addressee": F(f"{STEPS}addressee"),
        "reached": _reached(on),
        "body": Subquery(_cells(Role.ACCOUNTABLE, on).order_by("pk").values("body")[:1]),
    }
    return Insert(FlagStep, columns, flags, STEP_ONCE, returning=("id", "reached"))


def _cells(role: Role, on: str) -> Any:
    rows = Responsibility.objects.filter(task=OuterRef("task"), role=role, valid_from__lte=OuterRef(on))
    return rows.exclude(valid_to__lte=OuterRef(on))


def _held(prefix: str, on: Any) -> Q:
    return Q(**{f"{prefix}tenures__valid_from__lte": on}) & (
        Q(**{f"{prefix}tenures__valid_to__isnull": True}) | Q(**{f"{prefix}tenures__valid_to__gt": on})
    )


def _reached(on: str) -> Case:
    """Whom a step finds: where nobody is, it climbs at once to the next above."""
    accountable = _cells(Role.ACCOUNTABLE, on)
    there = {
        Addressee.HOLDER: Exists(accountable.filter(_held("post__", OuterRef(on)))),
        Addressee.HEAD: Exists(accountable.filter(_held("body__posts__", OuterRef(on)), body__posts__is_head=True)),
        Addressee.SUPERVISOR: Exists(_cells(Role.SUPERVISES, on).exclude(body__in=_accountable_bodies(on))),
    }
    whens = [
        When(Q(**{f"{STEPS}addressee__in": ORDER[: number + 1]}) & Q(found), then=Value(addressee.value))
        for number, (addressee, found) in enumerate(there.items())
    ]
    return Case(*whens, default=Value(Addressee.COMMISSION.value), output_field=CharField())


def _accountable_bodies(on: str) -> Any:
    """The accountable body on the day, seen from a cell of the same task."""
    rows = Responsibility.objects.filter(task=OuterRef("task"), role=Role.ACCOUNTABLE)
    outer = OuterRef(OuterRef(on))
    return rows.filter(valid_from__lte=outer).exclude(valid_to__lte=outer).values("body")


def _on_the_day(prefix: str) -> Q:
    ended = Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": F("due_on")})
    return Q(**{f"{prefix}valid_from__lte": F("due_on")}) & ended


def _steps(keys: Any, *reached: Addressee) -> Any:
    return FlagStep.objects.filter(pk__in=keys, reached__in=reached)


def _named(letter: str, column: str) -> Any:
    return Concat(Value(letter), Cast(F(column), CharField()))


def _to_posts(steps: Any, post: str, is_held: Q) -> Insert:
    tenures = f"{post}tenures__"
    columns = {
        "step": F("pk"),
        "recipient": _named("p", f"{post}pk"),
        "body": F(f"{CELL}body"),
        "post": F(f"{post}pk"),
        "cadre": F(f"{tenures}cadre"),
        "user": F(f"{tenures}cadre__user"),
    }
    accountable = Q(**{f"{CELL}role": Role.ACCOUNTABLE}) & _on_the_day(CELL)
    # One call: conditions on the same cell, the same post and the same tenure.
    return Insert(StepRecipient, columns, steps.filter(accountable & is_held & _on_the_day(tenures)), RECIPIENT_ONCE)


def _holders(tasks: Any, day: date, at: datetime, keys: Any) -> Insert:
    return _to_posts(_steps(keys, Addressee.HOLDER), f"{CELL}post__", Q())


def _heads(tasks: Any, day: date, at: datetime, keys: Any) -> Insert:
    post = f"{CELL}body__posts__"
    return _to_posts(_steps(keys, Addressee.HEAD), post, Q(**{f"{post}is_head": True}))


def _to_members(steps: Any, role: Role, duties: tuple[Duty, ...]) -> Insert:
    """The accounts that act for the bodies with `role`, each once."""
    members = f"{CELL}body__memberships__"
    columns = {
        "step": F("pk"),
        "recipient": _named("u", f"{members}user"),
        "body": F(f"{CELL}body"),
        "user": F(f"{members}user"),
    }
    cell = Q(**{f"{CELL}role": role}) & _on_the_day(CELL)
    acting = Q(**{f"{members}duty__in": duties, f"{members}user__is_active": True}) & _on_the_day(members)
    return Insert(StepRecipient, columns, steps.filter(cell & acting), RECIPIENT_ONCE)


def _officials(tasks: Any, day: date, at: datetime, keys: Any) -> Insert:
    """Where who holds the post has no account, those who act for the body are told."""
    told = StepRecipient.objects.filter(step=OuterRef("pk"), user__isnull=False)
    steps = _steps(keys, Addressee.HOLDER, Addressee.HEAD).filter(~Exists(told))
    return _to_members(steps, Role.ACCOUNTABLE, ACTING)


def _supervisors(tasks: Any, day: date, at: datetime, keys: Any) -> Insert:
    steps = _steps(keys, Addressee.SUPERVISOR)
    columns = {"step": F("pk"), "recipient": _named("b", f"{CELL}body"), "body": F(f"{CELL}body")}
    cell = Q(**{f"{CELL}role": Role.SUPERVISES}) & _on_the_day(CELL) & ~Q(**{f"{CELL}body": F("body")})
    return Insert(StepRecipient, columns, steps.filter(cell), RECIPIENT_ONCE)


def _supervising_members(tasks: Any, day: date, at: datetime, keys: Any) -> Insert:
    return _to_members(_steps(keys, Addressee.SUPERVISOR), Role.SUPERVISES, (Duty.SUPERVISOR, *ACTING))


COMMISSION = """
INSERT INTO tracker_steprecipient (step_id, recipient, body_id, user_id)
WITH places AS MATERIALIZED (
    SELECT s.id, s.due_on, (
        SELECT b.path FROM tracker_body b WHERE b.id = COALESCE(s.body_id, (
            SELECT d.issuer_id FROM tracker_task t JOIN tracker_resolution d ON d.id = t.resolution_id
            WHERE t.id = f.task_id))) AS path
    FROM tracker_flagstep s
    JOIN tracker_flag f ON f.id = s.flag_id AND f.closed_on IS NULL
    WHERE s.id IN ({keys})
), officers AS MATERIALIZED (
    SELECT m.user_id, m.body_id, m.valid_from, m.valid_to, r.path, u.is_active
    FROM accounts_membership m
    JOIN accounts_user u ON u.id = m.user_id
    JOIN tracker_body r ON r.id = m.root_id
    WHERE m.duty = 'commission'
)
SELECT p.id, 'u' || m.user_id, m.body_id, m.user_id
FROM places p
JOIN officers m ON m.is_active AND m.valid_from <= p.due_on AND (m.valid_to IS NULL OR m.valid_to > p.due_on)
     AND substr(p.path, 1, length(m.path)) = m.path
WHERE NOT EXISTS (
    SELECT 1 FROM officers n
    WHERE n.valid_from <= p.due_on AND (n.valid_to IS NULL OR n.valid_to > p.due_on)
      AND substr(p.path, 1, length(n.path)) = n.path AND length(n.path) > length(m.path))
ON CONFLICT (step_id, recipient) DO NOTHING
"""


def _commission(tasks: Any, day: date, at: datetime, keys: Any) -> Raw:
    """The duty officers of the commission of that level: those whose jurisdiction holds the body most closely."""
    return Raw(COMMISSION, _steps(keys, Addressee.COMMISSION))


def _nobody(tasks: Any, day: date, at: datetime, keys: Any) -> Insert:
    """A step that found nobody at all says so."""
    columns = {"step": F("pk"), "recipient": Value("-"), "body": F("body")}
    untold = _steps(keys, *Addressee).filter(~Exists(StepRecipient.objects.filter(step=OuterRef("pk"))))
    return Insert(StepRecipient, columns, untold, RECIPIENT_ONCE)


TOLD = (
    (_holders, {Addressee.HOLDER}),
    (_heads, {Addressee.HEAD}),
    (_officials, {Addressee.HOLDER, Addressee.HEAD}),
    (_supervisors, {Addressee.SUPERVISOR}),
    (_supervising_members, {Addressee.SUPERVISOR}),
    (_commission, {Addressee.COMMISSION}),
    (_nobody, set(Addressee)),
)
"""What writes the recipients of the steps that reached whom; where nobody was there before, nobody is."""
