"""Calendars of working days: read by members, kept by the editor, who drafts versions and puts them in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracker import clock
from tracker.boards.calendar_page import changes_of, rows_on, year_of
from tracker.errors import Conflict
from tracker.forms.calendars import ApplyForm, DayForm, DayListForm, DraftForm, LocalCalendarForm, YearFilter
from tracker.forms.requests import OFFERED
from tracker.models import Body, Calendar, CalendarVersion, DayOff
from tracker.policies import may, require
from tracker.services import calendars, days_off
from tracker.templatetags.tracker import day as told
from tracker.views.attempts import attempt
from tracker.views.doors import acting, reading, writing


@reading
def calendar_list(request: HttpRequest) -> HttpResponse:
    """All calendars with what counts today. Five queries: session, user, scope, calendars, their versions."""
    rows = rows_on(Calendar.objects.visible_to(request.user), clock.local_today())
    context = {"rows": rows, "may_edit": may(request.user, "policy.edit")}
    return render(request, "tracker/calendar_list.html", context)


@writing
def calendar_new(request: HttpRequest) -> HttpResponse:
    """Enter the calendar of a province. Five queries to show: session, user, scope, national calendars, bodies."""
    require(request.user, "policy.edit")
    today = clock.local_today()
    nationals = list(Calendar.objects.visible_to(request.user).filter(base=None))
    form = LocalCalendarForm(request.POST or None, today=today, nationals=nationals)
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: _enter(form, by=request.user, at=clock.now()))
        if not status:
            messages.success(request, _("Entered. Now add its days; it counts once its draft is applied."))
            return redirect("calendar_draft", form.cleaned_data["code"])
    bodies = Body.objects.visible_to(request.user).valid_on(today).order_by("level", "name_sort")[:OFFERED]
    return render(request, "tracker/calendar_new.html", {"form": form, "bodies": bodies}, status=status)


def _enter(form: LocalCalendarForm, **who: Any) -> CalendarVersion:
    return calendars.enter_local(Calendar(**form.values()), **who)


@reading
def calendar(request: HttpRequest, code: str) -> HttpResponse:
    """One calendar: its versions, and a year of one of them. Seven queries: session, user, scope, the calendar, its
    versions, the days, the edits; two more for a local calendar."""
    found = get_object_or_404(_readable(request), code=code)
    today = clock.local_today()
    versions = _versions_of(found)
    applied = [row for row in versions if row.applied_at]
    context: dict[str, Any] = {
        "calendar": found,
        "versions": applied,
        "draft": next((row for row in versions if not row.applied_at), None),
        "may_edit": may(request.user, "policy.edit"),
    }
    if applied:
        current = next((row for row in applied if row.valid_from <= today), applied[-1])
        context |= _year(YearFilter(request.GET, versions=applied, current=current, today=today))
    return render(request, "tracker/calendar_page.html", context)


def _readable(request: HttpRequest) -> Any:
    return Calendar.objects.visible_to(request.user).select_related("base", "body")


def _year(form: YearFilter) -> dict[str, Any]:
    shown = form.shown()
    if shown is None:
        return {"form": form}
    version, number = shown
    return {"form": form, "shown": version, "year": year_of(version, number, on=clock.local_today())}


@acting
def calendar_draft_begin(request: HttpRequest, code: str) -> HttpResponse:
    """Begin the next version of a calendar. Where somebody else was quicker, theirs is shown."""
    found = get_object_or_404(_readable(request), code=code)
    require(request.user, "policy.edit", found)
    try:
        calendars.draft(found, by=request.user, at=clock.now())
    except Conflict as error:
        messages.warning(request, error.message)
    return redirect("calendar_draft", code)


@reading
def calendar_draft(request: HttpRequest, code: str) -> HttpResponse:
    """The draft of a calendar, what it would change, and for the editor its forms. Ten queries: session, user, scope,
    the calendar, its versions, the edits of the year, all of them, the days and edits of the version before; four
    more for a local calendar."""
    found = get_object_or_404(_readable(request), code=code)
    draft = _draft_of(found)
    return _draft_page(request, draft) if draft else _gone(request, found)


Change = Callable[..., HttpResponse]


def changing(change: Change) -> Any:
    """A change of the draft of a calendar, sent by the editor; without a draft they are told so."""

    @acting
    @wraps(change)
    def view(request: HttpRequest, code: str, **more: Any) -> HttpResponse:
        found = get_object_or_404(_readable(request), code=code)
        require(request.user, "policy.edit", found)
        draft = _draft_of(found)
        return change(request, draft, **more) if draft else _gone(request, found)

    return view


@changing
def calendar_day_add(request: HttpRequest, draft: CalendarVersion) -> HttpResponse:
    """Add a day off or a make-up working day."""
    form = DayForm(request.POST, auto_id="day_%s", today=clock.local_today())
    status = attempt(form, lambda: days_off.add(draft, **form.values(), **_who(request)), lambda: _stored(draft, form))
    if status:
        return _refused(request, draft, status, day_form=form)
    messages.success(request, _("Added: %(day)s.") % {"day": told(form.cleaned_data["day"])})
    return _back(draft, form.cleaned_data["day"].year)


def _stored(draft: CalendarVersion, form: DayForm) -> dict[str, Any]:
    """What the draft says of that day by now, if anything."""
    edit = draft.days_off.filter(day=form.cleaned_data["day"]).first()
    return {name: getattr(edit, name) for name in ("kind", "name_vi", "name_en", "document")} if edit else {}


@changing
def calendar_day_remove(request: HttpRequest, draft: CalendarVersion, pk: int) -> HttpResponse:
    """Take a day out."""
    edit = get_object_or_404(draft.days_off, pk=pk)
    edit.calendar = draft
    form = DraftForm(request.POST, auto_id="remove_%s", today=clock.local_today())
    status = attempt(form, lambda: days_off.remove(edit, **form.values(), **_who(request)))
    if status:
        return _refused(request, draft, status, remove_form=form)
    messages.success(request, _("Removed: %(day)s.") % {"day": told(edit.day)})
    return _back(draft, edit.day.year)


@changing
def calendar_import(request: HttpRequest, draft: CalendarVersion) -> HttpResponse:
    """Take in the days of a CSV file, all or none."""
    form = DayListForm(request.POST, request.FILES, auto_id="list_%s", today=clock.local_today())
    made: list[DayOff] = []
    status = attempt(
        form, lambda: made.extend(days_off.add_list(draft, form.content(), **form.values("file"), **_who(request)))
    )
    if status:
        return _refused(request, draft, status, list_form=form)
    text = ngettext("Taken in: %(number)d day.", "Taken in: %(number)d days.", len(made))
    messages.success(request, text % {"number": len(made)})
    return _back(draft, made[0].day.year)


@changing
def calendar_apply(request: HttpRequest, draft: CalendarVersion) -> HttpResponse:
    """Put the draft in force from a day on."""
    form = ApplyForm(request.POST, auto_id="apply_%s", today=clock.local_today())
    status = attempt(form, lambda: calendars.apply(draft, **form.values(), **_who(request)))
    if status:
        return _refused(request, draft, status, apply_form=form)
    day = {"day": told(form.cleaned_data["valid_from"])}
    messages.success(request, _("Applied. It holds from %(day)s; all open tasks are counted anew on that day.") % day)
    return redirect("calendar", draft.calendar.code)


@changing
def calendar_discard(request: HttpRequest, draft: CalendarVersion) -> HttpResponse:
    """Delete the draft."""
    form = DraftForm(request.POST, auto_id="discard_%s", today=clock.local_today())
    status = attempt(form, lambda: calendars.discard(draft, **form.values(), **_who(request)))
    if status:
        return _refused(request, draft, status, discard_form=form)
    messages.success(request, _("Discarded. The calendar stays as it is."))
    return redirect("calendar", draft.calendar.code)


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "at": clock.now()}


def _versions_of(found: Calendar) -> list[Any]:
    """The versions of a calendar, the latest first. One query."""
    versions = list(found.versions.select_related("author").order_by("-valid_from", "-number"))
    for row in versions:
        row.calendar = found
    return versions


def _draft_of(found: Calendar) -> CalendarVersion | None:
    return next((row for row in _versions_of(found) if not row.applied_at), None)


def _gone(request: HttpRequest, found: Calendar) -> HttpResponse:
    messages.warning(request, _("This calendar has no draft: it was applied or discarded."))
    return redirect("calendar", found.code)


def _back(draft: CalendarVersion, year: int) -> HttpResponse:
    return redirect(f"{reverse('calendar_draft', args=[draft.calendar.code])}?year={year}#main")


def _refused(request: HttpRequest, draft: CalendarVersion, status: int, **forms: DraftForm) -> HttpResponse:
    """Show the draft as it is now, with the form that was sent and what stood against it."""
    fresh = _draft_of(draft.calendar)
    if fresh is None:
        return _gone(request, draft.calendar)
    return _draft_page(request, fresh, status=status, **forms)


def _draft_page(request: HttpRequest, draft: CalendarVersion, *, status: int = 200, **sent: DraftForm) -> HttpResponse:
    today = clock.local_today()
    before = calendars.last_applied(draft.calendar)
    form = YearFilter(request.GET, versions=[draft], current=draft, today=today)
    context = {
        **_forms(draft, today),
        **_year(form),
        **sent,
        "calendar": draft.calendar,
        "draft": draft,
        "before": before,
        "changes": changes_of(draft, before, on=today),
        "may_edit": may(request.user, "policy.edit"),
    }
    return render(request, "tracker/calendar_draft.html", context, status=status)


def _forms(draft: CalendarVersion, today: date) -> dict[str, DraftForm]:
    kinds = {"day": DayForm, "list": DayListForm, "apply": ApplyForm, "discard": DraftForm, "remove": DraftForm}
    initial = {"version": draft.version}
    return {f"{name}_form": kind(auto_id=f"{name}_%s", initial=initial, today=today) for name, kind in kinds.items()}
