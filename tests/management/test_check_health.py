"""`manage.py check_health`: one line a part, exit status 0 or 2, and 1 for a wrong argument."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from tracker import wake
from tracker.choices import JobPart
from tracker.clock import now
from tracker.management.commands.check_health import Command
from tracker.services import heartbeats

pytestmark = pytest.mark.django_db


def check(capsys: Any) -> tuple[int, dict[str, str]]:
    """Return the exit status and, by part, what its line says."""
    try:
        call_command("check_health")
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    lines = capsys.readouterr().out.splitlines()
    return status, {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}


def test_all_is_well(capsys: Any) -> None:
    heartbeats.beat(at=now())
    status, lines = check(capsys)
    assert status == 0
    assert list(lines) == ["database", "broker", "beat", "worker", "worker-long", "scan", "backlog"]
    assert all(line.startswith("ok") for line in lines.values())


def test_the_silent_part_is_named(capsys: Any) -> None:
    heartbeats.beat(at=now())
    heartbeats.beat(JobPart.LONG, at=now() - timedelta(hours=1))
    status, lines = check(capsys)
    assert (status, [part for part, line in lines.items() if line.startswith("SILENT")]) == (2, ["worker-long"])
    assert "heard 3600 s ago" in lines["worker-long"]


def test_a_silent_broker_is_named(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake, "_is_answering", lambda url: False)
    heartbeats.beat(at=now())
    status, lines = check(capsys)
    assert (status, lines["broker"].split()[0]) == (2, "SILENT")


def test_without_a_database_nothing_more_is_known(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**_: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("tracker.management.commands.check_health.health", gone)
    status, lines = check(capsys)
    assert (status, list(lines)) == (2, ["database", "broker"])


def test_a_wrong_argument_is_one(capsys: Any) -> None:
    with pytest.raises(SystemExit) as end:
        Command().run_from_argv(["manage.py", "check_health", "--nonsense"])
    assert end.value.code == 1
    assert "--nonsense" in capsys.readouterr().err
