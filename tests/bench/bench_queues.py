"""The pages of the queues in a large tracker: milliseconds at the 95th percentile, and queries, which do not grow."""

import statistics
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, User
from tests.bench.measured import SATURDAY, noon, tell
from tracker import clock
from tracker.boards.queues import QUEUES
from tracker.choices import Clock, Duty, EvidenceState, Level, ReportState
from tracker.models import (
    Body,
    CalendarVersion,
    Extension,
    Flag,
    FlagStep,
    Institutionalization,
    Instrument,
    Obstacle,
    Policy,
    ProgressReport,
    Task,
)
from tracker.views.trails import ROUTES

ROUNDS = 40
LIMIT = 200
BY_TASK = 800  # the order of the tasks of sixty thousand flags is looked up for each of them
WAITING = 12_000  # so many wait in each queue, more than a page counts
FLAGGED = 60_000  # so many are late
DAYS = 300
FILTERS = {"": {}, "by task": {"order": "task"}, "old": {"age": "90"}, "words": {"q": "nhiem vu 7"}}


@pytest.fixture(scope="module")
def queues(large, django_db_blocker):
    """The tracker with full queues: what each holds by its code."""
    with django_db_blocker.unblock():
        fill(large)
        return {code: queue.rows(_reader("bench-all"), clock.local_today()).count() for code, queue in QUEUES.items()}


def fill(tasks):
    """Let WAITING of the tasks wait in each queue, and FLAGGED be late."""
    if Obstacle.objects.exists():
        return
    official = User.objects.create(username="bench-official")
    bodies = list(Body.objects.filter(code__startswith="QM-").order_by("pk"))
    _readers(bodies)
    chosen = list(Task.objects.order_by("pk").values_list("pk", flat=True)[:: max(2, tasks // WAITING)])
    days = [SATURDAY - timedelta(days=number) for number in range(DAYS)]
    who = [(pk, bodies[pk % len(bodies)], days[place % DAYS]) for place, pk in enumerate(chosen)]
    _reports(who, official)
    _evidence(who, official)
    _requests(who, official)
    _obstacles(who, bodies, official)
    _open_again(who)
    _flags(list(Task.objects.order_by("pk").values_list("pk", flat=True)[:: max(1, tasks // FLAGGED)]))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _readers(bodies):
    """One whose jurisdiction is the whole system, one of a single body."""
    for name, root in (("bench-all", Body.objects.get(code="HTCT")), ("bench-one", bodies[7])):
        user = User.objects.create(username=name)
        Membership.objects.create(user=user, body=bodies[0], root=root, duty=Duty.COMMISSION, valid_from=SATURDAY)


def _reader(name):
    return User.objects.get(username=name)


def _reports(who, official):
    ProgressReport.objects.bulk_create(
        (
            ProgressReport(
                task_id=task,
                body=body,
                author=official,
                stage="planned",
                done_text="Đã ban hành kế hoạch",
                state=ReportState.SUBMITTED,
                created_at=noon(day),
                submitted_on=day,
                submitted_at=noon(day),
                review_since=day,
            )
            for task, body, day in who
        ),
        batch_size=2000,
    )


def _evidence(who, official):
    instrument, _made = Instrument.objects.get_or_create(number="1/2026/ND-CP", defaults={"rank": "decree"})
    Institutionalization.objects.bulk_create(
        (
            Institutionalization(
                task_id=task,
                instrument=instrument,
                level=Level.CENTRAL,
                body=body,
                declared_by=official,
                declared_on=day,
                state=EvidenceState.DECLARED,
                recorded_at=noon(day),
            )
            for task, body, day in who
        ),
        batch_size=2000,
    )


def _requests(who, official):
    Extension.objects.bulk_create(
        (
            Extension(
                task_id=task,
                body=body,
                asked_by=official,
                asked_on=day,
                asked_at=noon(day),
                letter_number="1/BC",
                letter_on=day,
                signer="Thủ trưởng",
                reason="Dự thảo phải lấy lại ý kiến",
                wanted_on=day + timedelta(days=400),
            )
            for task, body, day in who
        ),
        batch_size=2000,
    )


def _obstacles(who, bodies, official):
    Obstacle.objects.bulk_create(
        (
            Obstacle(
                task_id=task,
                declared_body=body,
                body=bodies[(task + 1) % len(bodies)],
                since=day,
                reason="Chưa có ý kiến",
                declared_by=official,
                recorded_at=noon(day),
            )
            for task, body, day in who
        ),
        batch_size=2000,
    )


def _open_again(who):
    for days in range(DAYS):
        ids = [task + 1 for task, _body, day in who if day == SATURDAY - timedelta(days=days)]
        since = SATURDAY - timedelta(days=days)
        Task.objects.filter(pk__in=ids).update(lapsed_since=since, unowned_since=since)


def _flags(ids):
    policy, version = Policy.objects.get(code="default"), CalendarVersion.objects.first()
    facts = {"policy": policy, "calendar_version": version}
    limits = [(pk, SATURDAY - timedelta(days=1 + place % DAYS)) for place, pk in enumerate(ids)]
    flags = Flag.objects.bulk_create(
        (
            Flag(
                task_id=pk,
                clock=(Clock.STAGE, Clock.SILENCE, Clock.DUE)[pk % 3],
                limit_on=limit,
                since=limit + timedelta(days=1),
                opened_at=noon(limit),
                **facts,
            )
            for pk, limit in limits
        ),
        batch_size=2000,
    )
    FlagStep.objects.bulk_create(
        (FlagStep(flag=flag, number=1, due_on=flag.since, addressee="holder", reached="holder") for flag in flags),
        batch_size=5000,
    )


def measure(reader, code, query):
    """Milliseconds (95th percentile and median) and queries of one page."""
    client, address = Client(), reverse(ROUTES[QUEUES[code].code][0])
    client.force_login(_reader(reader))
    times = []
    for _round in range(ROUNDS):
        begin = time.perf_counter()
        response = client.get(address, query)
        times.append((time.perf_counter() - begin) * 1000)
        assert response.status_code == 200
    with CaptureQueriesContext(connection) as captured:
        client.get(address, query)
    return sorted(times)[int(ROUNDS * 0.95) - 1], statistics.median(times), len(captured)


@pytest.mark.django_db
@pytest.mark.parametrize("reader", ["bench-all", "bench-one"])
@pytest.mark.parametrize("code", QUEUES)
def test_a_page_of_a_queue_is_quick_however_large_the_tracker(queues, code, reader):
    told, slow = [], []
    for name, query in FILTERS.items():
        late, median, number = measure(reader, code, query)
        told.append(f"{name or 'all'} {late:.0f} ({median:.0f}) ms, {number} queries")
        limit = BY_TASK if (code, name) == ("overdue", "by task") else LIMIT
        slow += [f"{name}: {late:.0f} ms"] if late > limit else []
    tell(f"\n{code} of {queues[code]:,} for {reader}: " + "; ".join(told))
    assert slow == []
