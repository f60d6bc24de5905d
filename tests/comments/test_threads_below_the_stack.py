"""The front answers with the bytes and headers that Django would, only sooner; doubts go to Django."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

from articles import sites
from articles.models import Article
from comments.front import ThreadFront
from tests.factories import CommentFactory, decide

pytestmark = pytest.mark.django_db(transaction=True)  # Requests open and close connections themselves.

SAME = (
    "Content-Security-Policy",
    "X-Frame-Options",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "ETag",
    "Vary",
)


class Server:
    """The front over Django, counting what reaches Django."""

    def __init__(self) -> None:
        django = get_wsgi_application()

        def counted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            self.reached += 1
            return django(environ, start_response)

        self.reached = 0
        self.front = ThreadFront(counted)

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        seen: list[tuple[str, list[tuple[str, str]]]] = []
        environ = RequestFactory().get(path, **{"HTTP_HOST": "testserver"} | headers).environ
        body = b"".join(self.front(environ, lambda status, fields: seen.append((status, fields))))
        status, fields = seen[0]
        return int(status[:3]), dict(fields), body


@pytest.fixture
def article() -> Article:
    comment = CommentFactory(status="published", body="Ebb and flow.")
    return comment.article


def path_of(article: Article) -> str:
    return f"/api/v1/articles/{article.slug}/comments/"


def test_a_warm_thread_never_reaches_django_and_is_the_same(article: Article) -> None:
    server = Server()
    _, cold_headers, cold = server.get(path_of(article))
    status, headers, warm = server.get(path_of(article))
    assert (status, warm, server.reached) == (200, cold, 1)
    security = {
        "Content-Security-Policy",
        "X-Frame-Options",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "ETag",
    }
    as_sets = [
        {name: set(fields[name].split("; ")) for name in security} for fields in (headers, cold_headers)
    ]
    assert as_sets[0] == as_sets[1]


def test_the_first_look_after_a_decision_shows_it(article: Article) -> None:
    server = Server()
    server.get(path_of(article))
    pending = CommentFactory(article=article, body="Slack water.")
    decide(pending, "published")
    _, _, body = server.get(path_of(article))
    assert [comment["body"] for comment in json.loads(body)["results"]] == ["Slack water.", "Ebb and flow."]


def test_gzip_has_an_entity_tag_of_its_own(article: Article) -> None:
    server = Server()
    _, _, plain = server.get(path_of(article))
    _, identity, _ = server.get(path_of(article))
    _, headers, body = server.get(path_of(article), HTTP_ACCEPT_ENCODING="gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == plain
    assert headers["ETag"] != identity["ETag"]
    status, _, nothing = server.get(
        path_of(article), HTTP_ACCEPT_ENCODING="gzip", HTTP_IF_NONE_MATCH=headers["ETag"]
    )
    assert (status, nothing) == (304, b"")


@pytest.mark.parametrize("query", ["?limit=0", "?sort=best", "?colour=red", "?cursor=x", "?limit=%00"])
def test_what_is_unusual_is_answered_by_django(article: Article, query: str) -> None:
    server = Server()
    status, headers, _ = server.get(path_of(article) + query)
    assert (status, headers["Content-Type"], server.reached) == (400, "application/problem+json", 1)


def test_a_host_that_is_not_ours_is_refused(article: Article) -> None:
    server = Server()
    server.get(path_of(article))
    status, _, _ = server.get(path_of(article), HTTP_HOST="elsewhere.example")
    assert status == 400


def test_an_article_that_is_not_out_yet_has_no_thread(article: Article) -> None:
    server = Server()
    server.get(path_of(article))
    Article.objects.filter(pk=article.pk).update(status="draft")
    status, _, _ = server.get(path_of(article))
    assert status == 404


def test_a_warm_thread_costs_one_query(
    article: Article, django_assert_num_queries: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites, "KEPT_S", 60.0)  # A slow machine must not read the sites anew in between.
    server = Server()
    server.get(path_of(article))
    with django_assert_num_queries(1):
        server.get(path_of(article))
