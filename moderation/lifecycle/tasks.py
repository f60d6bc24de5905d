"""Celery's way in: retraining on a schedule, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from celery import shared_task

from moderation.lifecycle.training import ROOT


@shared_task
def retrain() -> None:
    """Start ``manage.py retrain_classifier`` and let it go: a worker's child has 30 seconds for a task."""
    subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "retrain_classifier"],
        cwd=ROOT,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
