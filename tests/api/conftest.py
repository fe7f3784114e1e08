"""A client that speaks for one of the cast, by token."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from accounts.models import User
    from tests.api.world import World


def token_client(user: User) -> Client:
    # Imported here: pytest reads this file before the settings stand.
    from accounts.services import create_token
    from tracker.clock import now

    _row, token = create_token(user=user, name="suite", scopes=["read"], days=30, at=now())
    return Client(headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"})


@pytest.fixture
def cast(db: None) -> dict[str, User]:
    from tests.builders import make_cast

    return make_cast()


@pytest.fixture
def hoa(cast: dict[str, User]) -> Client:
    """The commission, who reads everything."""
    return token_client(cast["hoa"])


@pytest.fixture
def as_user(cast: dict[str, User]) -> Callable[[str], Client]:
    return lambda name: token_client(cast[name])


@pytest.fixture
def world(cast: dict[str, User]) -> World:
    """One task of body A (Lan's), one of body B (Minh's), with at least one row of every resource."""
    from tests.api.world import make_world

    return make_world(cast)


def rows(client: Client, path: str, **query: Any) -> list[dict[str, Any]]:
    """The rows of a page; a list as a value repeats the parameter."""
    response = client.get(f"/api/v1/{path}/", query)
    assert response.status_code == 200, response.content.decode()
    return response.json()["results"]


def codes(client: Client, path: str = "tasks", **query: Any) -> list[str]:
    return [row["code"] for row in rows(client, path, **query)]
