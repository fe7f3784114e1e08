"""Which addresses a webhook may call, how one is written, and how a message is signed."""

from __future__ import annotations

import base64
import ipaddress
import json
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.builders import START, noon
from tracker.clock import now
from tracker.rules.addresses import is_public
from tracker.rules.webhooks import BadUrl, is_away, is_taken, signed, target_of

PUBLIC = ("1.1.1.1", "8.8.8.8", "203.162.4.190", "223.255.255.254", "100.63.255.255", "172.32.0.1", "2606:4700::1111")
NOT_PUBLIC = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1"),  # noqa: S104
    *("172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.0.1", "169.254.169.254", "100.64.0.1"),
    *("100.127.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.7"),
    *("203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::1", "2002:808:808::1", "2001::1", "2001:10::1", "2001:20::1"),
    *("2001:db8::1", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1"),
    *("100::1", "5f00::1", "4000::1", "2606:4700::1111%eth0"),
    *("localhost", "", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1/8"),
)
ADDRESS = "https://hooks.example.vn"


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_may_be_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_other_address_may_be_called(address: str) -> None:
    assert not is_public(address)


def test_the_operator_allows_a_network_and_nothing_beside_it() -> None:
    allowed = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00:1::/32")]
    assert [is_public(text, allowed=allowed) for text in ("10.1.2.3", "fd00:1::5", "8.8.8.8")] == [True] * 3
    hidden = ("10.2.0.1", "::ffff:10.1.2.3", "2002:a01:203::1", "64:ff9b::a01:203", "fd00:2::5", "127.0.0.1")
    assert not any(is_public(text, allowed=allowed) for text in hidden)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (f"{ADDRESS}/in?key=a%20b", (True, "hooks.example.vn", 443, "/in?key=a%20b")),
        ("http://hooks.example.vn", (False, "hooks.example.vn", 80, "/")),
        ("HTTPS://Hooks.Example.VN:8443/A", (True, "hooks.example.vn", 8443, "/A")),
        ("http://[2606:4700::1111]:81/", (False, "2606:4700::1111", 81, "/")),
        ("http://a_b.example.vn./?x", (False, "a_b.example.vn.", 80, "/?x")),
    ],
)
def test_an_address_is_read(url: str, parts: tuple[bool, str, int, str]) -> None:
    target = target_of(url)
    assert (target.is_secure, target.host, target.port, target.path) == parts


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (f"{ADDRESS}:443/", "hooks.example.vn"),
        (f"{ADDRESS}:80/", "hooks.example.vn:80"),
        ("http://[::1]:8/", "[::1]:8"),
    ],
)
def test_the_host_is_told_with_its_port_where_that_is_not_the_usual_one(url: str, host: str) -> None:
    assert target_of(url).authority == host


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks.example.vn/in", "//hooks.example.vn/", "ftp://hooks.example.vn/", "file:///etc/passwd"),
        *("gopher://127.0.0.1:6379/_x", "javascript:alert(1)", "https://", "https:///in", "https://:443/"),
        *("https://user@hooks.example.vn/", "https://user:word@hooks.example.vn/", "https://@hooks.example.vn/"),
        *("https://hooks.example.vn#@127.0.0.1/", "https://hooks.example.vn/#part", "https://hooks.example.vn\\@evil/"),
        *("https://hooks.example.vn:0/", "https://hooks.example.vn:99999/", "https://hooks.example.vn:x/"),
        *("https://hooks example.vn/", "https://hooks.example.vn/\r\nX-Evil: 1", "https://hooks.example.vn/\x00"),
        *("https://１２７.0.0.1/", "https://hooks.example.vn/ạ", "https://[fe80::1%25eth0]/", "https://[::1/"),
        *("https://-x.example.vn/", "https://%31%32%37.0.0.1/", f"https://hooks.example.vn/{'x' * 2000}"),
    ],
)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(BadUrl) as refused:
        target_of(url)
    assert str(refused.value.message)


# Signatures

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER = "whsec_" + base64.b64encode(b"another-secret-of-32-bytes-long!").decode()
BODY = '{"type":"task.created","data":{"why":"Lý do “đặc biệt”"}}'.encode()


def test_the_independent_library_verifies_the_very_bytes() -> None:
    headers = signed([SECRET], message_id="msg_1", at=now(), body=BODY)
    assert Webhook(SECRET).verify(BODY, headers) == json.loads(BODY)
    for changed in (BODY + b" ", BODY.replace(b"task.created", b"task.deleted")):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(changed, headers)
    for name, value in (("webhook-id", "msg_2"), ("webhook-timestamp", str(int(now().timestamp()) + 1))):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(BODY, {**headers, name: value})


def test_while_a_secret_changes_both_verify_and_no_third() -> None:
    headers = signed([OTHER, SECRET], message_id="msg_1", at=now(), body=BODY)
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert Webhook(SECRET).verify(BODY, headers) == Webhook(OTHER).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"a third one of some length").decode()).verify(BODY, headers)


def test_what_was_signed_long_ago_is_not_verified_any_more() -> None:
    headers = signed([SECRET], message_id="msg_1", at=now() - timedelta(minutes=6), body=BODY)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(SECRET).verify(BODY, headers)


def test_it_signs_as_the_example_of_the_specification() -> None:
    at = noon(START).fromtimestamp(1614265330, tz=noon(START).tzinfo)
    headers = signed(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=at,
        body=b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_only_success_is_taken_and_trouble_of_the_receiver_is_told_from_that_of_a_message() -> None:
    assert [status for status in (None, 199, 200, 204, 299, 301, 302, 400, 410, 500) if is_taken(status)] == [
        200,
        204,
        299,
    ]
    assert [status for status in (None, 400, 410, 429, 500, 502, 503, 504) if is_away(status)] == [
        None,
        429,
        502,
        503,
        504,
    ]
