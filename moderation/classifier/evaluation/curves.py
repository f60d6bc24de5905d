"""Points for the plots of a report: ROC, precision and recall, reliability, and what a threshold does."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve, roc_curve

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_POINTS = 120


def _thinned(x: Floats, y: Floats) -> list[list[float]]:
    at = np.unique(np.linspace(0, len(x) - 1, min(_POINTS, len(x))).round().astype(int))
    return [[round(float(x[i]), 4), round(float(y[i]), 4)] for i in at]


def curves_of(truth: Flags, scores: Floats) -> dict[str, Any]:
    """ROC and precision-recall points of one measure."""
    false_positive, true_positive, _ = roc_curve(truth, scores)
    precision, recall, _ = precision_recall_curve(truth, scores)
    return {
        "rows": len(truth),
        "positives": int(truth.sum()),
        "roc": _thinned(false_positive, true_positive),
        "pr": _thinned(recall[::-1], precision[::-1]),
    }


def reliability_of(truth: Flags, probability: Floats, *, rate: float) -> list[dict[str, float]]:
    """Stated and observed share per tenth of probability, rows weighted to a base rate of ``rate``."""
    weight = np.where(truth, rate / truth.sum(), (1 - rate) / (~truth).sum())
    bins = np.minimum((probability * 10).astype(int), 9)
    points = []
    for number in range(10):
        inside = bins == number
        if inside.any():
            points.append(
                {
                    "stated": float(np.average(probability[inside], weights=weight[inside])),
                    "observed": float(np.average(truth[inside], weights=weight[inside])),
                    "share": float(weight[inside].sum()),
                    "rows": int(inside.sum()),
                }
            )
    return points


def threshold_table(scores: Floats, ordinary: Flags, bad: Flags, *, rate: float) -> list[dict[str, float]]:
    """For cut points along the scores: load, recall, and precision where a share ``rate`` is bad."""
    rows = []
    for cut in (0.03, 0.05, 0.08, 0.10, 0.12, 0.15, 0.20, 0.25, 0.30, 0.40, 0.50, 0.70, 0.90):
        load, recall = float((scores[ordinary] >= cut).mean()), float((scores[bad] >= cut).mean())
        held = rate * recall + (1 - rate) * load
        rows.append(
            {"cut": cut, "load": load, "recall": recall, "precision": rate * recall / held if held else 1.0}
        )
    return rows
