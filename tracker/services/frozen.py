"""Reports upward: frozen once with a number, the tasks that they count and a hash; never written again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from tracker.boards import frozen
from tracker.boards.four_cell import Wanted
from tracker.clock import end_of, local_day
from tracker.errors import refuse
from tracker.models import Body, FrozenReport
from tracker.policies import freezing_body_id, require
from tracker.rules.frozen import digest
from tracker.services import history

FACTS = ("number", "year", "body", "root", "day", "sha256")


def freeze(wanted: Wanted, *, group: str, remark: str = "", by: Any, at: datetime) -> FrozenReport:
    """Freeze the figures that `wanted` asks for, one line for each `group`, under the next number of the year.

    What was recorded by the end of a past day counts, and by now for today. Raises ValidationError for a day to come,
    for one cell or line of a table, and over boards.frozen.MOST_TASKS.
    """
    require(by, "figures.freeze", wanted.below)
    day = local_day(at)
    _check(wanted, day)
    with transaction.atomic():
        body = _locked(by, wanted)
        report = FrozenReport(body=body, root=wanted.below, day=wanted.day, year=day.year, recorded_at=at, by=by)
        report.known_at = min(at + timedelta(microseconds=1), end_of(wanted.day))
        report.number = (FrozenReport.objects.filter(body=body, year=day.year).aggregate(m=Max("number"))["m"] or 0) + 1
        report.query, report.said = {"by": group, **wanted.query()}, frozen.said(wanted)
        report.rows = frozen.snapshot(by, wanted, group, is_now=wanted.day == day)
        report.remark, report.previous = remark.strip(), _previous(report)
        report.sha256 = digest(frozen.content_of(report))
        report.full_clean()
        report.save()
        history.record("figures.frozen", report, by=by, at=at, after=history.values_of(report, *FACTS))
    return report


def _check(wanted: Wanted, today: date) -> None:
    if wanted.day > today:
        raise refuse(as_of=_("Give today or an earlier day: what will be known later is not known now."))
    if wanted.status or wanted.extended or wanted.accountable or wanted.unowned:
        raise refuse(as_of=_("A report is a whole table: leave the line and the cell out."))


def _locked(by: Any, wanted: Wanted) -> Body:
    """Lock the reporting body: of two who freeze at once the second counts on."""
    pk = freezing_body_id(by, wanted.below)
    if pk is None:
        raise PermissionDenied(_("Your duty does not allow this."))
    return Body.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


def _previous(report: FrozenReport) -> FrozenReport | None:
    """The last one of the same body on the same question, of the same day or an earlier one."""
    rows = FrozenReport.objects.filter(body=report.body, day__lte=report.day, known_at__lte=report.known_at)
    same = [row for row in rows.order_by("-day", "-known_at", "-pk").defer("rows") if row.query == report.query]
    return same[0] if same else None
