"""``manage.py map_perspective_thresholds --data DIR``: the table in docs/leaving-perspective.md."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.classifier import ArtifactError, load, shipped_artifact
from moderation.ports.thresholds import as_markdown, compare, map_thresholds


class Command(BaseCommand):
    help = "Which of our thresholds stops as many texts as one of Perspective's, with 95 % intervals."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", required=True, type=Path, help="folder of the public data sets")
        parser.add_argument("--model", type=Path, help="another artifact than the shipped one")
        parser.add_argument("--resamples", type=int, default=1000, help="behind each interval (1000)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["resamples"] < 1:
            raise CommandError("--resamples is at least 1.")
        try:
            classifier = load((options["model"] or shipped_artifact()).read_bytes())
            rows = compare(options["data"], classifier)
        except (ArtifactError, OSError) as error:
            raise CommandError(str(error)) from error
        held_out = sum(row.is_held_out for row in rows)
        self.stdout.write(as_markdown(map_thresholds(rows, resamples=options["resamples"])))
        self.stdout.write(
            f"\nClassifier {classifier.version}, {len(rows):,} texts, {held_out:,} of them never trained on;"
            f" 95 % intervals from {options['resamples']:,} resamples."
        )
