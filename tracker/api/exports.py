"""Whole lists as files, NDJSON, CSV or XLSX: what the list shows, without pages, as one snapshot of the database.

A file is written to the disk before its first byte is sent: whoever gets one has all of it, and a failure is told as a
problem. Memory stays the same whatever the number of rows.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.http import FileResponse, StreamingHttpResponse
from rest_framework.exceptions import Throttled
from rest_framework.renderers import JSONRenderer

from tracker.api import components
from tracker.api.declaration import Resource
from tracker.api.file_forms import ABOUT, MEDIA_TYPES, WRITERS, csv_line
from tracker.api.pages import narrowed, page_rows
from tracker.api.parameters import PageQuery, Reader, list_parameters, read_list
from tracker.api.resources import CHANGES, FLAGS, INSTRUMENTS, RESPONSIBILITIES, TASKS
from tracker.api.schema import DeclaredSchema, operation
from tracker.api.views import ApiView

EXPORTED = (TASKS, RESPONSIBILITIES, FLAGS, INSTRUMENTS, CHANGES)
OF_PAGES = {"limit", "cursor", "count", "wait"}
"""Parameters of a list that mean nothing in a file."""
ROWS_AT_ONCE = 1000
SECONDS = 900
"""How long the database may work on a file; a page has less."""
RETRY_SECONDS = 30
# A file that is written holds a thread of the web server: three quarters of them are always free for others.
_writers = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 4))


class NdjsonRenderer(JSONRenderer):
    """Lets Accept name the files."""

    media_type, format = MEDIA_TYPES["ndjson"], "ndjson"


class CsvRenderer(JSONRenderer):
    """Lets Accept name the files."""

    media_type, format = MEDIA_TYPES["csv"], "csv"


class XlsxRenderer(JSONRenderer):
    """Lets Accept name the files."""

    media_type, format = MEDIA_TYPES["xlsx"], "xlsx"


class ExportView(ApiView):
    """A whole list as a file. One query, one more for each filter that names another row."""

    renderer_classes = (NdjsonRenderer, CsvRenderer, XlsxRenderer, JSONRenderer)
    resource: Resource = TASKS
    form: str = "ndjson"

    def get(self, request: Any) -> FileResponse:
        query = self._query(request)
        if not _writers.acquire(blocking=False):
            raise Throttled(wait=RETRY_SECONDS)
        try:
            file = written(self.resource, query, self.form)
        finally:
            _writers.release()
        return FileResponse(file, as_attachment=True, filename=self._name(query), content_type=self._type())

    def head(self, request: Any) -> StreamingHttpResponse:
        """Say what the file would be, without writing it: its length is not known."""
        name = self._name(self._query(request))
        told = {"Content-Type": self._type(), "Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse((), headers=told)

    def _query(self, request: Any) -> PageQuery:
        Reader(request.query_params).refuse_unknown(list_parameters(self.resource) - OF_PAGES)
        return read_list(request.query_params, self.resource, request.user)

    def _name(self, query: PageQuery) -> str:
        return f"{self.resource.name}-{query.context.day.isoformat()}.{self.form}"

    def _type(self) -> str:
        media_type = MEDIA_TYPES[self.form]
        return media_type if self.form == "xlsx" else f"{media_type}; charset=utf-8"

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        about = f"{self.resource.about} {ABOUT[self.form]}"
        said = operation(
            name=f"export_{self.resource.name}_{self.form}",
            tag=self.resource.name,
            about=about,
            answer={"type": "string", "format": "binary"},
            example=self._example(),
            parameters=tuple(
                item for item in components.list_parameters(self.resource) if item["name"] not in OF_PAGES
            ),
            headers=("Content-Disposition", "Content-Length"),
        )
        answer = said["responses"]["200"]
        answer["content"] = {MEDIA_TYPES[self.form]: answer["content"]["application/json"]}
        return said

    def _example(self) -> str:
        example = components.example_of(self.resource.fields)
        if self.form == "ndjson":
            return f"{json.dumps(example, ensure_ascii=False)}\n"
        return csv_line(list(example)) if self.form == "csv" else "PK…"


def written(resource: Resource, query: PageQuery, form: str) -> IO[bytes]:
    """Return a temporary file with all rows, at its beginning; it vanishes when it is closed."""
    with contextlib.ExitStack() as unless_done:
        file = unless_done.enter_context(tempfile.TemporaryFile())
        with _one_moment():
            if form == "ndjson" and connection.vendor == "postgresql":
                _copy(file, _rows(resource, query))
            else:
                WRITERS[form](file, resource, _texts(resource, query))
        unless_done.pop_all()
    file.seek(0)
    return file


def _texts(resource: Resource, query: PageQuery) -> Iterator[str]:
    """Each row as JSON text: one statement, so that all are of one moment, fetched in parts."""
    return (row[0] for row in _rows(resource, query).iterator(chunk_size=ROWS_AT_ONCE))


def _rows(resource: Resource, query: PageQuery) -> Any:
    return page_rows(resource, narrowed(resource, query.context), query).values_list("row")


def _copy(file: IO[bytes], rows: Any) -> None:
    """Let PostgreSQL write the lines: it may then use all its workers, which it does not for a cursor.

    JSON holds no byte below 32, so that with two of them as the signs of CSV every line comes as it is.
    """
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return
    statement = f"COPY ({sql}) TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')"
    # The cursor that counts queries takes no parameters for COPY.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(cursor.mogrify(statement, params)) as blocks,
    ):
        file.writelines(blocks)


@contextlib.contextmanager
def _one_moment() -> Iterator[None]:
    """The transaction that a cursor of PostgreSQL lives in. One of SQLite would keep everybody else from writing."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{SECONDS}s"])
        yield
