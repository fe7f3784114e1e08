"""What was entered in error: the matrix editor corrects it from the page of the task, one entry at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _

from tracker import clock
from tracker.choices import Stage, TaskKind
from tracker.forms import disputes as forms
from tracker.forms.requests import OFFERED
from tracker.models import Body, Responsibility, Task
from tracker.policies import require
from tracker.services import corrections
from tracker.views.attempts import attempt
from tracker.views.doors import reading, writing

DONE = _("Corrected. The wrong entry stays in the history, and what was reported on past days stays as it was.")


@dataclass(frozen=True)
class Correcting:
    """One page of a correction: what it is called, its form, the act, and what is stored now, by field."""

    title: Any
    lede: Any
    form: Any
    act: Callable[[dict[str, Any]], Any]
    stored: Callable[[], Mapping[str, Any]]


@reading
def corrections_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What of a task can be corrected, and what cannot. At most 10 queries."""
    task = _task(request, pk)
    cells = Responsibility.objects.filter(task=task, valid_to__isnull=True).select_related("body", "post")
    context = {
        "task": task,
        "stage": corrections.latest_stage(task),
        "deadline": task.kind == TaskKind.DUTY and task.is_open and not corrections.has_moved(task),
        "suspension": task.stage == Stage.SUSPENDED,
        "cells": cells.order_by("role", "body__name_sort", "id"),
    }
    return render(request, "tracker/corrections.html", context)


@writing
def correct_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct the latest move from stage to stage."""
    task = _task(request, pk)
    wrong = corrections.latest_stage(task)
    if wrong is None:
        raise Http404
    initial = {"stage": task.stage, "on": task.stage_since, "version": task.version}
    form = forms.StageCorrectionForm(
        request.POST or None, today=clock.local_today(), before=wrong.before, initial=initial
    )
    words = {"before": wrong.before.label, "stage": task.get_stage_display()}
    page = Correcting(
        _("The latest change of stage"),
        _("Entered: from “%(before)s” to “%(stage)s”. Choose the stage before if the task never left it.") % words,
        form,
        lambda values: corrections.correct_stage(task, **{**values, "stage": Stage(values["stage"])}),
        lambda: {"stage": task.stage, "on": task.stage_since},
    )
    return _correct(request, task, page)


@writing
def correct_deadline(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct the written deadline."""
    task = _task(request, pk)
    initial = forms.deadline_of(task)
    form = forms.DeadlineCorrectionForm(request.POST or None, today=clock.local_today(), initial=initial)
    page = Correcting(
        _("The written deadline"),
        _("For a day that was typed wrongly. More time is granted on request, and moves the deadline from then on."),
        form,
        lambda values: corrections.correct_deadline(task, **values),
        lambda: forms.deadline_of(task),
    )
    return _correct(request, task, page)


@writing
def correct_suspension(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct until when a task is suspended, or that it is."""
    task = _task(request, pk)
    initial = forms.suspension_of(task)
    form = forms.SuspensionCorrectionForm(request.POST or None, today=clock.local_today(), initial=initial)
    page = Correcting(
        _("The suspension"),
        _("For an end that was typed wrongly, or a suspension of the wrong task: its clocks then have gone on."),
        form,
        lambda values: corrections.correct_suspension(task, **values),
        lambda: forms.suspension_of(task),
    )
    return _correct(request, task, page)


@writing
def correct_cell(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a role that holds: its body, role, post or first day."""
    visible = Task.objects.visible_to(request.user).values("pk")
    cells = Responsibility.objects.filter(task__in=visible, valid_to__isnull=True)
    cell = get_object_or_404(cells.select_related("task__resolution__issuer", "body", "post"), pk=pk)
    require(request.user, "correction.make", cell.task)
    form = forms.CellCorrectionForm(request.POST or None, today=clock.local_today(), initial=forms.cell_of(cell))
    page = Correcting(
        _("A role"),
        _("Entered: %(cell)s. Without a body nobody ever had it.") % {"cell": forms.named(cell)},
        form,
        lambda values: corrections.correct_cell(cell, **values),
        lambda: forms.cell_of(cell),
    )
    bodies = Body.objects.visible_to(request.user).order_by("level", "name_sort")[:OFFERED]
    return _correct(request, cell.task, page, bodies=bodies)


def _task(request: HttpRequest, pk: int) -> Task:
    rows = Task.objects.visible_to(request.user).select_related("resolution__issuer")
    task: Task = get_object_or_404(rows, pk=pk)
    require(request.user, "correction.make", task)
    return task


def _correct(request: HttpRequest, task: Task, page: Correcting, **more: Any) -> HttpResponse:
    status, form = 200, page.form
    if request.method == "POST":

        def act() -> None:
            page.act({**form.values(), "by": request.user, "at": clock.now()})

        def stored() -> Mapping[str, Any]:
            task.refresh_from_db()
            return page.stored()

        status = attempt(form, act, stored)
        if not status:
            messages.success(request, DONE)
            return redirect("task", task.pk)
        task.refresh_from_db()
    return render(
        request, "tracker/correction_form.html", {"task": task, "page": page, "form": form, **more}, status=status
    )
