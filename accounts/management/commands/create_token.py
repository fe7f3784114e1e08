"""Make a token for a REST client: `manage.py create_token --user NAME --scope read`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from accounts.models import User
from accounts.services import LONGEST_LIFE_DAYS, create_token
from accounts.tokens import Scope
from tracker.clock import local_day, now


class Command(BaseCommand):
    help = "Make an API token and print it once. It is stored as an HMAC and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="name of the owner; the token never sees more than the owner")
        parser.add_argument("--scope", required=True, help=f"what it may do: {', '.join(Scope.values)}")
        parser.add_argument("--name", default="command line", help="what it is for")
        parser.add_argument("--days", type=int, default=90, help=f"days until it expires, at most {LONGEST_LIFE_DAYS}")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"--user {options['user']}: there is no such user.")
        given = {name: options[name] for name in ("name", "scope", "days")}
        try:
            row, token = create_token(user=user, at=now(), **given)
        except ValidationError as error:
            raise CommandError(
                " ".join(f"--{name}: {texts[0]}" for name, texts in error.message_dict.items())
            ) from None
        self.stdout.write(str(token))
        self.stderr.write(f"Valid until {local_day(row.expires_at):%Y-%m-%d}. It is shown only now: keep it safe.")
