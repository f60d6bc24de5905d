"""Delivery and *where did this run?* in the admin: the numbers of the events, own sites only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from ads.delivery.charts import bars, ceiling, lines
from ads.delivery.models import AdDecision, Credit
from ads.delivery.references import reference_of
from ads.models import Advertiser, Campaign, Creative, LineItem
from articles.models import Article, Site
from articles.services import set_sensitivity
from tests.ads.conftest import Caller, new_article, new_creative, new_line_item, new_slot
from tests.ads.test_delivery import browse

pytestmark = pytest.mark.django_db

DELIVERY, WHERE = "/admin/ads/delivery/", "/admin/ads/where/"


@pytest.fixture
def article(site: Site) -> Article:
    found = new_article(site)
    set_sensitivity(article=found, topic="crime", risk="low", source="editor")
    return found


@pytest.fixture
def sold(site: Site) -> Creative:
    item = new_line_item(
        site, new_slot(site, code="top"), price_model="flat", price_micros=1_250_000_000, goal=10
    )
    now = timezone.now()
    Campaign.objects.filter(pk=item.campaign_id).update(
        starts_at=now - timedelta(days=4), ends_at=now + timedelta(days=3)
    )
    return new_creative(item)


@pytest.fixture
def desk(manager: Caller) -> Client:
    return signed_in(manager)


def signed_in(who: Caller) -> Client:
    who.user.is_staff = True
    who.user.save()
    client = Client()
    client.force_login(who.user)
    return client


def test_delivery_says_booked_delivered_earned_and_behind(
    desk: Client, article: Article, sold: Creative
) -> None:
    browse(article, 3)
    page = desk.get(DELIVERY)
    (row,) = page.context["rows"]
    assert (row.impressions, row.share, row.revenue_micros) == (3, 0.3, 375_000_000)
    assert row.is_behind
    text = page.content.decode()
    assert "1,250.00" in text
    assert "375.00" in text
    assert "30 % behind" in text


def test_one_booking_day_by_day_with_its_pace(desk: Client, article: Article, sold: Creative) -> None:
    browse(article, 3)
    page = desk.get(f"{DELIVERY}{sold.line_item_id}/")
    pacing, chart = page.context["charts"]
    assert len(chart.bars) == len(page.context["days"]) == 5
    assert page.context["sums"].impressions == 3
    assert pacing.line.count("L") == 5
    assert pacing.pace.count("L") >= 7
    assert page.content.decode().count('class="ad-chart"') == 2


def test_an_open_end_has_no_pace(desk: Client, article: Article, sold: Creative) -> None:
    Campaign.objects.update(ends_at=None)
    assert len(desk.get(f"{DELIVERY}{sold.line_item_id}/").context["charts"]) == 1


def test_a_complaint_is_found_by_advertiser_and_headline(
    desk: Client, article: Article, sold: Creative
) -> None:
    browse(article, 2)
    advertiser = sold.line_item.campaign.advertiser_id
    for asked in (article.headline[:6].lower(), f"https://tribune.example.org{article.get_absolute_url()}"):
        page = desk.get(WHERE, {"advertiser": str(advertiser), "article": asked})
        assert len(page.context["runs"]) == 2
    assert desk.get(WHERE, {"article": "no such headline"}).context["runs"] == []
    earlier = (timezone.now() - timedelta(days=3)).date().isoformat()
    assert desk.get(WHERE, {"last_day": earlier}).context["runs"] == []
    assert "Search" in desk.get(WHERE).content.decode()


def test_a_complaint_is_told_then_and_now_and_credited_in_one_step(
    desk: Client, article: Article, sold: Creative
) -> None:
    browse(article, 3)
    Advertiser.objects.update(tolerances={"war": "none"})
    set_sensitivity(article=article, topic="war", risk="high", source="editor")
    asked = f"{WHERE}?article={article.slug}"
    page = desk.get(asked)
    text = page.content.decode()
    assert "crime low; calm" in text
    assert "crime low, war high; calm" in text
    assert text.count('type="checkbox" name="run"') == text.count(" checked>") == 3
    first, second, _ = (str(run.decision.pk) for run in page.context["runs"])
    for wrong in ({"run": [first]}, {"reason": "war"}, {"run": ["x"], "reason": "war"}):
        desk.post(asked, wrong)
        assert not Credit.objects.exists()
    for _ in range(2):
        desk.post(asked, {"run": [first, second], "reason": "It stood beside the war"})
    assert set(Credit.objects.values_list("reason", flat=True)) == {"It stood beside the war"}
    assert Credit.objects.count() == 2
    assert desk.get(asked).content.decode().count('type="checkbox" name="run"') == 1


def test_the_same_over_the_api(
    article: Article, sold: Creative, manager: Caller, other_site: Site, caller: Callable[..., Caller]
) -> None:
    browse(article, 2)
    today = timezone.localdate().isoformat()
    runs = f"/api/v1/ads/runs/?from={today}&to={today}"
    advertiser = str(sold.line_item.campaign.advertiser_id)
    asked = f"{runs}&advertiser={advertiser}&article=https://x.example{article.get_absolute_url()}%23comments"
    found = manager.get(asked).json()["results"]
    assert [one["verdict"] for one in found] == [None, None]
    assert manager.get(f"{runs}&article=nowhere").status_code == 400
    path = "/api/v1/ads/credits/"
    body = {"decisions": [one["decision"] for one in found], "reason": "A complaint"}
    theirs = caller("ad manager", sites=(other_site,))
    assert theirs.get(runs).json()["results"] == []
    assert theirs.get(asked).status_code == theirs.post(path, body).status_code == 400
    for role in ("editor", "advertiser", "cms", ""):
        assert caller(role).post(path, body).status_code == 403
    assert caller("advertiser").get(runs).status_code == 403
    for wrong in ({"decisions": []}, {"reason": " "}, {"decisions": [str(uuid4())]}, {"decisions": "x"}):
        assert manager.post(path, body | wrong).status_code == 400, wrong
    assert [manager.post(path, body).json()["credited"] for _ in range(2)] == [2, 0]
    assert [one["credited"] for one in manager.get(runs).json()["results"]] == [True, True]


def test_the_reference_on_the_page_opens_why_then_and_now(
    desk: Client, article: Article, sold: Creative
) -> None:
    page = Client().get(article.get_absolute_url()).content.decode()
    decision = AdDecision.objects.get()
    assert f"<code>{reference_of(decision.pk)}</code>" in page
    set_sensitivity(article=article, topic="war", risk="high", source="editor")
    answer = desk.get(WHERE, {"reference": reference_of(decision.pk)})
    assert answer.context["told"]["sensitivity"] == {"crime": "low"}
    assert answer.context["now"] == {"crime": "low", "war": "high"}
    assert answer.context["verdict"] == "sensitive_war"
    assert "the same ad" in answer.content.decode()
    assert desk.get(f"{WHERE}{decision.pk}/").status_code == 200


def test_outsiders_see_nothing(
    article: Article, sold: Creative, other_site: Site, caller: Callable[..., Caller]
) -> None:
    browse(article, 1)
    decision = AdDecision.objects.get()
    theirs = signed_in(caller("ad manager", sites=(other_site,)))
    assert theirs.get(DELIVERY).context["rows"] == []
    assert theirs.get(f"{DELIVERY}{sold.line_item_id}/").status_code == 404
    assert theirs.get(f"{WHERE}{decision.pk}/").status_code == 404
    assert theirs.get(WHERE, {"article": article.slug}).context["runs"] == []
    assert signed_in(caller("cms")).get(DELIVERY).status_code == 403
    assert Client().get(DELIVERY).status_code == 302
    assert LineItem.objects.count() == 1


def test_charts_have_round_scales_and_survive_nothing() -> None:
    values = (0, 1, 3, 11, 51, 500, 501, 6_000, 8_001)
    assert [ceiling(value) for value in values] == [1, 1, 3, 20, 60, 500, 600, 6_000, 10_000]
    assert bars("none", []).bars == ()
    assert bars("one", [("1 Nov", 0)]).bars[0].height == "0.0"
    assert lines("none", ["1 Nov", ""], [0], [0, 5], 5).line == "M0.0 140.0"
