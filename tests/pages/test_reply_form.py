"""*Leave a reply* works without script, and gives back everything that was typed when it cannot."""

from __future__ import annotations

import html as entities
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from comments.models import Comment
from comments.tokens import form_token
from newsroom.pages import views


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """No worker runs here: waiting for one is in its own tests."""
    monkeypatch.setattr(views, "wait_for_decision", lambda comment_id: False)


def form_of(response):
    return response.content.decode().split('id="reply"')[1].split("</form>")[0]


def test_the_form_says_what_it_asks_and_what_it_keeps_to_itself(client, paper):
    form = form_of(client.get(paper.article().get_absolute_url()))
    assert "Leave a reply" in form
    assert "Your email address will not be published. Required fields are marked *" in form
    for label, field in (("Name *", "name"), ("Email *", "email"), ("Comment *", "body")):
        assert f'<label for="reply-{field}">{label}</label>' in form
    for attributes in (
        'autocomplete="name" maxlength="80" required',
        'autocomplete="email" maxlength="254" required',
        'maxlength="5000" required',
    ):
        assert attributes in form


def test_a_comment_is_kept_and_the_reader_sent_back_to_the_article(client, paper, typed):
    article = paper.article()
    response = client.post(article.get_absolute_url(), typed(article))
    assert response.status_code == 303
    comment = Comment.objects.get()
    assert (comment.name, comment.body, comment.status) == ("Ada", "Oil the bearing.", "pending")
    assert response["Location"].startswith(f"{article.get_absolute_url()}?sent={comment.pk}&token=")
    assert response["Location"].endswith("#sent")
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"


def test_after_sending_the_page_says_waiting_with_a_private_link(client, paper, typed):
    article = paper.article()
    sent_to = client.post(article.get_absolute_url(), typed(article))["Location"]
    response = client.get(sent_to)
    notice = response.content.decode().split('id="sent"')[1].split("</div>")[0]
    assert "waiting to be checked" in notice
    private = entities.unescape(re.search(r'href="(/comments/[^"]+)"', notice)[1])
    assert client.get(private).status_code == 200
    assert response["Referrer-Policy"] == "no-referrer"


def test_once_published_the_page_says_so_with_a_link_to_the_comment(client, paper, typed):
    article = paper.article()
    sent_to = client.post(article.get_absolute_url(), typed(article))["Location"]
    comment = paper.decide(Comment.objects.get(), "published")
    page = client.get(sent_to).content.decode()
    assert "Your comment is published." in page
    assert f'?comment={comment.pk}#comment-{comment.pk}">See it in the thread' in page


def test_a_refused_comment_is_told_why_in_plain_words(client, paper, typed):
    article = paper.article()
    sent_to = client.post(article.get_absolute_url(), typed(article))["Location"]
    paper.decide(Comment.objects.get(), "rejected", reason="insult")
    assert (
        "Your comment was not published.</strong> It insults somebody."
        in client.get(sent_to).content.decode()
    )


def test_without_its_token_the_page_says_nothing_about_a_comment(client, paper, typed):
    article = paper.article()
    client.post(article.get_absolute_url(), typed(article))
    page = client.get(f"{article.get_absolute_url()}?sent={Comment.objects.get().pk}&token=forged")
    assert 'id="sent"' not in page.content.decode()


def test_a_reply_hangs_below_what_it_answers(client, paper, typed):
    article = paper.article()
    ana = paper.published(article)
    client.post(article.get_absolute_url(), typed(article, parent=str(ana.pk)))
    assert Comment.objects.get(name="Ada").parent_id == ana.pk


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Give a name."),
        ("name", "\u200b\u2060", "Give a name."),
        ("name", "N" * 81, "at most 80 characters"),
        ("email", "", "Give your email address."),
        ("email", "ada@", "Give an email address such as"),
        ("body", "  \n ", "Write a comment."),
        ("body", "\u3164", "Write a comment."),
        ("body", "x" * 5_001, "at most 5,000 characters"),
        ("body", "a\0b", "Null characters are not allowed."),
    ],
)
def test_a_bad_field_is_named_at_the_field_and_nothing_typed_is_lost(
    client, paper, typed, field, value, words
):
    article = paper.article()
    sent = typed(article, **{field: value})
    response = client.post(article.get_absolute_url(), sent)
    assert response.status_code == 400
    form = form_of(response)
    error = re.search(rf'<p class="field-error" id="reply-{field}-error">([^<]*)</p>', form)[1]
    assert words in entities.unescape(error)
    marked = re.search(rf'<(?:input|textarea) id="reply-{field}"[^>]*>', form)[0]
    assert 'aria-invalid="true"' in marked
    assert f"reply-{field}-error" in marked
    assert f'<a href="#reply-{field}">' in form
    for kept in ("name", "email"):
        assert f'value="{sent[kept]}"' in form
    assert sent["body"].strip() in form
    assert not Comment.objects.exists()


