"""Fitting the heads: regularised logistic regressions, several of them added up where that helps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from moderation.classifier.training.recipes import Expert

Floats = npt.NDArray[np.float64]

MAX_ITERATIONS = 60
TOLERANCE = 3e-4
"""Where a fit stops: finer than this took four times as long and ranked held-out rows no better."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of some texts.

    Args:
        grams: shape ``(n, columns)``, the texts whole.
        counted: shape ``(n, plain features)``.
        windows: shape ``(sum of window_counts, columns)``, the texts in windows, in order.
        window_counts: shape ``(n,)``, how many windows each text has.
    """

    grams: sparse.csr_matrix
    counted: Floats
    windows: sparse.csr_matrix
    window_counts: npt.NDArray[np.int64]

    def take(self, rows: npt.NDArray[np.int64]) -> "Features":
        ends = np.cumsum(self.window_counts)
        begins = ends - self.window_counts
        inside = np.concatenate([np.arange(begins[r], ends[r]) for r in rows]) if len(rows) else rows
        return Features(self.grams[rows], self.counted[rows], self.windows[inside], self.window_counts[rows])


@dataclass(frozen=True, slots=True)
class Head:
    """Weights of one label: n-gram columns, plain features, bias."""

    columns: Floats
    plain: Floats
    bias: float

    def logits(self, features: Features) -> Floats:
        """As the classifier computes them: a soft maximum over windows, then counts and bias."""
        of_window = np.asarray(features.windows @ self.columns, dtype=np.float64)
        begins = np.cumsum(features.window_counts) - features.window_counts
        top = np.maximum.reduceat(of_window, begins)
        sums = np.add.reduceat(np.exp(of_window - np.repeat(top, features.window_counts)), begins)
        from_text = top + np.log(sums / features.window_counts)
        values: Floats = from_text + features.counted @ self.plain + self.bias
        return values


def fit_head(
    features: Features,
    target: Floats,
    sources: npt.NDArray[np.str_],
    experts: Sequence[Expert],
    vectors: npt.NDArray[np.float32],
) -> Head:
    """The weighted sum of the experts' regressions.

    Args:
        target: shape ``(n,)`` in [0, 1]; a value between is split into a positive and a negative row.
        sources: shape ``(n,)``, the set that each row is from.
        vectors: shape ``(meaning columns, dimensions)``: the meaning columns enter the regression
            through these alone, and leave it as one weight for each word.
    """
    columns, plain, bias = np.zeros(features.grams.shape[1]), np.zeros(features.counted.shape[1]), 0.0
    for expert in experts:
        weight = np.array([expert.weights.get(s, 0.0) for s in sources.tolist()])
        used = vectors if expert.by_meaning else vectors[:, :0]
        one = _fit_expert(features, target, weight, used, strength=expert.strength)
        columns += expert.share * one.columns
        plain += expert.share * one.plain
        bias += expert.share * one.bias
    return Head(columns, plain, bias)


def _fit_expert(
    features: Features, target: Floats, weight: Floats, vectors: npt.NDArray[np.float32], *, strength: float
) -> Head:
    meaning = len(vectors)
    positive, negative = np.flatnonzero(weight * target > 0), np.flatnonzero(weight * (1 - target) > 0)
    rows = np.concatenate([positive, negative])
    truth = np.concatenate([np.ones(len(positive)), np.zeros(len(negative))])
    weights = np.concatenate([(weight * target)[positive], (weight * (1 - target))[negative]])
    dense = np.asarray(features.grams[:, :meaning][rows] @ vectors, dtype=np.float32)
    joined = sparse.hstack(
        [
            features.grams[:, meaning:][rows],
            sparse.csr_matrix(features.counted[rows].astype(np.float32)),
            sparse.csr_matrix(dense),
        ]
    ).tocsr()
    model = LogisticRegression(C=strength, solver="lbfgs", max_iter=MAX_ITERATIONS, tol=TOLERANCE)
    model.fit(joined, truth, sample_weight=weights)
    found = model.coef_[0].astype(np.float64)
    words = features.grams.shape[1] - meaning
    counts = features.counted.shape[1]
    columns = np.concatenate([vectors.astype(np.float64) @ found[words + counts :], found[:words]])
    return Head(columns, found[words : words + counts], float(model.intercept_[0]))


def out_of_fold_logits(
    features: Features,
    target: Floats,
    sources: npt.NDArray[np.str_],
    groups: npt.NDArray[np.int64],
    experts: Sequence[Expert],
    vectors: npt.NDArray[np.float32],
    *,
    folds: int,
) -> Floats:
    """Each row's logit from a head that never saw the row's group."""
    logits = np.zeros(len(target))
    fold_of = groups % folds
    for fold in range(folds):
        inside, out = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        head = fit_head(features.take(inside), target[inside], sources[inside], experts, vectors)
        logits[out] = head.logits(features.take(out))
    return logits
