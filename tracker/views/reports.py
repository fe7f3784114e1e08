"""Progress reports: written, edited, submitted and read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker import clock
from tracker.boards.waiting import waits
from tracker.choices import ReportState
from tracker.errors import Conflict, Stale
from tracker.forms.decisions import DecisionForm, renew
from tracker.forms.reports import OFFERED, ReportForm, initial_of
from tracker.models import Body, Instrument, ProgressReport, Task
from tracker.policies import may, reporting_body_ids, require
from tracker.services import attachments, instruments, reports, uploads
from tracker.views.doors import acting, reading, writing

SUBMITTED = gettext_lazy("Submitted. The commission now reviews it.")
DRAFTED = gettext_lazy("Saved as a draft. Only your body sees it until you submit it.")


@writing
def report_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Report on a task: a new draft, or the one that the body has already."""
    task = get_object_or_404(Task.objects.visible_to(request.user).select_related("resolution__issuer"), pk=pk)
    require(request.user, "report.write", task)
    bodies = list(Body.objects.filter(pk__in=reporting_body_ids(request.user, task)))
    drafts = ProgressReport.objects.filter(task=task, body__in=bodies, state=ReportState.DRAFT)
    if request.method != "POST" and (draft := drafts.first()):
        return redirect("report_edit", draft.pk)
    initial = {"stage": task.stage, "version": 0, "body": str(bodies[0].pk)}
    form = ReportForm(
        request.POST or None,
        request.FILES or None,
        task=task,
        bodies=bodies,
        today=clock.local_today(),
        initial=initial,
    )
    return _write(request, form, task, None)


@writing
def report_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with a draft."""
    report = get_object_or_404(_readable(request), pk=pk)
    require(request.user, "report.change", report)
    if report.state != ReportState.DRAFT:
        messages.warning(request, _("This report was submitted: it can no longer be changed."))
        return redirect("report", report.pk)
    form = ReportForm(
        request.POST or None,
        request.FILES or None,
        task=report.task,
        bodies=[report.body],
        today=clock.local_today(),
        files=report.attachments.all(),
        initial=initial_of(report),
    )
    return _write(request, form, report.task, report)


def _write(request: HttpRequest, form: ReportForm, task: Task, draft: ProgressReport | None) -> HttpResponse:
    status, newer = 200, None
    if request.method == "POST" and form.is_valid():
        try:
            with uploads.together():
                report = _saved(request, form, task, draft)
        except ValidationError as error:
            form.take(error)
        except Conflict as error:
            form.add_error(None, error.message)
            status = 409
            if isinstance(error, Stale):
                newer = _newer(form, task)
        else:
            messages.success(request, SUBMITTED if report.state == ReportState.SUBMITTED else DRAFTED)
            return redirect("report", report.pk)
    context = {
        "form": form,
        "task": task,
        "draft": draft,
        "newer": newer,
        "pending": ProgressReport.objects.awaiting_review().filter(task=task, body__in=list(form.bodies)).first(),
        "instruments": Instrument.objects.visible_to(request.user).order_by("-signed_on", "-pk")[:OFFERED],
    }
    return render(request, "tracker/report_form.html", context, status=status)


def _newer(form: ReportForm, task: Task) -> ProgressReport | None:
    """Return what a colleague saved meanwhile. It is shown beside what was typed, so the next save may replace it."""
    drafts = ProgressReport.objects.filter(task=task, body=form.cleaned_data["body"], state=ReportState.DRAFT)
    found: ProgressReport | None = drafts.select_related("author", "instrument").first()
    if found is not None:
        renew(form, "version", found.version)
    return found


@transaction.atomic
def _saved(request: HttpRequest, form: ReportForm, task: Task, draft: ProgressReport | None) -> ProgressReport:
    """Register what is new, save the draft and submit it if that was the button: all of it or nothing."""
    data = form.cleaned_data
    who: dict[str, Any] = {"by": request.user, "at": clock.now()}
    instrument = data["instrument_number"]
    if (new := form.new_instrument()) is not None:
        instrument = instruments.register(new, **who)
    for file in draft.attachments.filter(pk__in=data["remove"]) if draft else ():
        attachments.remove(file, **who)
    report = reports.save_draft(
        task, body=data["body"], instrument=instrument, version=data["version"], **form.texts(), **who
    )
    return reports.submit(report, **who) if "submit" in request.POST else report


@reading
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a report with its files, and who has the ball now."""
    found = get_object_or_404(_readable(request), pk=pk)
    return report_page(request, found, DecisionForm(initial={"seen": found.version}))


def report_page(request: HttpRequest, found: ProgressReport, form: DecisionForm, *, status: int = 200) -> HttpResponse:
    """Render the page of a report; `form` is the decision, with what was typed into it."""
    is_mine = may(request.user, "report.change", found)
    context = {
        "report": found,
        "files": found.attachments.all(),
        "wait": waits([found.task_id], clock.local_today())[found.task_id],
        "form": form,
        "may_change": is_mine and found.state == ReportState.DRAFT,
        "may_follow_up": is_mine and found.state == ReportState.RETURNED and found.task.is_open,
        "may_decide": found.state == ReportState.SUBMITTED and may(request.user, "report.decide", found),
    }
    return render(request, "tracker/report.html", context, status=status)


@acting
def report_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a draft to the commission as it stands."""
    found = get_object_or_404(_readable(request), pk=pk)
    try:
        reports.submit(found, by=request.user, at=clock.now(), version=_version(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("report_edit", found.pk)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, SUBMITTED)
    return redirect("report", found.pk)


def _readable(request: HttpRequest) -> Any:
    joined = ("task__resolution__issuer", "body", "author", "instrument", "decided_by")
    return ProgressReport.objects.visible_to(request.user).select_related(*joined)


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
