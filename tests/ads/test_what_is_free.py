"""The forecast over the API: neighbours, floors, targeting, and what four weeks of views promise."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ads.delivery.models import Rollup
from ads.models import Advertiser, Slot
from articles.models import Article, Site
from articles.services import set_sensitivity
from tests.ads.conftest import Caller, field_codes, new_article, new_line_item, new_slot

pytestmark = pytest.mark.django_db
PATH = "/api/v1/ads/availability/"
MONTH = {"starts_at": "2027-01-01T00:00:00Z", "ends_at": "2027-01-11T00:00:00Z"}


@pytest.fixture
def slot(site: Site) -> Slot:
    return new_slot(site, code="top", floor_price_micros=2_000_000)


def read(article: Article, slot: Slot, views: int, *, ago: timedelta = timedelta(days=10)) -> None:
    """So many views of a slot on an article, in one hour."""
    hour = (timezone.now() - ago).replace(minute=0, second=0, microsecond=0)
    Rollup.objects.create(
        site_id=slot.site_id,
        hour=hour,
        slot_id=slot.pk,
        article_id=article.pk,
        measure="request",
        number=views,
    )


@pytest.fixture
def articles(site: Site, slot: Slot) -> tuple[Article, Article]:
    """One that suits everybody and one about a war, with 1,000 views each in ten days."""
    calm, war = new_article(site), new_article(site)
    set_sensitivity(article=calm, topic="crime", risk="low", source="editor")
    set_sensitivity(article=war, topic="war", risk="high", source="editor")
    for article in (calm, war):
        read(article, slot, 1_000)
    return calm, war


def free(manager: Caller, **more: Any) -> dict[str, Any]:
    response = manager.post(PATH, {"slots": ["top"], "price_micros": 8_500_000} | MONTH | more)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def test_the_forecast_counts_what_the_advertiser_accepts(
    manager: Caller, articles: tuple[Article, Article]
) -> None:
    found = free(manager)
    (place,) = found["slots"]
    assert (found["articles"], found["suitable_articles"], place["share"]) == (2, 1, 1.0)
    assert place["views_a_day"] == pytest.approx(200, rel=0.02)
    assert place["suitable_a_day"] == pytest.approx(100, rel=0.02)
    assert place["forecast_impressions"] == pytest.approx(1_000, rel=0.02)


def test_who_shares_and_who_comes_first_lower_it(
    manager: Caller, site: Site, slot: Slot, articles: tuple[Article, Article]
) -> None:
    new_line_item(site, slot, weight=300)
    assert free(manager)["forecast_impressions"] == pytest.approx(250, rel=0.05)
    first = new_line_item(site, slot, type="sponsorship", goal=1_000)
    first.campaign.starts_at = datetime.fromisoformat(MONTH["starts_at"])
    first.campaign.ends_at = datetime.fromisoformat(MONTH["ends_at"])
    first.campaign.save()
    found = free(manager)
    assert found["forecast_impressions"] == pytest.approx(125, rel=0.06)
    assert [one["comes_first"] for one in found["slots"][0]["neighbours"]].count(True) == 1
    new_line_item(site, slot, type="sponsorship")
    assert free(manager)["forecast_impressions"] == 0  # It has no limit.


def test_targeting_and_floors_are_in_it(
    manager: Caller, slot: Slot, articles: tuple[Article, Article]
) -> None:
    def rule(op: str) -> list[dict[str, Any]]:
        return [{"dimension": "section", "op": op, "values": [articles[0].section.slug]}]

    assert free(manager, targeting=rule("not_in"))["forecast_impressions"] == 0
    assert free(manager, targeting=rule("in"))["forecast_impressions"] > 900
    below = free(manager, price_micros=1_000_000)["slots"][0]
    assert (below["below_floor"], below["forecast_impressions"]) == (True, 0)


def test_competitors_are_named(manager: Caller, site: Site, slot: Slot) -> None:
    ours = Advertiser.objects.create(site=site, name="Harbour Motors", competitor_group="dealers")
    rival = new_line_item(site, slot)
    Advertiser.objects.filter(pk=rival.campaign.advertiser_id).update(competitor_group="dealers")
    (neighbour,) = free(manager, advertiser=str(ours.pk))["slots"][0]["neighbours"]
    assert neighbour["competitor"] is True


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"slots": []}, {"slots": "required"}),
        ({"slots": ["nowhere"]}, {"slots": "does_not_exist"}),
        ({"ends_at": "2026-01-01T00:00:00Z"}, {"ends_at": "bad_range"}),
        ({"ends_at": MONTH["starts_at"]}, {"ends_at": "bad_range"}),
        ({"starts_at": "9999-12-31T00:00:00Z", "ends_at": None}, {"starts_at": "invalid"}),
        ({"type": "house", "price_micros": 5_000}, {"price_micros": "house_is_free"}),
        (
            {"targeting": [{"dimension": "country", "op": "in", "values": ["GB"]}]},
            {"targeting": "no_resolver"},
        ),
        ({"price": 1}, {"price": "unknown_field"}),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(
    manager: Caller, slot: Slot, change: dict[str, Any], codes: dict[str, str]
) -> None:
    assert field_codes(manager.post(PATH, {"slots": ["top"]} | MONTH | change)) == codes
