"""System checks of the jobs: what does not fit together is an error before anything runs."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from config import celery_app


def ids() -> list[str | None]:
    return [message.id for message in run_checks(tags=["jobs"])]


def test_what_we_ship_fits() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("LONG_JOB_TIME_LIMIT", 600, "tracker.E002"),
        ("HEARTBEAT_LIMIT", 119, "tracker.E003"),
    ],
)
def test_settings_that_do_not_fit_are_told(settings: Any, name: str, value: int, wrong: str) -> None:
    setattr(settings, name, value)
    assert ids() == [wrong]


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("broker_transport_options", {"visibility_timeout": 1080}, "tracker.E001"),
        ("task_time_limit", 600, "tracker.E001"),
        ("accept_content", ["json", "pickle"], "tracker.E004"),
    ],
)
def test_a_configuration_of_celery_that_does_not_fit_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: Any, wrong: str
) -> None:
    monkeypatch.setitem(celery_app.conf, name, value)
    assert ids() == [wrong]
