"""Several calls of one page view know what the earlier ones were given, and nothing that a page makes up."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from ads.decision import Candidate, Standing, Surroundings, decide, rules_at
from ads.delivery.models import AdDecision
from ads.models import Advertiser, LineItem
from articles.models import Article, Site
from articles.services import set_sensitivity
from tests.ads.conftest import Caller, new_article, new_creative, new_line_item, new_slot
from tests.ads.test_what_stands_together import AT, PLACES, ad


def later(
    *ads: Candidate, standing: list[Standing], slots: tuple[str, ...] = ("thread", "thread")
) -> list[int]:
    beside = Surroundings(sensitivity={"crime": "low"}, standing=standing)
    choices = decide(ads, slots=slots, at=AT, seed=7, beside=beside)
    return [choice.creative_id.int if choice.creative_id else 0 for choice in choices]


def stands(one: Candidate, slot: str = "top") -> Standing:
    return Standing(slot, one.creative_id, one.line_item_id, one.sponsor, one.competitor_group)


def test_what_stands_already_stands_once_or_as_often_as_was_booked() -> None:
    once, twice = ad(1), ad(2, per_page=2)
    assert later(once, standing=[stands(once)]) == [0, 0]
    assert later(twice, standing=[stands(twice)]) == [2, 0]
    assert later(ad(3, item=1), once, standing=[stands(once)]) == [3, 0]  # Another creative of the same item.


def test_a_competitor_of_what_stands_does_not_come() -> None:
    dealer, rival = ad(1, competitor_group="cars"), ad(2, competitor_group="cars")
    assert later(rival, standing=[stands(dealer)]) == [0, 0]
    beside = Surroundings(sensitivity={"crime": "low"}, standing=[stands(dealer)])
    place: dict[str, Any] = {"slots": ("thread",), "at": AT, "seed": 7, "beside": beside, "place": 0}
    assert rules_at([rival], **place) == ["competitor_on_this_page"]
    assert later(rival, standing=[stands(rival)]) == [0, 0]
    assert later(ad(3, competitor_group="bread"), standing=[stands(dealer)]) == [3, 0]


def test_a_roadblock_keeps_the_later_places_and_comes_to_no_page_that_is_begun() -> None:
    block, other = ad(1, roadblock=True), ad(2, weight=30_000, per_page=9)
    assert later(block, other, standing=[stands(block)]) == [1, 1]
    sponsor = ad(3, tier="sponsorship", per_page=9)
    assert later(block, sponsor, standing=[stands(block)]) == [1, 1]
    assert later(block, standing=[stands(other)]) == [0, 0]
    assert later(block, standing=[stands(other, slot="elsewhere")]) == [1, 1]
    assert set(PLACES) == {"top", "thread", "bottom"}


# --- over the API ------------------------------------------------------------------------------------------
@pytest.fixture
def article(site: Site) -> Article:
    """One dealer has the top; its competitor and it are booked below."""
    found = new_article(site)
    set_sensitivity(article=found, topic="crime", risk="low", source="editor")
    top, bottom = new_slot(site, code="top"), new_slot(site, code="bottom", position="article_bottom")
    new_creative(new_line_item(site, top))
    new_creative(new_line_item(site, bottom))
    Advertiser.objects.update(competitor_group="cars")
    return found


def ask(article: Article, slot: str, view: UUID, shown: list[str] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"article": article.slug, "slots": [slot], "view": str(view)}
    if shown is not None:
        body["shown"] = shown
    answer = Client().post("/api/v1/ads/decisions/", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()["results"][0]
    return found


@pytest.mark.django_db
def test_a_later_call_names_what_the_view_shows_and_gets_no_competitor(
    article: Article, manager: Caller
) -> None:
    view = uuid4()
    first = ask(article, "top", view)
    second = ask(article, "bottom", view, [first["viewable_url"]])
    assert second == {"slot": "bottom", "no_fill_reason": "no_eligible_line_item"}
    decision = AdDecision.objects.get(line_item=None)
    told = manager.get(f"/api/v1/ads/decisions/{decision.pk}/explain/").json()
    assert told["replayed"] is True
    assert "competitor_on_this_page" in {row["rule"] for row in told["line_items"]}


@pytest.mark.django_db
def test_what_another_view_or_article_was_given_or_nobody_signed_keeps_nothing_away(
    article: Article, site: Site
) -> None:
    view = uuid4()
    first = ask(article, "top", view)
    path = first["viewable_url"]
    assert "creative" in ask(article, "bottom", uuid4(), [path])
    for wrong in (path[:-2] + "xx", first["impression_url"], "x", "/a/v/", "é" * 900):
        assert "creative" in ask(article, "bottom", view, [wrong]), wrong
    other = new_article(site)
    set_sensitivity(article=other, topic="crime", risk="low", source="editor")
    assert "creative" in ask(other, "bottom", view, [path])


@pytest.mark.django_db
@pytest.mark.parametrize("shown", ["x", {"a": 1}, [1], [None], [["x"]], ["x"] * 41, ["x" * 1_001]])
def test_what_is_no_list_of_paths_is_400(article: Article, shown: Any) -> None:
    body = {"article": article.slug, "slots": ["top"], "view": str(uuid4()), "shown": shown}
    answer = Client().post("/api/v1/ads/decisions/", body, content_type="application/json")
    assert answer.status_code == 400
    assert not AdDecision.objects.exists()


@pytest.mark.django_db
def test_the_page_says_what_it_shows_so_that_its_script_can(article: Article) -> None:
    LineItem.objects.update(status="ready")
    html = Client().get(article.get_absolute_url(), headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})
    text = html.content.decode()
    view = AdDecision.objects.values_list("view", flat=True)[0]
    assert f'data-ad-article="{article.slug}" data-ad-view="{view}"' in text
