"""What follows a task: progress reports, flags, and the changes of everything."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import (
    Case,
    DateField,
    DateTimeField,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from tracker.api import filters as by
from tracker.api.declaration import NEWEST, OLDEST, Context, Nested, Ordering, Resource, Words
from tracker.api.externals import external_fields, external_filters
from tracker.api.fields import ID, TASK, VERSION, code, day, integer, moment, text, truth, uuid
from tracker.api.resources.tasks import known_flags
from tracker.boards.lateness import Known, flag_days
from tracker.choices import Addressee, Clock, ReportState, Role, Stage
from tracker.models import (
    Attachment,
    Body,
    Flag,
    FlagRemark,
    FlagStep,
    ProgressReport,
    ReportQuestion,
    Responsibility,
)

BY_SINCE = Ordering(name="since", columns=("since", "id"), types=(date, int))
BY_SINCE_DESCENDING = Ordering(name="-since", columns=("since", "id"), types=(date, int), is_descending=True)


def _attachments(context: Context) -> Any:
    return Attachment.objects.filter(report=OuterRef("pk")).order_by("uploaded_at", "id")


def _questions(context: Context) -> Any:
    return ReportQuestion.objects.filter(report=OuterRef("pk")).order_by("asked_at", "id")


PROGRESS_REPORTS = Resource(
    name="progress-reports",
    singular="ProgressReport",
    model=ProgressReport,
    about=Words(
        "What officials say has happened, and what the commission decided. Drafts are for their own body only.",
        "Báo cáo tiến độ của các cơ quan và quyết định của ban dân vận. Bản nháp chỉ cơ quan soạn thấy.",
    ),
    rows=lambda context: ProgressReport.objects.visible_to(context.user),
    fields=(
        ID,
        *TASK,
        text("body", "Code of the reporting body.", "Mã cơ quan báo cáo.", "BTP", "body__code"),
        code("stage", "Stage said to be reached.", "Giai đoạn được báo cáo.", Stage, Stage.DRAFTING),
        text("done_text", "What was done.", "Việc đã làm.", "Đã xong dự thảo."),
        text("hindrance_text", "What hinders.", "Khó khăn, vướng mắc.", ""),
        text(
            "instrument",
            "Number of the instrument given as evidence.",
            "Số văn bản làm minh chứng.",
            None,
            "instrument__number",
            is_nullable=True,
        ),
        text("articles", "Articles.", "Điều, khoản.", ""),
        code("state", "State.", "Trạng thái.", ReportState, ReportState.ACCEPTED),
        moment("created_at", "Begun at (UTC).", "Thời điểm soạn (UTC).", "2026-05-04T02:00:00Z"),
        day("submitted_on", "Submitted on.", "Ngày gửi.", "2026-05-04", is_nullable=True),
        moment("submitted_at", "Submitted at (UTC).", "Thời điểm gửi (UTC).", "2026-05-04T03:00:00Z", is_nullable=True),
        day(
            "review_since",
            "Since when it awaits the commission, once submitted; null while a question awaits its answer.",
            "Chờ ban dân vận xem xét từ ngày, sau khi gửi; trống khi đang chờ cơ quan trả lời câu hỏi.",
            "2026-05-04",
            is_nullable=True,
        ),
        moment(
            "decided_at", "Decided at (UTC).", "Thời điểm quyết định (UTC).", "2026-05-06T03:00:00Z", is_nullable=True
        ),
        text("decision_note", "Note on the decision.", "Ý kiến khi quyết định.", ""),
        integer(
            "decided_version",
            "Version that was decided on last; a submitted report that has one was corrected since.",
            "Phiên bản được quyết định gần nhất; báo cáo đang chờ duyệt mà có giá trị này là đã được đính chính.",
            2,
            is_nullable=True,
        ),
        Nested(
            name="questions",
            about=Words(
                "What the commission asked, oldest first, and the answers.",
                "Câu hỏi của ban dân vận, cũ nhất trước, và trả lời.",
            ),
            rows=_questions,
            fields=(
                text("question", "Question.", "Câu hỏi.", "Kế hoạch số mấy?"),
                day("asked_on", "Asked on.", "Ngày hỏi.", "2026-05-05"),
                text("answer", "Answer; empty where there is none.", "Trả lời; trống nếu chưa có.", "Số 12."),
                day(
                    "answered_on",
                    "Answered on, or decided without an answer.",
                    "Ngày trả lời, hoặc ngày quyết định khi chưa có trả lời.",
                    "2026-05-06",
                    is_nullable=True,
                ),
            ),
        ),
        Nested(
            name="attachments",
            about=Words("Files; each is served at /files/<id>/.", "Tệp đính kèm; tải tại /files/<id>/."),
            rows=_attachments,
            fields=(
                uuid("id", "UUID.", "UUID.", "6f1c2a4e-0b1d-4c55-9a55-0e6d2f6b8a11"),
                text("name", "File name.", "Tên tệp.", "du-thao.pdf"),
                text("content_type", "Media type.", "Kiểu tệp.", "application/pdf"),
                integer("size", "Bytes.", "Số byte.", 52000),
                text("sha256", "SHA-256.", "SHA-256.", "9f86d0…"),
            ),
        ),
        *external_fields(ProgressReport),
        VERSION,
    ),
    filters=(
        by.of_task(),
        by.of_body("Code of the reporting body.", "Mã cơ quan báo cáo."),
        by.of_resolution("task__resolution"),
        by.choice("state", "State.", "Trạng thái.", ReportState, ReportState.SUBMITTED),
        by.choice("stage", "Stage said to be reached.", "Giai đoạn được báo cáo.", Stage, Stage.DRAFTING),
        by.day("submitted_from", "Submitted on this day or later.", "Gửi từ ngày này.", "submitted_on__gte"),
        by.day("submitted_to", "Submitted on this day or earlier.", "Gửi đến hết ngày này.", "submitted_on__lte"),
        by.search("Words in what was done and what hinders.", "Từ trong việc đã làm và khó khăn."),
        *external_filters(ProgressReport),
    ),
)


def _flags(context: Context) -> Any:
    """The flags with acknowledged_then and closed_then: now, or as they were known on the day."""
    rows = Flag.objects.visible_to(context.user)
    if not context.is_past:
        return rows.alias(acknowledged_then=F("acknowledged_at"), closed_then=F("closed_at"))
    known = Case(When(acknowledged_at__lt=context.known, then=F("acknowledged_at")))
    rows = rows.filter(pk__in=known_flags(context).values("pk"))
    return rows.alias(acknowledged_then=known, closed_then=Value(None, output_field=DateTimeField()))


def _when(condition: str, column: str, output: Any) -> Any:
    """Return the source of a column that is told only where `condition` was known on the day."""

    def source(context: Context) -> Any:
        return Case(When(**{f"{condition}__isnull": False}, then=F(column)), output_field=output)

    return source


def _remark(context: Context) -> Any:
    """The remark that stood beside the flag, as known on the day."""
    known = {"recorded_at__lt": context.known} if context.is_past else {}
    rows = FlagRemark.objects.filter(flag=OuterRef("pk"), **known).order_by("-number")
    return Subquery(rows.values("text")[:1])


def _steps(context: Context) -> Any:
    rows = FlagStep.objects.filter(flag=OuterRef("pk")).order_by("due_on", "number", "id")
    return rows.filter(due_on__lte=context.day) if context.is_past else rows


def _last_step(context: Context) -> Any:
    numbers = _steps(context).order_by().values("flag").annotate(last=Max("number"))
    return Subquery(numbers.values("last"))


def _is_open(rows: Any, wanted: bool, context: Context) -> Any:
    return rows.filter(closed_then__isnull=wanted)


def _is_acknowledged(rows: Any, wanted: bool, context: Context) -> Any:
    return rows.filter(acknowledged_then__isnull=not wanted)


def _accountable(rows: Any, body: Body, context: Context) -> Any:
    held = Responsibility.objects.as_of(context.day).filter(role=Role.ACCOUNTABLE, body=body)
    return rows.filter(Exists(held.filter(task=OuterRef("task_id"))))


def _is_open_now(context: Context) -> Any:
    return Q(closed_then__isnull=True)


def _is_late_now(context: Context) -> Any:
    return Q(closed_then__isnull=True, since__lte=context.day)


def _is_late(rows: Any, wanted: bool, context: Context) -> Any:
    return rows.filter(_is_late_now(context)) if wanted else rows.exclude(_is_late_now(context))


def _days_late(context: Context) -> Any:
    """Through the day, or until the flag closed, as far as that was known."""
    known = Q(closed_then__isnull=False) & Known(day=context.day).ended
    return Case(When(since__lte=context.day, then=Coalesce(flag_days(context.day, ended=known), 0)), default=0)


def _snoozed_then(column: str, output: Any) -> Any:
    """Return the source of a column of the snooze while it lasts. Of a past day it is not told; `changes` tell it."""

    def source(context: Context) -> Any:
        if context.is_past:
            return Value(None, output_field=output)
        lasts = Q(snoozed_until__isnull=False, snoozed_until__gt=context.day)
        return Case(When(lasts, then=F(column)), default=None, output_field=output)

    return source


def _is_snoozed(rows: Any, wanted: bool, context: Context) -> Any:
    lasts = Q(snoozed_until__isnull=False, snoozed_until__gt=context.day)
    return rows.filter(lasts if wanted else ~lasts)


FLAGS = Resource(
    name="flags",
    singular="Flag",
    model=Flag,
    about=Words(
        "A clock of a task ran out: late since when, and which steps were taken. Rows are never deleted.",
        "Cảnh báo một thời hạn đã quá: chậm từ ngày nào, đã nhắc đến bước nào. Không bao giờ bị xóa.",
    ),
    rows=_flags,
    fields=(
        ID,
        *TASK,
        code("clock", "Which clock.", "Loại thời hạn.", Clock, Clock.DUE),
        text(
            "calendar",
            "Code of the calendar in which its days are counted.",
            "Mã lịch dùng để đếm ngày.",
            "VN",
            "calendar_version__calendar__code",
        ),
        integer(
            "calendar_version",
            "Version of that calendar.",
            "Phiên bản của lịch đó.",
            1,
            source="calendar_version__number",
        ),
        text("policy", "Code of the policy.", "Mã quy tắc.", "default", "policy__code"),
        integer("policy_version", "Version of the policy.", "Phiên bản quy tắc.", 1, source="policy__version"),
        day("limit_on", "Last day in time.", "Ngày cuối còn trong hạn.", "2026-06-30"),
        day(
            "since",
            "First late day; ahead while the flag only reminds.",
            "Ngày đầu tiên bị chậm; ở phía trước nếu mới là nhắc trước hạn.",
            "2026-07-01",
        ),
        moment("opened_at", "Opened at (UTC).", "Thời điểm mở (UTC).", "2026-06-30T17:00:05Z"),
        truth("is_open", "Still open.", "Còn mở.", True, source=_is_open_now),
        truth(
            "is_late",
            "Open and late on the day, and not only a reminder.",
            "Còn mở và đang chậm vào ngày đó, không chỉ là nhắc trước hạn.",
            True,
            source=_is_late_now,
        ),
        integer(
            "days_late",
            "Working days late by the day, or until it closed.",
            "Số ngày làm việc bị chậm tính đến ngày đó, hoặc đến khi đóng.",
            12,
            source=_days_late,
        ),
        day(
            "snoozed_until",
            "No step is taken before this day; null while none is put off.",
            "Không nhắc trước ngày này; null nếu không hoãn nhắc.",
            None,
            source=_snoozed_then("snoozed_until", DateField()),
            is_nullable=True,
        ),
        text(
            "snoozed_reason",
            "Why steps are put off.",
            "Lý do hoãn nhắc.",
            None,
            _snoozed_then("snoozed_reason", TextField()),
            is_nullable=True,
        ),
        integer(
            "step",
            "Highest step taken; null before the first.",
            "Bước cao nhất đã nhắc; null nếu chưa có.",
            2,
            source=_last_step,
            is_nullable=True,
        ),
        moment(
            "acknowledged_at",
            "Acknowledged at (UTC).",
            "Thời điểm ban dân vận ghi nhận (UTC).",
            None,
            source="acknowledged_then",
            is_nullable=True,
        ),
        text(
            "acknowledged_note",
            "What the commission said.",
            "Ý kiến của ban dân vận.",
            None,
            _when("acknowledged_then", "acknowledged_note", TextField()),
            is_nullable=True,
        ),
        text(
            "remark",
            "What the accountable body itself says of it.",
            "Ý kiến của chính cơ quan chủ trì về cảnh báo.",
            None,
            source=_remark,
            is_nullable=True,
        ),
        day(
            "closed_on",
            "Day on which the condition ended.",
            "Ngày hết chậm.",
            None,
            source=_when("closed_then", "closed_on", DateField()),
            is_nullable=True,
        ),
        moment("closed_at", "Closed at (UTC).", "Thời điểm đóng (UTC).", None, source="closed_then", is_nullable=True),
        text(
            "closed_why",
            "Why it closed.",
            "Lý do đóng.",
            None,
            _when("closed_then", "closed_why", TextField()),
            is_nullable=True,
        ),
        text(
            "closed_by",
            "What closed it, such as extension:12; empty where a day did.",
            "Điều làm cảnh báo đóng lại, ví dụ extension:12; để trống nếu do đến ngày.",
            None,
            _when("closed_then", "closed_by", TextField()),
            is_nullable=True,
        ),
        Nested(
            name="steps",
            about=Words("Steps taken, oldest first.", "Các bước đã nhắc, cũ nhất trước."),
            rows=_steps,
            fields=(
                integer("number", "Number of the step.", "Số bước.", 1),
                day("due_on", "On which day.", "Ngày nhắc.", "2026-07-01"),
                code("addressee", "For whom it was meant.", "Dự kiến gửi đến.", Addressee, Addressee.HOLDER),
                code("reached", "Whom it reached.", "Thực tế gửi đến.", Addressee, Addressee.HEAD),
                text(
                    "body",
                    "Code of the body that was accountable on that day.",
                    "Mã cơ quan chủ trì vào ngày đó.",
                    "BTP",
                    "body__code",
                    is_nullable=True,
                ),
            ),
        ),
        VERSION,
    ),
    filters=(
        by.of_task(),
        by.of_resolution("task__resolution"),
        by.choice("clock", "Which clock.", "Loại thời hạn.", Clock, Clock.DUE),
        by.truth("open", "Open flags, or closed ones.", "Cảnh báo còn mở hay đã đóng.", _is_open),
        by.truth("is_late", "Late on the day, or not.", "Đang chậm vào ngày đó hay không.", _is_late),
        by.truth("snoozed", "Steps put off now, or not.", "Hiện đang hoãn nhắc hay không.", _is_snoozed),
        by.truth("acknowledged", "Acknowledged, or not yet.", "Đã được ghi nhận hay chưa.", _is_acknowledged),
        by.of_body("Body accountable for the task on the day.", "Cơ quan chủ trì nhiệm vụ vào ngày đó.", _accountable),
        by.day("since_from", "Late since this day or later.", "Chậm từ ngày này trở đi.", "since__gte"),
        by.day("since_to", "Late since this day or earlier.", "Chậm từ ngày này trở về trước.", "since__lte"),
    ),
    orderings=(OLDEST, NEWEST, BY_SINCE, BY_SINCE_DESCENDING),
    as_of=Words(
        "Flags that were open on this day, as known by its end: closed or acknowledged later, they stand as open."
        " Without it: all, as they stand.",
        "Các cảnh báo đang mở vào ngày này, theo những gì biết đến hết ngày: đóng hoặc ghi nhận sau đó thì vẫn là"
        " đang mở. Nếu không nêu: tất cả, như hiện nay.",
    ),
)
