"""Many rows in one request: each is read, checked and refused as it would be alone; set-based where the act can be."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError

from tracker import clock
from tracker.api.declaration import Context
from tracker.api.errors import NamedProblem, RowsRefused, members, members_of
from tracker.api.writing.declaration import Act
from tracker.api.writing.inputs import ROW_ID, ROW_VERSION, read_body
from tracker.api.writing.performing import perform, rows_of
from tracker.errors import Conflict
from tracker.policies import require
from tracker.services import clocks
from tracker.services.many import Wanted, keys_of

logger = logging.getLogger(__name__)
AT_ONCE, MOST_ROWS = 1_000, 10_000
REFUSALS = (NamedProblem, Conflict, ValidationError, PermissionDenied, Http404, ParseError)


@dataclass
class Item:
    """One row of the request: what it asks for, then either the key of the row that it left, or why it was refused."""

    values: dict[str, Any] = field(default_factory=dict)
    pk: int = 0
    version: int = 0
    row: Any = None
    done: int = 0
    refused: Exception | None = None


def with_binding(act: Act) -> Act:
    """Return the act as a row of a request of many sends it: with the id and the version of its row."""
    return act if act.is_new else replace(act, inputs=(ROW_ID, ROW_VERSION, *act.inputs))


def carry_out(act: Act, rows: list[Any], *, by: Any, path: str, is_atomic: bool) -> list[dict[str, Any]]:
    """Carry `act` out on each of `rows` and return one result a row, in their order.

    A row that is refused leaves the others alone; with `is_atomic` it raises RowsRefused, and nothing is written.
    """
    at = clock.now()
    context = Context(user=by, day=clock.local_day(at))
    items = [_read(entry, act, context) for entry in rows]
    with transaction.atomic() if is_atomic else nullcontext():
        if not act.is_new:
            _find(items, act, context)
        _do(items, act, {"by": by, "at": at}, context, is_atomic=is_atomic)
        refused = [one for one in _refusals(items, path) if is_atomic]
        if refused:
            raise RowsRefused(refused)
        return _results(items, act, path)


def _read(entry: Any, act: Act, context: Context) -> Item:
    try:
        values = read_body(entry, with_binding(act), context)
    except (NamedProblem, ParseError) as refusal:
        return Item(refused=refusal)
    if act.is_new:
        return Item(values=values)
    return Item(values=values, pk=values.pop(ROW_ID.name), version=values.pop(ROW_VERSION.name))


def _find(items: list[Item], act: Act, context: Context) -> None:
    """Find the row of each item. One query."""
    asked = {item.pk for item in items if item.refused is None}
    found = {row.pk: row for row in rows_of(act.resource, context).filter(pk__in=keys_of(list(asked)))}
    met: set[int] = set()
    for item in items:
        if item.refused is None:
            item.row = found.get(item.pk)
            if item.row is None:
                item.refused = Http404()
            elif item.pk in met:
                item.refused = NamedProblem("invalid-field", {ROW_ID.name: [_("It is given twice: give it once.")]})
            met.add(item.pk)


def _do(items: list[Item], act: Act, who: dict[str, Any], context: Context, *, is_atomic: bool) -> None:
    """Where the database refuses what the rows need together, they are done one by one: it fails alone."""
    wanted = [item for item in items if item.refused is None]
    try:
        with transaction.atomic():
            if act.many is None:
                with clocks.together(at=who["at"]):
                    _each(wanted, act, who, context)
            else:
                _set_based(wanted, act, who)
    except clocks.BREAKS:
        if is_atomic:
            raise
        logger.exception("Rows of a request could not be written together: %s %s", act.resource.name, act.name)
        for item in wanted:
            item.done, item.refused = 0, None
        if not act.is_new:
            _find(wanted, act, context)  # anew: the services have changed what was found
        _each([item for item in wanted if item.refused is None], act, who, context)


def _set_based(items: list[Item], act: Act, who: dict[str, Any]) -> None:
    refused = act.many([Wanted(item.row, item.version, item.values) for item in items], **who) if act.many else {}
    for item in items:
        item.refused = refused.get(item.pk)
        item.done = 0 if item.refused else item.pk


def _each(items: list[Item], act: Act, who: dict[str, Any], context: Context) -> None:
    """By the task, as the scan locks them: two who act on the same rows wait for each other and do not deadlock."""
    for item in sorted(items, key=_place):
        try:
            with transaction.atomic():
                item.done = _one(item, act, who, context)
        except REFUSALS as refusal:
            item.refused = refusal
        except clocks.BREAKS as error:
            logger.exception("A row of a request could not be written: %s %s", act.resource.name, item.pk)
            item.refused = error


def _place(item: Item) -> tuple[int, int]:
    if item.row is None:
        return 0, 0
    return getattr(item.row, "task_id", item.pk), item.pk


def _one(item: Item, act: Act, who: dict[str, Any], context: Context) -> int:
    if act.is_new:
        return perform(act, None, dict(item.values), who, context)
    require(who["by"], act.action, item.row)
    return perform(act, item.row, dict(item.values), {**who, "version": item.version}, context)


def _results(items: list[Item], act: Act, path: str) -> list[dict[str, Any]]:
    status, versions = 201 if act.is_new else 200, _versions(act, [item.done for item in items if item.done])
    return [
        {"status": status, "id": item.done, **versions.get(item.done, {})} if item.done else _refusal(item, path)
        for item in items
    ]


def _versions(act: Act, done: list[int]) -> dict[int, dict[str, int]]:
    """The versions that the rows have now; none where a row is never rewritten. One query."""
    model = act.resource.model
    if not hasattr(model, "version"):
        return {}
    rows = model._default_manager.filter(pk__in=keys_of(done)).values_list("pk", "version")
    return {pk: {"version": version} for pk, version in rows}


def _refusals(items: list[Item], path: str) -> Iterable[dict[str, Any]]:
    return ({"row": index, **_refusal(item, path)} for index, item in enumerate(items) if item.refused is not None)


def _refusal(item: Item, path: str) -> dict[str, Any]:
    told = members_of(item.refused or Http404(), path)
    return {"status": told["status"], **({"id": item.pk} if item.pk else {}), "problem": told}


def given_up(rows: list[Any], path: str) -> list[dict[str, Any]]:
    """Return the results of rows that nobody could bring to an end."""
    told = members("internal-error", path)
    return [{"status": told["status"], "problem": told} for _row in rows]
