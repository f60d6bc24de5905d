"""Which of our thresholds stops as many texts as one that people used before, on texts with both scores."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation.classifier import Classifier
from moderation.classifier.evaluation.bootstrap import Estimate, Floats, Statistic, estimate

DATA = "wiki_cat_large"  # The public set whose rows keep the other service's score, in ``extra``.
COMMON = tuple(percent / 100 for percent in range(50, 100, 5))
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Compared:
    """One text: the other service's score and ours, its raters' label, and whether we trained on it."""

    theirs: float
    ours: float
    is_toxic: bool
    is_held_out: bool


@dataclass(frozen=True, slots=True)
class Mapped:
    """One of their thresholds, and ours that stops as many of the same texts.

    ``held_out`` is from the rows alone that the classifier never saw. The rest is of all rows: how many texts
    are over their threshold, and what share of those over theirs, and over ours, the raters call toxic.
    """

    threshold: float
    texts: int
    ours: Estimate
    held_out: Estimate
    toxic_theirs: float
    toxic_ours: float


def compare(folder: Path, classifier: Classifier) -> list[Compared]:
    """Every row of the set in ``folder``, scored.

    Raises:
        FileNotFoundError: the set is not there.
    """
    rows = list(_rows(folder / f"{DATA}.jsonl.gz"))
    scores = classifier.score([row["text"] for row in rows])
    return [
        Compared(
            theirs=float(json.loads(row["extra"])["perspective"]),
            ours=score.values["toxicity"],
            is_toxic=bool(row["toxicity"]),
            is_held_out=row["split"] != "train",
        )
        for row, score in zip(rows, scores, strict=True)
    ]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if "toxicity" in row and "perspective" in row["extra"]:
                yield row


def map_thresholds(rows: Sequence[Compared], *, resamples: int, seed: int = 0) -> list[Mapped]:
    """The common thresholds, each with ours and its 95 % interval over resampled rows."""
    theirs, ours = (np.array([getattr(row, name) for row in rows]) for name in ("theirs", "ours"))
    toxic, held_out = (np.array([getattr(row, name) for row in rows]) for name in ("is_toxic", "is_held_out"))
    mapped = []
    for threshold in COMMON:
        over = theirs >= threshold
        here = estimate(same_share(over, ours), len(rows), resamples=resamples, seed=seed)
        unseen = same_share(over[held_out], ours[held_out])
        mapped.append(
            Mapped(
                threshold=threshold,
                texts=int(over.sum()),
                ours=here,
                held_out=estimate(unseen, int(held_out.sum()), resamples=resamples, seed=seed),
                toxic_theirs=_share(toxic, over),
                toxic_ours=_share(toxic, ours >= here.value),
            )
        )
    return mapped


def same_share(over: Flags, scores: Floats) -> Statistic:
    """The score from which on as many rows lie as are flagged in ``over``; nan where none is."""
    order = np.argsort(-scores, kind="stable")

    def statistic(times: Floats) -> float:
        wanted = float((times * over).sum())
        if wanted == 0:
            return float("nan")
        place = int(np.searchsorted(np.cumsum(times[order]), wanted))
        return float(scores[order[min(place, len(order) - 1)]])

    return statistic


def _share(flags: Flags, among: Flags) -> float:
    return float(flags[among].mean()) if among.any() else float("nan")


def as_markdown(mapped: Sequence[Mapped]) -> str:
    """The table as the guide has it."""
    head = ["there", "here", "here, texts never trained on", "texts over it", "toxic, there", "toxic, here"]
    body = [
        [
            f"{row.threshold:.2f}",
            f"**{row.ours.value:.2f}** ({_interval(row.ours)})",
            f"{row.held_out.value:.2f} ({_interval(row.held_out)})",
            f"{row.texts:,}",
            f"{row.toxic_theirs:.0%}",
            f"{row.toxic_ours:.0%}",
        ]
        for row in mapped
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *body))


def _interval(found: Estimate) -> str:
    return f"{found.low:.2f} to {found.high:.2f}"
