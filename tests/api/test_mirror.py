"""The client of docs/howto/mirror.md copies the tracker while it is written to: nothing is missed or doubled."""

import contextlib
import json
import re
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from accounts.services import create_token
from tests.builders import make_body, make_cell, make_resolution, make_task, make_user
from tests.working import submitted
from tracker.api import feed
from tracker.boards.audit import verify
from tracker.choices import Duty, Role
from tracker.clock import now
from tracker.models import Event
from tracker.services import sealing

WRITERS, ROUNDS = 8, 4
PAGE = settings.BASE_DIR / "docs/howto/mirror.md"
COLLECTIONS = ("tasks", "responsibilities", "progress-reports")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture
def client_program(tmp_path):
    program = tmp_path / "mirror.py"
    program.write_text(re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1])
    return program


@pytest.fixture
def token():
    user = make_user("mirror", Duty.COMMISSION, make_body("BDV"), make_body("HTCT"))
    return str(create_token(user=user, name="mirror", scopes=["read"], days=30, at=now())[1])


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    """A client that was killed leaves its request waiting: not beyond the end of the test."""
    wait = feed._wait
    monkeypatch.setattr(
        feed, "_wait", lambda query, head, until: wait(query, head, until=min(until, time.monotonic() + 0.5))
    )
    yield
    time.sleep(1)


def write(number, official):
    """New tasks, cells and reports, as fast as they go; whom SQLite lets wait too long tries again."""
    try:
        done = 0
        while done < ROUNDS:
            with contextlib.suppress(OperationalError):
                task = make_task(accountable=make_body("BO-A"))
                make_cell(task, make_body(f"BO-{number}"), Role.CONSULTED)
                submitted(task, official)
                done += 1
    finally:
        connection.close()


def seal_until(over):
    while not over.wait(0.1):
        with contextlib.suppress(OperationalError):
            sealing.seal()
    connection.close()


def copied(path):
    with sqlite3.connect(path) as copy:
        rows = copy.execute("SELECT collection, id, json FROM rows").fetchall()
    return {(name, pk): json.loads(row) for name, pk, row in rows if name in COLLECTIONS}


def told(client):
    found = {}
    for name in COLLECTIONS:
        url = f"/api/v1/{name}/?limit=500"
        while url:
            page = client.get(url).json()
            found |= {(name, row["id"]): row for row in page["results"]}
            url = page["next"]
    return found


def test_it_is_equal_row_by_row_after_eight_writers(live_server, client_program, token, tmp_path, client):
    make_resolution()
    make_task(accountable=make_body("BO-A"))
    officials = [make_user(f"w{number}", Duty.OFFICIAL, make_body("BO-A")) for number in range(WRITERS)]
    for number in range(WRITERS):
        make_body(f"BO-{number}")
    copy = tmp_path / "copy.sqlite3"
    command = [sys.executable, client_program, f"{live_server.url}/api/v1", token, copy]
    over = threading.Event()
    sealer = threading.Thread(target=seal_until, args=[over])
    writers = [threading.Thread(target=write, args=one) for one in enumerate(officials)]
    for thread in (sealer, *writers):
        thread.start()
    try:
        first = subprocess.Popen(command)
        time.sleep(2)
        first.kill()  # it goes on where it was
        first.wait()
        second = subprocess.Popen(command)
        for thread in writers:
            thread.join()
        second.kill()
        second.wait()
    finally:
        over.set()
        sealer.join()
    sealing.seal()
    subprocess.run([*command, "--once"], check=True, timeout=120)
    rows = told(type(client)(headers={"Authorization": f"Bearer {token}"}))
    assert len(rows) >= WRITERS * ROUNDS * 3
    assert copied(copy) == rows
    numbers = list(Event.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1)) and verify().is_whole
