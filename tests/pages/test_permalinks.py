"""A link to one comment opens the page of the thread on which it stands, in any order, at any depth."""

from __future__ import annotations

import pytest

from comments.highlighting import pin_comment
from comments.services import withdraw_comment
from newsroom.pages import discussion
from tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch):
    monkeypatch.setattr(discussion, "ROOTS_PER_PAGE", 3)
    monkeypatch.setattr(discussion, "REPLIES_PER_PAGE", 4)


def thread(client, article, query):
    html = client.get(article.get_absolute_url() + query).content.decode()
    return html.split('id="comment-list"')[1].split("</section>")[0]


@pytest.mark.parametrize("sort", ["newest", "oldest", "top"])
@pytest.mark.parametrize("pinned", [0, 2])
def test_every_root_is_found_in_every_order(client, paper, sort, pinned):
    article = paper.article()
    roots = [paper.published(article) for _ in range(8)]
    for root in roots[:pinned]:
        pin_comment(comment_id=root.pk, actor=UserFactory(), is_pinned=True)
    for root in roots:
        assert f'id="comment-{root.pk}"' in thread(client, article, f"?sort={sort}&comment={root.pk}")


def test_every_reply_is_found_among_the_first_ten_and_on_the_pages_after(client, paper):
    article = paper.article()
    root = paper.published(article)
    replies = [paper.published(article, parent=root.pk) for _ in range(17)]
    for _ in range(4):
        paper.published(article)
    for reply in replies:
        assert f'id="comment-{reply.pk}"' in thread(client, article, f"?comment={reply.pk}")


def test_a_reply_below_a_removed_root_is_found(client, paper):
    article = paper.article()
    root = paper.published(article)
    replies = [paper.published(article, parent=root.pk) for _ in range(13)]
    withdraw_comment(comment_id=root.pk)
    for reply in (replies[0], replies[-1]):
        shown = thread(client, article, f"?comment={reply.pk}")
        assert f'id="comment-{reply.pk}"' in shown
        assert "A comment that is no longer here" in shown


def test_what_readers_cannot_see_is_not_found(client, paper):
    article, other = paper.article(), paper.article()
    for comment in (paper.comment(article), paper.published(other)):
        assert f'id="comment-{comment.pk}"' not in thread(client, article, f"?comment={comment.pk}")


def test_the_plain_address_of_a_comment_leads_there_and_hides_the_rest(client, paper):
    comment = paper.published(paper.article())
    response = client.get(f"/comments/{comment.pk}/")
    assert response.status_code == 302
    assert response["Location"] == (
        f"{comment.article.get_absolute_url()}?comment={comment.pk}#comment-{comment.pk}"
    )
    assert client.get(f"/comments/{paper.comment(paper.article()).pk}/").status_code == 404
    assert client.post(f"/comments/{comment.pk}/").status_code == 404


def test_several_deep_replies_are_folded_unless_the_link_leads_into_them(client, paper):
    article = paper.article()
    deepest = paper.published(article)
    for _ in range(2):
        deepest = paper.published(article, parent=deepest.pk)
    few = thread(client, article, "")
    assert few.count('<details class="replies" open>') == 2
    answers = [paper.published(article, parent=deepest.pk) for _ in range(3)]
    folded = thread(client, article, "")
    assert folded.count('<details class="replies">') == 1
    assert "3 replies" in folded.split('<details class="replies">')[1]
    assert '<details class="replies">' not in thread(client, article, f"?comment={answers[1].pk}")


def test_finding_a_place_costs_a_fixed_number_of_queries(client, paper, django_assert_max_num_queries):
    article = paper.article()
    roots = [paper.published(article) for _ in range(12)]
    client.get(article.get_absolute_url())
    with django_assert_max_num_queries(19):
        client.get(f"{article.get_absolute_url()}?comment={roots[0].pk}")
