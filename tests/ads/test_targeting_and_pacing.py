"""Rules are data with closed operators; an even budget lasts as long as its campaign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from ads.delivery.explaining import explain
from ads.delivery.models import AdDecision, Spend
from ads.models import Creative, LineItem
from ads.pacing import Plan
from ads.targeting import DIMENSIONS, HOURS, device_of, hour_of_week, missed
from articles.models import Article, Site, Tag
from tests.ads.conftest import Caller, field_codes, new_article, new_creative, new_line_item, new_slot

ITEMS, DECIDE = "/api/v1/ads/line-items/", "/api/v1/ads/decisions/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
START = datetime(2026, 6, 1, tzinfo=UTC)


def rule(dimension: str, op: str, *values: str) -> dict[str, Any]:
    return {"dimension": dimension, "op": op, "values": list(values)}


@pytest.mark.parametrize(
    ("rules", "first"),
    [
        ([], ""),
        ([rule("section", "in", "sport", "local")], ""),
        ([rule("section", "in", "sport")], "target_section"),
        ([rule("section", "not_in", "sport")], ""),
        ([rule("tag", "not_in", "bridges")], "target_tag"),
        ([rule("tag", "in", "bridges"), rule("device", "in", "phone")], "target_device"),
        ([rule("device", "not_in", "phone")], ""),
    ],
)
def test_all_rules_must_hold_and_what_is_not_known_is_in_no_set(rules: Any, first: str) -> None:
    assert missed(rules, {"section": ["local"], "tag": ["harbour", "bridges"]}) == first


def test_the_week_has_168_hours_and_devices_name_themselves() -> None:
    assert (len(set(HOURS)), hour_of_week(START.replace(hour=9))) == (168, "mon-09")
    assert [device_of(PHONE), device_of("Mozilla/5.0 (iPad; CPU OS 18_0)"), device_of("")] == [
        "phone", "tablet", "",
    ]  # fmt: skip


@pytest.fixture
def article(site: Site) -> Article:
    found = new_article(site)
    found.tags.add(Tag.objects.create(site=site, name="Bridges", slug="bridges"))
    found.byline = "Ada Bell"
    found.save()
    return found


@pytest.fixture
def sold(site: Site, article: Article) -> Creative:
    return new_creative(new_line_item(site, new_slot(site, code="top")))


def decided(article: Article, *, user_agent: str = PHONE) -> AdDecision:
    body = {"article": article.slug, "slots": ["top"], "view": str(uuid4())}
    headers = {"User-Agent": user_agent, "CF-IPCountry": "GB"}
    answer = Client(headers=headers).post(DECIDE, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return AdDecision.objects.latest("id")


def verdict(decision: AdDecision, item: LineItem) -> str:
    """The failing rule that the explanation names; the draw, done again, gives the same winner."""
    told = explain(decision)
    assert told["replayed"] is True
    return {UUID(row["line_item"]): row["rule"] for row in told["line_items"]}[item.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_each_dimension_is_read_from_our_own_rows_and_explained(
    manager: Caller, article: Article, sold: Creative, dimension: str, settings: Any
) -> None:
    if dimension == "country":
        settings.ADS_COUNTRY_RESOLVER = "header:CF-IPCountry"
        settings.NEWSROOM_TRUSTED_PROXIES = ["127.0.0.1/32"]
    local = timezone.now()
    own = {
        "section": article.section.slug, "tag": "bridges", "author": "Ada Bell", "device": "phone",
        "hour": hour_of_week(local), "thread": "calm", "country": "GB",
    }[dimension]  # fmt: skip
    path = f"{ITEMS}{sold.line_item_id}/"
    for op, shown in (("in", True), ("not_in", False)):
        changed = manager.patch(path, {"targeting": [rule(dimension, op, own)]}, If_Match="*")
        assert changed.json()["targeting"] == [rule(dimension, op, own)]
        decision = decided(article)
        if hour_of_week(decision.at) != hour_of_week(local):
            pytest.skip("the hour changed meanwhile")
        assert (decision.creative_id == sold.pk) is shown
        assert verdict(decision, sold.line_item) == ("" if shown else f"target_{dimension}")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("targeting", "code"),
    [
        ("sport", "invalid"),
        ([{}], "invalid"),
        ([rule("section", "in")], "invalid"),
        ([rule("section", "in", "local") | {"or": 1}], "invalid"),
        ([{"dimension": "section", "op": "in", "values": [7]}], "invalid"),
        ([rule("section", "in", "nowhere")], "does_not_exist"),
        ([rule("author", "in", "")], "does_not_exist"),
        ([rule("hour", "in", "mon-24")], "does_not_exist"),
        ([rule("country", "in", "GB")], "no_resolver"),
        ([{"dimension": ["section"], "op": "in", "values": ["local"]}], "unknown_dimension"),
        ([rule("section", "matches", ".*")], "unknown_operator"),
        ([rule("device", "in", "phone")] * 21, "max_length"),
    ],
)
def test_what_no_page_could_meet_is_refused(
    manager: Caller, sold: Creative, targeting: Any, code: str
) -> None:
    changed = manager.patch(f"{ITEMS}{sold.line_item_id}/", {"targeting": targeting}, If_Match="*")
    assert field_codes(changed) == {"targeting": code}


@pytest.mark.django_db
def test_another_titles_sections_are_not_known(manager: Caller, sold: Creative, other_site: Site) -> None:
    theirs = new_article(other_site).section.slug
    changed = manager.patch(
        f"{ITEMS}{sold.line_item_id}/", {"targeting": [rule("section", "in", theirs)]}, If_Match="*"
    )
    assert field_codes(changed) == {"targeting": "does_not_exist"}


# --- pacing ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("pacing", "day", "allowed"),
    [
        ("even", -1, 1_000),  # before its start only the first burst
        ("even", 5, 51_416),
        ("even", 10, 100_000),
        ("even", 99, 100_000),
        ("front_loaded", 5, 76_414),
        ("front_loaded", 10, 100_000),
    ],
)
def test_a_plan_allows_what_is_due_by_now_and_a_small_burst(pacing: str, day: int, allowed: int) -> None:
    plan = Plan(pacing, 100_000, START, START + timedelta(days=10))
    assert plan.allowed(at=START + timedelta(days=day), each=1) == allowed


def test_a_plan_never_allows_more_than_the_budget_and_never_takes_back() -> None:
    plan = Plan("front_loaded", 12_345, START, START + timedelta(days=3))
    sums = [plan.allowed(at=START + timedelta(hours=hour), each=85) for hour in range(-5, 90)]
    assert sums == sorted(sums)
    assert max(sums) == 12_345


@pytest.mark.django_db
def test_who_is_ahead_waits_and_who_is_behind_catches_up(site: Site, article: Article) -> None:
    now = timezone.now()
    item = new_line_item(
        site, new_slot(site, code="top"), price_micros=8_500_000, budget_micros=850_000_000, pacing="even"
    )
    creative = new_creative(item)
    item.campaign.starts_at, item.campaign.ends_at = now - timedelta(days=5), now + timedelta(days=5)
    item.campaign.save()
    spent = Spend.objects.create(key=f"item:{item.pk}", settled_micros=600_000_000)
    ahead = decided(article)
    assert (ahead.creative_id, verdict(ahead, item)) == (None, "ahead_of_pace")
    Spend.objects.filter(pk=spent.pk).update(settled_micros=100_000_000)
    assert decided(article).creative_id == creative.pk
    Spend.objects.filter(pk=spent.pk).update(settled_micros=600_000_000)
    LineItem.objects.filter(pk=item.pk).update(pacing="asap")
    assert decided(article).creative_id == creative.pk
