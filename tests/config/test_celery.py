"""The Celery app: JSON only, limits that fit together, a real worker that runs what it is sent."""

import shutil
import socket
import tempfile
import time
from pathlib import Path

import pytest
from kombu.exceptions import EncodeError, OperationalError

from config import celery_app, watchdog
from config.celery import TICK, configuration
from tests import servers
from tracker.processes import valkey


def test_takes_and_sends_json_only():
    assert celery_app.conf.accept_content == ["json"]
    with pytest.raises(EncodeError):
        celery_app.send_task("any", args=[object()])


@pytest.mark.parametrize("limit", [2, 120, 3600])
def test_message_is_never_redelivered_while_its_job_may_run(settings, limit):
    settings.JOB_TIME_LIMIT = limit
    conf = configuration()
    assert conf["task_soft_time_limit"] <= conf["task_time_limit"] == limit
    assert conf["task_time_limit"] < conf["broker_transport_options"]["visibility_timeout"] / 2


def test_tick_expires_before_the_next_one(settings):
    tick = configuration()["beat_schedule"]["tick"]
    assert tick["task"] == TICK
    assert tick["options"]["expires"] < settings.TICK_SECONDS == 60


@pytest.fixture
def silent_server():
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def seconds_to_fail(url):
    started = time.monotonic()
    with celery_app.connection_for_write(url=url) as connection, pytest.raises(OperationalError):
        celery_app.send_task("any", connection=connection)
    return time.monotonic() - started


def test_publishing_without_a_broker_fails_at_once():
    assert seconds_to_fail("redis://127.0.0.1:1/0") < 0.5


def test_publishing_to_a_silent_broker_fails_within_the_second(silent_server):
    assert seconds_to_fail(f"redis://127.0.0.1:{silent_server}/0") < 1.5


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_real_worker_consumes_the_queue(celery_worker, broker):
    celery_app.send_task("nobody.takes.this")
    deadline = time.monotonic() + 60
    with celery_app.connection_for_write() as connection:
        while connection.default_channel.client.llen("short"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert celery_worker.poll() is None


def sent(connection):
    """A broker that has just come back on a busy machine may not answer within the second of a publisher."""
    try:
        celery_app.send_task("nobody.takes.this", connection=connection)
    except OperationalError:
        return False
    return True


def wait_until_consumed(folder, worker, seconds=120):
    """Send one message and wait until the worker has taken it; one that finds itself deaf is started anew."""
    deadline = time.monotonic() + seconds
    with celery_app.connection_for_write(url=valkey.broker_url(folder)) as connection:
        while not sent(connection):
            assert time.monotonic() < deadline
        while connection.default_channel.client.llen("short"):
            assert time.monotonic() < deadline, (folder / "worker.log").read_text()
            assert worker.poll() in (None, watchdog.EXIT_CODE), (folder / "worker.log").read_text()
            if worker.poll() == watchdog.EXIT_CODE:
                worker = spawn_worker(folder)
            time.sleep(0.1)
    return worker


def spawn_worker(folder):
    return servers.spawn_worker(log=folder / "worker.log", REDIS_URL=valkey.broker_url(folder))


@pytest.mark.processes
@pytest.mark.once
@pytest.mark.timeout(600)
def test_worker_consumes_again_after_its_broker_was_killed():
    folder = Path(tempfile.mkdtemp(prefix="vk-"))
    broker = servers.spawn(valkey.command(folder))
    assert valkey.wait(folder, seconds=60)
    worker = spawn_worker(folder)
    try:
        worker = wait_until_consumed(folder, worker)
        broker.kill()
        broker.wait()
        broker = servers.spawn(valkey.command(folder))
        assert valkey.wait(folder, seconds=60)
        worker = wait_until_consumed(folder, worker)
    finally:
        for process in (worker, broker):
            servers.end(process)
        shutil.rmtree(folder)
