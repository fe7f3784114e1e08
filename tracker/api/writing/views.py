"""The endpoints that write: find the row, check who writes and what was read, call the service, send the row."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS

from tracker import clock
from tracker.api.declaration import Context
from tracker.api.pages import read_row
from tracker.api.parameters import refuse_any
from tracker.api.schema import DeclaredSchema
from tracker.api.views import ApiView, DetailView, ListView, MayRead, read_id, row_answer
from tracker.api.writing.acts import ACTS
from tracker.api.writing.declaration import Act
from tracker.api.writing.headers import read_version
from tracker.api.writing.inputs import read_body
from tracker.api.writing.many import write_many
from tracker.api.writing.once import marked, once
from tracker.api.writing.performing import perform, rows_of
from tracker.api.writing.schema import describe, describe_many, describe_new
from tracker.policies import require


class StrictJson(JSONParser):
    """One JSON value: no NaN, no name twice, no number or depth beyond what can be read."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        body = parser_context["request"]._request.body
        try:
            return json.loads(body, object_pairs_hook=_once, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ParseError from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)


class MayUse(MayRead):
    """Reading as everywhere; writing for who is signed in, or for a token with one of the act's scopes.

    What the act needs beside it is asked of the row, in tracker.policies.
    """

    def has_permission(self, request: Any, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return super().has_permission(request, view)
        if not request.user or not request.user.is_authenticated:
            return False
        return request.auth is None or bool(set(view.act.scopes) & set(request.auth.scopes))


class Writing(ApiView):
    """What every address that writes shares: `act` is what a POST or PATCH does here."""

    act: Act = ACTS[0]
    parser_classes = (StrictJson,)
    permission_classes = (MayUse,)

    def post(self, request: Any, pk: str | None = None) -> HttpResponse:
        return self._write(request, pk)

    def patch(self, request: Any, pk: str | None = None) -> HttpResponse:
        return self._write(request, pk)

    def _write(self, request: Any, pk: str | None) -> HttpResponse:
        """Carry the act out, once for each Idempotency-Key, and send the row that it leaves."""
        if pk is None and isinstance(request.data, list):
            return write_many(self.act, request)
        if pk is None and not self.act.is_new:
            raise ParseError
        refuse_any(request.query_params)
        status = 201 if self.act.is_new else 200
        row_id, is_replayed = once(request, lambda: self._done(request, pk))
        response = self._told(request, status, row_id)
        return marked(response, is_replayed=is_replayed)

    def _done(self, request: Any, pk: str | None) -> int:
        """Return the id of the row that the act has left."""
        act, context = self.act, Context(user=request.user, day=clock.local_today())
        who: dict[str, Any] = {"by": request.user, "at": clock.now()}
        row = None
        if pk is not None:
            row = rows_of(act.resource, context).filter(pk=read_id(pk)).first()
            if row is None:
                raise Http404
            require(request.user, act.action, row)
            who["version"] = read_version(request.headers)
        return perform(act, row, read_body(request.data, act, context), who, context)

    def _told(self, request: Any, status: int, pk: int) -> HttpResponse:
        """The row as a GET would send it; nothing where its writer may no longer see it."""
        text = read_row(self.act.resource, Context(user=request.user, day=clock.local_today()), pk)
        if text is None:
            return HttpResponse(status=204)
        response = row_answer(text, status=status)
        if status == 201:
            response["Location"] = request.build_absolute_uri(
                reverse(f"api-{self.act.resource.name}-detail", args=[pk])
            )
        return response


class WritableList(Writing, ListView):
    """A collection in which rows can be created, one or many."""

    http_method_names: tuple[str, ...] = ("get", "head", "options", "post")

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        return super().describe(schema) if schema.method == "GET" else describe_new(self.act, schema)


class ChangeableList(WritableList):
    """A collection in which rows can be changed, too, many at once."""

    http_method_names = ("get", "head", "options", "post", "patch")
    change: Act = ACTS[0]

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        if request.method == "PATCH":
            self.act = self.change
        super().initial(request, *args, **kwargs)

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        return describe_many(self.change, schema) if schema.method == "PATCH" else super().describe(schema)


class WritableDetail(Writing, DetailView):
    """A row that can be changed."""

    http_method_names = ("get", "head", "options", "patch")

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        return super().describe(schema) if schema.method == "GET" else describe(self.act, schema)


class ActView(Writing):
    """An act on one row. It is not there to be read."""

    http_method_names = ("post", "options")

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        return describe(self.act, schema)


class ManyView(Writing):
    """An act on many rows."""

    http_method_names = ("post", "options")

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        return describe_many(self.act, schema)
