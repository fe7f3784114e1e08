"""Consultations on the drafts of instruments: days, counts, numbers of published documents, and no names."""

from __future__ import annotations

from typing import Any

from tracker.api.declaration import Words
from tracker.api.resources.instrument_life import CONSULTATIONS
from tracker.api.writing.declaration import EDIT, REPORT, Act, Input
from tracker.api.writing.inputs import choice, day, happened, instrument
from tracker.api.writing.values import Citation, Number, Web
from tracker.choices import FrontOpinion, Participant
from tracker.services import consultations


def _record(_row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    counts = _counts_in(values)
    return consultations.record(values.pop("instrument"), counts=counts, **values, **who)


def _change_consultation(row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    """What is not given stays; null takes a count away."""
    given = {kind: values.pop(kind) for kind in Participant.values if kind in values}
    counts = {kind: number for kind, number in (consultations.counts_of(row) | given).items() if number is not None}
    return consultations.change(row, counts=counts, **values, **who)


def _counts_in(values: dict[str, Any]) -> dict[str, int]:
    found = {kind: values.pop(kind) for kind in Participant.values}
    return {kind: number for kind, number in found.items() if number is not None}


def _number(name: str, en: str, vi: str, example: str) -> Input:
    return Input(name=name, about=Words(en, vi), parser=Citation(), example=example, default="")


def _asked() -> tuple[Input, ...]:
    counts = tuple(
        Input(
            name=kind.value,
            about=Words(f"How many took part: {kind.value}.", f"Số lượt tham gia: {kind.value}."),
            parser=Number(consultations.MOST, low=0),
            example=34,
            default=None,
        )
        for kind in Participant
    )
    return (
        happened("opened_on", "First day.", "Ngày bắt đầu.", "2022-05-01"),
        day("closed_on", "Last day.", "Ngày kết thúc.", "2022-07-01", default=None),
        *counts,
        Input(
            name="summary_url",
            about=Words("Where the published summary is.", "Nơi công bố bản tổng hợp."),
            parser=Web(300),
            example="https://vanban.chinhphu.vn/",
            default="",
        ),
        _number("summary_number", "Number of the summary, alone.", "Số văn bản tổng hợp, chỉ ghi số.", "45/BC-BNV"),
        happened("summary_on", "Date of the summary.", "Ngày văn bản tổng hợp.", "2022-07-20", default=None),
        choice(
            "front_opinion",
            "Opinion of the Front.",
            "Ý kiến của Mặt trận.",
            FrontOpinion,
            FrontOpinion.AGREES,
            default=FrontOpinion.NONE,
        ),
        _number("front_number", "Number of the Front's document.", "Số văn bản của Mặt trận.", "125/MTTW-BTT"),
        happened("front_on", "Date of the Front's document.", "Ngày văn bản của Mặt trận.", "2022-07-10", default=None),
    )


CONSULTATION_ACTS = (
    Act(
        resource=CONSULTATIONS,
        about=Words(
            "Record a consultation on the draft of an instrument: dates, counts, published documents, and no names.",
            "Ghi nhận một đợt lấy ý kiến về dự thảo văn bản: ngày, số lượt, văn bản đã công bố, không ghi tên người.",
        ),
        scopes=(REPORT, EDIT),
        inputs=(instrument("Number of the instrument.", "Số, ký hiệu văn bản."), *_asked()),
        do=_record,
    ),
    Act(
        resource=CONSULTATIONS,
        name="change",
        about=Words(
            "Change what is recorded of a consultation. What is not given stays.",
            "Sửa nội dung đã ghi của một đợt lấy ý kiến. Trường không gửi thì giữ nguyên.",
        ),
        scopes=(REPORT, EDIT),
        action="consultation.change",
        inputs=_asked(),
        do=_change_consultation,
    ),
)
