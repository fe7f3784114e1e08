"""The product's Celery app whose jobs stop at a marked point, so that a test can kill them there.

The folder MARKS holds `wanted`, the name of a point, as long as somebody waits for it. Whoever comes to that point
takes the file away, writes its process id to `reached`, and stands still. The points are told by the statements that
the jobs send, whatever functions send them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db.backends.signals import connection_created  # noqa: E402

from config.celery import app as app  # noqa: E402
from tracker.services import digests  # noqa: E402

FOLDER = Path(os.environ["MARKS"])
BEFORE_CLAIM, AFTER_CLAIM, WITHIN, BEFORE_MARK, AFTER_MARK = (
    "before the claim",
    "after the claim",
    "within the transaction",
    "before the run is marked",
    "after all",
)
BEFORE_MAIL, AFTER_MAIL, MAIL_TAKEN, MAIL_MARKED = (
    "before a mail is claimed",
    "after a mail is claimed",
    "after a mail is taken",
    "after a mail is marked",
)
# What the transactions of a scan and of a digest write first.
FIRST_WRITTEN = ("tracker_flag", "tracker_message")


def stand_still_at(point: str) -> None:
    wanted = FOLDER / "wanted"
    if point and wanted.exists() and wanted.read_text() == point:
        wanted.unlink()
        (FOLDER / "draft").write_text(str(os.getpid()))
        (FOLDER / "draft").rename(FOLDER / "reached")
        time.sleep(600)


class Marks:
    """One connection's wrapper of statements."""

    def __init__(self) -> None:
        self.has_claimed = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        before, after = points_of(sql.replace('"', ""))
        if self.has_claimed and not context["connection"].in_atomic_block:
            stand_still_at(AFTER_CLAIM)
        stand_still_at(before)
        result = execute(sql, params, many, context)
        self.has_claimed |= before == BEFORE_CLAIM
        stand_still_at(after)
        return result


def points_of(sql: str) -> tuple[str, str]:
    """Return the points before and after a statement, "" for none."""
    verb, *rest = sql.split()
    table = rest[1] if verb == "INSERT" else rest[0] if verb == "UPDATE" else ""
    match verb, table:
        case "INSERT", "tracker_jobrun":
            return BEFORE_CLAIM, ""
        case "UPDATE", "tracker_jobrun" if "looked_at" in sql:
            return BEFORE_MARK, AFTER_MARK
        case "UPDATE", "tracker_message" if "lost_claims = (" in sql:
            return BEFORE_MAIL, AFTER_MAIL
        case "UPDATE", "tracker_message" if "sent_at" in sql:
            return MAIL_TAKEN, MAIL_MARKED
        case "INSERT", _ if table.startswith(FIRST_WRITTEN):
            return "", WITHIN
    return "", ""


def mark(connection: Any, **_: Any) -> None:
    """After each job the connection is closed; its object, and so the wrappers, would outlive it."""
    connection.execute_wrappers[:] = [Marks()]


connection_created.connect(mark)
if os.environ.get("EVERY_DAY_WORKS"):
    digests.is_working_day = lambda day: True
