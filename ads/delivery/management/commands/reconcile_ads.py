"""``manage.py reconcile_ads``: do events, roll-ups, ledger and budgets agree? Exits 1 and says where not."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ads.delivery.models import AdEvent
from ads.delivery.reconciling import differences
from ads.delivery.rollups import fold, rebuild


class Command(BaseCommand):
    help = "Compare ad events, hourly roll-ups, ledger and budgets; exits 1 on any difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rebuild", action="store_true", help="First make roll-ups and ledger again from the events."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rebuild"]:
            rebuild()
        fold()
        found = differences()
        for one in found:
            self.stdout.write(str(one))
        if found:
            raise CommandError(f"{len(found)} differences.")
        self.stdout.write(f"{AdEvent.objects.count():,} events, roll-ups, ledger and every budget agree.")
