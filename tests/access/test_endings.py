"""Rights end at once: the next request of a live session or token already finds the door closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import create_token
from tests.builders import make_cast, make_task, make_user
from tracker.choices import Duty, Role
from tracker.clock import local_today, now
from tracker.models import Body, Task
from tracker.services import matrix

pytestmark = pytest.mark.django_db


@pytest.fixture
def lan() -> User:
    return make_cast()["lan"]


@pytest.fixture
def task(lan: User) -> Task:
    return make_task()


@pytest.fixture
def session(client: Client, lan: User) -> Client:
    client.force_login(lan)
    return client


@pytest.fixture
def token(lan: User) -> Client:
    _row, text = create_token(user=lan, name="suite", scopes=["read"], days=1, at=now())
    return Client(headers={"Authorization": f"Bearer {text}"})


def end_membership(user: User) -> None:
    user.memberships.update(valid_to=local_today())


def deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def change_password(user: User) -> None:
    user.set_password("another-long-password")
    user.save()


ENDS: list[tuple[Callable[[User], None], int]] = [(end_membership, 404), (deactivate, 302), (change_password, 302)]


@pytest.mark.parametrize(("end", "status"), ENDS)
def test_a_live_session_ends(session: Client, lan: User, task: Task, end: Any, status: int) -> None:
    pages = [reverse("task", args=[task.pk]), reverse("report_new", args=[task.pk])]
    assert [session.get(page).status_code for page in pages] == [200, 200]
    end(lan)
    assert [session.get(page).status_code for page in pages] == [status, status]
    assert session.post(pages[1], {"done_text": "x"}).status_code == status


@pytest.mark.parametrize(("end", "status"), [(end_membership, 404), (deactivate, 401), (change_password, 401)])
def test_a_token_ends(token: Client, lan: User, task: Task, end: Any, status: int) -> None:
    address = reverse("api-tasks-detail", args=[task.pk])
    assert token.get(address).status_code == 200
    end(lan)
    assert token.get(address).status_code == status


def test_a_password_that_was_changed_ends_tokens_too(token: Client, session: Client, lan: User) -> None:
    data = {"oldpassword": "mot-mat-khau-dai", "password1": "Mot mat khau khac 59", "password2": "Mot mat khau khac 59"}
    assert session.post(reverse("account_change_password"), data).status_code == 302
    assert session.get(reverse("desk")).status_code == 302
    assert token.get(reverse("api-tasks")).status_code == 401


def test_a_narrower_duty_counts_from_the_next_request(session: Client, lan: User, task: Task) -> None:
    lan.memberships.update(duty=Duty.SUPERVISOR)
    assert session.get(reverse("task", args=[task.pk])).status_code == 200
    assert session.get(reverse("report_new", args=[task.pk])).status_code == 403


def test_a_superuser_who_is_none_any_more_administers_nothing(client: Client) -> None:
    root = make_user("root", None, Body(), is_staff=True, is_superuser=True)
    client.force_login(root)
    assert client.get(reverse("admin:index")).status_code == 200
    User.objects.update(is_staff=False, is_superuser=False)
    assert client.get(reverse("admin:index")).status_code == 302


def test_a_body_that_answers_no_more_reports_no_more(session: Client, task: Task) -> None:
    cell = task.responsibilities.get(role=Role.ACCOUNTABLE)
    matrix.end(cell, on=local_today(), by=None, at=now())
    assert session.get(reverse("report_new", args=[task.pk])).status_code == 403
