"""What the columns of an annex mean, told by their heads: in either language, in any order, over up to three rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tracker.rules.annex.grid import Row, address
from tracker.rules.annex.words import key_of, one_line

ROLES = ("A", "C", "R", "S", "L", "I")
ONCE = ("ordinal", "code", "title", "A", "deadline")
MEANINGS = ("ordinal", "code", "title", *ROLES, "product", "deadline", "note")
KEPT, LEFT_OUT = "detail", "out"
"""A column without a meaning of its own: kept in the details of the task, or left out."""
MOST_HEAD_ROWS = 3
HEADLESS = "column "

_HEADS: dict[str, tuple[str, ...]] = {
    "ordinal": ("tt", "stt", "so tt", "so thu tu", "thu tu", "no", "#", "order", "serial no", "s n", "sn"),
    "code": ("ma", "ma so", "ma nhiem vu", "ma so nhiem vu", "code", "task code"),
    "title": (
        "nhiem vu", "noi dung", "noi dung nhiem vu", "ten nhiem vu", "nhiem vu cu the", "nhiem vu giai phap",
        "noi dung cong viec", "cong viec", "noi dung nhiem vu giai phap", "nhiem vu trong tam", "nhiem vu chu yeu",
        "noi dung thuc hien", "cac nhiem vu", "nhiem vu duoc giao", "hoat dong", "noi dung hoat dong", "ten de an",
        "task", "tasks", "content", "task content", "content of the task", "description", "duty", "duties", "activity",
    ),
    "A": (
        "chu tri", "co quan chu tri", "don vi chu tri", "co quan don vi chu tri", "chu tri thuc hien", "dau moi",
        "co quan chu tri thuc hien", "don vi chu tri thuc hien", "co quan to chuc chu tri", "don vi dau moi",
        "co quan chiu trach nhiem", "lead", "lead agency", "lead body", "accountable", "accountable body",
        "accountable agency", "leading agency", "in charge",
    ),
    "C": (
        "phoi hop", "co quan phoi hop", "don vi phoi hop", "co quan don vi phoi hop", "phoi hop thuc hien",
        "co quan phoi hop thuc hien", "don vi phoi hop thuc hien", "consulted", "consulted bodies", "coordination",
        "coordinating agencies", "coordinating agency", "coordinating bodies", "cooperating agencies",
        "cooperating bodies", "supporting agencies", "in coordination with",
    ),
    "R": (
        "thuc hien", "co quan thuc hien", "don vi thuc hien", "co quan don vi thuc hien", "to chuc thuc hien",
        "phan cong thuc hien", "carries out", "carried out by", "implementing agency", "responsible",
        "responsible body",
    ),
    "S": ("giam sat", "co quan giam sat", "don vi giam sat", "kiem tra giam sat", "supervises", "supervised by"),
    "L": ("lanh dao", "chi dao", "lanh dao chi dao", "co quan chi dao", "co quan lanh dao", "leads", "led by"),
    "I": ("thong bao", "co quan duoc thong bao", "nhan thong bao", "informed", "informed bodies"),
    "product": (
        "san pham", "san pham dau ra", "san pham hoan thanh", "san pham ket qua", "ket qua san pham", "ket qua",
        "san pham du kien", "ket qua du kien", "hinh thuc van ban", "ket qua dau ra", "san pham can dat", "product",
        "products", "output", "outputs", "deliverable", "deliverables", "expected result",
    ),
    "deadline": (
        "thoi gian", "thoi han", "thoi gian hoan thanh", "thoi han hoan thanh", "han hoan thanh", "tien do",
        "thoi gian thuc hien", "thoi han thuc hien", "tien do hoan thanh", "tien do thuc hien", "thoi diem hoan thanh",
        "thoi gian thuc hien hoan thanh", "han", "deadline", "due", "due date", "due on", "time of completion",
        "completion", "completion time", "completion date", "timeline", "time limit",
    ),
    "note": ("ghi chu", "chu thich", "luu y", "note", "notes", "remark", "remarks", "comment", "comments"),
}  # fmt: skip
_EXACT = {head: meaning for meaning, heads in _HEADS.items() for head in heads}
# A longer head that says one of these, and nothing of another meaning.
_SAYS = {
    "A": ("chu tri", "dau moi", "lead agency", "accountable"),
    "C": ("phoi hop", "coordinating", "cooperating"),
    "S": ("giam sat",),
    "L": ("chi dao",),
    "product": ("san pham", "deliverable"),
    "deadline": ("thoi gian", "thoi han", "han hoan thanh", "tien do", "deadline"),
    "note": ("ghi chu",),
}
_TITLE_BEGINS = ("nhiem vu ", "noi dung nhiem vu ", "noi dung cong viec ", "ten nhiem vu ", "cac nhiem vu ")


@lru_cache(maxsize=20_000)
def meaning_of(head: str) -> str:
    """Return what a column with this head holds, as a code of MEANINGS; empty where that is not certain."""
    key = key_of(head)
    if head.strip() == "#":
        return "ordinal"
    if key in _EXACT:
        return _EXACT[key]
    words = f" {key} "
    said = [meaning for meaning, phrases in _SAYS.items() if any(f" {phrase} " in words for phrase in phrases)]
    if len(said) == 1:
        return said[0]
    return "title" if not said and key.startswith(_TITLE_BEGINS) else ""


@dataclass(frozen=True)
class Column:
    """A column: its head as it is read, and what it means; empty where nobody has said yet."""

    number: int
    head: str
    meaning: str
    address: str = ""

    @property
    def key(self) -> str:
        return key_of(self.head) or f"{HEADLESS}{self.number}"


@dataclass(frozen=True)
class Layout:
    """The heads of a table. `size` is the number of rows that they take."""

    columns: tuple[Column, ...]
    size: int = 1
    texts: dict[int, str] = field(default_factory=dict)

    @property
    def meanings(self) -> set[str]:
        return {column.meaning for column in self.columns if column.meaning}

    @property
    def is_good(self) -> bool:
        """Whether this is the head of an annex at all: it names the task and something about it."""
        return "title" in self.meanings and len(self.meanings) >= 2

    def of(self, meaning: str) -> list[int]:
        return [column.number for column in self.columns if column.meaning == meaning]

    def as_answered(self, answers: Mapping[str, str]) -> Layout:
        """Return the layout with what somebody has said of its columns, and of those beside it that have no head."""
        columns = [Column(one.number, one.head, answers.get(one.key, one.meaning), one.address) for one in self.columns]
        heads = {column.number for column in columns}
        for key, meaning in answers.items():
            number = key.removeprefix(HEADLESS)
            if key.startswith(HEADLESS) and number.isdigit() and int(number) not in heads:
                columns.append(Column(int(number), "", meaning, address(1, int(number))))
        return Layout(tuple(columns), self.size, self.texts)


def layout_at(rows: Sequence[Row], start: int) -> Layout | None:
    """Return the heads that begin at `rows[start]`; None where no table begins there.

    A second and third row belong to them where cells of the row above reach down, or all that they say are heads.
    """
    if not _starts_with_a_head(rows[start]):
        return None
    size = 1
    while size < MOST_HEAD_ROWS and start + size < len(rows) and _goes_on(rows[start], rows[start + size]):
        size += 1
    found = _layout(rows[start : start + size])
    return found if found.is_good else None


def _goes_on(first: Row, row: Row) -> bool:
    if any(first.number <= cell.row < row.number for cell in row.cells.values()):
        return True
    return bool(row.cells) and all(key_of(cell.text) in _EXACT for cell in row.cells.values())


def _starts_with_a_head(row: Row) -> bool:
    """A title above the table is no head: its row says the meaning of no column, or fills one cell only."""
    corners = {cell.corner for cell in row.cells.values()}
    return len(corners) > 1 and any(meaning_of(cell.text) for cell in row.cells.values())


def _layout(rows: Sequence[Row]) -> Layout:
    columns, texts = [], {}
    for number in sorted({at for row in rows for at in row.cells}):
        cells = [row.cells[number] for row in rows if number in row.cells]
        parts = list(dict.fromkeys(one_line(cell.text) for cell in cells))
        whole = " / ".join(parts)
        # The lowest row is the most exact one: “Cơ quan thực hiện” stands over “Chủ trì” and “Phối hợp”.
        meaning = next((found for part in (parts[-1], " ".join(parts), parts[0]) if (found := meaning_of(part))), "")
        columns.append(Column(number, whole, meaning, cells[-1].address))
        texts[number] = whole
    return Layout(tuple(columns), len(rows), texts)


def repeats(row: Row, layout: Layout) -> bool:
    """Tell whether a row of the table is its head again, as on the top of a page, or a line of column numbers."""
    texts = [one_line(cell.text) for cell in row.cells.values()]
    if len(texts) > 2 and all(text.strip("()").isdigit() for text in texts):
        numbers = [int(text.strip("()")) for text in texts]
        return numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    said = {key_of(part) for text in layout.texts.values() for part in text.split(" / ")}
    return len(texts) > 1 and all(key_of(text) in said for text in texts)
