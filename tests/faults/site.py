"""The web server seen from outside: what a signed-in person sends, and when which answer came."""

from __future__ import annotations

import http.client
import json
import math
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from accounts.models import User
from tests.working import client_of
from tracker.models import ProgressReport

CSRF = "c" * 32


@dataclass(frozen=True)
class Answer:
    """The last answer after redirects, and the seconds until the first one."""

    status: int
    headers: dict[str, str]
    body: str
    seconds: float


class Site:
    """A web server on a loopback port."""

    def __init__(self, port: int) -> None:
        self._port = port

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers or {})

    def is_open(self) -> bool:
        try:
            return self.get("/health/live").status == 200
        except OSError:
            return False

    def health(self) -> dict[str, Any]:
        """What /health/ tells, and its status as `code`."""
        answer = self.get("/health/")
        return {**json.loads(answer.body), "code": answer.status}

    def is_healthy(self) -> bool:
        return bool(self.health()["code"] == 200)

    def silent(self) -> set[str]:
        """The parts that /health/ calls silent, with 503; none with 200."""
        found = self.health()
        silent = {name for name, word in found.items() if word == "silent"}
        assert found["code"] == (503 if silent else 200)
        return silent

    def ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> Answer:
        started = time.monotonic()
        client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            client.request(method, path, body=body or None, headers=headers)
            response = client.getresponse()
            text, took = response.read().decode(), time.monotonic() - started
        finally:
            client.close()
        if response.status in (302, 303):
            followed = self.ask("GET", urlsplit(response.headers["Location"]).path, headers)
            return Answer(followed.status, followed.headers, followed.body, took)
        return Answer(response.status, dict(response.headers), text, took)


class Person:
    """Somebody who is signed in at the site."""

    def __init__(self, site: Site, user: User) -> None:
        session = client_of(user).cookies["sessionid"].value
        self._site = site
        self._headers = {"Cookie": f"django_language=en; csrftoken={CSRF}; sessionid={session}"}

    def get(self, path: str) -> Answer:
        return self._site.get(path, self._headers)

    def post(self, path: str, **values: Any) -> Answer:
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        return self._site.ask("POST", path, headers, urlencode({**values, "csrfmiddlewaretoken": CSRF}))

    def banner(self) -> str:
        """The line on top of a page, "" while all is well."""
        answer = self.get("/bodies/")
        assert answer.status == 200, answer.body
        found = re.search(r'class="banner.*?</svg>(.*?)</p>', answer.body, re.DOTALL)
        return found[1].strip() if found else ""

    def accept(self, report: ProgressReport) -> Answer:
        """Accept a report, which writes a mail to its author."""
        return self.post(f"/reports/{report.pk}/decide/", seen=report.version, decision="accept", note="")

    def accept_all(self, reports: list[ProgressReport], *, hands: int = 4) -> list[Answer]:
        """Accept them all, `hands` at once."""
        waiting, answers = iter(reports), list[Answer]()
        threads = [threading.Thread(target=self._accept_some, args=(waiting, answers)) for _ in range(hands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == len(reports)
        return answers

    def _accept_some(self, waiting: Iterator[ProgressReport], answers: list[Answer]) -> None:
        for report in waiting:
            answers.append(self.accept(report))


def p95(answers: list[Answer]) -> float:
    ordered = sorted(answer.seconds for answer in answers)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]
