"""Coverage by level: by document, by provision, down to the tasks and units that lack a rule in force."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tracker.boards import coverage as board
from tracker.boards.task_list import accountable_cells
from tracker.choices import Level
from tracker.clock import local_today
from tracker.forms.queues import CoverageForm
from tracker.policies import require
from tracker.views.doors import reading
from tracker.views.paging import page_of


@reading
def coverage(request: HttpRequest) -> HttpResponse:
    """The shares, and below them what is missing at the level asked for. Nine queries at most."""
    require(request.user, "overview.read")
    form = CoverageForm(request.GET, today=local_today(), user=request.user)
    user, day = request.user, form.day
    is_now = {"is_now": day >= form.today}
    wanted = form.wanted()
    resolution = wanted.get("resolution")
    rows = (
        board.by_provision(user, resolution, day, **is_now) if resolution else board.by_resolution(user, day, **is_now)
    )
    context: dict[str, Any] = {"form": form, "day": day, "is_today": day == form.today, "resolution": resolution}
    context |= {"rows": rows, "levels": [level for level in Level if _is_used(rows, level)], "wanted": wanted}
    if "level" in wanted:
        context |= _missing(request, form, wanted, is_now)
    return render(request, "tracker/coverage.html", context)


def _is_used(rows: list[board.CoverageRow], level: Level) -> bool:
    return any(one.level == level for row in rows for one in row.levels)


def _missing(request: HttpRequest, form: CoverageForm, wanted: dict[str, Any], is_now: Any) -> dict[str, Any]:
    page = page_of(board.missing(request.user, form.day, **wanted, **is_now), request)
    cells = accountable_cells([row.task_id for row in page.rows], form.day)
    for row in page.rows:
        row.cell = cells.get(row.task_id)
    return {"page": page, "level": Level(wanted["level"])}
