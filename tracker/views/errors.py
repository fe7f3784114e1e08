"""What people and REST clients read when the server cannot answer: 503 while the database is away, else 500."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error as django_server_error

from config.database import is_unavailable
from tracker.api.errors import RETRY_SECONDS, problem

logger = logging.getLogger(__name__)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503 with Retry-After, as a page or as a problem of the API. No query: there is nobody to ask."""
    if request.path.startswith("/api/"):
        response = problem("unavailable", request)
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
        response["Cache-Control"] = "private, no-store"
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what was raised beside a view: in the session, in a middleware, in the page of another error."""
    if is_unavailable(sys.exc_info()[1]):
        return unavailable(request)
    return django_server_error(request)


class DatabaseTroubleMiddleware:
    """A database that is away, locked or too slow is told as 503: nothing is wrong with the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_unavailable(error):
            return None
        logger.error("The database did not answer at %s: %s", request.path, error)
        return unavailable(request)
