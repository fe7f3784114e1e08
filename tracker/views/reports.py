"""Progress reports: written, edited, submitted, corrected and read. Their small acts are in report_acts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker import clock
from tracker.boards.report_page import report_dossier
from tracker.choices import ReportState, TaskKind
from tracker.forms.decisions import DecisionForm
from tracker.forms.reports import (
    OFFERED,
    AnswerForm,
    CorrectionForm,
    GiveBackForm,
    QuestionForm,
    ReportForm,
    initial_of,
)
from tracker.models import Body, Extension, Instrument, ProgressReport, Task
from tracker.policies import accountable_body_id, leads, may, reporting_body_ids, require
from tracker.services import attachments, instruments, reports, uploads
from tracker.views.attempts import attempt
from tracker.views.doors import reading, writing
from tracker.views.trails import trail_of

SUBMITTED = gettext_lazy("Submitted. The commission now reviews it.")
DRAFTED = gettext_lazy("Saved as a draft. Only your body sees it until you submit it.")
HANDED = gettext_lazy("Handed to the leader of your body, who submits it or gives it back.")


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
        asking=_asking(request.user, task),
        initial=initial,
    )
    return _write(request, form, task, None)


@writing
def report_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with a draft."""
    report = get_object_or_404(readable(request), pk=pk)
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
        asking=_asking(request.user, report.task),
        time_asked=reports.asked_with(report),
        initial=initial_of(report),
    )
    return _write(request, form, report.task, report)


def _asking(user: Any, task: Task) -> int | None:
    """The body that may ask for more time with its report: the accountable one, where no request waits."""
    if task.kind != TaskKind.DUTY or Extension.objects.awaiting_decision().filter(task=task).exists():
        return None
    return accountable_body_id(user, task)


def _write(request: HttpRequest, form: ReportForm, task: Task, draft: ProgressReport | None) -> HttpResponse:
    status, made, newer = 200, list[ProgressReport](), list[ProgressReport]()
    if request.method == "POST":
        status = attempt(
            form, lambda: made.append(_with_files(request, form, task, draft)), lambda: _stored(form, task, newer)
        )
        if not status:
            messages.success(request, _said(made[0]))
            return redirect("report", made[0].pk)
    bodies = list(form.bodies.values())
    submits = [body for body in bodies if body.specialists_submit or leads(request.user, body.pk)]
    context = {
        "form": form,
        "task": task,
        "draft": draft,
        "newer": newer[0] if newer else None,
        "may_submit": bool(submits),
        "may_hand": len(submits) < len(bodies),
        "pending": ProgressReport.objects.submitted().filter(task=task, body__in=list(form.bodies)).first(),
        "instruments": Instrument.objects.visible_to(request.user).order_by("-signed_on", "-pk")[:OFFERED],
    }
    return render(request, "tracker/report_form.html", context, status=status)


def _said(report: ProgressReport) -> Any:
    if report.state == ReportState.SUBMITTED:
        return SUBMITTED
    return HANDED if report.handed_at else DRAFTED


def _stored(form: ReportForm, task: Task, newer: list[ProgressReport]) -> dict[str, Any]:
    """What a colleague saved meanwhile. It is shown beside what was typed, so the next save may replace it."""
    drafts = ProgressReport.objects.filter(task=task, body=form.cleaned_data["body"], state=ReportState.DRAFT)
    newer.extend(drafts.select_related("author", "instrument"))
    return initial_of(newer[0]) if newer else {}


def _with_files(request: HttpRequest, form: ReportForm, task: Task, draft: ProgressReport | None) -> ProgressReport:
    """Save the report; files that were stored for one that is refused after all are taken away."""
    with uploads.together():
        return _saved(request, form, task, draft)


@transaction.atomic
def _saved(request: HttpRequest, form: ReportForm, task: Task, draft: ProgressReport | None) -> ProgressReport:
    """Register what is new, save the draft and submit or hand it on if that was the button: all of it or nothing."""
    data = form.cleaned_data
    who: dict[str, Any] = {"by": request.user, "at": clock.now()}
    instrument = _instrument(form, **who)
    for file in draft.attachments.filter(pk__in=data["remove"]) if draft else ():
        attachments.remove(file, **who)
    report = reports.save_draft(
        task, body=data["body"], instrument=instrument, version=data["version"], **form.texts(), **who
    )
    if "hand" in request.POST:
        return reports.hand_to_leader(report, **who)
    return reports.submit(report, **who) if "submit" in request.POST else report


