"""Computed tables for machines: the same boards that the pages show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tracker.api import components
from tracker.api.declaration import Context, Words
from tracker.api.parameters import Reader, past_day
from tracker.api.parsers import Choice, Day, Reference, Truthful, one_of
from tracker.api.schema import DeclaredSchema, operation
from tracker.api.views import ApiView, send
from tracker.boards import coverage, figures
from tracker.boards.four_cell import Wanted
from tracker.choices import Grouping, Level
from tracker.clock import local_today, now
from tracker.models import Body, Resolution

GROUPS = list(Grouping.values)
AS_OF = Words(
    "The day for which is counted, by what was recorded by its end. Without it: today.",
    "Ngày tính số liệu, theo những gì đã ghi nhận đến hết ngày. Nếu không nêu: hôm nay.",
)
BY = Words("One row for each of these.", "Mỗi dòng là một trong các loại này.")
FOUR_CELLS = Words(
    "Done on time, done late, in progress in time, in progress overdue, for the tasks you may see; and how many of them"
    " had been granted more time. Objectives and withdrawn tasks are not counted. By body: rank by late share (null for"
    " fewer than five tasks) and the median of open tasks of the bodies of its level.",
    "Hoàn thành đúng hạn, hoàn thành quá hạn, đang thực hiện trong hạn, đang thực hiện quá hạn, theo các nhiệm vụ"
    " được xem; trong đó số đã được gia hạn. Không tính mục tiêu và nhiệm vụ đã rút. Theo cơ quan: thứ tự theo tỷ lệ"
    " chậm (null nếu dưới năm nhiệm vụ) và trung vị số nhiệm vụ đang thực hiện của các cơ quan cùng cấp.",
)
NARROWED: dict[str, tuple[Words, Any, str]] = {
    "resolution": (Words("Code of a document.", "Mã văn bản."), Reference(Resolution), "R25"),
    "below": (
        Words(
            "Code of a body: it or one below it is accountable.",
            "Mã cơ quan: cơ quan đó hoặc cấp dưới chủ trì.",
        ),
        Reference(Body),
        "BNV",
    ),
    "level": (Words("Level that must be reached.", "Cấp phải thể chế hóa."), Choice(Level), "central"),
    "due_from": (
        Words("Deadline then in effect on this day or later.", "Thời hạn áp dụng khi đó từ ngày này."),
        Day(),
        "2026-01-01",
    ),
    "due_to": (
        Words("Deadline then in effect on this day or earlier.", "Thời hạn áp dụng khi đó đến hết ngày này."),
        Day(),
        "2026-12-31",
    ),
    "undated": (Words("Only tasks without a deadline.", "Chỉ nhiệm vụ không có thời hạn."), Truthful(), "true"),
}
"""What narrows the figures, as on the page."""
COVERAGE = Words(
    "At each level, how many of the tasks that must reach it are covered by a verified rule in force.",
    "Ở mỗi cấp, bao nhiêu nhiệm vụ phải thể chế hóa ở cấp đó đã có văn bản còn hiệu lực được xác nhận.",
)
COVERAGE_GROUPS = ["level", "resolution", "provision"]
COVERAGE_BY = Words(
    "All tasks by level, or those of each document, or of each provision of one document.",
    "Tất cả nhiệm vụ theo cấp, hoặc theo từng văn bản, hoặc theo từng điểm, mục của một văn bản.",
)
OF_RESOLUTION = Words(
    "Code of the document whose provisions are told; needed with by=provision.",
    "Mã văn bản cần xem theo điểm, mục; bắt buộc khi by=provision.",
)
_NUMBER = {"type": "integer", "minimum": 0}


class FourCellsView(ApiView):
    """The four cells, grouped. At most five queries."""

    def get(self, request: Any) -> HttpResponse:
        reader = Reader(request.query_params)
        reader.refuse_unknown({"as_of", "by", *NARROWED})
        today = local_today()
        day = reader.one("as_of", past_day) or today
        group = reader.one("by", lambda text: one_of(text, GROUPS), Grouping.RESOLUTION.value)
        narrowed = _narrowed(reader, Context(user=request.user, day=day, is_past=day < today))
        reader.finish()
        wanted = Wanted(day=day, **narrowed)
        table = figures.report(request.user, wanted, group, at=now(), is_now=day >= today)
        rows = [_row(line) for line in table.lines]
        return send(json.dumps({"as_of": day.isoformat(), "by": group, "results": rows}))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        numbers = {column.name: _NUMBER for column in figures.COLUMNS}
        ranked = {"rank": {"type": ["integer", "null"]}, "peers_median": {"type": ["number", "null"]}}
        by = components.parameter(
            "by", str(BY), {"type": "string", "enum": GROUPS, "default": "resolution"}, example="body"
        )
        others = [
            components.parameter(name, str(about), parser.schema(), example=example)
            for name, (about, parser, example) in NARROWED.items()
        ]
        return operation(
            name="get_four_cells",
            tag="boards",
            about=str(FOUR_CELLS),
            answer=_table(
                {"key": {"type": ["string", "null"]}, **numbers, **ranked}, by={"type": "string", "enum": GROUPS}
            ),
            example={"as_of": "2026-06-30", "by": "resolution", "results": [EXAMPLE]},
            parameters=(by, as_of_parameter(), *others),
        )


EXAMPLE = {
    "key": "R25",
    "total": 30,
    "done_on_time": 3,
    "done_on_time_extended": 1,
    "done_late": 1,
    "open_in_time": 20,
    "open_overdue": 6,
    "open_overdue_extended": 0,
    "rank": None,
    "peers_median": None,
}


def _read(parser: Any, context: Context, text: str) -> Any:
    return parser.read(text, context)


def _narrowed(reader: Reader, context: Context) -> dict[str, Any]:
    found = {
        name: reader.one(name, partial(_read, parser, context)) for name, (_about, parser, _example) in NARROWED.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _row(line: figures.Line) -> dict[str, Any]:
    numbers = {column.name: column.of(line) for column in figures.COLUMNS}
    return {"key": line.key or None, **numbers, "rank": line.rank, "peers_median": line.median}


class CoverageView(ApiView):
    """Coverage by level, of everything, of each document, or of each provision of one. At most three queries."""

    def get(self, request: Any) -> HttpResponse:
        reader = Reader(request.query_params)
        reader.refuse_unknown({"as_of", "by", "resolution"})
        day = reader.one("as_of", past_day) or local_today()
        group = reader.one("by", lambda text: one_of(text, COVERAGE_GROUPS), "level")
        resolution = reader.one(
            "resolution", partial(_read, Reference(Resolution), Context(user=request.user, day=day, is_past=False))
        )
        if group == "provision" and resolution is None:
            reader.errors.setdefault("resolution", []).append(_("Name the document whose provisions are asked for."))
        reader.finish()
        rows = [
            {"key": key, "label": label, "level": one.level, "tasks": one.tasks, "covered": one.covered}
            for key, label, levels in _shares(request.user, day, group, resolution)
            for one in levels
        ]
        return send(json.dumps({"as_of": day.isoformat(), "by": group, "results": rows}, ensure_ascii=False))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        by = components.parameter(
            "by",
            str(COVERAGE_BY),
            {"type": "string", "enum": COVERAGE_GROUPS, "default": "level"},
            example="resolution",
        )
        resolution = components.parameter("resolution", str(OF_RESOLUTION), {"type": "string"}, example="R1")
        row = {"key": "R1", "label": "NQ 1", "level": "central", "tasks": 60, "covered": 12}
        texts = {name: {"type": ["string", "null"]} for name in ("key", "label")}
        return operation(
            name="get_coverage",
            tag="boards",
            about=str(COVERAGE),
            answer=_table(
                {**texts, "level": {"type": "string"}, "tasks": _NUMBER, "covered": _NUMBER},
                by={"type": "string", "enum": COVERAGE_GROUPS},
            ),
            example={"as_of": "2026-06-30", "by": "resolution", "results": [row]},
            parameters=(by, resolution, as_of_parameter()),
        )


def _shares(user: Any, day: date, group: str, resolution: Resolution | None) -> Iterator[tuple[Any, Any, Any]]:
    if group == "level":
        yield None, None, coverage.coverage(user, day)
        return
    if resolution is not None and group == "provision":
        found = coverage.by_provision(user, resolution, day)
    else:
        found = coverage.by_resolution(user, day)
    for row in found:
        yield row.key or None, row.label or None, row.levels


def as_of_parameter() -> dict[str, Any]:
    """Return the day for which a table is told."""
    return components.parameter("as_of", str(AS_OF), {"type": "string", "format": "date"}, example="2026-06-30")


def _table(columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    row = {"type": "object", "required": list(columns), "properties": columns}
    properties = {"as_of": {"type": "string", "format": "date"}, **more, "results": {"type": "array", "items": row}}
    return {"type": "object", "required": list(properties), "properties": properties}
