"""Count the tokens that still lean on the pepper before the current one: `manage.py count_token_peppers`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, no_translations
from django.db.models import Count

from accounts.models import ApiToken
from accounts.tokens import fingerprint
from tracker.clock import now


class Command(BaseCommand):
    help = "Count the live API tokens by the pepper under which they are stored."

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        live = ApiToken.objects.filter(revoked_at__isnull=True, expires_at__gt=now()).order_by()
        counts = dict(live.values_list("pepper").annotate(Count("pk")))
        for name in ("TOKEN_PEPPER", "TOKEN_PEPPER_BEFORE"):
            pepper = getattr(settings, name)
            self.stdout.write(f"{name}: {counts.pop(fingerprint(pepper), 0) if pepper else 'not set'}")
        self.stdout.write(f"not told yet, until the next use: {counts.pop('', 0)}")
        self.stdout.write(f"another one, void: {sum(counts.values())}")
