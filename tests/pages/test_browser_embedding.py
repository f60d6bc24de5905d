"""Comments on a page of another origin, under a policy that allows nothing but the script and its answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from comments.models import Comment, CommentSettings
from tests.pages.test_browser_everybody_can_read import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, dict[str, str]]]:
    """A web server of another origin, and the page and policy that it serves."""
    served = {"html": "", "policy": ""}

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", served["policy"])
            self.end_headers()
            self.wfile.write(served["html"].encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", served
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def show(live_server, committed_paper, elsewhere, open_page):
    """Opens a page elsewhere that carries the script with these attributes, under a strict policy."""
    origin, served = elsewhere
    served["policy"] = f"default-src 'none'; script-src {live_server.url}; connect-src {live_server.url}"

    def open_(attributes: str, *, is_listed: bool = True):
        committed_paper.site.embed_origins = origin if is_listed else ""
        committed_paper.site.save()
        served["html"] = (
            '<!doctype html><html lang="en"><title>Elsewhere</title><main><h1>A page elsewhere</h1>'
            f'<script src="{live_server.url}/embed.js" {attributes} async></script></main></html>'
        )
        # A refused answer, and one that says "not known yet", are errors to the browser's console.
        return open_page(f"{origin}/bridge", width=390, expect_errors=True)

    return open_


def test_comments_are_read_written_and_recommended_elsewhere(show, committed_paper):
    article = committed_paper.article()
    ana = committed_paper.published(article, name="Ana", body="Is Alf still with us?")
    committed_paper.published(article, name="Jon", body="He is.", parent=ana.pk)
    page = show(f'data-article="{article.slug}"')
    page.get_by_role("heading", name="2 comments").wait_for()
    tree = page.locator("newsroom-comments").aria_snapshot()
    assert '- article "Ana, now"' in tree
    assert '- article "Jon, reply to Ana, now"' in tree
    assert not violations(page)

    page.get_by_role("button", name="Recommend the comment by Ana").click()
    page.get_by_role("button", name="Recommend the comment by Ana 1", pressed=True).wait_for()

    page.get_by_role("button", name="Reply to Ana").click()
    page.get_by_role("button", name="Post comment").click()
    page.get_by_text("Please correct what is marked below.").wait_for()
    assert page.get_by_label("Name *").get_attribute("aria-invalid") == "true"
    page.get_by_label("Name *").fill("Ada")
    page.get_by_label("Email *").fill("ada@example.org")
    page.get_by_label("Comment *").fill("I saw him at https://example.org/x.")
    page.get_by_role("button", name="Post comment").dblclick()
    own = page.get_by_role("article").filter(has_text="I saw him").last
    own.wait_for()
    assert (
        page.evaluate("document.querySelector('newsroom-comments').shadowRoot.activeElement.className")
        == "own"
    )
    assert Comment.objects.get(name="Ada").parent_id == ana.pk
    assert page.context.cookies() == []
    assert not violations(page)


def test_a_draft_stays_with_preview_and_count_and_a_site_may_ask_for_a_form_token(show, committed_paper):
    """After an error, after a reload, with whom it answers; and it goes with sending."""
    CommentSettings.objects.create(site=committed_paper.site, api_form_token=True, form_min_age_s=0)
    article = committed_paper.article()
    ana = committed_paper.published(article, name="Ana", body="Is Alf still with us?")
    page = show(f'data-article="{article.slug}"')
    page.get_by_role("button", name="Reply to Ana").click()
    page.get_by_label("Name *").fill("Ada")
    page.get_by_label("Comment *").fill("He is.\n\n(See https://example.org/x.)")
    page.get_by_text("36 of 5,000 characters").wait_for()
    page.get_by_role("button", name="Preview").click()
    preview = page.get_by_role("region", name="Preview")
    assert preview.get_by_role("link").get_attribute("href") == "https://example.org/x"
    assert preview.evaluate("element => element.getRootNode().activeElement === element")
    assert not violations(page)

    page.get_by_role("button", name="Post comment").click()
    page.get_by_text("Give your email address. It will not be published.").wait_for()
    page.reload()
    page.get_by_text("Replying to Ana").wait_for()
    assert page.get_by_label("Comment *").input_value().startswith("He is.")
    page.get_by_label("Email *").fill("ada@example.org")
    page.get_by_role("button", name="Post comment").click()
    page.get_by_role("article", name="Ada, Only you can see this").wait_for()
    comment = Comment.objects.get(name="Ada")
    assert (comment.parent_id, comment.private.form_age_s is not None) == (ana.pk, True)
    committed_paper.decide(comment, "published")
    page.reload()
    page.get_by_role("heading", name="Leave a reply").wait_for()
    assert page.get_by_label("Comment *").input_value() == ""
    own = page.get_by_role("article", name="Ada, reply to Ana, now")
    change = own.get_by_role("link", name="Change or withdraw")
    assert f"/comments/{comment.pk}/?token=" in change.get_attribute("href")
    assert not violations(page)
    assert page.evaluate("Object.keys(sessionStorage).length") == 0


def test_an_unknown_page_on_the_list_gets_its_comments(show, committed_paper):
    committed_paper.section()
    page = show("data-url")
    page.get_by_role("heading", name="Leave a reply").wait_for()
    assert committed_paper.site.articles.get().is_stub


def test_where_it_may_not_run_a_link_remains(show, committed_paper, live_server):
    article = committed_paper.article()
    page = show(f'data-article="{article.slug}" data-label="Discuss this"', is_listed=False)
    link = page.get_by_role("link", name="Discuss this")
    link.wait_for()
    assert link.get_attribute("href") == f"{live_server.url}{article.get_absolute_url()}#comments"
    assert page.get_by_role("heading").count() == 1
