"""The headers of answers, as the description tells them; what a client sends is in tracker.api.writing.headers."""

from __future__ import annotations

from typing import Any, NamedTuple

from tracker.api.declaration import Words


class Header(NamedTuple):
    """`is_sure`: whoever refers to it promises that it is there."""

    about: Words
    example: Any
    is_sure: bool = True
    kind: str = "string"


HEADERS = {
    "X-Request-ID": Header(
        Words("The id of the request in the logs of the operator.", "Mã yêu cầu trong nhật ký của đơn vị vận hành."),
        "0f3c5a7e9b1d4f60",
    ),
    "RateLimit-Policy": Header(
        Words(
            "How many requests (q) there are in how many seconds (w). Source: draft-ietf-httpapi-ratelimit-headers.",
            "Số yêu cầu (q) trong số giây (w). Nguồn: draft-ietf-httpapi-ratelimit-headers.",
        ),
        '"minute";q=6000;w=60',
    ),
    "RateLimit": Header(
        Words(
            "How many requests are left (r), and in how many seconds they are counted anew (t).",
            "Số yêu cầu còn lại (r) và số giây đến khi tính lại (t).",
        ),
        '"minute";r=5999;t=41',
    ),
    "ETag": Header(Words("The version of the row, for If-Match.", "Phiên bản của dòng, dùng cho If-Match."), '"3"'),
    "Location": Header(
        Words("The address of the new row.", "Địa chỉ của dòng mới."), "http://localhost:8000/api/v1/obstacles/12/"
    ),
    "Idempotency-Replayed": Header(
        Words(
            "true where the request had been carried out before under the same Idempotency-Key.",
            "true nếu yêu cầu đã được thực hiện trước đó với cùng Idempotency-Key.",
        ),
        "true",
        is_sure=False,
    ),
    "Content-Disposition": Header(
        Words("The name of the file.", "Tên tệp."), 'attachment; filename="tasks-2026-06-30.csv"'
    ),
    "Content-Length": Header(Words("The bytes of the file.", "Số byte của tệp."), 18231, kind="integer"),
    "Allow": Header(
        Words("The methods that the address takes.", "Các phương thức mà địa chỉ này nhận."), "GET, HEAD, OPTIONS"
    ),
    "Retry-After": Header(
        Words("Seconds after which to try again.", "Số giây chờ trước khi thử lại."), 5, kind="integer"
    ),
    "WWW-Authenticate": Header(
        Words("How to say who you are.", "Cách xác thực."), 'Bearer realm="api", error="invalid_token"'
    ),
}
COUNTED = ("RateLimit", "RateLimit-Policy")
# A refusal may come before the request is counted; these never do.
_OF_STATUS = {
    401: ("WWW-Authenticate",),
    404: COUNTED,
    405: ("Allow",),
    409: COUNTED,
    412: ("ETag", *COUNTED),
    422: COUNTED,
    428: COUNTED,
    429: ("Retry-After", *COUNTED),
    503: ("Retry-After",),
}


def header_objects() -> dict[str, dict[str, Any]]:
    """Return the header objects of the description by name, in the active language."""
    return {
        name: {
            "description": str(header.about),
            "required": header.is_sure,
            "schema": {"type": header.kind},
            "example": header.example,
        }
        for name, header in HEADERS.items()
    }


def of_success(*names: str) -> dict[str, dict[str, str]]:
    """Return the headers of an answer that does what was asked, `names` among them."""
    return _references("X-Request-ID", *COUNTED, *names)


def of_refusal(status: int) -> dict[str, dict[str, str]]:
    """Return the headers that a problem of this status has in any case."""
    return _references("X-Request-ID", *_OF_STATUS.get(status, ()))


def _references(*names: str) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
