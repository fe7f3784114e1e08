"""Every route × method × actor answers as the table says, and whoever is refused changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from tests.access.actors import ACTORS
from tests.access.routes import Route, routes
from tests.access.table import ADMIN_LOGIN, API, LOGIN, PAGES, Answer
from tests.access.third_party import THIRD_PARTY
from tests.access.world import World

TABLE = {**PAGES, **API, **THIRD_PARTY}
ROUTES = {route.name: route for route in routes()}
pytestmark = pytest.mark.django_db
# What any request may write: the session, and when a token was last used.
HARMLESS = re.compile(r'"?(django_session|accounts_apitoken)"?')
# What says that a form was accepted: onward, or here is what was made.
DONE = (302, 201)
WRITES = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM|WITH)\s+(\S+)", re.IGNORECASE)


def route_of(case: str) -> Route:
    return ROUTES[case.partition("@")[0]]


@contextmanager
def rolled_back() -> Iterator[list[str]]:
    """Undo everything that is done within, and tell which tables were written."""
    written: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        if (match := WRITES.match(sql)) and not HARMLESS.fullmatch(match[2]):
            written.append(match[2])
        return execute(sql, *rest)

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield written
        transaction.set_rollback(True)


def told(response: Any) -> Answer:
    """The answer as the table writes it."""
    where = response.headers.get("Location", "") if response.status_code == 302 else ""
    if where.startswith("/accounts/login/"):
        return LOGIN
    return ADMIN_LOGIN if where.startswith("/admin/login/") else response.status_code


def read(response: Any) -> bytes:
    """All of it, so that a download closes its file."""
    return b"".join(response) if response.streaming else response.content


def same(response: Any, address: str) -> tuple[int, str, str]:
    """What an answer tells, without its own address and its one-time token."""
    body = read(response).decode().replace(address, "…").replace(address.replace("/", "%2F"), "…")
    body = re.sub(r'(name="csrfmiddlewaretoken" value)="\w+"', r"\1", body)
    return response.status_code, response.headers.get("Content-Type", ""), body


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    assert len(routes()) == len(ROUTES)
    assert {case.partition("@")[0] for case in TABLE} == set(ROUTES)


def test_every_row_answers_everybody() -> None:
    for case, methods in TABLE.items():
        for method, answers in methods.items():
            assert list(answers) == list(ACTORS), (case, method)


def test_the_table_is_large() -> None:
    assert sum(len(answers) for methods in TABLE.values() for answers in methods.values()) >= 2000


@pytest.mark.parametrize("case", TABLE)
def test_everybody_gets_the_answer_of_the_table(world: World, case: str) -> None:
    address, wrong = world.address(case, route_of(case)), []
    for method, answers in TABLE[case].items():
        for name, expected in answers.items():
            cache.clear()  # allauth counts attempts there
            with rolled_back() as written:
                response = world.actors[name].send(method, address, world.payloads.get(case))
                got = told(response)
                read(response)
            if got != expected:
                wrong.append(f"{method} as {name}: {got} instead of {expected}")
            if written and (method != "POST" or got not in DONE):
                wrong.append(f"{method} as {name}: {got}, but wrote {set(written)}")
    assert not wrong, "\n".join([f"{case} at {address}", *wrong])


FORMS = [case for case in PAGES if any(answer in DONE for answer in PAGES[case]["POST"].values())]


@pytest.mark.parametrize("case", FORMS)
def test_a_form_that_is_accepted_does_something(world: World, case: str) -> None:
    allowed = [name for name, answer in PAGES[case]["POST"].items() if answer in DONE and name != "anonymous"]
    for name in allowed if case != "report_edit@submitted" else []:
        with rolled_back() as written:
            world.actors[name].send("POST", world.address(case, route_of(case)), world.payloads[case])
        assert written or case == "set_language", name


@pytest.mark.parametrize("case", FORMS)
def test_a_form_without_its_token_is_refused(world: World, case: str) -> None:
    name = next(name for name, answer in PAGES[case]["POST"].items() if answer in DONE and name != "anonymous")
    actor = world.actors[name]
    actor.client.handler.enforce_csrf_checks = True
    try:
        with rolled_back() as written:
            response = actor.send("POST", world.address(case, route_of(case)), world.payloads[case])
    finally:
        actor.client.handler.enforce_csrf_checks = False
    assert (response.status_code, written) == (403, [])


HIDDEN = [case for case in {**PAGES, **API} if 404 in {**PAGES, **API}[case].get("GET", {}).values()]
HIDDEN += [case for case in PAGES if 404 in PAGES[case]["POST"].values() and case not in HIDDEN]


@pytest.mark.parametrize("case", [case for case in HIDDEN if case not in ("api-nothing", "metrics")])
def test_a_row_that_is_not_theirs_is_like_one_that_does_not_exist(world: World, case: str) -> None:
    for method in ("GET", "POST"):
        hidden = [name for name, answer in TABLE[case][method].items() if answer == 404]
        here, gone = world.address(case, route_of(case)), world.missing(case, route_of(case))
        for name in hidden:
            with rolled_back():
                theirs, nothing = (
                    same(world.actors[name].send(method, address, world.payloads.get(case)), address)
                    for address in (here, gone)
                )
            assert theirs == nothing, (method, name)
