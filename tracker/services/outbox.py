"""The outbox: a mail is a row of the transaction that wants it; a job claims it, sends it, marks it.

Source: rulings.md, Flags and ladder; architecture.md, Jobs. What a mail says is written elsewhere (mails.py).
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from config.celery import SEND_MAILS
from tracker.choices import MessageState
from tracker.errors import Conflict
from tracker.models import Message, Task
from tracker.policies import require
from tracker.rules.retries import is_poison, pause_after
from tracker.services import history
from tracker.services.postman import Postman, Refused, Troubled
from tracker.wake import wake

LEASE = timedelta(minutes=5)
BATCH = 200
# No new message is begun after so many seconds: together with the timeouts of the last one, well below a job's limit.
BATCH_SECONDS = 30
MOST_RETRIED = 500
LONGEST_SUBJECT = 200


def queue(
    user: Any, *, key: str, kind: str, subject: str, text: str, html: str, at: datetime, task: Task | None = None
) -> Message | None:
    """Write a mail to `user` in the caller's transaction: rolled back, it never was.

    None where `key` was used before (the same key twice is one mail) and where the user is deactivated or has no
    address. Four queries.
    """
    if not (user.is_active and user.email):
        return None
    values = {"kind": kind, "user": user, "task": task, "address": user.email, "language": user.language}
    values |= {"subject": one_line(subject), "text": text, "html": html, "message_id": _new_message_id(at)}
    times = {"created_at": at, "next_attempt_at": at}
    message, is_new = Message.objects.get_or_create(key=key, defaults=values | times)
    return message if is_new else None


def one_line(text: str) -> str:
    """Return `text` as it may stand in a header: no line break, and not longer than people read."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def _new_message_id(at: datetime) -> str:
    host = urlsplit(settings.SITE_URL).hostname
    return f"<{at.astimezone(UTC):%Y%m%d.%H%M%S}.{secrets.token_hex(8)}@{host}>"


def is_due(*, at: datetime) -> bool:
    """Tell whether a mail is to be sent at `at`. One query."""
    return bool(Message.objects.due(at).exists())


def send_due(*, at: datetime, limit: int = BATCH) -> Counter[str]:
    """Send what is due at `at`, the oldest first, at most `limit`; return how many came to which state.

    Each message is claimed for itself by a conditional UPDATE, so that any number may send at once, and sent outside
    any transaction. A message that is refused or breaks stops no other; a server that cannot be reached ends the
    batch, and the rest keep their tries. Killed between sending and marking, a message goes again with the same id.
    """
    outcomes: Counter[str] = Counter()
    postman, began = Postman(), time.monotonic()
    try:
        for pk in _due_ids(at, limit):
            moment = at + timedelta(seconds=time.monotonic() - began)
            if postman.is_away or moment - at > timedelta(seconds=BATCH_SECONDS):
                break
            if message := _claim(pk, at=moment):
                outcomes[_send(message, postman, at=moment)] += 1
    finally:
        postman.close()
    return outcomes


def _due_ids(at: datetime, limit: int) -> list[int]:
    return list(Message.objects.due(at).order_by("next_attempt_at", "id").values_list("pk", flat=True)[:limit])


def _claim(pk: int, *, at: datetime) -> Message | None:
    """Take the message, and count that before the work: whoever dies of it cannot count any more."""
    counted = {"attempts": F("attempts") + 1, "lost_claims": F("lost_claims") + 1}
    if not Message.objects.due(at).filter(pk=pk).update(lease_until=at + LEASE, **counted):
        return None
    message: Message = Message.objects.select_related("user").get(pk=pk)
    return message


def _send(message: Message, postman: Postman, *, at: datetime) -> str:
    if is_poison(message.lost_claims):
        return _mark(message, MessageState.SET_ASIDE, _("Whoever tried to send it never came back, three times."))
    if not message.user.is_active:
        return _mark(message, MessageState.SET_ASIDE, _("The account was deactivated."))
    try:
        postman.deliver(message)
    except Refused as error:
        return _mark(message, MessageState.BOUNCED, str(error))
    except Troubled as error:
        return _put_off(message, str(error), at=at)
    return _mark_sent(message, at=at)


def _mark_sent(message: Message, *, at: datetime) -> str:
    """It is sent, whoever else may have claimed it since."""
    rows = Message.objects.filter(pk=message.pk, state=MessageState.QUEUED)
    rows.update(state=MessageState.SENT, sent_at=at, lease_until=None, lost_claims=0, last_error="")
    return MessageState.SENT


def _put_off(message: Message, error: str, *, at: datetime) -> str:
    pause = pause_after(message.attempts, seed=message.message_id)
    if pause is None:
        return _mark(message, MessageState.SET_ASIDE, error)
    return _mark(message, MessageState.QUEUED, error, next_attempt_at=at + pause)


def _mark(message: Message, state: MessageState, error: str, **changes: Any) -> str:
    """Write what became of this claim, unless its lease has passed and somebody else has the message by now."""
    rows = Message.objects.filter(pk=message.pk, state=MessageState.QUEUED, attempts=message.attempts)
    rows.update(state=state, last_error=error, lease_until=None, lost_claims=0, **changes)
    return state


@transaction.atomic
def retry(message: Message, *, by: Any, at: datetime) -> Message:
    """Send a message that was refused or set aside again, to the address that the person has now."""
    require(by, "message.retry", message)
    fresh = {"attempts": 0, "lost_claims": 0, "lease_until": None, "next_attempt_at": at}
    address = message.user.email or message.address
    rows = Message.objects.in_trouble().filter(pk=message.pk)
    if not rows.update(state=MessageState.QUEUED, address=address, **fresh):
        raise Conflict(_("This message is not waiting for you any more: somebody has it sent again."))
    before = {"state": message.state}
    message.refresh_from_db()
    # Not what the server said: that may hold an address, and the history keeps none.
    history.record("message.retried", message, by=by, at=at, before=before, after={"state": message.state})
    wake(SEND_MAILS)
    return message


@transaction.atomic
def retry_set_aside(*, by: Any, at: datetime) -> int:
    """Send again whatever was set aside, at most 500, the oldest first; for when the mail server was away too long."""
    require(by, "message.retry")
    rows = Message.objects.filter(state=MessageState.SET_ASIDE, user__is_active=True).select_related("user")
    return len([retry(message, by=by, at=at) for message in rows.order_by("pk")[:MOST_RETRIED]])


def forget_before(moment: datetime) -> int:
    """Take away what was written before `moment` and never tried: a played history would be told years later."""
    count, _by_model = Message.objects.filter(created_at__lt=moment, attempts=0).delete()
    return int(count)
