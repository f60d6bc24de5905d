"""Every error below /api/ is an RFC 9457 problem document, whoever made it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.test import Client

from comments import services
from comments.models import Comment
from tests.contract.helpers import UNKNOWN, comment_fields, comments_path, post_comment, problem
from tests.factories import ArticleFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/",
        "/api/v2/articles/",
        "/api/v1/nothing/",
        "/api/v1/articles/no such slug/",
        "/api/v1/articles/%00/",
        "/api/v1/articles/a/b/c/",
        "/api/v1/comments/not-an-id/",
        "/api/v1/comments/not-an-id/status/",
        "/api/v1/comments/5/replies/",
        "/api/v1/ads/nothing/",
        "/api/nothing",
        "/api/../api/v1/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_a_problem(client: Client, path: str, method: str) -> None:
    SiteFactory()

    problem(client.generic(method, path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/v1/articles/", "GET"),
        ("DELETE", "/api/v1/articles/x/", "GET"),
        ("PUT", "/api/v1/articles/x/comments/", "GET, POST"),
        ("GET", f"/api/v1/comments/{UNKNOWN}/", "PATCH, DELETE"),
        ("POST", f"/api/v1/comments/{UNKNOWN}/status/", "GET"),
        ("PATCH", "/api/v1/comment-counts/", "GET"),
        ("TRACE", "/api/v1/articles/", "GET"),
        ("BREW", "/api/v1/articles/", "GET"),
    ],
)
def test_another_method_is_a_problem_that_says_which_are_allowed(
    client: Client, method: str, path: str, allowed: str
) -> None:
    response = client.generic(method, path)

    problem(response, 405, "method_not_allowed")
    assert set(allowed.split(", ")) <= set(response["Allow"].split(", "))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_without_its_slash_is_not_found_rather_than_turned_into_a_get(
    client: Client, method: str
) -> None:
    article = ArticleFactory()

    response = client.generic(
        method, comments_path(article).rstrip("/"), "{}", content_type="application/json"
    )

    problem(response, 404, "not_found")


def test_a_page_outside_the_api_is_no_problem_document(client: Client) -> None:
    SiteFactory()

    response = client.get("/nothing/")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_a_wrong_host_is_a_problem_too(client: Client) -> None:
    problem(client.get("/api/v1/articles/", headers={"Host": "evil.example.com"}), 400, "bad_request")


def test_whatever_accept_says_the_answer_is_json(client: Client) -> None:
    article = ArticleFactory()
    for accept in ("text/html", "application/xml", "image/*", "nonsense", "*/*;q=0"):
        headers = {"Accept": accept}
        assert client.get(comments_path(article), headers=headers)["Content-Type"] == "application/json"
        assert client.get("/api/v1/articles/", headers=headers)["Content-Type"] == "application/json"
        problem(client.get("/api/v1/articles/x/", headers=headers), 404)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_unavailable_and_nothing_is_accepted(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    article = ArticleFactory()

    def away(**kwargs: Any) -> Any:
        raise error("server closed the connection: host=10.0.0.1 user=secret")

    monkeypatch.setattr(services, "submit_comment", away)
    response = post_comment(client, article)

    document = problem(response, 503, "unavailable")
    assert int(response["Retry-After"]) >= 1
    assert "secret" not in str(document)
    assert not Comment.objects.exists()


def test_a_crash_is_logged_and_tells_the_caller_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    article = ArticleFactory()
    client = Client(raise_request_exception=False)

    def crash(**kwargs: Any) -> Any:
        raise RuntimeError("inner workings")

    monkeypatch.setattr(services, "submit_comment", crash)
    with caplog.at_level(logging.ERROR):
        response = post_comment(client, article)

    document = problem(response, 500, "internal_error")
    assert "inner workings" not in str(document)
    assert "inner workings" in caplog.text


def test_a_permission_denied_below_is_forbidden(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    article = ArticleFactory()

    def denied(**kwargs: Any) -> Any:
        raise PermissionDenied

    monkeypatch.setattr(services, "submit_comment", denied)

    problem(post_comment(client, article), 403, "permission_denied")


def test_long_and_strange_field_names_do_not_break_the_document(client: Client) -> None:
    article = ArticleFactory()
    sent = comment_fields() | {"\u202e" * 10: 1, "a.b[0]": 2, "": 3, "<script>": 4}

    document = problem(client.post(comments_path(article), sent, "application/json"), 400, "invalid")

    assert len(document["errors"]) == 4
