"""What every page knows: the navigation of this user, the day, and whether this is a demonstration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.policies import Scope, scope_of
from tracker.clock import local_today
from tracker.policies import REPORTERS, may
from tracker.views.banner import banner


@dataclass(frozen=True)
class NavItem:
    url: str
    label: Any
    is_active: bool


@dataclass(frozen=True)
class Shell:
    """Built once a request; `nav` is empty for whoever is not signed in."""

    nav: tuple[NavItem, ...]
    today: date
    is_demo: bool
    scope: Scope


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the shell. One query for the scope of the user, shared with the page.

    Once in some seconds a process, one more for the banner: no page counts it as its own.
    """
    user = getattr(request, "user", None)
    scope = scope_of(user)
    nav = _nav(request.path, user, scope) if scope.is_member else ()
    today = local_today()
    shell = Shell(nav, today, settings.DEMO, scope)
    return {"shell": shell, "today": today, "health_banner": banner(request) if user else ""}


def _nav(path: str, user: Any, scope: Scope) -> tuple[NavItem, ...]:
    entries = (
        ("desk", _("Desk"), scope.has(*REPORTERS)),
        ("overview", _("Overview"), may(user, "overview.read")),
        ("figures", _("Figures"), may(user, "figures.read")),
        ("matrix", _("Matrix"), True),
        ("task_list", _("Tasks"), True),
        ("resolution_list", _("Resolutions"), True),
        ("body_list", _("Bodies"), True),
        ("instrument_list", _("Instruments"), True),
        ("legal_debt", _("Legal debt"), True),
        ("policy_list", _("Policies"), True),
        ("calendar_list", _("Calendars"), True),
        ("overdue", _("Overdue"), may(user, "overdue.read")),
        ("urging_list", _("Urging"), may(user, "overdue.read")),
        ("dispute_list", _("Disputes"), may(user, "dispute.list")),
        ("review", _("Review"), may(user, "review.read")),
        ("system", _("System"), may(user, "system.read")),
    )
    return tuple(_item(reverse(name), label, path) for name, label, is_shown in entries if is_shown)


def _item(url: str, label: Any, path: str) -> NavItem:
    return NavItem(url, label, path.startswith(url))
