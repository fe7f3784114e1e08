"""The endpoints that write: find the row, check who writes and what was read, call the service, send the row."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS

from tracker import clock
from tracker.api.declaration import Context
from tracker.api.errors import NamedProblem
from tracker.api.pages import read_row
from tracker.api.parameters import refuse_any
from tracker.api.schema import DeclaredSchema
from tracker.api.views import ApiView, DetailView, ListView, MayRead, read_id, row_answer
from tracker.api.writing.acts import ACTS
from tracker.api.writing.declaration import Act
from tracker.api.writing.headers import fingerprint, read_key, read_version
from tracker.api.writing.inputs import read_body
from tracker.api.writing.schema import describe
from tracker.models import Task
from tracker.policies import require
from tracker.services import idempotency


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
        refuse_any(request.query_params)
        key, status = read_key(request.headers), 201 if self.act.is_new else 200
        if key is None:
            return self._told(request, status, self._done(request, pk))
        sent = fingerprint(request._request)
        with transaction.atomic():
            claim, is_new = idempotency.claim(request.user, key, sent, at=clock.now())
            if is_new:
                row_id = self._done(request, pk)
                idempotency.keep(claim, row_id=row_id)
        if not is_new and claim.fingerprint != sent:
            raise NamedProblem("key-reused")
        response = self._told(request, status, row_id if is_new else claim.row_id)
        if not is_new:
            response["Idempotency-Replayed"] = "true"
        return response

    def _done(self, request: Any, pk: str | None) -> int:
        """Return the id of the row that the act has left."""
        act, context = self.act, Context(user=request.user, day=clock.local_today())
        who: dict[str, Any] = {"by": request.user, "at": clock.now()}
        row = None
        if pk is not None:
            row = self._row(context, read_id(pk))
            require(request.user, act.action, row)
            who["version"] = read_version(request.headers)
        values = read_body(request.data, act, context)
        return int(act.do(row, values, who).pk)

    def _row(self, context: Context, pk: int) -> Any:
        joined = "resolution__issuer" if self.act.resource.model is Task else "task__resolution__issuer"
        row = self.act.resource.rows(context).filter(pk=pk).select_related(joined).first()
        if row is None:
            raise Http404
        return row

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
    """A collection in which rows can be created."""

    http_method_names = ("get", "head", "options", "post")

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        return super().describe(schema) if schema.method == "GET" else describe(self.act, schema)


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
