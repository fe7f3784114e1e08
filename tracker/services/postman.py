"""Hands mails to the mail server, over one connection for many, and tells what became of each."""

from __future__ import annotations

import contextlib
import smtplib
from email.errors import MessageError
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection

from tracker.models import Message

# The server wants a sign-in or TLS: that is about the installation, and no message is to suffer for it.
NOT_LET_IN = (530, 534, 535, 538)
CLOSING = 421
LONGEST_WORDS = 500


class Refused(Exception):
    """This message will never be taken. The words are the server's."""


class Troubled(Exception):
    """It was not taken now; later it may be."""


class Postman:
    """Keeps one connection open; `is_away` once no connection could be made."""

    def __init__(self) -> None:
        self.connection = get_connection()
        self.is_away = False

    def deliver(self, message: Message) -> None:
        """Send one message. Raises Refused or Troubled with the words of the server, and can go on after both."""
        self._open()
        try:
            _mail(message, self.connection).send()
        except (OSError, ValueError, MessageError) as error:
            code = code_of(error)
            if code in (None, CLOSING):
                self.close()
            raise (Refused if is_final(error, code) else Troubled)(words_of(error)) from error

    def close(self) -> None:
        """End the connection, whatever state it is in."""
        with contextlib.suppress(OSError):
            self.connection.close()

    def _open(self) -> None:
        try:
            self.connection.open()
        except OSError as error:  # smtplib's errors are of this kind, too
            self.is_away = True
            self.close()
            raise Troubled(words_of(error)) from error


def _mail(message: Message, connection: Any) -> EmailMultiAlternatives:
    # RFC 3834: automatic answers (out of office) are not sent to what says that it is automatic itself.
    headers = {"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"}
    mail = EmailMultiAlternatives(
        message.subject, message.text, to=[message.address], headers=headers, connection=connection
    )
    mail.attach_alternative(message.html, "text/html")
    return mail


def _answer(error: Exception) -> tuple[int, bytes | str] | None:
    """What the server said to this message, if it said anything."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, error.smtp_error
    return None


def code_of(error: Exception) -> int | None:
    """Return the reply code of the server, None where there was no reply."""
    answer = _answer(error)
    return answer[0] if answer else None


def is_final(error: Exception, code: int | None) -> bool:
    """Tell whether trying again is of no use: a 5xx, or a mail that cannot be written as one."""
    if code is None:
        return isinstance(error, (ValueError, MessageError, smtplib.SMTPNotSupportedError))
    return 500 <= code < 600 and code not in NOT_LET_IN


def words_of(error: Exception) -> str:
    """Return what went wrong as one line, in the words of whoever said it."""
    answer = _answer(error)
    if answer is None:
        words = str(error) or type(error).__name__
    else:
        words = f"{answer[0]} {answer[1].decode('utf-8', 'replace') if isinstance(answer[1], bytes) else answer[1]}"
    return " ".join(words.replace("\x00", "").split())[:LONGEST_WORDS]
