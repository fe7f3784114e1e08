"""What is owed: tasks with their levels, who answers for them and what runs late, on any day."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from tracker.api import filters as by
from tracker.api.declaration import NEWEST, OLDEST, Context, Nested, Resource, Words
from tracker.api.fields import (
    ID,
    IS_DEMO,
    SOURCE,
    TO_BE_CHECKED,
    VERSION,
    bilingual,
    code,
    day,
    integer,
    moment,
    of_visible_task,
    period,
    text,
    texts,
    truth,
)
from tracker.api.resources.bodies import ends_as_known
from tracker.api.resources.resolutions import IN_ORDER
from tracker.api.resources.urgings import last_answer, last_urged, times_urged
from tracker.boards.lateness import Known, days_late_of, in_lateness, lateness_code, with_lateness
from tracker.boards.standing import stood_on
from tracker.boards.task_list import in_cell
from tracker.choices import Clock, FieldStatus, Lateness, Level, ReportState, Role, Stage, TaskKind
from tracker.models import Body, Flag, ProgressReport, Responsibility, Task, TaskLevel


def known_flags(context: Context) -> Any:
    """Return the flags that were late on the day and known by its end."""
    ended = Q(closed_on__lte=context.day, closed_at__lt=context.known)
    return Flag.objects.filter(since__lte=context.day, opened_at__lt=context.known).exclude(ended)


def _tasks(context: Context) -> Any:
    """The tasks with stage_then, since_then, done_then, due_then, status_then (of a past day), report_then and their
    lateness."""
    rows = Task.objects.visible_to(context.user)
    if context.is_past:
        rows = stood_on(rows.known_on(context.day), context.day).alias(report_then=_last_accepted(context))
    else:
        now = {"stage_then": F("stage"), "since_then": F("stage_since"), "done_then": F("done_on")}
        rows = rows.alias(**now, due_then=F("effective_due_on"), report_then=F("last_report_on"))
    return with_lateness(rows, _known(context))


def _known(context: Context) -> Known:
    before = context.known if context.is_past else None
    return Known(day=context.day, recorded_before=before, stage="stage_then")


def _lateness(context: Context) -> Any:
    return lateness_code(_known(context))


def _days_late(context: Context) -> Any:
    return days_late_of(_known(context))


def _in_lateness(rows: Any, codes: tuple[str, ...], context: Context) -> Any:
    return rows.filter(in_lateness(codes, _known(context)))


def _status(context: Context) -> Any:
    if context.is_past:
        return F("status_then")
    cells = [When(in_cell(status, context.day), then=Value(status.value)) for status in FieldStatus]
    return Case(*cells, output_field=CharField(null=True))


def _last_accepted(context: Context) -> Any:
    accepted = ProgressReport.objects.filter(task=OuterRef("pk"), state=ReportState.ACCEPTED)
    known = accepted.filter(submitted_on__lte=context.day, decided_at__lt=context.known)
    return Subquery(known.order_by("-submitted_on").values("submitted_on")[:1])


def _in_status(rows: Any, statuses: tuple[str, ...], context: Context) -> Any:
    if context.is_past:
        return rows.filter(status_then__in=statuses)
    # Conditions over stored columns, which an index can answer.
    return rows.filter(reduce(or_, (in_cell(status, context.day) for status in statuses)))


def _parts(context: Context, *statuses: FieldStatus) -> Any:
    """How many tasks below the outer one, which its reader may read, stand so on the day."""
    rows = Task.objects.visible_to(context.user).filter(parent=OuterRef("pk"))
    if context.is_past:
        rows = stood_on(rows.known_on(context.day), context.day).filter(status_then__in=statuses)
    else:
        rows = rows.filter(reduce(or_, (in_cell(status, context.day) for status in statuses)))
    return Coalesce(Subquery(rows.order_by().values("parent").annotate(n=Count("pk")).values("n")), 0)


def _all_parts(context: Context) -> Any:
    return _parts(context, *FieldStatus)


def _parts_done(context: Context) -> Any:
    return _parts(context, FieldStatus.DONE_ON_TIME, FieldStatus.DONE_LATE)


def _parts_late(context: Context) -> Any:
    return _parts(context, FieldStatus.OPEN_OVERDUE)


def _levels(context: Context) -> Any:
    return TaskLevel.objects.filter(task=OuterRef("pk")).order_by("id")


def cells_of_task(context: Context) -> Any:
    """Return the cells of the outer task that hold on the day, as known by its end, in the order of their letters."""
    return Responsibility.objects.as_of(context.day).filter(task=OuterRef("pk")).order_by("role", "id")


def _late(context: Context) -> Any:
    return known_flags(context).filter(task=OuterRef("pk")).order_by("since", "id")


def _with_cell(rows: Any, context: Context, **where: Any) -> Any:
    if roles := context.values.get("role"):
        where["role__in"] = roles
    held = Responsibility.objects.as_of(context.day).filter(task=OuterRef("pk"), **where)
    return rows.filter(Exists(held))


def _of_body(rows: Any, body: Body, context: Context) -> Any:
    return _with_cell(rows, context, body=body)


def _below(rows: Any, body: Body, context: Context) -> Any:
    return _with_cell(rows, context, body__path__startswith=body.path)


def _in_role(rows: Any, roles: tuple[str, ...], context: Context) -> Any:
    alone = not {"body", "below"} & set(context.values)
    return _with_cell(rows, context) if alone else rows


def _at_level(rows: Any, levels: tuple[str, ...], context: Context) -> Any:
    return rows.filter(Exists(TaskLevel.objects.filter(task=OuterRef("pk"), level__in=levels)))


def _is_late(rows: Any, wanted: bool, context: Context) -> Any:
    late = Exists(known_flags(context).filter(task=OuterRef("pk")))
    return rows.filter(late if wanted else ~late)


def _on_clock(rows: Any, clocks: tuple[str, ...], context: Context) -> Any:
    return rows.filter(Exists(known_flags(context).filter(task=OuterRef("pk"), clock__in=clocks)))


CELL = (
    ID,
    code("role", "Role: L, A, R, C, S or I.", "Vai trò: L, A, R, C, S hoặc I.", Role, Role.ACCOUNTABLE),
    text("body", "Code of the body.", "Mã cơ quan.", "BTP", "body__code"),
    text("post", "Code of the post that answers.", "Mã chức danh phụ trách.", "head", "post__code", is_nullable=True),
    *period("it holds", "có hiệu lực", to=ends_as_known),
)
LEVEL = (
    code("level", "Level at which it must become a rule.", "Cấp phải thể chế hóa.", Level, Level.CENTRAL),
    texts(
        "accepted_ranks",
        "Ranks that are enough there; empty: any.",
        "Loại văn bản được chấp nhận; để trống: bất kỳ.",
        ["law"],
    ),
)
LATE = (
    code("clock", "Which clock ran out.", "Loại thời hạn đã quá.", Clock, Clock.DUE),
    day("since", "First late day.", "Ngày đầu tiên bị chậm.", "2026-07-01"),
)


TASKS = Resource(
    name="tasks",
    singular="Task",
    model=Task,
    about=Words(
        "Obligations, each with the levels it must reach, who answers for it and what runs late.",
        "Các nhiệm vụ, kèm cấp phải thể chế hóa, phân công và những gì đang chậm.",
    ),
    rows=_tasks,
    fields=(
        ID,
        text("code", "Stable code.", "Mã cố định.", "2.5"),
        text("resolution", "Code of the document that sets it.", "Mã văn bản giao.", "R1", "resolution__code"),
        text("provision", "Label of the provision.", "Nhãn điểm, mục.", "XV.2.2", "provision__label", is_nullable=True),
        integer(
            "parent_id",
            "Id of the task it is part of.",
            "Mã số nhiệm vụ cha.",
            8,
            is_nullable=True,
            source=of_visible_task("parent", "id"),
        ),
        text(
            "parent",
            "Code of the task it is part of.",
            "Mã nhiệm vụ cha.",
            None,
            of_visible_task("parent", "code"),
            is_nullable=True,
        ),
        integer("position", "Place in the document.", "Thứ tự trong văn bản.", 5),
        code("kind", "Kind.", "Loại.", TaskKind, TaskKind.DUTY),
        *bilingual(
            "title", "Title", "Tên", "Ban hành văn bản về công tác dân vận", "Legal documents on mass mobilization"
        ),
        *bilingual("detail", "Detail", "Chi tiết", "", ""),
        texts("target_groups", "Whom it is for.", "Đối tượng hướng tới.", ["all"]),
        code("stage", "Stage.", "Giai đoạn.", Stage, Stage.DRAFTING, source="stage_then"),
        day("stage_since", "In this stage since.", "Ở giai đoạn này từ ngày.", "2026-05-04", source="since_then"),
        code(
            "status",
            "The field's four cells; null for an objective and for what is withdrawn.",
            "Một trong bốn nhóm của báo cáo; null với mục tiêu và nhiệm vụ đã rút.",
            FieldStatus,
            FieldStatus.OPEN_OVERDUE,
            source=_status,
            is_nullable=True,
        ),
        day("assigned_on", "Assigned on.", "Ngày giao.", "2026-01-05"),
        text("due_text", "Deadline as written.", "Thời hạn như trong văn bản.", "Quý II/2026"),
        day("due_on", "Explicit deadline.", "Thời hạn cụ thể.", "2026-06-30", is_nullable=True),
        day("original_due_on", "The very first deadline.", "Thời hạn ban đầu.", "2026-06-30", is_nullable=True),
        day(
            "effective_due_on",
            "Deadline in effect, by policy where none is written.",
            "Thời hạn đang áp dụng; theo quy tắc nếu văn bản không nêu.",
            "2026-06-30",
            source="due_then",
            is_nullable=True,
        ),
        code(
            "lateness",
            "What stays known of it and its deadline; null where it has none.",
            "Kết quả về thời hạn, giữ lại lâu dài; null nếu không có thời hạn.",
            Lateness,
            Lateness.OPEN_LATE,
            source=_lateness,
            is_nullable=True,
        ),
        integer(
            "days_late",
            "Working days late by the day; what was late before an extension counts.",
            "Số ngày làm việc bị chậm tính đến ngày đó; kể cả phần chậm trước khi gia hạn.",
            12,
            source=_days_late,
        ),
        integer("extensions", "How many extensions were granted.", "Số lần được gia hạn.", 1, source="extensions_then"),
        day("submit_by", "To be submitted by.", "Hạn trình.", None, is_nullable=True),
        day("suspended_until", "Suspended until.", "Tạm dừng đến ngày.", None, is_nullable=True),
        day(
            "done_on",
            "Covered by an instrument in force since.",
            "Ngày hoàn thành.",
            None,
            source="done_then",
            is_nullable=True,
        ),
        day(
            "last_report_on",
            "Day of the last accepted report.",
            "Ngày báo cáo gần nhất được chấp nhận.",
            None,
            source="report_then",
            is_nullable=True,
        ),
        truth("derived_from_commentary", "Derived from commentary.", "Rút ra từ bài bình luận.", False),
        SOURCE,
        *TO_BE_CHECKED,
        IS_DEMO,
        moment("recorded_at", "When it was recorded (UTC).", "Thời điểm ghi nhận (UTC).", "2026-01-05T05:00:00Z"),
        integer("urged", "How often the commission urged it.", "Số lần được đôn đốc.", 0, source=times_urged),
        day(
            "urged_last_on",
            "Date of the last letter that urged it.",
            "Ngày công văn đôn đốc gần nhất.",
            None,
            source=last_urged,
            is_nullable=True,
        ),
        day(
            "urging_answered_on",
            "When that letter was answered by a report.",
            "Ngày có báo cáo trả lời công văn đó.",
            None,
            source=last_answer,
            is_nullable=True,
        ),
        integer(
            "parts",
            "How many tasks were given below it that reports count; their list: `parent` with this code.",
            "Số nhiệm vụ đã giao xuống được tính trong báo cáo; danh sách: lọc `parent` theo mã này.",
            85,
            source=_all_parts,
        ),
        integer("parts_done", "How many of them are done.", "Trong đó đã hoàn thành.", 14, source=_parts_done),
        integer(
            "parts_late",
            "How many of them are in progress and overdue; named by `parent` with `status=open_overdue`.",
            "Trong đó quá hạn chưa xong; nêu tên bằng `parent` và `status=open_overdue`.",
            7,
            source=_parts_late,
        ),
        Nested(
            name="levels", about=Words("Levels it must reach.", "Các cấp phải thể chế hóa."), rows=_levels, fields=LEVEL
        ),
        Nested(
            name="responsibilities",
            about=Words("Cells that hold on the day.", "Phân công có hiệu lực vào ngày đó."),
            rows=cells_of_task,
            fields=CELL,
        ),
        Nested(name="late", about=Words("Clocks that have run out.", "Các thời hạn đã quá."), rows=_late, fields=LATE),
        VERSION,
    ),
    filters=(
        by.CODE,
        by.of_resolution(),
        by.choice("stage", "Stage.", "Giai đoạn.", Stage, Stage.DRAFTING, by.by("stage_then__in")),
        by.choice("kind", "Kind.", "Loại.", TaskKind, TaskKind.DUTY),
        by.choice(
            "status",
            "One of the field's four cells.",
            "Một trong bốn nhóm của báo cáo.",
            FieldStatus,
            FieldStatus.OPEN_OVERDUE,
            _in_status,
        ),
        by.choice(
            "lateness",
            "What stays known of it and its deadline.",
            "Kết quả về thời hạn, giữ lại lâu dài.",
            Lateness,
            Lateness.OPEN_WAS_LATE,
            _in_lateness,
        ),
        by.choice("level", "Must reach this level.", "Phải thể chế hóa ở cấp này.", Level, Level.COMMUNE, _at_level),
        by.of_body(
            "This body has a cell on the day; with `role`, in that role.",
            "Cơ quan này có phân công vào ngày đó; kèm `role` thì theo vai trò đó.",
            _of_body,
        ),
        by.of_body(
            "As `body`, for this body and everything below it.",
            "Như `body`, cho cơ quan này và toàn bộ cấp dưới.",
            _below,
            name="below",
        ),
        by.choice(
            "role",
            "Some body, or the one of `body` or `below`, has this role.",
            "Có cơ quan (hoặc cơ quan nêu ở `body`, `below`) giữ vai trò này.",
            Role,
            Role.ACCOUNTABLE,
            _in_role,
        ),
        by.reference("parent", "Code of the task it is part of.", "Mã nhiệm vụ cha.", Task, "2.7"),
        by.truth("is_late", "A clock has run out, or none.", "Có thời hạn đã quá hay không.", _is_late),
        by.choice("clock", "This clock has run out.", "Thời hạn này đã quá.", Clock, Clock.SILENCE, _on_clock),
        by.day("due_from", "Deadline in effect on this day or later.", "Thời hạn từ ngày này.", "due_then__gte"),
        by.day(
            "due_to",
            "Deadline in effect on this day or earlier.",
            "Thời hạn đến hết ngày này.",
            "due_then__lte",
        ),
        by.search("Words in code and title.", "Từ trong mã và tên."),
    ),
    orderings=(OLDEST, NEWEST, IN_ORDER),
    as_of=Words(
        "Tasks assigned and recorded by the end of this day, with the stage, status, deadline in effect, cells and"
        " lateness that were known then. Written deadlines and texts are today's. Without it: today.",
        "Các nhiệm vụ đã giao và ghi nhận đến hết ngày này, với giai đoạn, tình trạng, thời hạn áp dụng, phân công và"
        " việc chậm biết khi đó. Thời hạn ghi trong văn bản và nội dung là của hôm nay. Nếu không nêu: hôm nay.",
    ),
)
