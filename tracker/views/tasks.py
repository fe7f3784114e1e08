"""The list of tasks and the page of one task."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker.boards.cascades import of_task as of_cascades
from tracker.boards.cascades import with_missing
from tracker.boards.dossier import Dossier, dossier
from tracker.boards.explain import explain
from tracker.boards.task_list import accountable_cells, counted_list, show_as_then
from tracker.boards.task_list import task_list as filtered
from tracker.boards.urging import of_task
from tracker.choices import EvidenceState, ReportState, Stage, TaskKind
from tracker.clock import local_today
from tracker.forms.figures import CountedTaskFilter
from tracker.forms.queues import ExplainForm
from tracker.forms.registers import TaskFilter
from tracker.models import Institutionalization, Task
from tracker.policies import may
from tracker.rules.stages import can_decide
from tracker.views.doors import reading
from tracker.views.paging import page_of


@reading
def task_list(request: HttpRequest) -> HttpResponse:
    """The tasks that the filters leave. Seven queries: session, user, scope, two choices, tasks, accountable bodies."""
    today = local_today()
    if "as_of" in request.GET:
        return _counted(request, today)
    form = TaskFilter(request.GET, user=request.user)
    rows = filtered(request.user, today, **form.cleaned_data) if form.is_valid() else Task.objects.none()
    page = page_of(rows, request)
    accountable = accountable_cells([task.pk for task in page.rows], today)
    for task in page.rows:
        task.accountable = accountable.get(task.pk)
    return render(request, "tracker/task_list.html", {"form": form, "page": page, "day": today})


def _counted(request: HttpRequest, today: date) -> HttpResponse:
    """The tasks behind a number of the figures, as they stood on its day. Eight queries."""
    form = CountedTaskFilter(request.GET, user=request.user, today=today)
    is_valid = form.is_valid()
    rows = counted_list(request.user, form.wanted(), is_now=form.is_now) if is_valid else Task.objects.none()
    page, day = page_of(rows, request), form.day if is_valid else today
    show_as_then(page.rows)
    accountable = accountable_cells([task.pk for task in page.rows], day, as_known=True)
    for task in page.rows:
        task.accountable = accountable.get(task.pk)
    return render(request, "tracker/task_list.html", {"form": form, "page": page, "day": day, "is_counted": True})


@reading
def task_page(request: HttpRequest, pk: int) -> HttpResponse:
    """All that is known of one task. At most 47 queries, whatever the number of rows: 4 for the reader and the task,
    32 of the dossier, 3 for the files and successors, 6 for what the reader may do, 1 for the letters that urged it, 1
    for its cascades. An editor is told the units without a part in 4 more."""
    rows = Task.objects.visible_to(request.user)
    task = get_object_or_404(rows.select_related("resolution", "provision", "parent"), pk=pk)
    known = dossier(task, request.user, local_today())
    context = {"task": task, "known": known, "doing": _doing(request.user, task, known)}
    context["urgings"] = of_task(task.pk, request.user)
    context["cascades"] = with_missing(task, local_today()) if context["doing"]["edit"] else of_cascades(task)
    return render(request, "tracker/task_page.html", context)


@reading
def task_explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Why the clocks of a task say what they say, on a day. At most 20 queries: 4 for the reader and the task, 16 of
    the explanation."""
    task = get_object_or_404(Task.objects.visible_to(request.user).select_related("resolution"), pk=pk)
    form, today = ExplainForm(request.GET), local_today()
    day = form.values().get("on", today)
    try:
        rows = explain(task, on=day, today=today)
    except ValueError:
        form.add_error("on", _("The calendar does not reach this day: give one nearer to today."))
        day, rows = today, explain(task, on=today)
    context = {"task": task, "form": form, "day": day, "rows": [row for row in rows if row.explanation]}
    return render(request, "tracker/task_explain.html", context)


@reading
def task_by_code(request: HttpRequest, code: str) -> HttpResponse:
    """Lead from the code that people cite to the page."""
    return redirect("task", pk=get_object_or_404(Task.objects.visible_to(request.user), code=code).pk)


def _may_correct(user: Any, row: Institutionalization) -> bool:
    return row.state != EvidenceState.RETURNED and row.ends_on is None and may(user, "evidence.change", row)


def _doing(user: Any, task: Task, known: Dossier) -> dict[str, Any]:
    """What the reader may do here, each asked of the one place that decides."""
    is_submitted = any(row.state == ReportState.SUBMITTED for row in known.reports)
    is_declared = any(row.awaits_verification for row in known.evidence)
    covers = may(user, "task.cover", task)
    speaks = task.is_open and may(user, "extension.ask", task)
    steers = may(user, "task.suspend", task)
    return {
        "ask": speaks and task.kind == TaskKind.DUTY and known.pending_request is None,
        "obstacle": speaks,
        "suspend": steers and can_decide(task.stage, Stage.SUSPENDED) and task.is_open,
        "withdraw": steers and can_decide(task.stage, Stage.WITHDRAWN) and task.kind != TaskKind.OBJECTIVE,
        "resume": steers and can_decide(task.stage, Stage.ASSIGNED),
        "grant": bool(covers and known.pending_request and may(user, "extension.decide", known.pending_request)),
        "endable": {row.pk for row in known.open_obstacles if covers or may(user, "obstacle.end", row)},
        "report": task.is_open and may(user, "report.write", task),
        "decide": is_submitted and may(user, "review.read"),
        "verify": is_declared and may(user, "review.read"),
        "declare": task.kind != TaskKind.OBJECTIVE and bool(known.levels) and may(user, "evidence.declare", task),
        "correctable": {row.pk for row in known.evidence if _may_correct(user, row)},
        "acknowledge": covers,
        "dispute": task.is_open and may(user, "dispute.raise", task),
        "correct": may(user, "correction.make", task),
        "remark": speaks,
        "edit": may(user, "matrix.edit", task),
        "cascade": task.is_open and may(user, "matrix.edit", task),
    }
