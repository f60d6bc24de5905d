"""POST /articles/{slug}/comments/: kept and pending, or refused in words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article
from comments.models import Comment, CommentPrivate, Mailbox
from newsroom.crypto import decrypt_address
from tests.contract.helpers import UNKNOWN, comment_fields, comments_path, fields, post_comment, problem
from tests.factories import ArticleFactory, CommentFactory, SectionFactory, SiteFactory

pytestmark = pytest.mark.django_db


def test_an_accepted_comment_is_pending_and_told_where_to_look(client: Client) -> None:
    article = ArticleFactory()

    response = post_comment(client, article)

    assert response.status_code == 202
    answer = response.json()
    assert set(answer) == {"id", "status", "status_url", "author_token"}
    assert UUID(answer["id"]).version == 7
    assert answer["status"] == "pending"
    assert re.fullmatch(rf"/api/v1/comments/{answer['id']}/status/\?token=[\w.%-]+", answer["status_url"])
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert Comment.objects.get(pk=answer["id"]).status == "pending"


def test_everything_that_belongs_to_it_is_kept(client: Client) -> None:
    post_comment(
        client, ArticleFactory(), name="  Ada  Lovelace ", email="Ada@Example.org", body="One\r\n\r\ntwo "
    )

    comment = Comment.objects.get()
    assert (comment.name, comment.body, comment.depth, comment.revision) == (
        "Ada Lovelace",
        "One\n\ntwo",
        0,
        1,
    )
    assert list(comment.revisions.values_list("name", "body")) == [("Ada Lovelace", "One\n\ntwo")]
    mailbox = Mailbox.objects.get()
    assert mailbox.address_ciphertext is not None
    assert decrypt_address(bytes(mailbox.address_ciphertext)) == "Ada@Example.org"
    assert CommentPrivate.objects.get().mailbox == mailbox


def test_a_refused_comment_leaves_nothing(client: Client) -> None:
    article = ArticleFactory(comments_open=False)

    problem(post_comment(client, article), 403, "comments_closed")

    assert not Comment.objects.exists()
    assert not Mailbox.objects.exists()


# --- who, where -------------------------------------------------------------------------------------------
def test_an_unknown_or_unpublished_article_is_not_found(client: Client) -> None:
    draft = ArticleFactory(status="draft")
    tomorrow = ArticleFactory(status="scheduled", published_at=timezone.now() + timedelta(days=1))

    problem(client.post("/api/v1/articles/nowhere/comments/", "{}", "application/json"), 404, "not_found")
    problem(post_comment(client, draft), 404, "not_found")
    problem(post_comment(client, tomorrow), 404, "not_found")


def test_an_archived_and_a_due_scheduled_article_take_comments(client: Client) -> None:
    assert post_comment(client, ArticleFactory(status="archived")).status_code == 202
    assert post_comment(client, ArticleFactory(status="scheduled")).status_code == 202


@pytest.mark.parametrize("switch", ["site", "section", "article", "time"])
def test_each_switch_closes_comments(client: Client, switch: str) -> None:
    site = SiteFactory(comments_open=switch != "site")
    section = SectionFactory(site=site, comments_open=switch != "section")
    close_at = (
        timezone.now() - timedelta(seconds=1) if switch == "time" else timezone.now() + timedelta(hours=1)
    )
    article = ArticleFactory(
        site=site, section=section, comments_open=switch != "article", comments_close_at=close_at
    )

    problem(post_comment(client, article), 403, "comments_closed")


def test_an_article_is_found_by_its_site(client: Client) -> None:
    SiteFactory()
    other = SiteFactory(code="other")
    article = ArticleFactory(site=other, slug="same")
    body = comment_fields()

    problem(client.post(comments_path(article), body, "application/json"), 404)
    problem(client.post(f"{comments_path(article)}?site=nowhere", body, "application/json"), 404)
    by_code = client.post(f"{comments_path(article)}?site=other", body, "application/json")
    assert by_code.status_code == 202


# --- fields -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("field", ["name", "email", "body"])
def test_a_missing_or_empty_field_is_named(client: Client, field: str) -> None:
    article = ArticleFactory()
    sent = comment_fields()
    del sent[field]

    assert fields(client.post(comments_path(article), sent, "application/json")) == {field: "required"}
    assert fields(post_comment(client, article, **{field: ""})) == {field: "blank"}
    assert fields(post_comment(client, article, **{field: None})) == {field: "null"}


@pytest.mark.parametrize("field", ["name", "email", "body"])
@pytest.mark.parametrize("value", [5, 5.5, 10**40, True, False, [], ["Ada"], {}, {"a": "b"}])
def test_only_text_is_text(client: Client, field: str, value: Any) -> None:
    assert fields(post_comment(client, ArticleFactory(), **{field: value})) == {field: "invalid"}


@pytest.mark.parametrize("value", [5, True, -1, 10**40, 1.5, [], {}, "x", "", "0" * 32, UNKNOWN])
def test_a_parent_is_the_id_of_a_published_comment(client: Client, value: Any) -> None:
    assert list(fields(post_comment(client, ArticleFactory(), parent=value))) == ["parent"]


def test_all_bad_fields_are_named_at_once(client: Client) -> None:
    response = post_comment(client, ArticleFactory(), name="", email="x", body=3, parent="y")

    assert set(fields(response)) == {"name", "email", "body", "parent"}


def test_unknown_keys_are_refused_by_name(client: Client) -> None:
    response = post_comment(client, ArticleFactory(), website="x", status="published", **{"x" * 200: 1})

    found = fields(response)
    assert found == {"website": "unknown_field", "status": "unknown_field", "x" * 80: "unknown_field"}


@pytest.mark.parametrize("query", ["?x=1", "?limit=5", "?token=x", "?site=tribune&debug=1"])
def test_unknown_query_parameters_are_refused(client: Client, query: str) -> None:
    article = ArticleFactory()
    response = client.post(comments_path(article) + query, comment_fields(), "application/json")

    if query == "?limit=5":  # Known to the list, not to a writer.
        assert response.status_code in {202, 400}
    else:
        assert "unknown_parameter" in fields(response).values()


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "5", "true", "[{}]"])
def test_a_body_that_is_no_object_is_refused(client: Client, body: str) -> None:
    problem(client.post(comments_path(ArticleFactory()), body, "application/json"), 400, "invalid")


@pytest.mark.parametrize(
    ("length", "status"), [(1, 202), (80, 202), (81, 400)], ids=["one", "most", "one too many"]
)
def test_a_name_has_1_to_80_characters(client: Client, length: int, status: int) -> None:
    assert post_comment(client, ArticleFactory(), name="n" * length).status_code == status


def test_a_body_has_up_to_5000_characters_after_cleaning(client: Client) -> None:
    article = ArticleFactory()

    assert post_comment(client, article, body="b" * 5_000).status_code == 202
    assert fields(post_comment(client, article, body="b" * 5_001)) == {"body": "max_length"}
    # Composed, invisible ones gone, blanks around gone: 5,000 again.
    decomposed = "  " + "e\u0301\u200b" * 5_000 + "\n\n"
    assert post_comment(client, article, body=decomposed).status_code == 202
    # 2,500 letters that NFC spells with two: 5,000; one more is too many.
    assert post_comment(client, article, body="\ufb2a" * 2_500).status_code == 202
    assert fields(post_comment(client, article, body="\ufb2a" * 2_501)) == {"body": "max_length"}


def test_80_characters_of_a_name_are_counted_after_cleaning(client: Client) -> None:
    article = ArticleFactory()

    assert post_comment(client, article, name=" \u200b" + "e\u0301" * 80 + "\t").status_code == 202
    assert fields(post_comment(client, article, name="\U0001f600" * 81)) == {"name": "max_length"}


@pytest.mark.parametrize("field", ["name", "body"])
@pytest.mark.parametrize(
    "text", ["   ", "\u200b\u200d", "\u3164", "\u202e \u202c", "\u00ad", "\u0301", "\n\t\n"]
)
def test_what_cannot_be_seen_is_empty(client: Client, field: str, text: str) -> None:
    assert fields(post_comment(client, ArticleFactory(), **{field: text})) == {field: "blank"}


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1f7",
        "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
        "Z\u0351\u036f" * 50,
        "<script>alert(1)</script>",
        "' OR 1=1 -- \\ %s {{ 7*7 }} ${x}",
        "\u4f60\u597d\uff0c\u4e16\u754c",
        "\ud83d\ude00",
    ],
    ids=["emoji", "rtl", "zalgo", "html", "injection", "chinese", "surrogate pair"],
)
def test_any_readable_text_is_kept_as_text(client: Client, text: str) -> None:
    assert post_comment(client, ArticleFactory(), body=text, name=text[:40]).status_code == 202


@pytest.mark.parametrize(
    "email",
    [
        "a@b.co",
        "ADA+news@Example.ORG",
        " ada@example.org ",
        '"quoted"@example.org',
        "o'brien@example.museum",
        "ada@b\u00fccher.example",
        f"{'a' * 64}@example.org",
    ],
)
def test_an_address_that_mail_could_reach_is_taken(client: Client, email: str) -> None:
    assert post_comment(client, ArticleFactory(), email=email).status_code == 202


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "ada@",
        "ada@localhost",
        "@example.org",
        "ada@example",
        "ada@@example.org",
        "ada@exa mple.org",
        "ada@example..org",
        ".ada@example.org",
        "Ada <ada@example.org>",
        "ada@example.org, eve@example.org",
        "ada@example.org\nBcc: eve@example.org",
        "ada@-example.org",
        f"{'a' * 250}@example.org",
        "\u200b",
    ],
)
def test_what_is_no_address_is_refused(client: Client, email: str) -> None:
    assert list(fields(post_comment(client, ArticleFactory(), email=email))) == ["email"]


# --- replies ----------------------------------------------------------------------------------------------
def chain(article: Article, length: int) -> list[Comment]:
    """A published root and published replies, each to the one before."""
    made: list[Comment] = []
    for _ in range(length):
        made.append(CommentFactory(article=article, parent=made[-1] if made else None, status="published"))
    return made


def test_a_reply_stands_below_its_parent(client: Client) -> None:
    root = CommentFactory(status="published")

    response = post_comment(client, root.article, parent=str(root.pk))

    reply = Comment.objects.get(pk=response.json()["id"])
    assert (reply.parent_id, reply.depth, reply.ancestors) == (root.pk, 1, [root.pk])


def test_a_reply_to_the_deepest_becomes_its_sibling(client: Client) -> None:
    article = ArticleFactory()
    deep = chain(article, 6)
    assert [comment.depth for comment in deep] == [0, 1, 2, 3, 4, 5]

    response = post_comment(client, article, parent=str(deep[5].pk))

    reply = Comment.objects.get(pk=response.json()["id"])
    assert (reply.parent_id, reply.depth) == (deep[4].pk, 5)


@pytest.mark.parametrize("status", ["pending", "held", "rejected", "removed", "withdrawn", "erased"])
def test_what_is_not_public_takes_no_reply(client: Client, status: str) -> None:
    parent = CommentFactory(status=status)

    assert fields(post_comment(client, parent.article, parent=str(parent.pk))) == {"parent": "does_not_exist"}


def test_a_comment_elsewhere_takes_no_reply_from_here(client: Client) -> None:
    elsewhere = CommentFactory(status="published")

    response = post_comment(client, ArticleFactory(), parent=str(elsewhere.pk))

    assert fields(response) == {"parent": "does_not_exist"}


def test_no_parent_is_the_same_as_null(client: Client) -> None:
    assert post_comment(client, ArticleFactory(), parent=None).status_code == 202


# --- twice ------------------------------------------------------------------------------------------------
def test_the_same_text_by_the_same_address_is_a_duplicate_without_an_id(client: Client) -> None:
    article = ArticleFactory()
    post_comment(client, article, email="ada@example.org")

    for same in (
        {},
        {"email": "ADA@Example.Org"},
        {"name": "Eve"},
        {"body": " The bearing came on Tuesday.\r\n"},
    ):
        document = problem(post_comment(client, article, **same), 409, "duplicate")
        assert "id" not in document

    assert Comment.objects.count() == 1


def test_another_text_address_or_article_is_no_duplicate(client: Client) -> None:
    article = ArticleFactory()
    post_comment(client, article)

    assert post_comment(client, article, body="Another.").status_code == 202
    assert post_comment(client, article, email="eve@example.org").status_code == 202
    assert post_comment(client, ArticleFactory()).status_code == 202


@pytest.mark.parametrize(("status", "again"), [("rejected", 409), ("held", 409), ("withdrawn", 202)])
def test_what_was_refused_stays_a_duplicate_and_what_was_withdrawn_does_not(
    client: Client, status: str, again: int
) -> None:
    comment = CommentFactory(status=status, email="ada@example.org", body="Same.")

    assert post_comment(client, comment.article, body="Same.").status_code == again


# --- limits -----------------------------------------------------------------------------------------------
def test_too_many_are_told_when_to_come_back(client: Client, settings: Any) -> None:
    settings.NEWSROOM_LIMITS = "strict"
    article = ArticleFactory()
    email = f"{uuid4().hex}@example.org"
    peer = {"REMOTE_ADDR": f"198.51.100.{uuid4().int % 250}"}

    answers = [
        client.post(
            comments_path(article), comment_fields(email=email, body=f"{n}."), "application/json", **peer
        )
        for n in range(3)
    ]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    problem(answers[2], 429, "rate_limited")
    assert 1 <= int(answers[2]["Retry-After"]) <= 61
    assert Comment.objects.count() == 2


def test_bad_input_uses_up_no_limit(client: Client, settings: Any) -> None:
    settings.NEWSROOM_LIMITS = "strict"
    article, email = ArticleFactory(), f"{uuid4().hex}@example.org"
    for _ in range(5):
        assert post_comment(client, article, email=email, name="").status_code == 400

    response = client.post(
        comments_path(article), comment_fields(email=email), "application/json", REMOTE_ADDR="198.51.100.251"
    )

    assert response.status_code == 202


def test_an_api_token_on_a_comment_path_is_not_tried(client: Client) -> None:
    article = ArticleFactory()

    response = client.post(
        comments_path(article),
        comment_fields(),
        "application/json",
        headers={"Authorization": "Bearer nr_wrong"},
    )

    assert response.status_code == 202
