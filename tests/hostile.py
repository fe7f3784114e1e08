"""Files that must not be taken in, and sound ones of each kind. All are made here, byte by byte; none is harmful."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

Upload = tuple[str, bytes]
OOXML = "application/vnd.openxmlformats-officedocument."
MAINS = {
    ".docx": ("word/document.xml", f"{OOXML}wordprocessingml.document.main+xml"),
    ".xlsx": ("xl/workbook.xml", f"{OOXML}spreadsheetml.sheet.main+xml"),
}
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
MEGABYTE = 1024 * 1024


def types(main: str, kind: str, more: str = "") -> str:
    return (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/{main}" ContentType="{kind}"/>{more}</Types>'
    )


def package(ending: str = ".docx", parts: dict[str, str | bytes] | None = None, more_types: str = "") -> bytes:
    """Return an OOXML package with these parts besides the two that it needs; a part may replace one of them."""
    main, kind = MAINS[ending]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zipped:
        every = {"[Content_Types].xml": types(main, kind, more_types), main: "<x>văn bản</x>", **(parts or {})}
        for name, part in every.items():
            zipped.writestr(name, part)
    return content.getvalue()


def relations(kind: str, target: str, mode: str = "External") -> str:
    return (
        f'<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{OFFICE_RELS}/{kind}" '
        f'Target="{target}" TargetMode="{mode}"/></Relationships>'
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 2, height: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\x00\x00" * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg(width: int = 16, height: int = 16) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
        b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xda\x00\x02\xff\xd9"
    )


def zipped(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return content.getvalue()


SOUND: dict[str, Callable[[], Upload]] = {
    "pdf": lambda: ("Nghị định 59.2023.NĐ-CP.pdf", PDF),
    "pdf of a word file": lambda: ("bao-cao.docx.pdf", PDF),
    "docx": lambda: ("bao cao.docx", package()),
    "docx with a link": lambda: (
        "a.docx",
        package(parts={"word/_rels/document.xml.rels": relations("hyperlink", "https://example.org/")}),
    ),
    "docx with the sheet of a chart": lambda: (
        "a.docx",
        package(parts={"word/embeddings/sheet1.xlsx": package(".xlsx")}),
    ),
    "xlsx": lambda: ("bang.XLSX", package(".xlsx")),
    "png": lambda: ("anh.png", png()),
    "jpg": lambda: ("anh.jpg", jpeg()),
    "jpeg": lambda: ("anh.jpeg", jpeg()),
}


def _changed(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content and len(old) == len(new)
    return content.replace(old, new)


@cache
def _zeros(megabytes: int) -> bytes:
    return package(parts={"word/media/zero.bin": bytes(megabytes * MEGABYTE)})


def _lying_about_size() -> bytes:
    """Both headers say 1,000 bytes where 30 MB are: a reader that trusts them reserves too little."""
    size = 30 * MEGABYTE
    content = package(parts={"word/media/zero.bin": bytes(size)})
    return content.replace(struct.pack("<I", size), struct.pack("<I", 1000))


def _overlapping() -> bytes:
    """Two members of the central directory share one body."""
    content = bytearray(package(parts={"word/a.bin": b"a" * 1000, "word/b.bin": b"b" * 1000}))
    directory = content.rindex(b"word/b.bin") - 46
    first = content.rindex(b"word/a.bin") - 46
    content[directory + 42 : directory + 46] = content[first + 42 : first + 46]
    return bytes(content)


def _encrypted() -> bytes:
    content = bytearray(package(parts={"word/a.bin": b"a" * 100}))
    for name_at, flags_at in ((content.index(b"word/a.bin"), -24), (content.rindex(b"word/a.bin"), -38)):
        content[name_at + flags_at] |= 1
    return bytes(content)


def _twice() -> bytes:
    content = io.BytesIO()
    main, kind = MAINS[".docx"]
    with zipfile.ZipFile(content, "w") as file:
        for name, part in (("[Content_Types].xml", types(main, kind)), (main, "<a/>"), (main.upper(), "<b/>")):
            file.writestr(name, part)
    return content.getvalue()


def _linked() -> bytes:
    content = io.BytesIO()
    main, kind = MAINS[".docx"]
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("[Content_Types].xml", types(main, kind))
        file.writestr(main, "<a/>")
        link = zipfile.ZipInfo("word/link.bin")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
    return content.getvalue()


LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><l>&c;</l>'
)
OUTSIDE_ENTITY = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"

BOMBS: dict[str, Callable[[], Upload]] = {
    "larger than 20 MB": lambda: ("a.pdf", PDF + bytes(20 * MEGABYTE)),
    "more than 100 MB unpacked": lambda: ("a.docx", _zeros(120)),
    "ratio above 100": lambda: ("a.docx", _zeros(10)),
    "lies about its size": lambda: ("a.docx", _lying_about_size()),
    "members that overlap": lambda: ("a.docx", _overlapping()),
    "zip in a zip": lambda: ("a.docx", package(parts={"word/a.bin": zipped({"b": bytes(MEGABYTE)})})),
    "bomb behind a chart": lambda: (
        "a.docx",
        package(parts={"word/embeddings/a.xlsx": package(".xlsx", {"xl/zero.bin": bytes(MEGABYTE)})}),
    ),
    "sheet in a sheet in a document": lambda: (
        "a.docx",
        package(
            parts={
                "word/embeddings/a.xlsx": package(".xlsx", {"xl/embeddings/b.xlsx": package(".xlsx")}),
            }
        ),
    ),
    "too many members": lambda: ("a.docx", package(parts={f"word/{n}.bin": b"" for n in range(5001)})),
    "laughs": lambda: ("a.docx", package(parts={"word/styles.xml": LAUGHS})),
    "laughs in UTF-16": lambda: ("a.docx", package(parts={"word/styles.xml": LAUGHS.encode("utf-16")})),
    "picture of four thousand million points": lambda: ("a.png", png(65_000, 65_000)),
    "long picture": lambda: ("a.jpg", jpeg(60_000, 10)),
    "picture without points": lambda: ("a.png", png(0, 10)),
}
DISGUISES: dict[str, Callable[[], Upload]] = {
    "page": lambda: ("a.html", HTML),
    "page called PDF": lambda: ("a.pdf", HTML),
    "page after a PDF head": lambda: ("a.pdf", b"%PDF-1.7\n" + HTML),
    "PDF head not at the start": lambda: ("a.pdf", b"\n" + PDF),
    "PDF head of no version": lambda: ("a.pdf", b"%PDF-<svg onload=alert(1)>"),
    "SVG": lambda: ("a.svg", SVG),
    "SVG called PNG": lambda: ("a.png", SVG),
    "page behind a picture": lambda: ("a.png", png() + HTML),
    "junk behind a picture": lambda: ("a.png", png() + b"more"),
    "picture cut short": lambda: ("a.png", png()[:40]),
    "JPEG without a frame": lambda: ("a.jpg", b"\xff\xd8\xff\xe0\x00\x02\xff\xd9"),
    "PDF that is a zip too": lambda: ("a.pdf", PDF + zipped({"a": b"a"})),
    "picture that is a zip too": lambda: ("a.jpg", jpeg() + zipped({"a": b"a"})),
    "program": lambda: ("a.exe", b"MZ\x90\x00"),
    "program called Word": lambda: ("a.docx", b"MZ\x90\x00" + bytes(100)),
    "plain zip called Word": lambda: ("a.docx", zipped({"a.txt": b"a"})),
    "Excel called Word": lambda: ("a.docx", package(".xlsx")),
    "Word of 2003": lambda: ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "locked Word, an old container": lambda: ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "something before the zip": lambda: ("a.docx", b"PK\x03\x04" + HTML + package()),
    "Word cut short": lambda: ("a.docx", package()[:-30]),
    "empty": lambda: ("a.pdf", b""),
    "no ending": lambda: ("a", PDF),
}
SCRIPTS: dict[str, Callable[[], Upload]] = {
    "script in a PDF": lambda: ("a.pdf", PDF + b"<< /S /JavaScript /JS (app.alert(1)) >>"),
    "script in a PDF, spelt with escapes": lambda: ("a.pdf", PDF + b"<< /S /J#61vaScr#69pt >>"),
    "PDF that starts a program": lambda: ("a.pdf", PDF + b"<< /S /Launch /F (cmd.exe) >>"),
    "PDF with a file in it": lambda: ("a.pdf", PDF + b"<< /Type /EmbeddedFile >>"),
    "macros": lambda: ("a.docx", package(parts={"word/vbaProject.bin": b"x"})),
    "macros under another name": lambda: (
        "a.docx",
        package(more_types='<Default Extension="x" ContentType="application/vnd.ms-office.vbaProject"/>'),
    ),
    "macro-enabled main part": lambda: (
        "a.docx",
        package(
            parts={
                "[Content_Types].xml": types(
                    "word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml"
                )
            }
        ),
    ),
    "program inside": lambda: ("a.docx", package(parts={"word/media/a.bin": b"MZ\x90\x00"})),
    "old container inside": lambda: ("a.xlsx", package(".xlsx", {"xl/a.bin": b"\xd0\xcf\x11\xe0" + bytes(9)})),
    "template from outside": lambda: (
        "a.docx",
        package(parts={"word/_rels/settings.xml.rels": relations("attachedTemplate", "https://example.org/a.dotm")}),
    ),
    "link to a file": lambda: (
        "a.docx",
        package(parts={"word/_rels/document.xml.rels": relations("hyperlink", "file://host/share")}),
    ),
    "workbook from outside": lambda: (
        "a.xlsx",
        package(".xlsx", {"xl/externalLinks/_rels/e.xml.rels": relations("externalLinkPath", "//host/a.xlsx")}),
    ),
    "DDE field": lambda: (
        "a.docx",
        package(
            parts={
                "word/footer.xml": "<w xmlns:w='w'><w:instrText>DDE</w:instrText><w:instrText>AUTO c</w:instrText></w>"
            }
        ),
    ),
    "entity from outside": lambda: ("a.docx", package(parts={"word/styles.xml": OUTSIDE_ENTITY})),
}
PATHS: dict[str, Callable[[], Upload]] = {
    "program with a second ending": lambda: ("report.pdf.exe", PDF),
    "ending of a program inside the name": lambda: ("report.exe.pdf", PDF),
    "ending of a page inside the name": lambda: ("page.HTML.pdf", PDF),
    "markup in the name": lambda: ("<img src=x onerror=alert(1)>.pdf", PDF),
    "device": lambda: ("con.pdf", PDF),
    "device with more": lambda: ("LPT1.a.pdf", PDF),
    "hidden": lambda: (".htaccess", PDF),
    "two dots in a row": lambda: ("a..pdf", PDF),
    "long name": lambda: ("a" * 230 + ".pdf", PDF),
    "part above": lambda: ("a.docx", package(parts={"../../evil.xml": "<a/>"})),
    "part at the root": lambda: ("a.docx", package(parts={"/etc/evil.xml": "<a/>"})),
    "part on a drive": lambda: ("a.docx", package(parts={"C:\\evil.xml": "<a/>"})),
    "part that is a link": lambda: ("a.docx", _linked()),
    "part that is there twice": lambda: ("a.docx", _twice()),
    "locked part": lambda: ("a.docx", _encrypted()),
}
# What the parser of requests takes out of a name, so that only a caller in the house can send it.
NAMES: dict[str, Callable[[], Upload]] = {
    "right to left": lambda: ("a\N{RIGHT-TO-LEFT OVERRIDE}fdp.pdf", PDF),
    "NUL": lambda: ("a.exe\x00.pdf", PDF),
    "line break": lambda: ("a\r\nX-Evil: 1.pdf", PDF),
    "backslashes": lambda: ("..\\..\\evil.pdf", PDF),
    "zero width": lambda: ("a\N{ZERO WIDTH SPACE}.pdf", PDF),
    "lone surrogate": lambda: ("a\ud800.pdf", PDF),
    "space at the end": lambda: ("a.pdf ", PDF),
}
HOSTILE = {**BOMBS, **DISGUISES, **SCRIPTS, **PATHS}
