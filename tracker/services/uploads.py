"""Uploads of every noun: read once and looked through before anything of them is stored."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from tracker.errors import refuse
from tracker.rules.file_contents import check_content
from tracker.rules.file_errors import WrongFile
from tracker.rules.file_names import shown, wrong_with_name

MAX_BYTES = settings.MAX_UPLOAD_MB * 1024 * 1024
SIZE = _("%(name)s is empty or larger than 20 MB.")
# The files of the blocks that are not over.
_stored: ContextVar[list[Any] | None] = ContextVar("stored", default=None)


@dataclass(frozen=True)
class Checked:
    """An upload that may be stored; `size` and `sha256` are those of what was read."""

    upload: UploadedFile[Any]
    name: str
    content_type: str
    size: int
    sha256: str


def check(upload: UploadedFile[Any], *, field: str) -> Checked:
    """Return what is known of an upload whose name, size and content agree. Raises ValidationError on `field`."""
    name = unicodedata.normalize("NFC", upload.name or "")
    try:
        if wrong := wrong_with_name(name):
            raise WrongFile(wrong)
        content = _content(upload)
        content_type = check_content(name, content)
    except WrongFile as error:
        raise refuse(**{field: error.reason % {"name": shown(name)}}) from error
    return Checked(upload, name, content_type, len(content), hashlib.sha256(content).hexdigest())


def _content(upload: UploadedFile[Any]) -> bytes:
    """Read what is there, whatever the sender said of its size: at most one byte more than is allowed."""
    upload.seek(0)
    content = bytes(upload.read(MAX_BYTES + 1))
    upload.seek(0)
    if not 0 < len(content) <= MAX_BYTES:
        raise WrongFile(SIZE)
    return content


@contextmanager
def storing(row: Any, checked: Checked) -> Iterator[None]:
    """Fill the columns of `row` and store the file; the block saves the row. Where it fails, the file is gone again.

    Put the transaction into the block, so that what it takes back takes the file along.
    """
    row.name, row.content_type = checked.name, checked.content_type
    row.size, row.sha256 = checked.size, checked.sha256
    with together() as files:
        row.file.save(checked.name, checked.upload, save=False)
        files.append(row.file)
        yield


@contextmanager
def together() -> Iterator[list[Any]]:
    """Take away what was stored in the block where it fails: put the transaction into it.

    What a block in a block has stored goes with the outer one, too.
    """
    outer, files = _stored.get(), list[Any]()
    token = _stored.set(files)
    try:
        yield files
    except BaseException:
        for file in files:
            file.delete(save=False)
        raise
    finally:
        _stored.reset(token)
    if outer is not None:
        outer += files
