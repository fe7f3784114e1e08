"""The settings: what is read is documented, what is wrong is refused in one sentence, production is safe."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[2]
KEY = "k3y-0f-the-suite-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2
COMMANDS = {
    "manage.py": ["manage.py", "check"],
    "web": ["-c", "import config.wsgi"],
    "celery": ["-m", "celery", "-A", "config.celery:app", "beat", "--schedule=/dev/null"],
}


def run(tmp_path, command=("manage.py", "check"), **variables):
    """Run a process of the product with nothing of ours in its environment but `variables`."""
    clean = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=clean | variables, capture_output=True, text=True, timeout=60
    )


def test_every_variable_that_is_read_is_documented():
    source = (ROOT / "config/settings.py").read_text()
    read = set(re.findall(r'env\.(?!refuse|kept)\w+\(\s*"([A-Z_]+)"', source))
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/reference/settings.md").read_text(), re.M))
    assert len(read) > 15
    assert read == documented


def test_check_deploy_is_clean_in_production(tmp_path):
    done = run(tmp_path, ["manage.py", "check", "--deploy", "--fail-level", "WARNING"], SECRET_KEY=KEY)
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_missing_secret_key_ends_every_process_with_one_sentence(tmp_path, command):
    done = run(tmp_path, command)
    assert done.returncode == 1
    assert done.stderr.strip().startswith("SECRET_KEY is missing: ")
    assert len(done.stderr.strip().splitlines()) == 1


REFUSED = [
    ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak"),
    ({"SECRET_KEY": "a" * 60}, "SECRET_KEY is too weak"),
    ({"TOKEN_PEPPER": "short"}, "TOKEN_PEPPER is too short"),
    ({"DEBUG": "ture"}, "DEBUG is 'ture'"),
    ({"PORT": "eight"}, "PORT is 'eight'"),
    ({"PORT": "70000"}, "PORT is '70000'"),
    ({"VAR_DIR": "var"}, "VAR_DIR is 'var'"),
    ({"VAR_DIR": "/dev/null/var"}, "VAR_DIR is '/dev/null/var', which cannot be made"),
    ({"SITE_URL": "tracker.example.vn"}, "SITE_URL is 'tracker.example.vn'"),
    ({"SITE_URL": "http://tracker.example.vn"}, "SITE_URL is 'http://tracker.example.vn'"),
    ({"SITE_URL": "https://host:port"}, "SITE_URL is 'https://host:port'"),
    ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS allows every host"),
    ({"DEMO": "1", "ALLOWED_HOSTS": "tracker.example.vn"}, "ALLOWED_HOSTS goes beyond loopback"),
    ({"DEMO": "1", "SITE_URL": "https://tracker.example.vn"}, "SITE_URL is 'https://tracker.example.vn' while DEMO"),
    ({"TRUSTED_PROXIES": "10.0.0.300"}, "TRUSTED_PROXIES cannot be read"),
    ({"LANGUAGE_CODE": "fr"}, "LANGUAGE_CODE is 'fr'"),
    ({"DATABASE_URL": "mysql://host/name"}, "DATABASE_URL has the scheme 'mysql'"),
    ({"DATABASE_URL": "postgres://host:port/name"}, "DATABASE_URL cannot be read"),
    ({"DATABASE_URL": "postgres://host"}, "DATABASE_URL names no database"),
    ({"STATEMENT_TIMEOUT": "-1", "DATABASE_URL": "postgres://h/n"}, "STATEMENT_TIMEOUT is '-1'"),
    ({"REDIS_URL": "localhost:6379"}, "REDIS_URL is not the address"),
    ({"REDIS_URL": "redis://host:port/0"}, "REDIS_URL is not the address"),
    ({"EMAIL_URL": "mail.example.vn"}, "EMAIL_URL has the scheme"),
    ({"JOB_TIME_LIMIT": "0"}, "JOB_TIME_LIMIT is '0'"),
    ({"TICK_SECONDS": "61"}, "TICK_SECONDS is '61'"),
    ({"HEARTBEAT_LIMIT": "soon"}, "HEARTBEAT_LIMIT is 'soon'"),
    ({"HEARTBEAT_LIMIT": "181"}, "HEARTBEAT_LIMIT is '181'"),
    ({"LONG_JOB_TIME_LIMIT": "0"}, "LONG_JOB_TIME_LIMIT is '0'"),
    ({"WORKER_DEAF_SECONDS": "never"}, "WORKER_DEAF_SECONDS is 'never'"),
    ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN is too short"),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is 'loud'"),
]


@pytest.mark.parametrize(("variables", "sentence"), REFUSED, ids=[sentence for _, sentence in REFUSED])
def test_wrong_value_is_refused_by_name(tmp_path, variables, sentence):
    done = run(tmp_path, ["-c", "import config.settings"], **({"SECRET_KEY": KEY} | variables))
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_the_address_of_the_database_asks_of_the_server_comes_last_and_wins(tmp_path):
    read = ["-c", "from config.settings import *; print(DATABASES['default']['OPTIONS']['options'])"]
    url = "postgres://h/n?options=-c%20random_page_cost%3D4"
    done = run(tmp_path, read, SECRET_KEY=KEY, DATABASE_URL=url, STATEMENT_TIMEOUT="15")
    assert done.stdout.strip() == "-c random_page_cost=1.1 -c statement_timeout=15s -c random_page_cost=4"


def test_production_with_a_key_alone_answers_on_loopback_only(tmp_path):
    done = run(tmp_path, ["-c", "from config.settings import *; print(ALLOWED_HOSTS, DEBUG)"], SECRET_KEY=KEY)
    assert done.stdout.strip() == "['127.0.0.1', '[::1]', 'localhost'] False"


def test_demonstration_makes_its_secrets_once_and_for_its_owner_only(tmp_path):
    read = ["-c", "from config.settings import *; print(SECRET_KEY, TOKEN_PEPPER, DEMO_PASSWORD)"]
    first, second = run(tmp_path, read, DEMO="1"), run(tmp_path, read, DEMO="1")
    assert first.stdout == second.stdout
    assert len(set(first.stdout.split())) == 3
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.glob("*_*")}
    assert modes == {0o600}


def test_token_pepper_does_not_follow_a_changed_key_when_given(tmp_path):
    read = ["-c", "from config.settings import *; print(TOKEN_PEPPER)"]
    pepper = "p3pper-" * 6
    assert run(tmp_path, read, SECRET_KEY=KEY, TOKEN_PEPPER=pepper).stdout.strip() == pepper
    assert run(tmp_path, read, SECRET_KEY=KEY).stdout != run(tmp_path, read, SECRET_KEY=KEY[::-1]).stdout


def test_unix_address_of_a_broker_becomes_celerys_form(tmp_path):
    done = run(
        tmp_path,
        ["-c", "from config import celery_app; print(celery_app.conf.broker_url)"],
        SECRET_KEY=KEY,
        REDIS_URL="unix:///run/valkey.sock?db=3",
        DJANGO_SETTINGS_MODULE="config.settings",
    )
    assert done.stdout.strip() == "redis+socket:///run/valkey.sock?virtual_host=3"


def test_commands_find_the_demonstration_that_make_run_has_made(tmp_path):
    (tmp_path / "secret_key").write_text(KEY)
    done = run(tmp_path, ["manage.py", "check"], VAR_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert run(tmp_path, ["manage.py", "check"], VAR_DIR=str(tmp_path), DEMO="0").returncode == 1
