"""`tasks/{id}/explain/`: why the clocks of a task say what they say, for machines. The page says the same in words."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from tracker.api import components
from tracker.api.declaration import Words
from tracker.api.errors import ParameterProblem
from tracker.api.parameters import Reader
from tracker.api.parsers import one_of, read_day
from tracker.api.schema import COMMON, DeclaredSchema, operation
from tracker.api.views import ApiView, read_id, send
from tracker.boards.explain import Explained, explain
from tracker.choices import Clock
from tracker.clock import local_today
from tracker.models import Task

ABOUT = Words(
    "Why a clock of the task stands as it does: start and its reason, limit and policy version, days off passed over,"
    " the last day in time, working days late, steps. Without `clock` all nine.",
    "Vì sao một thời hạn của nhiệm vụ như hiện nay: mốc bắt đầu và căn cứ, giới hạn và phiên bản quy tắc, ngày nghỉ"
    " không tính, ngày cuối còn trong hạn, số ngày làm việc chậm, các bước nhắc. Nếu không nêu `clock`: cả chín.",
)
CLOCK = Words("One clock only.", "Chỉ một loại thời hạn.")
ON = Words("The day for which is explained; today unless told.", "Ngày được giải thích; nếu không nêu: hôm nay.")
_TEXT, _NUMBER, _TRUTH = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
_DAY = {"type": "string", "format": "date"}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


_STEP = {"number": _NUMBER, "due_on": _DAY, "addressee": _TEXT}
_OFF = {"day": _DAY, "name_en": _TEXT, "name_vi": _TEXT}
_COLUMNS: dict[str, Any] = {
    "is_running": _TRUTH,
    "starts_on": _DAY,
    "start_reason_code": _TEXT,
    "limit_days": _or_null(_NUMBER),
    "unit": _TEXT,
    "limit_on": _DAY,
    "late_since": _DAY,
    "floor": _or_null(_DAY),
    "paused_days": _NUMBER,
    "days_waited": _NUMBER,
    "days_late": _NUMBER,
    "counted_through": _DAY,
}


def _object(columns: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(columns), "properties": columns}


def _array(columns: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object(columns)}


_EXPLANATION = _object({**_COLUMNS, "days_off": _array(_OFF), "steps": _array(_STEP)})
_ROW = {
    "clock": _TEXT,
    "policy": _TEXT,
    "policy_version": _NUMBER,
    "calendar": _TEXT,
    "calendar_version": _NUMBER,
    "flagged_since": _or_null(_DAY),
    "explanation": {"oneOf": [_EXPLANATION, {"type": "null"}]},
}


class ExplainView(ApiView):
    """The clocks of one task on one day. At most fourteen queries."""

    def get(self, request: Any, pk: str) -> HttpResponse:
        reader = Reader(request.query_params)
        reader.refuse_unknown({"clock", "on"})
        clock = reader.one("clock", lambda text: one_of(text, Clock.values))
        day = reader.one("on", read_day) or local_today()
        reader.finish()
        task = Task.objects.visible_to(request.user).filter(pk=read_id(pk)).first()
        if task is None:
            raise Http404
        try:
            rows = explain(task, on=day, clocks=[Clock(clock)] if clock else tuple(Clock))
        except ValueError:
            sentence = _("The calendar does not reach this day: give one nearer to today.")
            raise ParameterProblem("invalid-parameter", {"on": [sentence]}) from None
        return send(json.dumps({"task": task.code, "on": day.isoformat(), "results": [_row(row) for row in rows]}))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        pk = {"in": "path", "name": "id", "required": True, "description": "id", "schema": _TEXT, "example": "12"}
        clock = components.parameter("clock", str(CLOCK), {"type": "string", "enum": list(Clock.values)})
        on = components.parameter("on", str(ON), {"type": "string", "format": "date"}, example="2026-06-30")
        return operation(
            name="explain_task",
            tag="tasks",
            about=str(ABOUT),
            answer=_object({"task": _TEXT, "on": _DAY, "results": _array(_ROW)}),
            example={"task": "2.6", "on": "2026-06-30", "results": [EXAMPLE]},
            parameters=(pk, clock, on),
            refusals=(*COMMON, 404),
        )


def _row(row: Explained) -> dict[str, Any]:
    return {
        "clock": row.clock.value,
        "policy": row.policy.code,
        "policy_version": row.policy.version,
        "calendar": row.calendar.calendar.code,
        "calendar_version": row.calendar.number,
        "flagged_since": _iso(row.flagged_since),
        "explanation": _explanation(row),
    }


def _explanation(row: Explained) -> dict[str, Any] | None:
    if row.explanation is None:
        return None
    text = asdict(row.explanation)
    plain = {name: _iso(text[name]) if isinstance(text[name], date) else text[name] for name in _COLUMNS}
    off = [{"day": day.isoformat(), "name_en": names[0], "name_vi": names[1]} for day, names in text["days_off"]]
    steps = [{**step, "due_on": step["due_on"].isoformat()} for step in text["steps"]]
    return {**plain, "days_off": off, "steps": steps}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


EXAMPLE: dict[str, Any] = {
    "clock": "stage",
    "policy": "default",
    "policy_version": 1,
    "calendar": "VN",
    "calendar_version": 1,
    "flagged_since": None,
    "explanation": {
        "is_running": True,
        "starts_on": "2026-02-11",
        "start_reason_code": "stage",
        "limit_days": 5,
        "unit": "working",
        "limit_on": "2026-02-25",
        "late_since": "2026-02-26",
        "floor": None,
        "paused_days": 0,
        "days_waited": 3,
        "days_late": 0,
        "counted_through": "2026-02-23",
        "days_off": [{"day": "2026-02-17", "name_en": "Lunar New Year", "name_vi": "Tết Nguyên Đán"}],
        "steps": [{"number": 1, "due_on": "2026-02-26", "addressee": "holder"}],
    },
}
