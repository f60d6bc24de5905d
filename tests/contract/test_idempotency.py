"""Idempotency-Key: the same key and body give the same answer, whatever happened to the first one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from articles.models import Article
from comments.models import Comment
from newsroom.access.models import IdempotencyKey
from newsroom.access.services import purge_answers
from tests.contract.helpers import fields, post_comment, problem
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


def test_the_same_key_and_body_give_the_same_answer(client: Client, article: Article) -> None:
    first = post_comment(client, article, key="abc")
    again = post_comment(client, article, key="abc")

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()  # Id, status, address of the status and token: all of it.
    assert Comment.objects.count() == 1


def test_what_is_cleaned_alike_is_the_same_body(client: Client, article: Article) -> None:
    first = post_comment(client, article, key="abc", body="One line.", parent=None)
    again = post_comment(client, article, key="abc", body=" One line.\r\n")

    assert again.json() == first.json()


@pytest.mark.parametrize("change", [{"body": "Another."}, {"name": "Eve"}, {"email": "eve@example.org"}])
def test_another_body_under_the_same_key_is_refused(
    client: Client, article: Article, change: dict[str, str]
) -> None:
    post_comment(client, article, key="abc")

    problem(post_comment(client, article, key="abc", **change), 422, "idempotency_key_reused")
    assert Comment.objects.count() == 1


def test_another_article_has_keys_of_its_own(client: Client, article: Article) -> None:
    first = post_comment(client, article, key="abc")
    elsewhere = post_comment(client, ArticleFactory(), key="abc")

    assert elsewhere.status_code == 202
    assert elsewhere.json()["id"] != first.json()["id"]


def test_a_refusal_is_not_recorded(client: Client, article: Article) -> None:
    Article.objects.update(comments_open=False)
    problem(post_comment(client, article, key="abc"), 403)
    problem(post_comment(client, article, key="abc", body=""), 400)
    Article.objects.update(comments_open=True)

    assert post_comment(client, article, key="abc", body="Now it fits.").status_code == 202


def test_a_duplicate_without_the_key_is_refused_and_with_it_answered(
    client: Client, article: Article
) -> None:
    first = post_comment(client, article, key="abc")

    problem(post_comment(client, article, key="other"), 409, "duplicate")
    assert post_comment(client, article, key="abc").json() == first.json()


def test_an_answer_is_given_again_after_comments_were_closed(client: Client, article: Article) -> None:
    first = post_comment(client, article, key="abc")
    Article.objects.update(comments_open=False)

    assert post_comment(client, article, key="abc").json() == first.json()


@pytest.mark.parametrize(("length", "is_taken"), [(1, True), (200, True), (201, False), (5_000, False)])
def test_a_key_has_up_to_200_characters(
    client: Client, article: Article, length: int, is_taken: bool
) -> None:
    response = post_comment(client, article, key="k" * length)

    if is_taken:
        assert response.status_code == 202
    else:
        assert list(fields(response)) == ["Idempotency-Key"]


def test_an_empty_key_is_refused(client: Client, article: Article) -> None:
    assert list(fields(post_comment(client, article, key=""))) == ["Idempotency-Key"]


def test_after_24_hours_a_key_is_free_again(client: Client, article: Article) -> None:
    post_comment(client, article, key="abc")
    IdempotencyKey.objects.update(created_at=past(hours=23.99))
    assert purge_answers() == 0
    IdempotencyKey.objects.update(created_at=past(hours=24.01))

    other = post_comment(client, article, key="abc", body="Another.")

    assert other.status_code == 202
    assert purge_answers() == 0
    IdempotencyKey.objects.update(created_at=past(hours=24.01))
    assert purge_answers() == 1


def past(*, hours: float) -> Any:
    from datetime import timedelta

    from django.utils import timezone

    return timezone.now() - timedelta(hours=hours)


def test_neither_key_nor_body_nor_token_is_stored(client: Client, article: Article) -> None:
    answer = post_comment(client, article, key="a-secret-key").json()

    stored = repr(list(IdempotencyKey.objects.values()))

    assert "a-secret-key" not in stored
    assert "bearing" not in stored
    assert answer["author_token"] not in stored
    assert "ada@example.org" not in stored


def at_once(times: int, call: Callable[[], Any]) -> list[Any]:
    """The answers of so many calls that begin together, each on a connection of its own."""
    barrier = threading.Barrier(times)

    def one(_: int) -> Any:
        try:
            barrier.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_with_one_key_one_is_stored_and_all_are_answered_alike() -> None:
    article, key = ArticleFactory(), uuid4().hex

    answers = at_once(6, lambda: post_comment(Client(), article, key=key))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["author_token"] for answer in answers}) == 1
    assert Comment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_equal_ones_at_once_without_a_key_one_is_stored() -> None:
    article = ArticleFactory()

    answers = at_once(6, lambda: post_comment(Client(), article))

    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409, 409]
    assert Comment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_bodies_at_once_under_one_key_give_one_comment_and_one_refusal() -> None:
    article, key = ArticleFactory(), uuid4().hex
    bodies = iter(["One.", "Two."])

    answers = at_once(2, lambda: post_comment(Client(), article, key=key, body=next(bodies)))

    assert sorted(answer.status_code for answer in answers) == [202, 422]
