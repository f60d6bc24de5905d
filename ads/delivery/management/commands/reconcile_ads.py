"""``manage.py reconcile_ads``: do events, spending and budgets agree? Exits 1 and names what does not."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ads.delivery.models import AdEvent
from ads.delivery.reconciling import differences

WORDS = {
    "differs": "events say {expected}, the account says {found} micros",
    "overspent": "spent {found} of a budget of {expected} micros",
    "counted_twice": "counted {found} times",
}


class Command(BaseCommand):
    help = "Compare counted ad events with what was spent of every budget; exits 1 on any difference."

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences()
        for one in found:
            words = WORDS[one.kind].format(found=one.found, expected=one.expected)
            self.stdout.write(f"{one.key}: {words}")
        if found:
            raise CommandError(f"{len(found)} differences.")
        self.stdout.write(f"{AdEvent.objects.count():,} events and every budget agree.")
