"""Training a candidate in a process of its own, at the lowest priority: moderation is never blocked by it.

A run is a row, so its progress is visible everywhere, and only one runs at a time on all machines.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone

from moderation.lifecycle.models import TrainingRun
from moderation.lifecycle.services import register_candidate
from newsroom.errors import DomainError

logger = logging.getLogger("moderation")

ROOT = Path(__file__).resolve().parents[2]
KEPT_LINES = 12  # of what the trainer said
LOST_AFTER = timedelta(hours=6)  # A run that is older and not finished died with its machine.
NICE = 19

Command = Callable[[Path, Path, int], list[str]]


class TrainingRuns(DomainError):
    code = "training_runs"
    title = "A training is running"


class TrainingFailed(DomainError):
    code = "training_failed"
    status = 500
    title = "The training failed"


def trainer(data: Path, out: Path, seed: int) -> list[str]:
    """The command that trains on ``data`` and own decisions, and writes one artifact into ``out``."""
    folders = ["--data", str(data), "--out", str(out)]
    return [sys.executable, str(ROOT / "manage.py"), "train_classifier", *folders, "--seed", str(seed)]


def begin(*, seed: int) -> TrainingRun:
    """Note that a training runs; one at a time, across all machines.

    Raises:
        TrainingRuns: another one does.
    """
    lost = TrainingRun.objects.filter(status="running", started_at__lt=timezone.now() - LOST_AFTER)
    lost.update(status="failed", finished_at=timezone.now())
    try:
        with transaction.atomic():
            return TrainingRun.objects.create(seed=seed)
    except IntegrityError as error:
        raise TrainingRuns from error


def train_candidate(run: TrainingRun, *, data: Path, command: Command = trainer) -> TrainingRun:
    """Train, and register what comes out; the run says how it went. Never promotes anything.

    Raises:
        TrainingFailed: the trainer ended with an error, or its artifact was refused; the run says which.
    """
    said: deque[str] = deque(maxlen=KEPT_LINES)

    def say(line: str) -> None:
        said.append(line)
        TrainingRun.objects.filter(pk=run.pk).update(progress="\n".join(said))

    with tempfile.TemporaryDirectory(prefix="newsroom-training-") as folder:  # 0700
        out = Path(folder) / "out"
        out.mkdir()
        try:
            _run(command(data, out, run.seed), say)
            version = register_candidate(_only_artifact(out), reason=f"Trained with seed {run.seed}.")
        except BaseException as error:
            say(f"failed: {error.detail if isinstance(error, DomainError) else type(error).__name__}")
            TrainingRun.objects.filter(pk=run.pk).update(status="failed", finished_at=timezone.now())
            raise
    TrainingRun.objects.filter(pk=run.pk).update(
        status="done", finished_at=timezone.now(), version_id=version.pk
    )
    run.refresh_from_db()
    return run


def _run(command: list[str], say: Callable[[str], None]) -> None:
    """Run it with the lowest priority, passing on each line; it ends with this process."""
    nice = [shutil.which("nice") or "nice", "-n", str(NICE)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*nice, *command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                if line.strip():
                    say(line.rstrip()[:300])
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise TrainingFailed(f"the trainer ended with status {process.returncode}")


def _only_artifact(out: Path) -> Path:
    found = sorted(out.glob("*.safetensors"))
    if len(found) != 1:
        raise TrainingFailed(f"the trainer wrote {len(found)} artifacts instead of one")
    return found[0]
