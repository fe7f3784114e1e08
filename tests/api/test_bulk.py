"""Many rows in one request: each as it would be alone, in order, all or nothing where asked, by a job where long."""

import json
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken
from accounts.services import create_token
from tests.api.test_writing import LETTER, done, kinds, refused, send
from tests.api.values import HOSTILE
from tests.builders import make_body, make_cast, make_task, noon
from tests.working import TODAY, client_of, frozen
from tracker import jobs
from tracker.api.writing import bulk, running
from tracker.clock import now as now_
from tracker.models import BulkJob, Event, Extension, ExternalReference, Flag, Obstacle, ProgressReport, Task
from tracker.services import bulk_jobs, clocks, many, scan

pytestmark = pytest.mark.django_db
now = pytest.fixture(autouse=True)(frozen)
PAPER = {"reason": "Chờ sửa luật", "document": "45-QĐ/TU"}
PLANNED = {"stage": "planned", "on": "2026-06-01"}


@pytest.fixture
def tasks(cast):
    return [make_task(code=f"2.{number}", due_on=TODAY + timedelta(days=30)) for number in range(4)]


@pytest.fixture
def commission(cast):
    return client_of(cast["hoa"])


@pytest.fixture
def lan(cast):
    return client_of(cast["lan"])


def row(task, **values):
    return {"id": task.pk, "version": task.version, **values}


def told(response, status=207):
    assert response.status_code == status, response.content.decode()
    return response.json()


def statuses(response, status=207):
    return [result["status"] for result in told(response, status)["results"]]


def stages():
    return list(Task.objects.order_by("pk").values_list("stage", flat=True))


def test_each_row_is_told_in_order_and_the_others_go_on(tasks, commission):
    rows = [
        row(tasks[2], **PLANNED),
        row(tasks[0], stage="drafting", on="2026-06-02", reason="Theo báo cáo"),
        {"id": 999_999, "version": 1, **PLANNED},
        {**row(tasks[1], **PLANNED), "version": 7},
        row(tasks[3], stage="planned", on="2026-07-01"),
        row(tasks[2], **PLANNED),
        row(tasks[1], stage="nope", on="x", more=1),
        "text",
        {"stage": "planned"},
    ]
    body = told(send(commission, "tasks/stage/", rows))
    assert [result["status"] for result in body["results"]] == [200, 200, 404, 412, 400, 400, 400, 400, 400]
    assert (body["done"], body["refused"]) == (2, 7)
    assert body["results"][0] == {"status": 200, "id": tasks[2].pk, "version": tasks[2].version + 1}
    problems = [result.get("problem", {}) for result in body["results"]]
    assert problems[3]["current_version"] == tasks[1].version
    assert [sorted(problem.get("errors", {})) for problem in problems[4:]] == [
        ["on"],
        ["id"],
        ["more"],
        [],
        ["id", "on", "version"],
    ]
    assert stages() == ["drafting", "assigned", "planned", "assigned"]
    assert [kinds(task).count("task.stage") for task in tasks] == [1, 0, 1, 0]


def test_many_leave_what_each_alone_leaves(tasks, cast):
    commission, event = client_of(cast["hoa"]), ("kind", "on", "before", "after", "why", "actor", "duty", "object_kind")
    alone, many_ = tasks[:2], tasks[2:]
    for task in alone:
        done(send(commission, f"tasks/{task.pk}/stage/", {**PLANNED, "reason": "Họp"}, version=task.version))
        done(send(commission, f"tasks/{task.pk}/withdraw/", PAPER, version=task.version + 1))
    rows = [row(task, **PLANNED, reason="Họp") for task in many_]
    assert statuses(send(commission, "tasks/stage/", rows)) == [200, 200]
    assert statuses(
        send(commission, "tasks/withdraw/", [{**row(task, **PAPER), "version": task.version + 1} for task in many_])
    ) == [
        200,
        200,
    ]

    def state(task):
        task.refresh_from_db()
        left_out = {
            "_state",
            "id",
            "code",
            "folded",
            "title_vi",
            "title_en",
            "resolution_id",
            "position",
            "provision_id",
        }
        values = {name: value for name, value in vars(task).items() if name not in left_out}
        changes = task.stage_changes.order_by("id").values_list(
            "from_stage", "to_stage", "on", "reason", "document", "by"
        )
        return values, list(changes), list(task.events.order_by("id").values_list(*event))[-2:]

    assert state(many_[0]) == state(alone[0])
    assert state(many_[1]) == state(alone[1])


