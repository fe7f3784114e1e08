"""Computed tables for machines: the same boards that the pages show."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tracker.api import components
from tracker.api.declaration import Words
from tracker.api.parameters import Reader, past_day
from tracker.api.parsers import Refused, one_of
from tracker.api.schema import DeclaredSchema, operation
from tracker.api.views import ApiView, send
from tracker.boards import coverage, four_cell
from tracker.clock import local_today
from tracker.models import Resolution

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
    """Coverage by level, of everything, of each document, or of each provision of one. At most three queries."""

    def get(self, request: Any) -> HttpResponse:
        reader = Reader(request.query_params)
        reader.refuse_unknown({"as_of", "by", "resolution"})
        day = reader.one("as_of", past_day) or local_today()
        group = reader.one("by", lambda text: one_of(text, COVERAGE_GROUPS), "level")
        resolution = reader.one("resolution", lambda text: _resolution(request.user, text))
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
            "by", str(COVERAGE_BY), {"type": "string", "enum": COVERAGE_GROUPS, "default": "level"}
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


def _resolution(user: Any, code: str) -> Resolution:
    found: Resolution | None = Resolution.objects.visible_to(user).filter(code=code).first()
    if found is None:
        raise Refused(_("No document has this code."))
    return found


def as_of_parameter() -> dict[str, Any]:
    """Return the day for which a table is told."""
    return components.parameter("as_of", str(AS_OF), {"type": "string", "format": "date"}, example="2026-06-30")


def _table(columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    row = {"type": "object", "required": list(columns), "properties": columns}
    properties = {"as_of": {"type": "string", "format": "date"}, **more, "results": {"type": "array", "items": row}}
    return {"type": "object", "required": list(properties), "properties": properties}
