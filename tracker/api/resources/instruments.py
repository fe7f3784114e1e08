"""What turns a task into a rule: instruments, and the link task ↔ instrument."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, DateField, F, OuterRef, Q, Value, When

from tracker.api import filters as by
from tracker.api.declaration import Context, Nested, Resource, Words
from tracker.api.externals import external_fields, external_filters
from tracker.api.fields import (
    ID,
    IS_DEMO,
    SOURCE,
    TASK,
    TO_BE_CHECKED,
    VERSION,
    bilingual,
    code,
    day,
    integer,
    moment,
    text,
    truth,
)
from tracker.api.resources.instrument_life import CONSULTED, FILES, PHASES
from tracker.boards.consulted import consulted_then
from tracker.choices import Consulted, Coverage, EvidenceState, InstrumentLinkKind, InstrumentStatus, Level, Rank
from tracker.models import Institutionalization, Instrument, InstrumentLink


def _links(context: Context) -> Any:
    return InstrumentLink.objects.filter(instrument=OuterRef("pk")).order_by("id")


def _instruments(context: Context) -> Any:
    """The instruments with status_then and consulted_then: as their dates stand on the day."""
    cases = (
        When(ends_on__lte=context.day, then=Value(InstrumentStatus.ENDED.value)),
        When(in_force_on__lte=context.day, then=Value(InstrumentStatus.IN_FORCE.value)),
        When(signed_on__lte=context.day, then=Value(InstrumentStatus.ISSUED.value)),
    )
    status = Case(*cases, default=Value(InstrumentStatus.PREPARED.value), output_field=CharField())
    asked = consulted_then(context.day, known=context.known if context.is_past else None)
    return Instrument.objects.visible_to(context.user).alias(status_then=status, consulted_then=asked)


INSTRUMENTS = Resource(
    name="instruments",
    singular="Instrument",
    model=Instrument,
    about=Words(
        "Legal documents that institutionalize tasks, from a law to the rules of one commune.",
        "Văn bản thể chế hóa nhiệm vụ, từ luật đến quy định của một xã.",
    ),
    rows=_instruments,
    fields=(
        ID,
        text("number", "Number, unique.", "Số, ký hiệu, duy nhất.", "10/2022/QH15"),
        code("rank", "Rank.", "Loại văn bản.", Rank, Rank.LAW),
        *bilingual(
            "title", "Title", "Tên", "Luật Thực hiện dân chủ ở cơ sở", "Law on implementing democracy at the grassroots"
        ),
        text("issuer", "Code of the issuing body.", "Mã cơ quan ban hành.", "QH", "issuer__code", is_nullable=True),
        day("signed_on", "Day of signature.", "Ngày ký.", "2022-11-10", is_nullable=True),
        day("promulgated_on", "Day of promulgation.", "Ngày công bố, ban hành.", "2022-11-24", is_nullable=True),
        day("in_force_on", "First day in force.", "Ngày có hiệu lực.", "2023-07-01", is_nullable=True),
        day("ends_on", "First day out of force.", "Ngày hết hiệu lực.", None, is_nullable=True),
        text(
            "ended_by",
            "Number of what ended it.",
            "Số văn bản làm hết hiệu lực.",
            None,
            "ended_by__number",
            is_nullable=True,
        ),
        code(
            "status",
            "As its dates stand on the day.",
            "Tình trạng hiệu lực vào ngày đó.",
            InstrumentStatus,
            InstrumentStatus.IN_FORCE,
            source="status_then",
        ),
        text(
            "drafted_by",
            "Code of the body that owes it.",
            "Mã cơ quan phải soạn thảo, trình.",
            "BNV",
            "drafted_by__code",
            is_nullable=True,
        ),
        day("submit_by", "Its draft is to be submitted by.", "Thời hạn trình dự thảo.", None, is_nullable=True),
        day("issue_by", "It is to be issued by.", "Thời hạn ban hành.", None, is_nullable=True),
        code(
            "consulted",
            "Whether people were asked before it was signed, by what is recorded.",
            "Đã lấy ý kiến trước khi ký hay chưa, theo những gì đã ghi nhận.",
            Consulted,
            Consulted.HELD,
            source="consulted_then",
        ),
        text("url", "Where to read it.", "Nơi đọc văn bản.", ""),
        SOURCE,
        *TO_BE_CHECKED,
        IS_DEMO,
        Nested(
            name="links",
            about=Words("What it amends, replaces or details.", "Văn bản mà nó sửa đổi, thay thế, quy định chi tiết."),
            rows=_links,
            fields=(
                code("kind", "How.", "Quan hệ.", InstrumentLinkKind, InstrumentLinkKind.DETAILS),
                text("instrument", "Number of the other one.", "Số văn bản kia.", "59/2023/NĐ-CP", "other__number"),
                day("on", "From which day.", "Từ ngày.", "2023-08-14", is_nullable=True),
            ),
        ),
        PHASES,
        FILES,
        CONSULTED,
        *external_fields(Instrument),
        VERSION,
    ),
    filters=(
        by.exact("number", "Only the instrument with this number.", "Chỉ văn bản có số này.", "10/2022/QH15"),
        by.choice("rank", "Rank.", "Loại văn bản.", Rank, Rank.LAW),
        by.choice(
            "status",
            "Status on the day.",
            "Tình trạng vào ngày đó.",
            InstrumentStatus,
            InstrumentStatus.IN_FORCE,
            by.by("status_then__in"),
        ),
        by.choice(
            "consulted",
            "Whether people were asked.",
            "Tình trạng lấy ý kiến.",
            Consulted,
            Consulted.UNASKED,
            by.by("consulted_then__in"),
        ),
        by.of_body("Code of the issuing body.", "Mã cơ quan ban hành.", name="issuer"),
        by.of_body("Code of the body that owes it.", "Mã cơ quan phải soạn thảo, trình.", name="drafted_by"),
        by.search("Words in number and title.", "Từ trong số và tên."),
        *external_filters(Instrument),
    ),
    as_of=Words(
        "The day for which status is told, with phases, files and consultations as recorded by its end. Without it: "
        "today.",
        "Ngày tính tình trạng hiệu lực; các bước, tệp và đợt lấy ý kiến theo những gì đã ghi nhận đến hết ngày đó. Nếu "
        "không nêu: hôm nay.",
    ),
)


def _evidence(context: Context) -> Any:
    """The evidence with state_then and verified_then: what was verified later was only declared on the day."""
    rows = Institutionalization.objects.visible_to(context.user)
    if not context.is_past:
        return rows.alias(state_then=F("state"), verified_then=F("verified_on"))
    later = Q(state=EvidenceState.VERIFIED, verified_on__gt=context.day)
    return rows.filter(declared_on__lte=context.day, recorded_at__lt=context.known).alias(
        state_then=Case(When(later, then=Value(EvidenceState.DECLARED.value)), default=F("state")),
        verified_then=Case(When(verified_on__lte=context.day, then=F("verified_on")), output_field=DateField()),
    )


INSTITUTIONALIZATIONS = Resource(
    name="institutionalizations",
    singular="Institutionalization",
    model=Institutionalization,
    about=Words(
        "Task × instrument at a level, declared by a body and verified by the commission.",
        "Nhiệm vụ × văn bản ở một cấp, do cơ quan khai và ban dân vận xác nhận.",
    ),
    rows=_evidence,
    fields=(
        ID,
        *TASK,
        integer("instrument_id", "Id of the instrument.", "Mã số văn bản.", 4),
        text("instrument", "Number of the instrument.", "Số, ký hiệu văn bản.", "10/2022/QH15", "instrument__number"),
        code("level", "Level.", "Cấp.", Level, Level.CENTRAL),
        text("articles", "Articles.", "Điều, khoản.", "Điều 3, 5"),
        code("coverage", "In full or in part.", "Toàn bộ hay một phần.", Coverage, Coverage.FULL),
        code("state", "State.", "Trạng thái.", EvidenceState, EvidenceState.VERIFIED, source="state_then"),
        text("body", "Code of the body that declared it.", "Mã cơ quan khai.", "BTP", "body__code", is_nullable=True),
        day("declared_on", "Declared on.", "Ngày khai.", "2026-03-02"),
        day("verified_on", "Verified on.", "Ngày xác nhận.", "2026-03-20", source="verified_then", is_nullable=True),
        day(
            "stale_since",
            "Since when it is no longer what was verified; it counts as declared.",
            "Ngày nội dung thay đổi so với khi xác nhận; từ đó chỉ tính như mới khai.",
            None,
            is_nullable=True,
        ),
        day(
            "ends_on",
            "From when the articles no longer hold, though the instrument may.",
            "Ngày các điều, khoản đó hết hiệu lực, dù văn bản có thể còn hiệu lực.",
            None,
            is_nullable=True,
        ),
        integer(
            "continues_id",
            "The evidence on a predecessor that it continues.",
            "Minh chứng trước mà nó tiếp nối.",
            3,
            is_nullable=True,
        ),
        text("decision_note", "Note on the decision.", "Ý kiến khi quyết định.", ""),
        truth("is_illustration", "An illustration, not a finding.", "Chỉ để minh họa.", True),
        *bilingual("note", "Note", "Ghi chú", "", ""),
        SOURCE,
        moment("recorded_at", "When it was recorded (UTC).", "Thời điểm ghi nhận (UTC).", "2026-03-02T03:00:00Z"),
        *external_fields(Institutionalization),
        VERSION,
    ),
    filters=(
        by.of_task(),
        by.of_instrument(),
        by.of_resolution("task__resolution"),
        by.choice("level", "Level.", "Cấp.", Level, Level.CENTRAL),
        by.choice("state", "State.", "Trạng thái.", EvidenceState, EvidenceState.VERIFIED, by.by("state_then__in")),
        by.choice("coverage", "Coverage.", "Mức độ.", Coverage, Coverage.FULL),
        by.of_body("Code of the body that declared it.", "Mã cơ quan khai."),
        *external_filters(Institutionalization),
    ),
    as_of=Words(
        "Evidence declared and recorded by the end of this day; verified later counts as declared. Without it: "
        "all, as they stand.",
        "Minh chứng đã khai và ghi nhận đến hết ngày này; xác nhận sau ngày đó được tính là mới khai. Nếu không "
        "nêu: tất cả, như hiện nay.",
    ),
)
