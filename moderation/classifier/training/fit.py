"""Fitting the heads: regularised logistic regressions, several of them added up where that helps."""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows to learn from.

    Args:
        targets: for each label, shape ``(n,)`` in [0, 1]; NaN where nobody judged the row for it. A value
            between is split into a positive and a negative row.
        sources: shape ``(n,)``, the set that each row is from.
        weights: shape ``(n,)``, how much each row counts beside the others of its source.
    """

    features: Features
    targets: Mapping[str, Floats]
    sources: npt.NDArray[np.str_]
    weights: Floats

    def take(self, rows: npt.NDArray[np.int64]) -> "Examples":
        targets = {label: target[rows] for label, target in self.targets.items()}
        return Examples(self.features.take(rows), targets, self.sources[rows], self.weights[rows])


def fit_head(
    label: str, examples: Examples, experts: Sequence[Expert], vectors: npt.NDArray[np.float32]
) -> Head:
    """The weighted sum of the experts' regressions.

    Args:
        vectors: shape ``(meaning columns, dimensions)``: the meaning columns enter the regression
            through these alone, and leave it as one weight for each word.
    """
    grams, counted = examples.features.grams, examples.features.counted
    columns, plain, bias = np.zeros(grams.shape[1]), np.zeros(counted.shape[1]), 0.0
    for expert in experts:
        one = _fit_expert(expert, expert.label or label, examples, vectors)
        columns += expert.share * one.columns
        plain += expert.share * one.plain
        bias += expert.share * one.bias
    return Head(columns, plain, bias)


def _fit_expert(expert: Expert, label: str, examples: Examples, vectors: npt.NDArray[np.float32]) -> Head:
    target = examples.targets[label]
    weight = examples.weights * np.array([expert.weights.get(s, 0.0) for s in examples.sources.tolist()])
    weight = np.where(np.isnan(target), 0.0, weight)
    target = np.nan_to_num(target)
    meaning = len(vectors)
    vectors = vectors * np.float32(expert.meaning) if expert.meaning else vectors[:, :0]
    positive, negative = np.flatnonzero(weight * target > 0), np.flatnonzero(weight * (1 - target) > 0)
    rows = np.concatenate([positive, negative])
    truth = np.concatenate([np.ones(len(positive)), np.zeros(len(negative))])
    weights = np.concatenate([(weight * target)[positive], (weight * (1 - target))[negative]])
    grams = examples.features.grams[rows]
    scale = _contrasts(grams[:, meaning:], truth, weights) ** expert.contrast
    scale /= np.sqrt((scale**2).mean())
    dense = np.asarray(grams[:, :meaning] @ vectors, dtype=np.float32)
    counted = examples.features.counted[rows]
    joined = sparse.hstack(
        [
            grams[:, meaning:] @ sparse.diags(scale.astype(np.float32)),
            sparse.csr_matrix(counted.astype(np.float32)),
            sparse.csr_matrix(dense),
        ]
    ).tocsr()
    model = LogisticRegression(C=expert.strength, solver="lbfgs", max_iter=MAX_ITERATIONS, tol=TOLERANCE)
    model.fit(joined, truth, sample_weight=weights)
    found = model.coef_[0].astype(np.float64)
    words, counts = grams.shape[1] - meaning, counted.shape[1]
    columns = np.concatenate([vectors.astype(np.float64) @ found[words + counts :], found[:words] * scale])
    return Head(columns, found[words : words + counts], float(model.intercept_[0]))


def _contrasts(grams: sparse.csr_matrix, truth: Floats, weights: Floats) -> Floats:
    """How differently the two sides use each column: ``|log ratio of its shares|``, one row added to each."""
    present = grams.copy()
    present.data = np.ones_like(present.data)
    positive, negative = 1 + present.T @ (weights * truth), 1 + present.T @ (weights * (1 - truth))
    ratio: Floats = np.abs(np.log(positive / positive.sum()) - np.log(negative / negative.sum()))
    return ratio


def out_of_fold_logits(
    label: str,
    examples: Examples,
    groups: npt.NDArray[np.int64],
    experts: Sequence[Expert],
    vectors: npt.NDArray[np.float32],
    *,
    folds: int,
) -> Floats:
    """Each row's logit from a head that never saw the row's group."""
    logits = np.zeros(len(groups))
    fold_of = groups % folds
    for fold in range(folds):
        inside, out = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        head = fit_head(label, examples.take(inside), experts, vectors)
        logits[out] = head.logits(examples.features.take(out))
    return logits
