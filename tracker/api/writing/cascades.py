"""A task given to many units in one act: the answer is the task, whose parts are counted in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker.api import parsers
from tracker.api.declaration import Context, Words
from tracker.api.parsers import Refused, readable
from tracker.api.resources.tasks import TASKS
from tracker.api.writing.declaration import EDIT, Act, Input
from tracker.api.writing.inputs import Number, body, choice, day, prose
from tracker.boards.cascades import bodies_called, unknown_codes
from tracker.choices import BodyKind, DueRule, Joining, Level, PartRole, Whom
from tracker.clock import local_day
from tracker.models import Cascade
from tracker.models.cascades import LONGEST
from tracker.services import cascades

LONGEST_LIST = 100_000
DEFAULT_ROLES = f"{PartRole.UNIT_LEADS}, {PartRole.UNIT_SUPERVISES}"


@dataclass(frozen=True)
class Codes:
    """Bodies by their codes, with commas or spaces between them. One query."""

    def read(self, value: str, context: Context) -> Any:
        found, unknown = bodies_called(readable(value, LONGEST_LIST))
        if unknown:
            raise Refused(unknown_codes(unknown))
        return found

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": LONGEST_LIST}


@dataclass(frozen=True)
class Roles:
    """Codes of PartRole, with commas between them."""

    def read(self, value: str, context: Context) -> list[str]:
        code = parsers.Choice(PartRole)
        return [code.read(part.strip(), context) for part in readable(value, 200).split(",") if part.strip()]

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": 200}


def _give(row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    named: dict[str, Any] = {name: values.pop(name) or [] for name in ("listed", "left_out")}
    roles = values.pop("roles")
    cascade = Cascade(task=row, roles=DEFAULT_ROLES.split(", ") if roles is None else roles, **values)
    if cascade.on is None:
        cascade.on = local_day(who["at"])
    cascades.give(cascade, **named, **who)
    return row


CASCADE_ACTS = (
    Act(
        resource=TASKS,
        name="cascade",
        about=Words(
            "Give the task to every unit of a level, every body of a kind, or a chosen list, in one act. Each gets"
            " a task of its own below this one; who has one already is passed over.",
            "Giao nhiệm vụ cho mọi đơn vị của một cấp, mọi cơ quan của một khối, hoặc một danh sách được chọn, trong"
            " một lần. Mỗi nơi nhận một nhiệm vụ riêng thuộc nhiệm vụ này; nơi đã có thì bỏ qua.",
        ),
        scopes=(EDIT,),
        action="matrix.edit",
        inputs=(
            choice("whom", "To whom.", "Giao cho ai.", Whom, Whom.LEVEL),
            choice(
                "level",
                "Level of the units or bodies.",
                "Cấp của các đơn vị, cơ quan.",
                Level,
                Level.COMMUNE,
                default="",
            ),
            choice(
                "kind",
                "Kind of the body that answers.",
                "Khối của cơ quan chủ trì.",
                BodyKind,
                BodyKind.STATE,
                default=BodyKind.STATE,
            ),
            prose("words", "Words in its name.", "Từ trong tên cơ quan.", "Ủy ban nhân dân", 100, default=""),
            body("below", "Only below this body.", "Chỉ trong phạm vi cơ quan này.", "MHA", default=None),
            Input(
                name="listed",
                about=Words("Codes of a chosen list.", "Mã các đơn vị trong danh sách được chọn."),
                parser=Codes(),
                example="MHA1, MHA2",
                default=None,
            ),
            Input(
                name="left_out",
                about=Words("Codes of those passed over for good.", "Mã các đơn vị không giao."),
                parser=Codes(),
                example="MHA3",
                default=None,
            ),
            Input(
                name="roles",
                about=Words(
                    f"Other roles in each part, of: {', '.join(PartRole.values)}. `{DEFAULT_ROLES}` unless told.",
                    f"Vai trò khác trong mỗi nhiệm vụ, trong số: {', '.join(PartRole.values)}. Mặc định"
                    f" `{DEFAULT_ROLES}`.",
                ),
                parser=Roles(),
                example=DEFAULT_ROLES,
                default=None,
            ),
            choice(
                "due_rule",
                "Deadline of each part.",
                "Thời hạn của từng đơn vị.",
                DueRule,
                DueRule.SAME,
                default=DueRule.SAME,
            ),
            Input(
                name="due_days",
                about=Words("Days after assignment.", "Số ngày kể từ ngày giao."),
                parser=Number(LONGEST),
                example=None,
                default=None,
            ),
            day("due_on", "Fixed day.", "Ngày ấn định.", default=None),
            choice(
                "joining",
                "What becomes of units that come later.",
                "Xử lý đơn vị thành lập sau.",
                Joining,
                Joining.OFFER,
                default=Joining.OFFER,
            ),
            prose(
                "document", "Deciding document: number and date.", "Văn bản quyết định: số và ngày.", "45-QĐ/TU", 200
            ),
            day("on", "Assigned on; today unless told.", "Ngày giao; mặc định là hôm nay.", "2026-05-04", default=None),
        ),
        do=_give,
    ),
)
