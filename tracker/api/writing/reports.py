"""Progress reports: written, handed in, decided, asked about."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tracker.api.declaration import Words
from tracker.api.resources.followup import PROGRESS_REPORTS
from tracker.api.writing.declaration import REPORT, REVIEW, Act, Input, through
from tracker.api.writing.inputs import TASK, body, choice, instrument, prose
from tracker.api.writing.speaking import reporting_body
from tracker.choices import ReportState, Stage
from tracker.errors import Conflict, Stale
from tracker.services import questions, reports

CONTENT = ("stage", "done_text", "hindrance_text", "instrument", "articles")


def _write(_row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    """The one draft of the body on the task. One that a colleague has begun is not written over."""
    task, wanted = values.pop("task"), values.pop("body")
    try:
        return reports.save_draft(task, body=reporting_body(who["by"], task, wanted), version=0, **values, **who)
    except Stale as error:
        raise Conflict(_("Your body has a draft on this task already: change that one.")) from error


def _rewrite(row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    """What is not given stays, the request for more time that a page has put into the draft included."""
    if row.state != ReportState.DRAFT:
        raise Conflict(_("This report is %(state)s by now.") % {"state": row.get_state_display().lower()})
    content = {name: getattr(row, name) for name in CONTENT} | values
    return reports.save_draft(row.task, body=row.body, time_asked=reports.asked_with(row) or None, **content, **who)


def content(**options: Any) -> tuple[Input, ...]:
    return (
        choice("stage", "Stage reached.", "Giai đoạn đã đạt.", Stage, Stage.DRAFTING),
        prose("done_text", "What was done.", "Việc đã làm.", "Đã lấy ý kiến các bộ, ngành."),
        prose("hindrance_text", "What hinders.", "Vướng mắc.", "", default=""),
        instrument("Number of the instrument.", "Số, ký hiệu văn bản.", default=None),
        prose(
            "articles",
            "Which articles carry out the task.",
            "Các điều, khoản thực hiện nhiệm vụ.",
            "Điều 5–7",
            300,
            default="",
        ),
    )


REPORT_ACTS = (
    Act(
        resource=PROGRESS_REPORTS,
        about=Words(
            "Begin a report on a task: a draft that only your body reads until it is submitted.",
            "Bắt đầu báo cáo về nhiệm vụ: bản nháp chỉ cơ quan đọc được cho đến khi gửi.",
        ),
        scopes=(REPORT,),
        inputs=(TASK, body("body", "Code of the reporting body.", "Mã cơ quan báo cáo.", default=None), *content()),
        do=_write,
    ),
    Act(
        resource=PROGRESS_REPORTS,
        name="change",
        about=Words("Change a draft. What is not given stays.", "Sửa bản nháp. Trường không gửi thì giữ nguyên."),
        scopes=(REPORT,),
        action="report.change",
        inputs=content(),
        do=_rewrite,
    ),
    Act(
        resource=PROGRESS_REPORTS,
        name="hand",
        about=Words("Hand a draft to the leader of the body.", "Trình bản nháp lên lãnh đạo cơ quan."),
        scopes=(REPORT,),
        action="report.change",
        inputs=(),
        do=through(reports.hand_to_leader),
    ),
    Act(
        resource=PROGRESS_REPORTS,
        name="give-back",
        about=Words("Give a draft back to whoever wrote it, as the leader.", "Lãnh đạo trả bản nháp để sửa."),
        scopes=(REPORT,),
        action="report.give_back",
        inputs=(prose("note", "What is to be mended.", "Nội dung cần sửa.", "Nêu rõ ngày lấy ý kiến.", 2000),),
        do=through(reports.give_back),
    ),
    Act(
        resource=PROGRESS_REPORTS,
        name="submit",
        about=Words("Submit a draft to the commission.", "Gửi báo cáo đến ban dân vận."),
        scopes=(REPORT,),
        action="report.submit",
        inputs=(),
        do=through(reports.submit),
    ),
    Act(
        resource=PROGRESS_REPORTS,
        name="accept",
        about=Words(
            "Accept a submitted report: the task takes its stage.",
            "Chấp nhận báo cáo: nhiệm vụ chuyển sang giai đoạn đã báo cáo.",
        ),
        scopes=(REVIEW,),
        action="report.decide",
        inputs=(prose("note", "Note.", "Ý kiến.", "", default=""),),
        do=through(reports.accept),
    ),
    Act(
        resource=PROGRESS_REPORTS,
        name="return",
        about=Words("Return a submitted report with the reason.", "Trả lại báo cáo, nêu rõ lý do."),
        scopes=(REVIEW,),
        action="report.decide",
        inputs=(prose("note", "What is missing.", "Nội dung còn thiếu.", "Thiếu số văn bản."),),
        do=through(reports.send_back),
    ),
    Act(
        resource=PROGRESS_REPORTS,
        name="ask",
        about=Words("Ask something about a report before deciding.", "Hỏi lại cơ quan trước khi quyết định."),
        scopes=(REVIEW,),
        action="report.decide",
        inputs=(prose("question", "The question.", "Câu hỏi.", "Đã gửi Bộ Tư pháp thẩm định chưa?"),),
        do=through(questions.ask),
    ),
    Act(
        resource=PROGRESS_REPORTS,
        name="answer",
        about=Words("Answer the question that is open.", "Trả lời câu hỏi đang chờ."),
        scopes=(REPORT,),
        action="report.answer",
        inputs=(prose("answer", "The answer.", "Câu trả lời.", "Đã gửi ngày 4/5/2026."),),
        do=through(questions.answer),
    ),
)
