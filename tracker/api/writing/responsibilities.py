"""The cells of the matrix: assigned as rows of their own, ended as a change of their task."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tracker.api.declaration import Words
from tracker.api.resources.bodies import RESPONSIBILITIES
from tracker.api.resources.tasks import TASKS
from tracker.api.writing.declaration import EDIT, Act
from tracker.api.writing.inputs import TASK, body, choice, day, prose, row
from tracker.choices import Role
from tracker.errors import refuse
from tracker.models import Body, Post, Responsibility
from tracker.services import matrix


def _assign(_row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    post = _post_in(values["body"], values.pop("post").strip())
    return matrix.assign(values.pop("task"), on=values.pop("valid_from"), post=post, **values, **who)


def _post_in(body: Body, code: str) -> Post | None:
    """A reader of a body reads its posts."""
    if not code:
        return None
    post: Post | None = Post.objects.filter(body=body, code=code).first()
    if post is None:
        raise refuse(post=_("This body has no post with this code."))
    return post


def _end(task: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    cell = values["responsibility"]
    if cell.task_id != task.pk:
        raise refuse(responsibility=_("Nothing with this id is known."))
    matrix.end(cell, on=values["valid_to"], why=values["reason"], **who)
    return task


RESPONSIBILITY_ACTS = (
    Act(
        resource=RESPONSIBILITIES,
        about=Words(
            "Give a body, or a post of it, a role in a task from a day on. A task has one accountable body at a time.",
            "Giao một vai trò trong nhiệm vụ cho một cơ quan hoặc một chức danh của cơ quan, từ một ngày. Mỗi thời điểm"
            " nhiệm vụ chỉ có một cơ quan chịu trách nhiệm.",
        ),
        scopes=(EDIT,),
        inputs=(
            TASK,
            body("body", "Code of the body.", "Mã cơ quan."),
            prose(
                "post",
                "Code of the post that answers in it.",
                "Mã chức danh phụ trách.",
                "head",
                40,
                default="",
            ),
            choice("role", "Role: L, A, R, C, S or I.", "Vai trò: L, A, R, C, S hoặc I.", Role, Role.RESPONSIBLE),
            day("valid_from", "First day on which it holds.", "Ngày đầu tiên có hiệu lực.", "2026-05-04"),
            prose("legal_basis", "Legal basis.", "Căn cứ.", "Điều 5 Nghị định 59/2023/NĐ-CP", 300, default=""),
        ),
        do=_assign,
    ),
    Act(
        resource=TASKS,
        name="end-responsibility",
        about=Words(
            "End a role in the task. Who has it next is a new responsibility.",
            "Kết thúc một vai trò trong nhiệm vụ. Cơ quan tiếp nhận là một phân công mới.",
        ),
        scopes=(EDIT,),
        action="matrix.edit",
        inputs=(
            row("responsibility", "Id of the responsibility.", "Mã số phân công trách nhiệm.", Responsibility),
            day("valid_to", "First day on which it no longer holds.", "Ngày đầu tiên hết hiệu lực.", "2026-07-01"),
            prose("reason", "Reason.", "Lý do.", "Chuyển giao theo Nghị định 59/2023/NĐ-CP.", 2000),
        ),
        do=_end,
    ),
)
