"""Search over all registers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tracker.boards.search import search
from tracker.clock import local_today
from tracker.forms.registers import SearchForm
from tracker.views.doors import reading


@reading
def search_page(request: HttpRequest) -> HttpResponse:
    """What the words name, grouped by noun. At most ten queries: session, user, scope, seven of the board."""
    form = SearchForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    found = search(request.user, text, local_today())
    return render(request, "tracker/search.html", {"form": form, "text": text, "found": found})
