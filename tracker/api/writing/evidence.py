"""Evidence: declared by the body, corrected, verified or returned by the commission."""

from __future__ import annotations

from typing import Any

from tracker.api.declaration import Words
from tracker.api.resources.instruments import INSTITUTIONALIZATIONS
from tracker.api.writing.declaration import EDIT, REPORT, REVIEW, Act, through
from tracker.api.writing.inputs import TASK, choice, instrument, prose
from tracker.api.writing.speaking import reporting_body
from tracker.choices import Coverage, Level
from tracker.services import institutionalizations


def _declare(_row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    return institutionalizations.declare(body=reporting_body(who["by"], values["task"]), **values, **who)


def _change(row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    content = {"articles": row.articles, "coverage": row.coverage} | values
    return institutionalizations.change(row, **content, **who)


ARTICLES = ("articles", "Which articles carry out the task; none: all.", "Các điều, khoản thực hiện nhiệm vụ; để trống:"
    " toàn bộ văn bản.", "Điều 5–7, khoản 2 Điều 9", 300)  # fmt: skip
COVERAGE = ("coverage", "Whether they cover the task in full or in part.", "Bao phủ toàn bộ hay một phần nhiệm vụ.",
    Coverage, Coverage.FULL)  # fmt: skip

EVIDENCE_ACTS = (
    Act(
        resource=INSTITUTIONALIZATIONS,
        about=Words(
            "Declare that an instrument makes a task a rule at a level. It counts once somebody else has verified it.",
            "Kê khai một văn bản đã thể chế hóa nhiệm vụ ở một cấp. Chỉ được tính khi người khác đã xác nhận.",
        ),
        scopes=(REPORT,),
        inputs=(
            TASK,
            instrument("Number of the instrument.", "Số, ký hiệu văn bản."),
            choice("level", "Level.", "Cấp.", Level, Level.CENTRAL),
            prose(*ARTICLES, default=""),
            choice(*COVERAGE, default=Coverage.FULL),
        ),
        do=_declare,
    ),
    Act(
        resource=INSTITUTIONALIZATIONS,
        name="change",
        about=Words(
            "Correct what was declared. What was verified has to be verified again.",
            "Sửa nội dung đã kê khai. Nội dung đã xác nhận phải được xác nhận lại.",
        ),
        scopes=(REPORT, EDIT),
        action="evidence.change",
        inputs=(prose(*ARTICLES, default=""), choice(*COVERAGE)),
        do=_change,
    ),
    Act(
        resource=INSTITUTIONALIZATIONS,
        name="verify",
        about=Words(
            "Verify what was declared, bound to what it says now.",
            "Xác nhận nội dung đã kê khai, gắn với nội dung hiện tại.",
        ),
        scopes=(REVIEW,),
        action="evidence.verify",
        inputs=(prose("note", "Note.", "Ý kiến.", "", default=""),),
        do=through(institutionalizations.verify),
    ),
    Act(
        resource=INSTITUTIONALIZATIONS,
        name="return",
        about=Words("Return what was declared, with the reason.", "Trả lại nội dung đã kê khai, nêu rõ lý do."),
        scopes=(REVIEW,),
        action="evidence.verify",
        inputs=(prose("note", "What is missing.", "Nội dung còn thiếu.", "Điều 5 không quy định việc này."),),
        do=through(institutionalizations.send_back),
    ),
)
