"""The two things every request needs before Django looks at it: its true sender and an id."""

import ipaddress
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config import request_id

GetResponse = Callable[[HttpRequest], HttpResponse]
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


def _is_trusted(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address.strip())
    except ValueError:
        return False
    return any(ip in network for network in settings.TRUSTED_PROXIES)


def _sender(hops: list[str], peer: str) -> str:
    """Return the last hop that no proxy of ours wrote; what stands left of it is the sender's claim."""
    for hop in reversed(hops):
        if not _is_trusted(hop):
            return hop
    return hops[0] if hops else peer


class TrustedProxyMiddleware:
    """Believe X-Forwarded-For and -Proto from TRUSTED_PROXIES; drop them from everybody else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = {name: request.META.pop(name, "") for name in FORWARDED}
        peer = request.META.get("REMOTE_ADDR", "")
        if _is_trusted(peer):
            hops = [hop.strip() for hop in forwarded["HTTP_X_FORWARDED_FOR"].split(",") if hop.strip()]
            request.META["REMOTE_ADDR"] = _sender(hops, peer)
            if forwarded["HTTP_X_FORWARDED_PROTO"] in ("http", "https"):
                request.META["wsgi.url_scheme"] = forwarded["HTTP_X_FORWARDED_PROTO"]
        return self.get_response(request)


class RequestIdMiddleware:
    """Give each request an id of our own and send it back as X-Request-ID."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.use(uuid.uuid4().hex)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.current()
        finally:
            request_id.reset(token)
        return response
