"""Training in a process of its own: one at a time, visible, at the lowest priority, never promoting."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from moderation.lifecycle import training
from moderation.lifecycle.models import TrainingRun
from moderation.lifecycle.services import ModelRefused
from moderation.lifecycle.training import TrainingFailed, TrainingRuns, begin, train_candidate
from moderation.models import ModelVersion

pytestmark = pytest.mark.django_db


def script(code: str) -> training.Command:
    """A trainer that does what ``code`` says; it knows ``data``, ``out`` and ``seed``."""
    return lambda data, out, seed: [
        sys.executable,
        "-c",
        f"data, out, seed = {str(data)!r}, {str(out)!r}, {seed}\n{code}",
    ]


@pytest.fixture
def good(candidate_bytes: bytes, tmp_path: Path) -> training.Command:
    made = tmp_path / "made"
    made.write_bytes(candidate_bytes)
    return script(
        f"import os, shutil; print('priority', os.nice(0));shutil.copy({str(made)!r}, out + '/a.safetensors')"
    )


def test_a_run_registers_its_candidate_and_promotes_nothing(
    shipped: ModelVersion, good: training.Command, tmp_path: Path
) -> None:
    run = train_candidate(begin(seed=7), data=tmp_path, command=good)
    assert run.status == "done"
    assert run.version is not None
    assert not run.version.is_active
    assert ModelVersion.objects.get(is_active=True) == shipped
    assert run.finished_at is not None


def test_it_runs_at_the_lowest_priority_and_says_so(
    shipped: ModelVersion, good: training.Command, tmp_path: Path
) -> None:
    assert train_candidate(begin(seed=7), data=tmp_path, command=good).progress == "priority 19"


def test_one_training_at_a_time_and_a_lost_one_does_not_block_for_ever() -> None:
    first = begin(seed=1)
    with pytest.raises(TrainingRuns):
        begin(seed=2)
    TrainingRun.objects.filter(pk=first.pk).update(started_at=timezone.now() - timedelta(hours=7))
    begin(seed=3)
    first.refresh_from_db()
    assert first.status == "failed"


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        ("raise SystemExit(3)", TrainingFailed, "status 3"),
        ("pass", TrainingFailed, "0 artifacts"),
        ("open(out + '/a.safetensors', 'wb').write(b'PK..')", ModelRefused, "could run code"),
    ],
)
def test_a_failed_training_says_why_and_registers_nothing(
    tmp_path: Path, code: str, error: type[Exception], says: str
) -> None:
    run = begin(seed=1)
    with pytest.raises(error):
        train_candidate(run, data=tmp_path, command=script(code))
    run.refresh_from_db()
    assert run.status == "failed"
    assert says in run.progress
    assert not ModelVersion.objects.exists()
    begin(seed=2)


def test_only_the_newest_lines_are_kept(
    shipped: ModelVersion, good: training.Command, tmp_path: Path
) -> None:
    chatty = script("for n in range(100): print('line', n)")
    run = begin(seed=1)
    with pytest.raises(TrainingFailed):
        train_candidate(run, data=tmp_path, command=chatty)
    run.refresh_from_db()
    assert "line 99" in run.progress
    assert "line 50\n" not in run.progress


def test_without_data_the_command_says_what_is_missing(settings: Any) -> None:
    settings.NEWSROOM_TRAINING_DATA = ""
    with pytest.raises(CommandError, match="NEWSROOM_TRAINING_DATA"):
        call_command("retrain_classifier")


def test_the_task_returns_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is another process's: here a slow one in its place."""
    from moderation.lifecycle import tasks

    started: list[Any] = []
    real: Callable[..., Any] = tasks.subprocess.Popen

    def popen(command: list[str], **kwargs: Any) -> Any:
        assert command[-1] == "retrain_classifier"
        assert kwargs["start_new_session"]
        started.append(real([sys.executable, "-c", "import time; time.sleep(30)"], **kwargs))
        return started[0]

    monkeypatch.setattr(tasks.subprocess, "Popen", popen)
    begun = time.monotonic()
    tasks.retrain()
    assert time.monotonic() - begun < 20
    assert started[0].poll() is None
    started[0].kill()
    started[0].wait()
