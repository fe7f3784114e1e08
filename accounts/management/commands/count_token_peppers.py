"""Count what still leans on the pepper before the current one: `manage.py count_token_peppers`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, no_translations
from django.db.models import Count

from accounts.models import ApiToken
from accounts.tokens import fingerprint
from tracker.clock import now
from tracker.models import Webhook


class Command(BaseCommand):
    help = "Count the live API tokens, and the webhooks, by the pepper under which they are stored."

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        self._count(ApiToken.objects.filter(revoked_at__isnull=True, expires_at__gt=now()))
        self._count(Webhook.objects.filter(ended_at__isnull=True), "webhooks, ")

    def _count(self, live: Any, of: str = "") -> None:
        counts = dict(live.order_by().values_list("pepper").annotate(Count("pk")))
        for name in ("TOKEN_PEPPER", "TOKEN_PEPPER_BEFORE"):
            pepper = getattr(settings, name)
            self.stdout.write(f"{of}{name}: {counts.pop(fingerprint(pepper), 0) if pepper else 'not set'}")
        if not of:
            self.stdout.write(f"not told yet, until the next use: {counts.pop('', 0)}")
        self.stdout.write(f"{of}another one, void: {sum(counts.values())}")
