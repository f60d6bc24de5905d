"""Ads in a browser: filled, looked at, paged; and a page that stands whatever becomes of them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

import newsroom.pages.advertisements
from ads.delivery.models import AdDecision, AdEvent
from ads.delivery.references import reference_of
from ads.models import LineItem, Slot
from articles.services import set_sensitivity

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCRIPT = Path(newsroom.pages.advertisements.__file__).parent / "static/pages/ads.js"
PLAIN = {"user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
NO_SCRIPT = PLAIN | {"java_script_enabled": False}
BLOCK = """<aside class="ad" data-ad-slot="{slot}" data-ad-article="{slug}"><p>Our own words</p></aside>"""
COUNTED = """() => {
    const pixels = [...document.querySelectorAll(".ad-count")];
    return pixels.length === 2 && pixels.every((pixel) => pixel.complete);
}"""
ADD = "html => document.querySelector('main').insertAdjacentHTML('afterbegin', html)"


@pytest.fixture
def article(live_server: Any, committed_paper: Any, settings: Any) -> Any:
    """An article with house ads around it and a slot between its six comments."""
    settings.ADS_EVENT_RATE = "off"
    committed_paper.house_ads()
    found = committed_paper.article()
    set_sensitivity(article=found, topic="crime", risk="low", source="editor")
    thread = Slot.objects.create(
        site=committed_paper.site,
        code="thread",
        name="Thread",
        position="in_thread",
        sizes=["fluid"],
        after_n=1,
        every_m=3,
    )
    item = LineItem.objects.get()
    item.slots.add(thread)
    LineItem.objects.update(per_page=9)
    for _ in range(6):
        committed_paper.published(found)
    return found


def test_the_script_is_small_and_stores_nothing() -> None:
    text = SCRIPT.read_bytes()
    assert len(gzip.compress(text)) < 5 * 1024
    for word in (b"cookie =", b"localStorage", b"sessionStorage", b"indexedDB"):
        assert word not in text


def test_ads_are_counted_looked_at_and_marked(live_server: Any, article: Any, open_page: Any) -> None:
    page = open_page(live_server.url + article.get_absolute_url(), **PLAIN)
    assert page.locator(".ad").count() == 4
    marks = page.locator(".ad-mark").all_inner_texts()
    assert all("Advertisement · The Test Tribune" in mark for mark in marks)
    assert not Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    with page.expect_response(lambda answer: "/a/v/" in answer.url) as looked:
        page.reload()
    assert looked.value.status == 204
    assert AdEvent.objects.filter(kind="viewable").exists()
    assert page.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage).length") == 0


def test_blocks_that_come_later_are_filled_in_one_call_without_a_jump(
    live_server: Any, article: Any, open_page: Any
) -> None:
    page = open_page(f"{live_server.url}{article.get_absolute_url()}", **PLAIN)
    top, bottom = (BLOCK.format(slot=f"article-{place}", slug=article.slug) for place in ("top", "bottom"))
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "decisions" in request.url else None)
    page.evaluate(ADD, top + bottom)
    filled = page.locator("[data-ad-slot][data-viewable]")
    filled.nth(1).wait_for()
    assert len(asked) == 1
    assert "Advertisement · The Test Tribune" in filled.first.inner_text()
    assert "Our own words" not in filled.first.inner_text()
    assert filled.first.locator("summary").inner_text() == "Why this ad?"
    references = {reference_of(pk) for pk in AdDecision.objects.values_list("pk", flat=True)}
    assert {one.text_content() for one in filled.locator(".ad-why code").all()} <= references
    box = filled.first.bounding_box()
    page.wait_for_timeout(200)
    assert filled.first.bounding_box() == box


def test_more_comments_bring_their_own_ads(live_server: Any, article: Any, open_page: Any) -> None:
    page = open_page(f"{live_server.url}{article.get_absolute_url()}", **PLAIN)
    with page.expect_request("**/ads/decisions/") as asked:
        page.evaluate(
            """slug => {
                document.querySelectorAll('.ad-between').forEach(ad => ad.remove());
                const list = document.querySelector('#comment-list');
                const thread = {adSlot: 'thread', adArticle: slug, adSort: 'newest', adLimit: '30'};
                Object.assign(list.dataset, thread);
                list.append(document.createElement('hr'));
            }""",
            article.slug,
        )
    sent = asked.value.post_data_json
    above = page.locator(".ad-above")
    assert sent["view"] == above.get_attribute("data-ad-view")
    assert above.get_attribute("data-viewable") in sent["shown"]
    between = page.locator("#comment-list > .ad-between")
    between.nth(1).wait_for()
    assert between.count() == 2
    assert between.first.evaluate("ad => ad.nextElementSibling.id").startswith("comment-")


def test_the_page_stands_when_the_ads_part_is_blocked_slow_or_wrong(
    live_server: Any, article: Any, open_page: Any
) -> None:
    answers = (
        lambda route: route.abort(),
        lambda route: route.fulfill(status=500, body="oops"),
        lambda route: route.fulfill(status=200, body="<html>not json"),
        lambda route: route.fulfill(status=200, body='{"results": [{"slot": "article-top"}]}'),
    )
    for answer in answers:
        page = open_page(live_server.url + article.get_absolute_url(), expect_errors=True, **PLAIN)
        wrong: list[str] = []
        page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
        page.route("**/api/v1/ads/**", answer)
        page.route("**/a/**", answer)
        page.evaluate(ADD, BLOCK.format(slot="article-top", slug=article.slug))
        page.wait_for_timeout(150)
        assert "Our own words" in page.locator("main").inner_text()
        assert page.locator("#headline").is_visible()
        assert wrong == []


def test_without_script_the_ads_are_there(live_server: Any, article: Any, open_page: Any) -> None:
    page = open_page(live_server.url + article.get_absolute_url(), java_script_enabled=False, **PLAIN)
    assert page.locator(".ad").count() == 4
    assert page.locator(".ad-between").first.locator("a.ad-action").get_attribute("href").startswith("/a/c/")


def test_a_page_whose_choosing_fails_says_who_pays_for_news_and_is_filled_later(
    live_server: Any, article: Any, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise RuntimeError("ads are down")

    url = live_server.url + article.get_absolute_url()
    monkeypatch.setattr(newsroom.pages.advertisements, "serve", broken)
    bare = open_page(url, java_script_enabled=False, **PLAIN)
    assert bare.locator(".ad").count() == 2
    assert "pay for the reporting" in bare.locator(".ad-above").inner_text()
    filled = open_page(url, **PLAIN).locator(".ad-above .ad-headline")
    filled.wait_for()
    assert filled.inner_text().startswith("Subscribe <now>")
    phone = open_page(url, width=390, **PLAIN)
    phone.locator(".ad-above .ad-headline").wait_for()
    for bare_page, filled_page in ((bare, filled.page), (open_page(url, width=390, **NO_SCRIPT), phone)):
        tops = [page.locator("#headline").bounding_box()["y"] for page in (bare_page, filled_page)]
        assert tops[0] == tops[1]  # Nothing has moved.
        filled_page.wait_for_function(COUNTED)
    assert AdEvent.objects.filter(kind="impression").count() == AdDecision.objects.count() == 4
