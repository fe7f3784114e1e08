"""Evidence: declared and corrected by the body, put together by the commission. It is decided on in `review`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.boards.dossier import parts_at
from tracker.choices import Level
from tracker.forms.decisions import renew
from tracker.forms.evidence import EvidenceChangeForm, EvidenceForm, JointForm, instruments_offered
from tracker.models import Body, Institutionalization, Task
from tracker.policies import reporting_body_ids, require
from tracker.services import institutionalizations, joint_coverages
from tracker.services.staleness import hash_of
from tracker.views.attempts import attempt
from tracker.views.doors import writing


@writing
def evidence_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare an instrument for a task, without a progress report."""
    task = get_object_or_404(_tasks(request), pk=pk)
    require(request.user, "evidence.declare", task)
    body = Body.objects.get(pk=reporting_body_ids(request.user, task)[0])
    form = EvidenceForm(request.POST or None, task=task, today=clock.local_today())
    status = 200
    if request.method == "POST":
        who: dict[str, Any] = {"body": body, "by": request.user, "at": clock.now()}
        status = attempt(form, lambda: institutionalizations.declare(task, **form.values(), **who))
        if not status:
            messages.success(request, _("Declared. It counts once the commission has verified it."))
            return redirect("task", task.pk)
    context = {"form": form, "task": task, "body": body, "instruments": instruments_offered()}
    return render(request, "tracker/evidence_form.html", context, status=status)


@writing
def evidence_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct articles or coverage. A verification that saw something else is stale from then on."""
    rows = Institutionalization.objects.visible_to(request.user)
    evidence = get_object_or_404(rows.select_related("task__resolution__issuer", "instrument", "body"), pk=pk)
    require(request.user, "evidence.change", evidence)
    names = ("articles", "coverage", "version")
    initial = {name: getattr(evidence, name) for name in names}
    form = EvidenceChangeForm(request.POST or None, initial=initial, today=clock.local_today())
    status = 200
    if request.method == "POST":
        who: dict[str, Any] = {"by": request.user, "at": clock.now()}
        status = attempt(form, lambda: institutionalizations.change(evidence, **form.values(), **who))
        if not status:
            messages.success(request, _("Corrected. The commission sees what has changed."))
            return redirect("task", evidence.task_id)
    context = {"form": form, "task": evidence.task, "evidence": rows.get(pk=pk), "body": evidence.body}
    return render(request, "tracker/evidence_form.html", context, status=status)


@writing
def evidence_joint(request: HttpRequest, pk: int, level: str) -> HttpResponse:
    """Decide whether several pieces of evidence in part make the whole at one level."""
    task = get_object_or_404(_tasks(request), pk=pk)
    require(request.user, "task.cover", task)
    if level not in Level:
        raise Http404
    offered = [(row, hash_of(row)) for row in parts_at(task, level)]
    form = JointForm(request.POST or None, offered=offered)
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: _join(task, level, form, by=request.user, at=clock.now()))
        if not status:
            messages.success(request, _("Decided. Together they cover the task at this level."))
            return redirect("task", task.pk)
        if status == 409:
            renew(form, "seen", form.initial["seen"])
    context = {"form": form, "task": task, "level": Level(level), "parts": [row for row, _hash in offered]}
    return render(request, "tracker/evidence_joint.html", context, status=status)


def _join(task: Task, level: str, form: JointForm, **who: Any) -> None:
    note, seen = form.cleaned_data["note"], form.seen_hash(level)
    joint_coverages.decide(task, level, form.chosen(), note=note, seen=seen, **who)


def _tasks(request: HttpRequest) -> Any:
    return Task.objects.visible_to(request.user).select_related("resolution__issuer")
