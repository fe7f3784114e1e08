"""JSON Schemas (OpenAPI 3.1) of what the declaration sends and takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.api.declaration import Field, Filter, Kind, Nested, Resource, Words
from tracker.api.errors import PROBLEMS
from tracker.api.parameters import DEFAULT_LIMIT, LARGEST_LIMIT

_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.INTEGER: {"type": "integer", "format": "int64"},
    Kind.TEXT: {"type": "string"},
    Kind.CODE: {"type": "string"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.TRUTH: {"type": "boolean"},
    Kind.TEXTS: {"type": "array", "items": {"type": "string"}},
    Kind.OBJECT: {"type": "object", "additionalProperties": True},
    Kind.UUID: {"type": "string", "format": "uuid"},
}
LIMIT = Words("Rows a page.", "Số dòng mỗi trang.")
CURSOR = Words(
    "From `next` or `previous` of a page with the same ordering.",
    "Lấy từ `next` hoặc `previous` của trang có cùng thứ tự.",
)
COUNT = Words("Also count all rows that match; costs a query.", "Đếm cả số dòng khớp; thêm một truy vấn.")
ORDERING = Words("Order of the rows; the first is the default.", "Thứ tự các dòng; giá trị đầu là mặc định.")


def row_schema(resource: Resource) -> dict[str, Any]:
    """Return the schema of one row."""
    return {"description": str(resource.about), **_object(resource.fields), "examples": [example_of(resource.fields)]}


def page_schema(reference: str, beside: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a page of rows; `beside` are the schemas of further members."""
    link = {"type": ["string", "null"], "format": "uri"}
    return {
        "type": "object",
        "required": [*beside, "next", "previous", "results"],
        "properties": {
            **beside,
            "next": link,
            "previous": link,
            "count": {"type": "integer", "description": str(COUNT)},
            "results": {"type": "array", "maxItems": LARGEST_LIMIT, "items": {"$ref": reference}},
        },
    }


def problem_schema() -> dict[str, Any]:
    """Return the schema of application/problem+json."""
    texts = {"type": "array", "items": {"type": "string"}}
    return {
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail", "instance"],
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                **named_codes(
                    [f"/problems/{kind}" for kind in PROBLEMS], [kind.replace("-", "_") for kind in PROBLEMS]
                ),
            },
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string", "format": "uri-reference"},
            "errors": {"type": "object", "additionalProperties": texts},
            "current_version": {"type": "integer"},
            "existing": {"type": "string", "format": "uri"},
            "rows": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
        },
    }


def list_parameters(resource: Resource) -> list[dict[str, Any]]:
    """Return the query parameters of a list."""
    limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT}
    names = [ordering.name for ordering in resource.orderings]
    words = [f"{name[1:]}_descending" if name.startswith("-") else name for name in names]
    return [
        *(filter_parameter(item) for item in resource.filters),
        *as_of_parameter(resource),
        parameter(
            "ordering",
            str(ORDERING),
            {"type": "string", **named_codes(names, words), "default": names[0]},
            example=names[-1],
        ),
        parameter("limit", str(LIMIT), limit, example=DEFAULT_LIMIT),
        parameter("cursor", str(CURSOR), {"type": "string"}, example="WyJpZCIsMCwxMl0"),
        parameter("count", str(COUNT), {"type": "boolean", "default": False}, example=True),
    ]


def named_codes(codes: list[str], names: list[str]) -> dict[str, list[str]]:
    """Return codes with names that a generated client can give them, where they are no words themselves."""
    return {"enum": codes, "x-enum-varnames": [name.upper() for name in names]}


def as_of_parameter(resource: Resource) -> list[dict[str, Any]]:
    """Return `as_of` where the resource has it."""
    if resource.as_of is None:
        return []
    return [parameter("as_of", str(resource.as_of), {"type": "string", "format": "date"}, example="2026-06-30")]


def parameter(name: str, about: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return one query parameter."""
    return {"in": "query", "name": name, "description": about, "schema": schema, **more}


def filter_parameter(item: Filter) -> dict[str, Any]:
    """Return the parameter of a filter; one that may be repeated is an array."""
    schema = item.parser.schema()
    if item.many:
        schema = {"type": "array", "items": schema}
        return parameter(item.name, str(item.about), schema, explode=True, style="form", example=[item.example])
    return parameter(item.name, str(item.about), schema, example=item.example)


def _object(fields: tuple[Field | Nested, ...]) -> dict[str, Any]:
    properties = {member.name: _member(member) for member in fields}
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}


def _member(member: Field | Nested) -> dict[str, Any]:
    if isinstance(member, Nested):
        return {"type": "array", "description": str(member.about), "items": _object(member.fields)}
    schema = {**_TYPES[member.kind], "description": str(member.about)}
    if member.choices:
        schema["enum"] = list(member.choices.values)
    if member.is_nullable:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def example_of(fields: tuple[Field | Nested, ...]) -> dict[str, Any]:
    """Return an example of a row."""
    return {
        member.name: [example_of(member.fields)] if isinstance(member, Nested) else member.example for member in fields
    }
