"""What the documents name exists: commands, options, make targets, links, settings; every code is in the glossary."""

import re

import pytest
from django.core.management import BaseCommand, get_commands, load_command_class
from django.db.models import Choices

from accounts.tokens import Scope
from tracker import choices
from tracker.exchange.catalogues import read
from tracker.exchange.message_sources import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "fixtures" / "README.md"]
OURS = sorted(name for name, app in get_commands().items() if app in ("accounts", "tracker"))
COMMANDS = (ROOT / "docs/reference/commands.md").read_text()
GLOSSARY = (ROOT / "docs/reference/glossary.md").read_text()
SETTINGS = (ROOT / "docs/reference/settings.md").read_text()
EVERYBODYS = {option for action in BaseCommand().create_parser("", "")._actions for option in action.option_strings}
KINDS = [
    kind for kind in vars(choices).values() if isinstance(kind, type) and issubclass(kind, Choices) and kind.choices
]

pytestmark = pytest.mark.once
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def options_of(command):
    parser = command.create_parser("manage.py", "command")
    return {option for action in parser._actions for option in action.option_strings}


def load(name):
    return load_command_class(get_commands()[name], name)


@each_page
def test_every_named_command_and_option_exists(page):
    for command, rest in re.findall(r"manage\.py ([a-z_]+)([^`\n|]*)", page.read_text()):
        assert command in get_commands()
        assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) <= options_of(load(command)), command


@each_page
def test_every_named_make_target_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:`|^    |[A-Z]=\S+ )make ([a-z-]+)", page.read_text(), re.MULTILINE)
    assert set(named) <= targets


@each_page
def test_every_relative_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    relative = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in relative if not (page.parent / link).exists()] == []


@each_page
def test_every_named_test_exists(page):
    named = re.findall(r"(tests/[\w/]+\.py)::(\w+)", page.read_text())
    assert [name for path, name in named if f"\ndef {name}(" not in (ROOT / path).read_text()] == []


@each_page
def test_no_path_of_one_machine_is_named(page):
    assert re.findall(r"/(?:home|root|work|Users)/\w+", page.read_text()) == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "reference/settings" not in str(page)], ids=lambda page: page.name
)
def test_every_variable_that_is_set_is_described(page):
    named = re.findall(r"(?<![\w-])([A-Z]{2,}(?:_[A-Z]+)*)=\S", page.read_text())
    known = {"ARGS", "JOBS", "TOKEN", "API", "WRITE_CONTRACT", "BENCH_TASKS", "SCHEMATHESIS_EXAMPLES"}
    assert [name for name in named if name not in known and f"`{name}`" not in SETTINGS] == []


@pytest.mark.parametrize("command", OURS)
def test_every_command_is_described_with_its_options(command):
    _before, _heading, rest = COMMANDS.partition(f"## manage.py {command}")
    section = rest.partition("\n## ")[0]
    assert section
    assert [option for option in options_of(load(command)) - EVERYBODYS if option not in section] == []


def test_every_make_target_is_described():
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [target for target in phony[1].split() if f"`make {target}`" not in COMMANDS] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_code_is_in_the_glossary_in_both_languages(kind):
    vietnamese = read("vi")
    labels = {str(code): str(kind(code).label) for code in kind.values}
    rows = [f"| `{code}` | {label} | {vietnamese.get(label).string} |" for code, label in labels.items()]
    assert [row for row in rows if row not in GLOSSARY] == []


def test_every_scope_of_a_token_is_described():
    assert [scope for scope in Scope.values if f"`{scope}`" not in COMMANDS] == []


def test_every_page_of_the_documents_is_reached_from_the_readme():
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in PAGES if "docs" in page.parts and page.name not in readme] == []
