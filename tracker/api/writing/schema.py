"""Operations of the OpenAPI description that write, derived from the acts."""

from __future__ import annotations

from typing import Any

from tracker.api import components
from tracker.api.components import parameter
from tracker.api.declaration import Words
from tracker.api.headers import of_success
from tracker.api.schema import COMMON, DeclaredSchema, operation, plain, refused, row_id
from tracker.api.writing.bulk import MOST_ROWS, with_binding
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


ATOMIC = Words("All rows or none.", "Tất cả các dòng hoặc không dòng nào.")
ROWS = Words(
    "Many rows at once, at most 10,000: one result for each, in order. Beyond 1,000 rows a job that GET follows.",
    "Nhiều dòng một lần, tối đa 10.000 dòng: mỗi dòng một kết quả, theo thứ tự. Trên 1.000 dòng: một tác vụ nền,"
    " theo dõi bằng GET.",
)
JOB = Words(
    "A request of more than 1,000 rows: how far it is, and one result for each row so far. Kept for 24 hours after its"
    " end, for whoever sent it.",
    "Một yêu cầu trên 1.000 dòng: tiến độ và kết quả của từng dòng đã xử lý. Được giữ 24 giờ sau khi xong, chỉ người"
    " gửi đọc được.",
)
WRITTEN = Words("Every row was written.", "Mọi dòng đã được ghi.")
BEGUN = Words("A job carries it out.", "Một tác vụ nền sẽ thực hiện.")
RESULTS = {"done": 1, "refused": 0, "results": [{"status": 200, "id": 12, "version": 4}]}


def describe_new(act: Act, schema: DeclaredSchema) -> dict[str, Any]:
    """Return the operation of a collection in which one row is created, or many."""
    one, many = describe(act, schema), describe_many(act, schema)
    content = one["requestBody"]["content"]["application/json"]
    both = many["requestBody"]["content"]["application/json"]["schema"]
    content["schema"] = {"oneOf": [content["schema"], both]}
    one["parameters"] += [item for item in many["parameters"] if item["in"] == "query"]
    one["responses"] = {**many["responses"], **one["responses"]}
    return {**one, "description": f"{one['description']} {ROWS}"}


def describe_many(act: Act, schema: DeclaredSchema) -> dict[str, Any]:
    """Return the operation of an act on many rows."""
    row = _body(with_binding(act))["content"]["application/json"]
    rows = {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": row["schema"]}
    done = _sent(WRITTEN, schema.component("BulkResults", _results(schema)), RESULTS)
    job = _sent(BEGUN, schema.component("BulkJob", _job(schema)), _job_example(), "Location")
    return {
        "operationId": f"{act.name or 'create'}_many_{plain(act.resource.name)}".replace("-", "_"),
        "summary": str(act.about).split(". ")[0].rstrip("."),
        "description": f"{act.about} {SCOPES}: {', '.join(act.scopes)}. {ROWS}",
        "tags": [act.resource.name],
        "parameters": [parameter("atomic", str(ATOMIC), {"type": "boolean", "default": False}, example=True), _key()],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": rows, "example": [row["example"]]}},
        },
        "responses": {
            "200": done,
            "202": job,
            "207": {**done, "description": str(ROWS)},
            **refused((*COMMON, 413, 415, 422)),
        },
    }


def describe_job(schema: DeclaredSchema) -> dict[str, Any]:
    """Return the operation that follows a job."""
    return operation(
        name="get_bulk_job",
        tag="bulk-jobs",
        about=str(JOB),
        answer={"$ref": schema.component("BulkJob", _job(schema))},
        example=_job_example(),
        parameters=(row_id(),),
        refusals=(*COMMON, 404),
    )


def _sent(about: Words, reference: str, example: Any, *headers: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": reference}, "example": example}}
    told = of_success("Idempotency-Replayed", *headers)
    return {"description": str(about), "headers": told, "content": content}


def _results(schema: DeclaredSchema) -> dict[str, Any]:
    number = {"type": "integer", "minimum": 0}
    result = {
        "type": "object",
        "required": ["status"],
        "properties": {
            "status": {"type": "integer"},
            "id": {"type": "integer", "format": "int64"},
            "version": {"type": "integer"},
            "problem": {"$ref": schema.component("Problem", components.problem_schema())},
        },
    }
    results = {"type": "array", "maxItems": MOST_ROWS, "items": result}
    properties = {"done": number, "refused": number, "results": results}
    return {"type": "object", "description": str(ROWS), "required": list(properties), "properties": properties}


def _job(schema: DeclaredSchema) -> dict[str, Any]:
    moment: dict[str, Any] = {"type": "string", "format": "date-time"}
    problem = {"oneOf": [{"$ref": schema.component("Problem", components.problem_schema())}, {"type": "null"}]}
    properties: dict[str, Any] = {
        "id": {"type": "integer", "format": "int64"},
        "state": {"type": "string", "enum": ["queued", "running", "done", "refused"]},
        "atomic": {"type": "boolean"},
        "rows": {"type": "integer"},
        "created_at": moment,
        "finished_at": {**moment, "type": ["string", "null"]},
        "problem": problem,
        **_results(schema)["properties"],
    }
    return {"type": "object", "description": str(JOB), "required": list(properties), "properties": properties}


def _job_example() -> dict[str, Any]:
    at = "2026-05-04T02:00:00Z"
    head = {"id": 7, "state": "running", "atomic": False, "rows": 4000, "created_at": at, "finished_at": None}
    return {**head, "problem": None, **RESULTS}


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