def test_all_or_nothing(tasks, commission):
    sound = [row(task, **PLANNED) for task in tasks]
    bad = [*sound[:2], {**sound[2], "version": 9}, {**sound[3], "on": "x"}]
    before = Event.objects.count()
    problem = refused(send(commission, "tasks/stage/?atomic=true", bad), 422, "rows-refused")
    assert [(item["row"], item["status"]) for item in problem["rows"]] == [(2, 412), (3, 400)]
    assert (stages(), Event.objects.count()) == (["assigned"] * 4, before)
    assert statuses(send(commission, "tasks/stage/?atomic=true", sound), 200) == [200] * 4
    assert stages() == ["planned"] * 4


def test_all_or_nothing_row_by_row(tasks, lan):
    good = {"task": "2.0", **LETTER, "wanted_on": "2026-09-30"}
    bad = [good, {**good, "task": "2.1"}, {**good, "task": "2.2", "wanted_on": "2026-06-01"}]
    problem = refused(send(lan, "extensions/?atomic=true", bad), 422, "rows-refused")
    assert [item["row"] for item in problem["rows"]] == [2]
    assert not Extension.objects.exists()
    made = told(send(lan, "extensions/?atomic=true", bad[:2]), 200)["results"]
    assert [(item["status"], item["id"]) for item in made] == [
        (201, extension.pk) for extension in Extension.objects.order_by("pk")
    ]


def test_rows_are_created_and_changed_on_their_collection(tasks, lan):
    drafts = [{"task": f"2.{number}", "stage": "planned", "done_text": "Kế hoạch"} for number in (0, 1, 0)]
    body = told(send(lan, "progress-reports/", drafts))
    assert [item["status"] for item in body["results"]] == [201, 201, 409]
    changes = [
        {"id": item["id"], "version": item["version"], "done_text": f"Lần {item['id']}"} for item in body["results"][:2]
    ]
    assert statuses(send(lan, "progress-reports/", [*changes, {**changes[0]}], method="patch")) == [200, 200, 400]
    texts = ProgressReport.objects.order_by("pk").values_list("done_text", flat=True)
    assert list(texts) == [change["done_text"] for change in changes]
    empty = [{"id": changes[0]["id"], "version": 2}]
    assert statuses(send(lan, "progress-reports/", empty, method="patch")) == [400]
    refused(send(lan, "progress-reports/", changes[0], method="patch"), 400, "bad-request")


def test_acts_without_a_set_based_service_go_row_by_row(tasks, commission, lan):
    body = {**LETTER, "wanted_on": "2026-09-30"}
    made = told(send(lan, "extensions/", [{**body, "task": task.code} for task in tasks]))["results"]
    rows = [{"id": item["id"], "version": item["version"], "note": "Chưa đủ"} for item in made]
    rows[1]["note"] = " "
    assert statuses(send(commission, "extensions/refuse/", rows)) == [200, 400, 200, 200]
    assert list(Extension.objects.order_by("pk").values_list("state", flat=True)) == [
        "refused",
        "asked",
        "refused",
        "refused",
    ]


def late(tasks):
    Task.objects.update(due_on=TODAY - timedelta(days=9), effective_due_on=TODAY - timedelta(days=9))
    Task.objects.all().look_again(TODAY)
    scan.catch_up(TODAY, at=noon(TODAY))
    return list(Flag.objects.filter(clock="due", task__in=tasks).order_by("pk"))


def test_flags_are_acknowledged_together(tasks, commission):
    flags = late(tasks)
    rows = [row(flag, note=f" Đã nhắc {flag.pk} ") for flag in flags]
    assert statuses(send(commission, "flags/acknowledge/", rows[:3])) == [200, 200, 200]
    assert statuses(send(commission, "flags/acknowledge/", rows)) == [412, 412, 412, 200]
    again = [{**one, "version": 2} for one in rows]
    assert statuses(send(commission, "flags/acknowledge/", again)) == [409] * 4
    notes = Flag.objects.filter(clock="due").order_by("pk").values_list("acknowledged_note", flat=True)
    assert list(notes) == [f"Đã nhắc {flag.pk}" for flag in flags]
    assert [kinds(task).count("flag.acknowledged") for task in tasks] == [1] * 4


