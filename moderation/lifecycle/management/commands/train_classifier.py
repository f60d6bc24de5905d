"""``manage.py train_classifier --data DIR --out DIR``: one artifact from data sets and own decisions."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from moderation.classifier import ArtifactError
from moderation.classifier.training import train
from moderation.classifier.training.sources import Row
from moderation.classifier.training.train import Settings
from moderation.lifecycle.own_labels import own_rows


class Command(BaseCommand):
    help = (
        "Train a classifier on the sets marked 'train' and on what this newsroom's people decided; "
        "the same data, decisions and seed give the same file."
    )
    requires_system_checks = []  # noqa: RUF012: Django's own form; a database is not needed here.

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="folder of data sets, *.jsonl.gz")
        parser.add_argument("--out", type=Path, required=True, help="folder for the artifact")
        parser.add_argument("--seed", type=int, default=Settings().seed)
        parser.add_argument(
            "--expected-violation-rate",
            type=float,
            default=Settings().expected_violation_rate,
            help="share of comments that break the rules on this site; probabilities are stated for it",
        )
        parser.add_argument(
            "--public-only", action="store_true", help="leave the newsroom's own decisions out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rate = options["expected_violation_rate"]
        if not 0.0 < rate < 0.5:
            raise CommandError(f"the expected violation rate must lie between 0 and 0.5, not {rate}")
        settings = Settings(seed=options["seed"], expected_violation_rate=rate)
        own = [] if options["public_only"] else self._own_rows()
        try:
            result = train(
                options["data"], options["out"], own=own, settings=settings, progress=self.stderr.write
            )
        except (ArtifactError, FileNotFoundError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{result.path}\n{result.digest}")

    @staticmethod
    def _own_rows() -> list[Row]:
        try:
            return training_rows()
        except DatabaseError as error:
            raise CommandError(
                "the newsroom's own decisions cannot be read: the database does not answer or is not set up. "
                "With --public-only they are left out."
            ) from error


def training_rows() -> list[Row]:
    """The rows to train on, as the trainer takes them: ``author`` is a number that leads to nobody."""
    numbers: dict[str, int] = {}
    return [
        Row(
            row.source,
            row.id,
            row.text,
            "train",
            dict(row.labels),
            weight=row.weight,
            author=str(numbers.setdefault(row.commenter, len(numbers))),
        )
        for row in sorted(own_rows().train, key=lambda row: (row.at, row.id))
    ]
