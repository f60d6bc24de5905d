"""From logits to probabilities at a stated base rate."""

import math
from collections.abc import Callable
from dataclasses import dataclass


def log_odds(probability: float) -> float:
    if not 0.0 < probability < 1.0:
        raise ValueError(f"need 0 < probability < 1, got {probability}")
    return math.log(probability / (1.0 - probability))


def sigmoid(value: float) -> float:
    """1 / (1 + e^-value) without overflow."""
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    small = math.exp(value)
    return small / (1.0 + small)


def shift_rate(probability: float, *, from_rate: float, to_rate: float) -> float:
    """The same evidence at another base rate (prior shift: Saerens, Latinne, Decaestecker 2002)."""
    if not 0.0 < probability < 1.0:
        return probability
    return sigmoid(log_odds(probability) + log_odds(to_rate) - log_odds(from_rate))


@dataclass(frozen=True, slots=True)
class Calibration:
    """``sigmoid(slope * logit + offset)``, fitted where a share ``fitted_rate`` of rows was positive."""

    slope: float
    offset: float
    fitted_rate: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.slope) and self.slope > 0 and math.isfinite(self.offset)):
            raise ValueError(f"need a finite rising curve, got {self}")
        log_odds(self.fitted_rate)

    def probability(self, logit: float, *, rate: float) -> float:
        """Calibrated probability where a share ``rate`` of comments is positive."""
        return self.curve(rate=rate)(logit)

    def curve(self, *, rate: float) -> Callable[[float], float]:
        """The same for one rate, to be called often."""
        slope, offset, to, fitted = self.slope, self.offset, log_odds(rate), log_odds(self.fitted_rate)
        return lambda logit: sigmoid(slope * logit + offset + to - fitted)
