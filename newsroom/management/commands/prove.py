"""``manage.py prove``: experiments that show what the product promises; exits 1 when one does not hold."""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from newsroom.embedded.state import Refused
from newsroom.proof import ads, broker, readers
from newsroom.proof.checks import Check
from newsroom.proof.comments import LEASE_S, Options, prove_comments
from newsroom.proof.parts import prove_parts


class Command(BaseCommand):
    help = (
        "Show by experiment that no accepted comment is lost and none is shown undecided. Exits 1 if not so."
    )
    requires_system_checks: list[str] = []  # The stack under test makes its own.

    def add_arguments(self, parser: CommandParser) -> None:
        proofs = parser.add_subparsers(dest="proof", required=True)
        comments = proofs.add_parser("comments", help="Workers are killed while readers post and read.")
        comments.add_argument("--posts", type=_positive(int), default=1000)
        comments.add_argument("--kills", type=int, default=10)
        comments.add_argument("--rate", type=_positive(float), default=40.0, help="posts a second (40)")
        comments.add_argument("--seed", type=int, help="of every random choice; printed (default: drawn)")
        comments.add_argument(
            "--without-reconciler", action="store_true", help="Must fail: shows that it bites."
        )
        comments.add_argument(
            "--lease", type=int, default=LEASE_S, metavar="S", help="shorter waits less (60)"
        )
        comments.add_argument(
            "--state", type=Path, metavar="DIR", help="use the demo that runs with this state"
        )
        comments.add_argument("--accepted", type=Path, metavar="DIR", help="where the accepted ids are kept")

        away = proofs.add_parser("broker", help="The broker refuses, freezes, and swallows, under load.")
        away.add_argument("--for", dest="for_s", type=_positive(float), default=20.0, metavar="S")
        away.add_argument("--rate", type=_positive(float), default=40.0, help="posts a second (40)")
        away.add_argument("--seed", type=int, help="of every random choice; printed (default: drawn)")

        counted = proofs.add_parser("ads", help="Reports equal events and budgets hold, whatever is killed.")
        counted.add_argument("--events", type=_positive(int), default=10_000)
        counted.add_argument("--rate", type=_positive(float), default=200.0, help="events a second (200)")
        counted.add_argument("--fold-kills", type=_positive(int), default=50)
        counted.add_argument("--web-kills", type=int, default=20)
        counted.add_argument("--flushes", type=int, default=3, help="of Redis (3)")
        counted.add_argument("--races", type=_positive(int), default=50, help="for a budget (50)")
        counted.add_argument("--contexts", type=_positive(int), default=1_000_000)
        counted.add_argument("--seed", type=int, help="of every random choice; printed (default: drawn)")

        crowd = proofs.add_parser("readers", help="The limits of writing hold when all come at once.")
        crowd.add_argument("--at-once", type=_positive(int), default=100, help="requests each time (100)")
        crowd.add_argument("--seed", type=int, help="of every text; printed (default: drawn)")

        proofs.add_parser("parts", help="Each part is broken in turn; /readyz must name it within a minute.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["proof"] == "parts":
                found = prove_parts(self.stdout.write)
            elif options["proof"] == "ads":
                found = self._ads(options)
            elif options["proof"] == "readers":
                given = readers.Options(at_once=options["at_once"], seed=_seed(options))
                found = readers.prove_readers(given, self.stdout.write)
            else:
                found = self._broker(options) if options["proof"] == "broker" else self._comments(options)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        broken = [check.name for check in found if not check.holds]
        if broken:
            raise CommandError(f"does not hold: {'; '.join(broken)}")

    def _comments(self, options: dict[str, Any]) -> list[Check]:
        given = Options(
            posts=options["posts"],
            kills=options["kills"],
            rate=options["rate"],
            seed=_seed(options),
            with_reconciler=not options["without_reconciler"],
            lease_s=options["lease"],
            state=options["state"],
            keep=options["accepted"],
        )
        return prove_comments(given, self.stdout.write)

    def _ads(self, options: dict[str, Any]) -> list[Check]:
        named = ("events", "rate", "fold_kills", "web_kills", "flushes", "races", "contexts")
        given = ads.Options(**{name: options[name] for name in named}, seed=_seed(options))
        return ads.prove_ads(given, self.stdout.write)

    def _broker(self, options: dict[str, Any]) -> list[Check]:
        given = broker.Options(for_s=options["for_s"], rate=options["rate"], seed=_seed(options))
        return broker.prove_broker(given, self.stdout.write)


def _seed(options: dict[str, Any]) -> int:
    return options["seed"] if options["seed"] is not None else random.SystemRandom().randrange(1_000_000)


def _positive(kind: Any) -> Any:
    def parse(text: str) -> Any:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError("must be more than 0")
        return value

    return parse
