"""Operations of the OpenAPI 3.1 description, derived from the declaration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from tracker.api import components
from tracker.api.declaration import Resource, Words
from tracker.api.errors import CONTENT_TYPE, PROBLEMS
from tracker.api.headers import header_objects, of_refusal, of_success

# The statuses with which any address may refuse.
COMMON = (400, 401, 403, 405, 406, 429, 500, 503)
REFERENCE = "#/components/schemas/"
PROBLEM = f"{REFERENCE}Problem"


class TokenScheme(OpenApiAuthenticationExtension):
    """How the description names the token."""

    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "rmt_<id>.<secret>"}


class PasswordScheme(OpenApiAuthenticationExtension):
    """How the description names the token as a password."""

    target_class = "accounts.authentication.PasswordAuthentication"
    name = "tokenAsPassword"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "basic"}


class DeclaredSchema(AutoSchema):
    """Writes an operation from what the view's `describe` says; nothing is guessed from code."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Any:
        self.registry, self.method = registry, method
        self.component("Problem", components.problem_schema())
        for name, answer in problem_answers().items():
            self._register(name, ResolvedComponent.RESPONSE, answer)
        for name, header in header_objects().items():
            self._register(name, ResolvedComponent.HEADER, header)
        return {**cast(Any, self.view).describe(self), "security": self.get_auth()}

    def component(self, name: str, schema: dict[str, Any]) -> str:
        """Register a named schema once and return the reference to it."""
        self._register(name, ResolvedComponent.SCHEMA, schema)
        return f"{REFERENCE}{name}"

    def _register(self, name: str, kind: str, schema: dict[str, Any]) -> None:
        self.registry.register_on_missing(ResolvedComponent(name=name, type=kind, object=name, schema=schema))


def operation(
    *,
    name: str,
    tag: str,
    about: str,
    answer: dict[str, Any],
    example: Any,
    parameters: tuple[dict[str, Any], ...] = (),
    refusals: tuple[int, ...] = COMMON,
    headers: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return one operation with its errors; `headers` are those that its answer has beside the ones of every answer."""
    content = {"application/json": {"schema": answer, "example": example}}
    return {
        "operationId": name,
        "summary": about.split(". ")[0].rstrip("."),
        "description": about,
        "tags": [tag],
        "parameters": list(parameters),
        "responses": {
            "200": {"description": about, "headers": of_success(*headers), "content": content},
            **refused(refusals),
        },
    }


def refused(statuses: tuple[int, ...]) -> dict[str, dict[str, str]]:
    """Return the answers that refuse with these statuses."""
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}


def problem_answers() -> dict[str, dict[str, Any]]:
    """Return the error answers by name, one a status, with an example of each of its types."""
    answers: dict[str, dict[str, Any]] = {}
    for kind, (status, title, meaning) in PROBLEMS.items():
        body = {"type": f"/problems/{kind}", "title": str(title), "status": status, "detail": str(meaning)}
        told = {CONTENT_TYPE: {"schema": {"$ref": PROBLEM}, "examples": {}}}
        new = {"description": str(title), "headers": of_refusal(status), "content": told}
        content = answers.setdefault(f"Problem{status}", new)["content"][CONTENT_TYPE]
        content["examples"][kind] = {"value": {**body, "instance": "/api/v1/tasks/"}}
    return answers


INDEX = Words("The addresses of all collections.", "Địa chỉ của mọi tập dữ liệu.")
LIST = Words("One page.", "Một trang.")
DETAIL = Words("One row by its id.", "Một dòng theo mã số.")


def describe_list(
    resource: Resource,
    schema: DeclaredSchema,
    *,
    beside: Mapping[str, Any] | None = None,
    example: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the operation of a list; `beside` are schemas of members that its page has of its own."""
    row = schema.component(resource.singular, components.row_schema(resource))
    page = schema.component(f"{resource.singular}Page", components.page_schema(row, beside or {}))
    rows = {"next": None, "previous": None, "results": [components.example_of(resource.fields)]}
    return operation(
        name=f"list_{plain(resource.name)}",
        tag=resource.name,
        about=f"{resource.about} {LIST}",
        answer={"$ref": page},
        example={**(example or {}), **rows},
        parameters=tuple(components.list_parameters(resource)),
    )


def describe_detail(resource: Resource, schema: DeclaredSchema) -> dict[str, Any]:
    """Return the operation of one row."""
    row = schema.component(resource.singular, components.row_schema(resource))
    return operation(
        name=f"get_{plain(resource.name)}",
        tag=resource.name,
        about=f"{resource.about} {DETAIL}",
        answer={"$ref": row},
        example=components.example_of(resource.fields),
        parameters=(row_id(), *components.as_of_parameter(resource)),
        refusals=(*COMMON, 404),
        headers=("ETag",) if "version" in [member.name for member in resource.fields] else (),
    )


def row_id() -> dict[str, Any]:
    """Return the parameter of the address of one row."""
    about, schema = str(DETAIL), {"type": "integer", "format": "int64", "minimum": 1}
    return {"in": "path", "name": "id", "required": True, "description": about, "schema": schema, "example": 12}


def plain(name: str) -> str:
    return name.replace("-", "_").replace("/", "_")