def test_who_may_not_is_refused_row_by_row_and_sees_nothing_of_others(tasks, cast, lan):
    foreign = make_task(code="3.1", accountable=make_body("BO-B"))
    rows = [row(tasks[0], **PLANNED), row(foreign, **PLANNED), {"id": 999_999, "version": 1, **PLANNED}]
    results = told(send(lan, "tasks/stage/", rows))["results"]
    assert [result["status"] for result in results] == [403, 404, 404]
    assert results[1]["problem"] == results[2]["problem"]
    assert statuses(send(client_of(cast["quang"]), "tasks/stage/", rows)) == [200, 200, 404]


def queries_of(client, path, rows):
    with CaptureQueriesContext(connection) as captured:
        assert statuses(send(client, path, rows)) == [200] * len(rows)
    return len(captured)


@pytest.mark.parametrize(("act", "values"), [("stage", PLANNED), ("withdraw", PAPER)])
def test_a_change_of_many_tasks_takes_at_most_thirty_queries_however_many_they_are(cast, act, values):
    made = [make_task() for _ in range(60)]
    client, first = client_of(cast["hoa"]), make_task()
    scan.run(TODAY, at=noon(TODAY))
    queries_of(client, f"tasks/{act}/", [row(first, **values)])
    few = queries_of(client, f"tasks/{act}/", [row(task, **values) for task in made[:10]])
    assert queries_of(client, f"tasks/{act}/", [row(task, **values) for task in made[10:]]) == few <= 30


def test_flags_take_the_same_number_of_queries_however_many_they_are(tasks, commission):
    flags = late([*tasks, *(make_task() for _ in range(40))])
    few = queries_of(commission, "flags/acknowledge/", [row(flag, note="Đã nhắc") for flag in flags[:5]])
    rest = [row(flag, note="Đã nhắc") for flag in flags[5:]]
    assert queries_of(commission, "flags/acknowledge/", rest) == few <= 15


def test_rows_that_cannot_be_written_together_are_made_one_by_one(tasks, lan, monkeypatch):
    @contextmanager
    def breaks_at_its_end(**how):
        yield
        raise DataError("out of range")

    monkeypatch.setattr(clocks, "together", breaks_at_its_end)
    rows = [{**LETTER, "wanted_on": "2026-09-30", "task": task.code, "external_id": task.code} for task in tasks[:3]]
    assert statuses(send(lan, "extensions/", rows)) == [201, 201, 201]
    assert (Extension.objects.count(), ExternalReference.objects.count()) == (3, 3)


def test_a_task_that_cannot_be_wound_fails_alone(tasks, commission, monkeypatch):
    def fail(wanted, **who):
        raise DataError("out of range")

    monkeypatch.setattr(many, "_write", fail)
    assert statuses(send(commission, "tasks/stage/", [row(task, **PLANNED) for task in tasks[:2]])) == [200, 200]
    assert stages()[:2] == ["planned", "planned"]


BAD = [b"[]", b"{}", b"null", b'"x"', b"7", b"[", b'[{"id": NaN}]', b"[" * 100_000]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_a_body_that_is_no_list_of_rows_is_refused(tasks, commission, body):
    response = commission.post("/api/v1/tasks/stage/", body, "application/json")
    assert response.status_code == 400
    assert stages() == ["assigned"] * 4


def test_parameters_and_sizes_are_checked(tasks, commission):
    rows = [row(tasks[0], **PLANNED)]
    refused(send(commission, "tasks/stage/?atomic=1", rows), 400, "invalid-parameter", "atomic")
    refused(send(commission, "tasks/stage/?x=1", rows), 400, "unknown-parameter", "x")
    refused(send(commission, "tasks/stage/", [1] * 10_001), 413, "too-large")
    refused(send(commission, "tasks/stage/", ["a" * (2 * 1024 * 1024)]), 413, "too-large")
    refused(
        send(commission, f"tasks/{tasks[0].pk}/stage/?atomic=true", rows[0], version=1),
        400,
        "unknown-parameter",
        "atomic",
    )
    assert (stages(), BulkJob.objects.count()) == (["assigned"] * 4, 0)


