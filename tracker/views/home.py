"""The start page of whoever is signed in, and the language that they chose."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as django_set_language

from accounts.policies import scope_of
from tracker.policies import REPORTERS, may
from tracker.views.doors import reading


@reading
def home(request: HttpRequest) -> HttpResponse:
    """Lead officials to their desk and everybody else to the overview. One query: the scope."""
    scope = scope_of(request.user)
    if scope.has(*REPORTERS):
        return redirect("desk")
    if may(request.user, "overview.read"):
        return redirect("overview")
    return render(request, "tracker/no_duty.html")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Change the language in the cookie and, for whoever is signed in, in the account."""
    response = django_set_language(request)
    code = request.POST.get("language", "")
    if request.user.is_authenticated and code in dict(settings.LANGUAGES) and check_for_language(code):
        request.user.language = code
        request.user.save(update_fields=["language"])
    return response
