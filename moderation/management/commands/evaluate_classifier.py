"""``manage.py evaluate_classifier --data DIR``: every figure of a model, with its interval, in one run."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation.classifier import ArtifactError
from moderation.classifier.cli import add_evaluation_options, run_evaluation


class Command(BaseCommand):
    help = "Measure a classifier on a folder of data sets: a table, JSON, and a self-contained HTML report."
    requires_system_checks = []  # noqa: RUF012: Django's own form; a database is not needed here.

    def add_arguments(self, parser: CommandParser) -> None:
        add_evaluation_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run_evaluation(argparse.Namespace(**options), self.stdout, self.stderr)  # type: ignore[arg-type]
        except (ArtifactError, FileNotFoundError) as error:
            raise CommandError(str(error)) from error
