"""The desk in numbers: each comment counted once, in its hour and its state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation.desk.numbers import Bucket, agreement, draw, hottest, sent_by, time_to_decide
from moderation.templatetags.desk import duration
from tests.factories import ArticleFactory, CommentFactory, SectionFactory, UserFactory, decide

pytestmark = pytest.mark.django_db


def test_each_comment_is_counted_once_in_its_hour_and_its_state():
    now = timezone.now()
    for status in ("published", "published", "held", "pending", "rejected", "removed", "withdrawn"):
        CommentFactory(status=status, at=now - timedelta(hours=3))
    CommentFactory(status="published", at=now - timedelta(hours=47))
    CommentFactory(status="published", at=now - timedelta(hours=50))
    chart = sent_by("hour", now=now, zone=UTC)
    assert chart.total == 8
    bucket = next(
        b
        for b in chart.buckets
        if b.at == (now - timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    )
    assert (bucket.published, bucket.waiting, bucket.rejected, bucket.gone) == (2, 2, 2, 1)


def test_a_day_begins_at_midnight_of_the_titles_own_zone():
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    CommentFactory(at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    berlin = sent_by("day", now=now, zone=ZoneInfo("Europe/Berlin"))
    london = sent_by("day", now=now, zone=ZoneInfo("Europe/London"))
    assert berlin.buckets[-1].sent == 1
    assert london.buckets[-2].sent == 1


def test_bars_stand_on_each_other_and_reach_no_higher_than_the_chart():
    buckets = [Bucket(timezone.now(), published=3, waiting=2, rejected=1), Bucket(timezone.now())]
    chart = draw("", buckets, is_daily=False)
    assert [bar.kind for bar in chart.bars] == ["published", "waiting", "rejected"]
    assert sum(float(bar.height) for bar in chart.bars) == pytest.approx(
        chart.height * 6 / chart.most, abs=0.05
    )
    assert float(chart.bars[-1].y) >= 0
    for below, above in zip(chart.bars, chart.bars[1:], strict=False):
        assert float(above.y) + float(above.height) == pytest.approx(float(below.y), abs=0.02)


@pytest.mark.parametrize(
    ("most", "scale"), [(0, 4), (4, 4), (5, 10), (11, 20), (21, 40), (99, 100), (101, 200)]
)
def test_the_scale_is_the_next_round_number(most, scale):
    assert draw("", [Bucket(timezone.now(), published=most)], is_daily=True).most == scale


def test_agreement_is_about_what_the_machine_held_and_people_decided(hold):
    editor = UserFactory(username="bess")
    for outcome in ("rejected", "rejected", "published"):
        decide(
            hold(reason="insult"),
            outcome,
            actor_kind="person",
            actor=editor,
            reason_code="insult" if outcome == "rejected" else "",
        )
    hold(reason="insult")
    CommentFactory(status="published")
    assert [(row.reason, row.decided, row.refused) for row in agreement(now=timezone.now())] == [
        ("insults somebody", 3, 2)
    ]
    assert agreement(now=timezone.now())[0].share == pytest.approx(2 / 3)


def test_the_warmest_article_comes_first():
    calm, warm = ArticleFactory(headline="Calm"), ArticleFactory(headline="Warm")
    CommentFactory(article=calm)
    for status in ("held", "rejected", "published"):
        CommentFactory(article=warm, status=status)
    rows = [(row.headline, row.sent, row.waiting, row.refused) for row in hottest(now=timezone.now())]
    assert rows == [("Warm", 3, 1, 1), ("Calm", 1, 1, 0)]


def test_time_to_decide_takes_the_first_decision_about_each_text():
    comment = CommentFactory(at=timezone.now() - timedelta(minutes=10), status="published")
    decide(comment, "removed", actor_kind="person", reason_code="spam")
    machine = time_to_decide("machine", now=timezone.now())
    assert machine.count == 1
    assert machine.median_s == pytest.approx(600, abs=30)
    assert time_to_decide("import", now=timezone.now()).median_s is None


def test_the_page_needs_as_many_queries_for_many_as_for_few(desk, hold):
    hold()
    desk.get("/admin/desk/numbers/")
    with CaptureQueriesContext(connection) as few:
        assert desk.get("/admin/desk/numbers/").status_code == 200
    for _ in range(20):
        hold(article=ArticleFactory(section=SectionFactory(slug="sport")))
    with CaptureQueriesContext(connection) as many:
        assert desk.get("/admin/desk/numbers/").status_code == 200
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.0904, "90 ms"),
        (59.4, "59 s"),
        (61, "1 min"),
        (3600, "1 h"),
        (28_980, "8 h 3 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_span_of_time_is_told_in_its_two_largest_units(seconds, says):
    assert duration(seconds) == says
