"""PostgreSQL goes and comes back: people are told to try again, jobs go on by themselves, nothing is lost."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from tests import servers
from tests.faults.crew import Crew
from tests.faults.proxy import Proxy
from tests.faults.site import Person, Site
from tracker.choices import MessageState
from tracker.models import Message

pytestmark = [
    pytest.mark.faults,
    pytest.mark.processes,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]
BACK_WITHIN = 60


class Cable:
    """Between the processes and the server; pulled, they see what they would see of a killed server."""

    def __init__(self, url: str) -> None:
        port = url.rpartition(":")[2].partition("/")[0]
        self._proxy = Proxy(int(port))
        self.url = url.replace(f":{port}/", f":{self._proxy.port}/")

    def fail(self) -> None:
        self._proxy.hang_up()

    def come_back(self) -> None:
        self._proxy.listen()

    def end(self) -> None:
        self._proxy.close()


class Server:
    """The suite's own server, ended without a checkpoint and started again."""

    def __init__(self, url: str) -> None:
        if not servers.running:
            pytest.skip("The server belongs to another process: run without pytest-xdist.")
        self.url, self._server = url, servers.running[0]

    def fail(self) -> None:
        connection.close()
        self._server.stop(signal.SIGQUIT)

    def come_back(self) -> None:
        self._server.start()

    def end(self) -> None:
        """It goes on serving the other tests."""


@pytest.fixture(params=[Cable, pytest.param(Server, marks=pytest.mark.full)])
def database(request: Any, test_database_url: str) -> Iterator[Cable | Server]:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only")
    one = request.param(test_database_url)
    yield one
    one.end()


@pytest.fixture
def hired(database: Cable | Server, broker: str, tmp_path: Path) -> Iterator[Crew]:
    mails = f"filemail:///{tmp_path / 'outbox'}"
    crew = Crew(tmp_path, DATABASE_URL=database.url, REDIS_URL=broker, EMAIL_URL=mails)
    try:
        yield crew
    finally:
        crew.end()


def is_told(site: Site, person: Person) -> None:
    """On a page, in the API, to load balancers and monitoring."""
    for answer in (person.get("/bodies/"), person.get("/api/v1/tasks/"), site.get("/health/ready")):
        assert (answer.status, int(answer.headers["retry-after"]) > 0) == (503, True)
    assert (site.health()["code"], site.health()["database"]) == (503, "silent")
    assert site.get("/health/live").status == 200


def test_people_are_told_to_try_again_and_jobs_go_on_once_it_is_back(
    database: Cable | Server, hired: Crew, cast: dict[str, User], make_submitted: Any, tmp_path: Path
) -> None:
    hired.worker()
    hired.beat()
    site, (before, after) = hired.site(), make_submitted(2)
    person = Person(site, cast["hoa"])
    hired.wait_until(site.is_healthy)
    assert person.accept(before).status == 200
    database.fail()
    is_told(site, person)
    assert person.accept(after).status == 503
    assert hired.manage("check_health").process.wait(60) == 2
    database.come_back()
    back = hired.wait_until_heard()
    print(f"database {type(database).__name__}: consuming again after {back:.1f} s", file=sys.stderr)
    assert back <= BACK_WITHIN
    hired.wait_until(site.is_healthy)
    assert person.accept(after).status == 200
    hired.wait_until(lambda: set(Message.objects.values_list("state", "attempts")) == {(MessageState.SENT, 1)})
    assert len(os.listdir(tmp_path / "outbox")) == Message.objects.count() == 2
