"""Pages as they are used: by keyboard, by screen reader, on a phone, on paper."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from comments.tokens import status_token

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def addresses(live_server, committed_paper):
    """A page of every kind, by name."""
    committed_paper.house_ads()
    article = committed_paper.article(section="world", headline="Saltgate bridge stuck open for a ninth day")
    ana = committed_paper.published(
        article, name="Ana", body="Is Alf still with us?\n\nhttps://example.org/alf"
    )
    parent = ana
    for name in ("Jon", "Zofia", "Petra", "Sadiq", "Mariam"):
        parent = committed_paper.published(article, name=name, parent=parent.pk)
    committed_paper.published(article, name="W" * 80, body=f"{'W' * 400}\n\nhttps://example.org/{'w' * 300}")
    held = committed_paper.decide(committed_paper.comment(article), "held")
    for section in ("local", "sport", "culture", "science", "opinion", "politics"):
        committed_paper.published(committed_paper.article(section=section))
    committed_paper.article(status="archived")
    path, token = article.get_absolute_url(), status_token(held.pk)
    return {
        name: live_server.url + address
        for name, address in {
            "front": "/",
            "section": "/sections/world/",
            "article": path,
            "answering": f"{path}?reply_to={ana.pk}",
            "just sent": f"{path}?sent={held.pk}&token={token}",
            "private": f"/comments/{held.pk}/?token={token}",
            "about": "/about/comments/",
        }.items()
    }


def violations(page, **options):
    found = Axe().run(page, options=options or RULES).response["violations"]
    return [(entry["id"], [node["html"] for node in entry["nodes"]]) for entry in found]


def test_axe_finds_nothing_on_any_page(addresses, open_page):
    for name, url in addresses.items():
        page = open_page(url, width=390)
        assert not violations(page), (name, "phone")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="dark")
        assert not violations(page, runOnly=["color-contrast", "target-size"]), (name, "wide, dark")


def test_axe_finds_nothing_on_a_form_with_problems_or_an_own_comment(addresses, open_page):
    page = open_page(addresses["article"], expect_errors=True)
    page.get_by_role("button", name="Post comment").click()
    page.locator("#reply-problem").wait_for()
    assert not violations(page)
    page.get_by_label("Name *").fill("Ada")
    page.get_by_label("Email *").fill("ada@example.org")
    page.get_by_label("Comment *").fill("Oil it.")
    page.get_by_role("button", name="Post comment").click()
    page.locator("article.own").wait_for()
    assert not violations(page)


def test_no_page_is_wider_than_the_screen(addresses, open_page):
    for name, url in addresses.items():
        page = open_page(url)
        for width in (320, 390, 768, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert over == 0, (name, width)


def test_nothing_jumps_while_the_article_loads(addresses, open_page):
    page = open_page(addresses["article"])
    shift = page.evaluate(
        """() => new Promise(done => {
            let sum = 0;
            new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value; })
                .observe({type: 'layout-shift', buffered: true});
            setTimeout(() => done(sum), 500);
        })"""
    )
    assert shift == 0


def test_the_keyboard_reaches_article_comments_and_form_at_once(addresses, open_page):
    page = open_page(addresses["article"])
    for words, target in (
        ("Skip to the article", "story"),
        ("Skip to the comments", "comments"),
        ("Skip to “Leave a reply”", "reply"),
    ):
        page.goto("about:blank")
        page.goto(addresses["article"])
        link = page.get_by_role("link", name=words)
        while not link.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Tab")
        assert link.bounding_box()["y"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == target


def test_an_advertisement_can_be_skipped(addresses, open_page):
    page = open_page(addresses["article"])
    skip = page.get_by_role("link", name="Skip the advertisement").first
    skip.focus()
    assert skip.bounding_box()["height"] >= 24
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "story"


def test_a_thread_reads_as_articles_with_names(addresses, open_page):
    tree = open_page(addresses["article"]).locator("#comment-list").aria_snapshot()
    assert '- article "Ana, just now"' in tree
    assert '- article "Jon, reply to Ana, just now"' in tree
    assert tree.index("5 replies to Ana") < tree.index('article "Jon, reply to Ana')
    assert '- button "Recommend the comment by Ana 0"' in tree
    assert '- link "Reply to Ana"' in tree


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.className")


def test_the_focus_goes_where_the_reader_asked_to_go(addresses, open_page, live_server, committed_paper):
    """After sorting and after more comments: the thread. (Sending and errors: see the form's own tests.)"""
    article = committed_paper.article()
    for number in range(31):
        committed_paper.published(article, name=f"Reader {number:02}")
    page = open_page(live_server.url + article.get_absolute_url())
    page.get_by_role("link", name="Oldest").click()
    page.wait_for_url("**sort=oldest**")
    assert focused(page) == "comments"
    page.get_by_role("link", name="More comments").click()
    page.wait_for_url("**cursor=**")
    assert focused(page) == "comments"
    tree = page.locator("#comments").aria_snapshot()
    assert tree.startswith('- region "31 comments":')
    assert tree.count("- article") == 1
    assert 'article "Reader 30, just now"' in tree


def test_recommending_is_a_pressed_button_that_keeps_the_focus(addresses, open_page):
    page = open_page(addresses["article"])
    for pressed, words in (
        (True, "Recommend the comment by Ana 1"),
        (False, "Recommend the comment by Ana 0"),
    ):
        button = page.get_by_role("button", name="Recommend the comment by Ana")
        button.click()
        page.get_by_role("button", name=words, pressed=pressed).wait_for()
        assert "vote" in focused(page)
    page.get_by_role("button", name="Recommend the comment by Ana").click()
    page.get_by_role("button", name="Recommend the comment by Ana 1", pressed=True).wait_for()
    page.reload()
    page.get_by_role("button", name="Recommend the comment by Ana 1", pressed=True).wait_for()
    assert not violations(page)
    plain = open_page(addresses["article"], java_script_enabled=False)
    plain.get_by_role("button", name="Recommend the comment by Jon").click()
    plain.wait_for_url("**voted=1**")
    assert plain.get_by_role("button", name="Recommend the comment by Jon 1", pressed=True).is_visible()
    assert focused(plain)


def test_the_form_reads_as_labels_with_their_notes(addresses, open_page):
    page = open_page(addresses["article"])
    email = page.get_by_role("textbox", name="Email *")
    note = page.locator("#reply-note").inner_text()
    assert note == "Your email address will not be published. Required fields are marked *"
    assert "reply-note" in email.get_attribute("aria-describedby").split()
    assert page.get_by_label("Leave this empty").is_visible() is False
    assert "Leave this empty" not in page.locator("#reply").aria_snapshot()


def test_paper_gets_the_article_without_ads_and_form(addresses, open_page):
    page = open_page(addresses["article"])
    page.emulate_media(media="print")
    assert page.get_by_role("heading", name="Saltgate bridge").is_visible()
    for hidden in (".ad", "#reply-form", ".sections"):
        assert not page.locator(hidden).first.is_visible()


def test_a_page_from_right_to_left_fits_the_screen_and_indents_from_the_right(
    addresses, open_page, committed_paper
):
    committed_paper.site.language = "he"
    committed_paper.site.save()
    page = open_page(addresses["article"], width=390)
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    root = page.get_by_role("article", name="Ana, ממש עכשיו").first.bounding_box()
    reply = page.get_by_role("article", name="Jon, בתשובה אל Ana").first.bounding_box()
    assert reply["x"] + reply["width"] < root["x"] + root["width"]
    assert abs(reply["x"] - root["x"]) < 1
    assert not violations(page)
