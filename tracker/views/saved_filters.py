"""Filters of the queues that people keep: saved from the page of a queue, renamed, shared and deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.boards.queues import QUEUES
from tracker.errors import Conflict
from tracker.forms.queue_filters import FilterNameForm, filter_of
from tracker.models import SavedFilter
from tracker.policies import may, require
from tracker.services import saved_filters
from tracker.views.attempts import attempt
from tracker.views.doors import acting, writing
from tracker.views.trails import Trail, address_of, address_of_saved, query_of


@acting
def filter_save(request: HttpRequest, queue: str) -> HttpResponse:
    """Keep what the page of a queue was asked for. What was wrong is told on that page."""
    if queue not in QUEUES:
        raise Http404
    require(request.user, QUEUES[queue].action)
    asked = filter_of(QUEUES[queue], query_of(request.POST.get("filter", "")))
    trail = Trail(QUEUES[queue], asked, request.user)
    form = FilterNameForm(request.POST, may_share=may(request.user, "filter.share"))
    if form.is_valid():
        try:
            saved_filters.save(queue, query=asked.asked(), **form.values(), by=request.user, at=clock.now())
        except ValidationError as error:
            form.take(error)
        else:
            messages.success(request, _("Saved. It stands beside the queue under its name."))
    for texts in form.errors.values():
        for text in texts:
            messages.error(request, str(text))
    return redirect(trail.url)


@writing
def filter_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a filter, share it or keep it to oneself."""
    saved = _changeable(request, pk)
    initial = {"name": saved.name, "is_shared": saved.shared_with_id is not None, "version": saved.version}
    may_share = may(request.user, "filter.share")
    form = FilterNameForm(request.POST or None, may_share=may_share, initial=initial)
    status = 200
    if request.method == "POST":
        who: dict[str, Any] = {"by": request.user, "at": clock.now()}
        status = attempt(
            form, lambda: saved_filters.change(saved, **form.values(), version=form.cleaned_data["version"], **who)
        )
        if not status:
            messages.success(request, _("Changed."))
            return redirect(address_of_saved(saved))
    context = {"saved": saved, "form": form, "back": address_of_saved(saved)}
    return render(request, "tracker/filter_form.html", context, status=status)


@acting
def filter_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a filter away."""
    saved = _changeable(request, pk)
    try:
        saved_filters.delete(saved, by=request.user, at=clock.now())
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Deleted."))
    return redirect(address_of(QUEUES[saved.queue]))


def _changeable(request: HttpRequest, pk: int) -> SavedFilter:
    saved: SavedFilter = get_object_or_404(SavedFilter.objects.visible_to(request.user), pk=pk)
    require(request.user, "filter.change", saved)
    return saved
