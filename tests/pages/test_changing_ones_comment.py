"""Editing, withdrawing and rewording on the private page, without script."""

from __future__ import annotations

import html as entities
import re
from datetime import timedelta

import pytest

from comments.models import Comment, CommentSettings
from comments.tokens import author_token, sent_token, status_token
from newsroom.pages import private_page, views
from tests.factories import decide


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """No worker runs here: waiting for one is in its own tests."""
    monkeypatch.setattr(views, "wait_for_decision", lambda comment_id: False)


def own(comment, token=None):
    return f"/comments/{comment.pk}/?token={token or author_token(comment.pk)}"


def test_a_change_is_stored_pending_and_shown_once_decided(client, paper):
    comment = paper.published(paper.article(), body="Oil it.")
    response = client.post(own(comment), {"action": "edit", "body": "Grease it."})
    assert (response.status_code, response["Location"]) == (303, own(comment))
    comment.refresh_from_db()
    assert (comment.status, comment.revision, comment.body) == ("pending", 2, "Grease it.")
    article = comment.article.get_absolute_url()
    assert "Grease it." not in client.get(article).content.decode()
    paper.decide(comment, "published")
    assert "Grease it." in client.get(article).content.decode()


def test_saving_twice_makes_one_revision(client, paper):
    comment = paper.comment(paper.article())
    for _ in range(2):
        client.post(own(comment), {"action": "edit", "body": "Grease it."})
    assert Comment.objects.get().revision == 2


def test_a_change_after_a_quarter_of_an_hour_is_refused_and_given_back(client, paper):
    comment = paper.comment(paper.article(), body="Oil it.", age=timedelta(minutes=16))
    assert 'value="edit"' not in client.get(own(comment)).content.decode()
    response = client.post(own(comment), {"action": "edit", "body": "Grease it."})
    assert response.status_code == 403
    assert "and they have passed" in response.content.decode()
    assert Comment.objects.get().body == "Oil it."


def test_an_answered_comment_offers_no_change_but_withdrawal(client, paper):
    article = paper.article()
    comment = paper.published(article)
    paper.published(article, parent=comment.pk)
    page = client.get(own(comment)).content.decode()
    assert 'value="edit"' not in page
    assert 'value="withdraw"' in page
    assert client.post(own(comment), {"action": "edit", "body": "x"}).status_code == 409


@pytest.mark.parametrize("body", ["", " \n", "\u200b", "x" * 5_001])
def test_an_unusable_change_names_its_problem_and_stays_typed(client, paper, body):
    comment = paper.comment(paper.article())
    response = client.post(own(comment), {"action": "edit", "body": body})
    assert response.status_code == 400
    page = response.content.decode()
    assert 'role="alert"' in page
    assert body[:100].strip() in page
    assert Comment.objects.get().revision == 1


@pytest.mark.parametrize("status", ["pending", "published", "held", "rejected", "removed"])
def test_one_can_withdraw_at_any_time_and_twice_is_once(client, paper, status):
    comment = paper.comment(paper.article(), body="Regretted words", age=timedelta(days=300))
    if status == "removed":
        paper.decide(comment, "published")
    if status != "pending":
        paper.decide(comment, status, reason="insult" if status in {"rejected", "removed"} else "")
    for _ in range(2):
        assert client.post(own(comment), {"action": "withdraw"}).status_code == 303
    page = client.get(own(comment)).content.decode()
    assert "no longer here" in page
    assert "Regretted words" not in page
    assert 'value="withdraw"' not in page


def test_a_token_that_can_only_look_changes_nothing(client, paper):
    comment = paper.comment(paper.article())
    address = own(comment, status_token(comment.pk))
    assert "<form" not in client.get(address).content.decode()
    for action in ("edit", "withdraw"):
        assert client.post(address, {"action": action, "body": "Mine now."}).status_code == 403
    assert client.post(own(comment, "forged"), {"action": "withdraw"}).status_code == 404
    comment.refresh_from_db()
    assert (comment.status, comment.revision) == ("pending", 1)


def test_another_sites_page_cannot_act(client, paper):
    comment = paper.comment(paper.article())
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(own(comment), {"action": "withdraw"}, headers=headers).status_code == 403


def test_an_unknown_action_changes_nothing(client, paper):
    comment = paper.comment(paper.article())
    assert client.post(own(comment), {"action": "publish"}).status_code == 400
    assert Comment.objects.get().status == "pending"