def test_typed_markup_comes_back_as_typed(client, paper, typed):
    article = paper.article()
    response = client.post(
        article.get_absolute_url(), typed(article, email="no", name='"><script>', body="</textarea><script>")
    )
    form = form_of(response)
    assert "<script>" not in form
    assert 'value="&quot;&gt;&lt;script&gt;"' in form
    assert "&lt;/textarea&gt;&lt;script&gt;" in form


def test_the_title_of_a_returned_form_begins_with_the_problem(client, paper, typed):
    article = paper.article()
    page = client.post(article.get_absolute_url(), typed(article, name="")).content.decode()
    assert "<title>Not sent: " in page
    assert 'role="alert" id="reply-problem" tabindex="-1" autofocus' in page


def test_sending_the_same_form_twice_makes_one_comment(client, paper, typed):
    article = paper.article()
    sent = typed(article)
    first = client.post(article.get_absolute_url(), sent)
    second = client.post(article.get_absolute_url(), sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]
    assert Comment.objects.count() == 1


def test_going_back_to_write_something_else_makes_a_second_comment(client, paper, typed):
    article = paper.article()
    sent = typed(article)
    client.post(article.get_absolute_url(), sent)
    assert client.post(article.get_absolute_url(), sent | {"body": "And grease it."}).status_code == 303
    assert Comment.objects.count() == 2


def test_the_same_text_from_a_new_form_is_called_a_duplicate(client, paper, typed):
    article = paper.article()
    client.post(article.get_absolute_url(), typed(article))
    response = client.post(article.get_absolute_url(), typed(article))
    assert response.status_code == 409
    assert "You have already sent this comment." in form_of(response)
    assert "Oil the bearing." in form_of(response)


def test_closed_comments_answer_403_and_give_the_text_back(client, paper, typed):
    article = paper.article(comments_close_at=timezone.now() - timedelta(seconds=1))
    response = client.post(article.get_absolute_url(), typed(article))
    assert response.status_code == 403
    assert "Comments on this article are closed." in form_of(response)
    assert "Oil the bearing." in form_of(response)


def test_too_many_at_once_answer_429_with_the_time_to_wait(client, paper, typed, monkeypatch):
    from newsroom.limits import RateLimited
    from newsroom.pages import forms

    def refuse(**kwargs):
        raise RateLimited(retry_after_s=17)

    monkeypatch.setattr(forms, "accept_comment", refuse)
    article = paper.article()
    response = client.post(article.get_absolute_url(), typed(article))
    assert response.status_code == 429
    assert response["Retry-After"] == "17"
    assert "Please wait 17 seconds" in form_of(response)
    assert "Oil the bearing." in form_of(response)


@pytest.mark.parametrize("parent", ["x", "01890000-0000-7000-8000-000000000000"])
def test_an_answer_to_nothing_can_be_sent_as_a_comment_of_its_own(client, paper, typed, parent):
    article = paper.article()
    response = client.post(article.get_absolute_url(), typed(article, parent=parent))
    assert response.status_code == 400
    form = form_of(response)
    assert "is no longer here" in form
    assert 'name="parent" value=""' in form
    assert "Oil the bearing." in form


def test_a_form_older_than_a_day_or_of_another_article_is_renewed(client, paper, typed):
    article, other = paper.article(), paper.article()
    now = timezone.now()
    for token in (
        form_token(article.pk, at=now - timedelta(days=1, minutes=1)),
        form_token(other.pk, at=now),
        "1.x",
        "",
    ):
        response = client.post(article.get_absolute_url(), typed(article, form_token=token))
        assert response.status_code == 400
        assert "send it once more" in form_of(response)
        renewed = re.search(r'name="form_token" value="([^"]+)"', form_of(response))[1]
        assert renewed != token
    assert client.post(article.get_absolute_url(), typed(article, form_token=renewed)).status_code == 303


def test_a_returned_form_keeps_its_age_so_that_correcting_it_is_not_too_fast(client, paper, typed):
    article = paper.article()
    sent = typed(article, email="no")
    form = form_of(client.post(article.get_absolute_url(), sent))
    assert f'name="form_token" value="{sent["form_token"]}"' in form


def test_what_robots_fill_in_is_recorded_not_told(client, paper, typed):
    article = paper.article()
    response = client.post(article.get_absolute_url(), typed(article, website="https://spam.example"))
    assert response.status_code == 303
    private = Comment.objects.get().private
    assert private.honeypot
    assert 9 <= private.form_age_s <= 12


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "null"}, 303),
        ({}, 303),
    ],
)
def test_only_the_sites_own_pages_may_send_the_form(client, paper, typed, headers, status):
    article = paper.article()
    assert client.post(article.get_absolute_url(), typed(article), headers=headers).status_code == status


def test_a_form_of_many_kilobytes_is_refused_unread(client, paper, typed):
    article = paper.article()
    response = client.post(article.get_absolute_url(), typed(article, body="x" * 200_000))
    assert response.status_code == 413


def test_the_longest_comment_in_the_widest_script_fits(client, paper, typed):
    article = paper.article()
    assert client.post(article.get_absolute_url(), typed(article, body="𝄞" * 5_000)).status_code == 303
