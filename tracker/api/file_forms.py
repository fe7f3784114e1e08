"""The forms of a whole list as a file: NDJSON, CSV and XLSX, each written row by row from the JSON of the database."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import IO, Any

from tracker.api.declaration import Field, Kind, Nested, Resource, Words
from tracker.exchange.cells import harmless
from tracker.exchange.sheets import write_table

MEDIA_TYPES = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ABOUT = {
    "ndjson": Words("All rows that match as a file, one JSON object a line.", "Mọi dòng khớp, mỗi dòng một JSON."),
    "csv": Words(
        "All rows that match as a file for spreadsheets; arrays are JSON in a cell.",
        "Mọi dòng khớp thành tệp bảng tính; mảng ghi dạng JSON trong một ô.",
    ),
    "xlsx": Words(
        "All rows that match as a workbook, numbers and days as such, moments in UTC; arrays are JSON in a cell.",
        "Mọi dòng khớp thành bảng tính Excel, số và ngày đúng kiểu, thời điểm theo UTC; mảng ghi dạng JSON.",
    ),
}


def _write_ndjson(file: IO[bytes], resource: Resource, texts: Iterable[str]) -> None:
    file.writelines(f"{text}\n".encode() for text in texts)


def _write_csv(file: IO[bytes], resource: Resource, texts: Iterable[str]) -> None:
    file.write(csv_line([member.name for member in resource.fields]).encode("utf-8-sig"))
    file.writelines(csv_line([_cell(value) for value in json.loads(text).values()]).encode() for text in texts)


def _write_xlsx(file: IO[bytes], resource: Resource, texts: Iterable[str]) -> None:
    heads = [member.name for member in resource.fields]
    rows = (list(map(_typed, resource.fields, json.loads(text).values())) for text in texts)
    write_table(file, resource.name, heads, rows)


def csv_line(cells: list[Any]) -> str:
    """Return one line of CSV with its end."""
    stream = io.StringIO()
    csv.writer(stream).writerow(cells)
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return harmless(value)


def _typed(member: Field | Nested, value: Any) -> Any:
    """The value of a member as Python holds it; arrays and objects as JSON."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(member, Nested):
        return value
    if member.kind is Kind.DATE:
        return date.fromisoformat(value)
    if member.kind is Kind.MOMENT:
        return datetime.fromisoformat(value).replace(tzinfo=None)
    return value


WRITERS = {"ndjson": _write_ndjson, "csv": _write_csv, "xlsx": _write_xlsx}
