"""Urging letters: previewed and issued by the commission, read and downloaded by those whom they concern."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext

from tracker import clock
from tracker.boards import urging as board
from tracker.errors import Conflict
from tracker.exchange.letters import as_docx
from tracker.forms.urgings import UrgingFilter, UrgingForm, flag_ids
from tracker.models import Body, Flag, Urging
from tracker.policies import may, require
from tracker.services import urgings
from tracker.services.urgings import Preview
from tracker.views.doors import reading, writing
from tracker.views.files import SANDBOX
from tracker.views.paging import page_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DAYS_TO_ANSWER = 5


@writing
def urging_new(request: HttpRequest) -> HttpResponse:
    """Show the letters that the chosen flags would make, and issue them. 14 queries to show, whatever the number of
    flags: three for the reader, five of the preview, and what the form is filled with."""
    require(request.user, "urging.issue")
    ids = flag_ids(request.POST.getlist("flag") or request.GET.getlist("flag"))
    flags = Flag.objects.visible_to(request.user).filter(pk__in=ids)
    found = urgings.preview(flags, day=clock.local_today(), by=request.user)
    form = UrgingForm(request.POST or None, initial=_initial(request, found))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            issued = urgings.issue(flags, render=as_docx, by=request.user, at=clock.now(), **form.cleaned_data)
        except ValidationError as error:
            _take(form, error)
        except Conflict as error:
            form.add_error(None, error.message)
            status = 409
        else:
            return _told(request, issued)
    return render(request, "tracker/urging_new.html", {"form": form, "found": found}, status=status)


def _initial(request: HttpRequest, found: Preview) -> dict[str, Any]:
    """What the form is filled with: the head of the commission signs, five working days to answer."""
    if not found.drafts:
        return {}
    today = clock.local_today()
    sender = Body.objects.get(pk=found.sender_id)
    signer = board.signer_of(sender, today)
    first = next(iter(found.drafts[0].flags.values()))[0].flag
    return {
        "answer_by": board.working_day_after(first.calendar_version_id, today, DAYS_TO_ANSWER),
        "place": board.place_of(sender),
        "signer_title": signer.title,
        "signer_name": signer.name,
    }


def _take(form: UrgingForm, error: ValidationError) -> None:
    """Show each error of the service beside its field, on top where the form has none."""
    for name, texts in error.message_dict.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)


def _told(request: HttpRequest, issued: list[Urging]) -> HttpResponse:
    numbers = ", ".join(letter.content["symbol"] for letter in issued)
    text = ngettext("Issued: letter %(numbers)s.", "Issued: letters %(numbers)s.", len(issued))
    messages.success(request, text % {"numbers": numbers})
    return redirect("urging", issued[0].pk) if len(issued) == 1 else redirect("urging_list")


@reading
def urging_list(request: HttpRequest) -> HttpResponse:
    """The letters, the latest first. Five queries: session, user, scope, the bodies to choose from, the letters."""
    today = clock.local_today()
    form = UrgingFilter(request.GET, user=request.user)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = board.letters(request.user, day=today, **wanted)
    rows = rows if form.is_valid() else rows.none()
    context = {"form": form, "page": page_of(rows, request), "may_issue": may(request.user, "urging.issue")}
    return render(request, "tracker/urging_list.html", context)


@reading
def urging(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter as it was sent, and the answers since. Five queries: session, user, scope, the letter, its tasks."""
    rows = Urging.objects.visible_to(request.user).select_related("sender", "body", "by").defer("document")
    letter = get_object_or_404(rows, pk=pk)
    return render(request, "tracker/urging_page.html", {"letter": letter, "items": board.answers(letter)})


@reading
def urging_document(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter as it was sent, to the byte. Four queries: session, user, scope, the letter."""
    return document_of(get_object_or_404(Urging.objects.visible_to(request.user), pk=pk))


def document_of(letter: Urging) -> HttpResponse:
    """Return the file of a letter as a download, never shown in the page."""
    name = f"{letter.content['symbol'].replace('/', '_')}.docx"
    response = HttpResponse(bytes(letter.document), content_type=DOCX)
    response["Content-Disposition"] = f'attachment; filename="{_plain(name)}"'
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _plain(name: str) -> str:
    """A name that needs no quoting in a header: codes of bodies are what an editor typed."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in name)
