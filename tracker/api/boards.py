"""Computed tables for machines: the same boards that the pages show."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import HttpResponse

from tracker.api import components
from tracker.api.declaration import Words
from tracker.api.parameters import Reader, past_day
from tracker.api.parsers import one_of
from tracker.api.schema import DeclaredSchema, operation
from tracker.api.views import ApiView, send
from tracker.boards import coverage, four_cell
from tracker.clock import local_today

GROUPS: dict[str, Callable[[Any, date], list[four_cell.CellRow]]] = {
    "resolution": four_cell.by_resolution,
    "body": four_cell.by_body,
    "level": four_cell.by_level,
}
AS_OF = Words(
    "The day for which is counted, by what was recorded by its end. Without it: today.",
    "Ngày tính số liệu, theo những gì đã ghi nhận đến hết ngày. Nếu không nêu: hôm nay.",
)
BY = Words("One row for each of these.", "Mỗi dòng là một trong các loại này.")
FOUR_CELLS = Words(
    "Done on time, done late, in progress in time, in progress overdue, for the tasks you may see. Objectives and"
    " withdrawn tasks are not counted.",
    "Hoàn thành đúng hạn, hoàn thành quá hạn, đang thực hiện trong hạn, đang thực hiện quá hạn, theo các nhiệm vụ"
    " được xem. Không tính mục tiêu và nhiệm vụ đã rút.",
)
COVERAGE = Words(
    "At each level, how many of the tasks that must reach it are covered by a verified rule in force.",
    "Ở mỗi cấp, bao nhiêu nhiệm vụ phải thể chế hóa ở cấp đó đã có văn bản còn hiệu lực được xác nhận.",
)
_NUMBER = {"type": "integer", "minimum": 0}


class FourCellsView(ApiView):
    """The four cells, grouped. At most two queries."""

    def get(self, request: Any) -> HttpResponse:
        reader = Reader(request.query_params)
        reader.refuse_unknown({"as_of", "by"})
        day = reader.one("as_of", past_day) or local_today()
        group = reader.one("by", lambda text: one_of(text, list(GROUPS)), "resolution")
        reader.finish()
        rows = [{"key": row.key or None, **asdict(row.cells)} for row in GROUPS[group](request.user, day)]
        return send(json.dumps({"as_of": day.isoformat(), "by": group, "results": rows}))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        cells = dict.fromkeys(("done_on_time", "done_late", "open_in_time", "open_overdue"), _NUMBER)
        by = components.parameter("by", str(BY), {"type": "string", "enum": list(GROUPS), "default": "resolution"})
        row = {"key": "R1", "done_on_time": 3, "done_late": 1, "open_in_time": 20, "open_overdue": 6}
        return operation(
            name="get_four_cells",
            tag="boards",
            about=str(FOUR_CELLS),
            answer=_table({"key": {"type": ["string", "null"]}, **cells}, by={"type": "string", "enum": list(GROUPS)}),
            example={"as_of": "2026-06-30", "by": "resolution", "results": [row]},
            parameters=(by, as_of_parameter()),
        )


class CoverageView(ApiView):
    """Coverage by level. One query."""

    def get(self, request: Any) -> HttpResponse:
        reader = Reader(request.query_params)
        reader.refuse_unknown({"as_of"})
        day = reader.one("as_of", past_day) or local_today()
        reader.finish()
        rows = [
            {"level": row.level, "tasks": row.tasks, "covered": row.covered}
            for row in coverage.coverage(request.user, day)
        ]
        return send(json.dumps({"as_of": day.isoformat(), "results": rows}))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        row = {"level": "central", "tasks": 60, "covered": 12}
        return operation(
            name="get_coverage",
            tag="boards",
            about=str(COVERAGE),
            answer=_table({"level": {"type": "string"}, "tasks": _NUMBER, "covered": _NUMBER}),
            example={"as_of": "2026-06-30", "results": [row]},
            parameters=(as_of_parameter(),),
        )


def as_of_parameter() -> dict[str, Any]:
    """Return the day for which a table is told."""
    return components.parameter("as_of", str(AS_OF), {"type": "string", "format": "date"}, example="2026-06-30")


def _table(columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    row = {"type": "object", "required": list(columns), "properties": columns}
    properties = {"as_of": {"type": "string", "format": "date"}, **more, "results": {"type": "array", "items": row}}
    return {"type": "object", "required": list(properties), "properties": properties}
