"""Schemathesis asks every operation of the description with each kind of token: no answer is undocumented, none is 5xx.

A few requests an operation; `SCHEMATHESIS_EXAMPLES=30` asks more. What a request has written is undone after it.
"""

import json
import os
import threading

import pytest
import schemathesis
import time_machine
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.specs.openapi import checks as described

from accounts.models import ApiToken
from accounts.services import create_token, revoke_token
from accounts.tokens import Scope
from config.wsgi import application
from tests.builders import make_body
from tracker.api import feed
from tracker.api.reference import schema_text
from tracker.api.resources import RESOURCES
from tracker.clock import now
from tracker.models import BulkJob

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
CHECKS = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_headers_conformance,
    described.response_schema_conformance,
]
PROFILE = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MODES = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
MODELS = {resource.name: resource.model for resource in RESOURCES} | {"bulk-jobs": BulkJob}
# Who owns the token, its scopes, and the body that it is for.
TOKENS = {
    "a reading official": ("lan", [Scope.READ], None),
    "a reporting official": ("minh", [Scope.READ, Scope.REPORT], None),
    "the commission": ("hoa", [Scope.READ, Scope.REVIEW], None),
    "the commission, for one body": ("hoa", [Scope.READ, Scope.REVIEW], "BO-A"),
    "an editor": ("quang", [Scope.READ, Scope.EDIT], None),
    "a supervisor with every scope": ("vinh", Scope.values, None),
    "one that only writes": ("lan", [Scope.REPORT], None),
}


def served(environ, start_response):
    """The product, of which each answer is read to its end and closed."""
    answer = application({"REMOTE_ADDR": "127.0.0.1", **environ}, start_response)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


@pytest.fixture(scope="module")
def operations():
    schema = schemathesis.openapi.from_dict(json.loads(schema_text("en")))
    schema.app = served
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture(autouse=True)
def soon_after():
    """No clock of the world has many days to catch up with before something is written."""
    with time_machine.travel("2026-06-02T03:00:00Z"):
        yield


@pytest.fixture(autouse=True)
def one_connection():
    """A request begins and ends within the transaction of the test, as with Django's own client."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch):
    """The places of those who wait are taken: the feed answers at once."""
    full = threading.BoundedSemaphore(1)
    full.acquire()
    monkeypatch.setattr(feed, "_waiters", full)


@pytest.fixture
def senders(cast, world):
    """Each kind of token, a revoked one and none: the headers to send."""
    found = {kind: _bearer(cast[owner], scopes, body) for kind, (owner, scopes, body) in TOKENS.items()}
    revoked = _bearer(cast["hoa"], Scope.values, None)
    revoke_token(ApiToken.objects.latest("pk"), at=now())
    return {**found, "a revoked token": revoked, "none": {}}


def _bearer(user, scopes, body):
    _row, token = create_token(
        user=user, name="suite", scopes=scopes, days=1, at=now(), body=make_body(body) if body else None
    )
    return {"Authorization": f"Bearer {token}"}


@st.composite
def cases(draw, operation):
    """Return a request that fits the description or breaks it, on a row that is there or on none."""
    case = draw(operation.as_strategy(generation_mode=draw(st.sampled_from(MODES))))
    row = MODELS[operation.tags[0]].objects.order_by("pk").first() if "id" in (case.path_parameters or {}) else None
    if row is not None and draw(st.booleans()):
        case.path_parameters["id"] = str(row.pk)
        if "If-Match" in (case.headers or {}):
            case.headers["If-Match"] = f'"{row.version}"'
    return case


def ask(operation, senders):
    @PROFILE
    @given(case=cases(operation))
    def every_answer_is_documented(case):
        for sender, headers in senders.items():
            with transaction.atomic():
                try:
                    case.call_and_validate(headers=headers, checks=CHECKS)
                except BaseException as error:
                    error.add_note(f"sent by: {sender}")
                    raise
                finally:
                    transaction.set_rollback(True)

    every_answer_is_documented()


def test_no_answer_is_undocumented_and_none_is_a_server_error(operations, senders, subtests):
    assert len(operations) > 70
    for operation in operations:
        with subtests.test(operation.label):
            ask(operation, senders)
