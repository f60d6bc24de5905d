"""When a person usually reads what is held: measured from what people did, never promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

MEASURED_OVER = timedelta(days=28)
MOST_READINGS = 500
FEWEST_READINGS = 20  # of fewer nothing usual can be said
USUAL_SHARE = 0.8
QUIET_SHARE = 0.02  # an hour of the day in which less than this share is read counts as closed
SHORTEST_NIGHT_H = 3
DAY_H = 24


@dataclass(frozen=True, slots=True)
class Reading:
    """One held text that a person decided about."""

    held_at: datetime
    read_at: datetime


@dataclass(frozen=True, slots=True)
class UsualWait:
    """Either within how many minutes four of five are read, or after which hour of the day reading begins."""

    within_minutes: int | None = None
    after_hour: int | None = None


_READINGS = """
SELECT held.at, d.at
FROM moderation_decision d
JOIN comments_comment c ON c.id = d.comment_id
JOIN articles_article a ON a.id = c.article_id
CROSS JOIN LATERAL (
    SELECT h.at FROM moderation_decision h
    WHERE h.comment_id = d.comment_id AND h.outcome = 'held' AND h.at <= d.at AND h.id <> d.id
    ORDER BY h.at DESC LIMIT 1
) AS held
WHERE d.actor_kind = 'person' AND d.outcome IN ('published', 'rejected') AND a.site_id = %s AND d.at > %s
ORDER BY d.at DESC LIMIT %s
"""


def usual_wait(site_id: UUID, *, zone: ZoneInfo, now: datetime) -> UsualWait | None:
    """How long a text that is held now usually waits on this site; None where too little was measured."""
    with connection.cursor() as cursor:
        cursor.execute(_READINGS, [site_id, now - MEASURED_OVER, MOST_READINGS])
        readings = [Reading(*row) for row in cursor.fetchall()]
    return wait_from(readings, zone=zone, now=now)


def wait_from(readings: Sequence[Reading], *, zone: ZoneInfo, now: datetime) -> UsualWait | None:
    """The same from readings at hand.

    At an hour in which hardly anything is read, it is the end of that quiet stretch. Else it is the time
    within which four of five texts were read that were held at hours in which people read.
    """
    if len(readings) < FEWEST_READINGS:
        return None
    quiet = _quiet_hours(readings, zone)
    hour = now.astimezone(zone).hour
    if hour in quiet:
        after = next((hour + step) % DAY_H for step in range(DAY_H) if (hour + step) % DAY_H not in quiet)
        return UsualWait(after_hour=after)
    by_day = sorted(
        (reading.read_at - reading.held_at).total_seconds() / 60
        for reading in readings
        if reading.held_at.astimezone(zone).hour not in quiet
    )
    if len(by_day) < FEWEST_READINGS:
        return None
    return UsualWait(within_minutes=_round_up(by_day[int(USUAL_SHARE * len(by_day))]))


def _quiet_hours(readings: Sequence[Reading], zone: ZoneInfo) -> set[int]:
    """Hours of the day in stretches of at least three in which hardly anything was read."""
    read = Counter(reading.read_at.astimezone(zone).hour for reading in readings)
    calm = {hour for hour in range(DAY_H) if read[hour] < QUIET_SHARE * len(readings)}
    runs = ({(start + step) % DAY_H for step in range(SHORTEST_NIGHT_H)} for start in range(DAY_H))
    return {hour for run in runs if run <= calm for hour in run}


def _round_up(minutes: float) -> int:
    """A figure that does not pretend to be exact: tens of minutes, then hours."""
    step = 5 if minutes <= 10 else 10 if minutes <= 60 else 60
    return max(step, -int(-minutes // step) * step)
