"""How many requests a token may send in a minute, told in the headers of the IETF draft, refused with a 429 beyond."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.throttling import BaseThrottle

WINDOW_SECONDS = 60


class RequestLimit(BaseThrottle):
    """A fixed window of a minute for each token, or for each person with a session; counted by each web process.

    Source: draft-ietf-httpapi-ratelimit-headers-10.
    """

    def allow_request(self, request: Any, view: Any) -> bool:
        """Count the request; what is left is kept for `tell()`."""
        window, self.passed = divmod(int(time.time()), WINDOW_SECONDS)
        who = f"token-{request.auth.pk}" if request.auth else f"user-{request.user.pk}"
        key = f"api:{who}:{window}"
        cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
        left = settings.API_RATE - int(cache.incr(key))
        request._request.rate_left = (max(left, 0), WINDOW_SECONDS - self.passed)
        return left >= 0

    def wait(self) -> float:
        return WINDOW_SECONDS - self.passed


def tell(request: Any, response: Any) -> None:
    """Say in the answer how many requests a minute there are, how many are left, and when they are counted anew."""
    if (left := getattr(request, "rate_left", None)) is not None:
        response["RateLimit-Policy"] = f'"minute";q={settings.API_RATE};w={WINDOW_SECONDS}'
        response["RateLimit"] = f'"minute";r={left[0]};t={left[1]}'
