"""Downloads of files: after the access check, never shown in the page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from tracker.models import Attachment, InstrumentFile
from tracker.views.doors import reading

SANDBOX = "default-src 'none'; sandbox"


@reading
def attachment(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Send a file of a report. Four queries: session, user, scope, the file."""
    return _sent(get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk))


@reading
def instrument_file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Send a file of an instrument, an earlier revision too. Four queries: session, user, scope, the file."""
    return _sent(get_object_or_404(InstrumentFile.objects.visible_to(request.user), pk=pk))


def _sent(found: Any) -> HttpResponseBase:
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(content, as_attachment=True, filename=found.name, content_type=found.content_type)
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
