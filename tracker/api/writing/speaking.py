"""For which body a client speaks on a task. Who speaks for none of those that may is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from tracker.errors import refuse
from tracker.models import Body, Task
from tracker.policies import accountable_body_id, reporting_body_ids


def accountable_body(by: Any, task: Task) -> Body:
    """Return the body of the writer that answers for the task."""
    found = accountable_body_id(by, task)
    return _first([found] if found else [])


def reporting_body(by: Any, task: Task, wanted: Body | None = None) -> Body:
    """Return the body named, or the first for which the writer reports on the task. ValidationError for another one."""
    found = reporting_body_ids(by, task)
    if wanted is not None and found and wanted.pk not in found:
        raise refuse(body=_("You do not report for this body on this task: name another one, or none."))
    return wanted if wanted is not None and found else _first(found)


def _first(found: Sequence[int]) -> Body:
    if not found:
        raise PermissionDenied(_("Your duty does not allow this."))
    return Body.objects.get(pk=found[0])