def test_the_same_request_is_carried_out_once(tasks, commission):
    rows, key = [row(tasks[0], **PLANNED), row(tasks[1], stage="x")], {"Idempotency-Key": "k"}
    first, second = (send(commission, "tasks/stage/", rows, **key) for _ in range(2))
    assert told(first) == told(second)
    assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (None, "true")
    refused(send(commission, "tasks/stage/?atomic=true", rows, **key), 422, "key-reused")
    bad = {"Idempotency-Key": "k2"}
    refused(send(commission, "tasks/stage/?atomic=true", rows, **bad), 422, "rows-refused")
    refused(send(commission, "tasks/stage/?atomic=true", rows, **bad), 422, "rows-refused")
    assert kinds(tasks[0]).count("task.stage") == 1


@pytest.fixture
def short(monkeypatch):
    """Jobs begin beyond three rows, and a batch has two."""
    from tracker.api.writing import many as requests

    monkeypatch.setattr(requests, "AT_ONCE", 3)
    monkeypatch.setattr(bulk_jobs, "BATCH", 2)


@pytest.fixture
def begun(short, tasks, commission):
    return send(commission, "tasks/stage/", planned(tasks), **{"Idempotency-Key": "k"})


def planned(tasks):
    rows = [row(task, **PLANNED) for task in tasks]
    rows[2]["version"] = 9
    return rows


def test_more_rows_than_are_answered_at_once_become_a_job(begun, tasks, commission, cast):
    body = told(begun, 202)
    assert (body["state"], body["rows"], body["results"]) == ("queued", 4, [])
    assert stages() == ["assigned"] * 4
    again = send(commission, "tasks/stage/", planned(tasks), **{"Idempotency-Key": "k"})
    assert (again.status_code, again["Idempotency-Replayed"], again["Location"]) == (202, "true", begun["Location"])
    jobs.bulk()
    job = commission.get(begun["Location"]).json()
    assert (job["state"], job["done"], job["refused"]) == ("done", 3, 1)
    assert [result["status"] for result in job["results"]] == [200, 200, 412, 200]
    assert stages() == ["planned", "planned", "assigned", "planned"]
    told_by = Event.objects.filter(kind="task.stage").values_list("actor__username", "request_id")
    assert set(told_by) == {(cast["hoa"].username, begun["X-Request-ID"][:40])}


