"""Ads on an article's page less the time of its moderators, over the API and in the admin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from ads.delivery.earnings import earnings
from ads.models import LineItem
from articles.models import Article, Site
from articles.services import set_sensitivity
from comments.models import Comment
from moderation.models import Decision
from newsroom.settings import hourly_rates
from tests.ads.conftest import Caller, field_codes, new_article, new_creative, new_line_item, new_slot
from tests.ads.test_delivery import browse
from tests.ads.test_delivery_pages import signed_in
from tests.factories import CommentFactory, UserFactory

pytestmark = pytest.mark.django_db

EARNINGS = "/api/v1/ads/earnings/"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
RATE = {"": 30_000_000}


@pytest.fixture(autouse=True)
def _rate(settings: Any) -> None:
    settings.NEWSROOM_MODERATION_RATE = RATE


def decided(comment: Comment, who: Any, at: datetime, **more: Any) -> None:
    kind = "person" if who else "system"
    Decision.objects.create(
        comment=comment,
        revision=comment.revision,
        round=comment.round,
        actor_kind=kind,
        actor=who,
        outcome="held",
        held_by="person" if who else "failure",
        at=at,
        **more,
    )


def minutes_by_article(site: Site) -> dict[str, float]:
    found = earnings(site, first=NOON.date(), last=NOON.date())
    return {row.slug: row.minutes for row in found}


def test_a_decision_takes_the_time_since_the_persons_one_before(site: Site, other_site: Site) -> None:
    one, two = (CommentFactory(article=new_article(site)) for _ in range(2))
    elsewhere = CommentFactory(article=new_article(other_site))
    ann, bob = UserFactory(username="ann"), UserFactory(username="bob")
    decided(one, ann, NOON)  # the first of the day: 1
    decided(one, ann, NOON + timedelta(minutes=2))  # 2
    decided(elsewhere, ann, NOON + timedelta(minutes=4))  # of another title
    decided(two, ann, NOON + timedelta(minutes=4, seconds=30))  # 0.5
    decided(two, ann, NOON + timedelta(minutes=30))  # after a pause: 1
    decided(two, bob, NOON + timedelta(minutes=2, seconds=10))  # somebody else's first: 1
    decided(one, None, NOON + timedelta(minutes=3))  # no person
    assert minutes_by_article(site) == {one.article.slug: 3.0, two.article.slug: 2.5}


def test_what_is_decided_in_one_step_shares_its_time(site: Site) -> None:
    one, two = (CommentFactory(article=new_article(site)) for _ in range(2))
    ann = UserFactory(username="ann")
    decided(one, ann, NOON - timedelta(days=1))
    decided(one, ann, NOON - timedelta(minutes=4))
    for comment in (one, two, two, two):
        decided(comment, ann, NOON, is_bulk=True)
    assert minutes_by_article(site) == {one.article.slug: 2.0, two.article.slug: 3.0}


def test_the_day_before_counts_for_the_pause_and_not_for_the_sum(site: Site) -> None:
    comment, ann = CommentFactory(article=new_article(site)), UserFactory(username="ann")
    midnight = NOON.replace(hour=0)
    decided(comment, ann, midnight - timedelta(minutes=1))
    decided(comment, ann, midnight + timedelta(minutes=1))
    assert minutes_by_article(site) == {comment.article.slug: 2.0}


@pytest.fixture
def read(site: Site) -> Article:
    """Three impressions at 0.01 each, and one decision of a person."""
    article = new_article(site)
    set_sensitivity(article=article, topic="crime", risk="low", source="editor")
    new_creative(new_line_item(site, new_slot(site, code="top"), price_micros=10_000_000))
    browse(article, 3)
    decided(CommentFactory(article=article), UserFactory(username="ann"), timezone.now())
    return article


def asked(who: Caller, **more: str) -> Any:
    today = timezone.now().date().isoformat()
    return who.get(f"{EARNINGS}?from={today}&to={today}" + "".join(f"&{k}={v}" for k, v in more.items()))


def test_the_report_says_revenue_cost_and_net(manager: Caller, read: Article, settings: Any) -> None:
    numbers = {
        "revenue_micros": 30_000, "thread_revenue_micros": 0, "decisions": 1, "minutes": 1.0,
        "cost_micros": 500_000, "net_micros": -470_000,
    }  # fmt: skip
    told = asked(manager).json()
    assert told["rows"] == [{"article": read.slug, "headline": read.headline, **numbers}]
    assert (told["totals"], told["hour_micros"]) == (numbers, 30_000_000)

    settings.NEWSROOM_MODERATION_RATE = {read.site.code: 60_000_000, "": 1}
    assert asked(manager).json()["rows"][0]["cost_micros"] == 1_000_000
    settings.NEWSROOM_MODERATION_RATE = {}
    row = asked(manager).json()["rows"][0]
    assert (row["minutes"], row["cost_micros"], row["net_micros"]) == (1.0, None, None)


def test_the_part_between_comments_is_told_apart(manager: Caller, read: Article) -> None:
    LineItem.objects.get().slots.update(position="in_thread", after_n=1, every_m=2)
    assert asked(manager).json()["rows"][0]["thread_revenue_micros"] == 30_000


def test_as_a_table_no_spreadsheet_runs_it(manager: Caller, read: Article) -> None:
    Article.objects.update(headline="=1+1")
    lines = asked(manager, format="csv").content.decode().splitlines()
    assert lines[0].startswith("article,headline,revenue_micros")
    assert f"{read.slug},'=1+1,30000," in lines[1]
    assert len(lines) == 3


def test_only_the_house_reads_it(
    manager: Caller, caller: Callable[..., Caller], other_site: Site, read: Article
) -> None:
    assert asked(caller("advertiser")).status_code == 403
    assert asked(manager, site="herald").status_code == 404
    assert field_codes(manager.get(EARNINGS)) == {"from": "required"}
    assert field_codes(manager.get(f"{EARNINGS}?from=2026-01-02&to=2026-01-01")) == {"to": "bad_range"}


def test_the_admins_page_shows_it(manager: Caller, read: Article) -> None:
    desk = signed_in(manager)
    page = desk.get("/admin/ads/earnings/").content.decode()
    assert read.headline in page
    assert "-0.47" in page
    assert "30.00" in page
    wrong = desk.get("/admin/ads/earnings/?first_day=2026-03-04&last_day=nonsense")
    assert wrong.status_code == 200
    assert "Enter a valid date" in wrong.content.decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", {}), ("30", {"": 30_000_000}), ("a=30.5, b=0", {"a": 30_500_000, "b": 0})],
)
def test_the_rate_is_read_exactly(text: str, expected: dict[str, int]) -> None:
    assert hourly_rates(text) == expected


@pytest.mark.parametrize("text", ["-1", "a=", "1,5x", "1.", ".5", "1e3", "nan"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        hourly_rates(text)
