"""What happened to a clock of a task: steps taken and to come, requests for time, moved deadlines, snoozes, pauses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from tracker.boards.clock_record import DEADLINE, SNOOZED, UNSNOOZED, Record, day_of
from tracker.choices import ExtensionState
from tracker.models import Body, Extension, FlagStep, Post, StepRecipient
from tracker.rules.clocks import Explanation

NOBODY = "-"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a step reached: a post, or the body of those who act for it; neither: nobody. Persons are not named."""

    post: Post | None
    body: Body | None


@dataclass(frozen=True, slots=True)
class ExplainedStep:
    """A step of the ladder, taken or to come. Nobody was there for whom it was meant where `reached` differs."""

    number: int
    due_on: date
    addressee: str
    is_taken: bool
    reached: str = ""
    recipients: tuple[Recipient, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """A suspension and its working days, which the limit passes over if `is_counted`: it had not passed before.

    `end` is the day on which the task went on; None: it has not, and `until` is the end that is planned, if known.
    """

    start: date
    end: date | None
    until: date | None
    document: str
    reason: str
    days: int
    is_counted: bool


@dataclass(frozen=True, slots=True)
class ExplainedRequest:
    """A request for more time, as it stood on the day: what is not decided yet has no decision."""

    row: Extension
    state: ExtensionState

    @property
    def is_decided(self) -> bool:
        return self.state != ExtensionState.ASKED


@dataclass(frozen=True, slots=True)
class Move:
    """The written deadline moved `on` a day, by a decision or by the document of a suspension."""

    on: date
    before: date | None
    after: date | None
    document: str


@dataclass(frozen=True, slots=True)
class Snooze:
    """The steps were stopped on `on`, until a day (exclusive end); `ended_on`: they were let go on before."""

    on: date
    until: date
    reason: str
    ended_on: date | None = None


def steps(record: Record, clock: str, text: Explanation | None) -> tuple[ExplainedStep, ...]:
    """Return the steps that the flags of `clock` have climbed by the day, then those that its ladder has to come."""
    rows = [step for flag in record.flags if flag.clock == clock for step in flag.steps.all()]
    taken = [_taken(step) for step in sorted(rows, key=lambda step: (step.due_on, step.number, step.pk))]
    to_come = [ExplainedStep(step.number, step.due_on, step.addressee, False) for step in text.steps] if text else []
    return (*taken, *to_come)


def _taken(step: FlagStep) -> ExplainedStep:
    told = dict.fromkeys(_recipient(row) for row in step.recipients.all())
    return ExplainedStep(step.number, step.due_on, step.addressee, True, step.reached, tuple(told))


def _recipient(row: StepRecipient) -> Recipient:
    return Recipient(row.post, None if row.recipient == NOBODY else row.body)


def requests(record: Record) -> Iterator[ExplainedRequest]:
    """Yield the requests for more time that were made by the day, each as it stood then."""
    for row in record.extensions:
        yield ExplainedRequest(row, ExtensionState(row.state) if record.is_decided(row) else ExtensionState.ASKED)


def moves(record: Record) -> Iterator[Move]:
    """Yield how the written deadline moved by the day."""
    for event in record.happened(DEADLINE):
        yield Move(event.on, day_of(event.before["due_on"]), day_of(event.after["due_on"]), event.why)


def snoozes(record: Record, clock: str) -> list[Snooze]:
    """Return the snoozes of the flags of `clock` by the day; a later one takes the place of what was left before."""
    found: list[Snooze] = []
    for event in record.happened(SNOOZED, UNSNOOZED):
        told = event.after if event.kind == SNOOZED else event.before
        if told.get("clock") != clock:
            continue
        if found and found[-1].until > event.on:
            found[-1] = replace(found[-1], ended_on=event.on)
        until = day_of(told.get("snoozed_until"))
        if event.kind == SNOOZED and until:
            found.append(Snooze(event.on, until, event.why))
    return found
