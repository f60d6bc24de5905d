"""``migrate`` as the owner role, and what the runtime role may do afterwards."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate

from newsroom.roles import grant_runtime_role


class Command(DjangoMigrate):
    help = "Migrate as the role of DATABASE_OWNER_URL (where set), then grant the runtime role its rights."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if "owner" in settings.DATABASES:
            parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if settings.RUNTIME_ROLE and not options["plan"] and not options["check_unapplied"]:
            grant_runtime_role(using=options["database"], role=settings.RUNTIME_ROLE)
