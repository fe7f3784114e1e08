"""The id of the request being served, for log lines and events; "-" outside a request."""

import logging
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="-")

current = _current.get
use = _current.set
reset = _current.reset


class RequestIdFilter(logging.Filter):
    """Put the request's id on every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current()
        return True
