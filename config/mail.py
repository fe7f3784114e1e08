"""Mails into a folder, one readable .eml file each: the embedded default, and for trying things out."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FolderBackend(BaseEmailBackend):
    """Write each mail to EMAIL_FILE_PATH under its Message-ID, so that one that is sent again is the same file."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(getattr(settings, "EMAIL_FILE_PATH", ""))
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            _write(message, folder)
        return len(email_messages)


def _write(message: EmailMessage, folder: Path) -> None:
    mail = message.message()
    name = re.sub(r"[^\w.-]", "", str(mail["Message-ID"]).partition("@")[0]).strip(".")[:100]
    # Renamed into place: nobody finds half a mail.
    draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    draft.write_bytes(mail.as_bytes())
    draft.replace(folder / f"{name}.eml")
