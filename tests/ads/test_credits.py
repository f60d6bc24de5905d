"""An article judged more sensitive later: who stood there is listed, and credited in one step, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from ads.delivery.credits import credit_decisions, exposures
from ads.delivery.models import AdDecision, Credit
from ads.delivery.statements import make_statement
from ads.models import Advertiser, Creative
from articles.models import Article, Site
from articles.services import set_sensitivity
from tests.ads.conftest import Caller, new_article, new_creative, new_line_item, new_slot
from tests.ads.test_delivery import browse
from tests.ads.test_statements import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def article(site: Site) -> Article:
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        found = new_article(site)
        set_sensitivity(article=found, topic="crime", risk="low", source="editor")
    return found


@pytest.fixture
def sold(site: Site, article: Article) -> Creative:
    """An advertiser that keeps away from war, with three impressions of yesterday on the article."""
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        item = new_line_item(site, new_slot(site, code="top"), price_micros=8_500_000)
        creative = new_creative(item)
        Advertiser.objects.filter(pk=item.campaign.advertiser_id).update(tolerances={"war": "none"})
        assert browse(article, 3) == 3
    return creative


def test_nobody_is_exposed_until_the_article_is_judged_otherwise(article: Article, sold: Creative) -> None:
    assert exposures(article) == []
    set_sensitivity(article=article, topic="war", risk="high", source="editor")
    (found,) = exposures(article)
    assert (found.reason, found.impressions, found.credited, found.earned_micros) == (
        "sensitive_war", 3, 0, 25_500,
    )  # fmt: skip


def test_exactly_these_are_credited_once(article: Article, sold: Creative, manager: Caller) -> None:
    set_sensitivity(article=article, topic="war", risk="high", source="editor")
    (found,) = exposures(article)
    made = [credit_decisions(found.decisions, reason="war", actor=manager.user) for _ in range(2)]
    assert made == [3, 0]
    assert sum(Credit.objects.values_list("amount_micros", flat=True)) == 25_500
    assert exposures(article)[0].credited == 3


def test_a_credit_is_a_note_on_the_next_statement_and_on_no_other(
    article: Article, sold: Creative, manager: Caller
) -> None:
    now = timezone.now()
    campaign = sold.line_item.campaign
    credit_decisions(AdDecision.objects.values_list("pk", flat=True), reason="war", actor=manager.user)
    yesterday, before = now.date() - timedelta(days=1), now.date() - timedelta(days=2)
    first = make_statement(campaign, first=yesterday, last=yesterday, actor=manager.user, at=now)
    assert (first.content["delivered_micros"], first.content["credited_micros"]) == (25_500, 25_500)
    assert (first.content["net_micros"], first.content["credits"]) == (0, ["war"])
    second = make_statement(campaign, first=before, last=before, actor=manager.user, at=now)
    assert second.content["credited_micros"] == 0


def test_one_step_in_the_admin(article: Article, sold: Creative, manager: Caller) -> None:
    set_sensitivity(article=article, topic="war", risk="high", source="editor")
    desk, path = signed_in(manager), f"/admin/ads/exposure/{article.pk}/"
    assert "Credit these" in desk.get(path).content.decode()
    desk.post(path, {"advertiser": str(sold.line_item.campaign.advertiser_id)})
    assert Credit.objects.count() == 3
    assert "Credit these" not in desk.get(path).content.decode()


def test_outsiders_credit_nothing(
    article: Article, sold: Creative, other_site: Site, caller: Callable[..., Caller]
) -> None:
    set_sensitivity(article=article, topic="war", risk="high", source="editor")
    path = f"/admin/ads/exposure/{article.pk}/"
    advertiser = {"advertiser": str(sold.line_item.campaign.advertiser_id)}
    assert signed_in(caller("ad manager", sites=(other_site,))).post(path, advertiser).status_code == 404
    assert signed_in(caller("editor")).post(path, advertiser).status_code == 403
    assert Client().post(path, advertiser).status_code == 302
    assert not Credit.objects.exists()


def test_the_same_over_the_api(
    article: Article, sold: Creative, manager: Caller, caller: Callable[..., Caller]
) -> None:
    path = f"/api/v1/ads/exposures/?article={article.slug}"
    assert manager.get(path).json()["results"] == []
    set_sensitivity(article=article, topic="war", risk="high", source="editor")
    (found,) = manager.get(path).json()["results"]
    assert (found["reason"], found["impressions"], found["credited"]) == ("sensitive_war", 3, 0)
    body = {"article": article.slug, "advertiser": found["advertiser"]}
    credit = "/api/v1/ads/exposures/credit/"
    assert [manager.post(credit, body).json() for _ in range(2)] == [{"credited": 3}, {"credited": 0}]
    assert caller("editor").get(path).status_code == 200
    assert caller("editor").post(credit, body).status_code == 403
    assert caller("advertiser").get(path).status_code == 403
    assert manager.get(f"{path}x").status_code == 404
    assert manager.get("/api/v1/ads/exposures/").status_code == 400
