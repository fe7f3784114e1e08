"""What hangs on an instrument: the phases of its life, its files with their revisions, its consultations."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, IntegerField, OuterRef, Q, Subquery

from tracker.api import filters as by
from tracker.api.declaration import Context, Field, Nested, Resource, Words
from tracker.api.externals import external_fields, external_filters
from tracker.api.fields import ID, VERSION, code, day, integer, moment, text, truth, uuid
from tracker.choices import FrontOpinion, Participant, Phase
from tracker.models import Consultation, ConsultationCount, Instrument, InstrumentFile, InstrumentPhase


def _phases(context: Context) -> Any:
    """The changes that stand; of a past day those that were recorded by its end and not corrected by then."""
    rows = InstrumentPhase.objects.filter(instrument=OuterRef("pk"), on__isnull=False)
    if not context.is_past:
        return rows.filter(correction__isnull=True).order_by("on", "id")
    better = InstrumentPhase.objects.filter(corrects__isnull=False, recorded_at__lt=context.known).values("corrects")
    known = rows.filter(on__lte=context.day, recorded_at__lt=context.known)
    return known.exclude(pk__in=better).order_by("on", "id")


def _files(context: Context) -> Any:
    rows = InstrumentFile.objects.filter(instrument=OuterRef("pk"))
    rows = rows.filter(uploaded_at__lt=context.known) if context.is_past else rows
    return rows.order_by("uploaded_at", "id")


def _is_current(context: Context) -> Any:
    is_open = Q(replaced_by__isnull=True)
    if context.is_past:
        later = InstrumentFile.objects.filter(uploaded_at__gte=context.known).values("pk")
        is_open |= Q(replaced_by__in=later)
    return ExpressionWrapper(is_open, output_field=BooleanField())


def _consultations(context: Context) -> Any:
    rows = Consultation.objects.filter(instrument=OuterRef("pk"))
    rows = rows.filter(recorded_at__lt=context.known) if context.is_past else rows
    return rows.order_by("opened_on", "id")


def _count(kind: Participant, en: str, vi: str) -> Field:
    def number(context: Context) -> Any:
        rows = ConsultationCount.objects.filter(consultation=OuterRef("pk"), kind=kind.value)
        return Subquery(rows.values("number"), output_field=IntegerField())

    return integer(
        kind.value,
        f"{en}; null if not counted.",
        f"{vi}; null nếu không thống kê.",
        34,
        source=number,
        is_nullable=True,
    )


PHASES = Nested(
    name="phases",
    about=Words(
        "Recorded changes until its signature, by day; corrected ones are left out.",
        "Các bước đã ghi nhận cho đến khi ký, theo ngày; không gồm dòng đã đính chính.",
    ),
    rows=_phases,
    fields=(
        ID,
        code("phase", "Phase.", "Bước.", Phase, Phase.SUBMITTED),
        day("on", "On which day.", "Ngày.", "2022-09-05"),
        text("document", "What shows it.", "Văn bản thể hiện.", "45/TTr-BNV"),
        text("note", "Note.", "Ghi chú.", ""),
    ),
)
FILES = Nested(
    name="files",
    about=Words(
        "Files, earlier revisions too; each is served at /instruments/files/<id>/.",
        "Tệp, gồm cả các bản trước; tải tại /instruments/files/<id>/.",
    ),
    rows=_files,
    fields=(
        uuid("id", "UUID.", "UUID.", "6f1c2a4e-0b1d-4c55-9a55-0e6d2f6b8a11"),
        text("name", "File name.", "Tên tệp.", "luat.pdf"),
        text("content_type", "Type.", "Loại tệp.", "application/pdf"),
        integer("size", "Bytes.", "Số byte.", 183204),
        text("sha256", "SHA-256 of the content.", "SHA-256 của nội dung.", "9f86d081884c7d65…"),
        integer("revision", "Number of the revision.", "Lần cập nhật.", 2),
        truth("is_current", "No later revision replaces it.", "Là bản hiện hành.", True, source=_is_current),
        day("dated", "Date of the document.", "Ngày của văn bản.", "2022-11-10", is_nullable=True),
        moment("uploaded_at", "Added at (UTC).", "Thời điểm tải lên (UTC).", "2022-11-24T03:00:00Z"),
    ),
)
FACTS: tuple[Field, ...] = (
    day("opened_on", "First day.", "Ngày bắt đầu.", "2022-05-01"),
    day("closed_on", "Last day.", "Ngày kết thúc.", "2022-07-01", is_nullable=True),
    _count(Participant.MINISTRIES, "Ministries and central agencies", "Bộ, ngành, cơ quan trung ương"),
    _count(Participant.LOCAL, "Local authorities", "Địa phương"),
    _count(Participant.FRONT, "The Front and mass organizations", "Mặt trận, đoàn thể"),
    _count(Participant.EXPERTS, "Experts and scientists", "Chuyên gia, nhà khoa học"),
    _count(Participant.BUSINESSES, "Businesses and their associations", "Doanh nghiệp, hiệp hội"),
    _count(Participant.PEOPLE, "People", "Người dân"),
    text("summary_url", "Where the published summary is.", "Nơi công bố bản tổng hợp.", ""),
    text("summary_number", "Number of the summary.", "Số văn bản tổng hợp.", "45/BC-BNV"),
    day("summary_on", "Date of the summary.", "Ngày văn bản tổng hợp.", "2022-07-20", is_nullable=True),
    code("front_opinion", "Opinion of the Front.", "Ý kiến của Mặt trận.", FrontOpinion, FrontOpinion.AGREES),
    text("front_number", "Number of the Front's document.", "Số văn bản của Mặt trận.", "125/MTTW-BTT"),
    day("front_on", "Date of the Front's document.", "Ngày văn bản của Mặt trận.", "2022-07-10", is_nullable=True),
)
CONSULTED = Nested(
    name="consultations",
    about=Words(
        "Consultations on its draft: days, counts, published documents; no data of those who were asked.",
        "Các đợt lấy ý kiến về dự thảo: ngày, số lượt, văn bản đã công bố; không có dữ liệu của người được hỏi.",
    ),
    rows=_consultations,
    fields=(ID, *FACTS, VERSION),
)


def _all_consultations(context: Context) -> Any:
    rows = Consultation.objects.filter(instrument__in=Instrument.objects.visible_to(context.user).values("pk"))
    return rows.filter(recorded_at__lt=context.known) if context.is_past else rows


CONSULTATIONS = Resource(
    name="consultations",
    singular="Consultation",
    model=Consultation,
    about=Words(
        "Consultations on the drafts of instruments: days, counts, published documents; no data of those who were "
        "asked.",
        "Các đợt lấy ý kiến về dự thảo văn bản: ngày, số lượt, văn bản đã công bố; không có dữ liệu của người được "
        "hỏi.",
    ),
    rows=_all_consultations,
    fields=(
        ID,
        integer("instrument_id", "Id of the instrument.", "Mã số văn bản.", 4),
        text("instrument", "Number of the instrument.", "Số, ký hiệu văn bản.", "10/2022/QH15", "instrument__number"),
        *FACTS,
        moment("recorded_at", "When it was recorded (UTC).", "Thời điểm ghi nhận (UTC).", "2022-05-01T03:00:00Z"),
        *external_fields(Consultation),
        VERSION,
    ),
    filters=(by.of_instrument(), *external_filters(Consultation)),
    as_of=Words(
        "Consultations recorded by the end of this day. Without it: all.",
        "Các đợt đã ghi nhận đến hết ngày này. Nếu không nêu: tất cả.",
    ),
)
