"""Downloads of evidence: after the access check, never shown in the page."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from tracker.models import Attachment
from tracker.views.doors import reading

SANDBOX = "default-src 'none'; sandbox"


@reading
def attachment(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Send one file. Four queries: session, user, scope, the file."""
    found = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(content, as_attachment=True, filename=found.name, content_type=found.content_type)
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
