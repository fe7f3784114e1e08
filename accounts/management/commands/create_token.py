"""Make a token for a REST client: `manage.py create_token --user NAME --scope read --scope report`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from accounts.models import User
from accounts.services import LONGEST_LIFE_DAYS
from accounts.tokens import Scope
from tracker.clock import local_day, now
from tracker.models import Body
from tracker.services import tokens

OPTIONS = {"scopes": "scope", "networks": "network"}


class Command(BaseCommand):
    help = "Make an API token and print it once. It is stored as an HMAC and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="name of the owner; the token never sees more than the owner")
        known = ", ".join(Scope.values)
        parser.add_argument("--scope", action="append", required=True, help=f"what it may do, repeatable: {known}")
        parser.add_argument("--body", help="code of a body: only what concerns it and those below it")
        parser.add_argument(
            "--network", action="append", default=[], help="accept it only from there (CIDR), repeatable"
        )
        parser.add_argument("--name", default="command line", help="what it is for")
        parser.add_argument("--days", type=int, default=90, help=f"days until it expires, at most {LONGEST_LIFE_DAYS}")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"--user {options['user']}: there is no such user.")
        body = Body.objects.filter(code=options["body"]).first()
        if options["body"] and body is None:
            raise CommandError(f"--body {options['body']}: there is no such body.")
        facts = {"name": options["name"], "days": options["days"], "body": body}
        lists = {"scopes": options["scope"], "networks": options["network"]}
        try:
            row, token = tokens.make(owner=user, by=None, at=now(), **facts, **lists)
        except ValidationError as error:
            errors = error.message_dict.items()
            raise CommandError(" ".join(f"--{OPTIONS.get(name, name)}: {texts[0]}" for name, texts in errors)) from None
        self.stdout.write(str(token))
        self.stderr.write(f"Valid until {local_day(row.expires_at):%Y-%m-%d}. It is shown only now: keep it safe.")
