"""The policies: read by every member, drafted, simulated and applied by the editor."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.boards.policy_page import JOINED, governed, listed, policy_page
from tracker.errors import Conflict
from tracker.forms.policies import ApplyForm, EndForm, GovernedForm, PolicyForm, ScopeForm, initial_of
from tracker.models import Policy, Task
from tracker.models.policies import DEFAULT
from tracker.policies import may, require
from tracker.services import policies
from tracker.services.simulation import simulate
from tracker.views.attempts import attempt
from tracker.views.doors import acting, reading, writing


@reading
def policy_list(request: HttpRequest) -> HttpResponse:
    """All policies, and which of them govern a task. Four queries: session, user, scope, policies; with a task ten
    more."""
    today = clock.local_today()
    form = GovernedForm(request.GET, readable=Task.objects.visible_to(request.user))
    task = form.cleaned_data["task"] if form.is_valid() else None
    context = {
        "form": form,
        "task": task,
        "governed": governed(task, today) if task else [],
        "rows": listed(_readable(request), today),
        "may_edit": may(request.user, "policy.edit"),
    }
    return render(request, "tracker/policy_list.html", context)


@reading
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    """One version with its clocks; a draft with what it would do, where that is asked for. At most 14 queries, and
    those of the simulation."""
    found = get_object_or_404(_readable(request), pk=pk)
    return _page(request, found)


@acting
def policy_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the next version with what this one says."""
    found = get_object_or_404(_readable(request), pk=pk)
    require(request.user, "policy.edit", found)
    fresh, limits, steps = policies.copy_of(found)
    try:
        draft = policies.draft(fresh, limits=limits, steps=steps, by=request.user, at=clock.now())
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("policy", Policy.objects.get(code=found.code, applied_at__isnull=True).pk)
    return redirect("policy_edit", draft.pk)


@writing
def policy_new(request: HttpRequest) -> HttpResponse:
    """Draft a policy for a task, a resolution, or a level with a rank."""
    require(request.user, "policy.edit")
    form = ScopeForm(request.POST or None, today=clock.local_today())
    made: list[Policy] = []
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: made.append(_draft(Policy(**form.facts()), form, request.user)))
        if not status:
            return redirect("policy", made[0].pk)
    return render(request, "tracker/policy_form.html", {"form": form, "policy": None}, status=status)


def _draft(policy: Policy, form: PolicyForm, by: Any) -> Policy:
    return policies.draft(policy, limits=form.limits(), steps=form.steps(), by=by, at=clock.now())


@writing
def policy_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    found = get_object_or_404(_readable(request).filter(applied_at__isnull=True), pk=pk)
    require(request.user, "policy.edit", found)
    form = PolicyForm(request.POST or None, today=clock.local_today(), initial=initial_of(found))
    status = 200
    if request.method == "POST":
        status = attempt(
            form,
            lambda: _rewrite(found, form, request.user),
            lambda: _stored(_readable(request).filter(pk=pk).first(), form),
        )
        if not status:
            messages.success(request, _("Saved. The draft decides nothing until it is applied."))
            return redirect("policy", found.pk)
    return render(request, "tracker/policy_form.html", {"form": form, "policy": found}, status=status)


def _stored(policy: Policy | None, form: PolicyForm) -> dict[str, Any]:
    """What the draft says now; what it does not limit is as empty as in a new form."""
    if policy is None:
        return {}
    empty = {name: field.initial for name, field in form.fields.items()}
    return {**empty, **initial_of(policy), "calendar": policy.calendar_id}


def _rewrite(policy: Policy, form: PolicyForm, by: Any) -> None:
    for name, value in form.facts().items():
        setattr(policy, name, value)
    limits, steps, seen = form.limits(), form.steps(), form.cleaned_data["version"]
    policies.rewrite(policy, limits=limits, steps=steps, by=by, at=clock.now(), revision=seen)


@acting
def policy_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a draft in force from a day, by a document. The workers then let it reach the tasks."""
    found = get_object_or_404(_readable(request), pk=pk)
    require(request.user, "policy.edit", found)
    form = ApplyForm(request.POST, today=clock.local_today())
    status = attempt(
        form,
        lambda: _apply(found, form, request.user),
        lambda: _applied(_readable(request).filter(pk=pk).first()),
    )
    if status:
        return _page(request, get_object_or_404(_readable(request), pk=pk), apply_form=form, status=status)
    messages.success(request, _("Applied. What was late until now stays known as late."))
    return redirect("policy", found.pk)


def _applied(policy: Policy | None) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in ("valid_from", "document_vi", "document_en")} if policy else {}


def _apply(policy: Policy, form: ApplyForm, by: Any) -> None:
    values = form.values("version")
    policies.apply(policy, **values, by=by, at=clock.now(), revision=form.cleaned_data["version"])


@acting
def policy_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a draft."""
    found = get_object_or_404(_readable(request), pk=pk)
    require(request.user, "policy.edit", found)
    try:
        policies.discard(found, by=request.user, at=clock.now())
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("policy_list")
    messages.success(request, _("The draft was discarded."))
    return redirect("policy_list")


@acting
def policy_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a policy of a scope; the next less specific one then governs what it governed."""
    found = get_object_or_404(_readable(request), pk=pk)
    require(request.user, "policy.edit", found)
    form = EndForm(request.POST, today=clock.local_today())
    status = attempt(form, lambda: policies.end(found, **form.values(), by=request.user, at=clock.now()))
    if status:
        return _page(request, get_object_or_404(_readable(request), pk=pk), end_form=form, status=status)
    messages.success(request, _("Ended on that day."))
    return redirect("policy", found.pk)


def _readable(request: HttpRequest) -> Any:
    """Every member reads what is or was in force; drafts are for those who look after the whole."""
    rows = Policy.objects.visible_to(request.user).select_related(*JOINED, "author")
    return rows if may(request.user, "overview.read") else rows.applied()


def _page(
    request: HttpRequest,
    found: Policy,
    *,
    apply_form: ApplyForm | None = None,
    end_form: EndForm | None = None,
    status: int = 200,
) -> HttpResponse:
    today = clock.local_today()
    is_draft, may_edit = found.applied_at is None, may(request.user, "policy.edit")
    is_simulated = is_draft and "simulate" in request.GET
    day = max(found.valid_from or today, today)
    initial = {"valid_from": day, "version": found.revision}
    initial = {**_applied(found), **initial}
    may_end = may_edit and not is_draft and found.code != DEFAULT and found.valid_to is None
    context = {
        "board": policy_page(found, _readable(request).filter(code=found.code)),
        "policy": found,
        "is_draft": is_draft,
        "simulation": simulate(found, on=day) if is_simulated else None,
        "may_edit": may_edit,
        "apply_form": apply_form or ApplyForm(today=today, initial=initial) if is_draft and may_edit else None,
        "end_form": end_form or EndForm(today=today) if may_end else None,
    }
    return render(request, "tracker/policy.html", context, status=status)
