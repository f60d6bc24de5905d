"""Running the gates on a stored version against the active one, and keeping the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from moderation.classifier import ArtifactError, load
from moderation.classifier.training.sources import SOURCES, read_source
from moderation.engine import artifact_bytes
from moderation.lifecycle.gates import Floats, GateSet, run_gates
from moderation.lifecycle.models import GateReport
from moderation.lifecycle.own_labels import own_rows
from moderation.lifecycle.services import AlreadyActive, ModelRefused
from moderation.models import ModelVersion
from moderation.policy import LABELS

if TYPE_CHECKING:
    from moderation.classifier import Classifier

OWN = "own decisions"


def run_gates_on(
    version: ModelVersion, *, data: Path | None = None, progress: Callable[[str], None] = lambda line: None
) -> GateReport:
    """Compare ``version`` with the active one on the held-out rows that there are, and store the report.

    Args:
        data: the folder of the public sets; without it only the newsroom's own decisions judge.

    Raises:
        AlreadyActive: it is the active version.
        ModelRefused: one of the two cannot be loaded, or there is none to compare with.
    """
    active = ModelVersion.objects.filter(is_active=True).defer("artifact").first()
    if active is None:
        raise ModelRefused("No version is active, so there is nothing to compare with.")
    if active.pk == version.pk:
        raise AlreadyActive
    candidate_model, active_model = _load(version), _load(active)
    sets = []
    for one in [*public_sets(data), *own_set()]:
        progress(f"{one.name}: {len(one.texts):,} held-out rows")
        sets.append(one)
    report = run_gates(candidate_model, active_model, sets)
    return GateReport.objects.create(
        version=version,
        against=active,
        results=[result.as_json() for result in report.results],
        curves=report.curves,
        passed=report.passed,
    )


def _load(version: ModelVersion) -> Classifier:
    try:
        return load(artifact_bytes(version.pk, version.digest))
    except ArtifactError as error:
        raise ModelRefused(f"{version.digest[:12]}: {error}") from error


def public_sets(folder: Path | None) -> list[GateSet]:
    """The held-out parts of the sets that a model may be trained on, where they have one."""
    sets = []
    for name in sorted(SOURCES) if folder else ():
        if folder and (folder / f"{name}.jsonl.gz").exists():
            rows = [row for row in read_source(folder, name) if row.split != "train"]
            if rows:
                sets.append(GateSet(name, [row.text for row in rows], _targets([row.labels for row in rows])))
    return sets


def own_set() -> list[GateSet]:
    """The newsroom's own newest decisions, which training leaves out."""
    rows = own_rows().held_out
    return [GateSet(OWN, [row.text for row in rows], _targets([row.labels for row in rows]))] if rows else []


def _targets(labels: Sequence[dict[str, float]]) -> dict[str, Floats]:
    return {label: np.array([one.get(label, np.nan) for one in labels], dtype=np.float64) for label in LABELS}
