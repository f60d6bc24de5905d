"""A reader posts in chromium, a real worker decides, and the page tells: with script and without."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest

from comments.models import Comment
from comments.tokens import form_token
from moderation.models import WordList
from newsroom.pages import forms

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("classifier_in_database"),
]

FRIENDLY = (
    "Thank you for this clear report. I walk over that bridge every morning.\n\nGreetings to the engineers!"
)
OLD_ENOUGH_MS = 2_200  # A form sent within two seconds of its arrival is taken for a robot's.


@pytest.fixture
def article(committed_paper, celery_worker):
    """An article whose worker has already decided once: loading the classifier takes its time."""
    article = committed_paper.article()
    first = committed_paper.comment(
        article, name="First", body="A calm morning at the harbour, and good coffee."
    )
    wait_until_decided(first)
    return article


def wait_until_decided(comment, *, within_s=30.0):
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        comment.refresh_from_db()
        if comment.status != "pending":
            return
        time.sleep(0.05)
    pytest.fail("no worker decided about the comment")


@pytest.fixture
def aged_forms(monkeypatch):
    """Forms that come to the reader ten seconds old, to spare the tests the wait."""
    monkeypatch.setattr(forms, "form_token", lambda pk, *, at: form_token(pk, at=at - timedelta(seconds=10)))


def write(page, body, *, name="Ada Penrose", email="ada@example.org"):
    page.get_by_label("Name *").fill(name)
    page.get_by_label("Email *").fill(email)
    page.get_by_label("Comment *").fill(body)


def send(page):
    page.get_by_role("button", name="Post comment").click()


def live_region(page):
    return page.locator("#reply-live")


def test_with_script_the_comment_stands_in_the_thread_at_once_and_is_published_without_reload(
    live_server, article, open_page
):
    page = open_page(live_server.url + article.get_absolute_url())
    page.evaluate("window.neverReloaded = true")
    write(page, FRIENDLY)
    send(page)
    own = page.get_by_role("article").filter(has_text="Greetings to the engineers!")
    own.wait_for()
    assert own.evaluate("element => element === document.activeElement")
    page.locator("article[data-status=published]").wait_for()
    assert "Only you can see this" not in own.inner_text()
    assert live_region(page).inner_text() == "Your comment is published."
    assert page.get_by_role("heading", name="2 comments").count() == 1
    assert page.evaluate("window.neverReloaded")
    assert page.get_by_label("Comment *").input_value() == ""
    assert page.get_by_label("Name *").input_value() == "Ada Penrose"
    assert Comment.objects.get(name="Ada Penrose").status == "published"


def test_another_reader_sees_it_only_after_the_decision(live_server, article, open_page, committed_paper):
    WordList.objects.create(site=article.site, kind=WordList.Kind.SUSPECT, words=["gannet"])
    url = live_server.url + article.get_absolute_url()
    page = open_page(url)
    write(page, "The gannet on the bridge is to blame for all of it.")
    send(page)
    own = page.locator("article[data-status=held]")
    own.wait_for()
    assert "Only you can see this" in own.inner_text()
    assert live_region(page).inner_text() == "A person will read it before it appears."
    assert "gannet" not in open_page(url).inner_text("#comments")
    committed_paper.decide(Comment.objects.get(name="Ada Penrose"), "published")
    assert "gannet" in open_page(url).inner_text("#comments")


def test_the_private_page_opens_from_the_thread(live_server, article, open_page):
    page = open_page(live_server.url + article.get_absolute_url())
    write(page, FRIENDLY)
    send(page)
    page.locator("article[data-status=published]").get_by_role(
        "link", name="Your private status page"
    ).click()
    page.get_by_role("heading", name="Your comment is published").wait_for()
    assert page.get_by_label("Your comment").input_value() == FRIENDLY


def test_without_script_the_page_waits_for_the_decision_and_says_published(live_server, article, open_page):
    page = open_page(live_server.url + article.get_absolute_url(), java_script_enabled=False)
    page.wait_for_timeout(OLD_ENOUGH_MS)
    write(page, FRIENDLY)
    send(page)
    page.locator(".sent-published").wait_for()
    assert "Your comment is published." in page.inner_text("#sent")
    page.get_by_role("link", name="See it in the thread").click()
    assert re.search(r"#comment-[0-9a-f-]{36}$", page.url)
    assert "Greetings to the engineers!" in page.inner_text("#comment-list")


@pytest.mark.usefixtures("aged_forms")
def test_without_script_a_held_comment_is_said_to_wait_with_a_private_link(live_server, article, open_page):
    WordList.objects.create(site=article.site, kind=WordList.Kind.SUSPECT, words=["gannet"])
    page = open_page(live_server.url + article.get_absolute_url(), java_script_enabled=False)
    write(page, "The gannet did it.")
    send(page)
    page.get_by_text("A person will read your comment before it appears.").wait_for()
    assert "gannet" not in page.inner_text("#comment-list")
    page.get_by_role("link", name="Your private status page").click()
    page.get_by_role("heading", name="A person will read your comment").wait_for()


@pytest.mark.usefixtures("aged_forms")
def test_a_reply_stands_below_what_it_answers_with_and_without_script(live_server, article, open_page):
    url = live_server.url + article.get_absolute_url()
    for number, profile in enumerate(({}, {"java_script_enabled": False})):
        page = open_page(url, **profile)
        page.get_by_role("link", name="Reply to First").click()
        page.get_by_text("Replying to First").wait_for()
        write(
            page,
            f"I had tea that morning, number {number}.",
            name=f"Tea {number}",
            email=f"tea{number}@example.org",
        )
        send(page)
        page.locator(f"article article:has-text('number {number}.')").wait_for()
        page.locator("article[data-status=published], .sent-published").first.wait_for()
    first = Comment.objects.get(name="First")
    assert set(Comment.objects.filter(parent=first).values_list("name", flat=True)) == {"Tea 0", "Tea 1"}


@pytest.mark.usefixtures("aged_forms")
def test_a_double_click_makes_one_comment_with_and_without_script(live_server, article, open_page):
    for number, profile in enumerate(({}, {"java_script_enabled": False})):
        page = open_page(live_server.url + article.get_absolute_url(), **profile)
        write(
            page,
            f"Twice is too often, number {number}.",
            name=f"Twice {number}",
            email=f"two{number}@example.org",
        )
        page.get_by_role("button", name="Post comment").dblclick()
        page.locator("article[data-status=published], .sent-published").first.wait_for()
        assert Comment.objects.filter(name=f"Twice {number}").count() == 1
