"""The page of the description works in a real browser under the site's own CSP, with nothing from another host."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.builders import make_cast

pytestmark = pytest.mark.browser
API = json.loads((Path(__file__).parent / "openapi.json").read_text(encoding="utf-8"))


@pytest.fixture
def signed_in(transactional_db, live_server, context):
    client = Client()
    client.force_login(make_cast()["hoa"])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return context.new_page()


def test_the_description_is_shown(signed_in, live_server):
    said, asked = [], []
    signed_in.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    signed_in.on("pageerror", lambda error: said.append(str(error)))
    signed_in.on("request", lambda request: asked.append(request.url))
    signed_in.goto(f"{live_server.url}/api/v1/docs/")
    signed_in.click("#operations-tag-tasks")
    signed_in.wait_for_selector("#operations-tasks-list_tasks")
    tags = {row["tags"][0] for path in API["paths"].values() for row in path.values() if "tags" in row}
    shown = signed_in.locator(".opblock-tag").evaluate_all("tags => tags.map((tag) => tag.dataset.tag)")
    assert set(shown) == tags
    assert said == []
    assert [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))] == []
