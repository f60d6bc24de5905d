"""Fitting one head: a regularised logistic regression on n-grams and plain features together."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """Weights of one label: n-gram columns, plain features, bias."""

    columns: Floats
    plain: Floats
    bias: float

    def logits(self, grams: sparse.csr_matrix, counted: Floats) -> Floats:
        values: Floats = np.asarray(grams @ self.columns) + counted @ self.plain + self.bias
        return values


def fit_head(
    grams: sparse.csr_matrix, counted: Floats, target: Floats, weight: Floats, *, strength: float
) -> Head:
    """The head that maximises the weighted, regularised likelihood of soft targets.

    Args:
        grams, counted: shape ``(n, columns)`` and ``(n, plain features)``.
        target: shape ``(n,)`` in [0, 1]; a value between is split into a positive and a negative row.
        weight: shape ``(n,)``, how much each row counts.
        strength: inverse of the regularisation (scikit-learn's ``C``).
    """
    joined = sparse.hstack([grams, sparse.csr_matrix(counted.astype(np.float32))]).tocsr()
    positive, negative = np.flatnonzero(target > 0), np.flatnonzero(target < 1)
    rows = np.concatenate([positive, negative])
    truth = np.concatenate([np.ones(len(positive)), np.zeros(len(negative))])
    weights = np.concatenate([(weight * target)[positive], (weight * (1 - target))[negative]])
    model = LogisticRegression(C=strength, solver="lbfgs", max_iter=300, tol=3e-5)
    model.fit(joined[rows], truth, sample_weight=weights)
    coefficients = model.coef_[0].astype(np.float64)
    width = grams.shape[1]
    return Head(coefficients[:width], coefficients[width:], float(model.intercept_[0]))


def out_of_fold_logits(
    grams: sparse.csr_matrix,
    counted: Floats,
    target: Floats,
    weight: Floats,
    groups: npt.NDArray[np.int64],
    *,
    strength: float,
    folds: int,
) -> Floats:
    """Each row's logit from a head that never saw the row's group."""
    logits = np.zeros(len(target))
    fold_of = groups % folds
    for fold in range(folds):
        out = fold_of == fold
        head = fit_head(grams[~out], counted[~out], target[~out], weight[~out], strength=strength)
        logits[out] = head.logits(grams[out], counted[out])
    return logits
