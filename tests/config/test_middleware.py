"""Who sent a request is believed only from a proxy of ours; each request has an id."""

import ipaddress
import logging
import re

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config import request_id
from config.middleware import RequestIdMiddleware, TrustedProxyMiddleware

PROXIES = [ipaddress.ip_network("10.0.0.0/8")]


def seen(settings, *, peer, proxies=PROXIES, **headers):
    """Return (address, is secure) as a view would see them."""
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)
    TrustedProxyMiddleware(lambda request: HttpResponse())(request)
    return request.META["REMOTE_ADDR"], request.is_secure()


def test_trusted_proxy_tells_the_sender_and_the_scheme(settings):
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    assert seen(settings, peer="10.0.0.1", **headers) == ("203.0.113.7", True)


def test_sender_cannot_forge_an_address_through_the_proxy(settings):
    headers = {"X-Forwarded-For": "127.0.0.1, 203.0.113.7, 10.0.0.2"}
    assert seen(settings, peer="10.0.0.1", **headers) == ("203.0.113.7", False)


@pytest.mark.parametrize("proxies", [[], PROXIES])
def test_anybody_else_is_not_believed(settings, proxies):
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    assert seen(settings, peer="198.51.100.9", proxies=proxies, **headers) == ("198.51.100.9", False)


def test_proxy_without_headers_is_the_sender(settings):
    assert seen(settings, peer="10.0.0.1") == ("10.0.0.1", False)


def test_odd_scheme_changes_nothing(settings):
    assert seen(settings, peer="10.0.0.1", **{"X-Forwarded-Proto": "javascript"}) == ("10.0.0.1", False)


def test_request_has_an_id_of_ours_in_the_answer_and_nothing_after_it():
    inside = []
    middleware = RequestIdMiddleware(lambda request: inside.append(request_id.current()) or HttpResponse())
    answer = middleware(RequestFactory().get("/", headers={"X-Request-ID": "forged"}))
    assert re.fullmatch("[0-9a-f]{32}", inside[0])
    assert answer["X-Request-ID"] == inside[0]
    assert request_id.current() == "-"


def test_log_lines_carry_the_id():
    record = logging.LogRecord("x", logging.INFO, "", 0, "m", (), None)
    assert request_id.RequestIdFilter().filter(record)
    assert record.request_id == "-"
