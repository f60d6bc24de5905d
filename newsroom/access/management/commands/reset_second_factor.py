from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from newsroom.access.second_factor import reset


class Command(BaseCommand):
    help = "Forget a user's authenticator app and recovery codes: the next login sets them up anew. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", default="command line")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user named {options['username']!r}.")
        if reset(user_id=user.pk, actor=None, reason=options["reason"]):
            self.stdout.write(f"{options['username']} sets up a second factor at the next login.")
        else:
            self.stdout.write(f"{options['username']} has none.")
