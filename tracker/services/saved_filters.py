"""Filters of the queues, kept under a name by whoever may read the queue, shared with their commission or not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tracker.boards.queues import QUEUES
from tracker.errors import Stale, refuse
from tracker.models import Body, SavedFilter
from tracker.policies import employer_id, require, sharing_body_id
from tracker.services import history

MOST = 50
LONGEST = 300
FIELDS = ("queue", "name", "query", "shared_with")


@transaction.atomic
def save(
    queue: str, *, name: str, query: Mapping[str, str], is_shared: bool = False, by: Any, at: datetime
) -> SavedFilter:
    """Keep what a queue was asked for under a name. Raises ValidationError where a field is not one of the queue."""
    require(by, QUEUES[queue].action)
    if SavedFilter.objects.filter(owner=by).count() >= MOST:
        raise refuse(name=_("You keep %(most)d filters already: delete one first.") % {"most": MOST})
    saved = SavedFilter(owner=by, queue=queue, recorded_at=at)
    _fill(saved, name=name, query=query, is_shared=is_shared, by=by)
    saved.save(force_insert=True)
    _record("filter.saved", saved, by=by, at=at)
    return saved


@transaction.atomic
def change(
    saved: SavedFilter,
    *,
    name: str,
    is_shared: bool,
    query: Mapping[str, str] | None = None,
    by: Any,
    at: datetime,
    version: int | None = None,
) -> SavedFilter:
    """Rename it, share it or not, and let it ask for something else. Raises Stale where somebody was quicker."""
    require(by, "filter.change", saved)
    before = history.values_of(saved, *FIELDS)
    _claim(saved, version)
    _fill(saved, name=name, query=saved.query if query is None else query, is_shared=is_shared, by=by)
    saved.save(update_fields=["name", "query", "shared_with"])
    _record("filter.changed", saved, by=by, at=at, before=before)
    return saved


@transaction.atomic
def delete(saved: SavedFilter, *, by: Any, at: datetime, version: int | None = None) -> None:
    """Take it away, for everybody with whom it is shared, too. The history keeps what it was."""
    require(by, "filter.change", saved)
    _claim(saved, version)
    _record("filter.deleted", saved, by=by, at=at)
    saved.delete()


def _fill(saved: SavedFilter, *, name: str, query: Mapping[str, str], is_shared: bool, by: Any) -> None:
    known = QUEUES[saved.queue].fields
    if wrong := [field for field in query if field not in known]:
        raise refuse(query=_("This queue has no filter “%(field)s”.") % {"field": wrong[0][:40]})
    if any(len(value) > LONGEST for value in query.values()):
        raise refuse(query=_("A value of the filter is too long."))
    saved.name, saved.query = " ".join(name.split()), {field: query[field] for field in known if query.get(field)}
    if is_shared != (saved.shared_with_id is not None):
        saved.shared_with = _shared(by) if is_shared else None
    saved.full_clean(exclude=["query"])


def _shared(by: Any) -> Body:
    require(by, "filter.share")
    return Body.objects.get(pk=sharing_body_id(by) or 0)


def _claim(saved: SavedFilter, version: int | None) -> None:
    seen = saved.version if version is None else version
    rows = SavedFilter.objects.filter(pk=saved.pk, version=seen)
    if not rows.update(version=seen + 1):
        raise Stale(SavedFilter.objects.filter(pk=saved.pk).values_list("version", flat=True).first() or 0)
    saved.refresh_from_db()


def _record(kind: str, saved: SavedFilter, *, by: Any, at: datetime, before: dict[str, Any] | None = None) -> None:
    """Only the body that the filter is for reads of it."""
    reader = saved.shared_with or Body.objects.filter(pk=employer_id(by) or 0).first()
    after = history.values_of(saved, *FIELDS)
    history.record(kind, saved, by=by, at=at, before=before, after=after, private_to=reader)