def _instrument(form: ReportForm, **who: Any) -> Instrument | None:
    if (new := form.new_instrument()) is not None:
        return instruments.register(new, **who)
    named: Instrument | None = form.cleaned_data["instrument_number"]
    return named


@writing
def report_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an accepted report, with the reason. The commission then decides anew."""
    report = get_object_or_404(readable(request), pk=pk)
    require(request.user, "report.correct", report)
    if report.state != ReportState.ACCEPTED:
        messages.warning(request, _("Only an accepted report is corrected."))
        return redirect("report", report.pk)
    form = CorrectionForm(
        request.POST or None,
        request.FILES or None,
        report=report,
        today=clock.local_today(),
        initial=initial_of(report),
    )
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: _corrected(request, form, report), lambda: initial_of(_fresh(report)))
        if not status:
            messages.success(request, _("Corrected. The commission decides on it anew."))
            return redirect("report", report.pk)
    context = {
        "form": form,
        "task": report.task,
        "draft": report,
        "is_correction": True,
        "instruments": Instrument.objects.visible_to(request.user).order_by("-signed_on", "-pk")[:OFFERED],
    }
    return render(request, "tracker/report_form.html", context, status=status)


@transaction.atomic
def _corrected(request: HttpRequest, form: CorrectionForm, report: ProgressReport) -> None:
    who: dict[str, Any] = {"by": request.user, "at": clock.now()}
    instrument, seen = _instrument(form, **who), form.cleaned_data["version"]
    reports.correct(report, instrument=instrument, version=seen, **form.texts(), **who)


def _fresh(report: ProgressReport) -> ProgressReport:
    found: ProgressReport = ProgressReport.objects.select_related("instrument").get(pk=report.pk)
    return found


@reading
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a report with its files, and who has the ball now."""
    found = get_object_or_404(readable(request), pk=pk)
    return report_page(request, found, DecisionForm(initial={"seen": found.version}))


def report_page(
    request: HttpRequest, found: ProgressReport, form: DecisionForm, *, status: int = 200, **typed: Any
) -> HttpResponse:
    """Render the page of a report; `form` is the decision, with what was typed into it.

    `typed` are the other forms of the page with what was typed into them: asking, answering, giving_back.
    """
    today, user = clock.local_today(), request.user
    is_mine = may(user, "report.change", found)
    is_draft = found.state == ReportState.DRAFT
    decides = found.state == ReportState.SUBMITTED and may(user, "report.decide", found)
    seen: dict[str, Any] = {"today": today, "initial": {"version": found.version}}
    context = {
        "report": found,
        "known": report_dossier(found, today),
        "files": found.attachments.all(),
        "time_wanted": reports.asked_with(found).get("wanted_on"),
        "form": form,
        "trail": trail_of(request, found.pk),
        "may_change": is_mine and is_draft,
        "may_submit": is_draft and may(user, "report.submit", found),
        "may_follow_up": is_mine and found.state == ReportState.RETURNED and found.task.is_open,
        "may_correct": found.state == ReportState.ACCEPTED and may(user, "report.correct", found),
        "may_answer": is_mine and found.state == ReportState.SUBMITTED and found.review_since is None,
        "may_decide": decides,
        "may_ask": decides and found.review_since is not None,
        "may_give_back": bool(found.handed_at) and may(user, "report.give_back", found),
        "asking": QuestionForm(auto_id="ask_%s", **seen),
        "answering": AnswerForm(auto_id="answer_%s", **seen),
        "giving_back": GiveBackForm(auto_id="back_%s", **seen),
        **typed,
    }
    return render(request, "tracker/report.html", context, status=status)


def readable(request: HttpRequest) -> Any:
    joined = ("task__resolution__issuer", "body", "author", "instrument", "decided_by", "submitted_by")
    return ProgressReport.objects.visible_to(request.user).select_related(*joined)
