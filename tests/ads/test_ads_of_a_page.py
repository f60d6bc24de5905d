"""The blocks above and below an article: four queries, and no setting of a slot breaks the page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from ads.models import Advertiser, LineItem, PolicyOverride, Slot
from articles.models import Article, Site, Tag
from articles.services import set_sensitivity
from moderation.models import ThreadState
from tests.ads.conftest import filled_on, new_article, new_creative, new_line_item, new_slot

pytestmark = pytest.mark.django_db


def test_a_page_asks_four_queries_however_much_is_booked(site: Site, django_assert_num_queries: Any) -> None:
    article = new_article(site)
    slots = [new_slot(site, position=position) for position in ("article_top", "article_bottom")]
    for _ in range(12):
        new_creative(new_line_item(site, *slots))
    filled_on(article)  # Loads what there is to choose from, once for all.
    with django_assert_num_queries(4):
        shown = filled_on(article)
    assert set(shown) == {"article_top", "article_bottom"}
    assert all(one.creative for one in shown.values())


def test_one_creative_stands_on_a_page_once(site: Site) -> None:
    slots = [new_slot(site, position=position) for position in ("article_top", "article_bottom")]
    new_creative(new_line_item(site, *slots))
    shown = filled_on(new_article(site))
    assert sorted(one.creative is not None for one in shown.values()) == [False, True]


@pytest.mark.parametrize(
    "item",
    [
        {"status": "draft"},
        {"status": "paused"},
    ],
)
def test_what_is_not_ready_is_not_shown(site: Site, item: dict[str, str]) -> None:
    slot = new_slot(site)
    new_creative(new_line_item(site, slot, **item))
    assert filled_on(new_article(site))["article_top"].creative is None


def test_a_campaign_runs_from_its_start_until_its_end(site: Site) -> None:
    now = timezone.now()
    item = new_line_item(site, new_slot(site))
    new_creative(item)
    item.campaign.starts_at, item.campaign.ends_at = now, now + timedelta(hours=1)
    item.campaign.save()
    article = new_article(site)
    shown = [
        filled_on(article, at=at)["article_top"].creative is not None
        for at in (now - timedelta(seconds=1), now, now + timedelta(minutes=59), now + timedelta(hours=1))
    ]
    assert shown == [False, True, True, False]


def test_a_sponsor_stands_before_a_house_ad(site: Site) -> None:
    slot = new_slot(site)
    new_creative(new_line_item(site, slot, type=LineItem.Type.HOUSE))
    paid = new_creative(new_line_item(site, slot, type=LineItem.Type.SPONSORSHIP))
    for seed in range(20):
        shown = filled_on(new_article(site), seed=seed)
        assert shown["article_top"].creative == paid


def test_of_two_slots_in_one_place_the_one_with_an_ad_is_shown(site: Site) -> None:
    new_slot(site, code="a-empty")
    new_creative(new_line_item(site, new_slot(site, code="b-sold")))
    shown = filled_on(new_article(site))
    assert shown["article_top"].code == "b-sold"


def test_a_slot_of_another_site_with_the_same_code_is_another_slot(site: Site, other_site: Site) -> None:
    new_slot(site, code="top")
    theirs = new_slot(other_site, code="top")
    new_creative(new_line_item(site, theirs))
    assert filled_on(new_article(site))["article_top"].creative is None


def test_another_tenants_ads_are_not_shown(site: Site, other_site: Site) -> None:
    slot = new_slot(site)
    new_creative(new_line_item(other_site, slot))
    assert filled_on(new_article(site))["article_top"].creative is None


@pytest.mark.parametrize(
    "strange",
    [
        {"sizes": []},
        {"sizes": ["nonsense"]},
        {"sizes": ["9999x9999"]},
        {"active": False},
        {"name": "<b>“&"},
        {"floor_price_micros": 2**63 - 1},
        {"position": "in_thread", "after_n": 1, "every_m": 1},
    ],
)
def test_a_strange_slot_does_not_break_the_page(site: Site, client: Client, strange: dict[str, Any]) -> None:
    slots = [new_slot(site, **strange), new_slot(site, position="article_bottom")]
    new_creative(new_line_item(site, *slots), headline="<script>alert(1)</script>")
    response = client.get(new_article(site).get_absolute_url())
    assert response.status_code == 200
    assert b"<script>alert" not in response.content


def test_a_line_item_without_slots_or_creatives_does_not_break_the_page(site: Site, client: Client) -> None:
    new_slot(site)
    new_line_item(site)
    new_creative(new_line_item(site))
    assert client.get(new_article(site).get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ads_slot SET position = 'sidebar'",
        "UPDATE ads_slot SET floor_price_micros = -1",
        "UPDATE ads_slot SET after_n = 3",
        "UPDATE ads_lineitem SET type = 'premium'",
        "UPDATE ads_lineitem SET weight = 0",
        "UPDATE ads_campaign SET ends_at = starts_at",
    ],
)
def test_the_database_refuses_what_no_page_could_use(site: Site, statement: str) -> None:
    new_line_item(site, new_slot(site))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Slot.objects.get().position == "article_top"


# --- what stands beside what -------------------------------------------------------------------------------
def fill(site: Site, article: Article) -> tuple[str, str]:
    """The sponsors above and below: ``house``, ``paid`` or nothing."""
    shown = filled_on(article)
    found = [shown[position].creative for position in ("article_top", "article_bottom")]
    return tuple({"house": "house"}.get(c.line_item.type, "paid") if c else "" for c in found)  # type: ignore[return-value]


@pytest.fixture
def booked(site: Site) -> Article:
    """An article with a sponsor that keeps away from war, and two house ads behind it."""
    slots = [new_slot(site, position=position) for position in ("article_top", "article_bottom")]
    for kind in ("standard", "standard", "house", "house"):
        item = new_line_item(site, *slots, type=kind)
        new_creative(item)
        Advertiser.objects.filter(pk=item.campaign.advertiser_id).update(tolerances={"war": "none"})
    return new_article(site)


def note(article: Article, **risks: str) -> None:
    for topic, risk in risks.items():
        set_sensitivity(article=article, topic=topic, risk=risk, source="editor")


def test_an_advertiser_is_kept_from_what_it_does_not_accept(site: Site, booked: Article) -> None:
    assert fill(site, booked) == ("house", "house")  # nothing is known: medium for every topic
    note(booked, crime="low")
    assert fill(site, booked) == ("paid", "paid")
    note(booked, war="low")
    assert fill(site, booked) == ("house", "house")
    note(booked, death="no_ads")
    assert fill(site, booked) == ("", "")


def test_a_sections_default_holds_until_the_article_has_its_own(site: Site, booked: Article) -> None:
    booked.section.default_topic, booked.section.default_risk = "politics", "medium"
    booked.section.save()
    assert fill(site, booked) == ("paid", "paid")
    note(booked, war="high")
    assert fill(site, booked) == ("house", "house")


def test_a_heated_conversation_keeps_sponsors_from_its_edge_only(site: Site, booked: Article) -> None:
    note(booked, crime="low")
    ThreadState.objects.create(article=booked, state="heated")
    assert fill(site, booked) == ("paid", "house")
    Advertiser.objects.update(thread_tolerance="heated")
    assert fill(site, booked) == ("paid", "paid")
    ThreadState.objects.update(state="unsafe")
    assert fill(site, booked) == ("paid", "house")


@pytest.mark.parametrize("scope", ["site", "section", "tag", "article"])
@pytest.mark.parametrize(("action", "expected"), [("house", ("house", "house")), ("none", ("", ""))])
def test_the_editors_switch_holds_at_once_and_ends_by_itself(
    site: Site, booked: Article, scope: str, action: str, expected: tuple[str, str]
) -> None:
    note(booked, crime="low")
    tag = Tag.objects.create(site=site, name="Dravinsk", slug="dravinsk")
    booked.tags.add(tag)
    scopes = {"site": {}, "section": {"section": booked.section}, "tag": {"tag": tag}}
    scopes["article"] = {"article": booked}
    now = timezone.now()
    override = PolicyOverride.objects.create(
        site=site, action=action, reason="News", expires_at=now + timedelta(hours=1), **scopes[scope]
    )
    assert fill(site, booked) == expected
    other = new_article(site)
    note(other, crime="low")
    assert fill(site, other) == (expected if scope == "site" else ("paid", "paid"))
    PolicyOverride.objects.filter(pk=override.pk).update(
        starts_at=now - timedelta(hours=2), expires_at=now - timedelta(seconds=1)
    )
    assert fill(site, booked) == ("paid", "paid")
