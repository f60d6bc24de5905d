"""The desk for everybody: axe finds no barrier, at 200 % zoom nothing is cut off, marks are told as well."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from moderation.models import WordList
from tests.factories import ArticleFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCHEMES = ["light", "dark"]


@pytest.fixture
def paths(hold):
    article = ArticleFactory()
    finding = {"code": "score:insult", "where": "body", "spans": [[4, 8]], "data": {"weights": [1.0]}}
    rule = {"code": "suspect_word", "where": "body", "spans": [[9, 14]], "version": "x:1"}
    comment = hold(article=article, body="You f00l there, go away.", findings=[finding, rule])
    hold(article=article, scores={"threat": 0.9})
    words = WordList.objects.create(site=article.site, kind="banned", words=["grockle"])
    return [
        "/admin/desk/",
        "/admin/desk/queues/all/",
        f"/admin/desk/comments/{comment.pk}/",
        f"/admin/desk/authors/{comment.private.mailbox_id}/",
        "/admin/desk/numbers/",
        "/admin/desk/authors/",
        "/admin/desk/hours/",
        "/admin/desk/policies/",
        f"/admin/desk/policies/section/{article.section_id}/",
        "/admin/desk/words/",
        f"/admin/desk/words/{words.pk}/",
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_no_barrier(editor, sign_in, live_server, paths, scheme):
    page = sign_in(editor.username, "/admin/", color_scheme=scheme)
    for path in paths:
        page.goto(live_server.url + path)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        told = [
            (one["id"], [node["html"][:120] for node in one["nodes"]][:3])
            for one in found.response["violations"]
        ]
        assert told == [], path


def test_at_twice_the_size_nothing_is_cut_off(editor, sign_in, live_server, paths):
    page = sign_in(editor.username, "/admin/", viewport={"width": 640, "height": 450}, device_scale_factor=2)
    for path in paths:
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_screen_reader_is_told_what_is_marked_and_how_a_disguise_reads(editor, sign_in, live_server, paths):
    page = sign_in(editor.username, "/admin/desk/queues/all/")
    told = page.locator(".item-text").first.evaluate("element => element.textContent")
    texts = page.locator(".item-text").all_text_contents()
    assert told in texts
    assert any("f00l= fool" in text or "(insult; reads as “fool”)" in text for text in texts)
    assert any("(suspect word)" in text for text in texts)
