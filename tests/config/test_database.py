"""A database that is away or busy is told as 503; an error that needs a developer stays a 500."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.test import Client
from django.urls import reverse

from config.database import is_unavailable
from tests.builders import make_cast
from tests.working import client_of


def sqlite(code: int) -> OperationalError:
    cause = sqlite3.OperationalError("odd")
    cause.sqlite_errorcode = code  # type: ignore[misc]
    return caused(OperationalError("odd"), cause)


def caused(error: Any, cause: BaseException) -> Any:
    error.__cause__ = cause
    return error


AWAY = {
    "no server": caused(OperationalError("x"), psycopg.OperationalError("connection refused")),
    "connection closed": caused(InterfaceError("x"), psycopg.InterfaceError("the connection is closed")),
    "shutting down": caused(OperationalError("x"), psycopg.errors.AdminShutdown("x")),
    "starting": caused(OperationalError("x"), psycopg.errors.CannotConnectNow("x")),
    "too many": caused(OperationalError("x"), psycopg.errors.TooManyConnections("x")),
    "too slow": caused(OperationalError("x"), psycopg.errors.QueryCanceled("x")),
    "locked": sqlite(sqlite3.SQLITE_BUSY),
    "locked for long": sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT),
    "cannot be opened": sqlite(sqlite3.SQLITE_CANTOPEN),
}
WRONG = {
    "no such table": sqlite(sqlite3.SQLITE_ERROR),
    "disk full": caused(OperationalError("x"), psycopg.errors.DiskFull("x")),
    "wrong statement": ProgrammingError("x"),
    "no error of a database": ValueError("x"),
    "nothing": None,
}


@pytest.mark.parametrize("error", AWAY.values(), ids=AWAY)
def test_these_say_try_again(error: Exception) -> None:
    assert is_unavailable(error)


@pytest.mark.parametrize("error", WRONG.values(), ids=WRONG)
def test_these_do_not(error: Exception | None) -> None:
    assert not is_unavailable(error)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let every page that asks for the scope of its reader fail with an error."""

    def fail(error: BaseException) -> None:
        def raised(user: Any) -> Any:
            raise error

        monkeypatch.setattr("accounts.policies._grants", raised)

    return fail


@pytest.mark.django_db
@pytest.mark.parametrize("error", AWAY.values(), ids=AWAY)
def test_people_are_told_when_to_try_again(failing: Any, error: Exception) -> None:
    client = client_of(make_cast()["lan"])
    failing(error)
    response = client.get(reverse("task_list"))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "The database does not answer right now" in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_a_rest_client_is_told_in_its_own_form(failing: Any) -> None:
    client = client_of(make_cast()["lan"])
    failing(AWAY["locked"])
    response = client.get("/api/v1/tasks/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "/problems/unavailable"


@pytest.mark.django_db
def test_also_where_the_page_of_another_error_fails(failing: Any) -> None:
    client = client_of(make_cast()["lan"])
    client.raise_request_exception = False
    failing(AWAY["no server"])
    response = client.get("/khong-co/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


@pytest.mark.django_db
def test_what_needs_a_developer_stays_an_error(failing: Any, client: Client) -> None:
    client = client_of(make_cast()["lan"])
    client.raise_request_exception = False
    failing(WRONG["no such table"])
    assert client.get(reverse("task_list")).status_code == 500
