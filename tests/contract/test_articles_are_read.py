"""GET /articles/ and /articles/{slug}/: what is published, newest first, fresh."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article
from tests.contract.helpers import fields, problem
from tests.factories import ArticleFactory, SectionFactory, SiteFactory, TagFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/articles/"
FIELDS = {
    "id",
    "slug",
    "headline",
    "standfirst",
    "byline",
    "section",
    "tags",
    "url",
    "canonical_url",
    "image",
    "image_alt",
    "published_at",
    "updated_at",
    "comments_close_at",
    "from_archive",
}


def slugs(document: dict[str, Any]) -> list[str]:
    return [entry["slug"] for entry in document["results"]]


def test_a_list_has_exactly_these_fields(client: Client) -> None:
    article = ArticleFactory()
    article.tags.add(TagFactory(slug="bridge"))

    document = client.get(LIST).json()

    assert set(document) == {"next", "results"}
    [entry] = document["results"]
    assert set(entry) == FIELDS
    assert entry["section"] == {"slug": "local", "name": "Local"}
    assert entry["tags"] == ["bridge"]
    assert entry["url"] == f"/articles/{article.slug}/"


def test_a_detail_has_the_body_too(client: Client) -> None:
    article = ArticleFactory(body="First.\n\nSecond.", status="archived")

    document = client.get(f"{LIST}{article.slug}/").json()

    assert set(document) == FIELDS | {"body"}
    assert document["body"] == "First.\n\nSecond."
    assert document["from_archive"] is True


def test_only_what_is_published_by_now_is_shown(client: Client) -> None:
    now = timezone.now()
    shown = [ArticleFactory(status=status) for status in ("published", "scheduled", "archived")]
    hidden = [
        ArticleFactory(status="draft"),
        ArticleFactory(status="draft", published_at=None),
        ArticleFactory(status="scheduled", published_at=now + timedelta(minutes=1)),
        ArticleFactory(status="published", published_at=now + timedelta(minutes=1)),
    ]

    assert set(slugs(client.get(LIST).json())) == {article.slug for article in shown}
    for article in hidden:
        problem(client.get(f"{LIST}{article.slug}/"), 404, "not_found")


def test_pages_hold_each_article_once_newest_first(client: Client) -> None:
    now = timezone.now()
    made = [ArticleFactory(published_at=now - timedelta(hours=n // 3)) for n in range(10)]

    seen: list[str] = []
    path: str | None = f"{LIST}?limit=3"
    while path:
        document = client.get(path).json()
        seen += slugs(document)
        path = document["next"]
        assert path is None or path.startswith(LIST)

    expected = sorted(made, key=lambda article: (article.published_at, article.pk), reverse=True)
    assert seen == [article.slug for article in expected]


def test_a_section_filters(client: Client) -> None:
    sports = SectionFactory(slug="sports")
    article = ArticleFactory(section=sports)
    ArticleFactory()

    assert slugs(client.get(f"{LIST}?section=sports").json()) == [article.slug]
    assert slugs(client.get(f"{LIST}?section=nowhere").json()) == []


def test_each_site_has_its_own_articles(client: Client) -> None:
    here = ArticleFactory(slug="same")
    there = ArticleFactory(site=SiteFactory(code="other"), slug="same", headline="Elsewhere")

    assert [entry["id"] for entry in client.get(LIST).json()["results"]] == [str(here.pk)]
    assert [entry["id"] for entry in client.get(f"{LIST}?site=other").json()["results"]] == [str(there.pk)]
    assert client.get(f"{LIST}same/?site=other").json()["headline"] == "Elsewhere"
    problem(client.get(f"{LIST}?site=nowhere"), 404, "not_found")


def test_the_host_chooses_the_site(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.example.org"]
    ArticleFactory()
    there = ArticleFactory(site=SiteFactory(code="other"))

    document = client.get(LIST, headers={"Host": "OTHER.example.org:8443"}).json()

    assert slugs(document) == [there.slug]


@pytest.mark.parametrize(
    "garbage",
    ["x", "%00", "cD1zb29u", "cD0yMDI2LTAxLTAxVDAwOjAwOjAwKzIzOjU5", "bz0tMQ", "cD0lMDA", "4p2k", "=" * 9],
)
def test_a_cursor_of_ones_own_making_is_refused_or_harmless(client: Client, garbage: str) -> None:
    ArticleFactory()

    response = client.get(f"{LIST}?cursor={garbage}")

    if response.status_code != 200:
        assert list(fields(response)) == ["cursor"]


@pytest.mark.parametrize("garbage", ["x", "cD1zb29u", "%00"])
def test_a_cursor_that_cannot_be_read_is_refused(client: Client, garbage: str) -> None:
    """``cD1zb29u`` says that the last article was published *soon*."""
    ArticleFactory()

    assert list(fields(client.get(f"{LIST}?cursor={garbage}"))) == ["cursor"]


@pytest.mark.parametrize(("query", "field"), [("limit=0", "limit"), ("limit=x", "limit"), ("page=2", "page")])
def test_bad_parameters_are_named(client: Client, query: str, field: str) -> None:
    ArticleFactory()

    assert list(fields(client.get(f"{LIST}?{query}"))) == [field]
    assert client.get(f"{LIST}?limit=5000").status_code == 200


def test_an_unchanged_answer_is_not_sent_again(client: Client) -> None:
    article = ArticleFactory()
    for path in (LIST, f"{LIST}{article.slug}/"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first["ETag"]})

        assert (first.status_code, again.status_code) == (200, 304)
        assert again.content == b""
        assert again["ETag"] == first["ETag"]
        assert first["Cache-Control"] == again["Cache-Control"] == "public, no-cache"


@pytest.mark.parametrize("change", ["headline", "tag", "section name", "another one"])
def test_whatever_an_answer_was_made_from_a_change_shows_at_once(client: Client, change: str) -> None:
    article = ArticleFactory()
    detail = f"{LIST}{article.slug}/"
    before = {path: client.get(path)["ETag"] for path in (LIST, detail)}

    if change == "headline":
        article.headline = "Another"
        article.save()
    elif change == "tag":
        article.tags.add(TagFactory())
    elif change == "section name":
        article.section.name = "Elsewhere"
        article.section.save()
    else:
        Article.objects.update(status="draft")
        ArticleFactory(published_at=article.published_at)

    assert client.get(LIST, headers={"If-None-Match": before[LIST]}).status_code == 200
    assert client.get(detail, headers={"If-None-Match": before[detail]}).status_code in {200, 404}


def test_a_list_costs_a_fixed_number_of_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    tag = TagFactory()
    for _ in range(5):
        ArticleFactory().tags.add(tag)

    with django_assert_max_num_queries(3):  # Sites, articles, tags.
        assert len(client.get(LIST).json()["results"]) == 5
