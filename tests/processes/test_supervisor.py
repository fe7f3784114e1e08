"""The supervisor on small processes: order, patience, and what it says."""

import os
import signal
import sys
import threading
import time

import pytest

from tracker.processes.supervisor import MOST_DEATHS, Part, PartDied, Stopped, Supervisor

pytestmark = pytest.mark.once
LONG = "import time; time.sleep(60)"
# Says that it is ready only after it has made itself deaf to SIGTERM.
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(15, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""
LOGS_ITS_END = """
import pathlib, signal, sys, time
def end(*_):
    with open(sys.argv[1], "a") as log: log.write(sys.argv[2] + "\\n")
    sys.exit()
signal.signal(15, end)
pathlib.Path(sys.argv[1] + sys.argv[2]).touch()
time.sleep(60)
"""


def python(name, code, *arguments, **options):
    return Part(name, [sys.executable, "-c", code, *map(str, arguments)], **options)


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(said):
    one = Supervisor(say=said.append, stop_seconds=1, pause_seconds=0)
    yield one
    one.stop()


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_parts_end_in_reverse_order(supervisor, tmp_path):
    log = tmp_path / "log"
    for name in ("first", "second", "third"):
        ready = (tmp_path / f"log{name}").exists
        supervisor.start(python(name, LOGS_ITS_END, log, name, is_ready=ready))
    supervisor.stop()
    assert log.read_text().split() == ["third", "second", "first"]


def test_each_part_leads_a_process_group_of_its_own(supervisor):
    supervisor.start(python("long", LONG))
    pid = supervisor.pids()["long"]
    assert os.getpgid(pid) == pid


def test_stubborn_part_is_killed_in_time_and_told(supervisor, said, tmp_path):
    ready = tmp_path / "ready"
    supervisor.start(python("stubborn", STUBBORN, ready, is_ready=ready.exists))
    pid, started = supervisor.pids()["stubborn"], time.monotonic()
    supervisor.stop()
    assert time.monotonic() - started < 3
    assert not is_alive(pid)
    assert said == ["stubborn did not end within 1 s and was killed."]


@pytest.mark.parametrize(
    ("code", "how"),
    [("raise SystemExit(3)", "with exit code 3"), ("import os; os.kill(os.getpid(), 9)", "by signal SIGKILL")],
)
def test_dead_part_is_named_with_how_it_ended(supervisor, code, how):
    supervisor.start(python("odd", code))
    with pytest.raises(PartDied, match=rf"^odd \(process \d+\) ended {how}$"):
        supervisor.watch()


def wait_for(supervisor, holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        supervisor.check()
        time.sleep(0.02)


def test_part_that_may_be_started_again_is_and_that_is_told(supervisor, said):
    supervisor.start(python("web", LONG))
    supervisor.start(python("worker", LONG, restarts=True))
    before = supervisor.pids()
    os.kill(before["worker"], signal.SIGKILL)
    wait_for(supervisor, lambda: supervisor.pids()["worker"] != before["worker"])
    after = supervisor.pids()
    assert (after["web"], is_alive(after["worker"])) == (before["web"], True)
    assert said == [
        f"worker (process {before['worker']}) ended by signal SIGKILL; it is started again in 0 s.",
        f"worker was started again as process {after['worker']}.",
    ]


def test_restarted_part_ends_with_the_others(supervisor):
    supervisor.start(python("worker", LONG, restarts=True))
    first = supervisor.pids()["worker"]
    os.kill(first, signal.SIGKILL)
    wait_for(supervisor, lambda: supervisor.pids()["worker"] != first)
    second = supervisor.pids()["worker"]
    supervisor.stop()
    assert not is_alive(second)


def test_part_that_dies_again_and_again_ends_all_with_its_name(supervisor, said):
    supervisor.start(python("worker", "raise SystemExit(3)", restarts=True))
    with pytest.raises(PartDied, match=r"^worker \(process \d+\) ended with exit code 3, the 5th time within 60 s$"):
        supervisor.watch()
    assert len(said) == 2 * (MOST_DEATHS - 1)


def test_stopping_while_a_part_pauses_starts_nothing(said):
    one = Supervisor(say=said.append, stop_seconds=1, pause_seconds=60)
    one.start(python("worker", "raise SystemExit(3)", restarts=True))
    wait_for(one, lambda: said)
    one.stop()
    assert len(said) == 1


def test_part_that_never_answers_is_named(supervisor):
    with pytest.raises(PartDied, match="mute did not answer within 0 s"):
        supervisor.start(python("mute", LONG, is_ready=lambda: False, ready_seconds=0.3))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_the_wish_to_end(supervisor, number):
    before = signal.getsignal(number)
    with supervisor.listening():
        supervisor.start(python("long", LONG))
        threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
        with pytest.raises(Stopped):
            supervisor.watch()
    assert signal.getsignal(number) is before


def test_signal_before_the_first_part_ends_the_preparation_at_once(supervisor):
    with supervisor.listening(), pytest.raises(Stopped):
        signal.raise_signal(signal.SIGTERM)


def test_stopping_twice_does_nothing(supervisor):
    supervisor.start(python("long", LONG))
    supervisor.stop()
    supervisor.stop()
    assert supervisor.pids() == {}
