"""The history of an object, a body, a person; what an object was on a day; the published heads."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tracker.boards import trail
from tracker.clock import local_today
from tracker.forms.history import TrailFilter, ValuesForm
from tracker.models import Body, Cadre, Instrument, Task
from tracker.views.doors import reading
from tracker.views.paging import page_of

# Objects with a page of their own: who reads it reads that nothing has happened, too.
WITH_PAGES: dict[str, Any] = {"task": Task, "instrument": Instrument}
LONGEST_KEY = 40


@reading
def history_object(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """What happened to one object. Five queries: session, user, scope, the object, events."""
    found = _object(request, kind, key)
    place = {"about": found or f"{kind} {key}", "kind": kind, "key": key}
    return _trail(request, trail.of_object(request.user, kind, key), place)


@reading
def history_body(request: HttpRequest, code: str) -> HttpResponse:
    """What happened to a body and its tasks. Five queries: session, user, scope, the body, events."""
    found = get_object_or_404(Body.objects.visible_to(request.user), code=code)
    return _trail(request, trail.of_body(request.user, found), {"about": found, "body": found})


@reading
def history_cadre(request: HttpRequest, code: str) -> HttpResponse:
    """What a person did. Five queries: session, user, scope, the person, events."""
    found = get_object_or_404(Cadre.objects.visible_to(request.user), code=code)
    return _trail(request, trail.of_cadre(request.user, found), {"about": found, "cadre": found})


@reading
def history_values(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """What an object was on a day or after an event, or what changed between two.

    Five queries: session, user, scope, object, events; one more for the last number where numbers are given.
    """
    found = _object(request, kind, key)
    form = ValuesForm(request.GET, today=local_today(), head=trail.last_number)
    context = {"form": form, "about": found or f"{kind} {key}", "kind": kind, "key": key}
    if form.is_valid():
        moments: dict[str, Any] = form.moments()
        context |= {**moments, "known": trail.known(request.user, kind, key, **moments)}
    return render(request, "tracker/history_values.html", context)


@reading
def history_heads(request: HttpRequest) -> HttpResponse:
    """The published heads, for everybody who is signed in. At most four queries: session, user, scope, heads."""
    return render(request, "tracker/history_heads.html", {"page": page_of(trail.heads(), request)})


def _object(request: HttpRequest, kind: str, key: str) -> Any:
    """Return the row of an object with a page, None for another one of which there is an event; else 404. One query."""
    if len(key) > LONGEST_KEY:
        raise Http404
    if kind in WITH_PAGES:
        pk = _number(key)
        if pk is None or key != str(pk):
            raise Http404
        return get_object_or_404(WITH_PAGES[kind].objects.visible_to(request.user), pk=pk)
    if not trail.of_object(request.user, kind, key).exists():
        raise Http404
    return None


def _trail(request: HttpRequest, rows: Any, place: dict[str, Any]) -> HttpResponse:
    form = TrailFilter(request.GET)
    page = trail.page(form.rows_of(rows), before=_number(request.GET.get("before", "")))
    return render(request, "tracker/history.html", {**place, "form": form, "page": page})


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
