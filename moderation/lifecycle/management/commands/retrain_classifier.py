"""Train a candidate, register it and run the gates. Nothing is promoted."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation.lifecycle.gating import run_gates_on
from moderation.lifecycle.training import NICE, begin, train_candidate
from newsroom.errors import DomainError


class Command(BaseCommand):
    help = "Train a candidate at the lowest priority, register it and run the gates. Promotes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--data", type=Path, help="folder of the data sets; default: NEWSROOM_TRAINING_DATA"
        )
        parser.add_argument("--seed", type=int, help="the same seed and rows give the same model")

    def handle(self, *args: Any, **options: Any) -> None:
        data = options["data"] or (
            Path(settings.NEWSROOM_TRAINING_DATA) if settings.NEWSROOM_TRAINING_DATA else None
        )
        if data is None or not data.is_dir():
            raise CommandError(
                "give --data DIR, or set NEWSROOM_TRAINING_DATA, to the folder of the data sets"
            )
        os.nice(NICE)  # The gates score in this process.
        seed = secrets.randbelow(2**31) if options["seed"] is None else options["seed"]
        try:
            run = train_candidate(begin(seed=seed), data=data)
            if run.version is None:
                raise CommandError("the training registered nothing")
            self.stdout.write(f"registered {run.version.digest[:12]}")
            if run.version.is_active:
                self.stdout.write("it is the active version: nothing new was learned")
                return
            report = run_gates_on(run.version, data=data, progress=self.stderr.write)
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write("the gates passed" if report.passed else "the gates did not pass")
