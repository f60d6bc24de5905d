"""Reports, appeals, the private page and *My comments* as they are used: by keyboard, by ear, on a phone.

None of these pages has a script, so that what is shown here holds without one.
"""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.utils import timezone

from comments.models import Comment, CommentPrivate
from comments.reports.models import Report
from comments.tokens import author_token
from moderation.appeals.models import Appeal
from newsroom.crypto import decrypt_address
from newsroom.outbox.models import Letter
from newsroom.outbox.services import deliver_due
from tests.pages.test_browser_everybody_can_read import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def has_focus(locator):
    return locator.evaluate("element => element === document.activeElement")


def fits(page, *, dark=False):
    """Nothing is wider than the screen, nothing has a script, and axe finds nothing."""
    assert page.locator("script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert not violations(page)
    if dark:
        page.emulate_media(color_scheme="dark")
        assert not violations(page, runOnly=["color-contrast"])
        page.emulate_media(color_scheme="light")


def letter(words):
    """The newest letter whose subject has these words, as a worker would have sent it."""
    Letter.objects.update(next_attempt_at=timezone.now(), not_before=timezone.now())
    deliver_due()
    return next(one for one in reversed(mail.outbox) if words in one.subject)


def test_a_comment_is_reported_and_illegal_content_asks_for_what_the_law_needs(
    live_server, committed_paper, open_page
):
    ana = committed_paper.published(committed_paper.article(), name="Ana", body="Is Alf still with us?")
    page = open_page(live_server.url + ana.article.get_absolute_url(), width=390, expect_errors=True)
    page.get_by_role("link", name="Report the comment by Ana").click()
    tree = page.locator("main").aria_snapshot()
    for part in (
        '- heading "Report a comment" [level=1]',
        '- group "What is wrong? *":',
        '- radio "Advertising or spam"',
        '- textbox "In your own words"',
        '- button "Send the report"',
    ):
        assert part in tree
    fits(page)

    page.get_by_role("radio", name="Something else").check()
    page.get_by_role("button", name="Send the report").click()
    problem = page.locator("#report-problem")
    assert has_focus(problem)
    problem.get_by_role("link", name="Say what is wrong, in your own words.").click()
    assert has_focus(page.get_by_label("In your own words"))
    assert page.get_by_role("radio", name="Something else").is_checked()
    fits(page)

    page.get_by_role("radio", name="Illegal content").check()
    page.get_by_role("button", name="Send the report").click()
    page.get_by_role("heading", name="Notice of illegal content").wait_for()
    fits(page, dark=True)
    page.get_by_label("Why is it illegal").fill("It names a private person, against § 201.")
    page.get_by_label("Your name *").fill("Jon")
    page.get_by_label("Your email address *").fill("jon@example.org")
    page.get_by_label("In good faith").check()
    page.get_by_role("button", name="Send the notice").click()
    page.get_by_role("heading", name="Thank you, the editors have your report").wait_for()
    report = Report.objects.get()
    assert (report.reason, report.comment_id) == ("illegal", ana.pk)
    page.goto(f"{live_server.url}/comments/{ana.pk}/?token={author_token(ana.pk)}")
    assert "Jon" not in page.content()


def test_a_refused_comment_is_read_reworded_or_appealed_from_its_private_page(
    live_server, committed_paper, open_page
):
    comment = committed_paper.comment(committed_paper.article(), name="Ana", body="You absolute turnip.")
    committed_paper.decide(comment, "rejected", reason="insult")
    address = f"{live_server.url}/comments/{comment.pk}/?token={author_token(comment.pk)}"
    page = open_page(address, width=390, expect_errors=True)
    tree = page.locator("main").aria_snapshot()
    for part in (
        '- heading "Your comment was not published" [level=1]',
        '- region "The reasons":',
        "- term: What was decided",
        '- textbox "Why the decision is wrong *"',
        '- form "Reword and send again":',
        '- button "Withdraw my comment"',
    ):
        assert part in tree
    assert page.get_by_label("The text of your comment").input_value() == "You absolute turnip."
    fits(page)

    why = page.get_by_label("Why the decision is wrong")
    why.fill("   ")
    page.get_by_role("button", name="Send the appeal").click()
    assert has_focus(page.locator("#appeal-problem"))
    fits(page, dark=True)
    why.fill("It is a vegetable.")
    page.get_by_role("button", name="Send the appeal").click()
    page.get_by_text("It has arrived.").wait_for()
    assert page.url.endswith("#appeal")
    assert has_focus(page.get_by_role("region", name="The reasons"))
    assert why.count() == 0
    fits(page)
    assert Appeal.objects.get().text == "It is a vegetable."


def test_ones_comments_are_seen_disowned_and_erased_by_a_link_that_opens_once(
    live_server, committed_paper, open_page
):
    article = committed_paper.article(headline="Bridge stuck open")
    mine = [committed_paper.published(article, name="Ana", body=f"I saw it {n} times.") for n in (1, 2)]
    mailbox = mine[0].private.mailbox
    CommentPrivate.objects.filter(comment=mine[1]).update(mailbox=mailbox)
    page = open_page(f"{live_server.url}/my/comments/", width=390, expect_errors=True)
    fits(page)
    email = page.get_by_label("Email *")
    email.fill("ana@localhost")
    page.get_by_role("button", name="Mail me the link").click()
    assert has_focus(page.locator("#ask-problem"))
    assert email.get_attribute("aria-invalid") == "true"
    fits(page)
    email.fill(decrypt_address(bytes(mailbox.address_ciphertext)))
    page.get_by_role("button", name="Mail me the link").click()
    page.get_by_text("The answer here is the same for every address").wait_for()

    link = re.search(r"https?://[^/\s]+(/my/\S+)", letter("My comments").body)[1]
    page.goto(live_server.url + link)
    fits(page)
    page.get_by_role("button", name="Show my comments").click()
    tree = page.locator("main").aria_snapshot()
    assert tree.count('- article "Bridge stuck open":') == 2
    for part in (
        'button "I did not write this (Bridge stuck open)"',
        'button "Erase it (Bridge stuck open)"',
        '- button "Download it (JSON)"',
        '- checkbox "Yes, erase all my comments and my address"',
    ):
        assert part in tree
    fits(page)
    page.get_by_role("button", name="I did not write this (Bridge stuck open)").first.click()
    page.get_by_role("status").filter(has_text="no longer has to do with your address").wait_for()
    page.get_by_role("button", name="Erase everything").click()
    assert has_focus(page.locator("#my-problem"))
    fits(page, dark=True)
    page.get_by_label("Yes, erase all").check()
    page.get_by_role("button", name="Erase everything").click()
    page.get_by_text("Your comments, your name and your address are gone.").wait_for()
    assert set(Comment.objects.values_list("status", flat=True)) == {"withdrawn", "erased"}
    page.goto(live_server.url + link)
    page.get_by_role("heading", name="This link is over").wait_for()


def test_rules_privacy_and_reasons_fit_a_small_screen_from_right_to_left(
    live_server, committed_paper, open_page
):
    committed_paper.site.language = "he"
    committed_paper.site.save()
    ana = committed_paper.published(committed_paper.article(), name="Ana")
    refused = committed_paper.decide(committed_paper.comment(ana.article), "rejected", reason="insult")
    verify = re.search(r"https?://[^/\s]+(/my/\S+)", letter("האם הכתובת הזאת שלכם?").body)[1]
    page = open_page(live_server.url + verify, width=320)
    fits(page)
    for path in (
        "/terms/",
        "/privacy/",
        f"/comments/{ana.pk}/report/?reason=illegal",
        f"/comments/{refused.pk}/?token={author_token(refused.pk)}",
    ):
        page.goto(live_server.url + path)
        fits(page)
