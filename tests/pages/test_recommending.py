"""Recommending a comment on the page, without script."""

from __future__ import annotations

import pytest

from comments.models import CommentSettings, Vote
from tests.factories import CommentFactory


def press(client, comment, value="1", **headers):
    return client.post(f"/comments/{comment.pk}/votes/", {"value": value}, headers=headers)


def test_a_recommendation_counts_once_and_can_be_taken_back(client, paper):
    comment = paper.published(paper.article())
    for _ in range(2):
        response = press(client, comment)
        assert response.status_code == 303
    page = client.get(response["Location"]).content.decode()
    button = page.split(f'formaction="/comments/{comment.pk}/votes/"')[1].split("</button>")[0]
    assert 'value="0"' in button
    assert 'aria-pressed="true"' in button
    comment.refresh_from_db()
    assert comment.votes == 1
    press(client, comment, "0")
    comment.refresh_from_db()
    assert (comment.votes, Vote.objects.count()) == (0, 0)


def test_votes_against_are_offered_only_where_the_site_takes_them(client, paper):
    comment = paper.published(paper.article())
    address = comment.article.get_absolute_url()
    assert "Disagree" not in client.get(address).content.decode()
    assert press(client, comment, "-1").status_code == 400
    CommentSettings.objects.create(site=paper.site, downvotes=True)
    assert "Disagree" in client.get(address).content.decode()
    assert press(client, comment, "-1").status_code == 303
    comment.refresh_from_db()
    assert comment.votes == -1


@pytest.mark.parametrize("value", ["", "2", "x", "01"])
def test_a_value_that_no_button_has_is_not_found(client, paper, value):
    assert press(client, paper.published(paper.article()), value).status_code == 404


def test_what_is_not_published_cannot_be_recommended(client, paper):
    assert press(client, paper.comment(paper.article())).status_code == 404


def test_another_sites_page_cannot_vote(client, paper):
    comment = paper.published(paper.article())
    assert press(client, comment, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert not Vote.objects.exists()


def test_top_puts_what_is_recommended_first(client, paper):
    article = paper.article()
    first = paper.published(article, body="The recommended one")
    paper.published(article, body="The newer one")
    press(client, first)
    page = client.get(f"{article.get_absolute_url()}?sort=top").content.decode()
    assert page.index("The recommended one") < page.index("The newer one")
    assert 'aria-current="true">Top</a>' in page


def test_the_address_of_a_vote_leads_to_the_comment_and_counts_nothing(client, paper):
    comment, held = paper.published(paper.article()), CommentFactory(status="held")
    response = client.get(f"/comments/{comment.pk}/votes/")
    assert (response.status_code, response["Location"].endswith(f"#comment-{comment.pk}")) == (303, True)
    assert Vote.objects.count() == 0
    assert client.get(f"/comments/{held.pk}/votes/").status_code == 404
