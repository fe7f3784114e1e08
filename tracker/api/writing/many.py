"""Requests of many rows: answered at once up to 1,000, by a job beyond; and the jobs, for whoever asked for them."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled
from rest_framework.permissions import SAFE_METHODS

from tracker import clock
from tracker.api.errors import NamedProblem
from tracker.api.parameters import Reader, refuse_any
from tracker.api.parsers import read_truth
from tracker.api.schema import DeclaredSchema
from tracker.api.views import ApiView, MayRead, read_id, send
from tracker.api.writing.bulk import AT_ONCE, MOST_ROWS, carry_out
from tracker.api.writing.declaration import Act
from tracker.api.writing.once import marked, once
from tracker.api.writing.schema import describe_job
from tracker.models import BulkJob
from tracker.services import bulk_jobs

RETRY_SECONDS = 60


def write_many(act: Act, request: Any) -> HttpResponse:
    """Carry the act out on each row of the body: 207 with a result for each, with `atomic=true` 200 for all of them.

    202 with the address of a job where there are more than 1,000.
    """
    rows, is_atomic = request.data, _is_atomic(request)
    if not rows:
        raise NamedProblem("invalid-field", {"": [_("Give at least one row.")]})
    if len(rows) > MOST_ROWS:
        raise NamedProblem("too-large")
    if len(rows) > AT_ONCE:
        return _accepted(act, request, is_atomic=is_atomic)
    path = request.path
    done, is_replayed = once(
        request,
        lambda: summed(carry_out(act, rows, by=request.user, path=path, is_atomic=is_atomic)),
    )
    return marked(_json(done, status=200 if is_atomic else 207), is_replayed=is_replayed)


def _accepted(act: Act, request: Any, *, is_atomic: bool) -> HttpResponse:
    who = {"by": request.user, "token": request.auth, "language": get_language() or "vi", "at": clock.now()}

    def begin() -> dict[str, int]:
        if bulk_jobs.has_too_many(request.user):
            raise Throttled(wait=RETRY_SECONDS)
        with transaction.atomic():
            return {"job": bulk_jobs.start(act.key, request.data, is_atomic=is_atomic, **who).pk}

    kept, is_replayed = once(request, begin)
    job = BulkJob.objects.defer("rows").filter(pk=kept["job"]).first()
    if job is None:
        raise Http404
    response = _json(told(job), status=202)
    response["Location"] = request.build_absolute_uri(reverse("api-bulk-job", args=[job.pk]))
    return marked(response, is_replayed=is_replayed)


def _is_atomic(request: Any) -> bool:
    reader = Reader(request.query_params)
    reader.refuse_unknown({"atomic"})
    is_atomic = reader.one("atomic", read_truth, False)
    reader.finish()
    return bool(is_atomic)


def summed(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return results with how many of them were done and refused."""
    refused = sum("problem" in result for result in results)
    return {"done": len(results) - refused, "refused": refused, "results": results}


def told(job: BulkJob) -> dict[str, Any]:
    """Return a job as its asker reads it: how far it is, and one result for each row so far, in order."""
    moments = {
        name: moment and f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        for name, moment in (("created_at", job.created_at), ("finished_at", job.finished_at))
    }
    return {
        "id": job.pk,
        "state": job.state,
        "atomic": job.is_atomic,
        "rows": job.size,
        **moments,
        "problem": job.problem,
        **summed(job.results),
    }


def _json(body: dict[str, Any], *, status: int) -> HttpResponse:
    text = json.dumps(body, ensure_ascii=False)
    return HttpResponse(text, status=status, content_type="application/json")


class MayFollow(MayRead):
    """Who is signed in, or any token of theirs: what it may write, it may read the outcome of."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated) and request.method in SAFE_METHODS


class JobView(ApiView):
    """A request of many rows, for whoever asked for it. Anybody else is told that there is none."""

    permission_classes = (MayFollow,)

    def get(self, request: Any, pk: str) -> HttpResponse:
        refuse_any(request.query_params)
        job = BulkJob.objects.of(request.user, request.auth).defer("rows").filter(pk=read_id(pk)).first()
        if job is None:
            raise Http404
        return send(json.dumps(told(job), ensure_ascii=False))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        return describe_job(schema)
