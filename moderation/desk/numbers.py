"""The desk in numbers: what came in and what became of it, how long people waited, who agreed with whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDay, TruncHour

from comments.models import Comment
from moderation.models import Decision, ReasonCode

HOURS, DAYS = 48, 28
HEAT_WINDOW = timedelta(hours=24)
WIDTH, HEIGHT = 640, 140
REFUSED = (Comment.Status.REJECTED, Comment.Status.REMOVED)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The comments sent in one hour or day, by what has become of them."""

    at: datetime
    published: int = 0
    waiting: int = 0
    rejected: int = 0
    gone: int = 0  # withdrawn or erased

    @property
    def sent(self) -> int:
        return self.published + self.waiting + self.rejected + self.gone


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a bar, in the chart's own units."""

    x: str
    y: str
    width: str
    height: str
    kind: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars, their scale, and the rows that say the same in a table."""

    title: str
    bars: Sequence[Bar]
    buckets: Sequence[Bucket]
    most: int
    grid: Sequence[tuple[str, int]]  # place from the top, value
    labels: Sequence[tuple[str, str]]  # place from the left, text
    is_daily: bool
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def total(self) -> int:
        return sum(bucket.sent for bucket in self.buckets)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the comments that the machine held for one reason and people decided, how many were refused."""

    reason: str
    decided: int
    refused: int

    @property
    def share(self) -> float:
        return self.refused / self.decided if self.decided else 0.0


