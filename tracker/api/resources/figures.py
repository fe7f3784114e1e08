"""Frozen reports: what was reported upward, by number and hash. Their tables are files of the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from tracker.api import filters as by
from tracker.api.declaration import Context, Resource, Words
from tracker.api.fields import ID, day, flat_object, integer, moment, text
from tracker.models import Body, FrozenReport
from tracker.policies import may


def _reports(context: Context) -> Any:
    """The reports on bodies of the reader's jurisdiction, for those who may read figures; of a past day, those then."""
    rows = FrozenReport.objects.visible_to(context.user)
    rows = rows if may(context.user, "figures.read") else rows.none()
    return rows.filter(recorded_at__lt=context.known) if context.is_past else rows


def _file(context: Context) -> Any:
    return Concat(Value("/figures/frozen/"), Cast(F("pk"), CharField()), Value("/file/csv/"), output_field=CharField())


FROZEN_REPORTS = Resource(
    name="frozen-reports",
    singular="FrozenReport",
    model=FrozenReport,
    about=Words(
        "Figures as they were reported, for those who oversee: numbered, hashed, never changed.",
        "Số liệu đúng như đã báo cáo, dành cho người theo dõi chung: có số, có mã băm, không bao giờ sửa.",
    ),
    rows=_reports,
    fields=(
        ID,
        integer("year", "Year of the number.", "Năm của số báo cáo.", 2026),
        integer("number", "Number within the year of the reporting body.", "Số trong năm của cơ quan báo cáo.", 7),
        text("body", "Code of the reporting body.", "Mã cơ quan báo cáo.", "BTGDVTW", "body__code"),
        text(
            "below",
            "Code of the body that is reported on with those below it; null for all.",
            "Mã cơ quan được báo cáo, kể cả cấp dưới; null nếu là tất cả.",
            "BNV",
            "root__code",
            is_nullable=True,
        ),
        day("day", "Day of the figures.", "Ngày của số liệu.", "2026-06-30"),
        moment(
            "known_at",
            "What was recorded before it counts (UTC).",
            "Tính những gì ghi nhận trước lúc này (UTC).",
            "2026-06-30T17:00:00Z",
        ),
        flat_object(
            "query",
            "What was counted, as the parameters of the four cells say it.",
            "Điều kiện tính, theo tham số của bảng bốn chỉ tiêu.",
            {"by": "body"},
        ),
        text("remark", "Remark of who froze it.", "Ý kiến của người chốt.", ""),
        text("sha256", "SHA-256 of all that it says.", "SHA-256 của toàn bộ nội dung.", "9f86d0…"),
        integer("previous_id", "Id of the one before.", "Mã số báo cáo kỳ trước.", 6, is_nullable=True),
        text(
            "file",
            "Address of the table, for who is signed in to the pages; also with xlsx and docx at its end.",
            "Địa chỉ tải bảng, dành cho người đã đăng nhập trang; cũng có ở dạng xlsx và docx.",
            "/figures/frozen/7/file/csv/",
            _file,
        ),
        moment("recorded_at", "Frozen at (UTC).", "Thời điểm chốt (UTC).", "2026-07-01T03:00:00Z"),
    ),
    filters=(
        by.reference("body", "Code of the reporting body.", "Mã cơ quan báo cáo.", Body, "BTGDVTW"),
        by.number("year", "Year of the number.", "Năm của số báo cáo.", 2026),
        by.day("day_from", "Figures of this day or later.", "Số liệu từ ngày này.", "day__gte"),
        by.day("day_to", "Figures of this day or earlier.", "Số liệu đến hết ngày này.", "day__lte"),
    ),
    as_of=Words(
        "Reports that were frozen by the end of this day. Without it: all.",
        "Các báo cáo đã chốt đến hết ngày này. Nếu không nêu: tất cả.",
    ),
)
