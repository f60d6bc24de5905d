"""A month's notices and appeals, and what was reversed: what others said against decisions.

Counted by when it came in; how it ended is counted until a stated moment, so that the same moment gives the
same numbers again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from comments.reports.models import Report as Notice
from moderation.appeals.models import Appeal
from moderation.lifecycle.statistics import Share
from moderation.models import Decision

REFUSALS = (Decision.Outcome.REJECTED, Decision.Outcome.REMOVED)


@dataclass(frozen=True, slots=True)
class Notices:
    """Readers' notices for one reason. ``upheld``: the comment went; ``moot``: it had gone otherwise."""

    reason: str
    label: str
    received: int
    comments: int
    upheld: int
    dismissed: int
    moot: int
    median_s: float | None

    @property
    def open(self) -> int:
        return self.received - self.upheld - self.dismissed - self.moot


@dataclass(frozen=True, slots=True)
class Appeals:
    """Commenters' objections. ``upheld``: the refusal stands; the median leaves out what was moot."""

    received: int = 0
    upheld: int = 0
    reversed: int = 0
    moot: int = 0
    median_s: float | None = None

    @property
    def open(self) -> int:
        return self.received - self.upheld - self.reversed - self.moot

    @property
    def reversal_rate(self) -> Share:
        return Share(self.reversed, self.reversed + self.upheld)


@dataclass(frozen=True, slots=True)
class Reversals:
    """What a person published in this month after it had been refused, by whom; and how many on appeal."""

    of_machine: int = 0
    of_people: int = 0
    on_appeal: int = 0

    @property
    def total(self) -> int:
        return self.of_machine + self.of_people


def notices_in(start: datetime, end: datetime, *, until: datetime) -> tuple[Notices, ...]:
    """By reason: those of illegal content (Art. 16 of Regulation (EU) 2022/2065) first, then the most."""
    found = Notice.objects.filter(at__gte=start, at__lt=end)
    if not settings.DEMO:
        found = found.filter(demo=False)
    by_reason: dict[str, list[tuple[object, str, datetime, datetime | None]]] = {}
    fields = ("reason", "comment_id", "state", "at", "settled_at")
    for reason, comment_id, state, at, settled_at in found.values_list(*fields):
        by_reason.setdefault(reason, []).append((comment_id, state, at, settled_at))
    rows = []
    for reason, notices in by_reason.items():
        ended = [(state, at, done) for _, state, at, done in notices if done is not None and done <= until]
        states = Counter(state for state, _, _ in ended)
        rows.append(
            Notices(
                reason=reason,
                label=str(Notice.Reason(reason).label),
                received=len(notices),
                comments=len({comment for comment, *_ in notices}),
                upheld=states[Notice.State.UPHELD],
                dismissed=states[Notice.State.DISMISSED],
                moot=states[Notice.State.MOOT],
                median_s=_median((at, done) for state, at, done in ended if state != Notice.State.MOOT),
            )
        )
    return tuple(
        sorted(rows, key=lambda row: (row.reason != Notice.Reason.ILLEGAL, -row.received, row.reason))
    )


def appeals_in(start: datetime, end: datetime, *, until: datetime) -> Appeals:
    found = Appeal.objects.filter(at__gte=start, at__lt=end)
    if not settings.DEMO:
        found = found.filter(demo=False)
    appeals = list(found.values_list("state", "at", "decided_at"))
    ended = [(state, at, done) for state, at, done in appeals if done is not None and done <= until]
    states = Counter(state for state, _, _ in ended)
    return Appeals(
        received=len(appeals),
        upheld=states[Appeal.State.UPHELD],
        reversed=states[Appeal.State.REVERSED],
        moot=states[Appeal.State.MOOT],
        median_s=_median((at, done) for state, at, done in ended if state != Appeal.State.MOOT),
    )


def reversals_in(published: QuerySet[Decision]) -> Reversals:
    """Of these decisions to publish, those by people about what had been refused.

    An undo restores what was before it and so is none; a refusal that a person took back after its minute is.
    """
    before = Decision.objects.filter(
        comment_id=OuterRef("comment_id"), revision=OuterRef("revision"), at__lt=OuterRef("at")
    ).order_by("-at", "-pk")
    appealed = Appeal.objects.filter(made_id=OuterRef("pk"), state=Appeal.State.REVERSED)
    rows = (
        published.filter(actor_kind="person", outcome=Decision.Outcome.PUBLISHED)
        .annotate(
            before=Subquery(before.values("outcome")[:1]),
            by=Subquery(before.values("actor_kind")[:1]),
            on_appeal=Exists(appealed),
        )
        .filter(before__in=REFUSALS)
        .values_list("by", "on_appeal")
    )
    counts = Counter(rows.order_by())
    machine = sum(number for (by, _), number in counts.items() if by == "machine")
    return Reversals(
        of_machine=machine,
        of_people=counts.total() - machine,
        on_appeal=sum(number for (_, on_appeal), number in counts.items() if on_appeal),
    )


def _median(spans: Iterable[tuple[datetime, datetime]]) -> float | None:
    seconds = [(end - start).total_seconds() for start, end in spans]
    return median(seconds) if seconds else None
