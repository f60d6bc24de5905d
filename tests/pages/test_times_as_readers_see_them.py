"""Times are told in the site's zone and as a distance from now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsroom.pages.times import moment

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def test_the_clock_is_the_one_on_the_sites_wall():
    assert moment(NOW, now=NOW, zone=LONDON).iso == "2026-07-01T13:00:00+01:00"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(hours=3, minutes=50), "3 hours ago"),
        (timedelta(days=400), "1 year ago"),
        (timedelta(seconds=-30), "just now"),
    ],
)
def test_the_distance_is_told_in_its_largest_unit(age, words):
    assert moment(NOW - age, now=NOW, zone=LONDON).ago == words


def test_a_week_is_no_longer_recent():
    assert moment(NOW - timedelta(days=6, hours=23), now=NOW, zone=LONDON).is_recent
    assert not moment(NOW - timedelta(days=7), now=NOW, zone=LONDON).is_recent
