"""Who gets into a page at all: the decorators of views. What they then see is decided by visible_to() and may()."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_http_methods, require_POST, require_safe

View = Callable[..., HttpResponseBase]


def reading(view: View) -> Any:
    """A page for signed-in people that changes nothing: GET and HEAD."""
    return require_safe(login_required(view))


def writing(view: View) -> Any:
    """A form for signed-in people: GET, HEAD and POST."""
    return require_http_methods(["GET", "HEAD", "POST"])(login_required(view))


def acting(view: View) -> Any:
    """A button for signed-in people: POST only."""
    return require_POST(login_required(view))


def is_operator(request: HttpRequest) -> bool:
    """Tell whether the request carries METRICS_TOKEN: the operator's monitoring, which is nobody's account."""
    given = request.headers.get("Authorization", "")
    return bool(settings.METRICS_TOKEN) and constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
