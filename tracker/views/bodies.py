"""The register of bodies and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker.boards.body_page import body_page as page_of_body
from tracker.boards.body_page import open_accountable
from tracker.boards.urging import letters
from tracker.boards.words import matching
from tracker.choices import BodyKind, Level
from tracker.clock import local_today, now
from tracker.forms.registers import BodyFilter
from tracker.forms.reports import SubmissionForm, submission_of
from tracker.models import Body
from tracker.policies import may, require
from tracker.services import bodies
from tracker.views.attempts import attempt
from tracker.views.doors import reading, writing
from tracker.views.paging import page_of


def _place(field: str, codes: list[str]) -> Any:
    """The place of a code in its list, to sort by."""
    whens = [When(**{field: code}, then=Value(place)) for place, code in enumerate(codes)]
    return Case(*whens, default=Value(len(codes)), output_field=IntegerField())


@reading
def body_list(request: HttpRequest) -> HttpResponse:
    """Bodies by level and kind. Five queries: session, user, scope, bodies, the tasks that they answer for."""
    today = local_today()
    form = BodyFilter(request.GET)
    rows = Body.objects.visible_to(request.user)
    rows = _filtered(rows, form.cleaned_data, today) if form.is_valid() else rows.none()
    in_order = rows.select_related("parent").order_by(
        _place("level", Level.values), _place("kind", BodyKind.values), "name_sort", "pk"
    )
    page = page_of(in_order, request, size=100)
    waiting = open_accountable(request.user, page.rows, today)
    for row in page.rows:
        row.open_tasks = waiting.get(row.pk, 0)
    return render(request, "tracker/body_list.html", {"form": form, "page": page})


def _filtered(rows: Any, cleaned: dict[str, Any], today: Any) -> Any:
    rows = matching(rows, cleaned["q"])
    rows = rows.filter(**{name: cleaned[name] for name in ("level", "kind") if cleaned[name]})
    if cleaned["state"] == "now":
        return rows.valid_on(today)
    return rows.filter(valid_to__lte=today) if cleaned["state"] == "ended" else rows


@reading
def body_page(request: HttpRequest, code: str) -> HttpResponse:
    """One body. At most 20 queries, whatever the number of rows: session, user, scope, the body, 15 of the board,
    the letters that urged it."""
    body = get_object_or_404(Body.objects.visible_to(request.user).select_related("parent"), code=code)
    known = page_of_body(body, request.user, local_today())
    urgings = page_of(letters(request.user, body=body.code, day=local_today()), request, size=20)
    context = {"body": body, "known": known, "urgings": urgings}
    context["may_set_submission"] = may(request.user, "body.set_submission", body)
    return render(request, "tracker/body_page.html", context)


@writing
def body_submission(request: HttpRequest, code: str) -> HttpResponse:
    """Say whether specialists submit the reports of the body, or its leader alone."""
    body = get_object_or_404(Body.objects.visible_to(request.user), code=code)
    require(request.user, "body.set_submission", body)
    form = SubmissionForm(request.POST or None, initial=submission_of(body), today=local_today())
    status = 200
    if request.method == "POST":
        status = attempt(
            form,
            lambda: bodies.set_submission(body, **form.values(), by=request.user, at=now()),
            lambda: submission_of(Body.objects.get(pk=body.pk)),
        )
        if not status:
            messages.success(request, _("Saved. It holds for drafts that are not submitted yet, too."))
            return redirect("body", body.code)
    return render(request, "tracker/body_submission.html", {"body": body, "form": form}, status=status)
