"""What a mail says: a template in the reader's language, as plain text and as HTML, into the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from tracker.models import Message, Task
from tracker.services import outbox


def write(
    user: Any,
    template: str,
    context: dict[str, Any],
    *,
    key: str,
    kind: str,
    subject: str,
    at: datetime,
    task: Task | None = None,
) -> Message | None:
    """Render `tracker/mails/<template>` for `user` and queue it; see outbox.queue for None. Links begin at SITE_URL.

    The caller's `subject` and what is in `context` are in the language of the user already.
    """
    told = {**context, "user": user, "site": settings.SITE_URL, "subject": outbox.one_line(subject)}
    with translation.override(user.language):
        text, html = (render_to_string(f"tracker/mails/{template}.{form}", told) for form in ("txt", "html"))
    facts = {"kind": kind, "subject": subject, "text": _tidy(text), "html": html}
    return outbox.queue(user, key=key, task=task, at=at, **facts)


def _tidy(text: str) -> str:
    """Take away the blank lines that template tags leave: never two of them, none at the ends."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for before, line in zip(["", *lines], lines, strict=False) if line or before]
    return "\n".join(kept) + "\n"
