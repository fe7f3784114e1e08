"""What an urging letter says, in Vietnamese like any official document. Its looks: exchange.letters and a template.

The form is that of Decree 30/2020/ND-CP (an official letter, appendix I); a Party organ writes by Guidance
36-HD/VPTW instead: another motto, another way to write the number, a star under its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from tracker.choices import BodyKind, ResolutionKind

PARTY, STATE = "party", "state"
MOTTO = {
    PARTY: ["ĐẢNG CỘNG SẢN VIỆT NAM"],
    STATE: ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"],
}
SUBJECT = "đôn đốc thực hiện nhiệm vụ chậm thời hạn"
STANDING = "Thường xuyên"
CITED = {
    ResolutionKind.RESOLUTION: "Nghị quyết",
    ResolutionKind.DIRECTIVE: "Chỉ thị",
    ResolutionKind.CONCLUSION: "Kết luận",
}
"""What a document is called before its number; the others are called by what all of them are."""

MOST_GROUNDS = 3
"""Documents that the first paragraph names; with more of them it refers to the annex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The sending body: `above` is the body whose name stands over its own, empty where the form asks for none."""

    kind: str
    code: str
    name: str
    above: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateTask:
    """A row of the annex.

    `provision` is the place in the document, or empty; `days_late` are working days; `urged` is how often it was
    urged before this letter.
    """

    task_id: int
    code: str
    title: str
    document: str
    provision: str
    due_on: str
    days_late: int
    reason: str
    urged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """All that a letter is made of. `note` are words that the sender adds, a paragraph a line."""

    sender: Office
    addressee: str
    number: int
    issued_on: date
    place: str
    answer_by: date
    signer_title: str
    signer_name: str
    note: str
    rows: Sequence[LateTask]


def form_of(kind: str) -> str:
    """Return PARTY for a Party organ, STATE for everybody else."""
    return PARTY if kind == BodyKind.PARTY else STATE


def symbol(number: int, office: Office) -> str:
    """Return number and symbol: `12-CV/BTGDVTW` of a Party organ, `12/BNV` by the decree."""
    return f"{number}-CV/{office.code}" if form_of(office.kind) == PARTY else f"{number}/{office.code}"


def in_words(day: date) -> str:
    """Return "ngày 05 tháng 02 năm 2026": days below 10 and the first two months have a leading zero."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def short(day: date) -> str:
    """Return "05/02/2026"."""
    return f"{day:%d/%m/%Y}"


def cited(kind: str, number: str, title: str, signed_on: date | None) -> str:
    """Return a document as letters cite it: by kind, number and date; without a number by its title."""
    if not number:
        return title
    name = CITED.get(ResolutionKind(kind), "Văn bản")
    return f"{name} số {number} ngày {short(signed_on)}" if signed_on else f"{name} số {number}"


def content(letter: Letter) -> dict[str, Any]:
    """Return the letter as it is frozen: plain texts and numbers, from which page and document are made alike."""
    form = form_of(letter.sender.kind)
    return {
        "form": form,
        "motto": MOTTO[form],
        "above": letter.sender.above.upper(),
        "sender": letter.sender.name,
        "symbol": symbol(letter.number, letter.sender),
        "place": letter.place,
        "issued_on": letter.issued_on.isoformat(),
        "date": f"{letter.place}, {in_words(letter.issued_on)}",
        "subject": SUBJECT,
        "to": letter.addressee,
        "paragraphs": _paragraphs(letter),
        "recipients": ["Như trên,", "Lưu Văn thư."] if form == PARTY else ["Như trên;", "Lưu: VT."],
        "signer_title": _lines(letter.signer_title.upper()),
        "signer_name": letter.signer_name,
        "annex": f"(Kèm theo Công văn số {symbol(letter.number, letter.sender)} {in_words(letter.issued_on)}"
        f" của {letter.sender.name})",
        "rows": [_row(place, row) for place, row in enumerate(letter.rows, 1)],
    }


def _row(position: int, row: LateTask) -> dict[str, Any]:
    place = f" (điểm {row.provision})" if row.provision else ""
    return {"position": position, **asdict(row), "document": f"{row.document}{place}"}


def _paragraphs(letter: Letter) -> list[str]:
    sender, to = letter.sender.name, letter.addressee
    longest = max(row.days_late for row in letter.rows)
    late = f"{to} còn {len(letter.rows)} nhiệm vụ chậm thời hạn (danh mục tại Phụ lục kèm theo)"
    more = f", trong đó chậm nhiều nhất là {longest} ngày làm việc" if len(letter.rows) > 1 else ""
    alone = f", đã chậm {longest} ngày làm việc" if len(letter.rows) == 1 else ""
    asked = (
        f"{sender} đề nghị {to} chỉ đạo khẩn trương thực hiện nhiệm vụ nêu trên; làm rõ nguyên nhân chậm, khâu còn"
        " vướng mắc, biện pháp khắc phục và thời gian hoàn thành từng nhiệm vụ; gửi báo cáo tiến độ từng nhiệm vụ chậm"
        f" nhất {in_words(letter.answer_by)} để {sender} theo dõi, tổng hợp."
    )
    end = "." if form_of(letter.sender.kind) == PARTY else "./."
    return [
        f"{_grounds(letter.rows)} và kết quả theo dõi tiến độ đến {in_words(letter.issued_on)}, {late}{more}{alone}.",
        asked,
        *_lines(letter.note),
        f"Đề nghị {to} quan tâm, phối hợp thực hiện{end}",
    ]


def _grounds(rows: Sequence[LateTask]) -> str:
    documents = list(dict.fromkeys(row.document for row in rows))
    if len(documents) > MOST_GROUNDS:
        return "Căn cứ các văn bản giao nhiệm vụ nêu tại Phụ lục"
    return "Căn cứ " + "; ".join(documents)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
