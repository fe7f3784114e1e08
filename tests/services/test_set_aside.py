"""One bad row: the scan finds it, settles all others, and after three tries leaves it alone until somebody looked."""

from datetime import date, timedelta

import pytest

from tests.builders import make_body, make_task, make_user, noon
from tests.poison import cure, poison
from tracker.models import Flag, SetAside
from tracker.services import scan, set_aside

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 12)


@pytest.fixture
def poisoned(db):
    made = [make_task(due_on=date(2026, 2, 10)) for _ in range(12)]
    task = made[7]
    poison(task)
    return task


def run(offset):
    return scan.run(DAY + timedelta(days=offset), at=noon(DAY + timedelta(days=offset)), force=True)


def test_all_others_are_flagged_and_the_one_is_shown(poisoned):
    assert run(0).opened == 11
    row = SetAside.objects.get()
    assert (row.task, row.attempts, "poison" in row.error) == (poisoned, 1, True)
    assert not Flag.objects.filter(task=poisoned).exists()


def test_after_three_tries_no_scan_meets_it_again_until_somebody_lets_it(poisoned):
    for offset in range(3):
        run(offset)
    poisoned.refresh_from_db()
    assert (SetAside.objects.get().attempts, poisoned.next_check_on) == (3, None)
    assert run(3).looked_at == 0
    cure()
    admin = make_user("root", None, make_body("HTCT"), is_superuser=True)
    set_aside.retry(SetAside.objects.get(), by=admin, at=noon(DAY + timedelta(days=4)))
    assert run(4).opened == 1
    assert Flag.objects.get(task=poisoned).since == date(2026, 2, 11)
