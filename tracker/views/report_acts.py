"""The buttons of a progress report: submitted or handed on as it stands, given back, asked about and answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from tracker import clock
from tracker.errors import Conflict
from tracker.forms.decisions import DecisionForm
from tracker.forms.reports import AnswerForm, GiveBackForm, QuestionForm
from tracker.forms.requests import TodayForm
from tracker.models import ProgressReport
from tracker.policies import require
from tracker.services import questions, reports
from tracker.views.attempts import attempt
from tracker.views.doors import acting
from tracker.views.reports import HANDED, SUBMITTED, readable, report_page


@acting
def report_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a draft to the commission as it stands."""
    return _passed_on(request, pk, reports.submit, SUBMITTED)


@acting
def report_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a draft to the leader of the body as it stands."""
    return _passed_on(request, pk, reports.hand_to_leader, HANDED)


def _passed_on(request: HttpRequest, pk: int, act: Callable[..., Any], said: Any) -> HttpResponse:
    found = get_object_or_404(readable(request), pk=pk)
    try:
        act(found, by=request.user, at=clock.now(), version=_version(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("report_edit", found.pk)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("report", found.pk)


@acting
def report_give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a draft back to whoever wrote it, as the leader of the body."""
    form = GiveBackForm(request.POST, today=clock.local_today(), auto_id="back_%s")
    said = _("Given back. Whoever wrote it sees your note on their desk.")
    return _sent(request, pk, "report.give_back", "giving_back", form, reports.give_back, said)


@acting
def report_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask something about a report before deciding on it."""
    form = QuestionForm(request.POST, today=clock.local_today(), auto_id="ask_%s")
    said = _("Asked. The body has the ball until it answers.")
    return _sent(request, pk, "report.decide", "asking", form, questions.ask, said)


@acting
def report_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer what the commission has asked."""
    form = AnswerForm(request.POST, today=clock.local_today(), auto_id="answer_%s")
    said = _("Answered. The commission has the ball again.")
    return _sent(request, pk, "report.answer", "answering", form, questions.answer, said)


def _sent(
    request: HttpRequest, pk: int, action: str, name: str, form: TodayForm, act: Callable[..., Any], said: str
) -> HttpResponse:
    """Act with the form; else show the page of the report again, with what was typed and what stood against it."""
    found: ProgressReport = get_object_or_404(readable(request), pk=pk)
    require(request.user, action, found)
    status = attempt(form, lambda: act(found, **form.values(), by=request.user, at=clock.now()))
    if status:
        found = readable(request).get(pk=pk)
        decision = DecisionForm(initial={"seen": found.version})
        return report_page(request, found, decision, status=status, **{name: form})
    messages.success(request, said)
    return redirect("report", found.pk)


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
