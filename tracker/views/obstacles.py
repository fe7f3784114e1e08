"""Obstacles: declared from the task, ended by either body or the commission."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.choices import QueueCode
from tracker.forms.requests import OFFERED, ObstacleEndForm, ObstacleForm
from tracker.models import Body, Obstacle, Task
from tracker.policies import accountable_body_id, require
from tracker.services import obstacles
from tracker.views.attempts import attempt
from tracker.views.doors import writing
from tracker.views.trails import onward, trail_of


@writing
def obstacle_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Say on which body a task waits, as the body that answers for it."""
    task = get_object_or_404(Task.objects.visible_to(request.user).select_related("resolution__issuer"), pk=pk)
    require(request.user, "obstacle.declare", task)
    body, today = Body.objects.get(pk=accountable_body_id(request.user, task) or 0), clock.local_today()
    form = ObstacleForm(request.POST or None, today=today, initial={"since": today})
    status = 200
    if request.method == "POST":
        who: dict[str, Any] = {"declared_body": body, "by": request.user, "at": clock.now()}
        status = attempt(form, lambda: obstacles.declare(task, **form.values(), **who))
        if not status:
            messages.success(request, _("Recorded. That body sees it on its desk. No deadline moves for it."))
            return redirect("task", task.pk)
    bodies = Body.objects.visible_to(request.user).valid_on(today).exclude(pk=body.pk)
    context = {"form": form, "task": task, "body": body, "bodies": bodies.order_by("level", "name_sort")[:OFFERED]}
    return render(request, "tracker/obstacle_form.html", context, status=status)


@writing
def obstacle_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Read an obstacle, and end it. Who is waited on reads no more of the task than this."""
    rows = Obstacle.objects.visible_to(request.user)
    joined = ("task__resolution__issuer", "body", "declared_body", "declared_by", "ended_by")
    obstacle = get_object_or_404(rows.select_related(*joined), pk=pk)
    require(request.user, "obstacle.end", obstacle)
    form = ObstacleEndForm(request.POST or None, today=clock.local_today(), initial={"version": obstacle.version})
    status = 200
    if request.method == "POST":
        status = attempt(
            form,
            lambda: obstacles.end(obstacle, **form.values(), by=request.user, at=clock.now()),
            lambda: {"note": obstacle.end_note},
        )
        if not status:
            messages.success(request, _("Ended. Both bodies and the commission see it."))
            return onward(request, pk, QueueCode.OBSTACLES) if trail_of(request, pk) else redirect("desk")
    may_read = Task.objects.visible_to(request.user).filter(pk=obstacle.task_id).exists()
    context = {"form": form, "obstacle": obstacle, "may_read": may_read, "trail": trail_of(request, pk)}
    return render(request, "tracker/obstacle_end.html", context, status=status)
