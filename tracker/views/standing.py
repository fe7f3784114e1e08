"""Whether a task goes on: suspended, withdrawn, taken up again, each by its document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _

from tracker import clock
from tracker.forms.requests import StandingForm, SuspendForm, ask_below, standing_of
from tracker.models import Task
from tracker.policies import require
from tracker.services import below, tasks
from tracker.views.attempts import attempt
from tracker.views.doors import writing

WORDS: dict[str, dict[str, Any]] = {
    "suspend": {
        "title": _("Suspend the task"),
        "lede": _("Its clocks stop until it goes on. A written deadline stays, unless the document names a new one."),
        "done": _("Suspended. It goes on by itself on the day that you gave."),
    },
    "withdraw": {
        "title": _("Withdraw the task"),
        "lede": _("For a task that is no longer owed. Its history stays, and so does what was late."),
        "done": _("Withdrawn. Its history stays."),
    },
    "resume": {
        "title": _("Take the task up again"),
        "lede": _("It goes on today, in the stage in which it was left. The time at rest makes nothing late."),
        "done": _("Taken up again: its clocks run from today."),
    },
}


@writing
def task_suspend(request: HttpRequest, pk: int) -> HttpResponse:
    """Suspend an open task."""
    task = _task(request, pk, "task.suspend")
    form = SuspendForm(request.POST or None, today=clock.local_today(), task=task, initial={"version": task.version})
    ask_below(form, task)
    return _decide(request, task, form, "suspend", below.suspend)


@writing
def task_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw an open or suspended task."""
    task = _task(request, pk, "task.withdraw")
    form = StandingForm(request.POST or None, today=clock.local_today(), initial={"version": task.version})
    ask_below(form, task)
    return _decide(request, task, form, "withdraw", below.withdraw)


@writing
def task_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Take up a suspended or withdrawn task."""
    task = _task(request, pk, "task.resume")
    form = StandingForm(request.POST or None, today=clock.local_today(), initial={"version": task.version})
    return _decide(request, task, form, "resume", tasks.resume)


def _task(request: HttpRequest, pk: int, action: str) -> Task:
    rows = Task.objects.visible_to(request.user).select_related("resolution__issuer")
    task: Task = get_object_or_404(rows, pk=pk)
    require(request.user, action, task)
    return task


def _decide(request: HttpRequest, task: Task, form: StandingForm, name: str, act: Callable[..., Task]) -> HttpResponse:
    status = 200
    if request.method == "POST":
        status = attempt(
            form,
            lambda: act(task, **form.values(), by=request.user, at=clock.now()),
            lambda: standing_of(Task.objects.get(pk=task.pk)),
        )
        if not status:
            messages.success(request, WORDS[name]["done"])
            return redirect("task", task.pk)
        task.refresh_from_db()
    context = {"form": form, "task": task, "words": WORDS[name]}
    return render(request, "tracker/standing_form.html", context, status=status)