def test_the_address_after_sending_may_change_the_comment_only_while_it_is_fresh(client, paper, typed):
    article = paper.article()
    sent_to = client.post(article.get_absolute_url(), typed(article))["Location"]

    def private(comment):
        query = f"?sent={comment.pk}&token={sent_token(comment.pk)}"
        page = client.get(article.get_absolute_url() + query).content.decode()
        return entities.unescape(re.search(r'href="(/comments/[^"#]+)"', page)[1])

    comment = Comment.objects.get()
    assert f"token={sent_token(comment.pk)}#sent" in sent_to
    assert private(comment) == own(comment)
    assert client.get(own(comment, sent_token(comment.pk))).status_code == 404
    older = paper.comment(article, age=timedelta(minutes=16))
    assert private(older) == own(older, status_token(older.pk))


def test_a_refused_text_can_be_reworded_and_sent_as_a_new_comment(client, paper):
    article = paper.article()
    ana = paper.published(article, name="Ana")
    refused = paper.decide(
        paper.comment(article, body="You fool & knave", parent=ana.pk), "rejected", reason="insult"
    )
    form = client.get(own(refused)).content.decode().split('class="reword"')[1].split("</form>")[0]
    assert "You fool &amp; knave</textarea>" in form
    fields = dict(re.findall(r'name="(\w+)" (?:type="\w+" [^>]*)?value="([^"]*)"', form))
    assert fields["parent"] == str(ana.pk)
    del fields["preview"]  # Its other button.
    sent = fields | {"name": "Ana", "email": "ana@example.org", "body": "I think you are mistaken."}
    for _ in range(2):
        assert client.post(article.get_absolute_url(), sent).status_code == 303
    new = Comment.objects.get(body="I think you are mistaken.")
    assert new.parent_id == ana.pk
    assert Comment.objects.get(pk=refused.pk).status == "rejected"


def test_where_comments_are_closed_the_refused_text_is_there_to_copy(client, paper):
    refused = paper.decide(paper.comment(paper.article(), body="You fool"), "rejected", reason="insult")
    refused.article.comments_open = False
    refused.article.save()
    page = client.get(own(refused)).content.decode()
    assert 'class="reword"' not in page
    assert "You fool</textarea>" in page


def test_a_hold_for_tone_asks_to_reword_where_the_site_wants_it(client, paper):
    comment = paper.comment(paper.article())
    decide(comment, "held", reason_code="insult")
    assert "Reword it before a person reads it?" not in client.get(own(comment)).content.decode()
    CommentSettings.objects.create(site=paper.site, nudge=True)
    assert "Reword it before a person reads it?" in client.get(own(comment)).content.decode()
    client.post(own(comment), {"action": "edit", "body": "A calm remark."})
    assert "Reword it before" not in client.get(own(comment)).content.decode()


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        ({"within_minutes": 40}, "Comments are usually read within 40 minutes."),
        ({"within_minutes": 120}, "Comments are usually read within 2 hours."),
        ({"after_hour": 7}, "Comments are usually read after 7:00."),
        (None, "A person will read your comment"),
    ],
)
def test_a_held_comment_says_how_long_that_usually_takes(client, paper, monkeypatch, wait, words):
    from moderation.reading_times import UsualWait

    monkeypatch.setattr(private_page, "usual_wait", lambda *_, **__: UsualWait(**wait) if wait else None)
    comment = paper.decide(paper.comment(paper.article()), "held")
    page = client.get(own(comment)).content.decode()
    assert words in page
    assert wait or "usually read" not in page


def test_a_preview_shows_the_text_and_stores_nothing(client, paper, typed):
    article = paper.article()
    body = "One <b>word</b>\n\nhttps://example.org/x."
    response = client.post(article.get_absolute_url(), typed(article, body=body, preview="1"))
    assert response.status_code == 200
    preview = response.content.decode().split('id="reply-preview"')[1].split("</section>")[0]
    assert "One &lt;b&gt;word&lt;/b&gt;" in preview
    assert 'href="https://example.org/x"' in preview
    assert "autofocus" in preview.split(">")[0]
    assert not Comment.objects.exists()
    assert "Not sent" not in response.content.decode().split("</title>")[0]


def test_a_preview_of_a_form_with_problems_names_them(client, paper, typed):
    article = paper.article()
    response = client.post(article.get_absolute_url(), typed(article, email="no", preview="1"))
    assert response.status_code == 400
    assert "Give an email address such as" in response.content.decode()