@dataclass(frozen=True, slots=True)
class Heat:
    """One article's last 24 hours."""

    article_id: UUID
    headline: str
    sent: int
    waiting: int
    refused: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Median and 95th percentile of the seconds from sending to deciding."""

    count: int
    median_s: float | None
    p95_s: float | None


def sent_by(step: str, *, now: datetime, zone: tzinfo, scope: Collection[UUID] = ()) -> Chart:
    """What was sent in each of the last 48 hours (``hour``) or 28 days (``day``), in one query."""
    is_daily = step == "day"
    start = _floor(now.astimezone(zone), is_daily) - (
        timedelta(days=DAYS - 1) if is_daily else timedelta(hours=HOURS - 1)
    )
    trunc: Any = TruncDay if is_daily else TruncHour
    rows = (
        _scoped(Comment.objects.all(), scope)
        .filter(created_at__gte=start)
        .annotate(bucket=trunc("created_at", tzinfo=zone))
        .values("bucket")
        .annotate(
            published=Count("pk", filter=Q(status=Comment.Status.PUBLISHED)),
            waiting=Count("pk", filter=Q(status__in=[Comment.Status.PENDING, Comment.Status.HELD])),
            rejected=Count("pk", filter=Q(status__in=REFUSED)),
            gone=Count("pk", filter=Q(status__in=[Comment.Status.WITHDRAWN, Comment.Status.ERASED])),
        )
    )
    found: dict[datetime, Mapping[str, Any]] = {row["bucket"]: row for row in rows}
    buckets = []
    for number in range(DAYS if is_daily else HOURS):
        at = start + (timedelta(days=number) if is_daily else timedelta(hours=number))
        row: Mapping[str, Any] = found.get(at, {})
        buckets.append(
            Bucket(at, *(row.get(name, 0) for name in ("published", "waiting", "rejected", "gone")))
        )
    title = f"Sent in the last {DAYS} days" if is_daily else f"Sent in the last {HOURS} hours"
    return draw(title, buckets, is_daily=is_daily)


def _floor(at: datetime, is_daily: bool) -> datetime:
    at = at.replace(minute=0, second=0, microsecond=0)
    return at.replace(hour=0) if is_daily else at


def draw(title: str, buckets: Sequence[Bucket], *, is_daily: bool) -> Chart:
    """Stacked bars from below: published, waiting, rejected, gone."""
    top = _round_up(max((bucket.sent for bucket in buckets), default=0))
    step = WIDTH / max(len(buckets), 1)
    bars = []
    for number, bucket in enumerate(buckets):
        below = 0
        for kind in ("published", "waiting", "rejected", "gone"):
            value = getattr(bucket, kind)
            if not value:
                continue
            below += value
            bars.append(
                Bar(
                    f"{number * step + step * 0.12:.2f}",
                    f"{HEIGHT - HEIGHT * below / top:.2f}",
                    f"{step * 0.76:.2f}",
                    f"{HEIGHT * value / top:.2f}",
                    kind,
                )
            )
    every = 7 if is_daily else 12
    labels = [
        (f"{(number + 0.5) * step:.1f}", f"{bucket.at:%d %b}" if is_daily else f"{bucket.at:%a %H}")
        for number, bucket in enumerate(buckets)
        if (len(buckets) - 1 - number) % every == 0
    ]
    grid = [(f"{HEIGHT - HEIGHT * share:.1f}", round(top * share)) for share in (0.5, 1.0)]
    return Chart(title, bars, buckets, top, grid, labels, is_daily)


def _round_up(most: int) -> int:
    """The next of 4, 10, 20, 40, 100, 200 …: a scale whose half is a whole number."""
    size = 1
    while True:
        for step in (2, 4, 10):
            if most <= step * size and step * size >= 4:
                return step * size
        size *= 10


def agreement(*, now: datetime, scope: Collection[UUID] = ()) -> list[Agreement]:
    """How people decided, in 28 days, about what the machine had held; in one query."""
    held_first = Q(comment__decisions__actor_kind="machine", comment__decisions__outcome="held")
    same_text = Q(comment__decisions__revision=F("revision"), comment__decisions__round=F("round"))
    people = Decision.objects.filter(
        held_first & same_text,
        at__gt=now - timedelta(days=DAYS),
        actor_kind="person",
        outcome__in=[Decision.Outcome.PUBLISHED, Decision.Outcome.REJECTED],
    )
    if scope:
        people = people.filter(comment__article__section__in=scope)
    rows = (
        people.values_list("comment__decisions__reason_code")
        .annotate(
            decided=Count("comment", distinct=True),
            refused=Count("comment", distinct=True, filter=Q(outcome=Decision.Outcome.REJECTED)),
        )
        .order_by("-decided")
    )
    words = {code.value: str(code.label) for code in ReasonCode}
    return [Agreement(words.get(code, code), decided, refused) for code, decided, refused in rows]


def hottest(*, now: datetime, scope: Collection[UUID] = (), most: int = 8) -> list[Heat]:
    """Articles by comments of the last 24 hours; in one query."""
    rows = (
        _scoped(Comment.objects.all(), scope)
        .filter(created_at__gt=now - HEAT_WINDOW)
        .values_list("article", "article__headline")
        .annotate(
            sent=Count("pk"),
            waiting=Count("pk", filter=Q(status__in=[Comment.Status.PENDING, Comment.Status.HELD])),
            refused=Count("pk", filter=Q(status__in=REFUSED)),
        )
        .order_by("-sent", "article__headline")[:most]
    )
    return [Heat(*row) for row in rows]


def time_to_decide(actor_kind: str, *, now: datetime) -> Waits:
    """From sending a text to the first decision of this kind about it, over 7 days."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY took),"
            " percentile_cont(0.95) WITHIN GROUP (ORDER BY took)"
            " FROM (SELECT DISTINCT ON (d.comment_id, d.revision)"
            " extract(epoch FROM d.at - r.created_at)::float8 AS took"
            " FROM moderation_decision d JOIN comments_commentrevision r"
            " ON r.comment_id = d.comment_id AND r.revision = d.revision"
            " WHERE d.at > %s AND d.actor_kind = %s AND d.outcome <> 'pending'"
            " ORDER BY d.comment_id, d.revision, d.at) AS first",
            [now - timedelta(days=7), actor_kind],
        )
        count, median, p95 = cursor.fetchone()
    return Waits(count, median, p95)


def _scoped(found: QuerySet[Comment], scope: Collection[UUID]) -> QuerySet[Comment]:
    return found.filter(article__section__in=scope) if scope else found
