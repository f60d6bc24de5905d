"""The clock of the seeds: times that fit the articles, at whatever hour the demo starts."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from seeds.clock import READING, SEEDED_DAYS, SETTLED, comment_times, is_waiting, published_at, wave_times
from seeds.content import load

LONDON = ZoneInfo("Europe/London")
STARTS = [
    datetime(2026, 11, 23, 0, 0, 1, tzinfo=LONDON),
    datetime(2026, 11, 23, 4, 30, tzinfo=LONDON),
    datetime(2026, 11, 23, 13, 0, tzinfo=LONDON),
    datetime(2027, 3, 28, 2, 30, tzinfo=LONDON),  # The hour that summer time leaves out.
    datetime(2026, 10, 25, 1, 30, tzinfo=LONDON),  # The hour that comes twice.
    datetime(2028, 2, 29, 23, 59, 59, tzinfo=LONDON),
]


@pytest.mark.parametrize("now", STARTS, ids=str)
def test_every_comment_lies_between_its_article_or_parent_and_now(now: datetime) -> None:
    for article in load().articles:
        published = published_at(article.published, now=now, zone=LONDON)
        comments = load().comments[article.key]
        times = comment_times(comments, published=published, now=now, zone=LONDON)
        assert times.keys() == {comment.key for comment in comments}
        for comment in comments:
            after = times[comment.parent] + READING if comment.parent else published
            assert after <= times[comment.key] < now - SETTLED / 2, comment.key


@pytest.mark.parametrize("now", STARTS, ids=str)
def test_nothing_is_older_than_four_weeks_and_what_waits_came_since_yesterday(now: datetime) -> None:
    for article in load().articles:
        published = published_at(article.published, now=now, zone=LONDON)
        comments = load().comments[article.key]
        times = comment_times(comments, published=published, now=now, zone=LONDON)
        assert min(times.values()) >= now - timedelta(days=SEEDED_DAYS)
        assert all(now - times[c.key] <= timedelta(hours=30) for c in comments if is_waiting(c))


def test_the_same_moment_gives_the_same_times() -> None:
    article = load().articles[0]
    published = published_at(article.published, now=STARTS[0], zone=LONDON)
    comments = load().comments[article.key]
    once, twice = (comment_times(comments, published=published, now=STARTS[0], zone=LONDON) for _ in range(2))
    assert once == twice


def test_a_relative_day_is_a_local_one() -> None:
    shortly_after_midnight = datetime(2026, 7, 2, 0, 5, tzinfo=LONDON)
    at = published_at("1d 18:55", now=shortly_after_midnight, zone=LONDON)
    assert at == datetime(2026, 7, 1, 18, 55, tzinfo=LONDON)


def test_a_wave_rises_within_its_minutes_and_is_over() -> None:
    now = STARTS[2]
    times = wave_times(12, minutes=170, now=now)
    assert times == sorted(times)
    assert times[-1] - times[0] < timedelta(minutes=170)
    assert times[-1] <= now - timedelta(hours=2)
