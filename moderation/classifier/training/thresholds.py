"""Cut points stated by what they achieve on held-out rows, never typed in."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class NoSuchThreshold(ValueError):
    """No cut point on these rows achieves what was asked."""


@dataclass(frozen=True, slots=True)
class Achieved:
    """What holding everything at or above a cut point does, at a stated base rate."""

    precision: float
    recall: float
    ordinary_share: float
    """Share of the comments that break no rule which are at or above it."""

    def as_dict(self) -> dict[str, float]:
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "ordinary_share": round(self.ordinary_share, 4),
        }


def _rates(cuts: Floats, probability: Floats, target: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Recall and share of ordinary rows at or above each cut."""
    order = np.argsort(-probability, kind="stable")
    position = np.searchsorted(-probability[order], -cuts, side="right")
    caught = np.concatenate([[0.0], np.cumsum((weight * target)[order])])[position]
    ordinary = np.concatenate([[0.0], np.cumsum((weight * (1 - target))[order])])[position]
    return caught / (weight * target).sum(), ordinary / (weight * (1 - target)).sum()


def achieved(cut: float, probability: Floats, target: Floats, weight: Floats, *, rate: float) -> Achieved:
    """What ``cut`` does where a share ``rate`` of comments breaks the rules."""
    recall, ordinary = (float(v[0]) for v in _rates(np.array([cut]), probability, target, weight))
    flagged = rate * recall + (1 - rate) * ordinary
    return Achieved(rate * recall / flagged if flagged else 1.0, recall, ordinary)


def threshold_for_precision(
    probability: Floats, target: Floats, weight: Floats, *, precision: float, rate: float, least_recall: float
) -> float:
    """The lowest cut point above which a share ``precision`` breaks the rules, so recall is greatest.

    Args:
        rate: the share of comments that break the rules where the cut point will be used.
        least_recall: cut points that catch less than this are not looked at: their precision is noise.

    Raises:
        NoSuchThreshold: the target is out of reach.
    """
    cuts = np.unique(probability)
    recall, ordinary = _rates(cuts, probability, target, weight)
    flagged = rate * recall + (1 - rate) * ordinary
    reached = np.divide(rate * recall, flagged, out=np.ones_like(flagged), where=flagged > 0) >= precision
    fits = cuts[reached & (recall >= least_recall)]
    if not fits.size:
        raise NoSuchThreshold(f"precision {precision:.2f} is not reached at any cut point")
    return float(fits.min())
