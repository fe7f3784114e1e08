"""Whole lists as files, NDJSON or CSV: what the list shows, without pages, as one snapshot of the database.

A file is written to the disk before its first byte is sent: whoever gets one has all of it, and a failure is told as a
problem. Memory stays the same whatever the number of rows.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import tempfile
import threading
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.http import FileResponse
from rest_framework.exceptions import Throttled
from rest_framework.renderers import JSONRenderer

from tracker.api import components
from tracker.api.declaration import Resource, Words
from tracker.api.pages import narrowed, page_rows
from tracker.api.parameters import PageQuery, Reader, list_parameters, read_list
from tracker.api.resources import CHANGES, FLAGS, INSTRUMENTS, RESPONSIBILITIES, TASKS
from tracker.api.schema import DeclaredSchema, operation
from tracker.api.views import ApiView
from tracker.exchange.figures import harmless

EXPORTED = (TASKS, RESPONSIBILITIES, FLAGS, INSTRUMENTS, CHANGES)
MEDIA_TYPES = {"ndjson": "application/x-ndjson", "csv": "text/csv"}
OF_PAGES = {"limit", "cursor", "count", "wait"}
"""Parameters of a list that mean nothing in a file."""
ROWS_AT_ONCE = 1000
SECONDS = 900
"""How long the database may work on a file; a page has less."""
RETRY_SECONDS = 30
# A file that is written holds a thread of the web server: three quarters of them are always free for others.
_writers = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 4))

ALL = {
    "ndjson": Words("All rows that match as a file, one JSON object a line.", "Mọi dòng khớp, mỗi dòng một JSON."),
    "csv": Words(
        "All rows that match as a file for spreadsheets; arrays are JSON in a cell.",
        "Mọi dòng khớp thành tệp bảng tính; mảng ghi dạng JSON trong một ô.",
    ),
}


class NdjsonRenderer(JSONRenderer):
    """Lets Accept name the files."""

    media_type, format = MEDIA_TYPES["ndjson"], "ndjson"


class CsvRenderer(JSONRenderer):
    """Lets Accept name the files."""

    media_type, format = MEDIA_TYPES["csv"], "csv"


class ExportView(ApiView):
    """A whole list as a file. One query, one more for each filter that names another row."""

    renderer_classes = (NdjsonRenderer, CsvRenderer, JSONRenderer)
    resource: Resource = TASKS
    form: str = "ndjson"

    def get(self, request: Any) -> FileResponse:
        Reader(request.query_params).refuse_unknown(list_parameters(self.resource) - OF_PAGES)
        query = read_list(request.query_params, self.resource, request.user)
        if not _writers.acquire(blocking=False):
            raise Throttled(wait=RETRY_SECONDS)
        try:
            file = written(self.resource, query, self.form)
        finally:
            _writers.release()
        name = f"{self.resource.name}-{query.context.day.isoformat()}.{self.form}"
        media_type = f"{MEDIA_TYPES[self.form]}; charset=utf-8"
        return FileResponse(file, as_attachment=True, filename=name, content_type=media_type)

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        about = f"{self.resource.about} {ALL[self.form]}"
        example = components.example_of(self.resource.fields)
        shown = f"{json.dumps(example, ensure_ascii=False)}\n" if self.form == "ndjson" else _line(list(example))
        said = operation(
            name=f"export_{self.resource.name}_{self.form}",
            tag=self.resource.name,
            about=about,
            answer={"type": "string", "format": "binary"},
            example=shown,
            parameters=tuple(
                item for item in components.list_parameters(self.resource) if item["name"] not in OF_PAGES
            ),
            headers=("Content-Disposition", "Content-Length"),
        )
        answer = said["responses"]["200"]
        answer["content"] = {MEDIA_TYPES[self.form]: answer["content"]["application/json"]}
        return said


def written(resource: Resource, query: PageQuery, form: str) -> IO[bytes]:
    """Return a temporary file with all rows, at its beginning; it vanishes when it is closed."""
    with contextlib.ExitStack() as unless_done:
        file = unless_done.enter_context(tempfile.TemporaryFile())
        with transaction.atomic():
            _allow_time()
            texts = _texts(resource, query)
            file.writelines(_as_csv(resource, texts) if form == "csv" else (f"{text}\n".encode() for text in texts))
        unless_done.pop_all()
    file.seek(0)
    return file


def _texts(resource: Resource, query: PageQuery) -> Iterator[str]:
    """Each row as JSON text: one statement, so that all are of one moment, fetched in parts."""
    rows = page_rows(resource, narrowed(resource, query.context), query)
    return (row[0] for row in rows.iterator(chunk_size=ROWS_AT_ONCE))


def _allow_time() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{SECONDS}s"])


def _as_csv(resource: Resource, texts: Iterator[str]) -> Iterator[bytes]:
    yield _line([member.name for member in resource.fields]).encode("utf-8-sig")
    for text in texts:
        yield _line([_cell(value) for value in json.loads(text).values()]).encode()


def _line(cells: list[Any]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow(cells)
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return harmless(value)
