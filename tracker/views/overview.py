"""Overview: the four cells, coverage by level, ageing and the curve, as of any day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tracker.boards import four_cell
from tracker.boards.ageing import ageing
from tracker.boards.coverage import coverage
from tracker.boards.curve import Point, curve
from tracker.boards.waiting import by_holder
from tracker.charts import Bar, Series, bar_chart, line_chart
from tracker.clock import local_today
from tracker.forms.queues import AsOfForm
from tracker.policies import require
from tracker.views.doors import reading

MOST_BODIES = 30


@reading
def overview(request: HttpRequest) -> HttpResponse:
    """Show it for the day asked for. Fourteen queries whatever the number of tasks."""
    require(request.user, "overview.read")
    form = AsOfForm(request.GET, today=local_today())
    user, day, is_now = request.user, form.day, form.day >= form.today
    context = {"form": form, "day": day, **_tables(user, day, is_now), **_charts(user, day, is_now)}
    context["is_today"] = day == form.today
    context["holders"] = by_holder(user) if context["is_today"] else []
    return render(request, "tracker/overview.html", context)


def _tables(user: Any, day: date, is_now: bool) -> dict[str, Any]:
    by_resolution = four_cell.by_resolution(user, day, is_now=is_now)
    by_body = four_cell.by_body(user, day, is_now=is_now)
    return {
        "total": four_cell.total(by_resolution),
        "tables": [
            ("resolution", "", _("By document"), _("Document"), by_resolution),
            ("level", "", _("By level to reach"), _("Level"), four_cell.by_level(user, day, is_now=is_now)),
            ("body", "&role=A", _("By accountable body"), _("Accountable body"), by_body[:MOST_BODIES]),
        ],
        "hidden_bodies": len(by_body[MOST_BODIES:]),
    }


def _charts(user: Any, day: date, is_now: bool) -> dict[str, Any]:
    points = curve(user, day, is_now=is_now)
    series = _series(points)
    legend = [(line.kind, line.name) for line in series]
    drawn = {
        "curve": _curve(points, series),
        "ageing": _ageing(user, day, is_now),
        "coverage": _coverage(user, day, is_now),
    }
    return {**drawn, "curve_legend": legend}


def _series(points: list[Point]) -> list[Series]:
    return [
        Series(_("Assigned"), "scope", [point.assigned for point in points]),
        Series(_("Deadlines reached"), "plan", [point.planned for point in points]),
        Series(_("Institutionalized"), "done", [point.done for point in points]),
    ]


def _curve(points: list[Point], series: list[Series]) -> SafeString:
    last = points[-1]
    description = _(
        "On %(day)s, %(assigned)d tasks were assigned, %(planned)d deadlines had passed, %(done)d tasks were a rule."
    ) % {"day": _date(last.day), "assigned": last.assigned, "planned": last.planned, "done": last.done}
    return line_chart(
        name="curve",
        title=_("Progress over time"),
        description=description,
        head=_("Day"),
        labels=[_date(point.day) for point in points],
        series=series,
    )


def _ageing(user: Any, day: date, is_now: bool) -> SafeString:
    buckets = ageing(user, day, is_now=is_now)
    text = ", ".join(f"{bucket.label}: {bucket.tasks}" for bucket in buckets)
    return bar_chart(
        name="ageing",
        title=_("Age of open tasks in their stage"),
        description=text,
        head=(_("In the present stage for"), _("Open tasks")),
        bars=[Bar(bucket.label, bucket.tasks, bucket.tone) for bucket in buckets],
    )


def _coverage(user: Any, day: date, is_now: bool) -> SafeString:
    rows = coverage(user, day, is_now=is_now)
    parts = {row: _(" of %(all)d") % {"all": row.tasks} for row in rows}
    return bar_chart(
        name="coverage",
        title=_("Covered by a rule in force, by level"),
        description=", ".join(f"{row.label}: {row.covered}{parts[row]}" for row in rows),
        head=(_("Level"), _("Covered tasks")),
        bars=[Bar(row.label, row.covered, "good", parts[row], row.tasks) for row in rows],
    )


def _date(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
