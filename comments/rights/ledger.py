"""Erasures, written to a file outside the database: a restored backup is told again what was erased.

Ids only. A line is written before the erasure commits: after a crash the ledger may name one too many, which
somebody had asked for anyway, and never one too few.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings


def note_erasure(kind: str, identifier: UUID, *, at: datetime) -> None:
    """Append one line and wait for the disk.

    Args:
        kind: ``comment`` or ``mailbox``.
    """
    path: Path = settings.NEWSROOM_ERASURE_LEDGER_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"at": at.isoformat(timespec="seconds"), "kind": kind, "id": str(identifier)}) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def noted_erasures() -> Iterator[tuple[str, UUID]]:
    """What the ledger says was erased; a line that a crash cut short is left out."""
    path: Path = settings.NEWSROOM_ERASURE_LEDGER_FILE
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            document = json.loads(line)
            yield document["kind"], UUID(document["id"])
        except (ValueError, KeyError):
            continue
