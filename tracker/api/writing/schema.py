"""Operations of the OpenAPI description that write, derived from the acts."""

from __future__ import annotations

from typing import Any

from tracker.api import components
from tracker.api.declaration import Words
from tracker.api.headers import of_success
from tracker.api.schema import COMMON, DeclaredSchema, plain, refused, row_id
from tracker.api.writing.declaration import REQUIRED, Act, Input

KEY = Words(
    "Any text of yours that is new for each request, such as a UUID. Sent again within 24 hours, the request is not"
    " carried out again: the row is sent as it is now.",
    "Một chuỗi riêng cho mỗi yêu cầu, ví dụ UUID. Gửi lại trong 24 giờ thì yêu cầu không được thực hiện lần nữa:"
    " hệ thống trả về dòng như hiện trạng.",
)
MATCH = Words("The ETag of the row as you read it.", "ETag của dòng vào lúc đọc.")
SCOPES = Words("A token needs one of the scopes", "Khóa truy cập cần một trong các phạm vi")
GONE = Words("Done; you may no longer see the row.", "Đã xong; không còn được xem dòng này.")


def describe(act: Act, schema: DeclaredSchema) -> dict[str, Any]:
    """Return the operation of an act."""
    resource, about = act.resource, f"{act.about} {SCOPES}: {', '.join(act.scopes)}."
    row = schema.component(resource.singular, components.row_schema(resource))
    refusals = (*COMMON, 409, 413, 415, 422, *(() if act.is_new else (404, 412, 428)))
    content = {"application/json": {"schema": {"$ref": row}, "example": components.example_of(resource.fields)}}
    told = ("ETag", "Idempotency-Replayed", *(("Location",) if act.is_new else ()))
    done = {"description": str(act.about), "headers": of_success(*told), "content": content}
    gone = {"description": str(GONE), "headers": of_success("Idempotency-Replayed")}
    return {
        "operationId": f"{act.name or 'create'}_{plain(resource.name)}".replace("-", "_"),
        "summary": str(act.about).split(". ")[0].rstrip("."),
        "description": about,
        "tags": [resource.name],
        "parameters": [
            *([] if act.is_new else [row_id(), _header("If-Match", MATCH, '"3"', is_required=True)]),
            _key(),
        ],
        "requestBody": _body(act),
        "responses": {"201" if act.is_new else "200": done, "204": gone, **refused(refusals)},
    }


def _key() -> dict[str, Any]:
    return _header("Idempotency-Key", KEY, "8e03978e-40d5-43e8-bc93-6894a57f9324")


def _header(name: str, about: Words, example: str, *, is_required: bool = False) -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "in": "header",
        "name": name,
        "description": str(about),
        "required": is_required,
        "schema": schema,
        "example": example,
    }


def _body(act: Act) -> dict[str, Any]:
    needed = [] if act.is_change else [item.name for item in act.inputs if item.default is REQUIRED]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {item.name: _property(item) for item in act.inputs},
        "additionalProperties": False,
    }
    if needed:
        schema["required"] = needed
    if act.is_change:
        schema["minProperties"] = 1
    example = {item.name: item.example for item in act.inputs}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def _property(item: Input) -> dict[str, Any]:
    schema = {**item.parser.schema(), "description": str(item.about)}
    if item.default is REQUIRED and schema["type"] == "string":
        schema["minLength"] = 1
    if item.default is not REQUIRED:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema
