"""The one place where the clock is read. Below the doors, days and moments are parameters."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return timezone.now()


def local_day(at: datetime) -> date:
    """Return the day in Viet Nam at the aware moment `at`."""
    return at.astimezone(LOCAL_ZONE).date()


def local_today() -> date:
    """Return today in Viet Nam, whatever zone the machine keeps."""
    return local_day(now())


def end_of(day: date) -> datetime:
    """Return the first moment after the local `day`: what was recorded before it was known on that day."""
    return start_of(date.fromordinal(day.toordinal() + 1))


def start_of(day: date) -> datetime:
    """Return the first moment of the local `day`."""
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL_ZONE)
