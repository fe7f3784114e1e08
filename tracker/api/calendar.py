"""`calendar.ics`: the deadlines of tasks, for calendar programs."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.renderers import JSONRenderer

from accounts.authentication import PasswordAuthentication, TokenAuthentication
from accounts.policies import scope_of
from tracker.api import components
from tracker.api.declaration import Context, Words
from tracker.api.errors import NamedProblem
from tracker.api.pages import narrowed
from tracker.api.parameters import Reader, list_parameters, read_values
from tracker.api.parsers import one_of
from tracker.api.resources.tasks import TASKS
from tracker.api.schema import DeclaredSchema, operation
from tracker.api.views import ApiView
from tracker.choices import Role
from tracker.clock import local_today
from tracker.exchange.ics import as_ics
from tracker.models import Event, Responsibility, Task

MEDIA_TYPE = "text/calendar"
NOT_HERE = {"limit", "cursor", "count", "ordering", "as_of"}
"""Parameters of the list of tasks that mean nothing in a calendar."""
MOST = 5000
"""Deadlines that a calendar program can be expected to take."""
LANGUAGES = ["vi", "en"]
ABOUT = Words(
    "The deadlines of tasks as a calendar (RFC 5545) with the filters of the list of tasks. Without `body` and `below`:"
    " of the tasks in which the body that employs the owner, or the body of the token, has a role. A calendar program"
    " sends a token with the scope read as the password of HTTP Basic, under any name; here and nowhere else.",
    "Thời hạn của các nhiệm vụ dưới dạng lịch (RFC 5545), với các bộ lọc của danh sách nhiệm vụ. Nếu không nêu `body`"
    " và `below`: các nhiệm vụ mà cơ quan của chủ khóa, hoặc cơ quan ghi trong khóa, được phân công. Phần mềm lịch gửi"
    " khóa truy cập có phạm vi read làm mật khẩu HTTP Basic, tên người dùng tùy ý; chỉ dùng được ở địa chỉ này.",
)
LANG = Words("Language of the texts; else that of Accept-Language.", "Ngôn ngữ; nếu không nêu: theo Accept-Language.")
EXAMPLE = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Resolution Tracker//EN\r
METHOD:PUBLISH\r
BEGIN:VEVENT\r
UID:task-25@localhost\r
SEQUENCE:3\r
DTSTAMP:20260504T030000Z\r
DTSTART;VALUE=DATE:20260630\r
DTEND;VALUE=DATE:20260701\r
SUMMARY:2.5 · Legal documents on mass mobilization\r
STATUS:CONFIRMED\r
END:VEVENT\r
END:VCALENDAR\r
"""


class CalendarRenderer(JSONRenderer):
    """Lets Accept name the calendar."""

    media_type, format = MEDIA_TYPE, "ics"


class CalendarView(ApiView):
    """Deadlines as a calendar. One query, one more for each filter that names another row."""

    authentication_classes = (PasswordAuthentication, TokenAuthentication, SessionAuthentication)
    renderer_classes = (CalendarRenderer, JSONRenderer)

    def get(self, request: Any) -> HttpResponse:
        reader = Reader(request.query_params)
        reader.refuse_unknown({"lang"} | list_parameters(TASKS) - NOT_HERE)
        lang = reader.one("lang", lambda text: one_of(text, LANGUAGES))
        context = Context(user=request.user, day=local_today())
        context = Context(user=request.user, day=context.day, values=read_values(reader, TASKS, context))
        reader.finish()
        with override(lang or get_language()):
            text = as_ics(_deadlines(context))
        named = {"Content-Disposition": 'inline; filename="deadlines.ics"'}
        return HttpResponse(text, content_type=f"{MEDIA_TYPE}; charset=utf-8", headers=named)

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        lang = components.parameter("lang", str(LANG), {"type": "string", "enum": LANGUAGES}, example="vi")
        listed = [item for item in components.list_parameters(TASKS) if item["name"] not in NOT_HERE]
        said = operation(
            name="get_calendar",
            tag="calendar",
            about=str(ABOUT),
            answer={"type": "string"},
            example=EXAMPLE,
            parameters=(*listed, lang),
            headers=("Content-Disposition",),
        )
        answer = said["responses"]["200"]
        answer["content"] = {MEDIA_TYPE: answer["content"]["application/json"]}
        return said


def _deadlines(context: Context) -> list[Task]:
    """Return the tasks that have a deadline, by it; refuses more than a program can be expected to take."""
    changes = Event.objects.filter(task=OuterRef("pk")).order_by("-id")
    cells = Responsibility.objects.valid_on(context.day).filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE)
    name = f"body__name_{(get_language() or 'vi')[:2]}"
    rows = _own(narrowed(TASKS, context), context).annotate(
        due=Coalesce(F("effective_due_on"), F("due_on")),
        changed_at=Coalesce(Subquery(changes.values("at")[:1]), F("recorded_at")),
        body_name=Subquery(cells.values(name)[:1]),
    )
    found = list(rows.filter(due__isnull=False).select_related("resolution").order_by("due", "id")[: MOST + 1])
    if len(found) > MOST:
        sentence = _("More than %(most)d deadlines match: narrow them, for example by due_from.") % {"most": MOST}
        raise NamedProblem("invalid-parameter", {"due_from": [sentence]})
    return found


def _own(rows: Any, context: Context) -> Any:
    """Without a body in the filters: the tasks in which the reader's own body has a role, or that of their token."""
    if {"body", "below"} & set(context.values):
        return rows
    scope = scope_of(context.user)
    own = Q(body__path=scope.within) if scope.within else Q(body__in=scope.body_ids)
    held = Responsibility.objects.as_of(context.day).filter(own, task=OuterRef("pk"))
    if roles := context.values.get("role"):
        held = held.filter(role__in=roles)
    return rows.filter(Exists(held))
