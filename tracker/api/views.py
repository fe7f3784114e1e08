"""The endpoints that read: check, one page or row as the database wrote it, send."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from accounts.tokens import Scope
from tracker.api.declaration import Resource
from tracker.api.errors import etag, keep_private
from tracker.api.limits import RequestLimit, tell
from tracker.api.pages import Page, read_page, read_row
from tracker.api.parameters import read_detail, read_list, refuse_any
from tracker.api.parsers import LARGEST_INTEGER
from tracker.api.resources import RESOURCES
from tracker.api.schema import INDEX, DeclaredSchema, describe_detail, describe_list, operation

_ID = re.compile(r"[1-9][0-9]{0,18}")


class Negotiation(DefaultContentNegotiation):
    """Only the Accept header decides: `format` is an unknown parameter like any other."""

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE=None)


class MayRead(BasePermission):
    """Somebody who is signed in, or a token whose scope is reading, and nothing but reading."""

    def has_permission(self, request: Any, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        may_read = request.auth is None or Scope.READ in request.auth.scopes
        return request.method in SAFE_METHODS and may_read


class ApiView(APIView):
    """What every endpoint shares. A method that is not offered is refused before anybody is asked who they are."""

    http_method_names: tuple[str, ...] = ("get", "head", "options")
    renderer_classes: tuple[type[JSONRenderer], ...] = (JSONRenderer,)
    permission_classes: tuple[type[BasePermission], ...] = (MayRead,)
    throttle_classes = (RequestLimit,)
    content_negotiation_class = Negotiation
    schema: Any = DeclaredSchema()

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        if request.method.lower() not in self.http_method_names:
            raise MethodNotAllowed(request.method)
        super().initial(request, *args, **kwargs)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Say which methods there are."""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        tell(request, response)
        return keep_private(super().finalize_response(request, response, *args, **kwargs))


class IndexView(ApiView):
    """The addresses of all collections, and of what else there is to read. No query."""

    others: tuple[str, ...] = ()

    def get(self, request: Any) -> HttpResponse:
        refuse_any(request.query_params)
        names = (*(resource.name for resource in RESOURCES), *self.others, "schema", "docs")
        links = {name: request.build_absolute_uri(reverse(f"api-{name}")) for name in names}
        return send(json.dumps(links))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        links = {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}
        example = {"tasks": "https://…/api/v1/tasks/"}
        return operation(name="get_index", tag="index", about=str(INDEX), answer=links, example=example)


class ListView(ApiView):
    """One page of a resource. One query, one more with `count`, one more for each filter that names another row."""

    resource: Resource = RESOURCES[0]

    def get(self, request: Any) -> HttpResponse:
        query = read_list(request.query_params, self.resource, request.user)
        return send(page_text(read_page(self.resource, query), request))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        return describe_list(self.resource, schema)


class DetailView(ApiView):
    """One row by its id. One query. An id that the reader may not see answers like one that does not exist."""

    resource: Resource = RESOURCES[0]

    def get(self, request: Any, pk: str) -> HttpResponse:
        context = read_detail(request.query_params, self.resource, request.user)
        row = read_row(self.resource, context, read_id(pk))
        if row is None:
            raise Http404
        return row_answer(row)

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        return describe_detail(self.resource, schema)


class NothingHereView(ApiView):
    """Every other address below the API's root."""

    schema = None

    def get(self, request: Any, **kwargs: Any) -> HttpResponse:
        raise Http404


def send(text: str) -> HttpResponse:
    """Return JSON that is text already."""
    return HttpResponse(text, content_type="application/json")


def row_answer(row: str, *, status: int = 200) -> HttpResponse:
    """Return one row; its version, where it has one, is its ETag, for a client that changes it."""
    response = HttpResponse(row, content_type="application/json", status=status)
    if (version := json.loads(row).get("version")) is not None:
        response["ETag"] = etag(version)
    return response


def read_id(text: str) -> int:
    """Return the number of a row; Http404 for what cannot be one."""
    if not _ID.fullmatch(text) or int(text) > LARGEST_INTEGER:
        raise Http404
    return int(text)


def page_text(page: Page, request: Any, beside: Mapping[str, Any] | None = None) -> str:
    """Join the rows as they came, with the addresses of the pages around it and what stands `beside`."""
    head = {**(beside or {}), "next": _link(request, page.next), "previous": _link(request, page.previous)}
    if page.count is not None:
        head["count"] = page.count
    return f'{json.dumps(head)[:-1]}, "results": [{",".join(page.rows)}]}}'


def _link(request: Any, cursor: str | None) -> Any:
    """The address of another page; the host is one of ALLOWED_HOSTS, Django has checked it."""
    if cursor is None:
        return None
    same: HttpRequest = request._request
    pairs = [(name, text) for name, texts in same.GET.lists() if name != "cursor" for text in texts]
    return request.build_absolute_uri(f"{same.path}?{urlencode([*pairs, ('cursor', cursor)])}")
