"""A task given to many units: the form with its preview, and each cascade with the units that lack a part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracker import clock
from tracker.boards.cascade_plan import Plan
from tracker.boards.cascades import missing
from tracker.choices import PartRole
from tracker.errors import Conflict
from tracker.forms.cascades import CascadeForm, LackingForm, first_choices
from tracker.forms.decisions import renew
from tracker.forms.requests import OFFERED
from tracker.models import Body, Cascade, Task
from tracker.policies import may, require
from tracker.services import cascades
from tracker.views.attempts import attempt
from tracker.views.doors import writing

SHOWN = 50


@writing
def cascade_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose to whom a task is given, look at what that would do, and do it. At most 40 queries to look."""
    task = get_object_or_404(
        Task.objects.visible_to(request.user).select_related("resolution__issuer").prefetch_related("levels"), pk=pk
    )
    require(request.user, "matrix.edit", task)
    today = clock.local_today()
    form = CascadeForm(request.POST or None, today=today, initial=first_choices(task, today))
    status, plan = 200, None
    if request.method == "POST":
        if request.POST.get("act") == "give":
            status = attempt(form, lambda: _give(form, task, request.user))
            if not status:
                messages.success(request, _("Given. Each unit has its own task with its own deadline and status."))
                return redirect("task", task.pk)
        status, plan = (status or 200), _look(form, task, request.user)
    bodies = Body.objects.visible_to(request.user).valid_on(today).order_by("level", "name_sort")[:OFFERED]
    context = {"form": form, "task": task, "plan": plan, "bodies": bodies, "shown": f":{SHOWN}"}
    context["lacking_roles"] = [(PartRole(role).label, count) for role, count in plan.lacking.items()] if plan else []
    return render(request, "tracker/cascade_form.html", context, status=status)


def _named(form: CascadeForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("listed", "left_out")}


def _give(form: CascadeForm, task: Task, user: Any) -> None:
    seal = form.cleaned_data["seal"]
    if not seal:
        raise Conflict(_("Look at what it would do first."))
    version = form.cleaned_data["version"]
    who = {"by": user, "at": clock.now()}
    cascades.give(form.cascade(task), **_named(form), seal=seal, version=version, **who)


def _look(form: CascadeForm, task: Task, user: Any) -> Plan | None:
    """What the form would do; the next act is bound to it. None where something stands against it."""
    if any(name != "__all__" for name in form.errors) or not form.cleaned_data:
        return None
    found: list[Plan] = []

    def look() -> None:
        found.append(cascades.preview(form.cascade(task), **_named(form), by=user, at=clock.now()))

    attempt(form, look) if not form.errors else look()
    if found:
        renew(form, "seal", found[0].seal)
    return found[0] if found else None


@writing
def cascade(request: HttpRequest, pk: int) -> HttpResponse:
    """What a cascade said, and the units without a part: to be given one or left out. At most 16 queries to read."""
    rows = Cascade.objects.visible_to(request.user).select_related("task__resolution__issuer", "below", "by")
    row = get_object_or_404(rows, pk=pk)
    if request.method == "POST":
        require(request.user, "matrix.edit", row.task)
    today = clock.local_today()
    lacking = missing([row] if row.task.is_open else [], today).get(row.pk)
    form = LackingForm(
        request.POST or None,
        today=today,
        lacking=lacking.every if lacking else [],
        initial={"version": row.version, "joining": row.joining},
    )
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: _act(request, form, row))
        if not status:
            return redirect("cascade", row.pk)
    context = {"form": form, "row": row, "task": row.task, "lacking": lacking, "roles": row.role_labels}
    context["may_edit"] = row.task.is_open and may(request.user, "matrix.edit", row.task)
    return render(request, "tracker/cascade_page.html", context, status=status)


def _act(request: HttpRequest, form: LackingForm, row: Cascade) -> None:
    acts: dict[str, Callable[..., str]] = {"all": _add_all, "chosen": _add, "leave_out": _leave_out}
    act = acts.get(request.POST.get("act", ""), _set_joining)
    who = {"by": request.user, "at": clock.now(), "version": form.cleaned_data["version"]}
    messages.success(request, act(row, form.cleaned_data, who))


def _add_all(row: Cascade, data: dict[str, Any], who: dict[str, Any]) -> str:
    return _added(cascades.add(row, due_on=data["due_on"], **who))


def _add(row: Cascade, data: dict[str, Any], who: dict[str, Any]) -> str:
    return _added(cascades.add(row, units=data["units"], due_on=data["due_on"], **who))


def _added(count: int) -> str:
    return ngettext("%(count)d unit has its part now.", "%(count)d units have their part now.", count) % {
        "count": count
    }


def _leave_out(row: Cascade, data: dict[str, Any], who: dict[str, Any]) -> str:
    cascades.leave_out(row, data["units"], **who)
    return _("Left out: nobody is asked about these units any more.")


def _set_joining(row: Cascade, data: dict[str, Any], who: dict[str, Any]) -> str:
    cascades.set_joining(row, data["joining"] or row.joining, **who)
    return _("Saved.")
