"""Decisions of the commission on one report, or on one piece of declared evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.choices import QueueCode
from tracker.errors import Conflict, Stale
from tracker.forms.decisions import DecisionForm, renew
from tracker.forms.stale import show_theirs
from tracker.models import Institutionalization, ProgressReport
from tracker.policies import may, require
from tracker.services import institutionalizations, reports, staleness
from tracker.views.doors import acting, writing
from tracker.views.reports import report_page
from tracker.views.trails import onward, trail_of


@acting
def report_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or return a report. What was typed stays when somebody else was quicker."""
    rows = ProgressReport.objects.visible_to(request.user)
    report = get_object_or_404(rows.select_related("task__resolution__issuer", "body", "author", "instrument"), pk=pk)
    require(request.user, "report.decide", report)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return report_page(request, report, form)
    seen = form.cleaned_data["seen"]
    version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
    status = _decided(request, form, lambda **kwargs: _decide_report(report, form, version=version, **kwargs))
    if not status:
        return onward(request, pk, QueueCode.REPORTS)
    if status == 409:
        renew(form, "seen", report.version)
        show_theirs(form, {"note": report.decision_note})
    return report_page(request, report, form, status=status)


def _decide_report(report: ProgressReport, form: DecisionForm, **kwargs: Any) -> None:
    decide = reports.accept if form.cleaned_data["decision"] == "accept" else reports.send_back
    decide(report, note=form.cleaned_data["note"], **kwargs)


@writing
def evidence_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Show declared evidence as it is now, and verify or return it."""
    rows = Institutionalization.objects.visible_to(request.user)
    joined = (
        "task__resolution__issuer",
        "instrument__issuer",
        "body",
        "declared_by",
        "verified_by",
        "continues__instrument",
    )
    evidence = get_object_or_404(rows.select_related(*joined), pk=pk)
    require(request.user, "review.read")
    shown = staleness.hash_of(evidence)
    form = DecisionForm(request.POST or None, initial={"seen": shown})
    status = 200
    if request.method == "POST":
        if not may(request.user, "evidence.verify", evidence):
            raise PermissionDenied(_("Nobody verifies what they declared: ask a colleague."))
        if form.is_valid():
            status = _decided(request, form, lambda **kwargs: _decide_evidence(evidence, form, shown, **kwargs))
            if not status:
                return onward(request, pk, QueueCode.EVIDENCE)
            renew(form, "seen", shown)
            if status == 409:
                evidence.refresh_from_db()
                show_theirs(form, {"note": evidence.decision_note})
    context = {
        "evidence": evidence,
        "form": form,
        "shown": shown,
        "trail": trail_of(request, pk),
        "others": evidence.task.institutionalizations.exclude(pk=evidence.pk).select_related("instrument")[:20],
        "may_decide": evidence.awaits_verification and may(request.user, "evidence.verify", evidence),
    }
    return render(request, "tracker/review_evidence.html", context, status=status or 200)


def _decide_evidence(evidence: Institutionalization, form: DecisionForm, shown: str, **kwargs: Any) -> None:
    if form.cleaned_data["seen"] != shown:
        raise Stale(evidence.version)
    verifies = form.cleaned_data["decision"] == "accept"
    decide = institutionalizations.verify if verifies else institutionalizations.send_back
    decide(evidence, note=form.cleaned_data["note"], **kwargs)


def _decided(request: HttpRequest, form: DecisionForm, decide: Callable[..., None]) -> int:
    """Do it and say so; 0, or the status of a page that shows what stood against it."""
    try:
        decide(by=request.user, at=clock.now())
    except ValidationError as error:
        for message in error.messages:
            form.add_error(None, message)
        return 200
    except Conflict as error:
        form.add_error(None, error.message)
        return 409
    messages.success(request, _("Decided. The body that reported sees it on its desk."))
    return 0
