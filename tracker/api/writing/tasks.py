"""Whether a task goes on: decided by the commission or the editor, by a document."""

from __future__ import annotations

from tracker.api.declaration import Words
from tracker.api.resources.tasks import TASKS
from tracker.api.writing.declaration import EDIT, REVIEW, Act, through
from tracker.api.writing.inputs import choice, day, prose
from tracker.choices import Stage
from tracker.services import many, tasks

REASON = prose("reason", "Reason.", "Lý do.", "Chờ sửa đổi luật.", 2000)
DOCUMENT = prose("document", "Deciding document: number and date.", "Văn bản quyết định: số và ngày.", "45-QĐ/TU", 200)

TASK_ACTS = (
    Act(
        resource=TASKS,
        name="stage",
        about=Words("Record the stage that an open task has reached.", "Ghi nhận giai đoạn mà nhiệm vụ đã đạt."),
        scopes=(REVIEW, EDIT),
        action="task.stage",
        inputs=(
            choice("stage", "The new stage.", "Giai đoạn mới.", Stage, Stage.DRAFTING),
            day("on", "Since when.", "Từ ngày.", "2026-05-04"),
            prose("reason", "Reason.", "Lý do.", "Theo báo cáo tại phiên họp.", 2000, default=""),
        ),
        do=through(tasks.record_stage),
        many=many.record_stages,
    ),
    Act(
        resource=TASKS,
        name="suspend",
        about=Words(
            "Stop the clocks of an open task until a day, by a document.",
            "Tạm dừng nhiệm vụ đến một ngày theo văn bản quyết định; các thời hạn tạm ngừng tính.",
        ),
        scopes=(REVIEW, EDIT),
        action="task.suspend",
        inputs=(
            day("until", "First day on which it goes on.", "Ngày đầu tiên tiếp tục thực hiện."),
            REASON,
            DOCUMENT,
            day(
                "new_due_on",
                "New deadline, if the document names one.",
                "Thời hạn mới, nếu văn bản có nêu.",
                "2027-06-30",
                default=None,
            ),
        ),
        do=through(tasks.suspend),
    ),
    Act(
        resource=TASKS,
        name="withdraw",
        about=Words(
            "End a task that is no longer owed. Its history stays.",
            "Kết thúc nhiệm vụ không còn phải thực hiện. Lịch sử được giữ lại.",
        ),
        scopes=(REVIEW, EDIT),
        action="task.withdraw",
        inputs=(REASON, DOCUMENT),
        do=through(tasks.withdraw),
        many=many.withdraw,
    ),
    Act(
        resource=TASKS,
        name="resume",
        about=Words(
            "Take up a suspended or withdrawn task again today.",
            "Tiếp tục thực hiện nhiệm vụ đã tạm dừng hoặc đã rút, từ hôm nay.",
        ),
        scopes=(REVIEW, EDIT),
        action="task.resume",
        inputs=(REASON, DOCUMENT),
        do=through(tasks.resume),
    ),
)
