"""What instruments call for in detail, who owes it and how far it has come."""

from __future__ import annotations

from typing import Any

from tracker.api import filters as by
from tracker.api.declaration import Context, Resource, Words
from tracker.api.fields import ID, IS_DEMO, SOURCE, TO_BE_CHECKED, VERSION, bilingual, code, day, integer, moment, text
from tracker.choices import DayUnit, Rank
from tracker.models import DetailingDuty


def _duties(context: Context) -> Any:
    rows = DetailingDuty.objects.visible_to(context.user)
    return rows.filter(recorded_at__lt=context.known) if context.is_past else rows


DETAILING_DUTIES = Resource(
    name="detailing-duties",
    singular="DetailingDuty",
    model=DetailingDuty,
    about=Words(
        "Texts that an instrument calls for in detail: who owes them, by when, and how far they have come.",
        "Văn bản quy định chi tiết mà một văn bản giao ban hành: ai phải ban hành, khi nào, đến đâu.",
    ),
    rows=_duties,
    fields=(
        ID,
        integer("instrument_id", "Id of the upper instrument.", "Mã số văn bản giao.", 4),
        text("instrument", "Number of the upper instrument.", "Số văn bản giao.", "10/2022/QH15", "instrument__number"),
        day(
            "in_force_on",
            "First day in force of the upper instrument.",
            "Ngày văn bản giao có hiệu lực.",
            "2023-07-01",
            source="instrument__in_force_on",
            is_nullable=True,
        ),
        text("articles", "Articles that call for it.", "Điều, khoản giao quy định chi tiết.", "khoản 3 Điều 14"),
        *bilingual("subject", "What it details", "Nội dung quy định chi tiết", "Quy định chi tiết", "Details"),
        code("rank", "Rank.", "Loại văn bản.", Rank, Rank.DECREE),
        text("body", "Code of the body that owes it.", "Mã cơ quan phải ban hành.", "CP", "body__code"),
        text("task", "Code of the task.", "Mã nhiệm vụ.", None, "task__code", is_nullable=True),
        day("submit_by", "Draft due on.", "Hạn trình dự thảo.", None, is_nullable=True),
        integer("submit_within", "Draft due within days.", "Hạn trình, theo số ngày.", 60, is_nullable=True),
        day("issue_by", "Due on.", "Hạn ban hành.", None, is_nullable=True),
        integer("issue_within", "Due within days.", "Hạn ban hành, theo số ngày.", 120, is_nullable=True),
        code("unit", "Unit of the days.", "Đơn vị của số ngày.", DayUnit, DayUnit.WORKING),
        day("drafting_on", "Drafting since.", "Bắt đầu soạn thảo.", "2025-09-01", is_nullable=True),
        day("submitted_on", "Draft submitted on.", "Ngày trình dự thảo.", None, is_nullable=True),
        text(
            "answered_by",
            "Number of what was issued.",
            "Số văn bản đã ban hành.",
            None,
            "answered_by__number",
            is_nullable=True,
        ),
        SOURCE,
        *TO_BE_CHECKED,
        IS_DEMO,
        moment("recorded_at", "When it was recorded (UTC).", "Thời điểm ghi nhận (UTC).", "2026-03-02T03:00:00Z"),
        VERSION,
    ),
    filters=(
        by.of_instrument(),
        by.of_body("Code of the body that owes it.", "Mã cơ quan phải ban hành."),
        by.choice("rank", "Rank.", "Loại văn bản.", Rank, Rank.DECREE),
        by.search("Words in what it details.", "Từ trong nội dung."),
    ),
    as_of=Words(
        "What was recorded by the end of this day. Without it: all.",
        "Nội dung đã ghi nhận đến hết ngày này. Nếu không nêu: tất cả.",
    ),
)
