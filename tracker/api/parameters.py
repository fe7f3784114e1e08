"""Reads the query of a request against the declaration: what is not declared is refused by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from tracker.api.cursors import Cursor, read_cursor
from tracker.api.declaration import Context, Filter, Ordering, Resource
from tracker.api.errors import NamedProblem
from tracker.api.parsers import Refused, read_day, read_integer, read_truth, readable, shown
from tracker.clock import local_today

DEFAULT_LIMIT, LARGEST_LIMIT = 100, 500


@dataclass(frozen=True, kw_only=True)
class PageQuery:
    """What a list was asked for."""

    context: Context
    limit: int
    ordering: Ordering
    cursor: Cursor | None
    is_counted: bool


class Reader:
    """Takes parameters out of a query one by one and collects what is wrong with them."""

    def __init__(self, query: QueryDict):
        self.query = query
        self.errors: dict[str, list[str]] = {}

    def refuse_unknown(self, known: set[str]) -> None:
        """Refuse the whole query if it has a name that is not in `known`."""
        unknown = sorted(set(self.query) - known)
        if unknown:
            sentence = _("This parameter is not known here. Known are: %(known)s.") % {
                "known": ", ".join(sorted(known)) or _("none")
            }
            raise NamedProblem("unknown-parameter", {shown(name): [sentence] for name in unknown})

    def one(self, name: str, read: Callable[[str], Any], default: Any = None) -> Any:
        """Return the value of a parameter that is given at most once."""
        given = self.query.getlist(name)
        if len(given) > 1:
            self.errors[name] = [_("It is given twice: give it once.")]
            return default
        return self._read(name, given[0], read) if given else default

    def many(self, name: str, read: Callable[[str], Any]) -> tuple[Any, ...]:
        """Return the values of a parameter that may be repeated."""
        values = (self._read(name, given, read) for given in dict.fromkeys(self.query.getlist(name)))
        return tuple(value for value in values if value is not None)

    def _read(self, name: str, given: str, read: Callable[[str], Any]) -> Any:
        try:
            return read(readable(given) if name != "cursor" else given)
        except Refused as refusal:
            self.errors.setdefault(name, []).append(str(refusal))
            return None

    def finish(self) -> None:
        """Raise NamedProblem if anything was wrong."""
        if self.errors:
            raise NamedProblem("invalid-parameter", self.errors)


def read_list(query: QueryDict, resource: Resource, user: Any) -> PageQuery:
    """Return what a list of `resource` was asked for; one query for each filter that names another row.

    Raises NamedProblem that names every parameter at fault.
    """
    reader = Reader(query)
    reader.refuse_unknown(list_parameters(resource))
    day = _as_of(reader, resource)
    limit = reader.one("limit", lambda text: read_integer(text, low=1, high=LARGEST_LIMIT), DEFAULT_LIMIT)
    orderings = {ordering.name: ordering for ordering in resource.orderings}
    ordering = reader.one("ordering", lambda text: _known(orderings, text)) or resource.orderings[0]
    cursor = reader.one("cursor", lambda text: read_cursor(text, ordering))
    is_counted = reader.one("count", read_truth, False)
    context = Context(user=user, day=day or local_today(), is_past=day is not None)
    values = read_values(reader, resource, context)
    reader.finish()
    context = Context(user=user, day=context.day, is_past=context.is_past, values=values)
    return PageQuery(context=context, limit=limit, ordering=ordering, cursor=cursor, is_counted=is_counted)


def read_values(reader: Reader, resource: Resource, context: Context) -> dict[str, Any]:
    """Return the values of the filters that are given; one query for each that names another row."""
    return {item.name: _value(reader, item, context) for item in resource.filters if item.name in reader.query}


def read_detail(query: QueryDict, resource: Resource, user: Any) -> Context:
    """Return for whom and for which day one row was asked for."""
    reader = Reader(query)
    reader.refuse_unknown({"as_of"} if resource.as_of else set())
    day = _as_of(reader, resource)
    reader.finish()
    return Context(user=user, day=day or local_today(), is_past=day is not None)


def refuse_any(query: QueryDict) -> None:
    """Refuse every parameter, where none is known."""
    Reader(query).refuse_unknown(set())


def list_parameters(resource: Resource) -> set[str]:
    """Return the names of the parameters that a list takes."""
    names = {item.name for item in resource.filters} | {"limit", "cursor", "ordering", "count"}
    return names | {"as_of"} if resource.as_of else names


def past_day(text: str) -> date:
    """Return the day; refuses one that has not come, for what will be known then is not known now."""
    day = read_day(text)
    if day > local_today():
        raise Refused(_("This day has not come: give today (%(today)s) or an earlier day.") % {"today": local_today()})
    return day


def _as_of(reader: Reader, resource: Resource) -> date | None:
    return reader.one("as_of", past_day) if resource.as_of else None


def _value(reader: Reader, item: Filter, context: Context) -> Any:
    read = lambda text: item.parser.read(text, context)  # noqa: E731
    return reader.many(item.name, read) if item.many else reader.one(item.name, read)


def _known(orderings: Mapping[str, Ordering], text: str) -> Ordering:
    if text not in orderings:
        raise Refused(_("It is not one of: %(known)s.") % {"known": ", ".join(orderings)})
    return orderings[text]
