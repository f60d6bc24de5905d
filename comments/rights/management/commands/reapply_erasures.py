"""``manage.py reapply_erasures``: after a backup was restored, erase again what had been erased since."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from comments.rights.erasing import reapply_erasures


class Command(BaseCommand):
    help = (
        "Erase again what the erasure ledger names: run it after restoring a backup, before opening the site."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{reapply_erasures()} erasures applied again.")
