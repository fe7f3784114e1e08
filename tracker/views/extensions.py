"""More time: asked for from the task, decided by the commission, read by whoever reads the task."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.boards.lateness import outcome_of
from tracker.boards.obstacles import obstacles_of
from tracker.choices import ExtensionState, QueueCode
from tracker.errors import refuse
from tracker.forms.requests import ExtensionDecisionForm, ExtensionForm, ask_below, decision_of
from tracker.models import Body, Extension, Task
from tracker.policies import accountable_body_id, may, require
from tracker.services import below, extensions
from tracker.views.attempts import attempt
from tracker.views.doors import acting, reading, writing
from tracker.views.trails import onward, trail_of


@writing
def extension_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for more time on a task, as the body that answers for it."""
    task = get_object_or_404(Task.objects.visible_to(request.user).select_related("resolution__issuer"), pk=pk)
    require(request.user, "extension.ask", task)
    body = Body.objects.get(pk=accountable_body_id(request.user, task) or 0)
    form = ExtensionForm(request.POST or None, today=clock.local_today())
    status = 200
    if request.method == "POST":
        who: dict[str, Any] = {"body": body, "by": request.user, "at": clock.now()}
        status = attempt(form, lambda: extensions.ask(task, **form.values(), **who))
        if not status:
            messages.success(request, _("Sent. The commission now decides; its decision comes to your desk."))
            return redirect("task", task.pk)
    pending = Extension.objects.awaiting_decision().filter(task=task).first()
    context = {"form": form, "task": task, "body": body, "pending": pending}
    return render(request, "tracker/extension_form.html", context, status=status)


@reading
def extension(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a request and what became of it."""
    found = get_object_or_404(_readable(request), pk=pk)
    return _page(request, found, _decision_form(found, initial=decision_of(found)))


def _decision_form(found: Extension, *args: Any, **facts: Any) -> ExtensionDecisionForm:
    form = ExtensionDecisionForm(*args, today=clock.local_today(), **facts)
    ask_below(form, found.task)
    if "below" in form.fields:
        form.fields["below"].required = False  # a refusal asks nothing of the parts
    return form


@acting
def extension_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant or refuse. What was typed stays when somebody else was quicker."""
    found = get_object_or_404(_readable(request), pk=pk)
    require(request.user, "extension.decide", found)
    form = _decision_form(found, request.POST)
    status = attempt(
        form,
        lambda: _decide(found, form, by=request.user, at=clock.now()),
        lambda: decision_of(get_object_or_404(_readable(request), pk=pk)),
    )
    if status:
        return _page(request, get_object_or_404(_readable(request), pk=pk), form, status=status)
    messages.success(request, _("Decided. The body that asked is told at once and sees it on its desk."))
    return onward(request, pk, QueueCode.EXTENSIONS)


def _decide(found: Extension, form: ExtensionDecisionForm, **who: Any) -> None:
    if form.cleaned_data["decision"] == "grant":
        if form.cleaned_data.get("below") == "":
            raise refuse(below=_("Say what happens to the parts below."))
        below.grant(found, **form.values("decision"), **who)
    else:
        extensions.refuse_(found, **form.values("decision", "due_on", "below"), **who)


def _readable(request: HttpRequest) -> Any:
    joined = ("task__resolution__issuer", "body", "asked_by", "decided_by")
    return Extension.objects.visible_to(request.user).select_related(*joined)


def _page(request: HttpRequest, found: Extension, form: ExtensionDecisionForm, *, status: int = 200) -> HttpResponse:
    is_asked = found.state == ExtensionState.ASKED
    context = {
        "extension": found,
        "task": found.task,
        "form": form,
        "trail": trail_of(request, found.pk),
        "others": Extension.objects.filter(task=found.task).exclude(pk=found.pk).select_related("body")[:20],
        "obstacles": obstacles_of([found.task_id]).get(found.task_id, []),
        "outcome": outcome_of(found.task, found.task.flags.all(), clock.local_today()),
        "may_decide": is_asked and may(request.user, "extension.decide", found),
    }
    return render(request, "tracker/extension.html", context, status=status)
