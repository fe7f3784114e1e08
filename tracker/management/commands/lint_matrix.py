"""`manage.py lint_matrix`: what is wrong in the matrix; exit status 1 where there are errors."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from tracker import clock
from tracker.boards.lint import lint
from tracker.models import Task


class Command(BaseCommand):
    help = "List the findings of the matrix linter. Exit status: 1 with errors, 0 without."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--language", choices=["vi", "en"], default="en", help="language of the reasons")

    def handle(self, *, language: str, **options: Any) -> None:
        with translation.override(language):
            found = lint(Task.objects.all(), day=clock.local_today())
            for finding in found:
                line = f"{finding.severity:8} {finding.subject:14} {finding.code}: {finding.reason} {finding.remedy}"
                self.stdout.write(f"{line} [{finding.source}]")
        errors = sum(finding.severity == "error" for finding in found)
        self.stdout.write(f"{len(found)} findings, {errors} errors.")
        if errors:
            sys.exit(1)
