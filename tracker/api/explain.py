"""`tasks/{id}/explain/`: why the clocks of a task say what they say, for machines. The page says the same in words."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from tracker.api import components
from tracker.api.declaration import Words
from tracker.api.errors import NamedProblem
from tracker.api.parameters import Reader
from tracker.api.parsers import one_of, read_day
from tracker.api.schema import COMMON, DeclaredSchema, operation, row_id
from tracker.api.views import ApiView, read_id, send
from tracker.boards.clock_story import ExplainedRequest, ExplainedStep, Pause
from tracker.boards.explain import Explained, explain
from tracker.choices import Clock
from tracker.clock import local_today
from tracker.models import Task

ABOUT = Words(
    "Why a clock of the task stands as it does: start and its reason, limit and policy version, days off passed over,"
    " suspensions, extensions and moved deadlines, the last day in time, working days late, steps taken and to come,"
    " snoozes. Of a past day: what held on it and was recorded by its end. Without `clock` all nine.",
    "Vì sao một thời hạn của nhiệm vụ như hiện nay: mốc bắt đầu và căn cứ, giới hạn và phiên bản quy tắc, ngày nghỉ"
    " không tính, thời gian tạm dừng, gia hạn và lần lùi hạn, ngày cuối còn trong hạn, số ngày làm việc chậm, các bước"
    " nhắc đã thực hiện và sắp tới, hoãn nhắc. Với một ngày đã qua: những gì có hiệu lực trong ngày đó và đã"
    " được ghi nhận đến hết ngày. Nếu không nêu `clock`: cả chín.",
)
CLOCK = Words("One clock only.", "Chỉ một loại thời hạn.")
ON = Words("The day for which is explained; today unless told.", "Ngày được giải thích; nếu không nêu: hôm nay.")
_TEXT, _NUMBER, _TRUTH = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
_DAY = {"type": "string", "format": "date"}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


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


_EXPLANATION = _object({**_COLUMNS, "days_off": _array(_OFF)})
_RECIPIENT = {"body": _TEXT, "post": _or_null(_TEXT)}
_STEP = {
    "number": _NUMBER,
    "due_on": _DAY,
    "addressee": _TEXT,
    "is_taken": _TRUTH,
    "reached": _or_null(_TEXT),
    "recipients": _array(_RECIPIENT),
}
_PAUSE = {
    "from": _DAY,
    "until": _or_null(_DAY),
    "is_over": _TRUTH,
    "working_days": _NUMBER,
    "is_counted": _TRUTH,
    "document": _TEXT,
    "reason": _TEXT,
}
_EXTENSION = {
    "asked_on": _DAY,
    "body": _TEXT,
    "letter_number": _TEXT,
    "due_on_before": _or_null(_DAY),
    "wanted_on": _DAY,
    "state": _TEXT,
    "decided_on": _or_null(_DAY),
    "decision_number": _TEXT,
    "granted_on": _or_null(_DAY),
}
_MOVE = {"on": _DAY, "before": _or_null(_DAY), "after": _or_null(_DAY), "document": _TEXT}
_SNOOZE = {"on": _DAY, "until": _DAY, "ended_on": _or_null(_DAY), "reason": _TEXT}
_ROW = {
    "clock": _TEXT,
    "policy": _TEXT,
    "policy_version": _NUMBER,
    "calendar": _TEXT,
    "calendar_version": _NUMBER,
    "flagged_since": _or_null(_DAY),
    "explanation": {"oneOf": [_EXPLANATION, {"type": "null"}]},
    "original_due_on": _or_null(_DAY),
    "pauses": _array(_PAUSE),
    "extensions": _array(_EXTENSION),
    "moved_deadlines": _array(_MOVE),
    "steps": _array(_STEP),
    "snoozes": _array(_SNOOZE),
}


class ExplainView(ApiView):
    """The clocks of one task on one day. At most 19 queries: 3 for the reader and the task, 16 of the explanation."""

    def get(self, request: Any, pk: str) -> HttpResponse:
        reader = Reader(request.query_params)
        reader.refuse_unknown({"clock", "on"})
        clock = reader.one("clock", lambda text: one_of(text, Clock.values))
        today = local_today()
        day = reader.one("on", read_day) or today
        reader.finish()
        task = Task.objects.visible_to(request.user).filter(pk=read_id(pk)).first()
        if task is None:
            raise Http404
        try:
            rows = explain(task, on=day, today=today, clocks=[Clock(clock)] if clock else tuple(Clock))
        except ValueError:
            sentence = _("The calendar does not reach this day: give one nearer to today.")
            raise NamedProblem("invalid-parameter", {"on": [sentence]}) from None
        return send(json.dumps({"task": task.code, "on": day, "results": [_row(row) for row in rows]}, default=str))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        clock = components.parameter(
            "clock", str(CLOCK), {"type": "string", "enum": list(Clock.values)}, example=Clock.STAGE.value
        )
        on = components.parameter("on", str(ON), {"type": "string", "format": "date"}, example="2026-06-30")
        return operation(
            name="explain_task",
            tag="tasks",
            about=str(ABOUT),
            answer=_object({"task": _TEXT, "on": _DAY, "results": _array(_ROW)}),
            example={"task": "2.6", "on": "2026-06-30", "results": [EXAMPLE]},
            parameters=(row_id(), clock, on),
            refusals=(*COMMON, 404),
        )


def _row(row: Explained) -> dict[str, Any]:
    return {
        "clock": row.clock.value,
        "policy": row.policy.code,
        "policy_version": row.policy.version,
        "calendar": row.calendar.calendar.code,
        "calendar_version": row.calendar.number,
        "flagged_since": row.flagged_since,
        "explanation": _explanation(row),
        "original_due_on": row.original_due_on,
        "pauses": [_pause(pause) for pause in row.pauses],
        "extensions": [_extension(request) for request in row.requests],
        "moved_deadlines": [asdict(move) for move in row.moves],
        "steps": [_step(step) for step in row.steps],
        "snoozes": [asdict(snooze) for snooze in row.snoozes],
    }


def _explanation(row: Explained) -> dict[str, Any] | None:
    text = row.explanation
    if text is None:
        return None
    off = [{"day": day, "name_en": names[0], "name_vi": names[1]} for day, names in text.days_off]
    return {**{name: getattr(text, name) for name in _COLUMNS}, "days_off": off}


def _pause(pause: Pause) -> dict[str, Any]:
    return {
        "from": pause.start,
        "until": pause.end or pause.until,
        "is_over": pause.end is not None,
        "working_days": pause.days,
        "is_counted": pause.is_counted,
        "document": pause.document,
        "reason": pause.reason,
    }


def _extension(request: ExplainedRequest) -> dict[str, Any]:
    row, decided = request.row, request.is_decided
    return {
        "asked_on": row.asked_on,
        "body": row.body.code,
        "letter_number": row.letter_number,
        "due_on_before": row.due_on_before,
        "wanted_on": row.wanted_on,
        "state": request.state.value,
        "decided_on": row.decided_on if decided else None,
        "decision_number": row.decision_number if decided else "",
        "granted_on": row.granted_on if decided else None,
    }


def _step(step: ExplainedStep) -> dict[str, Any]:
    told = [{"body": row.body.code, "post": row.post and row.post.code} for row in step.recipients if row.body]
    return {
        "number": step.number,
        "due_on": step.due_on,
        "addressee": step.addressee,
        "is_taken": step.is_taken,
        "reached": step.reached or None,
        "recipients": told,
    }


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
        "limit_on": "2026-02-26",
        "late_since": "2026-02-27",
        "floor": None,
        "paused_days": 1,
        "days_waited": 3,
        "days_late": 0,
        "counted_through": "2026-02-23",
        "days_off": [{"day": "2026-02-17", "name_en": "Lunar New Year", "name_vi": "Tết Nguyên Đán"}],
    },
    "original_due_on": None,
    "pauses": [
        {
            "from": "2026-02-12",
            "until": "2026-02-13",
            "is_over": True,
            "working_days": 1,
            "is_counted": True,
            "document": "45-QĐ/TU",
            "reason": "The law is being rewritten",
        }
    ],
    "extensions": [],
    "moved_deadlines": [],
    "steps": [
        {
            "number": 1,
            "due_on": "2026-02-27",
            "addressee": "holder",
            "is_taken": False,
            "reached": None,
            "recipients": [],
        }
    ],
    "snoozes": [],
}
