"""What happened to everything, oldest first."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Case, JSONField, Value, When

from tracker.api import filters as by
from tracker.api.declaration import Context, Filter, Ordering, Resource, Words
from tracker.api.fields import ID, day, flat_object, integer, moment, text, truth
from tracker.api.parsers import Integer
from tracker.models import Event
from tracker.models.history import PERSONAL_KINDS

LONGEST_WAIT = 20  # seconds
# What takes its object away.
GONE = ("filter.deleted", "policy.discarded", "calendar.discarded", "calendar.day_removed")


def _without_persons(column: str) -> Any:
    """Persons stand in cadres only: the feed says that a cadre or an account changed, not to what."""

    def source(context: Context) -> Any:
        empty = Value({}, output_field=JSONField())
        return Case(When(object_kind__in=PERSONAL_KINDS, then=empty), default=column, output_field=JSONField())

    return source


CHANGES = Resource(
    name="changes",
    singular="Change",
    model=Event,
    about=Words(
        "What happened, in the order in which it was sealed, within two seconds of its commit. Numbers are contiguous "
        "over the whole tracker and never change; you are told those of the tasks that you may see. Ask for what came "
        "after the number up to which you have read, and go on from `through`: nothing is missed and nothing comes "
        "twice, whenever you resume. With `wait` the answer is held back until something happens.",
        "Những gì đã xảy ra, theo thứ tự niêm phong, trong vòng hai giây sau khi ghi nhận. Số thứ tự liên tục trên "
        "toàn hệ thống và không bao giờ thay đổi; bạn nhận được phần thuộc các nhiệm vụ mình được xem. Hãy hỏi những "
        "gì sau số đã đọc và tiếp tục từ `through`: không sót, không trùng, dù tiếp tục vào lúc nào. Với `wait`, câu "
        "trả lời được giữ lại cho đến khi có thay đổi.",
    ),
    rows=lambda context: Event.objects.sealed().visible_to(context.user),
    fields=(
        ID,
        integer("number", "Place in the history, from 1.", "Số thứ tự trong lịch sử, từ 1.", 57),
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
        truth(
            "is_gone",
            "Whether the object is gone with this: take it out of your copy.",
            "Đối tượng không còn nữa sau thay đổi này: hãy xóa khỏi bản sao.",
            False,
            source=lambda context: Case(When(kind__in=GONE, then=True), default=False, output_field=BooleanField()),
        ),
        text("hash", "SHA-256 over this and all before it.", "SHA-256 của dòng này và mọi dòng trước.", "9f86d081…"),
    ),
    orderings=(
        Ordering(name="number", columns=("number",), types=(int,)),
        Ordering(name="-number", columns=("number",), types=(int,), is_descending=True),
    ),
    filters=(
        Filter(
            name="after",
            about=Words(
                "The number up to which you have read, 0 at first; not beyond `head`.",
                "Số đã đọc đến, lần đầu là 0; không vượt quá `head`.",
            ),
            parser=Integer(0),
            apply=lambda rows, number, context: rows.filter(number__gt=number),
            example=0,
        ),
        Filter(
            name="wait",
            about=Words(
                f"Seconds for which an empty answer may be held back, at most {LONGEST_WAIT}. Where too many wait "
                "already it comes at once.",
                f"Số giây có thể giữ lại câu trả lời trống, nhiều nhất {LONGEST_WAIT}. Nếu đã có quá nhiều yêu cầu "
                "đang chờ thì trả lời ngay.",
            ),
            parser=Integer(0, LONGEST_WAIT),
            apply=lambda rows, seconds, context: rows,
            example=0,
        ),
        by.of_task(),
        by.exact("kind", "What happened.", "Sự việc.", "report.submitted"),
        by.exact("object_kind", "Kind of the object.", "Loại đối tượng.", "task"),
        by.exact("object_id", "Id of the object.", "Mã số đối tượng.", "31"),
        by.day("on_from", "Holds from this day or later.", "Có hiệu lực từ ngày này.", "on__gte"),
        by.day("on_to", "Holds from this day or earlier.", "Có hiệu lực đến hết ngày này.", "on__lte"),
    ),
)
