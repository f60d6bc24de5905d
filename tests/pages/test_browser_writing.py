"""The form's comforts: draft, count, preview, and changing one's own comment; with script and without."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from comments.models import Comment, CommentSettings
from comments.tokens import author_token, form_token
from newsroom.pages import views
from tests.pages.test_browser_everybody_can_read import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """No worker runs here."""
    monkeypatch.setattr(views, "wait_for_decision", lambda comment_id: False)


@pytest.fixture
def ana(committed_paper):
    return committed_paper.published(committed_paper.article(), name="Ana", body="Is Alf still with us?")


@pytest.fixture
def address(live_server, ana):
    return live_server.url + ana.article.get_absolute_url()


def is_focused(locator):
    return locator.evaluate("element => element === document.activeElement")


def test_a_draft_outlives_a_reload_and_goes_with_sending(address, open_page):
    page = open_page(address)
    page.get_by_role("link", name="Reply to Ana").click()
    page.get_by_label("Name *").fill("Ada")
    page.get_by_label("Comment *").fill("He retired, I was told.")
    page.reload()
    assert page.get_by_label("Comment *").input_value() == "He retired, I was told."
    assert page.get_by_label("Name *").input_value() == "Ada"
    assert "Is Alf still with us?" in page.locator("#reply-context").inner_text()
    page.get_by_label("Email *").fill("ada@example.org")
    page.get_by_role("button", name="Post comment").click()
    page.locator("article.own").wait_for()
    assert Comment.objects.get(name="Ada").parent.name == "Ana"
    page.reload()
    assert page.get_by_label("Comment *").input_value() == ""
    assert page.evaluate("Object.keys(sessionStorage).length") == 0


def test_a_form_open_for_too_long_is_sent_with_a_second_click_where_the_site_asks_for_a_token(
    address, ana, open_page
):
    CommentSettings.objects.create(site=ana.article.site, api_form_token=True)
    page = open_page(address, expect_errors=True)
    old = form_token(ana.article_id, at=timezone.now() - timedelta(hours=25))
    page.evaluate("old => { document.getElementById('reply-form').elements.form_token.value = old }", old)
    page.get_by_label("Name *").fill("Ada")
    page.get_by_label("Email *").fill("ada@example.org")
    page.get_by_label("Comment *").fill("He retired, I was told.")
    page.get_by_role("button", name="Post comment").click()
    problem = page.locator("#reply-problem")
    problem.wait_for()
    assert "had been open for too long" in problem.inner_text()
    assert is_focused(problem)
    page.get_by_role("button", name="Post comment").click()
    page.locator("article.own").wait_for()
    assert Comment.objects.filter(name="Ada").count() == 1


def test_the_count_follows_the_typing_and_warns_before_sending(address, open_page):
    page = open_page(address)
    count, body = page.locator("#reply-count"), page.get_by_label("Comment *")
    assert count.inner_text() == "0 of 5,000 characters"
    body.fill("𝄞" * 12)
    assert count.inner_text() == "12 of 5,000 characters"
    assert page.locator("#reply-live").inner_text() == ""
    body.fill("x" * 5_003)
    assert count.inner_text() == "3 characters too many"
    assert page.locator("#reply-live").inner_text() == "3 characters too many"
    assert not violations(page)


@pytest.mark.parametrize("script", [True, False])
def test_a_preview_shows_what_will_stand_there(address, open_page, script):
    page = open_page(address, java_script_enabled=script)
    page.get_by_label("Name *").fill("Ada \u202elive")
    page.get_by_label("Email *").fill("ada@example.org")
    page.get_by_label("Comment *").fill("First.\n\nSee https://example.org/x(1), please.")
    page.get_by_role("button", name="Preview").click()
    preview = page.get_by_role("region", name="Preview")
    preview.wait_for()
    assert is_focused(preview)
    assert preview.locator(".preview-name").text_content() == "Ada live"
    assert preview.locator("p[dir=auto]").all_inner_texts() == [
        "First.",
        "See https://example.org/x(1), please.",
    ]
    assert preview.get_by_role("link").get_attribute("href") == "https://example.org/x(1)"
    assert page.get_by_label("Comment *").input_value().startswith("First.")
    assert not Comment.objects.filter(name="Ada live").exists()


@pytest.mark.parametrize("script", [True, False])
def test_ones_own_comment_can_be_changed_and_withdrawn(address, live_server, ana, open_page, script):
    page = open_page(address, java_script_enabled=script)
    private = f"{live_server.url}/comments/{ana.pk}/?token={author_token(ana.pk)}"
    if script:
        kept = [{"id": str(ana.pk), "token": author_token(ana.pk)}]
        page.evaluate("own => localStorage.setItem('newsroom.own-comments', JSON.stringify(own))", kept)
        page.reload()
        page.get_by_role("link", name="Change or withdraw").click()
    else:
        page.goto(private)
    page.get_by_role("heading", name="Your comment is published").wait_for()
    assert not (script and violations(page))
    page.get_by_label("Your comment").fill("Alf is well.")
    page.get_by_role("button", name="Save the change").click()
    page.get_by_role("heading", name="Your comment is being checked").wait_for()
    ana.refresh_from_db()
    assert (ana.body, ana.status, ana.revision) == ("Alf is well.", "pending", 2)
    page.get_by_role("button", name="Withdraw my comment").click()
    page.get_by_role("heading", name="Your comment is no longer here").wait_for()
    ana.refresh_from_db()
    assert ana.status == "withdrawn"
