"""What lies in which queue, in which order, and what each item tells."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation.desk.queues import (
    QUEUES,
    RANDOM_EVERY,
    Ranked,
    Wanted,
    by_urgency,
    ordered_ids,
    queue_tallies,
)
from moderation.models import Decision
from tests.factories import ArticleFactory, CommentFactory, SectionFactory

pytestmark = pytest.mark.django_db


def test_each_holder_has_a_queue_and_all_of_them_together_one(hold):
    hold(), hold(held_by="rule", reason="wave"), hold(held_by="failure", reason="model_unavailable")
    tallies = queue_tallies(now=timezone.now())
    counts = {key: tally.count for key, tally in tallies.items()}
    filled = {key: count for key, count in counts.items() if count}
    assert filled == {"all": 3, "detector": 1, "rule": 1, "failure": 1}


def test_a_queue_tells_since_when_its_oldest_waits(hold):
    long_ago = timezone.now() - timedelta(hours=7)
    hold(at=long_ago), hold()
    assert queue_tallies(now=timezone.now())["detector"].oldest_at == long_ago


def test_recent_queues_show_what_was_published_and_refused_in_two_days(desk):
    CommentFactory(status="published", body="A published one, quite new.")
    CommentFactory(status="rejected", body="A refused one, quite new.")
    CommentFactory(
        status="published", body="A published one, long ago.", at=timezone.now() - timedelta(days=3)
    )
    published = desk.get("/admin/desk/queues/published/").content.decode()
    assert "A published one, quite new." in published
    assert "long ago" not in published
    assert "A refused one, quite new." in desk.get("/admin/desk/queues/rejected/").content.decode()


def test_an_item_shows_text_score_rule_article_and_history(desk, hold):
    article = ArticleFactory(headline="Ferry late again")
    CommentFactory(status="published", email="moss@example.org")
    CommentFactory(status="rejected", email="moss@example.org")
    hold(
        article=article,
        email="moss@example.org",
        body="You utter fool",
        scores={"insult": 0.73, "toxicity": 0.1},
        findings=[
            {"code": "score:insult", "where": "body", "spans": [[10, 14]], "data": {"weights": [2]}},
            {"code": "near_duplicates", "where": "body", "value": 3, "data": {"hours": 24}},
        ],
    )
    page = " ".join(desk.get("/admin/desk/queues/detector/").content.decode().split())
    assert '<mark class="by-detector strength-3" title="insult">fool</mark>' in page
    assert "73 %" in page
    assert "hold 40 %, reject 90 %" in page
    assert "Nearly the same text came from 3 other commenters within 24 hours." in page
    assert "Ferry late again" in page
    assert "<b>1</b> published" in page
    assert "<b>1</b> rejected (50 %)" in page
    assert "moss@example.org" not in page
    assert '<option value="insult" data-key="i" selected>' in page


def test_the_likeliest_reason_follows_what_the_machine_found(desk, hold):
    hold(held_by="rule", reason="wave", scores={})
    assert (
        '<option value="spam" data-key="s" selected>' in desk.get("/admin/desk/queues/rule/").content.decode()
    )


def test_filters_narrow_a_queue(hold):
    here = SectionFactory(slug="sport")
    mine = hold(article=ArticleFactory(section=here), reason="threat", scores={"threat": 0.9})
    hold(reason="insult", scores={"insult": 0.5})
    now = timezone.now()

    def found(**wanted):
        return ordered_ids(QUEUES["all"], wanted=Wanted(**wanted), now=now)

    assert found(section=here.pk) == [mine.pk]
    assert found(article=mine.article_id) == [mine.pk]
    assert found(author=mine.private.mailbox_id) == [mine.pk]
    assert found(reason="threat") == [mine.pk]
    assert found(score_from=0.8) == [mine.pk]
    assert found(score_to=0.8) != [mine.pk]
    assert len(found(language="en")) == 2
    assert found(language="de") == []
    assert found(older_than=timedelta(hours=1)) == []


def test_a_filter_that_makes_no_sense_filters_nothing(desk, hold):
    hold(body="Still to be seen, whatever is typed into the address.")
    answer = desk.get(
        "/admin/desk/queues/all/?section=x&score_from=9999&age=%00&sort=nonsense&page=-3&reason=%27"
    )
    assert answer.status_code == 200
    assert "Still to be seen" in answer.content.decode()


def test_oldest_and_newest_first(hold):
    now = timezone.now()
    old, new = hold(at=now - timedelta(hours=2)), hold(at=now - timedelta(hours=1))
    assert ordered_ids(QUEUES["all"], wanted=Wanted(sort="oldest"), now=now) == [old.pk, new.pk]
    assert ordered_ids(QUEUES["all"], wanted=Wanted(sort="newest"), now=now) == [new.pk, old.pk]


def test_an_unknown_queue_is_not_found(desk):
    assert desk.get("/admin/desk/queues/nonsense/").status_code == 404


def test_risk_times_reach_times_age_comes_first():
    now = timezone.now()
    hot, calm = UUID(int=1), UUID(int=2)

    def row(number, *, risk=0.5, article=calm, hours=1):
        return Ranked(UUID(int=number << 64), article, now - timedelta(hours=hours), risk)

    rows = [row(11), row(12, risk=0.9), row(13, article=hot), row(14, hours=9)]
    order = by_urgency(rows, heat={hot: 30}, now=now, drawn_on=now.date())
    drawn = [pk for pk in order if pk not in {rows[2].pk, rows[3].pk, rows[1].pk, rows[0].pk}]
    assert drawn == []
    ranked = [pk for pk in order if pk in {rows[2].pk, rows[3].pk}]
    assert ranked == [rows[2].pk, rows[3].pk]


def test_a_threat_comes_first_however_new_and_whatever_it_scores():
    now = timezone.now()
    rows = [Ranked(UUID(int=n), UUID(int=2), now - timedelta(hours=24), risk=0.99) for n in range(1, 100)]
    threats = [Ranked(UUID(int=n), UUID(int=3), now, risk=0.01, threatens=True) for n in range(100, 130)]
    order = by_urgency(rows + threats, heat={UUID(int=2): 30}, now=now, drawn_on=now.date())
    first = set(order[: len(threats) + len(threats) // RANDOM_EVERY + 1])
    assert {row.pk for row in threats} <= first
    assert sorted(order) == [row.pk for row in rows + threats]


def test_some_places_are_drawn_by_lot_and_nothing_is_lost():
    now = timezone.now()
    rows = [Ranked(UUID(int=n), UUID(int=0), now - timedelta(hours=1), risk=n / 1000) for n in range(1, 401)]
    order = by_urgency(rows, heat={}, now=now, drawn_on=now.date())
    by_risk = [row.pk for row in reversed(rows)]
    assert sorted(order) == sorted(by_risk)
    first_page = set(order[:24])
    assert 1 <= len(first_page - set(by_risk[:40])) <= 6
    assert order == by_urgency(rows, heat={}, now=now, drawn_on=now.date())


def test_five_hundred_held_comments_cost_as_many_queries_as_one(desk, hold):
    hold()
    desk.get("/admin/desk/queues/all/")
    with CaptureQueriesContext(connection) as few:
        assert desk.get("/admin/desk/queues/all/").status_code == 200
    for _ in range(60):
        hold()
    with CaptureQueriesContext(connection) as many:
        assert desk.get("/admin/desk/queues/all/").status_code == 200
    assert len(many) == len(few)
    assert Decision.objects.count() == 61
