"""What stands in the way of a task: requests for more time, and obstacles. Who signed or decided is not told."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q

from tracker.api import filters as by
from tracker.api.declaration import NEWEST, OLDEST, Context, Ordering, Resource, Words
from tracker.api.externals import external_fields, external_filters
from tracker.api.fields import ID, TASK, VERSION, code, day, moment, text, truth
from tracker.choices import ExtensionState
from tracker.models import Extension, Obstacle

EXTENSIONS = Resource(
    name="extensions",
    singular="Extension",
    model=Extension,
    about=Words(
        "Requests for more time, each with its letter and what was decided. Only a granted one moves a deadline.",
        "Các đề nghị gia hạn, kèm công văn và quyết định. Chỉ đề nghị được chấp thuận mới làm thay đổi thời hạn.",
    ),
    rows=lambda context: Extension.objects.visible_to(context.user),
    fields=(
        ID,
        *TASK,
        text("body", "Code of the asking body.", "Mã cơ quan đề nghị.", "BTP", "body__code"),
        day("asked_on", "Asked on.", "Ngày đề nghị.", "2026-05-04"),
        moment("asked_at", "Asked at (UTC).", "Thời điểm đề nghị (UTC).", "2026-05-04T02:00:00Z"),
        text("letter_number", "Number of the letter.", "Số công văn.", "12/BC-BTP"),
        day("letter_on", "Date of the letter.", "Ngày công văn.", "2026-05-04"),
        text("reason", "Reason.", "Lý do.", "Dự án luật bị lùi thời gian trình."),
        day(
            "due_on_before",
            "Deadline in effect when asked.",
            "Thời hạn đang áp dụng khi đề nghị.",
            "2026-06-30",
            is_nullable=True,
        ),
        day("wanted_on", "New deadline asked for.", "Thời hạn mới được đề nghị.", "2026-09-30"),
        code("state", "State.", "Trạng thái.", ExtensionState, ExtensionState.GRANTED),
        day("decided_on", "Decided on.", "Ngày quyết định.", "2026-05-06", is_nullable=True),
        moment(
            "decided_at", "Decided at (UTC).", "Thời điểm quyết định (UTC).", "2026-05-06T03:00:00Z", is_nullable=True
        ),
        text("decision_number", "Number of the decision.", "Số quyết định.", "7/QĐ-BDVTW"),
        text("decision_note", "Note on the decision.", "Ý kiến khi quyết định.", ""),
        day("granted_on", "New deadline granted.", "Thời hạn mới được chấp thuận.", "2026-08-31", is_nullable=True),
        *external_fields(Extension),
        VERSION,
    ),
    filters=(
        by.of_task(),
        by.of_body("Code of the asking body.", "Mã cơ quan đề nghị."),
        by.of_resolution("task__resolution"),
        by.choice("state", "State.", "Trạng thái.", ExtensionState, ExtensionState.ASKED),
        by.day("asked_from", "Asked on this day or later.", "Đề nghị từ ngày này.", "asked_on__gte"),
        by.day("asked_to", "Asked on this day or earlier.", "Đề nghị đến hết ngày này.", "asked_on__lte"),
        by.day("decided_from", "Decided on this day or later.", "Quyết định từ ngày này.", "decided_on__gte"),
        by.day("decided_to", "Decided on this day or earlier.", "Quyết định đến hết ngày này.", "decided_on__lte"),
        *external_filters(Extension),
    ),
)


def _is_open(context: Context) -> Any:
    return Q(ended_on__isnull=True)


def _open(rows: Any, wanted: bool, context: Context) -> Any:
    return rows.filter(ended_on__isnull=wanted)


OBSTACLES = Resource(
    name="obstacles",
    singular="Obstacle",
    model=Obstacle,
    about=Words(
        "A task waits on another body, since a day, because of something. It stops no clock. Whoever works for the body"
        " that is waited on reads the row, too, though they may read nothing else of the task.",
        "Nhiệm vụ phải chờ cơ quan khác, từ ngày nào, vì việc gì. Không làm dừng thời hạn. Người của cơ quan đang được"
        " chờ cũng đọc được dòng này, dù không được đọc gì khác của nhiệm vụ.",
    ),
    rows=lambda context: Obstacle.objects.visible_to(context.user),
    fields=(
        ID,
        *TASK,
        text(
            "task_title_vi",
            "Title of the task in Vietnamese.",
            "Tên nhiệm vụ bằng tiếng Việt.",
            "Ban hành văn bản về công tác dân vận",
            "task__title_vi",
        ),
        text(
            "task_title_en",
            "Title of the task in English.",
            "Tên nhiệm vụ bằng tiếng Anh.",
            "Legal documents on mass mobilization",
            "task__title_en",
        ),
        text(
            "declared_body", "Code of the body that waits.", "Mã cơ quan đang phải chờ.", "BTP", "declared_body__code"
        ),
        text("body", "Code of the body that is waited on.", "Mã cơ quan đang được chờ.", "BTC", "body__code"),
        day("since", "Since when.", "Từ ngày.", "2026-05-04"),
        text("reason", "Because of what.", "Vì việc gì.", "Chưa có ý kiến về kinh phí."),
        truth("is_open", "It still waits.", "Còn phải chờ.", True, source=_is_open),
        day("ended_on", "Ended on.", "Ngày kết thúc.", None, is_nullable=True),
        text("end_note", "How it ended.", "Kết thúc thế nào.", ""),
        moment("recorded_at", "Declared at (UTC).", "Thời điểm ghi nhận (UTC).", "2026-05-04T02:00:00Z"),
        *external_fields(Obstacle),
        VERSION,
    ),
    filters=(
        by.of_task(),
        by.of_body("Code of the body that is waited on.", "Mã cơ quan đang được chờ."),
        by.of_body("Code of the body that waits.", "Mã cơ quan đang phải chờ.", name="declared_body"),
        by.of_resolution("task__resolution"),
        by.truth("open", "Those that still wait, or those that ended.", "Còn phải chờ hay đã kết thúc.", _open),
        by.day("since_from", "Since this day or later.", "Từ ngày này trở đi.", "since__gte"),
        by.day("since_to", "Since this day or earlier.", "Từ ngày này trở về trước.", "since__lte"),
        *external_filters(Obstacle),
    ),
    orderings=(
        OLDEST,
        NEWEST,
        Ordering(name="since", columns=("since", "id"), types=(date, int)),
    ),
)
