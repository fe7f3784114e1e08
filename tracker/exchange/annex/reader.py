"""Reading a file of an annex: looked through first, then read in a process with limits of time and memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from django.utils.translation import gettext_lazy as _

from tracker.exchange.annex.document import read_document
from tracker.exchange.annex.text_table import read_text
from tracker.exchange.annex.workbook import read_workbook
from tracker.rules.annex.grid import Grid, from_plain, to_plain
from tracker.rules.file_contents import check_content
from tracker.rules.file_errors import WrongFile
from tracker.rules.file_names import wrong_with_name

ROOT = Path(__file__).resolve().parents[3]
LARGEST = 20 * 1024 * 1024
CPU_SECONDS = 5
WALL_SECONDS = 30
MEMORY = 1024 * 1024 * 1024
READERS: dict[str, Callable[[bytes], list[Grid]]] = {".xlsx": read_workbook, ".docx": read_document, ".csv": read_text}

KIND = _("%(name)s is none of .xlsx, .docx and .csv: save it as one of these.")
SIZE = _("%(name)s is empty or larger than 20 MB.")
SLOW = _("%(name)s could not be read within the limits of time and memory: part it into several files.")
UNREAD = _("%(name)s is damaged: save it again in the program that made it.")
NO_TEXT = _("%(name)s is called .csv but holds no text: save it as “CSV UTF-8”.")
_BINARY = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"MZ", b"\x7fELF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b")


def read_annex(name: str, content: bytes) -> list[Grid]:
    """Return the tables of a file, which is checked before it is opened. Raises WrongFile where it is refused."""
    kind = checked_kind(name, content)
    command = [sys.executable, "-m", "tracker.exchange.annex.reader", kind]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=WALL_SECONDS, check=False, cwd=ROOT)
    except subprocess.TimeoutExpired as error:
        raise WrongFile(SLOW) from error
    if done.returncode:
        raise WrongFile(SLOW if done.returncode < 0 or b"MemoryError" in done.stderr else UNREAD)
    said = json.loads(done.stdout)
    if "refused" in said:
        raise WrongFile(REFUSALS[said["refused"]])
    return from_plain(said["grids"])


def checked_kind(name: str, content: bytes) -> str:
    """Return the ending of a file whose name, size and content agree. Raises WrongFile."""
    if wrong := wrong_with_name(unicodedata.normalize("NFC", name)):
        raise WrongFile(wrong)
    kind = PurePath(name).suffix.lower()
    if kind not in READERS:
        raise WrongFile(KIND)
    if not 0 < len(content) <= LARGEST:
        raise WrongFile(SIZE)
    if kind != ".csv":
        check_content(name, content)
    elif content.startswith(_BINARY):
        raise WrongFile(NO_TEXT)
    return kind


def _refusals() -> dict[str, object]:
    from tracker.exchange.annex import limits, text_table

    return {"large": limits.LARGE, "coding": text_table.UNKNOWN_CODING, "broken": text_table.BROKEN}


REFUSALS = _refusals()


def main() -> None:
    """Read the file of the standard input in this process, which may take so much time and memory and no more."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        said: dict[str, Any] = {"grids": to_plain(READERS[sys.argv[1]](sys.stdin.buffer.read()))}
    except WrongFile as error:
        said = {"refused": next(code for code, reason in REFUSALS.items() if reason is error.reason)}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
