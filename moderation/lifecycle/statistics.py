"""Intervals and tests for counts (pure: no Django)."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``of``, with its 95 % interval; the rate is None where nothing was counted."""

    hits: int
    of: int

    @property
    def rate(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.hits, self.of)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share; the whole of [0, 1] where nothing was counted.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, Z_95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    # At either end the interval touches it; rounding must not move it past.
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == of else min(1.0, middle + half)
    return low, high


def mcnemar(first_only: int, second_only: int) -> float:
    """The exact two-sided p-value that two raters of the same cases differ by chance alone.

    Args:
        first_only, second_only: cases in which only the one, only the other said yes.

    Source: McNemar 1947; exact by the binomial distribution with p = 1/2.
    """
    n, least = first_only + second_only, min(first_only, second_only)
    if n == 0:
        return 1.0
    # In logarithms: 2 ** n leaves the floats from n = 1024 on.
    logs = [_log_choose(n, k) - n * math.log(2) for k in range(least + 1)]
    return min(1.0, 2 * math.fsum(math.exp(value) for value in logs))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
