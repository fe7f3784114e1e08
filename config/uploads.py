"""Uploads are cut off before they fill a disk: Django itself takes files of any size."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler


class CappedUploadHandler(FileUploadHandler):
    """Stands before the handlers that store: what goes beyond the limit reaches none of them.

    A file that was cut is a little larger than the limit, so the check of its size refuses it by name.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.left = settings.MAX_UPLOAD_MB * 1024 * 1024 + self.chunk_size

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.left -= len(raw_data)
        return raw_data if self.left >= 0 else None

    def file_complete(self, file_size: int) -> None:
        return None
