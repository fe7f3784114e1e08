"""What a reviewer of a progress report saw: its content as one hash, so that a later change is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracker.rules.evidence import digest_of


def content_hash(*, texts: dict[str, str], instrument: dict[str, Any] | None, files: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of the stage and texts of a report, the instrument that it names and its files.

    `files` are the SHA-256 of the files, in any order; `instrument` holds texts, days and None.
    """
    named = {name: value and str(value) for name, value in (instrument or {}).items()}
    return digest_of({"texts": texts, "instrument": named, "files": sorted(files)})
