"""A site may ask for a form token over the API, too; by default none does, and none is looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article
from comments.models import Comment, CommentSettings
from comments.tokens import form_token
from moderation.rules import rule_findings
from moderation.selectors import resolved_policy
from tests.contract.helpers import fields, post_comment
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    """An article of a site that asks."""
    article: Article = ArticleFactory()
    CommentSettings.objects.create(site=article.site, api_form_token=True)
    return article


def offered(client: Client, article: Article) -> str | None:
    token: str | None = client.get(f"/api/v1/embeds/?article={article.slug}").json()["form_token"]
    return token


def aged(article: Article, **age: float) -> str:
    return form_token(article.pk, at=timezone.now() - timedelta(**age))


def test_by_default_none_is_asked_for_none_given_and_none_looked_at(client: Client) -> None:
    article = ArticleFactory()

    assert offered(client, article) is None
    assert post_comment(client, article).status_code == 202
    assert post_comment(client, article, body="Another.", form_token="forged").status_code == 202
    assert Comment.objects.get(body="Another.").private.form_age_s is None


def test_where_a_site_asks_the_field_is_named(client: Client, article: Article) -> None:
    assert fields(post_comment(client, article)) == {"form_token": "required"}
    assert fields(post_comment(client, article, form_token=None)) == {"form_token": "required"}
    assert fields(post_comment(client, article, form_token=" ")) == {"form_token": "invalid"}
    assert fields(post_comment(client, article, form_token=7)) == {"form_token": "invalid"}
    assert fields(post_comment(client, article, form_token="x" * 20_000)) == {"form_token": "invalid"}
    assert not Comment.objects.exists()


@pytest.mark.parametrize("token", ["forged", "another article's", "too old"])
def test_a_token_that_does_not_hold_is_refused(client: Client, article: Article, token: str) -> None:
    given = {
        "forged": aged(article, seconds=9).partition(".")[0] + ".k1.x",
        "another article's": aged(ArticleFactory(), seconds=9),
        "too old": aged(article, hours=25),
    }[token]

    assert fields(post_comment(client, article, form_token=given)) == {"form_token": "invalid"}


def test_with_the_one_that_is_offered_a_comment_is_taken_and_its_age_kept(
    client: Client, article: Article
) -> None:
    token = offered(client, article)

    sent = post_comment(client, article, form_token=token)

    assert sent.status_code == 202
    age = Comment.objects.get().private.form_age_s
    assert age is not None
    assert age < 60


def test_one_that_was_loaded_just_now_is_found_too_fast_as_a_form_is(
    client: Client, article: Article
) -> None:
    post_comment(client, article, form_token=aged(article, seconds=0))
    comment = Comment.objects.get()

    policy = resolved_policy(article, manifest=None)
    found = {finding.code for finding in rule_findings(comment, comment.private, policy)}

    assert "form_too_fast" in found


def test_a_retry_under_the_same_key_with_a_newer_token_is_the_same_comment(
    client: Client, article: Article
) -> None:
    answers = [
        post_comment(client, article, key="one", form_token=aged(article, seconds=age)).json()
        for age in (9, 3)
    ]

    assert answers[0] == answers[1]
    assert Comment.objects.count() == 1
