"""What happened to everything, oldest first."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, JSONField, Value, When

from tracker.api import filters as by
from tracker.api.declaration import Context, Resource, Words
from tracker.api.fields import ID, day, flat_object, integer, moment, text
from tracker.models import Event

# Objects whose values are about persons.
PERSONAL = ("cadre", "user", "membership", "apitoken")


def _without_persons(column: str) -> Any:
    """Persons stand in cadres only: the feed says that a cadre or an account changed, not to what."""

    def source(context: Context) -> Any:
        empty = Value({}, output_field=JSONField())
        return Case(When(object_kind__in=PERSONAL, then=empty), default=column, output_field=JSONField())

    return source


CHANGES = Resource(
    name="changes",
    singular="Change",
    model=Event,
    about=Words(
        "What happened, oldest first. Numbers grow but have gaps until the history is sealed, and a change that "
        "commits late may appear below one already read: read again from a little before, or wait for the sealed "
        "feed.",
        "Những gì đã xảy ra, cũ nhất trước. Số tăng dần nhưng chưa liên tục cho đến khi lịch sử được niêm phong; "
        "một thay đổi ghi nhận muộn có thể xuất hiện trước dòng đã đọc: hãy đọc lại từ trước đó một ít.",
    ),
    rows=lambda context: Event.objects.visible_to(context.user),
    fields=(
        ID,
        moment("at", "When (UTC).", "Thời điểm (UTC).", "2026-05-04T03:00:00Z"),
        day("on", "From which local day it holds.", "Có hiệu lực từ ngày.", "2026-05-04"),
        text(
            "duty",
            "Duty under which somebody acted; empty for the system.",
            "Tư cách của người thực hiện; để trống nếu do hệ thống.",
            "official",
        ),
        text("kind", "What happened.", "Sự việc.", "report.submitted"),
        text("object_kind", "Kind of the object.", "Loại đối tượng.", "progressreport"),
        text("object_id", "Id of the object.", "Mã số đối tượng.", "31"),
        integer("task_id", "Id of the task.", "Mã số nhiệm vụ.", 25, is_nullable=True),
        text("task", "Code of the task.", "Mã nhiệm vụ.", "2.5", "task__code", is_nullable=True),
        flat_object(
            "before",
            "Values before; empty for persons.",
            "Giá trị trước; để trống với dữ liệu về người.",
            {},
            source=_without_persons("before"),
        ),
        flat_object(
            "after",
            "Values after; empty for persons.",
            "Giá trị sau; để trống với dữ liệu về người.",
            {"stage": "drafting"},
            source=_without_persons("after"),
        ),
        text("why", "Why.", "Lý do.", ""),
    ),
    filters=(
        by.of_task(),
        by.exact("kind", "What happened.", "Sự việc.", "report.submitted"),
        by.exact("object_kind", "Kind of the object.", "Loại đối tượng.", "task"),
        by.exact("object_id", "Id of the object.", "Mã số đối tượng.", "31"),
        by.day("on_from", "Holds from this day or later.", "Có hiệu lực từ ngày này.", "on__gte"),
        by.day("on_to", "Holds from this day or earlier.", "Có hiệu lực đến hết ngày này.", "on__lte"),
    ),
)
