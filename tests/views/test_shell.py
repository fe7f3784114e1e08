"""The frame of every page: who is led where, languages, safety headers, sign-in and error pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.views import defaults

from accounts.models import User
from tests.builders import make_body, make_cast, make_user

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).parents[2] / "tracker/templates"
# Mails are shown by mail programs, which take no stylesheet: not by our pages.
TEMPLATES = sorted(path for path in FOLDER.rglob("*.html") if path.parent.name != "mails")


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.mark.parametrize(
    ("name", "page"), [("lan", "desk"), ("hoa", "overview"), ("quang", "overview"), ("vinh", "overview")]
)
def test_the_start_page_is_that_of_the_duty(client: Client, cast: dict[str, User], name: str, page: str) -> None:
    client.force_login(cast[name])
    assert client.get("/").headers["Location"] == reverse(page)


def test_strangers_are_led_to_the_sign_in(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/accounts/login/?next=/"


def test_an_account_without_a_duty_is_told_so(client: Client) -> None:
    client.force_login(make_user("nobody", None, make_body("BO-A")))
    response = client.get("/")
    assert response.status_code == 200
    assert reverse("task_list") not in response.content.decode()


@pytest.mark.parametrize(
    ("name", "hidden", "shown"),
    [
        ("lan", ["overdue", "review", "overview"], "desk"),
        ("hoa", ["desk"], "review"),
        ("vinh", ["desk", "review"], "overdue"),
    ],
)
def test_the_navigation_holds_what_the_duty_may_open(
    client: Client, cast: dict[str, User], name: str, hidden: list[str], shown: str
) -> None:
    client.force_login(cast[name])
    page = client.get(reverse("body_list")).content.decode()
    links = re.findall(r'<a href="([^"]+)"', page)
    assert reverse(shown) in links
    assert not {reverse(item) for item in hidden} & set(links)


def test_the_open_page_is_marked_in_the_navigation(client: Client, cast: dict[str, User]) -> None:
    client.force_login(cast["lan"])
    page = client.get(reverse("body_list")).content.decode()
    assert f'<a href="{reverse("body_list")}" aria-current="page">' in page


def test_the_chosen_language_stays_in_the_browser_and_in_the_account(client: Client, cast: dict[str, User]) -> None:
    client.force_login(cast["lan"])
    response = client.post(reverse("set_language"), {"language": "en", "next": "/bodies/"})
    assert response.headers["Location"] == "/bodies/"
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    assert User.objects.get(username="lan").language == "en"


@pytest.mark.parametrize("code", ["fr", "", "x" * 300, "\x00"])
def test_an_unknown_language_changes_nothing(client: Client, cast: dict[str, User], code: str) -> None:
    client.force_login(cast["lan"])
    client.post(reverse("set_language"), {"language": code, "next": "/"})
    assert User.objects.get(username="lan").language == "vi"


def test_the_language_button_leads_nowhere_else(client: Client) -> None:
    response = client.post(reverse("set_language"), {"language": "en", "next": "https://elsewhere.example/"})
    assert response.headers["Location"] == "/"


def test_the_language_is_changed_by_post_only(client: Client) -> None:
    assert client.get(reverse("set_language")).status_code == 405


def sign_in(client: Client, name: str = "lan", **data: Any) -> Any:
    return client.post(reverse("account_login"), {"login": name, "password": "mot-mat-khau-dai", **data})


def test_signing_in_speaks_the_language_of_the_account(client: Client, cast: dict[str, User]) -> None:
    User.objects.filter(username="lan").update(language="en")
    assert sign_in(client).cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_signing_in_keeps_the_language_of_the_browser(client: Client, cast: dict[str, User]) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert settings.LANGUAGE_COOKIE_NAME not in sign_in(client).cookies


def test_a_wrong_password_is_told_on_top_of_the_form(client: Client, cast: dict[str, User]) -> None:
    page = sign_in(client, password="wrong").content.decode()
    assert 'class="error-summary"' in page


@pytest.mark.parametrize("is_demo", [True, False])
def test_demonstration_names_are_shown_in_a_demonstration_only(client: Client, is_demo: bool) -> None:
    with override_settings(DEMO=is_demo):
        page = client.get(reverse("account_login")).content.decode()
    assert ("<code>supervisor</code>" in page) is is_demo


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    before = User.objects.count()
    client.post(
        reverse("account_signup"), {"username": "new", "password1": "mot-mat-khau-dai", "password2": "mot-mat-khau-dai"}
    )
    assert User.objects.count() == before


def test_signing_out_takes_a_post(client: Client, cast: dict[str, User]) -> None:
    client.force_login(cast["lan"])
    assert client.get(reverse("account_logout")).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(reverse("task_list")).status_code == 302


def test_rights_end_with_the_account(client: Client, cast: dict[str, User]) -> None:
    client.force_login(cast["lan"])
    User.objects.filter(username="lan").update(is_active=False)
    assert client.get(reverse("task_list")).status_code == 302


def test_pages_carry_the_strict_policy(client: Client) -> None:
    policy = client.get(reverse("account_login")).headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "style-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_style_script_or_handler(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text)
    inline = [tag for tag in re.findall(r"<script[^>]*>", text) if "src=" not in tag and "application/json" not in tag]
    assert inline == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_asks_another_host(path: Path) -> None:
    assert not re.search(r"""(src|href|action)=["'](https?:)?//""", path.read_text())


@pytest.mark.parametrize(
    "name",
    [
        "account_change_password",
        "account_email",
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "mfa_list_webauthn",
        "socialaccount_connections",
    ],
)
def test_account_pages_are_in_our_frame(client: Client, cast: dict[str, User], name: str) -> None:
    client.force_login(cast["lan"])
    page = client.get(reverse(name)).content.decode()
    assert 'class="topbar"' in page
    assert "style=" not in page


def test_what_is_not_there_is_told_in_our_frame(client: Client) -> None:
    response = client.get("/khong-co/")
    assert response.status_code == 404
    assert 'class="topbar"' in response.content.decode()


@pytest.mark.parametrize(("view", "status"), [(defaults.bad_request, 400), (defaults.permission_denied, 403)])
def test_errors_have_pages_of_their_own(view: Any, status: int) -> None:
    response = view(RequestFactory().get("/"), Exception("<b>detail</b>"))
    assert response.status_code == status
    assert "<b>detail</b>" not in response.content.decode()


def test_the_page_of_a_broken_server_needs_nothing() -> None:
    response = defaults.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert b"<h1>" in response.content


def test_an_expired_form_is_told(cast: dict[str, User]) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(reverse("set_language"), {"language": "en"})
    assert response.status_code == 403
    assert b"<h1>" in response.content


def test_duties_are_named_in_the_menu(client: Client, cast: dict[str, User]) -> None:
    client.force_login(cast["hoa"])
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "Commission staff" in client.get(reverse("body_list")).content.decode()
