"""The demonstration, served once for all pages that are only looked at."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    """The address of the product with its demonstration, and the cookies of who is signed in."""
    # Imported here: pytest reads this file before the settings stand.
    from io import StringIO

    from django.core.management import call_command
    from django.test import override_settings
    from pytest_django.live_server_helper import LiveServer

    from tests.e2e.pages import PAGES, address
    from tracker.clock import now
    from tracker.services import heartbeats

    with django_db_blocker.unblock(), override_settings(ALLOWED_HOSTS=["localhost"]):
        call_command("loaddemo", stdout=StringIO())
        heartbeats.beat(at=now())
        _draft_calendar()
        _add_files()
        cookies = {name: _cookies(name) for name, _where in PAGES.values()}
        addresses = {name: address(name) for name in PAGES}
        server = LiveServer("localhost")
        try:
            yield SimpleNamespace(url=server.url, cookies=cookies, addresses=addresses)
        finally:
            server.stop()
            call_command("flush", interactive=False, verbosity=0)


def _draft_calendar() -> None:
    """Give the national calendar a draft with a day off and a make-up day."""
    from datetime import date

    from accounts.models import User
    from tracker.clock import now
    from tracker.models import Calendar
    from tracker.services import calendars, days_off

    who: dict[str, Any] = {"by": User.objects.get(username="editor"), "at": now()}
    names = {"name_vi": "Hoán đổi ngày làm việc", "name_en": "Swapped day", "document": "1/TB-BNV"}
    draft = calendars.draft(Calendar.objects.get(code="VN"), **who)
    for day, kind in ((date(2027, 7, 19), "off"), (date(2027, 7, 24), "work")):
        days_off.add(draft, day=day, kind=kind, **names, **who)


def _add_files() -> None:
    """Give the instrument whose life the demonstration tells a file with a revision."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from accounts.models import User
    from tests.hostile import PDF
    from tracker.clock import now
    from tracker.models import Instrument
    from tracker.services import instrument_files

    who: dict[str, Any] = {"by": User.objects.get(username="editor"), "at": now()}
    instrument = Instrument.objects.filter(phases__isnull=False).earliest("pk")
    first = instrument_files.add(instrument, SimpleUploadedFile("thông tư, bản ký.pdf", PDF), **who)
    instrument_files.add(instrument, SimpleUploadedFile("thông tư.pdf", PDF + b"2"), replaces=first, **who)


def _cookies(name: str) -> list[dict[str, str]]:
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    if not name:
        return []
    client = Client()
    client.force_login(User.objects.filter(username=name).first() or User.objects.create_user(name))
    return [{"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}]
