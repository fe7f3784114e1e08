"""The pages of webhooks: made by their owner, the secret shown once, the log with each try, replay, pause, end."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from tests.builders import make_body, make_cast, make_resolution, make_user, make_webhook
from tests.working import client_of, get, text
from tracker.choices import DeliveryState, PauseReason
from tracker.clock import now
from tracker.models import Event, Webhook, WebhookDelivery
from tracker.services import webhook_secrets, webhooks

SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")
FACTS = {"name": "data hub", "url": "https://hooks.example.vn/in?key=of-the-receiver"}


@pytest.fixture
def cast(db: None) -> dict[str, User]:
    return make_cast()


@pytest.fixture
def hook(cast: dict[str, User]) -> Webhook:
    return make_webhook(cast["lan"], FACTS["url"])[0]


@pytest.fixture
def admin(cast: dict[str, User]) -> User:
    return make_user("admin", None, make_body("BO-A"), is_superuser=True)


def post(user: User, language: str = "en", **facts: Any) -> Any:
    return client_of(user, language).post(reverse("webhook_list"), {**FACTS, **facts})


def act(user: User, name: str, row: Any) -> str:
    return text(client_of(user).post(reverse(name, args=[row.pk]), follow=True))


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


# Making


def test_the_secret_is_shown_once_and_is_the_one_that_signs(cast: dict[str, User]) -> None:
    response = post(cast["lan"])
    secret = SECRET.search(text(response, 201))[0]
    row = Webhook.objects.get()
    assert "no-store" in response["Cache-Control"]
    assert webhook_secrets.opened(row.secret) == secret
    for page in (get(cast["lan"], "webhook_list"), get(cast["lan"], "webhook", row.pk)):
        assert "data hub" in text(page) and not SECRET.search(text(page))
    assert "data hub" not in text(get(cast["minh"], "webhook_list"))


def test_filters_are_kept_and_shown(cast: dict[str, User]) -> None:
    make_resolution(code="NQ-25")
    text(post(cast["lan"], kinds=["task.stage", "task.created"], bodies="BO-A\n\nBO-B ", resolutions="NQ-25"), 201)
    row = Webhook.objects.get()
    assert row.kinds == ["task.created", "task.stage"]
    assert {body.code for body in row.bodies.all()} == {"BO-A", "BO-B"}
    page = text(get(cast["lan"], "webhook", row.pk))
    assert "Task entered" in page and "Body BO-B" in page and "25-NQ/TW" in page


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"name": " "}, "This field is required"),
        ({"url": ""}, "This field is required"),
        ({"url": "ftp://hooks.example.vn/"}, "An address begins with https:// or http://."),
        ({"url": "https://user:word@hooks.example.vn/"}, "Write no user name"),
        ({"url": "https://hooks.example.vn/ạ"}, "plain characters"),
        ({"url": "http://127.0.0.1:8000/"}, "127.0.0.1 is no public address"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "is no public address"),
        ({"url": "http://2130706433/"}, "is no public address"),
        ({"url": f"https://hooks.example.vn/{'x' * 2000}"}, "at most 2000 characters"),
        ({"kinds": ["no.such"]}, "not one of the available choices"),
        ({"bodies": "BO-A\nNOSUCH"}, "“NOSUCH” is not known"),
        ({"resolutions": "NOSUCH"}, "“NOSUCH” is not known"),
        ({"bodies": "\n".join(f"B{number}" for number in range(51))}, "Give 50 at most"),
        ({"name": "a\x00b"}, "Null characters are not allowed"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_makes_nothing(
    cast: dict[str, User], facts: dict[str, Any], said: str
) -> None:
    page = text(post(cast["lan"], **facts))
    assert said in page
    assert 'value="data hub"' in page or "name" in facts
    assert not Webhook.objects.exists()


def test_there_are_twenty_at_most(cast: dict[str, User]) -> None:
    made = [make_webhook(cast["lan"])[0] for _ in range(webhooks.MOST_LIVE)]
    assert "You have 20 webhooks already" in text(post(cast["lan"]))
    webhooks.end(made[0], by=cast["lan"], at=now())
    text(post(cast["lan"]), 201)


def test_a_network_that_the_operator_allows_may_be_named(cast: dict[str, User], settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = [ipaddress.ip_network("10.1.0.0/16")]
    text(post(cast["lan"], url="http://10.1.2.3/in"), 201)
    assert "is no public address" in text(post(cast["lan"], url="http://10.2.2.3/in"))


def test_the_pages_read_in_vietnamese(cast: dict[str, User], hook: Webhook) -> None:
    client = client_of(cast["lan"], "vi")
    page = text(client.get(reverse("webhook_list"))) + text(client.get(reverse("webhook", args=[hook.pk])))
    for english in (
        "Webhooks that you made",
        "New webhook",
        "Messages and their tries",
        "Send a test",
        "Only for these",
    ):
        assert english not in page


# What can be done with one


def test_the_log_shows_each_message_with_its_tries(cast: dict[str, User], hook: Webhook) -> None:
    message = webhooks.ping(hook, by=cast["lan"], at=now())
    message.tries.create(at=now(), milliseconds=87, status=500, said="<b>No room</b>")
    message.tries.create(at=now())
    page = text(get(cast["lan"], "webhook", hook.pk))
    assert message.message_id in page and "HTTP 500 · 87 ms · &lt;b&gt;No room&lt;/b&gt;" in page
    assert "nobody came back from this try" in page


def test_a_message_is_sent_again_under_its_id_once(cast: dict[str, User], hook: Webhook) -> None:
    message = webhooks.ping(hook, by=cast["lan"], at=now())
    WebhookDelivery.objects.update(state=DeliveryState.FAILED, attempts=8)
    assert "It is sent again within a minute" in act(cast["lan"], "webhook_replay", message)
    assert (fresh(message).state, fresh(message).attempts) == (DeliveryState.QUEUED, 0)
    assert fresh(message).message_id == message.message_id
    assert "waits to be sent already" in act(cast["lan"], "webhook_replay", message)


def test_a_new_secret_is_shown_once_and_the_old_one_signs_for_a_day(cast: dict[str, User], hook: Webhook) -> None:
    response = client_of(cast["lan"]).post(reverse("webhook_rotate", args=[hook.pk]))
    secret = SECRET.search(text(response, 201))[0]
    row = fresh(hook)
    assert "no-store" in response["Cache-Control"]
    assert webhook_secrets.opened(row.secret) == secret != webhook_secrets.opened(hook.secret)
    assert webhook_secrets.opened(row.secret_before) == webhook_secrets.opened(hook.secret)
    assert timedelta(hours=23) < row.secret_before_until - now() <= timedelta(hours=24)
    assert not SECRET.search(text(get(cast["lan"], "webhook", hook.pk)))


def test_it_is_paused_resumed_and_ended(cast: dict[str, User], hook: Webhook) -> None:
    lan = cast["lan"]
    assert "Paused" in act(lan, "webhook_pause", hook)
    assert fresh(hook).paused_why == PauseReason.BY_HAND
    assert "paused already" in act(lan, "webhook_pause", hook)
    assert "paused or has ended" in act(lan, "webhook_ping", hook)
    assert "goes on where it stopped" in act(lan, "webhook_resume", hook)
    assert "is not paused" in act(lan, "webhook_resume", hook)
    waiting = webhooks.ping(hook, by=lan, at=now())
    assert "Ended" in act(lan, "webhook_end", hook)
    assert (fresh(hook).secret, fresh(waiting).state) == ("", DeliveryState.WITHHELD)
    ended_at = fresh(hook).ended_at
    assert ended_at
    for name in ("webhook_end", "webhook_pause", "webhook_resume", "webhook_ping", "webhook_rotate"):
        act(lan, name, hook)
        assert (fresh(hook).ended_at, fresh(hook).secret, fresh(hook).paused_at) == (ended_at, "", None)
    assert hook.deliveries.count() == 1


def test_the_history_knows_each_act_and_neither_secret_nor_address(cast: dict[str, User]) -> None:
    lan = cast["lan"]
    secret = SECRET.search(text(post(lan), 201))[0]
    row = Webhook.objects.get()
    for name in ("webhook_ping", "webhook_rotate", "webhook_pause", "webhook_resume", "webhook_end"):
        client_of(lan).post(reverse(name, args=[row.pk]))
    events = list(Event.objects.filter(object_kind="webhook").order_by("id"))
    kinds = [event.kind.partition(".")[2] for event in events]
    assert kinds == ["made", "pinged", "rotated", "paused", "resumed", "ended"]
    assert {event.actor for event in events} == {lan}
    told = " ".join(f"{event.before}{event.after}{event.why}" for event in events)
    assert secret not in told and "of-the-receiver" not in told


# Others


def test_nobody_reaches_into_the_webhooks_of_others(cast: dict[str, User], hook: Webhook) -> None:
    message = webhooks.ping(hook, by=cast["lan"], at=now())
    minh = client_of(cast["minh"])
    assert minh.get(reverse("webhook", args=[hook.pk])).status_code == 404
    for name in ("rotate", "ping", "pause", "resume", "end"):
        assert minh.post(reverse(f"webhook_{name}", args=[hook.pk])).status_code == 404
    assert minh.post(reverse("webhook_replay", args=[message.pk])).status_code == 404
    assert fresh(hook).is_active


def test_the_operator_sees_that_it_exists_and_stops_it_and_reads_no_path(
    cast: dict[str, User], hook: Webhook, admin: User
) -> None:
    message = webhooks.ping(hook, by=cast["lan"], at=now())
    message.tries.create(at=now(), milliseconds=87, status=500, said="What the receiver said")
    assert "hooks.example.vn" in text(get(admin, "webhook_list"))
    page = text(get(admin, "webhook", hook.pk))
    assert "hooks.example.vn" in page
    assert "of-the-receiver" not in page and "What the receiver said" not in page
    assert client_of(admin).post(reverse("webhook_rotate", args=[hook.pk])).status_code == 403
    assert "Paused" in act(admin, "webhook_pause", hook)
    assert Event.objects.get(kind="webhook.paused").actor == admin


def test_they_take_the_same_queries_however_many_there_are(
    cast: dict[str, User], hook: Webhook, django_assert_num_queries: Any
) -> None:
    client = client_of(cast["lan"])

    def count() -> None:
        with django_assert_num_queries(4):
            client.get(reverse("webhook_list"))
        with django_assert_num_queries(8):
            client.get(reverse("webhook", args=[hook.pk]))

    webhooks.ping(hook, by=cast["lan"], at=now()).tries.create(at=now())
    count()
    for _ in range(3):
        make_webhook(cast["lan"])
        webhooks.ping(hook, by=cast["lan"], at=now()).tries.create(at=now())
        hook.bodies.add(make_body())
    count()
