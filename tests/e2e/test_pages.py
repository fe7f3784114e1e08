"""Every page in both languages: accessible, strict, within its origin, on a phone and on paper."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from babel.messages.pofile import read_po
from django.conf import settings

from tests.access.table import PAGES as OUR_TABLE
from tests.access.third_party import ACCOUNTS
from tests.e2e.pages import NO_PAGES, PAGES

pytestmark = [pytest.mark.browser, pytest.mark.once]
LANGUAGES = ("vi", "en")
VI = Path(settings.BASE_DIR) / "tracker/locale/vi/LC_MESSAGES/django.po"
# How much further than its window a page may be moved sideways.
KEYS = """are_hidden => {
  for (const one of document.querySelectorAll("#keys, .choose-all")) one.hidden = are_hidden;
}"""
OVERFLOW = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
# What is read aloud or shown without being text.
FOREIGN = """() => document.querySelectorAll("body [lang]:not([lang=vi])").forEach((one) => one.remove())"""
NAMES = """() => [...document.querySelectorAll("[title],[aria-label],[placeholder],[alt]")].flatMap(
    (one) => ["title", "aria-label", "placeholder", "alt"].map((name) => one.getAttribute(name) || "")).join("\\n")"""


def test_every_page_is_listed(db: None) -> None:
    """A new route that shows a page has to be looked at, too."""
    shown = {name for name, row in {**OUR_TABLE, **ACCOUNTS}.items() if 200 in row.get("GET", {}).values()}
    assert {name for name in shown if "@" not in name} == PAGES.keys() | NO_PAGES.keys()


KINDS: dict[str, dict[str, Any]] = {
    "axe": {"bypass_csp": True},
    "phone": {"viewport": {"width": 390, "height": 844}},
    "bare": {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False},
}


@pytest.fixture(scope="module")
def contexts(browser: Any, site: Any) -> Iterator[Any]:
    """One context for each reader, language and kind, so that styles and scripts come once."""
    made: dict[tuple[str, str, str], Any] = {}

    def context_of(user: str, language: str, kind: str) -> Any:
        if (user, language, kind) not in made:
            context = made[user, language, kind] = browser.new_context(**KINDS[kind])
            cookies = [*site.cookies[user], {"name": settings.LANGUAGE_COOKIE_NAME, "value": language}]
            context.add_cookies([{**cookie, "url": site.url} for cookie in cookies])
        return made[user, language, kind]

    yield context_of
    for context in made.values():
        context.close()


@pytest.fixture
def look(contexts: Any, site: Any) -> Iterator[Any]:
    """Open a page as who reads it; `.seen` holds what the browser complained of and what it asked of other hosts."""
    pages: list[Any] = []

    def opened(name: str, language: str, kind: str) -> Any:
        page = contexts(PAGES[name][0], language, kind).new_page()
        pages.append(page)
        page.seen = []
        page.on("console", lambda told: page.seen.append(told.text) if told.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.seen.append(str(error)))
        page.on("request", lambda request: _note(page.seen, site, request.url))
        page.status = page.goto(site.url + site.addresses[name]).status
        return page

    yield opened
    for page in pages:
        page.close()


def _note(seen: list[str], site: Any, url: str) -> None:
    if not url.startswith((f"{site.url}/", "data:")):
        seen.append(f"asked {url}")


def violations(page: Any, scheme: str) -> list[tuple[str, int, str]]:
    page.emulate_media(color_scheme=scheme)
    # What passes is not listed node by node: on the matrix that takes longer than the looking.
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], len(one["nodes"]), one["nodes"][0]["html"][:200]) for one in found]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_either_language_and_either_light(look: Any, name: str) -> None:
    assert violations(look(name, "vi", "axe"), "light") == []
    assert violations(look(name, "en", "axe"), "dark") == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_the_page_keeps_to_its_policy_its_origin_a_phone_and_paper(look: Any, name: str, language: str) -> None:
    page = look(name, language, "phone")
    assert (page.status, page.seen) == (200, [])
    assert page.get_attribute("html", "lang") == language
    assert page.locator("h1").count() == 1
    assert page.evaluate(OVERFLOW) <= 0
    page.emulate_media(media="print")
    assert page.locator("main").is_visible() and not page.locator("nav").first.is_visible()


@pytest.mark.parametrize("name", PAGES)
def test_a_vietnamese_page_is_whole_without_javascript_and_has_no_english_left_over(look: Any, name: str) -> None:
    page, bare = look(name, "vi", "phone"), look(name, "vi", "bare")
    page.evaluate(KEYS, True)  # what is told of only where it works
    assert _without_ages(bare).startswith(_without_ages(page))
    page.evaluate(KEYS, False)
    page.evaluate(FOREIGN)
    text = " ".join(f"{page.title()}\n{page.inner_text('body')}\n{page.evaluate(NAMES)}".lower().split())
    assert [message for message, pattern in english().items() if pattern.search(text)] == []
    assert re.findall(r"\b(?:the|your|you|please|with|this|are|has been)\b", text) == []


def _without_ages(page: Any) -> str:
    """The text of a page, whatever the seconds since something was heard of."""
    return re.sub(r"\d+ giây", "vài giây", page.inner_text("main"))


def _pattern(message: str) -> re.Pattern[str] | None:
    """The longest run of words of a message, between its placeholders and tags, if it has two words or more."""
    parts = re.split(r"%\(\w+\)[sd]|%[sd]|<[^>]+>", message)
    longest = max((" ".join(part.split()) for part in parts), key=len)
    if len(re.findall(r"[A-Za-z]{2,}", longest)) < 2:
        return None
    return re.compile(rf"(?<!\w){re.escape(longest.lower())}(?!\w)")


@functools.cache
def english() -> dict[str, re.Pattern[str]]:
    """What must not be seen on a Vietnamese page: the messages of the catalogue that differ from their translation."""
    found = {}
    with VI.open("rb") as file:
        for message in read_po(file):
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            for text in ids:
                if text and text not in texts and (pattern := _pattern(text)):
                    found[text] = pattern
    return found


def test_there_are_messages_to_look_for() -> None:
    assert len(english()) > 200
