"""When seeded comments were written: soon after the article, more by day than by night. Pure."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from seeds.content import CommentText, Fate

# Readers' comments per local hour, in per cent of the busiest: breakfast, lunch, and the evening.
BY_HOUR = (
    *(12, 7, 4, 3, 3, 8, 25, 55, 75, 70, 60, 62),
    *(80, 72, 60, 58, 62, 72, 85, 95, 100, 92, 60, 28),
)
SEEDED_DAYS = 28
QUEUE_HOURS = 30  # What waits for an editor came since yesterday's desk hours.
SETTLED = timedelta(minutes=8)  # Nothing is newer: its decisions would lie in the future.
READING = timedelta(seconds=30)  # The quickest reply.
REPLY_AFTER = timedelta(minutes=45)
COMMENT_AFTER = timedelta(hours=11)


def published_at(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that ``"2022-01-18 17:20"`` or, in days before today, ``"3d 17:20"`` names in ``zone``."""
    day, _, clock = text.partition(" ")
    hour, minute = (int(part) for part in clock.split(":"))
    if day.endswith("d"):
        date = now.astimezone(zone).date() - timedelta(days=int(day[:-1]))
    else:
        date = datetime.fromisoformat(day).date()
    return datetime(date.year, date.month, date.day, hour, minute, tzinfo=zone).astimezone(UTC)


def comment_times(
    comments: Sequence[CommentText], *, published: datetime, now: datetime, zone: ZoneInfo
) -> dict[str, datetime]:
    """A time for each comment of one article: after its parent, in the order of the file, before ``now``.

    The same for the same arguments. What waits in a queue lies within the last :data:`QUEUE_HOURS`.
    """
    rng = random.Random(comments[0].article if comments else 0)
    # In UTC: differences within one local zone are those of its clocks, an hour off when they change.
    published, now = published.astimezone(UTC), now.astimezone(UTC)
    start = max(published, now - timedelta(days=SEEDED_DAYS))
    times: dict[str, datetime] = {}
    for siblings in _families(comments):
        parent = siblings[0].parent
        after = times[parent] + READING if parent else start
        fresh = [c for c in siblings if is_waiting(c)]
        settled = [c for c in siblings if not is_waiting(c)]
        waiting_from = max(after, now - timedelta(hours=QUEUE_HOURS))
        steady = parent is None and published < start  # An old article is found evenly, not in a rush.
        mean = None if steady else REPLY_AFTER if parent else COMMENT_AFTER
        times |= _in_order(settled, after=after, mean=mean, now=now, zone=zone, rng=rng)
        times |= _in_order(fresh, after=waiting_from, mean=None, now=now, zone=zone, rng=rng)
    return times


def is_waiting(comment: CommentText) -> bool:
    """Whether this comment is meant to lie in a queue when the demo starts."""
    return comment.fate in {Fate.DISGUISED, Fate.RULE, Fate.FAILURE} or (
        comment.fate is Fate.RUDE and not comment.then
    )


def wave_times(count: int, *, minutes: int, now: datetime) -> list[datetime]:
    """A burst that ended two hours ago, evenly spread but for a jitter."""
    rng = random.Random("wave")
    start = now - timedelta(hours=2, minutes=minutes)
    return [start + timedelta(minutes=minutes * (place + rng.random()) / count) for place in range(count)]


def _families(comments: Sequence[CommentText]) -> list[list[CommentText]]:
    """Siblings together, parents' families before their children's."""
    families: dict[str | None, list[CommentText]] = {}
    for comment in sorted(comments, key=lambda c: c.depth):
        families.setdefault(comment.parent, []).append(comment)
    return list(families.values())


def _in_order(
    comments: Sequence[CommentText],
    *,
    after: datetime,
    mean: timedelta | None,
    now: datetime,
    zone: ZoneInfo,
    rng: random.Random,
) -> Mapping[str, datetime]:
    until = max(now - SETTLED, after + timedelta(seconds=1))
    times = sorted(_moment(after, until, mean=mean, zone=zone, rng=rng) for _ in comments)
    return {comment.key: time for comment, time in zip(comments, times, strict=True)}


def _moment(
    after: datetime, until: datetime, *, mean: timedelta | None, zone: ZoneInfo, rng: random.Random
) -> datetime:
    """A moment between both ends: decaying with ``mean``, or even; hours of the night are mostly refused."""
    span = (until - after).total_seconds()
    moment = after
    for _ in range(40):  # A window that lies in the night alone still gives a moment.
        delay = rng.expovariate(1 / mean.total_seconds()) if mean else rng.uniform(0, span)
        moment = after + timedelta(seconds=delay if delay < span else rng.uniform(0, span))
        if rng.random() * 100 < BY_HOUR[moment.astimezone(zone).hour]:
            break
    return moment


def spread_over_days(count: int, *, days: int, now: datetime, rng: random.Random) -> list[datetime]:
    """``count`` moments within the last ``days``, newest last, with the shape of a day (UTC)."""
    hours = [now - timedelta(hours=h) for h in range(days * 24, 0, -1)]
    weights = list(accumulate(BY_HOUR[hour.hour] for hour in hours))
    chosen = sorted(rng.random() * weights[-1] for _ in range(count))
    return sorted(hours[bisect(weights, at)] + timedelta(seconds=rng.random() * 3000) for at in chosen)
