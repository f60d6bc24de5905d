"""95 % intervals by resampling rows, and the test for a claimed gain: the same rows under two models."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], float]
"""A figure as a function of how often each row counts; nan where it is undefined."""


@dataclass(frozen=True, slots=True)
class Estimate:
    value: float
    low: float
    high: float
    rows: int

    def as_dict(self) -> dict[str, float | int]:
        return {"value": self.value, "low": self.low, "high": self.high, "rows": self.rows}


def estimate(statistic: Statistic, rows: int, *, resamples: int, seed: int) -> Estimate:
    """The figure on all rows, and the 2.5 and 97.5 percentiles of it over ``resamples`` resamples."""
    draws = np.random.default_rng(seed)
    values = [statistic(_resample(draws, rows)) for _ in range(resamples)]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Estimate(statistic(np.ones(rows)), float(low), float(high), rows)


def paired_gain(new: Statistic, old: Statistic, rows: int, *, resamples: int, seed: int) -> Estimate:
    """``new`` minus ``old`` over the same resampled rows; a gain is real when the interval excludes 0."""
    return estimate(lambda times: new(times) - old(times), rows, resamples=resamples, seed=seed)


def _resample(draws: np.random.Generator, rows: int) -> Floats:
    return np.bincount(draws.integers(0, rows, rows), minlength=rows).astype(np.float64)


def auc_statistic(truth: npt.NDArray[np.bool_], scores: Floats) -> Statistic:
    """Area under the ROC curve: how often a positive row scores above a negative one, ties half."""
    order = np.argsort(scores, kind="stable")
    truth, scores = truth[order], scores[order]
    group_ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))

    def statistic(times: Floats) -> float:
        weight = times[order]
        positive = np.diff(np.cumsum(weight * truth)[group_ends], prepend=0.0)
        negative = np.diff(np.cumsum(weight * ~truth)[group_ends], prepend=0.0)
        below = np.cumsum(negative) - negative
        pairs = positive.sum() * negative.sum()
        return float((positive * (below + negative / 2)).sum() / pairs) if pairs else float("nan")

    return statistic


def share_statistic(flags: npt.NDArray[np.bool_]) -> Statistic:
    """The share of rows that are flagged."""
    return lambda times: float((times * flags).sum() / times.sum()) if times.sum() else float("nan")


def calibration_error_statistic(
    truth: npt.NDArray[np.bool_], probability: Floats, *, rate: float, bins: int = 10
) -> Statistic:
    """Expected calibration error in equal-width bins, rows weighted so that a share ``rate`` is positive."""
    place = np.minimum((probability * bins).astype(int), bins - 1)

    def statistic(times: Floats) -> float:
        positive, negative = times * truth, times * ~truth
        if not positive.sum() or not negative.sum():
            return float("nan")
        weight = positive * rate / positive.sum() + negative * (1 - rate) / negative.sum()
        observed = np.bincount(place, weights=weight * truth, minlength=bins)
        stated = np.bincount(place, weights=weight * probability, minlength=bins)
        return float(np.abs(observed - stated).sum())

    return statistic
