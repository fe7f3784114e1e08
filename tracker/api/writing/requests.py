"""What stands in the way of a task, asked and decided: more time, obstacles, disputes."""

from __future__ import annotations

from typing import Any

from tracker.api.declaration import Words
from tracker.api.resources.disputes import DISPUTES
from tracker.api.resources.requests import EXTENSIONS, OBSTACLES
from tracker.api.writing.declaration import EDIT, REPORT, REVIEW, Act, through
from tracker.api.writing.inputs import TASK, body, day, prose, row
from tracker.api.writing.speaking import accountable_body
from tracker.models import Responsibility
from tracker.services import disputes, extensions, obstacles


def _ask(_row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    return extensions.ask(body=accountable_body(who["by"], values["task"]), **values, **who)


def _declare(_row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    return obstacles.declare(declared_body=accountable_body(who["by"], values["task"]), **values, **who)


def _dispute(_row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    return disputes.open_dispute(values["cell"].task, **values, **who)


REASON = ("reason", "Reason.", "Lý do.")
DECISION = ("decision_number", "Number of the decision.", "Số quyết định.", "7/QĐ-BDVTW", 80)
WHY = prose("note", "Why, in a sentence.", "Lý do, viết thành câu.", "Chưa đủ căn cứ.")
REMARK = prose("note", "Note.", "Ý kiến.", "", default="")

EXTENSION_ACTS = (
    Act(
        resource=EXTENSIONS,
        about=Words(
            "Ask for more time on a task, as the body that answers for it, by a letter.",
            "Đề nghị gia hạn một nhiệm vụ bằng công văn, với tư cách cơ quan chịu trách nhiệm.",
        ),
        scopes=(REPORT,),
        inputs=(
            TASK,
            prose("letter_number", "Number of the letter.", "Số công văn.", "12/BC-BTP", 80),
            day("letter_on", "Date of the letter.", "Ngày công văn.", "2026-05-04"),
            prose("signer", "Who signed it: name and post.", "Người ký: họ tên và chức vụ.", "Thứ trưởng", 200),
            day("wanted_on", "New deadline asked for.", "Thời hạn mới được đề nghị."),
            prose(*REASON, "Dự án luật bị lùi thời gian trình."),
        ),
        do=_ask,
    ),
    Act(
        resource=EXTENSIONS,
        name="grant",
        about=Words(
            "Grant more time. The deadline moves; what was late stays late.",
            "Chấp thuận gia hạn. Thời hạn thay đổi; phần đã chậm vẫn là chậm.",
        ),
        scopes=(REVIEW,),
        action="extension.decide",
        inputs=(
            day("due_on", "New deadline.", "Thời hạn mới."),
            prose(*DECISION),
            REMARK,
        ),
        do=through(extensions.grant),
    ),
    Act(
        resource=EXTENSIONS,
        name="refuse",
        about=Words(
            "Refuse more time, with the reason. The deadline stays.",
            "Không chấp thuận gia hạn, nêu rõ lý do. Thời hạn giữ nguyên.",
        ),
        scopes=(REVIEW,),
        action="extension.decide",
        inputs=(WHY, prose(*DECISION, default="")),
        do=through(extensions.refuse_),
    ),
)

OBSTACLE_ACTS = (
    Act(
        resource=OBSTACLES,
        about=Words(
            "Say on which body a task waits, as the body that answers for it.",
            "Ghi nhận nhiệm vụ đang phải chờ cơ quan nào, với tư cách cơ quan chịu trách nhiệm.",
        ),
        scopes=(REPORT,),
        inputs=(
            TASK,
            body("body", "Code of the body that is waited on.", "Mã cơ quan đang được chờ.", "BTC"),
            day("since", "Since when.", "Từ ngày.", "2026-05-04"),
            prose(*REASON, "Chưa có ý kiến về kinh phí.", 2000),
        ),
        do=_declare,
    ),
    Act(
        resource=OBSTACLES,
        name="end",
        about=Words(
            "Say that a task waits no longer, and how it ended.",
            "Ghi nhận nhiệm vụ không còn phải chờ và kết thúc thế nào.",
        ),
        scopes=(REPORT, REVIEW),
        action="obstacle.end",
        inputs=(prose("note", "How it ended.", "Kết thúc thế nào.", "Đã có ý kiến thống nhất.", 2000),),
        do=through(obstacles.end),
    ),
)

DISPUTE_ACTS = (
    Act(
        resource=DISPUTES,
        about=Words(
            "Dispute a role that your body holds in a task.",
            "Nêu ý kiến không thuộc thẩm quyền về một vai trò mà cơ quan đang giữ trong nhiệm vụ.",
        ),
        scopes=(REPORT,),
        inputs=(
            row("cell", "Id of the responsibility.", "Mã số phân công trách nhiệm.", Responsibility),
            prose(*REASON, "Nghị định giao việc này cho cơ quan khác."),
            day("answer_by", "Answer wanted by.", "Đề nghị trả lời trước ngày."),
            body("wanted_body", "Whose it is, in your view.", "Theo cơ quan, thuộc cơ quan nào.", default=None),
        ),
        do=_dispute,
    ),
    Act(
        resource=DISPUTES,
        name="uphold",
        about=Words("Uphold a dispute: the role moves on a day.", "Chấp nhận ý kiến: vai trò được chuyển từ một ngày."),
        scopes=(EDIT,),
        action="dispute.decide",
        inputs=(
            day("moved_on", "First day on which it holds.", "Ngày đầu tiên có hiệu lực."),
            body("new_body", "Who has the role from then on.", "Cơ quan nhận vai trò.", default=None),
            prose("legal_basis", "Legal basis.", "Căn cứ pháp lý.", "Điều 5 Nghị định 59/2023/NĐ-CP", 300, default=""),
            REMARK,
        ),
        do=through(disputes.uphold),
    ),
    Act(
        resource=DISPUTES,
        name="reject",
        about=Words("Reject a dispute, with the reason.", "Không chấp nhận ý kiến, nêu rõ lý do."),
        scopes=(EDIT,),
        action="dispute.decide",
        inputs=(WHY,),
        do=through(disputes.reject),
    ),
    Act(
        resource=DISPUTES,
        name="withdraw",
        about=Words("Take a dispute back, as the body that raised it.", "Rút lại ý kiến đã nêu."),
        scopes=(REPORT,),
        action="dispute.withdraw",
        inputs=(REMARK,),
        do=through(disputes.withdraw),
    ),
)
