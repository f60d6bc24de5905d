"""What a key was used for in four weeks, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from django.db.models import Count, Q

from moderation.ports.models import PortKey, PortUsage, SeenText
from moderation.ports.usage import bin_of

DAYS = 28
WIDTH, HEIGHT = 640, 120
THRESHOLDS = tuple(Decimal(percent) / 100 for percent in range(50, 100, 5))


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    under: int
    over: int
    held: int

    @property
    def texts(self) -> int:
        return self.under + self.over + self.held


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    kind: str


@dataclass(frozen=True)
class Report:
    """Texts of the last 28 days: what the client's threshold would stop, by the scores that it was given.

    Texts answered 1.0 unscored are over any threshold, and are counted as such.
    """

    threshold: Decimal
    rows: Sequence[PortUsage]
    today: date

    @cached_property
    def days(self) -> list[Day]:
        known = {row.on: row for row in self.rows}
        return [self._day(self.today - timedelta(days=ago), known) for ago in range(DAYS - 1, -1, -1)]

    def _day(self, on: date, known: dict[date, PortUsage]) -> Day:
        row = known.get(on)
        if row is None:
            return Day(on, 0, 0, 0)
        cut = bin_of(float(self.threshold))
        return Day(on, sum(row.scores[:cut]), sum(row.scores[cut:]), row.held)

    @property
    def texts(self) -> int:
        return sum(day.texts for day in self.days)

    @property
    def stopped(self) -> int:
        return self.stopped_at(self.threshold)

    @property
    def held(self) -> int:
        return sum(row.held for row in self.rows)

    @property
    def requests(self) -> int:
        return sum(row.requests for row in self.rows)

    @property
    def errors(self) -> int:
        return sum(row.errors for row in self.rows)

    @property
    def refused(self) -> int:
        return sum(row.refused for row in self.rows)

    def stopped_at(self, threshold: Decimal) -> int:
        """How many texts a client with this threshold would have stopped."""
        cut = bin_of(float(threshold))
        return sum(sum(row.scores[cut:]) + row.held for row in self.rows)

    @property
    def by_threshold(self) -> list[tuple[Decimal, int, float]]:
        """The usual thresholds, and how many texts, and what share, each would have stopped."""
        everything = self.texts or 1
        return [(each, self.stopped_at(each), self.stopped_at(each) / everything) for each in THRESHOLDS]

    # --- the chart -------------------------------------------------------------------------------------
    @cached_property
    def most(self) -> int:
        """The scale: the next of 10, 20, 50, 100, 200 … above the busiest day."""
        most, size = max(day.texts for day in self.days), 10
        while True:
            for step in (1, 2, 5):
                if most <= step * size:
                    return step * size
            size *= 10

    @property
    def bars(self) -> list[Bar]:
        step, bars = WIDTH / DAYS, []
        for number, day in enumerate(self.days):
            below = 0
            for kind, value in (("published", day.under), ("rejected", day.over), ("gone", day.held)):
                below += value
                if value:
                    bars.append(
                        Bar(
                            f"{(number + 0.12) * step:.2f}",
                            f"{HEIGHT - HEIGHT * below / self.most:.2f}",
                            f"{step * 0.76:.2f}",
                            f"{HEIGHT * value / self.most:.2f}",
                            kind,
                        )
                    )
        return bars

    @property
    def labels(self) -> list[tuple[str, date]]:
        step = WIDTH / DAYS
        return [
            (f"{(number + 0.5) * step:.1f}", day.on)
            for number, day in enumerate(self.days)
            if (DAYS - 1 - number) % 7 == 0
        ]

    @property
    def grid(self) -> list[tuple[str, int]]:
        return [(f"{HEIGHT / 2:.1f}", self.most // 2), ("0.0", self.most)]


def use_of(key: PortKey, *, today: date) -> Report:
    """The use of a key up to and with ``today`` (UTC); one query."""
    since = today - timedelta(days=DAYS - 1)
    rows = list(PortUsage.objects.filter(key=key, on__gte=since, on__lte=today))
    return Report(key.threshold, rows, today)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the moderators of an Akismet client marked, and where the machine had said otherwise."""

    spam: int
    missed: int  # marked spam, published here
    ham: int
    stopped: int  # marked as no spam, held or rejected here


def feedback_of(key: PortKey) -> Feedback:
    """Of all marks that are still remembered: those of 30 days; one query."""
    spam, ham = Q(mark=SeenText.Mark.SPAM), Q(mark=SeenText.Mark.HAM)
    counts = SeenText.objects.filter(key=key).aggregate(
        spam=Count("pk", filter=spam),
        missed=Count("pk", filter=spam & Q(outcome="published")),
        ham=Count("pk", filter=ham),
        stopped=Count("pk", filter=ham & Q(outcome__in=["held", "rejected"])),
    )
    return Feedback(**counts)
