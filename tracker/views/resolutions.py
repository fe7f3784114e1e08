"""The register of resolutions and the page of one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tracker.boards.documents import document, shares
from tracker.boards.words import matching
from tracker.clock import local_today
from tracker.forms.registers import SearchForm
from tracker.models import Resolution
from tracker.views.doors import reading
from tracker.views.paging import page_of


@reading
def resolution_list(request: HttpRequest) -> HttpResponse:
    """All documents that set tasks, newest first. Five queries: session, user, scope, documents, their shares."""
    form = SearchForm(request.GET)
    rows = Resolution.objects.visible_to(request.user).select_related("issuer")
    page = page_of(matching(rows, form.cleaned_data["q"]) if form.is_valid() else rows.none(), request)
    found = shares(request.user, page.rows)
    for row in page.rows:
        row.done, row.whole = found.get(row.pk, (0, 0))
    return render(request, "tracker/resolution_list.html", {"form": form, "page": page})


@reading
def resolution_page(request: HttpRequest, code: str) -> HttpResponse:
    """One document with its tree of provisions. Ten queries: session, user, scope, the document, six of the board."""
    rows = Resolution.objects.visible_to(request.user).select_related("issuer")
    resolution = get_object_or_404(rows, code=code)
    known = document(resolution, request.user, local_today())
    return render(request, "tracker/resolution_page.html", {"resolution": resolution, "known": known})
