"""Preparing a start: only what changed is done again; the demonstration password is told truthfully."""

import os

import pytest
from django.contrib.auth import get_user_model

from tracker.management.commands import up
from tracker.processes import install, prepare


@pytest.fixture
def collected(settings, tmp_path, monkeypatch):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.DEMO = False
    monkeypatch.setattr(prepare, "_are_translations_old", lambda: False)


@pytest.mark.django_db
def test_static_files_are_collected_once(collected):
    first, second = [], []
    prepare.everything(say=first.append)
    prepare.everything(say=second.append)
    assert first[0] == "Collecting static files …"
    assert second == []


@pytest.mark.django_db
def test_changed_static_file_is_collected_again(collected, monkeypatch):
    said = []
    prepare.everything(say=lambda line: None)
    monkeypatch.setattr(prepare, "_static_sources", lambda: iter(["new.css 1 1"]))
    prepare.everything(say=said.append)
    assert said[0] == "Collecting static files …"


def test_translations_are_compiled_when_the_source_is_newer(tmp_path):
    source, result = tmp_path / "django.po", tmp_path / "django.mo"
    source.touch()
    assert prepare._is_older(result, source)
    result.touch()
    os.utime(source, (1, 1))
    assert not prepare._is_older(result, source)


@pytest.fixture
def official(db):
    return get_user_model().objects.create_user("official", password="the first one")


def test_password_is_told_while_it_holds(official, settings):
    settings.DEMO_PASSWORD = "the first one"
    assert up._password() == "the first one"


def test_password_that_nobody_gave_is_not_told_wrongly(official, settings, monkeypatch):
    settings.DEMO_PASSWORD = "a generated one"
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    assert up._password() == "the one given at the first start"
    official.refresh_from_db()
    assert official.check_password("the first one")


def test_newly_given_password_takes_effect(official, settings, monkeypatch):
    settings.DEMO_PASSWORD = "the second one"
    monkeypatch.setenv("DEMO_PASSWORD", "the second one")
    assert up._password() == "the second one"
    official.refresh_from_db()
    assert official.check_password("the second one")


def test_requirements_are_installed_again_only_when_they_changed(tmp_path, monkeypatch):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.touch()
    monkeypatch.setattr(install, "VENV", tmp_path)
    monkeypatch.setattr(install, "STAMP", tmp_path / "installed.txt")
    install._remember(install._wanted("requirements-dev.txt"))
    assert install._is_installed(install._wanted("requirements.txt"))
    assert not install._is_installed("requirements.txt another-digest")
