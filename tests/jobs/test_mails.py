"""The jobs of mails: the plain functions, and a real worker that sends what a lost wake-up left."""

from __future__ import annotations

import email
import os
import time
from datetime import timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from config import celery_app
from config.celery import SEND_MAILS, TICK, WRITE_DIGESTS
from tests import servers
from tests.builders import make_body, make_message, make_user, noon
from tests.working import TODAY, frozen
from tracker import jobs
from tracker.choices import MessageState
from tracker.clock import now
from tracker.models import JobRun, Message
from tracker.services import scan

FOLDER = "config.mail.FolderBackend"


@pytest.fixture
def noon_of_today() -> Any:
    yield from frozen()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(jobs, "send", names.append)
    return names


@pytest.mark.django_db
def test_a_tick_finds_what_nobody_woke_anybody_for(noon_of_today: None, sent: list[str]) -> None:
    message = make_message(make_user("lan", None, make_body("BO-A")))
    jobs.tick()
    assert SEND_MAILS in sent
    jobs.send_mails()
    message.refresh_from_db()
    assert (message.state, [one.to for one in mail.outbox]) == (MessageState.SENT, [[message.address]])
    sent.clear()
    jobs.tick()
    assert SEND_MAILS not in sent


@pytest.mark.django_db
def test_digests_are_woken_once_a_day_after_the_scan_from_their_hour_on(
    noon_of_today: None, sent: list[str], time_machine: Any
) -> None:
    jobs.tick()
    assert WRITE_DIGESTS not in sent  # today is not scanned yet
    scan.run(TODAY, at=noon(TODAY))
    jobs.tick()
    assert sent.count(WRITE_DIGESTS) == 1
    jobs.write_digests()
    jobs.tick()
    assert (sent.count(WRITE_DIGESTS), JobRun.objects.filter(job="digest").count()) == (1, 1)


@pytest.mark.django_db
def test_in_a_folder_each_mail_is_one_readable_file(tmp_path: Path, settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = FOLDER, str(tmp_path / "outbox")
    message = make_message(make_user("lan", None, make_body("BO-A")), subject="Quyết định", text="Tiếng Việt có dấu\n")
    for _ in range(2):
        jobs.send_mails()
        Message.objects.update(state=MessageState.QUEUED)
    (path,) = (tmp_path / "outbox").iterdir()
    found = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (path.suffix, found["Subject"], found["Message-ID"]) == (".eml", "Quyết định", message.message_id)
    assert "Tiếng Việt có dấu" in path.read_text()


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_after_a_tick_what_was_committed_without_a_wake_up(
    test_database_url: str, broker: str, tmp_path: Path
) -> None:
    at = now() - timedelta(minutes=1)
    message = make_message(make_user("lan", None, make_body("BO-A")), next_attempt_at=at, created_at=at)
    scan.run(now().date(), at=now())
    folder = tmp_path / "outbox"
    variables = {"DATABASE_URL": test_database_url, "EMAIL_URL": f"filemail:///{folder}"}
    process = servers.spawn_worker(log=tmp_path / "log", **variables)
    try:
        celery_app.send_task(TICK)
        deadline = time.monotonic() + 30
        while not Message.objects.filter(state=MessageState.SENT).exists():
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
    finally:
        servers.end(process)
    message.refresh_from_db()
    assert message.attempts == 1
    assert len(os.listdir(folder)) == 1
