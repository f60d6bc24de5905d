"""What the keys are used for: counted in memory, written once a second. Counts only, never a text.

A process that is killed loses the counts of its last second.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection

from moderation.ports.models import PortUsage

_ADD = """
INSERT INTO ports_portusage AS known (key_id, "on", requests, texts, errors, refused, held, scores)
SELECT id, %s, %s, %s, %s, %s, %s, %s::bigint[] FROM ports_portkey WHERE id = %s
ON CONFLICT (key_id, "on") DO UPDATE SET
    requests = known.requests + excluded.requests,
    texts = known.texts + excluded.texts,
    errors = known.errors + excluded.errors,
    refused = known.refused + excluded.refused,
    held = known.held + excluded.held,
    scores = (
        SELECT array_agg(old + new ORDER BY place)
        FROM unnest(known.scores, excluded.scores) WITH ORDINALITY AS both_of(old, new, place)
    )
"""


def bin_of(score: float) -> int:
    """The hundredth that a score counts in: at a threshold of 0.80 all from bin 80 on are over it."""
    return min(max(int(score * 100 + 1e-9), 0), PortUsage.BINS - 1)


@dataclass(slots=True)
class Counts:
    requests: int = 0
    texts: int = 0
    errors: int = 0
    refused: int = 0
    held: int = 0
    scores: list[int] = field(default_factory=lambda: [0] * PortUsage.BINS)

    def add(self, other: Counts) -> None:
        for name in ("requests", "texts", "errors", "refused", "held"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for place, count in enumerate(other.scores):
            self.scores[place] += count


class UsageCounter:
    """Thread-safe; one per process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[UUID, date], Counts] = {}

    def add(self, key_id: UUID, counts: Counts, *, at: datetime | None = None) -> None:
        with self._lock:
            self._known(key_id, at).add(counts)

    def _known(self, key_id: UUID, at: datetime | None = None) -> Counts:
        """What was counted of the key on this day; the caller has the lock."""
        day = (at or datetime.now(UTC)).astimezone(UTC).date()
        known = self._counts.get((key_id, day))
        if known is None:
            known = self._counts[key_id, day] = Counts()
        return known

    def scored(self, key_id: UUID, *, toxicity: list[float], held: int = 0, refused: int = 0) -> None:
        """One call was answered: texts by their toxicity, those held unscored, calls over the quota."""
        with self._lock:
            known = self._known(key_id)
            known.requests += 1
            known.texts += len(toxicity) + held
            known.held += held
            known.refused += refused
            for score in toxicity:
                known.scores[bin_of(score)] += 1

    def failed(self, key_id: UUID) -> None:
        """One call was answered with an error."""
        self.add(key_id, Counts(requests=1, errors=1))

    def refused(self, key_id: UUID) -> None:
        """One call was over the quota and was told so."""
        self.add(key_id, Counts(requests=1, refused=1))

    def flush(self) -> None:
        """Add what was counted to the rows; what could not be written is kept for the next time.

        Raises:
            DatabaseError, InterfaceError: the database is away.
        """
        with self._lock:
            waiting, self._counts = self._counts, {}
        try:
            while waiting:
                (key_id, day), counts = next(iter(waiting.items()))
                with connection.cursor() as cursor:
                    numbers = (counts.requests, counts.texts, counts.errors, counts.refused, counts.held)
                    cursor.execute(_ADD, [day, *numbers, counts.scores, key_id])
                del waiting[key_id, day]
        except (DatabaseError, InterfaceError):
            for (key_id, day), counts in waiting.items():
                self.add(key_id, counts, at=datetime(day.year, day.month, day.day, tzinfo=UTC))
            raise


usage = UsageCounter()
