"""The Celery app `tracker`: JSON only, two queues, one UTC tick a minute; every job itself lives in a `jobs.py`.

Messages only wake things up. What is due is decided by rows, so losing or repeating one is harmless.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery import Celery, Task
from celery import beat as celery_beat
from celery.exceptions import InvalidTaskError
from celery.schedules import crontab, schedule
from celery.signals import beat_init, worker_process_init, worker_ready
from django.conf import settings
from kombu import Queue

from config import watchdog
from config.pdeathsig import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

FALLBACK_BROKER = "redis://127.0.0.1:6379/0"
TICK = "tracker.jobs.tick"
SEND_MAILS = "tracker.jobs.send_mails"
SEND_WEBHOOKS = "tracker.jobs.send_webhooks"
WRITE_DIGESTS = "tracker.jobs.write_digests"
SEAL = "tracker.jobs.seal"
CATCH_UP = "tracker.jobs.catch_up"
HEAR_SHORT = "tracker.jobs.hear_short"
HEAR_LONG = "tracker.jobs.hear_long"
SCAN = "tracker.jobs.scan"
RECALCULATE = "tracker.jobs.recalculate"
BULK = "tracker.jobs.bulk"

# Two queues, each with worker processes of its own: whatever takes long must not keep the heartbeat waiting.
# A worker that is told no queue takes both.
SHORT, LONG = "short", "long"
LONG_JOBS = (SCAN, RECALCULATE, BULK, HEAR_LONG)
# A worker sends itself these, so that its silence and that of beat can be told apart.
HEARD_BY = {SHORT: HEAR_SHORT, LONG: HEAR_LONG}
SPARE_SECONDS = 10


def expires_in() -> int:
    """Return the seconds after which a message of the tick is worth nothing: the next one says the same."""
    return max(1, settings.TICK_SECONDS - SPARE_SECONDS)


def limits(seconds: int) -> dict[str, int]:
    """Return Celery's limits of a job: asked to end a little before it is killed."""
    return {"time_limit": seconds, "soft_time_limit": max(1, seconds - SPARE_SECONDS)}


class Minutely(crontab):
    """Fires on the full minute, so that two schedulers name the same period."""

    def is_due(self, last_run_at: datetime) -> Any:
        return super().is_due(_not_ahead(last_run_at, self.now(), seconds=60))


class Every(schedule):
    """Fires each so many seconds: only for tests, which do not wait for minutes."""

    def is_due(self, last_run_at: datetime) -> Any:
        return super().is_due(_not_ahead(last_run_at, self.now(), seconds=self.seconds))


def _not_ahead(last_run_at: datetime, now: datetime, *, seconds: float) -> datetime:
    """A clock that was set back must not silence the scheduler until it is that late again."""
    return now - timedelta(seconds=seconds) if last_run_at > now else last_run_at


class Scheduler(celery_beat.Scheduler):
    """Beat without a file: what was due meanwhile is told by rows, and no file can be broken by a kill.

    It keeps the moment of the next run by the wall clock. One that lies further ahead than the next tick was noted
    before the clock was set back: the schedule is asked again, or nothing would be sent until it is that late again.
    """

    _heap: Any

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        if self._heap and self._heap[0].time - self._when(self._heap[0].entry, 0) > settings.TICK_SECONDS + 1:
            self._heap = None
        return super().tick(*args, **kwargs)


def configuration() -> dict[str, Any]:
    """Return Celery's configuration from Django's settings.

    A message counts as lost only after visibility_timeout; every job is killed well before half of it.
    """
    limit = settings.JOB_TIME_LIMIT
    longest = max(limit, settings.LONG_JOB_TIME_LIMIT)
    return {
        "broker_url": settings.REDIS_URL or FALLBACK_BROKER,
        "broker_connection_retry_on_startup": True,
        "broker_connection_timeout": 2,
        # For ever: a worker that gave up after a hundred tries would have to be started by hand.
        "broker_connection_max_retries": None,
        # A broker that is read-only or full for a while is one that comes back, too.
        "broker_channel_error_retry": True,
        "broker_transport_options": {
            "visibility_timeout": 2 * longest + 60,
            # The default of 10 would look for lost messages every 100 s only.
            "unacked_restore_throttle": 1,
            # A broker that is gone or silent costs a publisher 1 s at most; workers connect again by themselves.
            "socket_timeout": 1,
            "socket_connect_timeout": 1,
            "max_retries": 0,
            "retry_on_timeout": False,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        "task_publish_retry": False,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_queues": [Queue(SHORT), Queue(LONG)],
        "task_default_queue": SHORT,
        "task_create_missing_queues": False,
        "task_routes": {name: {"queue": LONG} for name in LONG_JOBS},
        "task_time_limit": limit,
        "task_soft_time_limit": limits(limit)["soft_time_limit"],
        "task_annotations": {name: limits(settings.LONG_JOB_TIME_LIMIT) for name in LONG_JOBS},
        "worker_prefetch_multiplier": 1,
        "worker_max_tasks_per_child": 1000,
        "worker_max_memory_per_child": 200_000,  # KiB
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "enable_utc": True,
        "timezone": "UTC",
        "beat_scheduler": "config.celery:Scheduler",
        "beat_schedule": {
            "tick": {
                "task": TICK,
                "schedule": Minutely() if settings.TICK_SECONDS == 60 else Every(settings.TICK_SECONDS),
                "options": {"expires": expires_in()},
            }
        },
    }


class GuardedTask(Task):
    """A job whose malformed messages are refused. Celery itself expects their form and would end the worker."""

    def start_strategy(self, app: Celery, consumer: Any, **kwargs: Any) -> Callable[..., Any]:
        handle = super().start_strategy(app, consumer, **kwargs)

        def guarded(message: Any, *args: Any) -> Any:
            try:
                return handle(message, *args)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise InvalidTaskError(f"This message has another form: {error}") from error

        return guarded


app = Celery("tracker", task_cls=GuardedTask)
app.add_defaults(configuration)  # called on first use, when Django's settings are there
app.autodiscover_tasks(related_name="jobs")


@worker_process_init.connect
def _pool_process_dies_with_worker(**_: Any) -> None:
    die_with_parent()


@beat_init.connect
def _tick_at_once(**_: Any) -> None:
    """Who starts the product, or beat alone, does not wait a minute to hear of it."""
    app.send_task(TICK, expires=expires_in())


@worker_ready.connect
def _begin(sender: Any, **_: Any) -> None:
    """After a missed time nobody waits for the next minute; from now on the worker looks after itself."""
    taken = sender.app.amqp.queues.consume_from
    if SHORT in taken:
        sender.app.send_task(CATCH_UP, expires=expires_in())
    heard_by = {queue: job for queue, job in HEARD_BY.items() if queue in taken}
    watchdog.start(sender.app, heard_by, pulse_seconds=settings.TICK_SECONDS, deaf_seconds=settings.WORKER_DEAF_SECONDS)
