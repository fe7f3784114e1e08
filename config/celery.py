"""The Celery app `tracker`: JSON only, one UTC tick a minute; every job itself lives in a `jobs.py`.

Messages only wake things up. What is due is decided by rows, so losing or repeating one is harmless.
"""

import os
from collections.abc import Callable
from typing import Any

from celery import Celery, Task
from celery.exceptions import InvalidTaskError
from celery.schedules import crontab
from celery.signals import worker_process_init, worker_ready
from django.conf import settings

from config.pdeathsig import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

FALLBACK_BROKER = "redis://127.0.0.1:6379/0"
TICK = "tracker.jobs.tick"
SEND_MAILS = "tracker.jobs.send_mails"
WRITE_DIGESTS = "tracker.jobs.write_digests"


def configuration() -> dict[str, Any]:
    """Return Celery's configuration from Django's settings.

    A message counts as lost only after visibility_timeout; every job is killed well before half of it.
    """
    limit = settings.JOB_TIME_LIMIT
    tick = settings.TICK_SECONDS
    return {
        "broker_url": settings.REDIS_URL or FALLBACK_BROKER,
        "broker_connection_retry_on_startup": True,
        "broker_connection_timeout": 2,
        "broker_transport_options": {
            "visibility_timeout": 2 * limit + 60,
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
        "task_time_limit": limit,
        "task_soft_time_limit": max(1, limit - 10),
        "worker_prefetch_multiplier": 1,
        "worker_max_tasks_per_child": 1000,
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "enable_utc": True,
        "timezone": "UTC",
        "beat_schedule": {
            "tick": {
                "task": TICK,
                # crontab() fires on the full minute, so that two beats name the same period.
                "schedule": crontab() if tick == 60 else float(tick),
                "options": {"expires": max(1, tick - 10)},
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


@worker_ready.connect
def _tick_at_once(sender: Any, **_: Any) -> None:
    """After a missed time nobody waits for the next minute. A second tick in a period does nothing."""
    sender.app.send_task(TICK, expires=50)
