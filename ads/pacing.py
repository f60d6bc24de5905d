"""How much of a budget may be spent by a moment, so that it lasts as long as its campaign. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FRONT = "front_loaded"
AHEAD_OF = timedelta(hours=1)  # What the coming hour may take is given at its start.
FEWEST = 10  # Events that a small budget may have at once: else the first view would be the day's last.
BURST_SHARE = 100  # And a hundredth of any budget.


@dataclass(frozen=True, slots=True)
class Plan:
    """A budget and the time it is for.

    What was not spent in time is caught up by itself: the plan says what may be spent in all until now,
    not what per hour.
    """

    pacing: str
    most: int
    starts_at: datetime
    ends_at: datetime

    def allowed(self, *, at: datetime, each: int) -> int:
        """Micros that may have been spent in all by ``at``; ``each``: what one event costs."""
        whole = self.ends_at - self.starts_at
        gone = min(max(at + AHEAD_OF - self.starts_at, timedelta()), whole)
        # Whole microseconds, so that the same moment gives the same sum on every machine.
        done, of = gone // timedelta(microseconds=1), whole // timedelta(microseconds=1)
        if self.pacing == FRONT:  # f(2 - f): three quarters of it in the first half.
            planned = self.most * done * (2 * of - done) // (of * of)
        else:
            planned = self.most * done // of
        return min(self.most, planned + max(FEWEST * each, self.most // BURST_SHARE))
