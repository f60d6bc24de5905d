"""``manage.py port_key NAME``: a key for a client of the ports (Perspective, Akismet)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.models import Site
from moderation.ports.models import PortKey
from moderation.ports.services import issue_key


class Command(BaseCommand):
    help = "Make a key for a client of the ports (Perspective, Akismet). It is printed once and not stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="whose key it is")
        parser.add_argument("--site", help="code of the site; not needed where there is one")
        parser.add_argument("--quota", type=int, help="calls a minute; no limit without")
        parser.add_argument("--on-unscorable", choices=PortKey.OnUnscorable.values, default="error")

    def handle(self, *args: Any, **options: Any) -> None:
        sites = list(Site.objects.filter(code=options["site"]) if options["site"] else Site.objects.all()[:2])
        if len(sites) != 1:
            raise CommandError("Name one site with --site CODE.")
        if options["quota"] is not None and options["quota"] < 1:
            raise CommandError("A quota is at least 1.")
        _, secret = issue_key(
            site=sites[0],
            name=options["name"],
            quota_per_minute=options["quota"],
            on_unscorable=options["on_unscorable"],
        )
        self.stdout.write(secret)
