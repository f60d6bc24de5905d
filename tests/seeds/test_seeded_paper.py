"""After seeding the demo's title looks alive: front page, threads, house ads, four weeks of readers."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from ads.delivery.explaining import explain
from ads.delivery.models import AdDecision, AdEvent
from ads.models import Creative, LineItem
from articles.models import Article, Site, validate_ads_txt
from articles.selectors import sensitivities
from comments.models import Comment, CommentPrivate, Mailbox, Thread
from comments.services import accepts_comments
from newsroom.crypto import decrypt_address
from seeds.content import DOMAINS
from tests.ads.conftest import filled_on, sponsor_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded_at")]


def test_the_front_page_shows_at_least_nine_articles() -> None:
    page = Client().get("/").content.decode()
    shown = [slug for slug in Article.objects.values_list("slug", flat=True) if f"/articles/{slug}/" in page]
    assert len(shown) >= 9


def test_every_article_page_opens_and_takes_comments() -> None:
    for article in Article.objects.select_related("site", "section"):
        assert Client().get(article.get_absolute_url()).status_code == 200
        assert accepts_comments(article, at=timezone.now())


def test_the_archive_article_is_of_january_2022_and_marked_as_war() -> None:
    (article,) = Article.objects.filter(status=Article.Status.ARCHIVED)
    assert article.published_at is not None
    assert (article.published_at.year, article.published_at.month) == (2022, 1)
    assert sensitivities(article) == {"war": "high"}


def test_recent_articles_are_of_the_last_four_weeks_and_in_many_sections(seeded_at: datetime) -> None:
    recent = Article.objects.exclude(status=Article.Status.ARCHIVED)
    assert recent.count() >= 10
    assert len(set(recent.values_list("section", flat=True))) >= 7
    assert not recent.filter(published_at__lt=seeded_at - timedelta(days=28)).exists()
    assert not recent.filter(published_at__gt=seeded_at).exists()


def test_every_slot_of_every_article_is_filled() -> None:
    for article in Article.objects.select_related("site", "section"):
        filled = filled_on(article)
        assert {slot.creative is not None for slot in filled.values()} == {True}
        assert set(filled) == {"article_top", "article_bottom"}


def test_sport_carries_the_dealer_and_war_only_the_papers_own() -> None:
    for article in Article.objects.filter(section__slug="sport").select_related("site", "section"):
        filled = filled_on(article)
        assert sponsor_of(filled["article_top"]) == "Harbour Motors"
        assert sponsor_of(filled["article_bottom"]) == "Bramble Bakery"
    war = Article.objects.filter(sensitivities__topic="war", sensitivities__risk="high")
    assert war.count() >= 2
    for article in war.select_related("site", "section"):
        sponsors = {sponsor_of(slot) for slot in filled_on(article).values()}
        assert sponsors == {"The Ternhaven Tribune"}


def test_four_weeks_of_ads_add_up_and_the_flat_week_stands_at_61_per_cent() -> None:
    item = LineItem.objects.get(campaign__advertiser__name="Harbour Motors")
    seen = AdEvent.objects.filter(decision__line_item=item, kind="impression")
    assert item.goal is not None
    assert round(seen.count() / item.goal, 2) == 0.61
    days = set(AdDecision.objects.values_list("at__date", flat=True))
    assert len(days) >= 27
    revenue = sum(seen.values_list("revenue_micros", flat=True))
    assert 0 < revenue <= item.price_micros


def test_every_seeded_decision_can_be_drawn_again() -> None:
    rows = AdDecision.objects.filter(demo=True).select_related("slot", "article").order_by("id")
    for decision in rows[::97]:
        assert explain(decision)["replayed"] is True


def test_the_title_says_who_may_sell_its_space() -> None:
    said = Client().get("/ads.txt").content.decode()
    validate_ads_txt(said)
    assert "DIRECT" in said


def test_one_ad_waits_for_approval() -> None:
    (waiting,) = Creative.objects.exclude(sha256=F("approved_sha256"))
    assert waiting.line_item.campaign.advertiser.name == "Quayside Cars"


def test_ads_lead_to_addresses_that_belong_to_nobody() -> None:
    targets = list(Creative.objects.values_list("target_url", flat=True))
    assert len(targets) >= 5
    assert all(urlsplit(target).hostname.endswith((".example.org", ".example.com")) for target in targets)  # type: ignore[union-attr]


def test_a_reply_came_after_its_parent_was_published() -> None:
    replies = list(Comment.objects.exclude(parent=None).select_related("parent"))
    assert len(replies) > 150
    for reply in replies:
        assert reply.parent is not None
        assert reply.parent.published_at is not None, f"{reply.body} answers what was never shown"
        assert reply.parent.published_at < reply.created_at


def test_threads_are_three_replies_deep_and_counted() -> None:
    assert Comment.objects.filter(depth__gte=3).count() >= 10
    for thread in Thread.objects.all():
        assert thread.published_count == Comment.objects.published().filter(article=thread.article_id).count()
    for root in Comment.objects.filter(depth=0):
        below = Comment.objects.published().filter(ancestors__contains=[root.pk])
        assert root.reply_count == below.count()


def test_editors_have_pinned_and_picked_under_the_liveliest_articles() -> None:
    threads = Thread.objects.exclude(pinned=[])
    assert threads.count() == 3
    for thread in threads:
        path = f"/api/v1/articles/{thread.article.slug}/comments/"
        results = Client().get(path).json()["results"]
        assert "pinned" in results[0]["badges"]
        assert Comment.objects.published().filter(article=thread.article_id, is_pick=True).count() == 1


def test_comments_span_four_weeks_and_sleep_at_night(seeded_at: datetime) -> None:
    times = list(Comment.objects.order_by("created_at").values_list("created_at", flat=True))
    assert timedelta(days=24) < seeded_at - times[0] <= timedelta(days=28)
    assert times[-1] < seeded_at
    zone = ZoneInfo(Site.objects.get().time_zone)
    hours = Counter(time.astimezone(zone).hour for time in times)
    assert sum(hours[hour] for hour in range(1, 6)) < sum(hours[hour] for hour in range(18, 23)) / 3


def test_no_decision_lies_in_the_future_or_before_its_comment(seeded_at: datetime) -> None:
    for comment in Comment.objects.prefetch_related("decisions"):
        times = sorted(decision.at for decision in comment.decisions.all())
        assert comment.created_at <= times[0]
        assert times[-1] <= seeded_at


def test_every_comment_is_marked_as_demo_and_has_an_address_that_belongs_to_nobody() -> None:
    assert not Comment.objects.filter(demo=False).exists()
    assert CommentPrivate.objects.count() == Comment.objects.count()
    assert not Mailbox.objects.filter(demo=False).exists()
    for ciphertext in Mailbox.objects.values_list("address_ciphertext", flat=True):
        assert decrypt_address(ciphertext).rpartition("@")[2] in DOMAINS


def test_one_reader_keeps_one_address() -> None:
    per_name = {}
    for name, mailbox in CommentPrivate.objects.values_list("comment__name", "mailbox"):
        per_name.setdefault(name, set()).add(mailbox)
    assert len(per_name) > 150
    assert {len(mailboxes) for mailboxes in per_name.values()} == {1}