def test_a_killed_worker_loses_and_doubles_nothing(begun, tasks, commission, monkeypatch):
    carry, calls = bulk.carry_out, []

    def killed(act, rows, **how):
        results = carry(act, rows, **how)
        calls.append(len(rows))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return results

    monkeypatch.setattr("tracker.api.writing.running.carry_out", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.bulk()
    assert commission.get(begun["Location"]).json()["state"] == "running"
    assert stages() == ["planned", "planned", "assigned", "assigned"]
    jobs.bulk()
    assert calls == [2, 2], "the lease of the worker that is gone still runs"
    assert not bulk_jobs.is_due(now_())
    BulkJob.objects.update(lease_until=now_() - timedelta(seconds=1))
    assert bulk_jobs.is_due(now_())
    jobs.bulk()
    job = commission.get(begun["Location"]).json()
    assert [result["status"] for result in job["results"]] == [200, 200, 412, 200]
    assert [kinds(task).count("task.stage") for task in tasks] == [1, 1, 0, 1]


def test_a_batch_that_never_ends_is_given_up(begun, tasks, commission, monkeypatch):
    def fail(*args, **how):
        raise RuntimeError("bug")

    monkeypatch.setattr("tracker.api.writing.running.carry_out", fail)
    for _ in range(bulk_jobs.MOST_TRIES):
        with pytest.raises(RuntimeError):
            jobs.bulk()
        BulkJob.objects.update(lease_until=now_() - timedelta(seconds=1))
    with pytest.raises(RuntimeError):
        jobs.bulk()  # the next batch has tries of its own
    assert [result["status"] for result in BulkJob.objects.get().results] == [500, 500]


def test_a_job_of_all_or_nothing(short, tasks, commission):
    rows = [row(task, **PLANNED) for task in tasks]
    bad = send(commission, "tasks/stage/?atomic=true", [*rows[:3], {**rows[3], "version": 9}])
    good = send(commission, "tasks/withdraw/?atomic=true", [row(task, **PAPER) for task in tasks])
    jobs.bulk()
    job = commission.get(bad["Location"]).json()
    assert (job["state"], job["results"], job["problem"]["type"]) == ("refused", [], "/problems/rows-refused")
    assert [item["row"] for item in job["problem"]["rows"]] == [3]
    assert commission.get(good["Location"]).json()["state"] == "done"
    assert stages() == ["withdrawn"] * 4


def test_no_value_breaks_a_job(short, tasks, commission):
    sound = row(tasks[0], **PLANNED)
    rows = [{**sound, name: value} for name in sound for value in HOSTILE] + [None, 7, [], "x", {"\x00\ud800": 1}]
    answer = send(commission, "tasks/stage/", rows)
    jobs.bulk()
    job = commission.get(answer["Location"]).json()
    assert job["state"] == "done"
    assert {result["status"] for result in job["results"]} <= {400, 404, 412}


def test_ten_jobs_of_one_user_wait_at_most(short, tasks, commission):
    rows = [row(task, **PLANNED) for task in tasks]
    assert [send(commission, "tasks/stage/", rows).status_code for _ in range(10)] == [202] * 10
    response = send(commission, "tasks/stage/", rows)
    refused(response, 429, "too-many-requests")
    assert response["Retry-After"] == "60"


def test_a_job_is_for_who_asked_for_it(begun, cast, lan):
    assert lan.get(begun["Location"]).status_code == 404
    assert client_of(cast["quang"]).get(begun["Location"]).status_code == 404
    assert lan.get("/api/v1/bulk-jobs/999999/").status_code == 404
    assert lan.get("/api/v1/bulk-jobs/x/").status_code == 404
    assert lan.post(begun["Location"], "[]", "application/json").status_code == 405


def by_token(user, **options):
    from django.test import Client

    _row, token = create_token(user=user, name="suite", scopes=["review"], days=30, at=now_(), **options)
    return Client(headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"})


def test_a_revoked_token_ends_its_jobs(short, tasks, cast):
    client = by_token(cast["hoa"])
    answer = send(client, "tasks/stage/", [row(task, **PLANNED) for task in tasks])
    assert client.get(answer["Location"]).json()["rows"] == 4
    ApiToken.objects.update(revoked_at=now_())
    jobs.bulk()
    job = client_of(cast["hoa"]).get(answer["Location"]).json()
    assert [result["status"] for result in job["results"]] == [403] * 4
    assert stages() == ["assigned"] * 4


def test_a_token_for_one_body_stays_as_narrow_in_its_job(short, tasks, cast):
    make_body("BO-B")
    foreign = make_task(code="3.1", accountable=make_body("BO-B"))
    narrow = by_token(cast["hoa"], body=make_body("BO-A"))
    rows = [row(task, **PLANNED) for task in (*tasks, foreign)]
    answer = send(narrow, "tasks/stage/", rows)
    wide = send(by_token(cast["hoa"]), "tasks/stage/", rows)
    jobs.bulk()
    statuses_ = [result["status"] for result in narrow.get(answer["Location"]).json()["results"]]
    assert statuses_ == [200, 200, 200, 200, 404]
    assert narrow.get(wide["Location"]).status_code == 404


def test_jobs_are_kept_for_a_day(begun, commission):
    jobs.bulk()
    at = BulkJob.objects.get().finished_at
    assert bulk_jobs.forget(at=at + timedelta(hours=23)) == 0
    assert bulk_jobs.forget(at=at + timedelta(hours=24)) == 1
    assert commission.get(begun["Location"]).status_code == 404


OBSTACLE = {"task": "2.0", "body": "BTC", "since": "2026-06-01", "reason": "Kinh phí"}


def test_what_a_client_calls_its_row_is_unique_and_found_again(tasks, lan, commission):
    make_body("BTC")
    first = done(send(lan, "obstacles/", {**OBSTACLE, "external_source": "e-office", "external_id": "A-17"}), 201)
    assert (first["external_source"], first["external_id"]) == ("e-office", "A-17")
    again = {**OBSTACLE, "task": "2.1", "external_source": "e-office", "external_id": "A-17"}
    response = send(lan, "obstacles/", again)
    address = f"/api/v1/obstacles/{first['id']}/"
    assert refused(response, 409, "already-there")["existing"] == address
    assert response["Location"] == address
    other = send(
        lan,
        "extensions/",
        {"task": "2.0", **LETTER, "wanted_on": "2026-09-30", "external_source": "e-office", "external_id": "A-17"},
    )
    assert refused(other, 409, "already-there")["existing"] == address
    assert (Obstacle.objects.count(), Extension.objects.count()) == (1, 0)
    done(send(lan, "obstacles/", {**again, "external_source": None}), 201)
    found = [
        [one["task"] for one in commission.get("/api/v1/obstacles/", query).json()["results"]]
        for query in ({"external_id": "A-17"}, {"external_source": "api"}, {"external_id": "B"})
    ]
    assert found == [["2.0", "2.1"], ["2.1"], []]
    assert Event.objects.filter(kind="external.named", task=tasks[0]).get().after == {
        "external_source": "e-office",
        "external_id": "A-17",
    }


def test_of_rows_of_one_request_with_the_same_name_one_is_made(tasks, lan):
    make_body("BTC")
    rows = [{**OBSTACLE, "task": task.code, "external_id": "A-17"} for task in tasks[:2]]
    results = told(send(lan, "obstacles/", rows))["results"]
    assert [result["status"] for result in results] == [201, 409]
    assert results[1]["problem"]["existing"] == f"/api/v1/obstacles/{results[0]['id']}/"
    assert ExternalReference.objects.count() == 1


def test_another_body_has_names_of_its_own_and_a_draft_keeps_its_name_to_itself(tasks, cast, lan):
    make_task(code="3.1", accountable=make_body("BO-B"))
    draft = {"stage": "planned", "done_text": "Kế hoạch", "external_id": "7"}
    mine = done(send(lan, "progress-reports/", {**draft, "task": "2.0"}), 201)
    theirs = done(send(client_of(cast["minh"]), "progress-reports/", {**draft, "task": "3.1"}), 201)
    assert mine["external_id"] == theirs["external_id"] == "7"
    private = Event.objects.filter(kind="external.named").order_by("id").values_list("private_to__code", flat=True)
    assert list(private) == ["BO-A", "BO-B"]


@pytest.mark.parametrize(
    ("names", "at_fault"),
    [
        ({"external_source": "e-office"}, "external_id"),
        ({"external_source": "e office", "external_id": "1"}, "external_source"),
        ({"external_source": "a" * 61, "external_id": "1"}, "external_source"),
        ({"external_id": "a" * 201}, "external_id"),
        ({"external_id": "a\x00"}, "external_id"),
        ({"external_id": 7}, "external_id"),
    ],
)
def test_a_name_has_a_form(tasks, lan, names, at_fault):
    make_body("BTC")
    refused(send(lan, "obstacles/", {**OBSTACLE, **names}), 400, "invalid-field", at_fault)
    assert not Obstacle.objects.exists()


def test_a_long_answer_is_json_in_the_language_of_who_asked(begun, cast):
    jobs.bulk()
    body = json.loads(client_of(cast["hoa"], "vi").get(begun["Location"]).content)
    assert body["results"][2]["problem"]["title"] == "Changed meanwhile"


@pytest.mark.django_db(transaction=True)
def test_of_rows_with_the_same_name_sent_at_once_one_is_made():
    cast, address = make_cast(), "obstacles/"
    make_body("BTC")
    for number in range(4):
        make_task(code=f"2.{number}", accountable=make_body("BO-A"))
    answers = at_once(
        lambda number: (
            send(
                client_of(cast["lan"]), address, {**OBSTACLE, "task": f"2.{number}", "external_id": "A-17"}
            ).status_code
        )
    )
    assert sorted(answers) == [201, 409, 409, 409]
    assert (Obstacle.objects.count(), ExternalReference.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_workers_who_want_the_same_job_one_does_each_row(monkeypatch):
    monkeypatch.setattr(bulk_jobs, "BATCH", 2)
    cast = make_cast()
    tasks = [make_task() for _ in range(6)]
    rows = [row(task, **PLANNED) for task in tasks]
    job = bulk_jobs.start("tasks/stage", rows, is_atomic=False, by=cast["hoa"], token=None, language="en", at=now_())
    done_by = at_once(lambda number: running.run_waiting(at=now_()))
    assert sorted(done_by) == [0, 0, 0, 3]
    job.refresh_from_db()
    assert [result["status"] for result in job.results] == [200] * 6
    assert [kinds(task).count("task.stage") for task in tasks] == [1] * 6


def at_once(do):
    """What four threads that begin together return."""
    barrier, found = threading.Barrier(4), []

    def run(number):
        barrier.wait()
        try:
            found.append(do(number))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found
