"""What webhooks send, against a real receiver: each event once, in the end, and only what the owner may see."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from standardwebhooks.webhooks import Webhook as Library
from standardwebhooks.webhooks import WebhookVerificationError

from accounts.models import Membership, User
from accounts.tokens import fingerprint
from tests import servers
from tests.builders import make_body, make_cast, make_resolution, make_task, make_webhook
from tests.receiver import Receiver
from tracker.choices import DeliveryState, Duty, MessageKind, PauseReason
from tracker.clock import local_today, now
from tracker.exchange.webhooks import body_of, deliver
from tracker.models import Event, Message, Webhook, WebhookDelivery, WebhookTry
from tracker.rules.retries import MOST_TRIES
from tracker.services import deliveries, sealing, webhook_secrets, webhooks

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def cast() -> dict[str, User]:
    people = make_cast()
    User.objects.filter(username="hoa").update(email="hoa@example.invalid")
    make_task(code="2.5")
    make_body("BO-B")
    sealing.seal()
    return people


@pytest.fixture
def made(receiver: Receiver, cast: dict[str, User]) -> tuple[Webhook, str]:
    """A webhook of Hoa, who sees everything, without filters."""
    return make_webhook(User.objects.get(username="hoa"), receiver.url("/in"))


@pytest.fixture
def hook(made: tuple[Webhook, str]) -> Webhook:
    return made[0]


def happen(count: int = 1, **facts: Any) -> list[Event]:
    """Tasks are entered, and sealed; return the events."""
    sealing.seal()
    before = sealing.head().number
    for _ in range(count):
        make_task(**facts)
    sealing.seal()
    return list(Event.objects.filter(number__gt=before).order_by("number"))


def send(at: datetime | None = None) -> Counter[str]:
    return deliveries.send_due(at=at or now(), say=body_of)


def sweep_and_send(at: datetime | None = None) -> Counter[str]:
    deliveries.sweep(at=at or now())
    return send(at)


def one(hook: Webhook, at: datetime | None = None) -> WebhookDelivery:
    """A single message that waits: a test."""
    deliveries.sweep(at=now())
    hook.deliveries.all().delete()
    return webhooks.ping(hook, by=hook.owner, at=at or now())


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _path, _headers, body in receiver.taken]


def ids(receiver: Receiver) -> list[str]:
    return [headers["webhook-id"] for _path, headers, _body in receiver.taken]


# What is sent


def test_each_event_is_told_once_as_the_change_feed_tells_it(made: Any, receiver: Receiver, client: Any) -> None:
    hook, secret = made
    events = happen(3)
    assert sweep_and_send() == {DeliveryState.DELIVERED: len(events) + 1}  # and that the webhook was made
    client.force_login(hook.owner)
    feed = client.get(f"/api/v1/changes/?after={hook.through}").json()["results"]
    assert [message["data"] for message in told(receiver)] == feed
    assert [message["type"] for message in told(receiver)] == ["webhook.made", *(event.kind for event in events)]
    assert told(receiver)[1]["timestamp"] == feed[1]["at"] and told(receiver)[1]["schema_version"] == 1
    for _path, headers, body in receiver.taken:
        assert Library(secret).verify(body, headers) == json.loads(body)
    assert len(set(ids(receiver))) == len(events) + 1
    assert sweep_and_send() == {} and not deliveries.is_due(at=now())


def test_the_bytes_are_those_that_the_database_wrote(made: Any, receiver: Receiver) -> None:
    happen(title_vi="Nhiệm vụ “khó”")
    sweep_and_send()
    body = receiver.taken[1][2]
    assert json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode() == body


def test_nothing_from_before_it_was_made_is_told(hook: Webhook) -> None:
    deliveries.sweep(at=now())
    sealing.seal()
    deliveries.sweep(at=now())
    assert [row.kind for row in hook.deliveries.all()] == ["webhook.made"]


def test_what_is_not_sealed_yet_waits(hook: Webhook) -> None:
    make_task()
    assert deliveries.sweep(at=now()) == 0


@pytest.mark.parametrize(
    ("filters", "kinds"),
    [
        ({"kinds": ["task.created"]}, {"task.created": 2}),
        ({"kinds": ["task.created", "body.created"]}, {"task.created": 2}),
        ({"bodies": ["BO-B"]}, {"task.created": 1, "responsibility.assigned": 1}),
        ({"bodies": ["BO-B", "BO-A"]}, {"task.created": 2, "responsibility.assigned": 2}),
        ({"resolutions": ["OTHER"]}, {"task.created": 1, "responsibility.assigned": 1}),
        ({"resolutions": ["OTHER"], "bodies": ["BO-B"]}, {}),
        ({"resolutions": ["OTHER"], "bodies": ["BO-A"], "kinds": ["task.created"]}, {"task.created": 1}),
    ],
)
def test_filters_let_through_what_they_name(cast: dict[str, User], filters: Any, kinds: dict[str, int]) -> None:
    other = make_resolution(code="OTHER")
    named = {name: [make_body(code) for code in codes] for name, codes in filters.items() if name == "bodies"}
    named |= {name: [other] for name in filters if name == "resolutions"}
    hook, _secret = make_webhook(cast["hoa"], **{**filters, **named})
    below = make_body("BO-B-1", parent=make_body("BO-B"))
    make_task(accountable=below)
    make_task(accountable=make_body("BO-A"), resolution=other)
    sealing.seal()
    deliveries.sweep(at=now())
    counts = Counter(row.kind for row in hook.deliveries.all())
    assert {kind: count for kind, count in counts.items() if not kind.startswith("webhook.")} == kinds


def test_what_the_owner_may_not_see_is_not_told(cast: dict[str, User], receiver: Receiver) -> None:
    make_webhook(cast["minh"], receiver.url())
    mine, other = happen(accountable=make_body("BO-B")), happen(accountable=make_body("BO-A"))
    sweep_and_send()
    tasks_told = {message["data"]["task_id"] for message in told(receiver)}
    assert tasks_told == {mine[0].task_id} and other[0].task_id not in tasks_told


def test_what_the_owner_may_not_see_any_more_when_it_is_sent_is_withheld(hook: Webhook, receiver: Receiver) -> None:
    events = happen()
    deliveries.sweep(at=now())
    Membership.objects.filter(user=hook.owner).update(root=make_body("BO-C"))
    assert send() == {DeliveryState.WITHHELD: len(events) + 1}
    assert receiver.taken == [] and not WebhookTry.objects.exclude(milliseconds=None).exists()


def test_a_draft_is_told_to_its_own_body_only(cast: dict[str, User], receiver: Receiver) -> None:
    from tracker.services import reports

    task = make_task(accountable=make_body("BO-A"))
    sealing.seal()
    hooks = {name: make_webhook(cast[name], receiver.url(f"/{name}"))[0] for name in ("lan", "hoa")}
    reports.save_draft(task, body=make_body("BO-A"), by=cast["lan"], at=now(), stage=task.stage, done_text="Draft")
    sealing.seal()
    deliveries.sweep(at=now())
    kinds = {name: {row.kind for row in hook.deliveries.all()} for name, hook in hooks.items()}
    assert ("report.drafted" in kinds["lan"], "report.drafted" in kinds["hoa"]) == (True, False)


def test_of_persons_only_the_fact_is_told(hook: Webhook, receiver: Receiver) -> None:
    sealing.seal()
    sweep_and_send()
    (message,) = told(receiver)
    assert (message["type"], message["data"]["before"], message["data"]["after"]) == ("webhook.made", {}, {})


# Owners without rights


@pytest.mark.parametrize("loss", ["membership", "account"])
@pytest.mark.parametrize("when", ["swept", "sent"])
def test_an_owner_without_rights_gets_nothing_and_is_told(
    hook: Webhook, receiver: Receiver, loss: str, when: str
) -> None:
    happen()
    if when == "sent":
        deliveries.sweep(at=now())
    if loss == "membership":
        Membership.objects.filter(user=hook.owner).update(valid_to=local_today())
    else:
        User.objects.filter(pk=hook.owner.pk).update(is_active=False)
    sweep_and_send()
    assert receiver.taken == []
    assert (fresh(hook).paused_why, fresh(hook).is_active) == (PauseReason.NO_RIGHTS, False)
    assert Event.objects.get(kind="webhook.paused").actor is None
    assert Message.objects.filter(kind=MessageKind.NOTICE).count() == (loss == "membership")
    assert {(row.state, row.attempts) for row in hook.deliveries.all()} <= {(DeliveryState.QUEUED, 0)}
    assert not deliveries.is_due(at=now())


# Tries


def test_eight_tries_over_a_day_each_in_the_log_and_then_it_is_given_up(hook: Webhook, receiver: Receiver) -> None:
    receiver.statuses["/in"] = 500
    at = began = now()
    row = one(hook, at)
    for _ in range(1, MOST_TRIES):
        assert send(at) == {DeliveryState.QUEUED: 1}
        following = fresh(row).next_attempt_at
        assert send(following - SECOND) == {}
        at = following
    assert send(at) == {DeliveryState.FAILED: 1}
    assert timedelta(hours=22) < at - began < timedelta(hours=27)
    tries = list(row.tries.all())
    assert [(found.status, found.said) for found in tries] == [(500, "seen � and noted")] * MOST_TRIES
    assert all(found.milliseconds is not None for found in tries)
    assert send(at + timedelta(days=30)) == {}
    assert ids(receiver) == [row.message_id] * MOST_TRIES


def test_messages_that_failed_together_do_not_come_back_together(hook: Webhook, receiver: Receiver) -> None:
    receiver.statuses["/in"] = 500
    at = now()
    one(hook, at)
    for _ in range(5):
        webhooks.ping(hook, by=hook.owner, at=at)
    send(at)
    pauses = {row.next_attempt_at - at for row in hook.deliveries.all()}
    assert len(pauses) == 6
    assert all(timedelta(seconds=60) <= pause < timedelta(seconds=75) for pause in pauses)


def test_each_try_is_signed_at_its_own_time(made: Any, receiver: Receiver, time_machine: Any) -> None:
    hook, secret = made
    receiver.statuses["/in"] = 503
    row = one(hook)
    send()
    later = fresh(row).next_attempt_at
    receiver.statuses.clear()
    time_machine.move_to(later)
    assert send(later) == {DeliveryState.DELIVERED: 1}
    (_, first, body), (_, second, again) = receiver.taken
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) >= 60
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    Library(secret).verify(again, second)
    with pytest.raises(WebhookVerificationError):  # the first one is too old by now if it took that long
        Library(secret).verify(body, {**first, "webhook-timestamp": second["webhook-timestamp"]})


def test_where_nobody_answers_the_log_says_why_and_the_others_rest(hook: Webhook, receiver: Receiver) -> None:
    Webhook.objects.update(url=f"http://127.0.0.1:{servers.free_port()}/")
    at = now()
    one(hook, at)
    for _ in range(5):
        webhooks.ping(hook, by=hook.owner, at=at)
    assert send(at) == {DeliveryState.QUEUED: 1}
    (found,) = WebhookTry.objects.all()
    assert (found.status, "refused" in found.said.lower()) == (None, True)
    assert send(at + timedelta(seconds=30)) == {}
    assert send(at + timedelta(seconds=62)) == {DeliveryState.QUEUED: 1}


def test_a_receiver_in_trouble_keeps_no_other_waiting(hook: Webhook, receiver: Receiver) -> None:
    Webhook.objects.update(url=f"http://127.0.0.1:{servers.free_port()}/")
    other, _secret = make_webhook(hook.owner, receiver.url("/other"))
    at = now()
    for row in (hook, other):
        for _ in range(3):
            webhooks.ping(row, by=hook.owner, at=at)
    assert send(at) == {DeliveryState.QUEUED: 1, DeliveryState.DELIVERED: 3}


def test_whom_nobody_called_for_longest_comes_first(hook: Webhook, receiver: Receiver, monkeypatch: Any) -> None:
    others = [make_webhook(hook.owner, receiver.url(f"/{name}"))[0] for name in "ab"]
    at = now()
    Webhook.objects.filter(pk=hook.pk).update(tried_at=at - timedelta(minutes=1))
    Webhook.objects.filter(pk=others[0].pk).update(tried_at=at - timedelta(minutes=2))
    for row in (hook, *others):
        webhooks.ping(row, by=hook.owner, at=at)
    send(at)
    assert [path for path, _headers, _body in receiver.taken] == ["/b", "/a", "/in"]


def test_a_batch_ends_in_time_and_says_that_there_is_more(hook: Webhook, monkeypatch: Any) -> None:
    monkeypatch.setattr(deliveries, "BATCH_SECONDS", -1)
    one(hook)
    assert send() == {}
    monkeypatch.undo()
    assert deliveries.is_due(at=now())


def test_one_at_it_keeps_a_second_job_away(hook: Webhook, receiver: Receiver) -> None:
    row = one(hook)
    assert deliveries._claim(row.pk, at=now())
    webhooks.ping(hook, by=hook.owner, at=now())
    assert deliver(at=now()) is False
    assert receiver.taken == []
    assert deliver(at=now() + deliveries.LEASE + SECOND) is False
    assert len(receiver.taken) == 1  # the other one's claim has not passed by the clock


# Pauses


def test_three_days_of_failure_pause_it_and_its_owner_is_told_in_their_language(
    hook: Webhook, receiver: Receiver
) -> None:
    receiver.statuses["/in"] = 500
    User.objects.filter(pk=hook.owner.pk).update(language="vi")
    at = now()
    one(hook, at)
    send(at)
    webhooks.ping(hook, by=hook.owner, at=at)
    send(at + timedelta(days=2, hours=23))
    assert fresh(hook).is_active and fresh(hook).failing_since - at < timedelta(minutes=1)
    webhooks.ping(hook, by=hook.owner, at=at)
    send(at + timedelta(days=3, minutes=1))
    paused = fresh(hook)
    assert (paused.paused_why, paused.is_active) == (PauseReason.FAILING, False)
    message = Message.objects.get(kind=MessageKind.NOTICE)
    assert (message.user, message.language, message.address) == (hook.owner, "vi", "hoa@example.invalid")
    assert "webhook “hub”" in message.subject and f"/webhooks/{hook.pk}/" in message.text
    assert "Your webhook" not in message.subject + message.text + message.html
    assert Event.objects.get(kind="webhook.paused").after == {"paused_why": "failing"}
    count = len(receiver.taken)
    assert send(at + timedelta(days=4)) == {} and len(receiver.taken) == count


def test_one_success_and_the_three_days_count_from_anew(hook: Webhook, receiver: Receiver) -> None:
    at = now()
    for days, status in ((0, 500), (2, 200), (4, 500), (6, 500)):
        receiver.statuses["/in"] = status
        webhooks.ping(hook, by=hook.owner, at=at + timedelta(days=days))
        send(at + timedelta(days=days))
    assert fresh(hook).is_active
    assert fresh(hook).failing_since - (at + timedelta(days=4)) < timedelta(minutes=1)


def test_gone_pauses_at_once(hook: Webhook, receiver: Receiver) -> None:
    receiver.statuses["/in"] = 410
    one(hook)
    send()
    assert fresh(hook).paused_why == PauseReason.GONE
    assert Message.objects.filter(kind=MessageKind.NOTICE).count() == 1


def test_resumed_it_goes_on_where_it_stopped(hook: Webhook, receiver: Receiver) -> None:
    sweep_and_send()
    webhooks.pause(hook, by=hook.owner, at=now())
    events = happen(2)
    assert not deliveries.is_due(at=now()) and sweep_and_send() == {}
    webhooks.resume(hook, by=hook.owner, at=now())
    assert deliveries.is_due(at=now())
    sealing.seal()
    sweep_and_send()
    kinds = [message["type"] for message in told(receiver)]
    assert kinds == ["webhook.made", "webhook.paused", *(row.kind for row in events), "webhook.resumed"][: len(kinds)]
    assert sorted(kinds)[-1] == "webhook.resumed"


# Replay


@pytest.mark.parametrize("status", [200, 500])
def test_a_replay_has_the_same_id_and_all_its_tries(hook: Webhook, receiver: Receiver, status: int) -> None:
    receiver.statuses["/in"] = status
    row, at = one(hook), now()
    while fresh(row).state == DeliveryState.QUEUED:
        send(fresh(row).next_attempt_at)
    receiver.statuses.clear()
    webhooks.replay(fresh(row), by=hook.owner, at=at)
    assert (fresh(row).state, fresh(row).attempts) == (DeliveryState.QUEUED, 0)
    assert send(at + timedelta(days=2)) == {DeliveryState.DELIVERED: 1}
    assert set(ids(receiver)) == {row.message_id}
    assert row.tries.count() == len(receiver.taken)


# Secrets


def test_after_a_rotation_both_secrets_verify_for_a_day(made: Any, receiver: Receiver) -> None:
    hook, old = made
    at = now()
    new = webhooks.rotate(hook, by=hook.owner, at=at - timedelta(hours=23))
    one(fresh(hook), at)
    send(at)
    _path, headers, body = receiver.taken[-1]
    assert Library(new).verify(body, headers) == Library(old).verify(body, headers)
    Webhook.objects.update(secret_before_until=at - SECOND)
    webhooks.ping(hook, by=hook.owner, at=at)
    send(at)
    _path, headers, body = receiver.taken[-1]
    Library(new).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Library(old).verify(body, headers)


def test_a_secret_that_cannot_be_read_pauses_and_a_new_one_mends_it(
    hook: Webhook, receiver: Receiver, settings: Any
) -> None:
    row = one(hook)
    settings.TOKEN_PEPPER = "another pepper that is long enough"
    assert send() == {DeliveryState.QUEUED: 1}
    assert (fresh(hook).paused_why, fresh(row).attempts, receiver.taken) == (PauseReason.NO_SECRET, 0, [])
    secret = webhooks.rotate(fresh(hook), by=hook.owner, at=now())
    webhooks.resume(fresh(hook), by=hook.owner, at=now())
    send()
    _path, headers, body = receiver.taken[-1]
    Library(secret).verify(body, headers)
    assert len(headers["webhook-signature"].split(" ")) == 1


def test_secrets_outlive_a_change_of_the_pepper(made: Any, receiver: Receiver, settings: Any) -> None:
    hook, secret = made
    settings.TOKEN_PEPPER_BEFORE = settings.TOKEN_PEPPER
    settings.TOKEN_PEPPER = "another pepper that is long enough"
    deliver(at=now())
    settings.TOKEN_PEPPER_BEFORE = ""
    assert fresh(hook).pepper == fingerprint(settings.TOKEN_PEPPER)
    one(fresh(hook))
    send()
    _path, headers, body = receiver.taken[-1]
    Library(secret).verify(body, headers)


def test_the_database_alone_signs_nothing(made: Any) -> None:
    hook, secret = made
    key = secret.removeprefix("whsec_")
    stored = {name: str(value) for name, value in Webhook.objects.values().get(pk=hook.pk).items()}
    assert not [name for name, value in stored.items() if key in value]
    assert webhook_secrets.opened(hook.secret) == secret


# Claims


def test_a_claim_that_never_came_back_is_in_the_log_and_goes_again(hook: Webhook, receiver: Receiver) -> None:
    row, at = one(hook), now()
    assert deliveries._claim(row.pk, at=at)
    assert send(at + SECOND) == {}
    assert send(at + deliveries.LEASE + SECOND) == {DeliveryState.DELIVERED: 1}
    assert [found.milliseconds is None for found in row.tries.all()] == [True, False]
    assert ids(receiver) == [row.message_id]


def test_a_message_that_kills_who_sends_it_is_given_up_after_three(hook: Webhook, receiver: Receiver) -> None:
    row, at = one(hook), now()
    for _ in range(3):
        assert deliveries._claim(row.pk, at=at)
        at += deliveries.LEASE + SECOND
    assert send(at) == {DeliveryState.FAILED: 1}
    assert receiver.taken == []


def test_who_lost_the_claim_does_not_write_over_the_next(hook: Webhook) -> None:
    row, at = one(hook), now()
    slow = deliveries._claim(row.pk, at=at)
    assert slow and deliveries._claim(row.pk, at=at + deliveries.LEASE + SECOND)
    deliveries._settle(slow, DeliveryState.FAILED)
    assert (fresh(row).state, fresh(row).attempts) == (DeliveryState.QUEUED, 2)


def test_two_sweeps_from_the_same_place_make_one_set(hook: Webhook) -> None:
    events = happen(2)
    late = fresh(hook)
    assert deliveries._take(hook, sealing.head().number, now()) == len(events) + 1
    assert deliveries._take(late, sealing.head().number, now()) is None
    assert hook.deliveries.count() == len(events) + 1


def test_a_long_way_behind_it_catches_up_in_batches(hook: Webhook, monkeypatch: Any) -> None:
    monkeypatch.setattr(deliveries, "SWEPT_AT_ONCE", 2)
    events = happen(3)
    assert deliveries.sweep(at=now()) == len(events) + 1
    numbers = [row.event.number for row in hook.deliveries.order_by("id")]
    assert numbers == sorted(set(numbers)) and fresh(hook).through == sealing.head().number


@pytest.mark.django_db(transaction=True)
def test_those_who_sweep_and_send_at_once_send_each_once(receiver: Receiver) -> None:
    hoa = make_cast()["hoa"]
    hooks = [make_webhook(hoa, receiver.url(f"/{name}"))[0] for name in "ab"]
    events = happen(4)
    barrier, outcomes, trouble = threading.Barrier(3), Counter[str](), []

    def work() -> None:
        barrier.wait()
        try:
            outcomes.update(sweep_and_send())
        except Exception as error:
            trouble.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not trouble
    sweep_and_send()  # what one had swept after the others had looked
    assert WebhookDelivery.objects.count() == len(hooks) * (len(events) + len(hooks))  # and that each was made
    assert sorted(ids(receiver)) == sorted(WebhookDelivery.objects.values_list("message_id", flat=True))
    assert set(WebhookDelivery.objects.values_list("state", "attempts")) == {(DeliveryState.DELIVERED, 1)}


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_killed_between_taken_and_marked_it_goes_again_with_the_same_id(
    receiver: Receiver, test_database_url: str, tmp_path: Path
) -> None:
    hook, _secret = make_webhook(make_cast()["hoa"], receiver.url("/in"))
    row = one(hook)
    variables = {"DATABASE_URL": test_database_url, "WEBHOOK_NETWORKS": "127.0.0.0/8"}
    servers.kill_at_its_mark("tests.services.killed_courier", tmp_path, **variables)
    claimed = fresh(row)
    assert (claimed.state, claimed.attempts, len(receiver.taken)) == (DeliveryState.QUEUED, 1, 1)
    assert send(claimed.lease_until - SECOND) == {}
    assert send(claimed.lease_until + SECOND) == {DeliveryState.DELIVERED: 1}
    assert ids(receiver) == [row.message_id] * 2


# Quiet, and old


def test_a_quiet_tick_costs_one_query(hook: Webhook, receiver: Receiver, django_assert_num_queries: Any) -> None:
    happen(2)
    sweep_and_send()
    with django_assert_num_queries(1):
        assert not deliveries.is_due(at=now())


def test_what_is_settled_is_forgotten_after_ninety_days(hook: Webhook, receiver: Receiver) -> None:
    row, at = one(hook), now()
    send()
    waiting = webhooks.ping(hook, by=hook.owner, at=at)
    assert deliveries.forget(at=at + deliveries.KEPT - timedelta(hours=1)) == 0
    assert deliveries.forget(at=at + deliveries.KEPT + timedelta(hours=1)) == 1
    assert list(hook.deliveries.all()) == [waiting]
    assert not row.tries.exists()


def test_of_two_duties_the_wider_one_counts(cast: dict[str, User], receiver: Receiver) -> None:
    Membership.objects.create(
        user=cast["minh"], body=make_body("BO-B"), root=make_body("BO-A"), duty=Duty.SUPERVISOR, valid_from="2026-01-01"
    )
    make_webhook(cast["minh"], receiver.url())
    events = happen(accountable=make_body("BO-A"))
    sweep_and_send()
    assert {message["data"]["task_id"] for message in told(receiver)} == {events[0].task_id}
