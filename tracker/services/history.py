"""Appends to the history. Every service calls this in the transaction of its change."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, CharField, DateField, F, Model, Value
from django.db.models.functions import Cast, JSONObject
from django.forms.models import model_to_dict

from config import request_id
from tracker.clock import local_day
from tracker.models import Event, EventPersons, Task
from tracker.models.many import insert_many
from tracker.models.statements import Insert, execute
from tracker.policies import duty_of
from tracker.rules.sealing import committed


@dataclass(frozen=True, kw_only=True)
class Told:
    """What `record_each` says of one object."""

    obj: Model
    task: Task | None
    on: date | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


def record(
    kind: str,
    obj: Model,
    *,
    by: Any,
    at: datetime,
    on: date | None = None,
    task: Task | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    why: str = "",
    private_to: Any = None,
) -> Event:
    """Append what happened to `obj`; `on` is the local day it holds from (the day of `at` unless told).

    `by=None` is the system. `private_to` keeps the event to one body (drafts). What `obj` calls PERSONAL is kept
    apart: the event has a commitment to it.
    """
    event = _event(kind, obj, by=by, at=at, on=on or local_day(at), task=task)
    said, of_persons = _apart(obj, before or {}, after or {})
    event.before, event.after, event.why, event.private_to = said["before"], said["after"], why, private_to
    if not any(of_persons.values()):
        event.save(force_insert=True)
        return event
    salt = secrets.token_hex(16)
    with transaction.atomic():
        event.persons = committed(salt, of_persons)
        event.save(force_insert=True)
        EventPersons.objects.create(event=event, salt=salt, **of_persons)
    return event


def _apart(obj: Model, before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part `before` and `after` into what anybody may keep for ever, and what is about a person."""
    personal = getattr(obj, "PERSONAL", ())
    both = {"before": before, "after": after}
    said = {name: {key: value for key, value in values.items() if key not in personal} for name, values in both.items()}
    kept = {name: {key: value for key, value in values.items() if key in personal} for name, values in both.items()}
    return said, kept


@transaction.atomic
def erase_persons(obj: Model) -> int:
    """Erase what the history says of a person in the events of `obj`; return in how many. The chain stays valid."""
    events = Event.objects.filter(object_kind=obj._meta.model_name, object_id=str(obj.pk))
    return EventPersons.objects.filter(event__in=events.values("pk")).delete()[0]


def record_many(
    kind: str, objs: Sequence[Model], *, by: Any, at: datetime, task: Task | None = None, fields: tuple[str, ...]
) -> None:
    """Append one event for each of `objs`, with the values of `fields`; without `task`, of its own task. One insert."""
    tasks = [task or getattr(obj, "task", None) for obj in objs]
    events = [_event(kind, obj, by=by, at=at, on=local_day(at), task=own) for obj, own in zip(objs, tasks, strict=True)]
    for event, obj in zip(events, objs, strict=True):
        event.after = values_of(obj, *fields)
    Event.objects.bulk_create(events)


def record_each(kind: str, rows: Sequence[Told], *, by: Any, at: datetime) -> None:
    """Append one event for each of `rows`, each with values of its own; none of them personal. One insert."""
    events = []
    for row in rows:
        event = _event(kind, row.obj, by=by, at=at, on=row.on or local_day(at), task=row.task)
        event.before, event.after, event.why = dict(row.before), dict(row.after), row.why
        events.append(event)
    insert_many(events)


def record_rows(kind: str, rows: Any, *, by: Any, at: datetime, on: date, after: Sequence[str]) -> int:
    """Append one event for each row of a queryset of tasks, or of rows of tasks, with its columns `after`.

    None of them is personal. One insert, in which no row leaves the database.
    """
    model = rows.model
    columns = {
        "at": Value(at),
        "on": Value(on, output_field=DateField()),
        "actor": Value(by.pk if by else None, output_field=BigIntegerField()),
        "duty": Value(duty_of(by)),
        "kind": Value(kind),
        "object_kind": Value(model._meta.model_name),
        "object_id": Cast(F("pk"), CharField()),
        "task": F("pk" if model is Task else "task"),
        "before": JSONObject(),
        "after": JSONObject(**{name: F(name) for name in after}),
        "why": Value(""),
        "request_id": Value(request_id.current()[:40]),
    }
    return execute(Insert(Event, columns, rows))


def _event(kind: str, obj: Model, *, by: Any, at: datetime, on: date, task: Task | None) -> Event:
    return Event(
        kind=kind,
        object_kind=obj._meta.model_name or "",
        object_id=str(obj.pk),
        at=at,
        on=on,
        actor=by,
        duty=duty_of(by),
        task=task,
        request_id=request_id.current()[:40],
    )


def values_of(obj: Model, *fields: str) -> dict[str, Any]:
    """Return the columns of `obj` for an event: codes, days, numbers and ids, derived columns left out."""
    return model_to_dict(obj, fields=fields or None)
