"""When somebody is at the desk: hours of a week, by the clock on the wall in a title's time zone (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = Mapping[str, Sequence[str]]
"""Of a weekday (``"0"`` is Monday) its first and last moment, such as ``["07:00", "22:00"]``; an end that is
not after its beginning lies on the next day, so ``["00:00", "00:00"]`` is a whole day. A day that is missing
has none. Empty: somebody is always there."""

DAY = timedelta(days=1)


def is_staffed(hours: Hours, *, at: datetime, zone: ZoneInfo) -> bool:
    """Whether ``at`` lies in the hours. A clock that is put forward or back changes nothing: 7:00 is 7:00."""
    if not hours:
        return True
    local = at.astimezone(zone).replace(tzinfo=None)
    return any(start <= local < end for start, end in _spans(hours, around=local, days=range(-1, 1)))


def next_staffed(hours: Hours, *, at: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the next hours, or ``at`` where it lies in some."""
    if is_staffed(hours, at=at, zone=zone):
        return at
    local = at.astimezone(zone).replace(tzinfo=None)
    starts = (start for start, _ in _spans(hours, around=local, days=range(8)) if start > local)
    return min(starts).replace(tzinfo=zone)


def checked_hours(typed: Mapping[str, tuple[time | None, time | None]]) -> dict[str, list[str]]:
    """Hours as typed, by weekday.

    Raises:
        ValueError: a day has a beginning and no end, or the other way round.
    """
    found = {}
    for day, (start, end) in typed.items():
        if (start is None) != (end is None):
            raise ValueError("Give both, from and until, or leave the day empty.")
        if start is not None and end is not None:
            found[day] = [f"{start:%H:%M}", f"{end:%H:%M}"]
    return found


def _spans(hours: Hours, *, around: datetime, days: range) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of the hours of some days, counted from that of ``around``."""
    for offset in days:
        date = (around + offset * DAY).date()
        span = hours.get(str(date.weekday()))
        if span is None:
            continue
        start, end = (datetime.combine(date, time.fromisoformat(text)) for text in span)
        yield start, end if end > start else end + DAY
