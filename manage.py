#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys
from pathlib import Path

OF_AN_INSTALLATION = {"SECRET_KEY", "DEBUG", "DEMO"}


def find_demonstration() -> None:
    """Where `make run` has made a demonstration, commands without settings of their own are meant for it."""
    var = Path(os.environ.get("VAR_DIR") or Path(__file__).resolve().parent / "var")
    if not OF_AN_INSTALLATION & os.environ.keys() and (var / "secret_key").exists():
        os.environ["DEMO"] = "1"


def main() -> None:
    """Run one management command."""
    find_demonstration()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError:
        sys.exit("Django is not installed here: use .venv/bin/python, which `make run` or `make test` makes.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
