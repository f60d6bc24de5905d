"""GET of threads, replies and counts: what is published, in order, a page at a time, and fresh."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article
from comments.models import Comment
from tests.contract.helpers import UNKNOWN, comments_path, fields, problem
from tests.factories import ArticleFactory, CommentFactory, SiteFactory, decide

pytestmark = pytest.mark.django_db
FIELDS = {
    "id",
    "parent",
    "depth",
    "name",
    "body",
    "created_at",
    "edited_at",
    "reply_count",
    "votes",
    "badges",
    "replies",
}


def thread(client: Client, article: Article, query: str = "") -> dict[str, Any]:
    response = client.get(comments_path(article) + query)
    assert response.status_code == 200, response.content
    document: dict[str, Any] = response.json()
    return document


def published(article: Article, number: int, **given: Any) -> list[Comment]:
    now = timezone.now()
    return [
        CommentFactory(article=article, status="published", at=now - timedelta(minutes=number - n), **given)
        for n in range(number)
    ]


def ids(document: dict[str, Any]) -> list[str]:
    return [entry["id"] for entry in document["results"]]


def test_a_thread_has_exactly_these_fields(client: Client) -> None:
    comment = CommentFactory(status="published", name="Ada", body="Hello <b>you</b> & you")

    document = thread(client, comment.article)

    assert set(document) == {"count", "next", "results"}
    [entry] = document["results"]
    assert set(entry) == FIELDS
    assert entry["id"] == str(comment.pk)
    assert (entry["name"], entry["body"]) == ("Ada", "Hello <b>you</b> & you")
    assert (entry["parent"], entry["depth"], entry["edited_at"]) == (None, 0, None)
    assert (entry["reply_count"], entry["votes"], entry["badges"], entry["replies"]) == (0, 0, [], [])
    assert entry["created_at"].endswith("Z")


def test_an_article_without_comments_has_an_empty_thread(client: Client) -> None:
    assert thread(client, ArticleFactory()) == {"count": 0, "next": None, "results": []}


@pytest.mark.parametrize("status", ["pending", "held", "rejected", "removed", "withdrawn", "erased"])
def test_only_published_comments_are_shown_and_counted(client: Client, status: str) -> None:
    comment = CommentFactory(status=status, body="Not for you.")

    response = client.get(comments_path(comment.article))

    assert response.json()["results"] == []
    assert b"Not for you" not in response.content
    problem(client.get(f"/api/v1/comments/{comment.pk}/replies/"), 404, "not_found")


def test_a_thread_of_an_unpublished_article_is_not_found(client: Client) -> None:
    comment = CommentFactory(status="published")
    Article.objects.update(status="draft")

    problem(client.get(comments_path(comment.article)), 404, "not_found")
    problem(client.get(f"/api/v1/comments/{comment.pk}/replies/"), 404, "not_found")
    counted = client.get(f"/api/v1/comment-counts/?article={comment.article.slug}").json()
    assert counted == {"counts": {comment.article.slug: 0}}


# --- order and pages ----------------------------------------------------------------------------------------
def test_roots_come_in_the_order_that_was_asked_for(client: Client) -> None:
    article = ArticleFactory()
    first, second, third = published(article, 3)
    Comment.objects.filter(pk=second.pk).update(votes=5)

    def order(query: str) -> list[str]:
        return ids(thread(client, article, query))

    assert order("") == order("?sort=newest") == [str(third.pk), str(second.pk), str(first.pk)]
    assert order("?sort=oldest") == [str(first.pk), str(second.pk), str(third.pk)]
    assert order("?sort=top") == [str(second.pk), str(third.pk), str(first.pk)]


@pytest.mark.parametrize("sort", ["newest", "oldest", "top"])
def test_pages_hold_each_root_once(client: Client, sort: str) -> None:
    article = ArticleFactory()
    made = published(article, 7)
    at_one_moment = timezone.now()
    made += [CommentFactory(article=article, status="published", at=at_one_moment) for _ in range(3)]
    Comment.objects.filter(pk__in=[made[0].pk, made[9].pk]).update(votes=2)

    seen: list[str] = []
    path: str | None = f"{comments_path(article)}?sort={sort}&limit=3"
    while path:
        document = client.get(path).json()
        assert document["count"] == 10
        assert len(document["results"]) <= 3
        seen += ids(document)
        path = document["next"]
        assert path is None or path.startswith("/api/v1/")

    assert sorted(seen) == sorted(str(comment.pk) for comment in made)


def test_a_page_that_is_just_full_has_no_next(client: Client) -> None:
    article = ArticleFactory()
    published(article, 3)

    assert thread(client, article, "?limit=3")["next"] is None
    assert thread(client, article, "?limit=2")["next"]


def test_the_next_page_is_of_the_same_site(client: Client) -> None:
    SiteFactory()
    article = ArticleFactory(site=SiteFactory(code="other"))
    made = published(article, 3)

    document = thread(client, article, "?site=other&limit=2&sort=oldest")

    following = client.get(document["next"])
    assert following.status_code == 200
    assert ids(following.json()) == [str(made[2].pk)]


@pytest.mark.parametrize(("limit", "shown"), [("1", 1), ("002", 2), ("100", 3), ("101", 3), ("9" * 30, 3)])
def test_a_larger_limit_is_clamped(client: Client, limit: str, shown: int) -> None:
    article = ArticleFactory()
    published(article, 3)

    assert len(thread(client, article, f"?limit={limit}")["results"]) == shown


@pytest.mark.parametrize("limit", ["0", "000", "-1", "", "1.5", "ten", "1e2", "%D9%A1", "+1", "1%20"])
def test_what_is_no_limit_is_refused(client: Client, limit: str) -> None:
    comment = CommentFactory(status="published")

    assert fields(client.get(f"{comments_path(comment.article)}?limit={limit}")) == {"limit": "invalid"}
    assert fields(client.get(f"/api/v1/comments/{comment.pk}/replies/?limit={limit}")) == {"limit": "invalid"}


def cursor(*document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


NOW = "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "garbage",
    [
        "x",
        "%00",
        "%F0%9F%98%80",
        "=" * 40,
        "e" * 4_000,
        cursor(),
        cursor("newest", NOW, UNKNOWN),
        cursor("oldest", NOW, UNKNOWN, 0),
        cursor("newest", "2026-01-01T00:00:00", UNKNOWN, 0),
        cursor("newest", "soon", UNKNOWN, 0),
        cursor("newest", "0001-01-01T00:00:00+23:59", "x", 0),
        cursor("newest", NOW, 5, 0),
        cursor("newest", NOW, UNKNOWN, 10**30),
        cursor("newest", NOW, UNKNOWN, "many"),
        cursor("newest", NOW, UNKNOWN, None),
        cursor("newest", None, None, None),
        base64.urlsafe_b64encode(b"[" * 3_000).decode(),
        base64.urlsafe_b64encode(b'["newest", NaN, 1, Infinity]').decode(),
    ],
)
def test_a_cursor_of_ones_own_making_is_refused(client: Client, garbage: str) -> None:
    comment = CommentFactory(status="published")

    assert fields(client.get(f"{comments_path(comment.article)}?cursor={garbage}")) == {"cursor": "invalid"}
    assert fields(client.get(f"/api/v1/comments/{comment.pk}/replies/?cursor={garbage}")) == {
        "cursor": "invalid"
    }


def test_the_ends_of_time_make_no_crash(client: Client) -> None:
    comment = CommentFactory(status="published")
    path = f"{comments_path(comment.article)}?cursor="

    for moment in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        assert fields(client.get(path + cursor("newest", moment, str(uuid4()), 0))) == {"cursor": "invalid"}
    for moment in ("0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"):
        assert client.get(path + cursor("newest", moment, str(uuid4()), 0)).status_code == 200


@pytest.mark.parametrize("sort", ["", "best", "NEWEST", "newest,oldest"])
def test_an_unknown_sort_is_refused(client: Client, sort: str) -> None:
    assert fields(client.get(f"{comments_path(ArticleFactory())}?sort={sort}")) == {"sort": "invalid_choice"}


@pytest.mark.parametrize("query", ["x=1", "page=2", "Limit=1", "token=x"])
def test_an_unknown_parameter_is_refused_by_name(client: Client, query: str) -> None:
    name = query.partition("=")[0]

    assert fields(client.get(f"{comments_path(ArticleFactory())}?{query}")) == {name: "unknown_parameter"}


# --- replies ------------------------------------------------------------------------------------------------
def test_the_first_ten_replies_are_nested_and_the_rest_follow(client: Client) -> None:
    root = CommentFactory(status="published", at=timezone.now() - timedelta(hours=1))
    now = timezone.now()
    replies = [
        CommentFactory(parent=root, status="published", at=now - timedelta(minutes=30 - n)) for n in range(12)
    ]

    [entry] = thread(client, root.article)["results"]
    assert entry["reply_count"] == 12
    assert [reply["id"] for reply in entry["replies"]] == [str(reply.pk) for reply in replies[:10]]

    first = client.get(f"/api/v1/comments/{root.pk}/replies/?limit=10").json()
    assert set(first) == {"next", "results"}
    second = client.get(first["next"]).json()
    assert ids(first) + ids(second) == [str(reply.pk) for reply in replies]
    assert second["next"] is None


def test_replies_to_replies_stand_inside_them(client: Client) -> None:
    root = CommentFactory(status="published")
    child = CommentFactory(parent=root, status="published")
    grandchild = CommentFactory(parent=child, status="published")

    [entry] = thread(client, root.article)["results"]

    assert entry["reply_count"] == 2
    assert entry["replies"][0]["id"] == str(child.pk)
    assert entry["replies"][0]["reply_count"] == 1
    assert entry["replies"][0]["replies"][0]["id"] == str(grandchild.pk)
    below_child = client.get(f"/api/v1/comments/{child.pk}/replies/").json()
    assert ids(below_child) == [str(grandchild.pk)]


@pytest.mark.parametrize("how", ["removed", "withdrawn", "held"])
def test_a_hidden_comment_with_replies_is_a_tombstone(client: Client, how: str) -> None:
    from comments.services import withdraw_comment

    root = CommentFactory(status="published", name="Nobody Anymore", body="Gone words")
    reply = CommentFactory(parent=root, status="published")
    if how == "withdrawn":
        withdraw_comment(comment_id=root.pk)
    elif how == "held":
        decide(root, "held", actor_kind="system", held_by="report")
    else:
        decide(root, "removed", actor_kind="person", reason_code="insult")

    response = client.get(comments_path(root.article))

    [entry] = response.json()["results"]
    assert set(entry) == FIELDS
    assert (entry["name"], entry["body"], entry["reply_count"]) == (None, None, 1)
    assert entry["replies"][0]["id"] == str(reply.pk)
    assert b"Gone words" not in response.content
    assert b"Nobody Anymore" not in response.content
    assert response.json()["count"] == 1
    assert ids(client.get(f"/api/v1/comments/{root.pk}/replies/").json()) == [str(reply.pk)]


def test_a_hidden_reply_between_two_published_ones_is_a_tombstone(client: Client) -> None:
    root = CommentFactory(status="published")
    middle = CommentFactory(parent=root, status="published", body="Gone words")
    last = CommentFactory(parent=middle, status="published")
    decide(middle, "removed", actor_kind="person", reason_code="insult")

    [entry] = thread(client, root.article)["results"]

    assert entry["reply_count"] == 1
    [tombstone] = entry["replies"]
    assert (tombstone["id"], tombstone["body"]) == (str(middle.pk), None)
    assert tombstone["replies"][0]["id"] == str(last.pk)


def test_a_hidden_comment_without_published_replies_is_gone(client: Client) -> None:
    root = CommentFactory(status="published")
    reply = CommentFactory(parent=root, status="published")
    decide(root, "removed", actor_kind="person", reason_code="insult")
    decide(reply, "removed", actor_kind="person", reason_code="insult")

    assert thread(client, root.article) == {"count": 0, "next": None, "results": []}


def test_a_thread_costs_a_fixed_number_of_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    article = ArticleFactory()
    for root in published(article, 5):
        CommentFactory(parent=CommentFactory(parent=root, status="published"), status="published")
    thread(client, article)  # The site is read once a second.
    CommentFactory(article=article, status="published")

    with django_assert_max_num_queries(5):
        thread(client, article)


# --- freshness ----------------------------------------------------------------------------------------
def test_an_unchanged_thread_is_not_sent_again(client: Client) -> None:
    comment = CommentFactory(status="published")
    first = client.get(comments_path(comment.article))
    assert first["ETag"].startswith('"')
    assert first["Cache-Control"] == "public, no-cache"

    again = client.get(comments_path(comment.article), headers={"If-None-Match": f'"x", W/{first["ETag"]}'})

    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]


def test_a_decision_shows_in_the_very_next_answer(client: Client) -> None:
    article = ArticleFactory()
    comment = CommentFactory(article=article)
    path = comments_path(article)

    for outcome, kind, shown in (
        ("published", "machine", 1),
        ("removed", "person", 0),
        ("published", "person", 1),
    ):
        before = client.get(path)
        decide(comment, outcome, actor_kind=kind, reason_code="insult" if outcome == "removed" else "")
        after = client.get(path, headers={"If-None-Match": before["ETag"]})
        assert after.status_code == 200
        assert after.json()["count"] == len(after.json()["results"]) == shown


def test_two_pages_of_one_thread_have_two_tags(client: Client) -> None:
    article = ArticleFactory()
    published(article, 2)
    path = comments_path(article)

    tags = [client.get(path + query)["ETag"] for query in ("", "?sort=oldest", "?limit=1", "?sort=top")]

    assert len(set(tags)) == 4


def test_a_star_matches_what_is_there_and_no_nonsense(client: Client) -> None:
    comment = CommentFactory(status="published")
    path, star = comments_path(comment.article), {"If-None-Match": "*"}

    assert client.get(path, headers=star).status_code == 304
    assert fields(client.get(f"{path}?sort=", headers=star)) == {"sort": "invalid_choice"}
    assert fields(client.get(f"{path}?cursor=x", headers=star)) == {"cursor": "invalid"}


def test_head_gives_the_headers_alone(client: Client) -> None:
    comment = CommentFactory(status="published")

    response = client.head(comments_path(comment.article))

    assert response.status_code == 200
    assert response.content == b""
    assert response["ETag"]


# --- counts -------------------------------------------------------------------------------------------
def test_counts_of_several_articles_and_of_none(client: Client) -> None:
    busy, quiet = ArticleFactory(), ArticleFactory()
    published(busy, 2)
    CommentFactory(article=busy)

    response = client.get(f"/api/v1/comment-counts/?article={busy.slug}&article={quiet.slug}&article=nowhere")

    assert response.json() == {"counts": {busy.slug: 2, quiet.slug: 0, "nowhere": 0}}
    assert response["Cache-Control"] == "public, no-cache"


def test_counts_of_up_to_100_articles(client: Client) -> None:
    def asked(number: int) -> Any:
        return client.get("/api/v1/comment-counts/?" + "&".join(f"article=a{n}" for n in range(number)))

    ArticleFactory()
    assert len(asked(100).json()["counts"]) == 100
    assert fields(asked(101)) == {"article": "max_length"}
    assert fields(asked(0)) == {"article": "required"}


@pytest.mark.parametrize("slug", ["%00", "a%00b&article=c", "%F0%9F%98%80", "x" * 3_000, "%ed%a0%80"])
def test_counts_of_nonsense_are_zero_or_refused(client: Client, slug: str) -> None:
    ArticleFactory()

    response = client.get(f"/api/v1/comment-counts/?article={slug}")

    assert response.status_code in {200, 400}
    if response.status_code == 200:
        assert set(response.json()["counts"].values()) == {0}


def test_another_sites_articles_count_nothing_here(client: Client) -> None:
    SiteFactory()
    elsewhere = ArticleFactory(site=SiteFactory(code="other"))
    published(elsewhere, 1)

    here = client.get(f"/api/v1/comment-counts/?article={elsewhere.slug}").json()
    there = client.get(f"/api/v1/comment-counts/?article={elsewhere.slug}&site=other").json()

    assert here == {"counts": {elsewhere.slug: 0}}
    assert there == {"counts": {elsewhere.slug: 1}}


def test_replies_that_have_not_changed_are_not_sent_again(client: Client) -> None:
    root = CommentFactory(status="published")
    CommentFactory(parent=root, status="published")
    path = f"/api/v1/comments/{root.pk}/replies/"
    etag = client.get(path)["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    CommentFactory(parent=root, status="published")
    assert len(client.get(path, headers={"If-None-Match": etag}).json()["results"]) == 2
