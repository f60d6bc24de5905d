"""``manage.py train_classifier --data DIR --out DIR``: one artifact from a folder of data sets."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation.classifier import ArtifactError
from moderation.classifier.training import train
from moderation.classifier.training.train import Settings


class Command(BaseCommand):
    help = "Train a classifier on the sets marked 'train'; the same data and seed give the same file."
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

    def handle(self, *args: Any, **options: Any) -> None:
        rate = options["expected_violation_rate"]
        if not 0.0 < rate < 0.5:
            raise CommandError(f"the expected violation rate must lie between 0 and 0.5, not {rate}")
        settings = Settings(seed=options["seed"], expected_violation_rate=rate)
        try:
            result = train(options["data"], options["out"], settings=settings, progress=self.stderr.write)
        except (ArtifactError, FileNotFoundError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{result.path}\n{result.digest}")
