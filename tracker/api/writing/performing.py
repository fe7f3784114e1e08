"""One act on one row: what a request for one row, for many and a worker share."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tracker.api.declaration import Context, Resource
from tracker.api.errors import AlreadyThere, NamedProblem
from tracker.api.externals import ID, SOURCE
from tracker.api.resources import RESOURCES
from tracker.api.writing.declaration import Act
from tracker.choices import ReportState
from tracker.errors import Conflict
from tracker.models import Consultation, ExternalReference, Instrument, ProgressReport, Task
from tracker.services import externals

# What tracker.policies reads of a row; of most it is the task, and whose resolution that is.
_JOINED: dict[Any, tuple[str, ...]] = {
    Task: ("resolution__issuer",),
    Instrument: ("issuer", "drafted_by"),
    Consultation: ("instrument",),
}


def rows_of(resource: Resource, context: Context) -> Any:
    """Return the rows that may be acted on, with what every act asks of them."""
    return resource.rows(context).select_related(*_JOINED.get(resource.model, ("task__resolution__issuer",)))


def perform(act: Act, row: Any, values: dict[str, Any], who: dict[str, Any], context: Context) -> int:
    """Call the service of the act and return the id of the row that it leaves, named as its maker names it."""
    if not act.is_new:
        return int(act.do(row, values, who).pk)
    source, external_id = values.pop(SOURCE), values.pop(ID).strip()
    if not external_id:
        if source:
            raise NamedProblem("invalid-field", {ID: [_("It is needed: give a value.")]})
        return int(act.do(row, values, who).pk)
    source = source or externals.DEFAULT_SOURCE
    with transaction.atomic():
        _refuse_known(source, external_id, who, context)
        made = act.do(row, values, who)
        is_draft = isinstance(made, ProgressReport) and made.state == ReportState.DRAFT
        try:
            externals.name(made, source, external_id, **who, private_to=made.body if is_draft else None)
        except Conflict:
            _refuse_known(source, external_id, who, context)
            raise
    return int(made.pk)


def _refuse_known(source: str, external_id: str, who: dict[str, Any], context: Context) -> None:
    known = externals.find(source, external_id, by=who["by"])
    if known is not None:
        raise AlreadyThere(_address(known, context))


def _address(known: ExternalReference, context: Context) -> str:
    """Where the row is, empty where the writer may not see it. One query."""
    resource = next(one for one in RESOURCES if externals.kind_of(one.model) == known.object_kind)
    is_theirs = resource.rows(context).filter(pk=known.object_id).exists()
    return reverse(f"api-{resource.name}-detail", args=[known.object_id]) if is_theirs else ""
