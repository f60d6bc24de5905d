"""Pinned comments stand first on the first page only; picks and staff carry badges."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from comments.highlighting import NotPickable, NotPinnable, pick_comment, pin_comment
from comments.models import Comment
from comments.selectors import thread_page
from newsroom.audit.models import AuditEntry
from tests.contract.helpers import comment_fields, comments_path
from tests.factories import ArticleFactory, CommentFactory, UserFactory, decide

pytestmark = pytest.mark.django_db


def pin(comment: Comment, *, is_pinned: bool = True) -> None:
    pin_comment(comment_id=comment.pk, actor=UserFactory(), is_pinned=is_pinned)


@pytest.mark.parametrize("sort", ["newest", "oldest", "top"])
@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_begin_with_the_pinned_and_hold_each_once(sort: str, limit: int) -> None:
    article = ArticleFactory()
    made = [CommentFactory(article=article, status="published").pk for _ in range(6)]
    for number in (3, 1):
        pin(Comment.objects.get(pk=made[number]))

    seen, cursor = [], None
    while True:
        page = thread_page(article.pk, sort=sort, cursor=cursor, limit=limit)
        seen += [node.id for node in page.results]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen[:2] == [made[3], made[1]]
    assert sorted(seen) == sorted(made)


def test_badges_say_what_it_is(client: Client) -> None:
    comment = CommentFactory(status="published")
    pin(comment)
    pick_comment(comment_id=comment.pk, actor=UserFactory(), is_pick=True)

    assert client.get(comments_path(comment.article)).json()["results"][0]["badges"] == ["pinned", "pick"]

    pin(comment, is_pinned=False)
    assert client.get(comments_path(comment.article)).json()["results"][0]["badges"] == ["pick"]
    assert set(
        AuditEntry.objects.filter(object_id=comment.pk, actor_kind="person").values_list("action", flat=True)
    ) == {
        "comment.pin",
        "comment.pick",
        "comment.unpin",
    }


def test_a_pinned_comment_that_is_taken_down_is_gone() -> None:
    comment = CommentFactory(status="published")
    pin(comment)
    decide(comment, "removed", actor_kind="person", reason_code="insult")

    assert thread_page(comment.article_id).results == []


def test_replies_hidden_ones_and_a_fourth_are_not_pinned() -> None:
    root = CommentFactory(status="published")
    for refused in (CommentFactory(parent=root, status="published"), CommentFactory(status="held")):
        with pytest.raises(NotPinnable):
            pin(refused)
    with pytest.raises(NotPickable):
        pick_comment(comment_id=CommentFactory(status="held").pk, actor=UserFactory(), is_pick=True)

    for _ in range(3):
        pin(CommentFactory(article=root.article, status="published"))
    with pytest.raises(NotPinnable):
        pin(root)


def test_who_is_signed_in_as_staff_writes_with_a_badge_and_without_limits(
    client: Client, settings: Any
) -> None:
    settings.NEWSROOM_LIMITS = "strict"
    article = ArticleFactory()
    client.force_login(UserFactory())
    for number in range(4):
        answer = client.post(
            comments_path(article), comment_fields(body=f"Answer {number}"), content_type="application/json"
        )
        assert answer.status_code == 202
    comment = Comment.objects.get(pk=answer.json()["id"])
    decide(comment, "published")

    assert client.get(comments_path(article)).json()["results"][0]["badges"] == ["staff"]


def test_another_sites_page_does_not_write_in_the_name_of_staff(client: Client) -> None:
    article = ArticleFactory()
    client.force_login(UserFactory())
    answer = client.post(
        comments_path(article),
        comment_fields(),
        content_type="application/json",
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert Comment.objects.get(pk=answer.json()["id"]).by_staff is False
