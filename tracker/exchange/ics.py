"""Deadlines as a calendar that calendar programs follow. Source: RFC 5545, RFC 7986."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from tracker.choices import Stage
from tracker.exchange.paper import NO_XML
from tracker.models import Task

EVERY = timedelta(hours=6)
"""How often a program is asked to look again."""


def as_ics(tasks: Iterable[Task]) -> bytes:
    """Return the deadlines of `tasks` in the active language: for each an event of a whole day.

    Each has due (its deadline), changed_at and body_name (who answers for it, or None) beside its fields. The same
    tasks give the same bytes. A withdrawn task is a cancelled event: one left out would stay in some programs.
    """
    calendar = Calendar()
    for name, value in _head().items():
        calendar.add(name, value)
    for task in tasks:
        calendar.add_component(_event(task))
    text: bytes = calendar.to_ical()
    return text


def _head() -> dict[str, Any]:
    title = _("Deadlines of tasks")
    return {
        "prodid": f"-//Resolution Tracker//{(get_language() or 'vi').upper()}",
        "version": "2.0",
        "calscale": "GREGORIAN",
        "method": "PUBLISH",
        "name": title,
        "x-wr-calname": title,
        "refresh-interval": EVERY,
        "x-published-ttl": "PT6H",
    }


def _event(task: Any) -> Event:
    event = Event()
    for name, value in _facts(task).items():
        event.add(name, value)
    return event


def _facts(task: Any) -> dict[str, Any]:
    site = settings.SITE_URL.rstrip("/")
    is_withdrawn = task.stage == Stage.WITHDRAWN
    return {
        "uid": f"task-{task.pk}@{urlsplit(site).hostname}",
        "sequence": task.version,
        "dtstamp": task.changed_at,
        "last-modified": task.changed_at,
        "dtstart": task.due,
        "dtend": task.due + timedelta(days=1),
        "summary": _plain(f"{task.code} · {task.title}"),
        "description": _plain("\n".join(_lines(task))),
        "url": f"{site}{reverse('task', args=[task.pk])}",
        "status": "CANCELLED" if is_withdrawn else "CONFIRMED",
        "transp": "TRANSPARENT",
        "categories": [_plain(task.resolution.code)],
    }


def _lines(task: Any) -> list[str]:
    found = [_("Stage: %(stage)s") % {"stage": task.get_stage_display()}]
    if task.body_name:
        found.append(_("Accountable: %(body)s") % {"body": task.body_name})
    if task.due_text:
        found.append(_("Deadline as written: %(text)s") % {"text": task.due_text})
    if task.extension_count:
        found.append(_extended(task))
    if task.done_on:
        found.append(_("Done on %(day)s") % {"day": f"{task.done_on:%d/%m/%Y}"})
    return found


def _extended(task: Task) -> str:
    count = task.extension_count
    if task.original_due_on is None:
        return _("Times extended: %(count)d") % {"count": count}
    told = {"count": count, "day": f"{task.original_due_on:%d/%m/%Y}"}
    return _("Times extended: %(count)d; the first deadline was %(day)s") % told


def _plain(text: str) -> str:
    """A text without the control characters that no calendar may hold."""
    return NO_XML.sub("", text)
