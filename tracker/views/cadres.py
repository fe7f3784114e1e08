"""The card of one office-holder."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tracker.boards.cadre_page import cadre_page, mail_state
from tracker.clock import local_today
from tracker.models import Cadre
from tracker.policies import may
from tracker.views.doors import reading


@reading
def cadre(request: HttpRequest, code: str) -> HttpResponse:
    """One person in office. At most eight queries: session, user, scope, the person, tenures, three for mails."""
    found = get_object_or_404(Cadre.objects.visible_to(request.user), code=code)
    may_read_mails = may(request.user, "cadre.read_mail_state", found)
    context = {
        "cadre": found,
        "known": cadre_page(found, local_today()),
        "mails": mail_state(found) if may_read_mails else None,
        "may_read_mails": may_read_mails,
    }
    return render(request, "tracker/cadre_page.html", context)
