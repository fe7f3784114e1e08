"""One world for the whole table: made once, every request rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.access.world import World


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[World]:
    # Imported here: pytest reads this file before the settings stand.
    import time_machine
    from django.db import transaction
    from django.test import override_settings

    from tests.access.world import make_world
    from tests.builders import noon
    from tests.working import TODAY
    from tracker.services import heartbeats

    folder = tmp_path_factory.mktemp("files")
    frozen = time_machine.travel(noon(TODAY), tick=False)
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=folder), frozen, transaction.atomic():
        heartbeats.beat(at=noon(TODAY))
        yield make_world()
        transaction.set_rollback(True)
