"""The client of docs/howto/make-a-typed-client.md is made from the checked-in description and used on a live server."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from accounts.services import create_token
from tracker.clock import now
from tracker.models import Flag

PAGE = (settings.BASE_DIR / "docs/howto/make-a-typed-client.md").read_text()
COMMAND = re.search(r"^    (openapi-python-client .*)$", PAGE, re.MULTILINE)[1]
OURS = Path(__file__).with_name("openapi.json")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def block(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture
def program(tmp_path):
    """The program of the page, beside the package that its command makes without a warning."""
    shutil.copy(OURS, tmp_path / "tracker.json")
    (tmp_path / "client.yml").write_text(block("yaml"))
    (tmp_path / "program.py").write_text(block("python"))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    made = subprocess.run(
        shlex.split(COMMAND), cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert made.returncode == 0
    assert (made.stdout, made.stderr) == ("Generating tracker_client\n", "")
    return tmp_path / "program.py"


def test_it_reads_acts_and_is_told_a_typed_problem(live_server, cast, world, program):
    _row, token = create_token(user=cast["hoa"], name="typed", scopes=["read", "review"], days=1, at=now())
    flag = Flag.objects.earliest("pk")
    said = subprocess.run(
        [sys.executable, program, live_server.url, str(token)], capture_output=True, text=True, timeout=60
    )
    assert (said.returncode, said.stderr) == (0, "")
    *listed, acknowledged, problem = said.stdout.splitlines()
    assert listed[0].startswith("2.5 silence 2026-06-01 ") and len(listed) == Flag.objects.open().count()
    flag.refresh_from_db()
    assert flag.acknowledged_note == "On the agenda"
    assert acknowledged.startswith("acknowledged at 20")
    assert problem == f"/problems/stale {flag.version} True"
