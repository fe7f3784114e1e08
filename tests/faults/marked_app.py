"""The product's Celery app whose scan stops at a marked point, so that a test can kill it there.

The folder MARKS holds `wanted`, the name of a point, as long as somebody waits for it. Whoever comes to that point
takes the file away, writes its process id to `reached`, and stands still. The points are told by the statements that
the scan sends, whatever functions send them.
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

FOLDER = Path(os.environ["MARKS"])
BEFORE_CLAIM, AFTER_CLAIM, WITHIN, BEFORE_MARK, AFTER_MARK = POINTS = (
    "before the claim",
    "after the claim",
    "within the transaction",
    "before the run is marked",
    "after all",
)


def stand_still_at(point: str) -> None:
    wanted = FOLDER / "wanted"
    if wanted.exists() and wanted.read_text() == point:
        wanted.unlink()
        (FOLDER / "draft").write_text(str(os.getpid()))
        (FOLDER / "draft").rename(FOLDER / "reached")
        time.sleep(60)


class Marks:
    """One connection's wrapper of statements."""

    def __init__(self) -> None:
        self.has_claimed = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        words = sql.replace('"', "").split()
        is_claim = words[:3] == ["INSERT", "INTO", "tracker_jobrun"]
        is_mark = words[:2] == ["UPDATE", "tracker_jobrun"] and "looked_at" in sql
        if self.has_claimed and not context["connection"].in_atomic_block:
            stand_still_at(AFTER_CLAIM)
        if is_claim or is_mark:
            stand_still_at(BEFORE_CLAIM if is_claim else BEFORE_MARK)
        result = execute(sql, params, many, context)
        self.has_claimed |= is_claim
        if words[:2] == ["INSERT", "INTO"] and words[2].startswith("tracker_flag"):
            stand_still_at(WITHIN)
        if is_mark:
            stand_still_at(AFTER_MARK)
        return result


def mark(connection: Any, **_: Any) -> None:
    """After each job the connection is closed; its object, and so the wrappers, would outlive it."""
    connection.execute_wrappers[:] = [Marks()]


connection_created.connect(mark)
