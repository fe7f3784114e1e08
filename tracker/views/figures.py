"""The report upward: the four cells of any day as page and file, and reports that are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from accounts.policies import scope_of
from tracker import clock
from tracker.boards import figures as board
from tracker.boards import frozen as frozen_board
from tracker.exchange.figures import FORMATS, as_file
from tracker.forms.figures import FigureFilter, FreezeForm
from tracker.models import Body, FrozenReport
from tracker.policies import may, require
from tracker.rules.fairness import FEWEST_TO_RANK
from tracker.services import frozen
from tracker.services.urgings import office_of
from tracker.views.doors import acting, reading
from tracker.views.files import SANDBOX
from tracker.views.paging import Page, page_of

PAGE_OF_CHANGES = 100


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the table, and the address of the list of its tasks; none behind a zero and in a frozen report."""

    head: Any
    value: int
    url: str = ""
    is_part: bool = False


@reading
def figures(request: HttpRequest) -> HttpResponse:
    """Show the figures of the day. Nine queries at most, whatever the numbers: three for the reader, three choices
    and three of the report."""
    require(request.user, "figures.read")
    form = FigureFilter(request.GET, user=request.user, today=clock.local_today())
    context: dict[str, Any] = {"form": form, "formats": FORMATS, "fewest": FEWEST_TO_RANK}
    if form.is_valid():
        report = _report(request, form)
        table = [(row, _numbers(row, form)) for row in [*report.lines, report.total]]
        context |= {"report": report, "table": table, "query": request.GET.urlencode()}
        context |= {"freeze": FreezeForm() if may(request.user, "figures.freeze", form.wanted().below) else None}
    return render(request, "tracker/figures.html", context)


@reading
def figures_file(request: HttpRequest, kind: str) -> HttpResponse:
    """The same table as a file; a query that is not understood leads to the page that says so."""
    require(request.user, "figures.read")
    form = FigureFilter(request.GET, user=request.user, today=clock.local_today())
    if not form.is_valid():
        return redirect(f"{reverse('figures')}?{request.GET.urlencode()}")
    with override(_language_of(kind)):
        report = _report(request, form)
        grants = scope_of(request.user).grants
        return _download(kind, report, Body.objects.filter(pk__in=[grant.body_id for grant in grants[:1]]).first())


@acting
def figures_freeze(request: HttpRequest) -> HttpResponse:
    """Freeze the table that the address asks for."""
    form = FigureFilter(request.GET, user=request.user, today=clock.local_today())
    back = f"{reverse('figures')}?{request.GET.urlencode()}"
    require(request.user, "figures.freeze", form.wanted().below if form.is_valid() else None)
    sent = FreezeForm(request.POST)
    if not form.is_valid() or not sent.is_valid():
        messages.error(request, _("Nothing was frozen: correct what stands beside the fields."))
        return redirect(back)
    try:
        made = frozen.freeze(form.wanted(), group=form.group, **sent.cleaned_data, by=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(back)
    messages.success(request, _("Frozen as number %(symbol)s.") % {"symbol": made.symbol})
    return redirect("frozen_report", made.pk)


@reading
def frozen_list(request: HttpRequest) -> HttpResponse:
    """The frozen reports, the latest first. Four queries."""
    require(request.user, "figures.read")
    rows = FrozenReport.objects.visible_to(request.user).select_related("body", "root", "by").defer("rows")
    page = page_of(rows, request)
    return render(request, "tracker/frozen_list.html", {"page": page})


@reading
def frozen_report(request: HttpRequest, pk: int) -> HttpResponse:
    """One frozen report, whether it is intact, and what changed since the one before. Ten queries at most."""
    report = _frozen(request, pk)
    table = frozen_board.report_of(report)
    found = frozen_board.changes(report)
    context = {
        "frozen": report,
        "report": table,
        "table": [(row, [Number(column.head, column.of(row)) for column in board.COLUMNS]) for row in _lines(table)],
        "is_intact": frozen_board.is_intact(report),
        "reasons": frozen_board.counted_reasons(found),
        "changed": len(found),
        "page": _page_of_changes(found, request),
        "formats": FORMATS,
        "fewest": FEWEST_TO_RANK,
    }
    return render(request, "tracker/frozen_report.html", context)


@reading
def frozen_file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A frozen report as a file, made from its frozen rows."""
    report = _frozen(request, pk)
    with override(_language_of(kind)):
        return _download(kind, frozen_board.report_of(report), report.body)


def _report(request: HttpRequest, form: FigureFilter) -> board.Report:
    return board.report(request.user, form.wanted(), form.group, at=clock.now(), is_now=form.is_now)


def _lines(report: board.Report) -> list[board.Line]:
    return [*report.lines, report.total]


def _numbers(line: board.Line, form: FigureFilter) -> list[Number]:
    wanted = form.wanted()
    base = {"as_of": wanted.day.isoformat(), **wanted.query(), **line.query}
    found = []
    for column in board.COLUMNS:
        url = f"{reverse('task_list')}?{urlencode(base | column.query)}" if column.of(line) else ""
        found.append(Number(column.head, column.of(line), url, column.extended))
    return found


def _frozen(request: HttpRequest, pk: int) -> FrozenReport:
    rows = FrozenReport.objects.visible_to(request.user)
    report: FrozenReport = get_object_or_404(
        rows.select_related("body__parent__parent", "root", "by", "previous"), pk=pk
    )
    require(request.user, "figures.read")
    return report


def _page_of_changes(found: list[frozen_board.Change], request: HttpRequest) -> Page:
    return page_of(found, request, size=PAGE_OF_CHANGES)


def _language_of(kind: str) -> str:
    """A Word report is Vietnamese, like any official document."""
    return "vi" if kind == "docx" else get_language() or "vi"


def _download(kind: str, report: board.Report, body: Body | None) -> HttpResponse:
    if kind not in FORMATS:
        raise Http404
    content = as_file(kind, report, office_of(body) if body else None)
    name = f"bao-cao-{report.day:%Y-%m-%d}{'-' + report.symbol.replace('/', '-') if report.symbol else ''}.{kind}"
    response = HttpResponse(content, content_type=FORMATS[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
