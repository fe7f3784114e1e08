"""What a file of evidence may be: its ending, its first bytes and its inside must tell the same, harmless story.

Bytes in, a type out. Nothing is opened, shown or run; what a program might do with a file is looked for in its bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from django.utils.translation import gettext_lazy as _

from tracker.rules.file_errors import WrongFile
from tracker.rules.office_files import check_package

MOST_PIXELS = 100_000_000
LONGEST_SIDE = 30_000
HEAD = 1024
"""How far browsers and mail programs look when they guess a type by themselves."""

MISMATCH = _("%(name)s is not a PDF, Word, Excel, PNG or JPEG file, or its ending says another kind.")
POLYGLOT = _("%(name)s is two kinds of file in one: save it again in the program that made it.")
ACTIVE = _("%(name)s holds a script, a command or another file: print it to a plain PDF.")
DAMAGED = _("%(name)s is damaged: save it again in the program that made it.")
HUGE = _("%(name)s is a picture of more than 100 million points: make it smaller.")

_PAGE = re.compile(rb"<(?:script|iframe|html|!doctype\s+html)[\s>]", re.IGNORECASE)
_PAGE_HEAD = re.compile(rb"<(?:svg|body|head|meta|object|embed|\?php|\?xml)\b", re.IGNORECASE)
_PDF = re.compile(rb"%PDF-[12]\.\d")
_PDF_ACTIVE = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia)(?![A-Za-z0-9])")
_PDF_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: how it begins, under which type it is served, and what is looked for in it."""

    begins: bytes
    content_type: str
    check: Callable[[bytes], None]


def check_content(name: str, content: bytes) -> str:
    """Return the type under which a file is served. Raises WrongFile where name and content do not fit or may harm."""
    kind = KINDS.get(PurePath(name).suffix.lower())
    if kind is None or not content.startswith(kind.begins):
        raise WrongFile(MISMATCH)
    kind.check(content)
    return kind.content_type


def _check_pdf(content: bytes) -> None:
    if not _PDF.match(content):
        raise WrongFile(MISMATCH)
    _check_single(content)
    # A name may be spelt with escapes: /J#61vaScript is /JavaScript. ISO 32000-1, 7.3.5.
    plain = _PDF_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), content)
    if _PDF_ACTIVE.search(plain):
        raise WrongFile(ACTIVE)


def _check_png(content: bytes) -> None:
    _check_single(content)
    at, size = 8, (0, 0)
    while at + 12 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if at == 8:
            if kind != b"IHDR" or length != 13:
                raise WrongFile(DAMAGED)
            size = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
        at += 12 + length
        if kind == b"IEND":
            if at != len(content):
                raise WrongFile(POLYGLOT)
            return _check_size(*size)
    raise WrongFile(DAMAGED)


# Frame headers: all SOF but DHT, JPG and DAC. ITU T.81, table B.1.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


def _check_jpeg(content: bytes) -> None:
    _check_single(content)
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES:
            width, height = content[at + 7 : at + 9], content[at + 5 : at + 7]
            return _check_size(int.from_bytes(width, "big"), int.from_bytes(height, "big"))
        at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    raise WrongFile(DAMAGED)


def _check_size(width: int, height: int) -> None:
    if not width or not height:
        raise WrongFile(DAMAGED)
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise WrongFile(HUGE)


def _check_single(content: bytes) -> None:
    """Refuse a page or an archive that hides in a document or a picture."""
    if _PAGE.search(content) or _PAGE_HEAD.search(content[:HEAD]) or zipfile.is_zipfile(io.BytesIO(content)):
        raise WrongFile(POLYGLOT)


def _check_office(main_type: str, folder: str) -> Callable[[bytes], None]:
    def check(content: bytes) -> None:
        if _PAGE_HEAD.search(content[:HEAD]) or _PAGE.search(content[:HEAD]):
            raise WrongFile(POLYGLOT)
        check_package(content, main_type=main_type, folder=folder)

    return check


_OOXML = "application/vnd.openxmlformats-officedocument."
_DOCUMENT, _SHEET = f"{_OOXML}wordprocessingml.document", f"{_OOXML}spreadsheetml.sheet"
ZIP = b"PK\x03\x04"
KINDS = {
    ".pdf": Kind(b"%PDF-", "application/pdf", _check_pdf),
    ".docx": Kind(ZIP, _DOCUMENT, _check_office(f"{_DOCUMENT}.main+xml", "word/")),
    ".xlsx": Kind(ZIP, _SHEET, _check_office(f"{_SHEET}.main+xml", "xl/")),
    ".png": Kind(b"\x89PNG\r\n\x1a\n", "image/png", _check_png),
    ".jpg": Kind(b"\xff\xd8\xff", "image/jpeg", _check_jpeg),
    ".jpeg": Kind(b"\xff\xd8\xff", "image/jpeg", _check_jpeg),
}
