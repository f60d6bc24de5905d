"""The newsroom's own decisions as a data set for training."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from moderation.lifecycle.own_labels import OwnRow, own_rows

FILE = "own_decisions.jsonl.gz"


class Command(BaseCommand):
    help = (
        "Write the newsroom's own decisions as labelled rows. They hold readers' words: keep the file safe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True, help="a folder")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = own_rows()
        options["out"].mkdir(parents=True, exist_ok=True)
        write(options["out"] / FILE, train=rows.train, held_out=rows.held_out)
        self.stdout.write(f"{len(rows.train):,} rows to train on, {len(rows.held_out):,} held out")


def write(path: Path, *, train: Sequence[OwnRow], held_out: Sequence[OwnRow]) -> None:
    """The rows as JSON lines, in the form of the other data sets; readable for this user only.

    ``commenter`` is a number within this file, nothing that leads to a person.
    """
    numbers: dict[str, int] = {}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as out:
        for split, rows in (("train", train), ("valid", held_out)):
            for row in sorted(rows, key=lambda row: (row.at, row.id)):
                document = {
                    "id": row.id,
                    "text": row.text,
                    "source": row.source,
                    "split": split,
                    "weight": row.weight,
                    "commenter": numbers.setdefault(row.commenter, len(numbers)),
                    **row.labels,
                }
                out.write(json.dumps(document).encode() + b"\n")
