"""Disputes: raised from the task, decided by the matrix editor, taken back by the body, listed with their counts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.boards.disputes import JOINED, dispute_counts
from tracker.boards.disputes import disputes as rows_of
from tracker.choices import DisputeState
from tracker.forms.disputes import (
    DisputeDecisionForm,
    DisputeFilter,
    DisputeForm,
    DisputeWithdrawForm,
    decision_of,
)
from tracker.forms.requests import OFFERED
from tracker.models import Body, Dispute, Task
from tracker.policies import disputable_cells, may, require
from tracker.services import disputes
from tracker.views.attempts import attempt
from tracker.views.doors import acting, reading, writing
from tracker.views.paging import page_of


@reading
def dispute_list(request: HttpRequest) -> HttpResponse:
    """The disputes in what the reader may see. Five queries: session, user, scope, counts, disputes."""
    require(request.user, "dispute.list")
    form, today = DisputeFilter(request.GET), clock.local_today()
    wanted = {name: value for name, value in form.values().items() if name in ("state", "q")}
    context = {
        "form": form,
        "page": page_of(rows_of(request.user, **wanted), request),
        "counts": dispute_counts(request.user, today),
    }
    return render(request, "tracker/dispute_list.html", context)


@writing
def dispute_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Dispute a role that one's body holds in a task."""
    task = get_object_or_404(Task.objects.visible_to(request.user).select_related("resolution__issuer"), pk=pk)
    require(request.user, "dispute.raise", task)
    cells = disputable_cells(request.user, task).select_related("body")
    form = DisputeForm(request.POST or None, today=clock.local_today(), cells=cells)
    status, made = 200, list[Dispute]()
    if request.method == "POST":
        who: dict[str, Any] = {"by": request.user, "at": clock.now()}
        status = attempt(form, lambda: made.append(disputes.open_dispute(task, **form.values(), **who)))
        if not status:
            messages.success(request, _("Sent to the matrix editor. Until the decision the role and its clocks stay."))
            return redirect("dispute", made[0].pk)
    context = {"form": form, "task": task, "bodies": _offered(request)}
    return render(request, "tracker/dispute_form.html", context, status=status)


@reading
def dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a dispute and what became of it."""
    return _page(request, get_object_or_404(_readable(request), pk=pk))


@acting
def dispute_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Uphold or reject. What was typed stays when somebody else was quicker."""
    found = get_object_or_404(_readable(request), pk=pk)
    require(request.user, "dispute.decide", found)
    form = DisputeDecisionForm(request.POST, today=clock.local_today())
    status = attempt(
        form, lambda: _decide(found, form, by=request.user, at=clock.now()), lambda: decision_of(_fresh(request, pk))
    )
    if status:
        return _page(request, _fresh(request, pk), deciding=form, status=status)
    messages.success(request, _("Decided. Whoever raised the dispute is told at once."))
    return redirect("dispute", found.pk)


def _decide(found: Dispute, form: DisputeDecisionForm, **who: Any) -> None:
    if form.cleaned_data["decision"] == "uphold":
        disputes.uphold(found, **form.values("decision"), **who)
    else:
        disputes.reject(found, note=form.cleaned_data["note"], version=form.cleaned_data["version"], **who)


@acting
def dispute_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a dispute back, as the body that raised it."""
    found = get_object_or_404(_readable(request), pk=pk)
    require(request.user, "dispute.withdraw", found)
    form = DisputeWithdrawForm(request.POST, today=clock.local_today(), auto_id="back_%s")
    status = attempt(
        form,
        lambda: disputes.withdraw(found, **form.values(), by=request.user, at=clock.now()),
        lambda: {"note": _fresh(request, pk).decision_note},
    )
    if status:
        return _page(request, _fresh(request, pk), taking_back=form, status=status)
    messages.success(request, _("Taken back. The role stays as it is."))
    return redirect("dispute", found.pk)


def _readable(request: HttpRequest) -> Any:
    return Dispute.objects.visible_to(request.user).select_related(*JOINED, "task__resolution__issuer")


def _fresh(request: HttpRequest, pk: int) -> Dispute:
    found: Dispute = get_object_or_404(_readable(request), pk=pk)
    return found


def _offered(request: HttpRequest) -> Any:
    bodies = Body.objects.visible_to(request.user).valid_on(clock.local_today())
    return bodies.order_by("level", "name_sort")[:OFFERED]


def _page(request: HttpRequest, found: Dispute, *, status: int = 200, **typed: Any) -> HttpResponse:
    """`typed` are the forms of the page with what was typed into them: deciding, taking_back."""
    today, is_open = clock.local_today(), found.state == DisputeState.OPEN
    may_decide = is_open and may(request.user, "dispute.decide", found)
    context = {
        "dispute": found,
        "task": found.task,
        "may_decide": may_decide,
        "may_withdraw": is_open and may(request.user, "dispute.withdraw", found),
        "deciding": DisputeDecisionForm(initial={**decision_of(found), "moved_on": today}, today=today),
        "taking_back": DisputeWithdrawForm(initial={"version": found.version}, today=today, auto_id="back_%s"),
        "bodies": _offered(request) if may_decide else [],
        **typed,
    }
    return render(request, "tracker/dispute.html", context, status=status)
