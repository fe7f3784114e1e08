"""Disputes over roles: what a body says is not its own, and what the matrix editor decided. Persons are not told."""

from __future__ import annotations

from datetime import date

from tracker.api import filters as by
from tracker.api.declaration import NEWEST, OLDEST, Ordering, Resource, Words
from tracker.api.externals import external_fields, external_filters
from tracker.api.fields import ID, TASK, VERSION, code, day, integer, moment, text
from tracker.choices import DisputeState, Role
from tracker.models import Dispute

DISPUTES = Resource(
    name="disputes",
    singular="Dispute",
    model=Dispute,
    about=Words(
        "A body says that a role in a task is not its own; the matrix editor decides. No clock stops for it: the role"
        " holds until it is moved.",
        "Cơ quan cho rằng việc phân công trong một nhiệm vụ không thuộc mình; người biên tập ma trận quyết định. Không"
        " làm dừng thời hạn: phân công giữ nguyên cho đến khi được chuyển.",
    ),
    rows=lambda context: Dispute.objects.visible_to(context.user),
    fields=(
        ID,
        *TASK,
        integer("responsibility_id", "Id of the disputed role.", "Mã số phân công bị đề nghị.", 12, source="cell_id"),
        code("role", "Letter of the role.", "Chữ cái vai trò.", Role, Role.ACCOUNTABLE, source="cell__role"),
        text("body", "Code of the disputing body.", "Mã cơ quan đề nghị.", "BTP", "body__code"),
        text("reason", "Reason.", "Lý do.", "Nghị định giao việc này cho bộ khác."),
        text(
            "wanted_body",
            "Code of the body whose it is, in the view of the disputing one.",
            "Mã cơ quan mà bên đề nghị cho là đúng thẩm quyền.",
            "BTC",
            "wanted_body__code",
            is_nullable=True,
        ),
        day("answer_by", "Answer wanted by.", "Đề nghị trả lời trước ngày.", "2026-05-18"),
        day("raised_on", "Raised on.", "Ngày đề nghị.", "2026-05-04"),
        moment("raised_at", "Raised at (UTC).", "Thời điểm đề nghị (UTC).", "2026-05-04T02:00:00Z"),
        code("state", "State.", "Trạng thái.", DisputeState, DisputeState.UPHELD),
        day("decided_on", "Decided on.", "Ngày quyết định.", "2026-05-06", is_nullable=True),
        moment(
            "decided_at", "Decided at (UTC).", "Thời điểm quyết định (UTC).", "2026-05-06T03:00:00Z", is_nullable=True
        ),
        text("decision_note", "Note on the decision.", "Ý kiến khi quyết định.", ""),
        text(
            "new_body",
            "Code of the body that has the role from then on.",
            "Mã cơ quan nhận phân công từ ngày đó.",
            "BTC",
            "new_body__code",
            is_nullable=True,
        ),
        day("moved_on", "From which day it has it.", "Nhận từ ngày.", "2026-06-01", is_nullable=True),
        *external_fields(Dispute),
        VERSION,
    ),
    filters=(
        by.of_task(),
        by.of_body("Code of the disputing body.", "Mã cơ quan đề nghị."),
        by.of_resolution("task__resolution"),
        by.choice("state", "State.", "Trạng thái.", DisputeState, DisputeState.OPEN),
        by.day("raised_from", "Raised on this day or later.", "Đề nghị từ ngày này.", "raised_on__gte"),
        by.day("raised_to", "Raised on this day or earlier.", "Đề nghị đến hết ngày này.", "raised_on__lte"),
        *external_filters(Dispute),
    ),
    orderings=(
        OLDEST,
        NEWEST,
        Ordering(name="answer_by", columns=("answer_by", "id"), types=(date, int)),
    ),
)
