"""The commands say what they did and what is wrong, in a sentence."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from tests.builders import make_body, make_cell, make_task
from tracker import clock
from tracker.choices import Role
from tracker.models import Flag, Task

pytestmark = pytest.mark.django_db


def said(*args, **options):
    out = io.StringIO()
    call_command(*args, stdout=out, **options)
    return out.getvalue()


def test_scan_tells_what_it_did():
    today = clock.local_today()
    make_task(on=today - timedelta(days=20), due_on=today - timedelta(days=3))
    assert "1 tasks looked at, 1 flags opened" in said("scan")
    assert "0 tasks looked at, 0 flags opened" in said("scan")


def test_scan_looks_ahead_and_drills():
    today = clock.local_today()
    make_task(on=today, due_on=today + timedelta(days=3))
    ahead = (today + timedelta(days=4)).isoformat()
    with pytest.raises(CommandError, match="lies in the future"):
        said("scan", "--date", ahead)
    assert "1 flags opened" in said("scan", "--date", ahead, "--dry-run")
    assert not Flag.objects.exists()
    assert "1 flags opened" in said("scan", "--date", ahead, "--force")
    assert said("scan").startswith("Everything is settled through")


@pytest.mark.parametrize("day", ["2026-13-01", "tomorrow", ""])
def test_a_day_that_is_none_is_told(day):
    with pytest.raises(CommandError, match="is no day"):
        said("scan", "--date", day)


def test_explain_shows_the_sum():
    task = make_task(on=clock.local_today(), due_on=clock.local_today() + timedelta(days=30))
    text = said("explain", task.code)
    assert "the written deadline" in text
    assert "step 1 on" in text


def test_explain_names_an_unknown_task():
    with pytest.raises(CommandError, match=r"no task 99\.9"):
        said("explain", "99.9")


def test_lint_matrix_ends_with_one_where_nobody_answers():
    make_task(accountable=False)
    with pytest.raises(SystemExit) as ended:
        said("lint_matrix")
    assert ended.value.code == 1


def test_lint_matrix_ends_well_without_errors():
    make_cell(make_task(), make_body("MTTQ"), Role.SUPERVISES)
    assert "0 errors" in said("lint_matrix")


def test_seed_scale_makes_tasks_that_the_scan_finds():
    said("seed_scale", "--tasks", "200", "--due", "20")
    ahead = (clock.local_today() + timedelta(days=2)).isoformat()
    assert "20 flags opened" in said("scan", "--date", ahead, "--force")
    with pytest.raises(CommandError, match="--due"):
        said("seed_scale", "--tasks", "1", "--due", "2")


def test_seed_scale_keeps_away_from_a_database_in_use():
    make_task()
    with pytest.raises(CommandError, match="in use"):
        said("seed_scale", "--tasks", "5")
    assert Task.objects.count() == 1
    said("seed_scale", "--tasks", "5", "--force")
    assert Task.objects.count() == 6
