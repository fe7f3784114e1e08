"""The administrator's pages: accounts are changed there, the matrix never."""

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import User
from tests.builders import make_cast, make_task
from tracker.admin import ReadOnlyAdmin

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_admin(client):
    client.force_login(User.objects.create_superuser("root", password="mot-mat-khau-dai"))
    return client


def test_every_register_is_read_only_there():
    registered = [
        model_admin for model, model_admin in admin.site._registry.items() if model._meta.app_label == "tracker"
    ]
    assert registered
    assert all(isinstance(model_admin, ReadOnlyAdmin) for model_admin in registered)


def test_the_administrator_looks_and_cannot_write(as_admin):
    task = make_task()
    assert as_admin.get(reverse("admin:tracker_task_changelist"), {"q": task.code}).status_code == 200
    assert as_admin.get(reverse("admin:tracker_task_change", args=[task.pk])).status_code == 200
    assert as_admin.post(reverse("admin:tracker_task_change", args=[task.pk]), {"code": "X"}).status_code == 403
    assert as_admin.get(reverse("admin:tracker_task_add")).status_code == 403


def test_the_administrator_gives_memberships(as_admin):
    lan = make_cast()["lan"]
    page = as_admin.get(reverse("admin:accounts_user_change", args=[lan.pk]))
    assert page.status_code == 200
    assert "memberships-TOTAL_FORMS" in page.content.decode()


def test_secrets_have_no_page():
    shown = {model._meta.label for model in admin.site._registry}
    assert not shown & {"mfa.Authenticator", "socialaccount.SocialToken"}


def test_nobody_else_enters(client):
    client.force_login(make_cast()["hoa"])
    assert client.get(reverse("admin:index")).status_code == 302
