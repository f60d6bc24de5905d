"""The author's page about a comment: for whoever holds its token, and for nobody else."""

from __future__ import annotations

import pytest

from comments.services import withdraw_comment
from comments.tokens import author_token, status_token


def address(comment, token=None):
    return f"/comments/{comment.pk}/?token={status_token(comment.pk) if token is None else token}"


def test_it_tells_the_state_and_keeps_the_text_to_copy(client, paper):
    article = paper.article(headline="Bridge stuck")
    comment = paper.comment(article, body="</textarea><script>1</script>\nTwo lines")
    page = client.get(address(comment)).content.decode()
    assert "Your comment is being checked" in page
    assert "&lt;/textarea&gt;&lt;script&gt;1&lt;/script&gt;\nTwo lines</textarea>" in page
    assert f'href="{article.get_absolute_url()}">Bridge stuck</a>' in page


@pytest.mark.parametrize("token", ["", "x", "k1.AAAA"])
def test_without_its_token_it_does_not_exist(client, paper, token):
    assert client.get(address(paper.comment(paper.article()), token)).status_code == 404


def test_another_comments_token_does_not_open_it(client, paper):
    article = paper.article()
    mine, other = paper.comment(article), paper.comment(article)
    assert client.get(address(mine, status_token(other.pk))).status_code == 404


def test_whoever_may_edit_may_also_look(client, paper):
    comment = paper.comment(paper.article())
    assert client.get(address(comment, author_token(comment.pk))).status_code == 200


def test_it_is_kept_out_of_indexes_caches_and_referrers(client, paper):
    response = client.get(address(paper.comment(paper.article())))
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex' in response.content.decode()


@pytest.mark.parametrize(
    ("outcome", "reason", "words"),
    [
        ("published", "", "Your comment is published"),
        ("held", "", "A person will read your comment"),
        ("rejected", "spam", "It reads like advertising or spam."),
        ("rejected", "other", "It was found to break the rules"),
    ],
)
def test_it_says_what_was_decided(client, paper, outcome, reason, words):
    comment = paper.decide(paper.comment(paper.article()), outcome, reason=reason)
    assert words in client.get(address(comment)).content.decode()


def test_why_a_comment_is_held_is_not_told(client, paper):
    comment = paper.decide(paper.comment(paper.article()), "held", reason="suspect_word")
    assert (
        "word"
        not in client.get(address(comment)).content.decode().split('class="standfirst"')[1].split("</p>")[0]
    )


def test_a_published_comment_is_one_link_away(client, paper):
    comment = paper.published(paper.article())
    assert (
        f"{comment.article.get_absolute_url()}?comment={comment.pk}#comment-{comment.pk}"
        in client.get(address(comment)).content.decode()
    )


def test_a_withdrawn_text_is_shown_to_nobody(client, paper):
    comment = paper.published(paper.article(), body="Regretted words")
    withdraw_comment(comment_id=comment.pk)
    page = client.get(address(comment)).content.decode()
    assert "no longer here" in page
    assert "Regretted words" not in page
