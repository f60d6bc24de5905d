"""Two real classifier versions: the shipped one, and a candidate that differs from it in its biases only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from moderation.classifier import Classifier, artifact, shipped_artifact
from moderation.classifier.training.golden import GOLDEN_TEXTS
from moderation.engine import engine, register_shipped_model
from moderation.lifecycle import shadow
from moderation.lifecycle.models import GateReport
from moderation.lifecycle.services import register_candidate
from moderation.models import ModelVersion
from tests.factories import UserFactory

RIGHTS = [
    "lifecycle.view_modelevent",
    "lifecycle.add_modelevent",
    "lifecycle.change_auditsample",
    "lifecycle.view_auditsample",
    "moderation.add_decision",
    "moderation.change_policy",
]


def forget_engines() -> None:
    """As in a process that has just started."""
    for one in (engine, shadow.shadow_engine):
        one.__init__(one._row)  # type: ignore[misc]
    shadow._rests_until = 0.0


def look_again() -> None:
    """As when the time until the next look has passed."""
    for one in (engine, shadow.shadow_engine):
        one._looked_at = time.monotonic() - 60


@pytest.fixture(autouse=True)
def _own_state(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.NEWSROOM_STATE = tmp_path
    forget_engines()
    yield
    forget_engines()


def altered(**changes: float) -> bytes:
    """The shipped artifact with some labels' biases moved: a valid model with other scores."""
    found = artifact.read(shipped_artifact())
    tensors = {name: np.array(values) for name, values in found.tensors.items()}
    for label, change in changes.items():
        tensors["bias"][artifact.LABELS.index(label)] += change
    manifest = dict(found.manifest)
    scored = Classifier(artifact.Artifact("0" * 64, manifest, tensors)).score(GOLDEN_TEXTS)
    manifest["golden"] = [
        {"text": text, "scores": one.values} for text, one in zip(GOLDEN_TEXTS, scored, strict=True)
    ]
    return artifact.write(manifest, tensors)[0]


@pytest.fixture(scope="session")
def candidate_bytes() -> bytes:
    """Finds insults nearly everywhere, and so toxicity: a part is never likelier than the whole."""
    return altered(toxicity=60.0, insult=30.0)


@pytest.fixture
def shipped(db: None) -> ModelVersion:
    return register_shipped_model()


@pytest.fixture
def candidate(shipped: ModelVersion, candidate_bytes: bytes) -> ModelVersion:
    return register_candidate(candidate_bytes)


@pytest.fixture
def passed() -> Callable[..., GateReport]:
    """Notes that a version passed the gates against another."""

    def note(version: ModelVersion, against: ModelVersion | None, *, ok: bool = True) -> GateReport:
        return GateReport.objects.create(version=version, against=against, results=[], passed=ok)

    return note


@pytest.fixture
def editor(db: None) -> Any:
    return UserFactory(username="kerensa", permissions=RIGHTS)
