"""One evaluation under way: what was scored, and what was measured so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation.classifier.evaluation.bootstrap import Estimate, Statistic, auc_statistic, estimate
from moderation.classifier.evaluation.curves import curves_of
from moderation.classifier.evaluation.sets import EvaluationRow, read_set
from moderation.classifier.model import Classifier, Scores

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]


@dataclass(slots=True)
class Scored:
    """One set under one model."""

    rows: list[EvaluationRow]
    scores: list[Scores]

    def label(self, label: str) -> Floats:
        return np.array([s.values[label] for s in self.scores])

    def split(self, *splits: str) -> Flags:
        return np.array([row.split in splits for row in self.rows])

    def number(self, name: str) -> Floats:
        """A labelled field; nan where a row has none."""
        values = [row.fields.get(name) for row in self.rows]
        return np.array([np.nan if v is None else float(v) for v in values])


@dataclass(slots=True)
class Run:
    """One evaluation under way."""

    classifier: Classifier
    folder: Path
    resamples: int
    seed: int
    say: Progress
    measures: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, Any] = field(default_factory=dict)
    slices: list[dict[str, Any]] = field(default_factory=list)
    sets: dict[str, Scored] = field(default_factory=dict)

    def scored(self, name: str, *splits: str) -> Scored:
        if name not in self.sets:
            rows = read_set(self.folder, name, splits=splits or None)
            self.sets[name] = Scored(rows, self.classifier.score([row.text for row in rows]))
            self.say(f"scored {name}: {len(rows):,} rows")
        return self.sets[name]

    def threshold(self, label: str, kind: str) -> float:
        return float(self.classifier.manifest["thresholds"][label][kind])

    def add(
        self,
        key: str,
        title: str,
        statistic: Statistic,
        rows: int,
        *,
        floor: float | None = None,
        aim: float | None = None,
        higher: bool = True,
    ) -> Estimate:
        """Record one measure with its interval, beside the floor and the aim it is held to."""
        found = estimate(statistic, rows, resamples=self.resamples, seed=self.seed)
        entry: dict[str, Any] = {"key": key, "title": title, **found.as_dict()}
        if floor is not None and aim is not None:
            entry |= {"floor": floor, "aim": aim, "better": "higher" if higher else "lower"}
            entry["reaches_floor"] = found.value >= floor if higher else found.value <= floor
            entry["reaches_aim"] = found.value >= aim if higher else found.value <= aim
        self.measures.append(entry)
        return found

    def add_auc(
        self,
        key: str,
        title: str,
        truth: Flags,
        scores: Floats,
        *,
        floor: float | None = None,
        aim: float | None = None,
    ) -> None:
        self.add(key, title, auc_statistic(truth, scores), len(truth), floor=floor, aim=aim)
        self.curves[key] = {"title": title, **curves_of(truth, scores)}
