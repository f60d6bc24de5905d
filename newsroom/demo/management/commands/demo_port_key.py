"""``manage.py demo_port_key``: the demo's key for other people's clients."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from articles.models import Site
from newsroom.demo.ports import ensure_key, key_file


class Command(BaseCommand):
    help = "Make the demo's key for the ports, after the seed. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_key(site=Site.objects.get(is_default=True), now=timezone.now())
        self.stdout.write(f"The key is in {key_file()}.")
