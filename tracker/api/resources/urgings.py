"""Urging letters: to whom, about which late tasks, and when each was answered. Who signed is in the document only."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat

from tracker.api import filters as by
from tracker.api.declaration import Context, Nested, Resource, Words
from tracker.api.fields import ID, TASK, day, integer, moment, text, truth
from tracker.models import Body, Task, Urging, UrgingItem


def known_letters(context: Context) -> Any:
    """Return the letters of which was known on the day, whoever may read them."""
    if not context.is_past:
        return Urging.objects.all()
    return Urging.objects.filter(issued_on__lte=context.day, recorded_at__lt=context.known)


def _letters(context: Context) -> Any:
    return Urging.objects.visible_to(context.user).filter(pk__in=known_letters(context).values("pk"))


def _answer_then(context: Context) -> Any:
    """The condition that an item was answered, as known on the day."""
    answered = Q(answered_on__isnull=False)
    if context.is_past:
        answered &= Q(answered_on__lte=context.day, report__submitted_at__lt=context.known)
    return answered


def _items(context: Context) -> Any:
    return UrgingItem.objects.filter(urging=OuterRef("pk")).order_by("position", "id")


def _if_answered(column: str, output: Any) -> Any:
    """Return the source of a column that is told only where the answer was known on the day."""

    def source(context: Context) -> Any:
        return Case(When(_answer_then(context), then=F(column)), output_field=output)

    return source


def _is_answered(context: Context) -> Any:
    """Whether no task of the letter waits for its answer."""
    return ~Exists(UrgingItem.objects.filter(~_answer_then(context), urging=OuterRef("pk")))


def _document(context: Context) -> Any:
    return Concat(Value("/urgings/"), Cast(F("id"), CharField()), Value("/document/"), output_field=CharField())


def _symbol(context: Context) -> Any:
    return KT("content__symbol")


def _with_answer(rows: Any, wanted: bool, context: Context) -> Any:
    return rows.filter(_is_answered(context) if wanted else ~_is_answered(context))


def _of_task(rows: Any, task: Task, context: Context) -> Any:
    return rows.filter(Exists(UrgingItem.objects.filter(urging=OuterRef("pk"), task=task)))


def _below(rows: Any, body: Body, context: Context) -> Any:
    return rows.filter(body__path__startswith=body.path)


def _items_of_task(context: Context) -> Any:
    known = known_letters(context).values("pk")
    rows = UrgingItem.objects.filter(task=OuterRef("pk"))
    return rows.filter(urging__in=known) if context.is_past else rows


def times_urged(context: Context) -> Any:
    """Return in how many letters the outer task was urged by the day."""
    letters = _items_of_task(context).order_by().values("task").annotate(n=Count("urging", distinct=True))
    return Coalesce(Subquery(letters.values("n")), 0)


def last_urged(context: Context) -> Any:
    """Return the day of the last letter that urged the outer task."""
    return Subquery(_latest(context).values("urging__issued_on")[:1])


def last_answer(context: Context) -> Any:
    """Return when the last letter that urged the outer task was answered, as known on the day."""
    answer = Case(When(_answer_then(context), then=F("answered_on")), output_field=DateField())
    return Subquery(_latest(context).annotate(answer=answer).values("answer")[:1])


def _latest(context: Context) -> Any:
    return _items_of_task(context).order_by("-urging__issued_on", "-urging_id", "id")


URGINGS = Resource(
    name="urgings",
    singular="Urging",
    model=Urging,
    about=Words(
        "Letters in which the commission urges bodies about their late tasks, frozen as sent, with the answers since.",
        "Công văn đôn đốc các cơ quan về nhiệm vụ chậm thời hạn, giữ nguyên như khi gửi, kèm tình hình trả lời.",
    ),
    rows=_letters,
    fields=(
        ID,
        integer("year", "Year of the number.", "Năm của số công văn.", 2026),
        integer("number", "Number within the sender's year.", "Số trong năm của cơ quan gửi.", 12),
        text("symbol", "Number and symbol as written.", "Số, ký hiệu như trong công văn.", "12-CV/BTGDVTW", _symbol),
        text("sender", "Code of the sending body.", "Mã cơ quan gửi.", "BTGDVTW", "sender__code"),
        text("body", "Code of the urged body.", "Mã cơ quan được đôn đốc.", "BTP", "body__code"),
        day("issued_on", "Date of the letter.", "Ngày công văn.", "2026-07-06"),
        day("answer_by", "To be answered by.", "Hạn trả lời.", "2026-07-13"),
        text("note", "Words that the sender added.", "Nội dung bổ sung của cơ quan gửi.", ""),
        truth(
            "is_answered",
            "Every task has been reported on since.",
            "Mọi nhiệm vụ đã có báo cáo sau công văn.",
            False,
            source=_is_answered,
        ),
        text(
            "document",
            "Address of the Word document, for who is signed in to the pages.",
            "Địa chỉ tải tệp Word, dành cho người đã đăng nhập trang.",
            "/urgings/12/document/",
            _document,
        ),
        text("sha256", "SHA-256 of the document.", "SHA-256 của tệp.", "9f86d0…"),
        moment("recorded_at", "Recorded at (UTC).", "Thời điểm ghi nhận (UTC).", "2026-07-06T03:00:00Z"),
        Nested(
            name="items",
            about=Words("The late tasks of its annex.", "Các nhiệm vụ chậm trong phụ lục."),
            rows=_items,
            fields=(
                integer("position", "Row of the annex.", "Số thứ tự trong phụ lục.", 1),
                *TASK,
                integer("flag_id", "Id of the flag.", "Mã số cảnh báo.", 41),
                integer("days_late", "Working days late then.", "Số ngày làm việc chậm khi đó.", 4),
                day(
                    "answered_on",
                    "Day of the first report after the letter.",
                    "Ngày có báo cáo đầu tiên sau công văn.",
                    None,
                    source=_if_answered("answered_on", DateField()),
                    is_nullable=True,
                ),
                integer(
                    "report_id",
                    "Id of that report.",
                    "Mã số báo cáo đó.",
                    57,
                    source=_if_answered("report_id", BigIntegerField()),
                    is_nullable=True,
                ),
            ),
        ),
    ),
    filters=(
        by.of_body("Code of the urged body.", "Mã cơ quan được đôn đốc."),
        by.of_body(
            "As `body`, for this body and everything below it.",
            "Như `body`, cho cơ quan này và toàn bộ cấp dưới.",
            _below,
            name="below",
        ),
        by.reference("sender", "Code of the sending body.", "Mã cơ quan gửi.", Body, "BTGDVTW"),
        by.reference("task", "Code of a task that it urges.", "Mã nhiệm vụ được đôn đốc.", Task, "2.5", _of_task),
        by.number("year", "Year of the number.", "Năm của số công văn.", 2026),
        by.truth("answered", "Answered in full, or not yet.", "Đã trả lời đủ hay chưa.", _with_answer),
        by.day("issued_from", "Issued on this day or later.", "Ban hành từ ngày này.", "issued_on__gte"),
        by.day("issued_to", "Issued on this day or earlier.", "Ban hành đến hết ngày này.", "issued_on__lte"),
    ),
    as_of=Words(
        "Letters issued and recorded by the end of this day, with the answers known then. Without it: all, as they"
        " stand.",
        "Công văn đã ban hành và ghi nhận đến hết ngày này, với các trả lời biết khi đó. Nếu không nêu: tất cả, như"
        " hiện nay.",
    ),
)
