"""The supervisor on small processes: order, patience, and what it says."""

import os
import signal
import sys
import threading
import time

import pytest

from tracker.processes.supervisor import Part, PartDied, Stopped, Supervisor

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
    one = Supervisor(say=said.append, stop_seconds=1)
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
