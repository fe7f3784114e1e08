"""What a page can do, a client can: the same services, refusals and history; nothing is written over or twice."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from tests.builders import make_body, make_cast, make_cell, make_instrument, make_post, make_task, noon
from tests.working import TODAY, client_of, frozen
from tracker import clock
from tracker.api.writing.acts import ACTS, NEW
from tracker.choices import Role
from tracker.models import AnsweredRequest, Event, Extension, Obstacle, Task
from tracker.services import idempotency, scan

JSON = "application/json"
LETTER = {"letter_number": "12/BC-BTP", "letter_on": "2026-06-10", "signer": "Thứ trưởng", "reason": "Lùi trình"}

now = pytest.fixture(autouse=True)(frozen)


@pytest.fixture
def task(cast):
    return make_task(code="2.5", levels=[("central", [])], due_on=TODAY + timedelta(days=30))


@pytest.fixture
def lan(cast):
    return client_of(cast["lan"])


@pytest.fixture
def hoa_signed_in(cast):
    return client_of(cast["hoa"])


def send(client, path, body=None, *, version=None, method="post", **headers):
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    return getattr(client, method)(f"/api/v1/{path}", json.dumps(body or {}), JSON, headers=headers)


def done(response, status=200):
    assert response.status_code == status, response.content.decode()
    row = response.json()
    assert response["ETag"] == f'"{row["version"]}"'
    return row


def made(client, path, body):
    response = send(client, path, body)
    row = done(response, 201)
    assert response["Location"] == f"http://testserver/api/v1/{path}{row['id']}/"
    assert client.get(response["Location"]).json() == row
    return row


def act(client, row, address, body=None):
    """Act on a row as it was read, and return what it is then."""
    name, _slash, rest = address.partition("/")
    return done(send(client, f"{name}/{row['id']}/{rest}", body, version=row["version"]))


def refused(response, status, kind, *names):
    assert response.status_code == status, response.content.decode()
    problem = response.json()
    assert problem["type"] == f"/problems/{kind}"
    assert sorted(problem.get("errors", {})) == sorted(names)
    return problem


def kinds(task):
    return list(Event.objects.filter(task=task).order_by("id").values_list("kind", flat=True))


def test_a_report_goes_from_draft_to_accepted(task, lan, hoa_signed_in):
    draft = made(lan, "progress-reports/", {"task": "2.5", "stage": "planned", "done_text": "Kế hoạch"})
    assert (draft["state"], draft["body"]) == ("draft", "BO-A")
    refused(
        send(lan, "progress-reports/", {"task": "2.5", "stage": "planned", "done_text": "Kế hoạch"}), 409, "conflict"
    )
    changed = done(
        send(lan, f"progress-reports/{draft['id']}/", {"hindrance_text": "Thiếu người"}, version=1, method="patch")
    )
    assert (changed["done_text"], changed["hindrance_text"], changed["version"]) == ("Kế hoạch", "Thiếu người", 2)
    assert send(hoa_signed_in, f"progress-reports/{draft['id']}/accept/", version=2).status_code == 404
    sent = act(lan, changed, "progress-reports/submit/")
    asked = act(hoa_signed_in, sent, "progress-reports/ask/", {"question": "Số mấy?"})
    answered = act(lan, asked, "progress-reports/answer/", {"answer": "Số 5"})
    accepted = act(hoa_signed_in, answered, "progress-reports/accept/", {"note": "Đạt"})
    assert accepted["state"] == "accepted"
    assert lan.get(f"/api/v1/tasks/{task.pk}/").json()["stage"] == "planned"
    wanted = ["report.drafted", "report.drafted", "report.submitted", "report.asked", "report.answered"]
    assert [kind for kind in kinds(task) if kind.startswith("report")] == [*wanted, "report.accepted"]


def test_a_report_is_returned_and_a_leader_gives_a_draft_back(task, cast, lan, hoa_signed_in):
    post = make_post(make_body("BO-A"), holder="Trần Thị Bích")
    cast["lan"].cadre = post.tenures.get().cadre
    cast["lan"].save()
    draft = made(lan, "progress-reports/", {"task": "2.5", "stage": "planned", "done_text": "Kế hoạch"})
    handed = act(lan, draft, "progress-reports/hand/")
    back = act(lan, handed, "progress-reports/give-back/", {"note": "Nêu ngày"})
    sent = act(lan, back, "progress-reports/submit/")
    returned = act(hoa_signed_in, sent, "progress-reports/return/", {"note": "Thiếu số"})
    assert returned["state"] == "returned"


def test_evidence_is_declared_changed_and_verified(task, lan, hoa_signed_in):
    make_instrument(number="59/2023/NĐ-CP", in_force_on=TODAY)
    facts = {"task": "2.5", "instrument": "59/2023/nd-cp", "level": "central", "articles": "Điều 5"}
    declared = made(lan, "institutionalizations/", facts)
    assert (declared["state"], declared["coverage"]) == ("declared", "full")
    path = f"institutionalizations/{declared['id']}/"
    changed = done(send(lan, path, {"articles": "Điều 5–7"}, version=declared["version"], method="patch"))
    assert (changed["articles"], changed["coverage"]) == ("Điều 5–7", "full")
    refused(send(lan, f"{path}verify/", version=changed["version"]), 403, "forbidden")
    back = act(hoa_signed_in, changed, "institutionalizations/return/", {"note": "Điều 5 không quy định"})
    again = made(lan, "institutionalizations/", facts)
    assert (again["id"], again["version"]) == (back["id"], back["version"] + 1)
    refused(send(hoa_signed_in, f"{path}verify/", version=back["version"]), 412, "stale")
    verified = act(hoa_signed_in, again, "institutionalizations/verify/")
    assert verified["state"] == "verified"
    assert lan.get(f"/api/v1/tasks/{task.pk}/").json()["stage"] == "institutionalized"


def test_more_time_is_asked_refused_and_granted(task, lan, hoa_signed_in):
    body = {"task": "2.5", **LETTER, "wanted_on": "2026-09-30"}
    first = made(lan, "extensions/", body)
    refused(send(lan, "extensions/", body), 409, "conflict")
    assert act(hoa_signed_in, first, "extensions/refuse/", {"note": "Chưa đủ"})["state"] == "refused"
    second = made(lan, "extensions/", body)
    decision = {"due_on": "2026-08-31", "decision_number": "7/QĐ"}
    assert act(hoa_signed_in, second, "extensions/grant/", decision)["granted_on"] == "2026-08-31"
    assert lan.get(f"/api/v1/tasks/{task.pk}/").json()["effective_due_on"] == "2026-08-31"


def test_an_obstacle_is_declared_and_ended(task, lan):
    make_body("BTC")
    row = made(lan, "obstacles/", {"task": "2.5", "body": "BTC", "since": "2026-06-01", "reason": "Kinh phí"})
    assert act(lan, row, "obstacles/end/", {"note": "Xong"})["ended_on"] == f"{TODAY}"


def test_a_dispute_is_raised_and_decided(task, cast, lan):
    quang, other = client_of(cast["quang"]), make_body("BTC")
    cells = [make_cell(task, make_body("BO-A"), role) for role in (Role.RESPONSIBLE, Role.CONSULTED, Role.INFORMED)]
    facts = {"reason": "Không thuộc thẩm quyền", "answer_by": "2026-06-30", "wanted_body": None}
    first, second, third = (made(lan, "disputes/", {**facts, "cell": cell.pk}) for cell in cells)
    assert act(quang, first, "disputes/reject/", {"note": "Đúng vai"})["state"] == "rejected"
    assert act(lan, second, "disputes/withdraw/")["state"] == "withdrawn"
    moved = act(quang, third, "disputes/uphold/", {"moved_on": "2026-06-20", "new_body": other.code})
    assert (moved["state"], moved["new_body"]) == ("upheld", "BTC")


def test_a_flag_is_acknowledged_and_snoozed(task, hoa_signed_in):
    Task.objects.filter(pk=task.pk).update(due_on=TODAY - timedelta(days=9), effective_due_on=TODAY - timedelta(days=9))
    Task.objects.filter(pk=task.pk).look_again(TODAY)
    scan.catch_up(TODAY, at=noon(TODAY))
    row = hoa_signed_in.get("/api/v1/flags/?clock=due").json()["results"][0]
    seen = act(hoa_signed_in, row, "flags/acknowledge/", {"note": "Đã nhắc"})
    assert seen["acknowledged_note"] == "Đã nhắc"
    asleep = act(hoa_signed_in, seen, "flags/snooze/", {"until": "2026-06-19", "reason": "Đã hẹn họp"})
    assert asleep["snoozed_until"] == "2026-06-19"
    assert act(hoa_signed_in, asleep, "flags/unsnooze/")["snoozed_until"] is None


def test_a_task_is_moved_suspended_resumed_and_withdrawn(task, hoa_signed_in):
    row = hoa_signed_in.get(f"/api/v1/tasks/{task.pk}/").json()
    paper = {"reason": "Chờ sửa luật", "document": "45-QĐ/TU"}
    row = act(hoa_signed_in, row, "tasks/stage/", {"stage": "planned", "on": "2026-06-01"})
    row = act(hoa_signed_in, row, "tasks/suspend/", {**paper, "until": "2026-07-01", "new_due_on": "2026-12-31"})
    assert (row["stage"], row["effective_due_on"]) == ("suspended", "2026-12-31")
    row = act(hoa_signed_in, row, "tasks/resume/", paper)
    row = act(hoa_signed_in, row, "tasks/withdraw/", paper)
    assert row["stage"] == "withdrawn"


@pytest.mark.parametrize("on", ["2026-06-16", "2026-01-04"])
def test_a_stage_is_not_reached_on_a_day_to_come_or_before_the_assignment(task, hoa_signed_in, on):
    body = {"stage": "planned", "on": on}
    refused(send(hoa_signed_in, f"tasks/{task.pk}/stage/", body, version=task.version), 400, "invalid-field", "on")
    task.refresh_from_db()
    assert task.stage == "assigned"


@pytest.fixture
def asked(task, lan):
    return made(lan, "extensions/", {"task": "2.5", **LETTER, "wanted_on": "2026-09-30"})


def test_a_row_is_changed_only_as_it_was_read(asked, hoa_signed_in):
    path, body = f"extensions/{asked['id']}/refuse/", {"note": "Chưa đủ"}
    refused(send(hoa_signed_in, path, body), 428, "precondition-required")
    for text in ("*", 'W/"1"', "1", '"x"', '"1", "2"', '""'):
        refused(send(hoa_signed_in, path, body, **{"If-Match": text}), 400, "invalid-header", "If-Match")
    stale = send(hoa_signed_in, path, body, version=7)
    assert refused(stale, 412, "stale")["current_version"] == 1
    assert stale["ETag"] == '"1"'
    assert Extension.objects.get().state == "asked"
    done(send(hoa_signed_in, path, body, version=1))
    assert refused(send(hoa_signed_in, path, body, version=1), 412, "stale")["current_version"] == 2
    refused(send(hoa_signed_in, path, body, version=2), 409, "conflict")


def test_who_may_not_is_told_so_and_who_may_not_see_is_told_nothing(asked, lan, cast):
    path, minh = f"extensions/{asked['id']}/grant/", client_of(cast["minh"])
    refused(send(lan, path, version=1), 403, "forbidden")
    theirs, missing = send(minh, path, version=1), send(minh, "extensions/999999/grant/", version=1)
    assert theirs.status_code == missing.status_code == 404
    assert {**theirs.json(), "instance": ""} == {**missing.json(), "instance": ""}
    foreign = send(minh, "extensions/", {"task": "2.5", **LETTER, "wanted_on": "2026-09-30"})
    unknown = send(minh, "extensions/", {"task": "9.9", **LETTER, "wanted_on": "2026-09-30"})
    assert foreign.content == unknown.content
    refused(foreign, 400, "invalid-field", "task")
    assert Extension.objects.get().version == 1


def test_a_read_token_writes_nothing(asked, hoa, as_user):
    refused(send(hoa, f"extensions/{asked['id']}/refuse/", {"note": "x"}, version=1), 403, "forbidden")
    refused(send(as_user("lan"), "obstacles/", {}), 403, "forbidden")


def test_a_session_needs_its_csrf_token(asked, cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast["hoa"])
    refused(send(client, f"extensions/{asked['id']}/refuse/", {"note": "x"}, version=1), 403, "forbidden")
    assert Extension.objects.get().state == "asked"


def test_what_a_service_refuses_is_told_by_field(task, lan):
    body = {"task": "2.5", **LETTER, "wanted_on": "2026-06-01", "letter_on": "2026-06-10"}
    refused(send(lan, "extensions/", body), 400, "invalid-field", "wanted_on")
    body = {"task": "2.5", "body": "BO-A", "since": "2026-06-01", "reason": "Kinh phí"}
    refused(send(lan, "obstacles/", body), 400, "invalid-field", "body")
    assert (Extension.objects.count(), Obstacle.objects.count()) == (0, 0)


def test_every_field_at_fault_is_named_at_once(task, lan):
    refused(send(lan, "extensions/", {"x": 1, "nope": 2}), 400, "unknown-field", "nope", "x")
    wrong = {
        "task": 5,
        "letter_number": "a" * 81,
        "letter_on": "2026-02-30",
        "signer": "\x00",
        "wanted_on": "1029-01-01",
    }
    names = ("task", "letter_number", "letter_on", "signer", "wanted_on", "reason")
    problem = refused(send(lan, "extensions/", wrong), 400, "invalid-field", *names)
    assert problem["errors"]["letter_on"] == ["Write an existing day as YYYY-MM-DD, for example 2026-06-30."]
    refused(send(lan, "progress-reports/1/", {}, method="patch", version=1), 404, "not-found")


def test_a_blank_text_is_none(task, hoa_signed_in, lan):
    body = {"task": "2.5", **LETTER, "wanted_on": "2026-09-30", "reason": " \n"}
    refused(send(lan, "extensions/", body), 400, "invalid-field", "reason")
    assert not Extension.objects.exists()


BAD_BODIES = [
    b"",
    b"{",
    b"[]",
    b'"text"',
    b"null",
    b'{"note": NaN}',
    b'{"note": "a", "note": "b"}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"note": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_a_body_that_is_no_object_is_refused(asked, hoa_signed_in, body):
    path = f"/api/v1/extensions/{asked['id']}/refuse/"
    response = hoa_signed_in.post(path, body, JSON, headers={"If-Match": '"1"'})
    assert response.status_code == 400
    assert Extension.objects.get().state == "asked"


def test_other_types_and_sizes_of_body_are_refused(asked, hoa_signed_in):
    path, headers = f"/api/v1/extensions/{asked['id']}/refuse/", {"If-Match": '"1"'}
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        response = hoa_signed_in.post(path, "note=x", kind, headers=headers)
        refused(response, 415, "unsupported-media-type")
    large = json.dumps({"note": "a" * (2 * 1024 * 1024)})
    refused(hoa_signed_in.post(path, large, JSON, headers=headers), 413, "too-large")


def test_each_act_asks_for_something_that_policies_know():
    from tracker.policies import ACTIONS

    assert {one.action for one in ACTS if not one.is_new} <= set(ACTIONS)
    assert {one.action for one in NEW.values()} == {""}


def test_the_same_request_is_carried_out_once(task, lan):
    make_body("BTC")
    body, key = {"task": "2.5", "body": "BTC", "since": "2026-06-01", "reason": "Kinh phí"}, {"Idempotency-Key": '"k1"'}
    first, second = (send(lan, "obstacles/", body, **key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (None, "true")
    assert second["Location"] == first["Location"]
    refused(send(lan, "obstacles/", {**body, "reason": "Khác"}, **key), 422, "key-reused")
    assert Obstacle.objects.count() == 1
    path = f"obstacles/{first.json()['id']}/end/"
    ended = [send(lan, path, {"note": "Xong"}, version=1, **{"Idempotency-Key": "k2"}) for _ in range(2)]
    assert [response.status_code for response in ended] == [200, 200]
    assert kinds(task).count("obstacle.ended") == 1


def test_a_key_belongs_to_its_user_and_ends_after_a_day(task, cast, lan):
    body = {"task": "2.5", "body": "BO-B", "since": "2026-06-01", "reason": "Kinh phí"}
    send(lan, "obstacles/", body, **{"Idempotency-Key": "k"})
    assert send(client_of(cast["minh"]), "obstacles/", body, **{"Idempotency-Key": "k"}).status_code == 400
    row = AnsweredRequest.objects.get()
    assert idempotency.forget(at=row.at + timedelta(hours=23)) == 0
    AnsweredRequest.objects.update(at=row.at - timedelta(hours=24))
    refused(send(lan, "obstacles/", body, **{"Idempotency-Key": "k"}), 409, "conflict")
    assert AnsweredRequest.objects.count() == 1
    assert idempotency.forget(at=row.at) == 1


def test_a_refused_request_may_be_sent_again_under_its_key(task, lan):
    body, key = {"task": "2.5", "body": "NOSUCH", "since": "2026-06-01", "reason": "Kinh phí"}, {"Idempotency-Key": "k"}
    refused(send(lan, "obstacles/", body, **key), 400, "invalid-field", "body")
    make_body("BTC")
    done(send(lan, "obstacles/", {**body, "body": "BTC"}, **key), 201)


@pytest.mark.parametrize("key", ["", " ", '"', "a" * 256, "khóa", "a b", 'a"b'])
def test_a_key_has_a_form(task, lan, key):
    refused(send(lan, "obstacles/", {}, **{"Idempotency-Key": key}), 400, "invalid-header", "Idempotency-Key")


@pytest.mark.django_db(transaction=True)
def test_of_the_same_request_sent_at_once_one_is_carried_out():
    cast, task = make_cast(), make_task(code="2.5")
    make_body("BTC")
    body, answers = {"task": "2.5", "body": "BTC", "since": "2026-06-01", "reason": "Kinh phí"}, []
    barrier = threading.Barrier(4)

    def run(client):
        barrier.wait()
        answers.append(send(client, "obstacles/", body, **{"Idempotency-Key": "k"}))
        connection.close()

    threads = [threading.Thread(target=run, args=[client_of(cast["lan"])]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert sorted(answer.get("Idempotency-Replayed", "") for answer in answers) == ["", "true", "true", "true"]
    assert kinds(task).count("obstacle.declared") == 1


def test_a_row_tells_its_version_as_etag(asked, lan):
    response = lan.get(f"/api/v1/extensions/{asked['id']}/")
    assert response["ETag"] == '"1"'
    assert "ETag" not in lan.get("/api/v1/extensions/")


def test_the_methods_of_each_address_are_told(asked, lan):
    assert lan.options("/api/v1/extensions/")["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert lan.options(f"/api/v1/extensions/{asked['id']}/grant/")["Allow"] == "POST, OPTIONS"
    assert lan.options("/api/v1/progress-reports/1/")["Allow"] == "GET, HEAD, OPTIONS, PATCH"
    assert lan.get(f"/api/v1/extensions/{asked['id']}/grant/").status_code == 405
    assert lan.put("/api/v1/extensions/").status_code == 405


def test_the_time_of_a_change_is_the_clock(asked):
    assert Extension.objects.get().asked_at == clock.now()
