"""Instruments: registered, changed, brought through their life, linked, ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tracker.api.declaration import Context, Words
from tracker.api.parsers import Refused
from tracker.api.resources.instruments import INSTRUMENTS
from tracker.api.writing.declaration import EDIT, REPORT, Act, Input, through
from tracker.api.writing.inputs import body, choice, day, happened, instrument, prose, truth
from tracker.api.writing.values import Among, Citation, Number, Prose, Web
from tracker.choices import RECORDED_PHASES, InstrumentLinkKind, Phase, Rank
from tracker.errors import refuse
from tracker.forms.numbers import WORDS
from tracker.models import Instrument
from tracker.rules.instruments import doubts
from tracker.services import consultations, endings, instrument_life, instruments

MOST_CONTINUED = 200


@dataclass(frozen=True)
class Continued:
    """Which articles of the old instrument go on as which of the new one."""

    def read(self, value: list[Any], context: Context) -> list[tuple[str, str]]:
        if len(value) > MOST_CONTINUED:
            raise Refused(_("Give at most %(most)d of them.") % {"most": MOST_CONTINUED})
        return [self._pair(item, context) for item in value]

    def _pair(self, item: Any, context: Context) -> tuple[str, str]:
        text = Prose(300)
        if isinstance(item, dict) and set(item) == {"old", "new"}:
            old, new = item["old"], item["new"]
            if isinstance(old, str) and isinstance(new, str) and old.strip() and new.strip():
                return text.read(old, context), text.read(new, context)
        raise Refused(_('Write each as {"old": "Điều 5", "new": "Điều 9"}.'))

    def schema(self) -> dict[str, Any]:
        side = {"type": "string", "minLength": 1, "maxLength": 300}
        pair = {
            "type": "object",
            "properties": {"old": side, "new": side},
            "required": ["old", "new"],
            "additionalProperties": False,
        }
        return {"type": "array", "maxItems": MOST_CONTINUED, "items": pair}


def _sure_of(number: str, rank: str, *, is_sure: bool) -> None:
    """A number that looks wrong is taken when the client confirms it, as on the page."""
    if number and not is_sure and (found := doubts(number, rank)):
        raise refuse(sure=" ".join([str(WORDS[found[0]]), _("Correct the number or the rank, or send sure = true.")]))


def _register(_row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    _sure_of(values["number"], values["rank"], is_sure=values.pop("sure"))
    return instruments.register(Instrument(**values), **who)


def _change(row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    number, rank = values.get("number", row.number), values.get("rank", row.rank)
    is_sure = values.pop("sure", False)
    if (number, rank) != (row.number, row.rank):
        _sure_of(number, rank, is_sure=is_sure)
    return instruments.change(row, **values, **who)


def _correct(row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    wrong = row.phases.filter(pk=values.pop("entry")).first()
    if wrong is None:
        raise refuse(entry=_("Nothing with this id is known."))
    wrong.instrument = row
    instrument_life.correct(wrong, **values, **who)
    return row


def _link(row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    instruments.link(row, values.pop("other"), **values, **who)
    return row


def _end(row: Any, values: dict[str, Any], who: dict[str, Any]) -> Any:
    endings.end(row, endings.Ending(**values), **who)
    return row


def _facts() -> tuple[Input, ...]:
    return (
        Input(
            name="number",
            about=Words(
                "Number and symbol. A draft that has none yet is called DT- and its id.",
                "Số, ký hiệu. Dự thảo chưa có số được gọi là DT- kèm mã số.",
            ),
            parser=Citation(),
            example="61/2023/NĐ-CP",
            default="",
        ),
        choice("rank", "Rank.", "Loại văn bản.", Rank, Rank.DECREE),
        prose("title_vi", "Title in Vietnamese.", "Tên bằng tiếng Việt.", "Nghị định về hương ước, quy ước", 500),
        prose("title_en", "Title in English.", "Tên bằng tiếng Anh.", "Decree on village charters", 500, default=""),
        body("issuer", "Code of the issuing body.", "Mã cơ quan ban hành.", "CP", default=None),
        happened("signed_on", "Day of signature.", "Ngày ký.", "2023-08-16", default=None),
        happened("promulgated_on", "Day of promulgation.", "Ngày công bố, ban hành.", "2023-08-16", default=None),
        day("in_force_on", "First day in force.", "Ngày có hiệu lực.", "2023-10-01", default=None),
        body("drafted_by", "Code of the body that owes it.", "Mã cơ quan phải soạn thảo, trình.", default=None),
        day("submit_by", "Its draft is to be submitted by.", "Thời hạn trình dự thảo.", "2023-06-30", default=None),
        day("issue_by", "It is to be issued by.", "Thời hạn ban hành.", "2023-08-31", default=None),
        Input(
            name="url",
            about=Words("Where to read it.", "Nơi đọc văn bản."),
            parser=Web(),
            example="https://vanban.chinhphu.vn/",
            default="",
        ),
        truth(
            "sure",
            "The number is right as written, though its form is not known or says another rank.",
            "Số, ký hiệu đúng như đã ghi, dù không theo dạng đã biết hoặc ứng với loại văn bản khác.",
            example=False,
            default=False,
        ),
    )


def _phase() -> Input:
    return Input(
        name="phase",
        about=Words("Phase. Later ones follow from its dates.", "Bước. Các bước sau suy ra từ các ngày của văn bản."),
        parser=Among(tuple(phase.value for phase in RECORDED_PHASES)),
        example=Phase.SUBMITTED.value,
    )


SHOWS = ("document", "What shows it: number and date.", "Văn bản thể hiện: số và ngày.", "45/TTr-BTP, 4/5/2026", 200)
REMARK = prose("note", "Note.", "Ghi chú.", "", 300, default="")

INSTRUMENT_ACTS = (
    Act(
        resource=INSTRUMENTS,
        about=Words(
            "Register an instrument: one that is there, or one that is only planned.",
            "Đăng ký một văn bản đã có, hoặc mới có trong kế hoạch.",
        ),
        scopes=(REPORT, EDIT),
        inputs=_facts(),
        do=_register,
    ),
    Act(
        resource=INSTRUMENTS,
        name="change",
        about=Words(
            "Change what is known of an instrument. Evidence that was verified otherwise has to be verified again.",
            "Sửa thông tin văn bản. Minh chứng đã xác nhận theo nội dung khác phải được xác nhận lại.",
        ),
        scopes=(REPORT, EDIT),
        action="instrument.change",
        inputs=_facts(),
        do=_change,
    ),
    Act(
        resource=INSTRUMENTS,
        name="phase",
        about=Words(
            "Record a change in the life of an instrument until its signature, with its day.",
            "Ghi nhận một bước của văn bản cho đến khi ký, kèm ngày.",
        ),
        scopes=(REPORT, EDIT),
        action="instrument.change",
        inputs=(
            _phase(),
            happened("on", "On which day.", "Ngày.", "2023-05-04"),
            prose(*SHOWS, default=""),
            REMARK,
        ),
        do=through(instrument_life.record),
    ),
    Act(
        resource=INSTRUMENTS,
        name="correct-phase",
        about=Words(
            "Correct a recorded change by a later row; the wrong one stays. Without a day it did not happen.",
            "Đính chính một bước đã ghi bằng dòng sau; dòng sai vẫn được giữ. Không có ngày: bước đó đã không diễn ra.",
        ),
        scopes=(REPORT, EDIT),
        action="instrument.change",
        inputs=(
            Input(
                name="entry",
                about=Words("Id of the wrong one among `phases`.", "Mã số của dòng sai trong `phases`."),
                parser=Number(),
                example=12,
            ),
            _phase(),
            happened("on", "On which day.", "Ngày.", "2023-05-04", default=None),
            prose(*SHOWS, default=""),
            REMARK,
        ),
        do=_correct,
    ),
    Act(
        resource=INSTRUMENTS,
        name="link",
        about=Words(
            "Record that it amends, replaces or details another instrument.",
            "Ghi nhận văn bản này sửa đổi, thay thế hoặc quy định chi tiết văn bản khác.",
        ),
        scopes=(EDIT,),
        action="register.edit",
        inputs=(
            instrument("Number of the other one.", "Số, ký hiệu văn bản kia.", "other"),
            choice("kind", "How.", "Quan hệ.", InstrumentLinkKind, InstrumentLinkKind.DETAILS),
            day("on", "From which day.", "Từ ngày.", "2023-10-01", default=None),
        ),
        do=_link,
    ),
    Act(
        resource=INSTRUMENTS,
        name="end",
        about=Words(
            "End an instrument, or articles of it. What leans on them is open again on that day, unless something"
            " covers it; what goes on in the new one is declared there, to be verified.",
            "Ghi nhận văn bản, hoặc một số điều, hết hiệu lực. Từ ngày đó nhiệm vụ dựa vào chúng mở lại nếu không có"
            " văn bản khác; nội dung được kế thừa được kê khai ở văn bản mới, chờ xác nhận.",
        ),
        scopes=(EDIT,),
        action="register.edit",
        inputs=(
            day("on", "First day out of force.", "Ngày hết hiệu lực.", "2026-07-01"),
            instrument("Number of what ends it.", "Số văn bản làm hết hiệu lực.", "by_instrument", default=None),
            prose(
                "articles",
                "Only these articles; none: the whole of it.",
                "Chỉ các điều này; để trống: toàn bộ văn bản.",
                "Điều 5–7, khoản 2 Điều 9",
                300,
                default="",
            ),
            Input(
                name="continued",
                about=Words("What goes on in the new instrument.", "Nội dung được kế thừa trong văn bản mới."),
                parser=Continued(),
                example=[{"old": "Điều 5–7", "new": "Điều 9–11"}],
                default=(),
            ),
            prose("note", "Reason or note.", "Lý do hoặc ghi chú.", "", 2000, default=""),
        ),
        do=_end,
    ),
    Act(
        resource=INSTRUMENTS,
        name="consultations-known",
        about=Words(
            "Say that all consultations on its draft are recorded, or that this is not sure.",
            "Xác nhận đã ghi đủ các đợt lấy ý kiến về dự thảo, hoặc chưa chắc đã đủ.",
        ),
        scopes=(REPORT, EDIT),
        action="consultation.record",
        inputs=(truth("is_known", "All are recorded.", "Đã ghi đủ."),),
        do=through(consultations.state_known),
    ),
)
