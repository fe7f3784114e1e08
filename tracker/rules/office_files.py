"""Word and Excel files: real OOXML packages, small when unpacked, without macros and without calls to the outside.

The standard library reads them: zipfile streams members and checks their sums, expat tells of each DTD before it could
be expanded (which is all that defusedxml would add here). Source: ECMA-376-2 (OPC) forbids DTDs.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext_lazy as _

from tracker.rules.file_errors import WrongFile

MOST_UNPACKED = 100 * 1024 * 1024
MOST_RATIO = 100
MOST_MEMBERS = 5000
CHUNK = 64 * 1024
CONTENT_TYPES = "[Content_Types].xml"
ZIP = b"PK\x03\x04"

BOMB = _("%(name)s unpacks to more than 100 MB, or to more than a hundred times its size.")
NOT_WHOLE = _("%(name)s is damaged or not a Word or Excel file: save it again as .docx or .xlsx.")
OTHER_KIND = _("%(name)s is not what its ending says inside: save it again as .docx or .xlsx.")
MACROS = _("%(name)s holds macros or programs: save it as .docx or .xlsx without them.")
OUTSIDE = _("%(name)s calls other files or addresses when it is opened: take the linked parts out.")
LOCKED = _("%(name)s is locked with a password: save it without one.")
NESTED = _("%(name)s holds another archive: send that file by itself.")
PATHS = _("%(name)s has parts with odd names inside: save it again in Word or Excel.")

_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError,
    RuntimeError, OSError, ValueError, LookupError, OverflowError,
)  # fmt: skip
# How archives and programs begin: zip is looked at by itself, old Office files (and what they wrap) are none of ours.
_ARCHIVES = (b"PK\x05\x06", b"7z\xbc\xaf", b"Rar!", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"MSCF")
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe")
_MACRO_PART = re.compile(r"(?:^|/)(?:vba(?:project|data)[^/]*|activex/.*|macrosheets/.*)$", re.IGNORECASE)
_MACRO_TYPE = re.compile(r"macro|vba|activex|oleobject", re.IGNORECASE)
_OUTSIDE_TYPE = re.compile(r"externalLink|ddeLink", re.IGNORECASE)
_DDE = re.compile(r"\bDDE(?:AUTO)?\b", re.IGNORECASE)
_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


def check_package(content: bytes, *, main_type: str, folder: str) -> None:
    """Look through a package without unpacking it. Raises WrongFile.

    `main_type` is the content type of its main part, `folder` where its parts lie.
    """
    try:
        _Package(content, budget=min(MOST_UNPACKED, MOST_RATIO * len(content))).check(main_type, folder)
    except _BROKEN as error:
        raise error if isinstance(error, WrongFile) else WrongFile(NOT_WHOLE) from error


class _Package:
    """One package, and the bytes that it may still unpack to."""

    def __init__(self, content: bytes, *, budget: int, is_nested: bool = False):
        self.content, self.budget, self.is_nested = content, budget, is_nested
        self.types: dict[str, str] = {}

    def check(self, main_type: str, folder: str) -> None:
        with zipfile.ZipFile(io.BytesIO(self.content)) as package:
            members = package.infolist()
            self._check_members(package, members)
            for member in members:
                self._read(package, member)
        mains = [part for part, kind in self.types.items() if kind == main_type]
        names = {member.filename for member in members}
        if not mains or not all(part.startswith(folder) and part in names for part in mains):
            raise WrongFile(OTHER_KIND)

    def _check_members(self, package: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
        if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > self.budget:
            raise WrongFile(BOMB)
        for member in members:
            _check_member(member)
        names = [member.filename.lower() for member in members]
        if len(set(names)) != len(names):
            raise WrongFile(PATHS)
        if package.comment or _is_shifted(members):
            raise WrongFile(NOT_WHOLE)

    def _read(self, package: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        name = member.filename
        parser = _Parser(name, self.types) if name.lower().endswith((".xml", ".rels", ".vml")) else None
        kept: list[bytes] = []
        with package.open(member) as stream:
            for number, chunk in enumerate(_chunks(stream)):
                self.budget -= len(chunk)
                if self.budget < 0:
                    raise WrongFile(BOMB)
                if not number:
                    _check_head(chunk, name, may_nest=not self.is_nested)
                if parser:
                    parser.feed(chunk)
                elif kept or (not number and chunk.startswith(ZIP)):
                    kept.append(chunk)
        if parser:
            parser.close()
        if kept:
            self._check_embedded(name, b"".join(kept))

    def _check_embedded(self, name: str, content: bytes) -> None:
        """The sheet behind a chart, or a document in a document: looked at like the whole, and no deeper."""
        for ending, (main_type, folder) in EMBEDDED.items():
            if name.lower().endswith(ending):
                inner = _Package(content, budget=min(self.budget, MOST_RATIO * len(content)), is_nested=True)
                before = inner.budget
                inner.check(main_type, folder)
                self.budget -= before - inner.budget
                return
        raise WrongFile(NESTED)


_MAIN = "application/vnd.openxmlformats-officedocument.{}.main+xml"
EMBEDDED = {
    ".docx": (_MAIN.format("wordprocessingml.document"), "word/"),
    ".xlsx": (_MAIN.format("spreadsheetml.sheet"), "xl/"),
}


def _chunks(stream: Any) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if member.flag_bits & 0x1:
        raise WrongFile(LOCKED)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise WrongFile(NOT_WHOLE)
    is_odd = name != member.orig_filename or not name.isprintable() or name.startswith("/") or set(name) & set("\\:")
    if is_odd or ".." in name.split("/") or stat.S_ISLNK(member.external_attr >> 16):
        raise WrongFile(PATHS)
    if _MACRO_PART.search(name):
        raise WrongFile(MACROS)


def _is_shifted(members: list[zipfile.ZipInfo]) -> bool:
    """Whether something stands before the first member, or two members share their bytes (a bomb of overlaps)."""
    rows = sorted((member.header_offset, member.compress_size) for member in members)
    ends = [start + size for start, size in rows]
    return bool(rows) and (rows[0][0] != 0 or any(row[0] < end for row, end in zip(rows[1:], ends, strict=False)))


def _check_head(head: bytes, name: str, *, may_nest: bool) -> None:
    if head.startswith(_PROGRAMS):
        raise WrongFile(MACROS)
    is_embedded = may_nest and "/embeddings/" in name.lower()
    if head.startswith(_ARCHIVES) or (head.startswith(ZIP) and not is_embedded):
        raise WrongFile(NESTED)


class _Parser:
    """Reads one XML part as it streams by: no DTD, no type of a macro, no call to the outside."""

    def __init__(self, name: str, types: dict[str, str]):
        self.name, self.types = name, types
        self.instruction: list[str] | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.instructions: list[str] = []

    def feed(self, chunk: bytes) -> None:
        self.parser.Parse(chunk, False)

    def close(self) -> None:
        self.parser.Parse(b"", True)
        if _DDE.search("".join(self.instructions)):
            raise WrongFile(OUTSIDE)

    def _doctype(self, *_args: Any) -> None:
        raise WrongFile(NOT_WHOLE)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if self.name == CONTENT_TYPES:
            self._typed(local, attributes)
        elif self.name.lower().endswith(".rels"):
            self._related(attributes)
        elif local == "instrText":
            self.instruction = []
        elif local == "fldSimple":
            self.instructions += [value for key, value in attributes.items() if key.endswith("instr")]

    def _end(self, tag: str) -> None:
        if tag.endswith("instrText") and self.instruction is not None:
            self.instructions += self.instruction
            self.instruction = None

    def _text(self, text: str) -> None:
        if self.instruction is not None:
            self.instruction.append(text)

    def _typed(self, local: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("ContentType", "")
        if _MACRO_TYPE.search(kind):
            raise WrongFile(MACROS)
        if _OUTSIDE_TYPE.search(kind):
            raise WrongFile(OUTSIDE)
        if local == "Override":
            self.types[attributes.get("PartName", "").removeprefix("/")] = kind

    def _related(self, attributes: dict[str, str]) -> None:
        """A hyperlink waits for a click; everything else outside is fetched when the file is opened."""
        kind, target = attributes.get("Type", ""), attributes.get("Target", "")
        if _MACRO_TYPE.search(kind):
            raise WrongFile(MACROS)
        if attributes.get("TargetMode") == "External" and not (kind.endswith("/hyperlink") and _LINK.match(target)):
            raise WrongFile(OUTSIDE)
