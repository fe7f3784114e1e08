"""The queues: lists of what waits for an act of the commission, an editor or a supervisor, all of one shape."""

from __future__ import annotations

from tracker.boards.queues.open_again import LAPSED, UNOWNED
from tracker.boards.queues.overdue import OVERDUE
from tracker.boards.queues.review import EVIDENCE, EXTENSIONS, OBSTACLES, REPORTS
from tracker.boards.queues.shape import Queue

QUEUES: dict[str, Queue] = {
    queue.code.value: queue for queue in (OVERDUE, REPORTS, EVIDENCE, EXTENSIONS, OBSTACLES, LAPSED, UNOWNED)
}
"""By code, in the order of the pages."""

__all__ = ["EVIDENCE", "EXTENSIONS", "LAPSED", "OBSTACLES", "OVERDUE", "QUEUES", "REPORTS", "UNOWNED"]
