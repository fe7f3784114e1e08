"""Whatever falls silent is told on the page, at /health/ and by exit status; and green comes back by itself."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from tests.faults.crew import Crew
from tests.faults.site import Person, Site
from tracker.choices import JobPart

pytestmark = [
    pytest.mark.faults,
    pytest.mark.processes,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]
STOP, GO_ON = signal.SIGSTOP, signal.SIGCONT
LINE = "Jobs have not run since"


def exit_status(crew: Crew) -> int:
    return crew.manage("check_health").process.wait(60)


def send_all(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)


class House:
    """The site and those whose silence it is to tell."""

    def __init__(self, crew: Crew, reader: User, **variables: str) -> None:
        self.crew = crew
        self.worker = crew.worker("short", **variables)
        self.long_worker = crew.worker("long", processes=1, **variables)
        self.beat = crew.beat(**variables)
        self.site: Site = crew.site(**variables)
        self.reader = Person(self.site, reader)
        crew.wait_until(self.site.is_healthy)

    def told_after(self, silence: set[str], **options: Any) -> float:
        """Return the seconds until just these are told, on every way."""
        seconds = self.crew.wait_until(lambda: self.site.silent() == silence, **options)
        return seconds + self.crew.wait_until(lambda: self.reader.banner().startswith(LINE), **options, pause=1)

    def is_well_again(self) -> None:
        self.crew.wait_until(lambda: self.site.is_healthy() and not self.reader.banner(), pause=1)


@pytest.fixture
def house(crew: Crew, cast: dict[str, User]) -> House:
    return House(crew, cast["lan"])


def silences(house: House) -> dict[str, tuple[Callable[[signal.Signals], None], set[str]]]:
    """Who is stopped, and what that silences. Beat is heard through the pool for short jobs."""
    return {
        "beat": (house.beat.send, {JobPart.BEAT}),
        "pool": (lambda number: send_all(house.worker.children(), number), {JobPart.BEAT, JobPart.WORKER}),
        "long pool": (lambda number: send_all(house.long_worker.children(), number), {JobPart.LONG}),
    }


def test_who_is_stopped_is_told_and_green_comes_back_alone(house: House) -> None:
    for name, (send, silence) in silences(house).items():
        send(STOP)
        took = house.told_after({part.value for part in silence})
        print(f"{name} stopped: told after {took:.1f} s", file=sys.stderr)
        assert name != "beat" or exit_status(house.crew) == 2
        send(GO_ON)
        house.is_well_again()
    assert exit_status(house.crew) == 0


@pytest.mark.full
def test_with_the_settings_of_a_server_a_stopped_beat_is_told_within_three_minutes(
    crew: Crew, cast: dict[str, User]
) -> None:
    house = House(crew, cast["lan"], TICK_SECONDS="60", HEARTBEAT_LIMIT="150", WORKER_DEAF_SECONDS="30")
    house.beat.send(STOP)
    took = house.told_after({"beat"}, seconds=200)
    print(f"beat stopped, with the settings of a server: told after {took:.1f} s", file=sys.stderr)
    assert took <= 180
    assert exit_status(crew) == 0 or exit_status(crew) == 2


@pytest.mark.full
def test_a_worker_that_hears_nothing_ends_and_the_next_one_hears(crew: Crew, tmp_path: Path) -> None:
    deaf = tmp_path / "deaf"
    deaf.touch()
    crew.worker(app="tests.faults.deaf_app:app", DEAF=str(deaf), WORKER_DEAF_SECONDS="3")
    crew.wait_until_heard(JobPart.WORKER, JobPart.LONG)
    assert (crew.restarts, deaf.exists()) == (1, False)
