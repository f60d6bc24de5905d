"""When a comment cannot be sent, the reader is told, taken there, and loses nothing (with script)."""

from __future__ import annotations

import pytest

from comments.models import Comment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(live_server, committed_paper, open_page):
    article = committed_paper.article()
    committed_paper.published(article, name="Ana", body="Is Alf still with us?")
    return open_page(live_server.url + article.get_absolute_url(), expect_errors=True)


def write(page, *, name="Ada", email="ada@example.org", body="Oil the bearing."):
    page.get_by_label("Name *").fill(name)
    page.get_by_label("Email *").fill(email)
    page.get_by_label("Comment *").fill(body)
    page.get_by_role("button", name="Post comment").click()


def problem(page):
    box = page.locator("#reply-problem")
    box.wait_for()
    assert box.evaluate("element => element === document.activeElement")
    return box


def test_every_bad_field_is_named_and_one_click_away(page):
    write(page, name="", email="ada@", body="  ")
    box = problem(page)
    assert box.get_by_role("link").count() == 3
    box.get_by_role("link", name="Give an email address such as ana@example.org.").click()
    email = page.get_by_label("Email *")
    assert email.evaluate("element => element === document.activeElement")
    assert email.get_attribute("aria-invalid") == "true"
    assert page.locator("#reply-email-error").inner_text() == "Give an email address such as ana@example.org."
    email.press("End")
    email.type("example.org")
    assert email.get_attribute("aria-invalid") is None
    assert not Comment.objects.filter(name="Ada").exists()


def test_a_lost_connection_keeps_the_draft_and_a_retry_makes_one_comment(page):
    keys = []

    def lose_the_answer(route):
        """The server stores the comment; the answer never arrives."""
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/articles/*/comments/", lose_the_answer)
    write(page)
    assert "the connection failed" in problem(page).inner_text()
    assert page.get_by_label("Comment *").input_value() == "Oil the bearing."
    page.get_by_role("button", name="Post comment").click()
    page.locator("article.own").wait_for()
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert Comment.objects.filter(name="Ada").count() == 1


def test_a_changed_text_is_sent_under_another_key(page):
    keys = []
    page.route(
        "**/api/v1/articles/*/comments/",
        lambda route: (keys.append(route.request.headers["idempotency-key"]), route.abort()),
    )
    write(page)
    problem(page)
    write(page, body="Grease it.")
    problem(page)
    assert len(set(keys)) == 2


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "comments_closed", "Comments on this article are closed."),
        (409, "duplicate", "You have already sent this comment."),
        (429, "rate_limited", "Please wait 17 seconds"),
        (503, "unavailable", "a part of this site does not answer"),
        (422, "anything_new", "What the server says."),
    ],
)
def test_a_refusal_is_told_in_plain_words(page, status, code, words):
    document = {"status": status, "code": code, "detail": "What the server says."}
    page.route(
        "**/api/v1/articles/*/comments/",
        lambda route: route.fulfill(status=status, headers={"Retry-After": "17"}, json=document),
    )
    write(page)
    assert words in problem(page).inner_text()
    assert page.get_by_label("Comment *").input_value() == "Oil the bearing."


def test_an_answer_that_is_no_document_is_a_problem_of_the_site(page):
    page.route("**/api/v1/articles/*/comments/", lambda route: route.fulfill(status=502, body="<html>"))
    write(page)
    assert "the site has a problem" in problem(page).inner_text()


def test_answering_somebody_can_be_called_off(page):
    page.get_by_role("link", name="Reply to Ana").click()
    assert page.get_by_label("Comment *").evaluate("element => element === document.activeElement")
    assert "Is Alf still with us?" in page.locator("#reply-context").inner_text()
    page.get_by_role("link", name="Write a new comment instead").click()
    assert not page.locator("#reply-context").is_visible()
    assert page.locator("input[name=parent]").input_value() == ""


def test_if_the_script_does_not_load_the_form_still_posts(live_server, committed_paper, browser):
    article = committed_paper.article()
    context = browser.new_context()
    page = context.new_page()
    page.route("**/comments.js", lambda route: route.abort())
    page.goto(live_server.url + article.get_absolute_url())
    write(page)
    page.get_by_text("Thank you.").wait_for()
    context.close()
    assert Comment.objects.filter(name="Ada").count() == 1


def test_what_is_kept_in_the_browser_is_the_token_and_nothing_private(page):
    write(page)
    page.locator("article.own").wait_for()
    comment = Comment.objects.get(name="Ada")
    kept = page.evaluate("JSON.parse(localStorage.getItem('newsroom.own-comments'))")
    assert [sorted(entry) for entry in kept] == [["at", "id", "statusUrl", "token"]]
    assert kept[0]["id"] == str(comment.pk)
    assert "ada@example.org" not in page.evaluate("JSON.stringify(localStorage)")
    assert page.context.cookies() == []
