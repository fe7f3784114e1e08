"""The Celery app: JSON only, limits that fit together, a real worker that runs what it is sent."""

import time

import pytest
from kombu.exceptions import EncodeError, OperationalError

from config import celery_app
from config.celery import TICK, configuration


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


def test_publishing_without_a_broker_fails_at_once(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with celery_app.connection_for_write(url=settings.REDIS_URL) as connection:
        started = time.monotonic()
        with pytest.raises(OperationalError, match="refused"):
            celery_app.send_task("any", connection=connection, retry=False)
    assert time.monotonic() - started < 1


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_real_worker_consumes_the_queue(celery_worker, broker):
    celery_app.send_task("nobody.takes.this")
    deadline = time.monotonic() + 20
    with celery_app.connection_for_write() as connection:
        while connection.default_channel.client.llen("celery"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert celery_worker.poll() is None
