"""The broker stops, falls silent, refuses writes, fills up, forgets everything: the web goes on and nothing is lost."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from config import celery_app
from config.celery import SCAN
from tests.faults.brokers import FAULTS, Broker
from tests.faults.crew import Crew
from tests.faults.site import Person, Site, p95
from tracker.choices import JobPart, JobState, MessageState
from tracker.models import Flag, JobRun, Message

pytestmark = [
    pytest.mark.faults,
    pytest.mark.processes,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]
BACK_WITHIN = 60
SLOWEST_WRITE = 1.5


@pytest.fixture
def hired(own_broker: Broker, test_database_url: str, tmp_path: Path) -> Iterator[Crew]:
    """A crew whose broker may fail, met through the proxy."""
    mails = f"filemail:///{tmp_path / 'outbox'}"
    crew = Crew(tmp_path, DATABASE_URL=test_database_url, REDIS_URL=own_broker.proxied_url, EMAIL_URL=mails)
    try:
        yield crew
    finally:
        crew.end()


@pytest.fixture
def site(hired: Crew) -> Site:
    hired.worker()
    hired.beat()
    site = hired.site()
    hired.wait_until(site.is_healthy)
    return site


def writes_go_on(person: Person, reports: list[Any]) -> float:
    answers = person.accept_all(reports)
    assert {answer.status for answer in answers} == {200}
    return p95(answers)


def slowest_allowed(usual: float) -> float:
    """What p95 may be; on a machine that writes slowly anyway, a second more than its usual range."""
    return max(SLOWEST_WRITE, 2 * usual + 1)


def all_are_told_once(folder: Path, crew: Crew, count: int) -> None:
    """Each decision is one mail, sent at the first try, and one file."""
    crew.wait_until(lambda: not Message.objects.filter(state=MessageState.QUEUED).exists())
    facts = set(Message.objects.values_list("state", "attempts"))
    assert (Message.objects.count(), facts) == (count, {(MessageState.SENT, 1)})
    assert len(list(folder.iterdir())) == count


@dataclass(frozen=True)
class Figures:
    """Seconds: the p95 of the writes, until the fault was told, until jobs ran again."""

    p95: float
    told: float
    back: float


def survives(fault: str, *, broker: Broker, crew: Crew, site: Site, person: Person, reports: list[Any]) -> Figures:
    """The fault comes, people write, it is told, it goes, and jobs are run again."""
    fail, come_back, answers = FAULTS[fault]
    fail(broker)
    slowest = writes_go_on(person, reports)
    silent = {*JobPart.values} | (set() if answers else {"broker"})
    told = crew.wait_until(lambda: site.silent() == silent)
    come_back(broker)
    figures = Figures(slowest, told, crew.wait_until_heard())
    crew.wait_until(site.is_healthy)
    print(f"broker {fault}, {len(reports)} writes: {figures}, {crew.restarts} restarts", file=sys.stderr)
    return figures


def test_writes_go_on_without_a_broker_and_all_is_delivered_once_it_is_back(
    own_broker: Broker, hired: Crew, site: Site, cast: dict[str, User], make_submitted: Any, tmp_path: Path
) -> None:
    person, count = Person(site, cast["hoa"]), 12
    usual = writes_go_on(person, make_submitted(count))  # how slow this machine is with a broker
    for round_number, fault in enumerate(("silent", "stopped"), start=2):
        reports = make_submitted(count)
        figures = survives(fault, broker=own_broker, crew=hired, site=site, person=person, reports=reports)
        assert figures.p95 <= slowest_allowed(usual)
        all_are_told_once(tmp_path / "outbox", hired, round_number * count)


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_the_broker_is_survived(
    fault: str, own_broker: Broker, hired: Crew, site: Site, cast: dict[str, User], make_submitted: Any, tmp_path: Path
) -> None:
    person = Person(site, cast["hoa"])
    usual, reports = writes_go_on(person, make_submitted(40)), make_submitted(200)
    figures = survives(fault, broker=own_broker, crew=hired, site=site, person=person, reports=reports)
    assert figures.p95 <= slowest_allowed(usual)
    assert figures.back <= BACK_WITHIN
    all_are_told_once(tmp_path / "outbox", hired, 240)


@pytest.mark.full
def test_what_a_wiped_broker_forgot_is_done_after_the_next_tick(
    own_broker: Broker, hired: Crew, cast: dict[str, User], make_submitted: Any, make_late: Any, tmp_path: Path
) -> None:
    tasks, site = make_late(2), hired.site()
    writes_go_on(Person(site, cast["hoa"]), make_submitted(3))
    with celery_app.connection_for_write(url=own_broker.url) as connection:
        celery_app.send_task(SCAN, connection=connection)
    assert (own_broker.client.llen("short"), own_broker.client.llen("long")) == (3, 1)
    own_broker.client.flushall()
    hired.worker()
    hired.beat()
    hired.wait_until(JobRun.objects.filter(job="scan", state=JobState.DONE).exists)
    all_are_told_once(tmp_path / "outbox", hired, 3)
    assert {flag.task for flag in Flag.objects.filter(clock="due")} == set(tasks)


@pytest.mark.full
def test_it_consumes_again_after_each_of_ten_restarts_at_any_moment(
    own_broker: Broker, hired: Crew, site: Site
) -> None:
    seconds = []
    for _number in range(10):
        time.sleep(random.uniform(0, 3))
        own_broker.kill()
        time.sleep(random.uniform(0, 3))
        own_broker.start()
        seconds.append(hired.wait_until_heard())
    print(f"consuming again after {sorted(round(one, 1) for one in seconds)} s", file=sys.stderr)
    assert max(seconds) <= BACK_WITHIN
    hired.wait_until(site.is_healthy)
